/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_hystart.c - leaving slow start before the queue overflows
 *
 * What this room is for
 *   HyStart++ as a small machine: slow start, conservative slow start, done. A
 *   round is the time until what was sent at its start is acknowledged.
 *
 * Comes in   tcp_cc_cubic.c, one call per ACK.
 * Never      looks at cwnd, or at a clock: a round trip sample is enough.
 * Follows    RFC 9406 4.2, its constants and its order of steps.
 */
#include "tcp_hystart.h"

#include <string.h>

#include "tcp_seq.h"

#define NONE_US UINT32_MAX

void tcp_hystart_init(struct tcp_hystart *h)
{
	memset(h, 0, sizeof(*h));
	h->last_min_us = NONE_US;
	h->round_min_us = NONE_US;
	h->css_baseline_us = NONE_US;
	h->phase = TCP_HYSTART_SLOW_START;
}

static void start_round(struct tcp_hystart *h, uint32_t nxt)
{
	h->window_end = nxt;
	h->last_min_us = h->round_min_us;
	h->round_min_us = NONE_US;
	h->samples = 0;
}

static void end_round_if_due(struct tcp_hystart *h, uint32_t una, uint32_t nxt)
{
	if (seq_lt(una, h->window_end))
		return;

	/* A round cut short by entering CSS in its middle counts whole. */
	if (h->phase == TCP_HYSTART_CSS &&
	    ++h->css_rounds >= TCP_HYSTART_CSS_ROUNDS)
		h->phase = TCP_HYSTART_DONE;
	start_round(h, nxt);
}

static void take_sample(struct tcp_hystart *h, uint32_t rtt_us)
{
	if (rtt_us == 0)
		return;
	h->round_min_us = MIN(h->round_min_us, rtt_us);
	if (h->samples < UINT8_MAX)
		h->samples++;
}

/* An eighth of the last round's minimum, 4 ms to 16 ms. */
static uint32_t threshold(const struct tcp_hystart *h)
{
	uint32_t part = h->last_min_us / TCP_HYSTART_THRESH_DIVISOR;

	part = MAX(part, (uint32_t)TCP_HYSTART_MIN_THRESH_US);
	return MIN(part, (uint32_t)TCP_HYSTART_MAX_THRESH_US);
}

/* The round trips grew: perhaps a queue. */
static void enter_css_if_slower(struct tcp_hystart *h)
{
	if (h->last_min_us == NONE_US || h->round_min_us == NONE_US)
		return;
	if (h->round_min_us < (uint64_t)h->last_min_us + threshold(h))
		return;
	h->css_baseline_us = h->round_min_us;
	h->css_rounds = 0;
	h->phase = TCP_HYSTART_CSS;
}

/* The round trips fell below what CSS was entered with: it was jitter. */
static void resume_if_faster(struct tcp_hystart *h)
{
	if (h->round_min_us >= h->css_baseline_us)
		return;
	h->css_baseline_us = NONE_US;
	h->phase = TCP_HYSTART_SLOW_START;
}

enum tcp_hystart_phase tcp_hystart_on_ack(struct tcp_hystart *h, uint32_t una,
					  uint32_t nxt, uint32_t rtt_us)
{
	if (h->phase == TCP_HYSTART_DONE)
		return TCP_HYSTART_DONE;

	if (!h->has_round) {
		h->has_round = true;
		h->window_end = nxt;
	}
	take_sample(h, rtt_us);
	if (h->samples >= TCP_HYSTART_SAMPLES) {
		if (h->phase == TCP_HYSTART_SLOW_START)
			enter_css_if_slower(h);
		else
			resume_if_faster(h);
	}
	end_round_if_due(h, una, nxt);
	return (enum tcp_hystart_phase)h->phase;
}
