/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_reply.h - segments without a connection
 *
 * What this room is for
 *   Resets to strangers, SYN-ACKs of half-open peers, ACKs from TIME-WAIT: no
 *   payload, no conn, everything in one struct.
 *
 * Lock       the stack lock is held.
 * Follows    RFC 9293 3.5.2 and 3.10.7.1.
 */
#ifndef STACK_TCP_REPLY_H
#define STACK_TCP_REPLY_H

#include "tcp_priv.h"

struct tcp_reply {
	struct ports_tuple key;
	tcp_seq seq, ack;
	uint16_t window; /* as on the wire */
	uint8_t flags;
	struct tcp_manner manner;
	struct tcp_options opt;
};

/* Best effort: what cannot leave is lost, as the network loses it. */
void tcp_reply_send(struct tcp *t, const struct tcp_reply *r);

/* The reset for a segment that belongs to nothing; none for a reset. */
void tcp_reply_reset(struct tcp *t, const struct tcp_seg *s);

#endif
