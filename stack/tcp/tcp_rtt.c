/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_rtt.c - the round trip estimate and the retransmission timeout
 *
 * What this room is for
 *   The two smoothed means of RFC 6298, the timeout they give, and a minimum
 *   over a sliding window that is kept in three stretches, so that old
 *   minima leave without every sample being remembered.
 *
 * Comes in   tcp_in.c measures; tcp_timer.c reports time-outs.
 * Goes out   tcp_timer.c reads the timeout, tcp_recover.c the minimum.
 * Never      reads the clock.
 * Follows    RFC 6298 2 (formulas), 5.5 to 5.7 (back-off).
 */
#include "tcp_rtt.h"

#include <string.h>

/* A sample longer than the longest timeout says nothing more precise. */
#define SAMPLE_MAX_US ((uint32_t)LIMIT_RTO_MAX_US)
#define STRETCH_US ((usecs)TCP_RTT_MIN_WINDOW_US / 3)

static const struct tcp_rtt_best nothing = {.rtt_us = UINT32_MAX};

/* After 49 days an old stretch may look young once more, for 5 minutes. */
static usecs age_us(const struct tcp_rtt_best *b, usecs now)
{
	return MSEC((uint32_t)(now / 1000) - b->since_ms);
}

static uint32_t clamp_rto(uint64_t us)
{
	return (uint32_t)MIN(us, (uint64_t)LIMIT_RTO_MAX_US);
}

void tcp_rtt_init(struct tcp_rtt *r)
{
	memset(r, 0, sizeof(*r));
	r->base_us = (uint32_t)LIMIT_RTO_INIT_US;
	for (size_t i = 0; i < ARRAY_LEN(r->best); i++)
		r->best[i] = nothing;
}

static void forget_old_stretches(struct tcp_rtt *r, usecs now)
{
	for (size_t i = 0; i < ARRAY_LEN(r->best); i++) {
		if (age_us(&r->best[i], now) >= TCP_RTT_MIN_WINDOW_US)
			r->best[i] = nothing;
	}
}

static void note_minimum(struct tcp_rtt *r, usecs now, uint32_t rtt_us)
{
	bool is_new = r->best[0].rtt_us == UINT32_MAX ||
		      age_us(&r->best[0], now) >= STRETCH_US;

	if (is_new) {
		memmove(&r->best[1], &r->best[0], 2 * sizeof(r->best[0]));
		r->best[0] =
			(struct tcp_rtt_best){(uint32_t)(now / 1000), rtt_us};
		forget_old_stretches(r, now);
		return;
	}
	r->best[0].rtt_us = MIN(r->best[0].rtt_us, rtt_us);
}

void tcp_rtt_on_sample(struct tcp_rtt *r, usecs now, uint32_t rtt_us)
{
	uint32_t m = MIN(MAX(rtt_us, 1u), SAMPLE_MAX_US);
	uint32_t off;

	if (r->srtt_us == 0) {
		r->srtt_us = m;
		r->rttvar_us = m / 2;
	} else {
		/* RFC 6298 2.3: the variation first, with the old mean; both
		 * rounded, or they would settle some microseconds low. */
		off = m > r->srtt_us ? m - r->srtt_us : r->srtt_us - m;
		r->rttvar_us = (3 * r->rttvar_us + off + 2) / 4;
		r->srtt_us = (7 * r->srtt_us + m + 4) / 8;
	}
	r->latest_us = m;
	r->base_us = clamp_rto(r->srtt_us + MAX(4 * (uint64_t)r->rttvar_us,
						(uint64_t)LIMIT_RTO_MIN_US));
	r->backoffs = 0;
	note_minimum(r, now, m);
}

void tcp_rtt_on_timeout(struct tcp_rtt *r)
{
	if (r->backoffs < UINT8_MAX)
		r->backoffs++;
}

void tcp_rtt_on_syn_timeout(struct tcp_rtt *r)
{
	r->syn_timed_out = true;
	tcp_rtt_on_timeout(r);
}

void tcp_rtt_on_established(struct tcp_rtt *r)
{
	if (!r->syn_timed_out || tcp_rtt_has_sample(r))
		return;
	r->base_us = TCP_RTT_AFTER_SYN_US;
	r->backoffs = 0;
}

void tcp_rtt_on_progress(struct tcp_rtt *r)
{
	r->backoffs = 0;
}

uint32_t tcp_rtt_rto_us(const struct tcp_rtt *r)
{
	/* 2^20 times the smallest timeout is beyond the cap already. */
	return clamp_rto((uint64_t)r->base_us << MIN(r->backoffs, 20));
}

uint32_t tcp_rtt_min_us(const struct tcp_rtt *r)
{
	uint32_t least = UINT32_MAX;

	for (size_t i = 0; i < ARRAY_LEN(r->best); i++)
		least = MIN(least, r->best[i].rtt_us);
	return least == UINT32_MAX ? 0 : least;
}
