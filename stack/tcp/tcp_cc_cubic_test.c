/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_cc_cubic_test.c - proves tcp_cc_cubic.c against RFC 9438 in doubles
 *
 * What this room is for
 *   The RFC's equations are written a second time with pow() and cbrt(); both
 *   see the same ACKs in virtual time, and their windows are compared at each.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>

#include "tcp_cc.h"

enum { MSS = 1448 };

static struct tcp_cc cc;
static usecs now;

/* RFC 9438 in its own terms: segments, seconds. */
static struct {
	double cwnd, w_max, cwnd_prior, w_est, k, epoch;
} m;

static void model_loss(void)
{
	m.cwnd_prior = m.cwnd;
	m.w_max = m.cwnd < m.w_max ? m.cwnd * (1 + 0.7) / 2 : m.cwnd;
	m.cwnd = fmax(m.cwnd * 0.7, 2);
	m.epoch = -1;
}

static double model_curve(double t)
{
	return 0.4 * pow(t - m.k, 3) + m.w_max;
}

static void model_ack(double segments, double t_now, double rtt)
{
	double alpha = 3 * (1 - 0.7) / (1 + 0.7);
	double t, target;

	if (m.epoch < 0) {
		m.epoch = t_now;
		m.w_est = m.cwnd;
		m.w_max = fmax(m.w_max, m.cwnd);
		m.k = cbrt((m.w_max - m.cwnd) / 0.4);
	}
	t = t_now - m.epoch;
	if (m.w_est >= m.cwnd_prior)
		alpha = 1;
	m.w_est += alpha * segments / m.cwnd;
	if (model_curve(t) < m.w_est) {
		m.cwnd = fmax(m.cwnd, m.w_est);
		return;
	}
	target = fmin(fmax(model_curve(t + rtt), m.cwnd), 1.5 * m.cwnd);
	m.cwnd += (target - m.cwnd) / m.cwnd * segments;
}

static double segments(void)
{
	return (double)cc.cwnd / MSS;
}

/* A loss at `w` segments, recovery over. */
static void lose_at(uint32_t w)
{
	cc.cwnd = w * MSS;
	m.cwnd = w;
	tcp_cc_on_loss(&cc, now, cc.cwnd);
	tcp_cc_on_recovery_exit(&cc);
	model_loss();
}

static void init(void)
{
	tcp_cc_init(&cc, TCP_CC_CUBIC, MSS);
	now = SEC(100);
	m.w_max = 0;
}

TestSuite(tcp_cc_cubic, .init = init);

/* One ACK of n segments; time passes as the window's pace has it. */
static void ack(uint32_t n, uint32_t rtt_us, bool cwnd_limited)
{
	tcp_cc_on_ack(&cc, &(struct tcp_cc_ack){.now = now,
						.acked = n * MSS,
						.srtt_us = rtt_us,
						.cwnd_limited = cwnd_limited});
	now += (usecs)((double)rtt_us * n / segments()) + 1;
}

/* Both see `secs` of ACKs; the windows stay together all the way. */
static void run_beside_model(double secs, uint32_t rtt_us)
{
	usecs end = now + (usecs)(secs * 1e6);

	while (now < end) {
		model_ack(2, (double)now / 1e6, rtt_us / 1e6);
		ack(2, rtt_us, true);
		cr_assert(fabs(segments() - m.cwnd) < 0.01 * m.cwnd + 1,
			  "%.2f, not %.2f segments at %.3f s", segments(),
			  m.cwnd, (double)now / 1e6);
	}
}

/* Windows and round trips from a home line to a long fat pipe. */
Test(tcp_cc_cubic, window_follows_the_equations)
{
	static const struct {
		uint32_t w, rtt_us;
	} row[] = {{10, 1000},    {20, 40000},    {100, 20000},  {100, 100000},
		   {1000, 50000}, {5000, 100000}, {8000, 250000}};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		init();
		lose_at(row[i].w);
		run_beside_model(row[i].rtt_us > 10000 ? 15 : 2, row[i].rtt_us);
	}
}

/* The plateau is reached K seconds after the loss, not before, not late. */
Test(tcp_cc_cubic, plateau_is_at_k)
{
	double k = cbrt(4000 * 0.3 / 0.4);
	usecs start = now;

	lose_at(4000);
	run_beside_model(k - 1, 100000);
	cr_assert(lt(dbl, segments(), 4000));
	run_beside_model(1.5, 100000);
	cr_assert(fabs(segments() - 4000) < 20);
	cr_assert(lt(u64, now - start, SEC(20)));
	run_beside_model(5, 100000);
	cr_assert(gt(dbl, segments(), 4030));
}

