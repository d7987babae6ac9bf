/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_segment.h - one segment of a connection, put together and sent
 *
 * What this room is for
 *   Header, options, borrowed payload, checksum marks, and the call of IP.
 *   What to send and when is decided in tcp_out.c.
 *
 * Lock       the stack lock is held.
 * Follows    RFC 9293 3.1, RFC 7323 3, RFC 2018 3.
 */
#ifndef STACK_TCP_SEGMENT_H
#define STACK_TCP_SEGMENT_H

#include <sys/types.h>

#include "ground/base.h"
#include "tcp_seq.h"

struct tcp_conn;

/* What to send. Beyond a segment's payload it becomes a super-segment. */
struct tcp_shape {
	tcp_seq seq;
	uint32_t len;  /* payload, taken from the send queue at seq */
	uint8_t flags; /* ACK is added where it belongs */
};

/* The payload that one call can carry at most: whole segments. */
uint32_t tcp_segment_max(const struct tcp_conn *c);

/*
 * Sends; returns the payload bytes that left, which may be fewer (never 0 of
 * many): then FIN and PSH were left out. -EAGAIN or -ENOBUFS: the link or
 * memory is full. Other failures count as lost on the way.
 */
ssize_t tcp_segment_send(struct tcp_conn *c,
			 const struct tcp_shape *shape) MUST_CHECK;

#endif
