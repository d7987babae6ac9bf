/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_rtt_test.c - proves tcp_rtt.c against RFC 6298 in floating point
 *
 * What this room is for
 *   The formulas are written a second time as the RFC prints them, and the two
 *   are compared over long runs of samples; then every rule about back-off.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>

#include "tcp_rtt.h"

static struct tcp_rtt r;

static void init(void)
{
	tcp_rtt_init(&r);
}

TestSuite(tcp_rtt, .init = init);

/* RFC 6298 2.1. */
Test(tcp_rtt, no_sample_timeout_is_one_second)
{
	cr_assert(eq(u32, tcp_rtt_rto_us(&r), 1000000));
	cr_assert(eq(u32, tcp_rtt_min_us(&r), 0));
	cr_assert(eq(int, tcp_rtt_has_sample(&r), false));
}

/* RFC 6298 2.2: SRTT = R, RTTVAR = R/2, RTO = SRTT + 4 RTTVAR. */
Test(tcp_rtt, first_sample_sets_both_means)
{
	tcp_rtt_on_sample(&r, SEC(1), 400000);
	cr_assert(eq(u32, r.srtt_us, 400000));
	cr_assert(eq(u32, r.rttvar_us, 200000));
	cr_assert(eq(u32, tcp_rtt_rto_us(&r), 1200000));
}

/* RFC 6298 2.3, over 2000 samples between 1 us and 1.6 s. */
Test(tcp_rtt, long_run_follows_the_formulas)
{
	double srtt = 0, rttvar = 0;
	uint32_t x = 12345;

	for (int i = 0; i < 2000; i++) {
		uint32_t m;
		double want;

		x = x * 1664525 + 1013904223;
		m = 1 + (x >> 8) % (i < 1000 ? 1600000 : 3000);
		tcp_rtt_on_sample(&r, MSEC(i), m);
		if (i == 0) {
			srtt = m;
			rttvar = m / 2.0;
		} else {
			rttvar = 0.75 * rttvar + 0.25 * fabs(srtt - m);
			srtt = 0.875 * srtt + 0.125 * m;
		}
		want = srtt + fmax(4 * rttvar, 200000);

		cr_expect(fabs(r.srtt_us - srtt) < 6, "sample %d", i);
		cr_expect(fabs(r.rttvar_us - rttvar) < 6, "sample %d", i);
		cr_expect(fabs(tcp_rtt_rto_us(&r) - want) < 30, "sample %d", i);
	}
}

/* The stated deviation from RFC 6298 2.4. */
Test(tcp_rtt, short_path_rto_is_linux_minimum)
{
	for (int i = 0; i < 100; i++)
		tcp_rtt_on_sample(&r, MSEC(i), 50);
	cr_assert(eq(u32, tcp_rtt_rto_us(&r), 200050));
}

/* A steady long path still leaves time for a delayed ACK. */
Test(tcp_rtt, steady_path_rto_exceeds_round_trip_by_the_minimum)
{
	for (int i = 0; i < 100; i++)
		tcp_rtt_on_sample(&r, SEC(i), 500000);
	cr_assert(ge(u32, tcp_rtt_rto_us(&r), 700000));
	cr_assert(lt(u32, tcp_rtt_rto_us(&r), 701000));
}

/* RFC 6298 5.5 and 2.5. */
Test(tcp_rtt, repeated_timeouts_double_up_to_the_cap)
{
	uint64_t want = 1000000;

	for (int i = 0; i < 300; i++) {
		cr_assert(eq(u32, tcp_rtt_rto_us(&r),
			     (uint32_t)MIN(want, LIMIT_RTO_MAX_US)));
		tcp_rtt_on_timeout(&r);
		want = MIN(want * 2, SEC(1000));
	}
}

