/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_cc_reno.c - congestion control as RFC 5681 has it
 *
 * What this room is for
 *   Slow start, then one segment per window of acknowledged bytes; half of what
 *   was in flight after a loss. Bytes are counted, not ACKs, so a peer that
 *   splits its ACKs gains nothing.
 *
 * Comes in   tcp_cc.c, when this algorithm is in charge.
 * Never      grows a window that was not used (RFC 7661).
 * Follows    RFC 5681 3.1, 3465 2 (L = 2; 1 after a timeout).
 */
#include "tcp_cc_reno.h"

#include "tcp_cc.h"

void tcp_cc_reno_init(struct tcp_cc *cc)
{
	cc->u.reno.acked = 0;
}

void tcp_cc_reno_on_ack(struct tcp_cc *cc, const struct tcp_cc_ack *a)
{
	struct tcp_cc_reno *reno = &cc->u.reno;
	uint32_t acked = a->acked;
	uint32_t limit = (cc->after_rto ? 1 : 2) * cc->mss;

	if (!a->cwnd_limited)
		return;
	if (tcp_cc_in_slow_start(cc))
		acked = tcp_cc_slow_start(cc, acked, MAX(limit, a->burst));
	if (acked == 0 || cc->cwnd >= TCP_CC_CWND_MAX)
		return;

	/* RFC 3465 2.1: a window of acknowledged bytes adds a segment. */
	reno->acked += MIN(acked, cc->cwnd);
	if (reno->acked >= cc->cwnd) {
		reno->acked -= cc->cwnd;
		cc->cwnd += cc->mss;
	}
}

uint32_t tcp_cc_reno_on_cut(struct tcp_cc *cc, uint32_t in_flight)
{
	cc->u.reno.acked = 0;
	return in_flight / 2;
}