/* Several losses in a row, each below the last plateau: fast convergence. */
Test(tcp_cc_cubic, loss_below_the_plateau_lowers_it)
{
	lose_at(1000);
	run_beside_model(3, 50000);
	cr_assert(lt(dbl, segments(), 1000));
	m.cwnd = segments();
	model_loss();
	tcp_cc_on_loss(&cc, now, cc.cwnd);
	tcp_cc_on_recovery_exit(&cc);
	cr_assert(fabs(cc.u.cubic.now.w_max / (double)MSS - m.w_max) < 0.1);
	run_beside_model(10, 50000);
}

/* RFC 9438 4.3: on a short path it is never slower than Reno. */
Test(tcp_cc_cubic, short_path_is_as_fast_as_reno)
{
	double reno;

	lose_at(40);
	reno = segments();
	for (int rounds = 0; rounds < 300; rounds++) {
		double acked = 0, window = segments();

		for (; acked < window; acked++)
			ack(1, 500, true);
		reno += 9.0 / 17;
	}
	cr_assert(gt(dbl, segments(), reno * 0.98));
}

/* RFC 9438 5.8: time without use is not time on the curve. */
Test(tcp_cc_cubic, app_limited_time_does_not_move_along_the_curve)
{
	double before;
	usecs since;

	lose_at(2000);
	run_beside_model(3, 100000);
	before = segments();
	since = now;
	for (int i = 0; i < 200; i++) {
		ack(2, 100000, false);
		now += MSEC(100);
	}
	cr_assert(fabs(segments() - before) < 0.01);

	/* The model's curve moves to the right by the whole pause. */
	m.epoch += (double)(now - since) / 1e6;
	run_beside_model(5, 100000);
}

/* RFC 9438 4.2: half as much again per round trip is the most. */
Test(tcp_cc_cubic, steep_curve_is_capped)
{
	lose_at(100);
	run_beside_model(1, 100000);
	now += SEC(40);
	run_beside_model(0.3, 100000);
	cr_assert(lt(dbl, segments(), 100 * 1.5 * 1.5 * 1.5 * 1.5));
}

/* RFC 9438 4.8: after a timeout no plateau is remembered. */
Test(tcp_cc_cubic, timeout_forgets_the_plateau)
{
	lose_at(1000);
	tcp_cc_on_rto(&cc, now, cc.cwnd, true);
	cr_assert(eq(u32, cc.cwnd, MSS));
	cr_assert(eq(u32, cc.u.cubic.now.w_max, 0));
	while (tcp_cc_in_slow_start(&cc))
		ack(1, 20000, true);
	ack(1, 20000, true);
	cr_assert(eq(u32, cc.u.cubic.now.k_ms, 0));
	cr_assert(le(u32, cc.u.cubic.now.origin, cc.cwnd));
}

/* RFC 9438 4.9: a spurious cut gives back the curve as well. */
Test(tcp_cc_cubic, undo_brings_back_the_curve)
{
	uint32_t w_max, cwnd;

	lose_at(1000);
	run_beside_model(3, 50000);
	w_max = cc.u.cubic.now.w_max;
	cwnd = cc.cwnd;
	tcp_cc_on_rto(&cc, now, cc.cwnd, true);
	tcp_cc_undo(&cc);
	cr_assert(eq(u32, cc.cwnd, cwnd));
	cr_assert(eq(u32, cc.u.cubic.now.w_max, w_max));
	run_beside_model(5, 50000);
}

/* HyStart++ ends slow start on a rising delay without a loss. */
Test(tcp_cc_cubic, rising_delay_ends_slow_start)
{
	uint32_t una = 0;

	for (int round = 0; round < 14; round++) {
		uint32_t end = una + cc.cwnd;
		uint32_t rtt = round < 5 ? 40000 : 40000 + 8000 * (round - 4);

		while (una < end && tcp_cc_in_slow_start(&cc)) {
			una += MSS;
			tcp_cc_on_ack(&cc, &(struct tcp_cc_ack){
						   .now = now,
						   .acked = MSS,
						   .una = una,
						   .nxt = una + cc.cwnd,
						   .rtt_us = rtt,
						   .srtt_us = rtt,
						   .cwnd_limited = true});
		}
		now += rtt;
	}
	cr_assert(ne(u32, cc.ssthresh, TCP_CC_SSTHRESH_NONE));
	/* Five doublings, then rounds of a quarter: not fourteen doublings. */
	cr_assert(lt(dbl, segments(), 10 * 64 * 3.1));
	cr_assert(ge(dbl, segments(), 10 * 32));
}