Test(tcp_rtt, sample_ends_the_back_off)
{
	tcp_rtt_on_sample(&r, 0, 100000);
	tcp_rtt_on_timeout(&r);
	tcp_rtt_on_timeout(&r);
	cr_assert(eq(u32, tcp_rtt_rto_us(&r), 1200000));
	tcp_rtt_on_sample(&r, 1, 100000);
	cr_assert(lt(u32, tcp_rtt_rto_us(&r), 300001));
}

Test(tcp_rtt, progress_without_sample_ends_the_back_off)
{
	tcp_rtt_on_timeout(&r);
	tcp_rtt_on_timeout(&r);
	tcp_rtt_on_progress(&r);
	cr_assert(eq(u32, tcp_rtt_rto_us(&r), 1000000));
}

/* RFC 6298 5.7. */
Test(tcp_rtt, syn_timed_out_data_starts_at_three_seconds)
{
	tcp_rtt_on_syn_timeout(&r);
	cr_assert(eq(u32, tcp_rtt_rto_us(&r), 2000000));
	tcp_rtt_on_established(&r);
	cr_assert(eq(u32, tcp_rtt_rto_us(&r), 3000000));
	tcp_rtt_on_sample(&r, 0, 10000);
	cr_assert(lt(u32, tcp_rtt_rto_us(&r), 300000));
}

Test(tcp_rtt, syn_timed_out_but_timestamp_sample_wins)
{
	tcp_rtt_on_syn_timeout(&r);
	tcp_rtt_on_sample(&r, 0, 10000);
	tcp_rtt_on_established(&r);
	cr_assert(lt(u32, tcp_rtt_rto_us(&r), 300000));
}

Test(tcp_rtt, syn_in_time_established_changes_nothing)
{
	tcp_rtt_on_established(&r);
	cr_assert(eq(u32, tcp_rtt_rto_us(&r), 1000000));
}

Test(tcp_rtt, zero_sample_counts_as_one_microsecond)
{
	tcp_rtt_on_sample(&r, 0, 0);
	cr_assert(eq(int, tcp_rtt_has_sample(&r), true));
	cr_assert(eq(u32, tcp_rtt_min_us(&r), 1));
}

Test(tcp_rtt, absurd_sample_is_capped)
{
	for (int i = 0; i < 50; i++) {
		tcp_rtt_on_sample(&r, SEC(i), UINT32_MAX);
		cr_assert(eq(u32, tcp_rtt_rto_us(&r), 120000000));
	}
}

Test(tcp_rtt, minimum_is_the_least_within_the_window)
{
	tcp_rtt_on_sample(&r, SEC(0), 900);
	tcp_rtt_on_sample(&r, SEC(1), 300);
	tcp_rtt_on_sample(&r, SEC(2), 700);
	cr_assert(eq(u32, tcp_rtt_min_us(&r), 300));
	tcp_rtt_on_sample(&r, SEC(150), 500);
	cr_assert(eq(u32, tcp_rtt_min_us(&r), 300));
}

/* Whatever was measured once is forgotten after the window, never before two
 * thirds of it. */
Test(tcp_rtt, old_minimum_leaves)
{
	for (uint64_t start = 0; start < 100; start += 7) {
		tcp_rtt_init(&r);
		for (uint64_t s = 0; s < start; s++)
			tcp_rtt_on_sample(&r, SEC(s), 5000);
		tcp_rtt_on_sample(&r, SEC(start), 1000);
		for (uint64_t s = 1; s <= 310; s++) {
			tcp_rtt_on_sample(&r, SEC(start + s), 5000);
			if (s < 200)
				cr_expect(eq(u32, tcp_rtt_min_us(&r), 1000));
			if (s > 300)
				cr_expect(eq(u32, tcp_rtt_min_us(&r), 5000));
		}
	}
}

Test(tcp_rtt, long_silence_forgets_everything)
{
	tcp_rtt_on_sample(&r, SEC(10), 1000);
	tcp_rtt_on_sample(&r, SEC(1000), 4000);
	cr_assert(eq(u32, tcp_rtt_min_us(&r), 4000));
}
