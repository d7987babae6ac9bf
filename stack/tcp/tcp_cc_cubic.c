/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_cc_cubic.c - CUBIC: the window as a cubic function of time
 *
 * What this room is for
 *   W(t) = C (t - K)^3 + W_max, where W_max is the window at the last loss and
 * K the time the curve takes to come back to it. Beside it runs an estimate of
 *   what Reno would have; the larger one counts.
 *
 * Units      bytes and milliseconds. C = 0.4 segments/s^3 is 4/10 of an mss;
 *            beta = 0.7; alpha = 3 (1 - beta) / (1 + beta) = 9/17. Remainders
 *            of divisions are carried, so slow growth is not rounded away.
 *
 * Comes in   tcp_cc.c, when this algorithm is in charge.
 * Never      uses floating point, or counts time in which the sender had
 *            nothing to send (RFC 9438 5.8).
 * Follows    RFC 9438 4; slow start is RFC 9406 (tcp_hystart.c).
 */
#include "tcp_cc_cubic.h"

#include "tcp_cc.h"

enum {
	C_NUM = 4,
	C_DEN = 10,
	BETA_NUM = 7,
	BETA_DEN = 10,
	ALPHA_NUM = 9,
	ALPHA_DEN = 17,
	/* (1 + beta) / 2: where the plateau moves in fast convergence. */
	FAST_NUM = 17,
	FAST_DEN = 20,
	/* The curve is not followed further than that: ample for any window,
	 * and its cube fits 64 bits. */
	FAR_MS = 1000000,
};

/* The largest n with n^3 <= x, bit by bit. */
static uint32_t cube_root(uint64_t x)
{
	uint64_t root = 0;

	for (int bit = 20; bit >= 0; bit--) {
		uint64_t guess = root | 1ull << bit;

		if (guess * guess * guess <= x)
			root = guess;
	}
	return (uint32_t)root;
}

void tcp_cc_cubic_init(struct tcp_cc *cc)
{
	cc->u.cubic.limited_since = USECS_NEVER;
	tcp_hystart_init(&cc->u.cubic.hystart);
}

/* K of RFC 9438 (2), in ms: the root of (W_max - cwnd) / (C mss) s^3. */
static uint32_t time_to_plateau(const struct tcp_cc *cc, uint32_t w_max)
{
	/* At most 2^30 * 10^10, which fits; 10^9 turns s^3 into ms^3. */
	uint64_t up = (uint64_t)(w_max - cc->cwnd) * C_DEN * 1000000000ull;

	return cube_root(up / ((uint64_t)C_NUM * cc->mss));
}

/* Congestion avoidance begins, or begins again. */
static void start_epoch(struct tcp_cc *cc, usecs now)
{
	struct tcp_cc_curve *c = &cc->u.cubic.now;

	c->has_epoch = true;
	c->epoch = now;
	c->w_est = cc->cwnd;
	c->est_credit = 0;
	cc->u.cubic.credit = 0;

	/* RFC 9438 4.2 and 4.8: without a plateau above, start on one. */
	if (c->w_max <= cc->cwnd) {
		c->origin = cc->cwnd;
		c->k_ms = 0;
		return;
	}
	c->origin = c->w_max;
	c->k_ms = time_to_plateau(cc, c->w_max);
}

/* W_cubic(t) of RFC 9438 (1), in bytes; t in ms since the epoch. */
static uint32_t window_at(const struct tcp_cc *cc, uint64_t t_ms)
{
	const struct tcp_cc_curve *c = &cc->u.cubic.now;
	bool is_past = t_ms >= c->k_ms;
	uint64_t d = is_past ? t_ms - c->k_ms : c->k_ms - t_ms;
	uint64_t delta;

	/* ms^3 * mss * C / 10^9, divided in two steps to stay in 64 bits. */
	d = MIN(d, (uint64_t)FAR_MS);
	delta = d * d * d / 1000000 * cc->mss * C_NUM / C_DEN / 1000;

	if (is_past)
		return (uint32_t)MIN(c->origin + delta,
				     (uint64_t)TCP_CC_CWND_MAX);
	return delta < c->origin ? (uint32_t)(c->origin - delta) : 0;
}

/* W_est of RFC 9438 (4): alpha segments per window, then one. */
static void grow_estimate(struct tcp_cc *cc, uint32_t acked)
{
	struct tcp_cc_curve *c = &cc->u.cubic.now;
	bool is_back = c->w_est >= c->cwnd_prior;
	uint64_t num = is_back ? ALPHA_DEN : ALPHA_NUM;
	uint64_t den = (uint64_t)ALPHA_DEN * cc->cwnd;

	c->est_credit += num * cc->mss * acked;
	c->w_est += (uint32_t)(c->est_credit / den);
	c->w_est = MIN(c->w_est, TCP_CC_CWND_MAX);
	c->est_credit %= den;
}

