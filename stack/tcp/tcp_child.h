/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_child.h - a connection made from a half-open peer
 *
 * Lock       the stack lock is held.
 * Follows    RFC 9293 3.10.7.4, SYN-RECEIVED.
 */
#ifndef STACK_TCP_CHILD_H
#define STACK_TCP_CHILD_H

#include "ground/drop.h"

struct tcp_conn;
struct tcp_half;
struct tcp_seg;

/* In SYN-RCVD, with the listener's options; NULL: no memory, or no way back. */
struct tcp_conn *tcp_child_new(struct tcp_conn *listener,
			       const struct tcp_half *h);

/* The segment that completed the handshake (tcp_in.c). */
enum verdict tcp_child_input(struct tcp_conn *child, struct tcp_seg *s);

#endif
