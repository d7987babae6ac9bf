/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_recover.h - is it lost, and what to resend
 *
 * What this room is for
 *   Decides from ACKs and timeouts that something is lost, what goes again and
 *   in which order, and how much is in flight meanwhile. Three ways to repair:
 *   by scoreboard (RFC 8985 finds what is lost, RFC 9937 says how fast it
 *   goes), without one (RFC 6582), and after a timeout from the front.
 *
 * Never      sends. tcp_out.c asks what is next and tells what it sent.
 * Lock       the stack lock is held.
 * Follows    RFC 5681 3.2, 6582, 6675, 8985, 9937, 3042, 2883.
 */
#ifndef STACK_TCP_RECOVER_H
#define STACK_TCP_RECOVER_H

#include "ground/base.h"
#include "tcp_seq.h"

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

/* What was late has not come: RFC 8985 6.2, step 5. */
void tcp_recover_on_late(struct tcp_conn *c);

/* The path MTU fell: what is in flight was too large, not lost. */
void tcp_recover_on_mtu(struct tcp_conn *c);

/* A probe is about to leave: when, must be known. */
void tcp_recover_on_probe(struct tcp_conn *c);

/* Bytes in flight, as well as can be told. */
uint32_t tcp_recover_pipe(const struct tcp_conn *c);

/* New data left, up to snd_nxt; only while there is a scoreboard. */
void tcp_recover_on_sent(struct tcp_conn *c);

/* The next thing to resend, at most a segment; false: new data come first. */
bool tcp_recover_next(struct tcp_conn *c, bool can_send_new, struct range *seg);
void tcp_recover_on_resent(struct tcp_conn *c, const struct range *seg);

/* The episode is over, whatever is missing. */
void tcp_recover_end(struct tcp_conn *c);

/* Gives the scoreboard back. */
void tcp_recover_fini(struct tcp_conn *c);

#endif
