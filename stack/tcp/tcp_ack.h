/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_ack.h - what an acknowledgement changes
 *
 * What this room is for
 *   The fifth step of RFC 9293 3.10.7.4, and the end of the handshake.
 *
 * Lock       the stack lock is held.
 * Follows    RFC 9293 3.10.7.4, RFC 5961 5, RFC 6298, RFC 7323.
 */
#ifndef STACK_TCP_ACK_H
#define STACK_TCP_ACK_H

#include "tcp_priv.h"

/* Our SYN is acknowledged by s, which is acceptable: ESTABLISHED. */
void tcp_ack_establish(struct tcp_conn *c, const struct tcp_seg *s);

/* DONE: go on with the next step. The conn may be CLOSED afterwards. */
enum verdict tcp_ack_step(struct tcp_conn *c, const struct tcp_seg *s);

/* An ACK of new data with nothing else to look at (header prediction). */
void tcp_ack_new(struct tcp_conn *c, const struct tcp_seg *s);

/* RFC 5961 7: an ACK that asks "did you mean that?", within limits. */
void tcp_ack_challenge(struct tcp_conn *c);

#endif
