/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_recover.h - is it lost, and what to resend
 *
 * What this room is for
 *   Decides from ACKs and timeouts that something is lost, what goes again and
 *   in which order, how much is in flight meanwhile, and when it was all a
 *   mistake. Three ways to repair: by scoreboard (RFC 6675), without one
 *   (RFC 6582), and after a timeout from the front.
 *
 * Never      sends. tcp_out.c asks what is next and tells what it sent.
 * Lock       the stack lock is held.
 * Follows    RFC 5681 3.2, 6582, 6675, 3042, 3522 and 4015 (undo), 2883.
 */
#ifndef STACK_TCP_RECOVER_H
#define STACK_TCP_RECOVER_H

#include "ground/base.h"
#include "ground/ranges.h"

struct tcp_conn;
struct tcp_seg;

/* What an ACK did. */
struct tcp_acked {
	uint32_t bytes;     /* snd_una advanced by so much */
	bool is_dup;        /* RFC 5681 2: a duplicate, scoreboard apart */
	uint32_t in_flight; /* before this ACK */
};

/* An acceptable ACK; snd_una has moved already. */
void tcp_recover_on_ack(struct tcp_conn *c, const struct tcp_seg *s,
			const struct tcp_acked *a);

/* The retransmission timer fired. */
void tcp_recover_on_rto(struct tcp_conn *c);

/* The path MTU fell: what is in flight was too large, not lost. */
void tcp_recover_on_mtu(struct tcp_conn *c);

/* Bytes in flight, as well as can be told. */
uint32_t tcp_recover_pipe(const struct tcp_conn *c);

/* The next thing to resend, at most a segment; false: new data come first. */
bool tcp_recover_next(struct tcp_conn *c, bool can_send_new, struct range *seg);
void tcp_recover_on_resent(struct tcp_conn *c, const struct range *seg);

/* Gives the scoreboard back. */
void tcp_recover_fini(struct tcp_conn *c);

#endif
