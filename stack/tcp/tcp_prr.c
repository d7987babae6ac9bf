/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_prr.c - how much may leave in recovery, for what has arrived
 *
 * What this room is for
 *   See tcp_prr.h.
 *
 * Comes in   tcp_recover.c with ACKs, tcp_sack.c with what left.
 * Goes out   the congestion window of a recovery.
 * Lock       the stack lock is held.
 * Follows    RFC 9937 5 and 6, its names kept.
 */
#include "tcp_prr.h"

void tcp_prr_start(struct tcp_prr *p, uint32_t flight)
{
	*p = (struct tcp_prr){.flight = MAX(flight, 1u)};
}

void tcp_prr_on_sent(struct tcp_prr *p, uint32_t bytes)
{
	if (p->flight)
		p->out += bytes;
}

static uint32_t above(uint64_t a, uint64_t b)
{
	return a > b ? (uint32_t)(a - b) : 0;
}

uint32_t tcp_prr_on_ack(struct tcp_prr *p, const struct tcp_prr_ack *a)
{
	uint32_t may_send;
	uint64_t share;

	p->delivered += a->delivered;
	if (a->pipe > a->ssthresh) {
		/* In proportion, rounded up. */
		share = (uint64_t)p->delivered * a->ssthresh + p->flight - 1;
		may_send = above(share / p->flight, p->out);
	} else {
		may_send = MAX(above(p->delivered, p->out), a->delivered);
		if (a->is_safe)
			may_send += a->mss;
		may_send = MIN(may_send, a->ssthresh - a->pipe);
	}
	/* The first resend needs no permission. */
	if (p->out == 0)
		may_send = MAX(may_send, a->mss);
	return MIN(a->pipe + may_send, UINT32_MAX / 2);
}
