/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_tail.h - the last of what was sent is lost, and nobody says so
 *
 * What this room is for
 *   Behind a loss at the end nothing arrives, so no ACK tells of it, and only
 *   the retransmission timeout would find it. A probe goes two round trips
 *   after the last new data: new data, or the last segment again. Its ACK says
 *   what is missing, and fast recovery does the rest.
 *
 * Never      sends. tcp_out.c does.
 * Lock       the stack lock is held.
 * Follows    RFC 8985 7 (TLP).
 */
#ifndef STACK_TCP_TAIL_H
#define STACK_TCP_TAIL_H

#include "ground/base.h"

struct tcp_acked;
struct tcp_conn;
struct tcp_sack_news;
struct tcp_seg;

/* New data left, or were acknowledged: the probe is due later, or not at all.
 */
void tcp_tail_on_progress(struct tcp_conn *c);

/* It is due. */
void tcp_tail_on_timer(struct tcp_conn *c);

/* An ACK, its blocks taken, before it is judged. */
void tcp_tail_on_ack(struct tcp_conn *c, const struct tcp_seg *s,
		     const struct tcp_acked *a,
		     const struct tcp_sack_news *news);

#endif