/* Moves cwnd towards target, as much as `acked` of a window allows. */
static void grow_towards(struct tcp_cc *cc, uint32_t target, uint32_t acked)
{
	struct tcp_cc_cubic *u = &cc->u.cubic;
	uint64_t step;

	/* RFC 9438 4.2: not back, and at most half as much again per RTT. */
	target = MIN(target, cc->cwnd + cc->cwnd / 2);
	if (target <= cc->cwnd)
		return;
	step = (uint64_t)(target - cc->cwnd) * acked + u->credit;
	u->credit = (uint32_t)(step % cc->cwnd);
	cc->cwnd += (uint32_t)(step / cc->cwnd);
}

static void avoid_congestion(struct tcp_cc *cc, const struct tcp_cc_ack *a,
			     uint32_t acked)
{
	struct tcp_cc_curve *c = &cc->u.cubic.now;
	uint64_t t_us;

	if (!c->has_epoch)
		start_epoch(cc, a->now);
	t_us = a->now > c->epoch ? a->now - c->epoch : 0;
	acked = MIN(acked, cc->cwnd);

	grow_estimate(cc, acked);
	if (window_at(cc, t_us / 1000) < c->w_est)
		cc->cwnd = MAX(cc->cwnd, c->w_est);
	else
		grow_towards(cc, window_at(cc, (t_us + a->srtt_us) / 1000),
			     acked);
	cc->cwnd = MIN(cc->cwnd, TCP_CC_CWND_MAX);
}

/* The first slow start of a connection, with HyStart++ watching. */
static uint32_t start_carefully(struct tcp_cc *cc, const struct tcp_cc_ack *a)
{
	uint32_t limit = MAX(TCP_HYSTART_L * cc->mss, a->burst);
	uint32_t acked = MIN(a->acked, limit);

	switch (tcp_hystart_on_ack(&cc->u.cubic.hystart, a->una, a->nxt,
				   a->rtt_us)) {
	case TCP_HYSTART_SLOW_START:
		break;
	case TCP_HYSTART_CSS:
		acked /= TCP_HYSTART_CSS_DIVISOR;
		break;
	case TCP_HYSTART_DONE:
		cc->ssthresh = cc->cwnd;
		return acked;
	}
	if (!a->cwnd_limited)
		return 0;
	return tcp_cc_slow_start(cc, acked, limit);
}

/* Time without use moves the curve to the right instead of along it. */
static void note_limited(struct tcp_cc *cc, const struct tcp_cc_ack *a)
{
	struct tcp_cc_cubic *u = &cc->u.cubic;

	if (!a->cwnd_limited) {
		if (u->limited_since == USECS_NEVER)
			u->limited_since = a->now;
		return;
	}
	if (u->limited_since != USECS_NEVER && u->now.has_epoch &&
	    a->now > u->limited_since)
		u->now.epoch += a->now - u->limited_since;
	u->limited_since = USECS_NEVER;
}

void tcp_cc_cubic_on_ack(struct tcp_cc *cc, const struct tcp_cc_ack *a)
{
	uint32_t limit = (cc->after_rto ? 1 : 2) * cc->mss;
	uint32_t acked = a->acked;

	note_limited(cc, a);
	if (cc->ssthresh == TCP_CC_SSTHRESH_NONE)
		acked = start_carefully(cc, a);
	else if (a->cwnd_limited && tcp_cc_in_slow_start(cc))
		acked = tcp_cc_slow_start(cc, acked, MAX(limit, a->burst));

	if (a->cwnd_limited && acked > 0 && !tcp_cc_in_slow_start(cc))
		avoid_congestion(cc, a, acked);
}

uint32_t tcp_cc_cubic_on_cut(struct tcp_cc *cc, uint32_t in_flight)
{
	struct tcp_cc_cubic *u = &cc->u.cubic;
	uint64_t w_max = cc->cwnd;

	/* RFC 9438 4.7: below the last plateau another flow wants room. */
	if (cc->cwnd < u->now.w_max)
		w_max = w_max * FAST_NUM / FAST_DEN;
	u->now.w_max = (uint32_t)w_max;
	u->now.cwnd_prior = cc->cwnd;
	u->now.has_epoch = false;
	u->limited_since = USECS_NEVER;
	return (uint32_t)((uint64_t)in_flight * BETA_NUM / BETA_DEN);
}

void tcp_cc_cubic_on_rto(struct tcp_cc *cc)
{
	cc->u.cubic.now.w_max = 0;
	cc->u.cubic.now.has_epoch = false;
}

void tcp_cc_cubic_save(struct tcp_cc *cc)
{
	cc->u.cubic.before = cc->u.cubic.now;
}

void tcp_cc_cubic_undo(struct tcp_cc *cc)
{
	cc->u.cubic.now = cc->u.cubic.before;
}

void tcp_cc_cubic_on_idle(struct tcp_cc *cc)
{
	cc->u.cubic.now.has_epoch = false;
	cc->u.cubic.limited_since = USECS_NEVER;
}
