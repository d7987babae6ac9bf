/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_undo.h - was it lost after all?
 *
 * What this room is for
 *   A timeout may come too early, and a reordered segment may look lost. When
 *   an ACK proves it the congestion window comes back, and nothing more is
 *   resent. Three proofs: a time stamp from before the resend (Eifel), a
 *   duplicate reported for each resend (DSACK), and after a timeout ACKs of
 *   what was never resent (F-RTO). For the last one new data must go first.
 *
 * Never      sends, or finds losses.
 * Lock       the stack lock is held.
 * Follows    RFC 3522, 4015, 3708, 5682.
 */
#ifndef STACK_TCP_UNDO_H
#define STACK_TCP_UNDO_H

#include "ground/base.h"

struct tcp_acked;
struct tcp_conn;
struct tcp_sack_news;
struct tcp_seg;

/* The window was cut. `is_certain`: nothing will be taken back. */
void tcp_undo_on_cut(struct tcp_conn *c, bool is_certain);

/* Something was resent; before it is booked elsewhere. */
void tcp_undo_on_resent(struct tcp_conn *c);

/* A duplicate was reported. False: the network made it, not we. */
bool tcp_undo_on_dsack(struct tcp_conn *c, const struct tcp_sack_news *news);

/* A timeout cut it. `is_first`: no recovery was under way. */
void tcp_undo_on_rto(struct tcp_conn *c, bool is_first);

/* While c->frto: an ACK, before anything else is made of it. */
void tcp_undo_on_ack(struct tcp_conn *c, const struct tcp_acked *a,
		     const struct tcp_sack_news *news);

/* snd_una advanced. */
void tcp_undo_on_progress(struct tcp_conn *c, const struct tcp_seg *s);

#endif
