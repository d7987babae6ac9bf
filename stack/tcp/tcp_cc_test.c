/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_cc_test.c - proves tcp_cc.c: what every algorithm must do
 *
 * What this room is for
 *   First windows, slow start by bytes, the timeout, undo, idle restart and the
 *   names, each for all algorithms in turn.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>

#include "tcp_cc.h"

enum { MSS = 1000, IW = 10 * MSS };

static struct tcp_cc cc;

/* One ACK of `acked` bytes, the window full, no samples. */
static void ack(uint32_t acked)
{
	tcp_cc_on_ack(&cc, &(struct tcp_cc_ack){.now = SEC(1),
						.acked = acked,
						.srtt_us = 100000,
						.cwnd_limited = true});
}

#define FOR_EACH_ALGO(a) for (int a = 0; a < TCP_CC_NALGOS; a++)

static void start(int algo)
{
	tcp_cc_init(&cc, (enum tcp_cc_algo)algo, MSS);
}

/* RFC 6928 2. */
Test(tcp_cc, first_window_is_ten_segments_or_14600_bytes)
{
	static const struct {
		uint32_t mss, window;
	} row[] = {{536, 5360},   {1000, 10000}, {1460, 14600},  {2000, 14600},
		   {7300, 14600}, {8960, 17920}, {65495, 130990}};

	for (size_t i = 0; i < ARRAY_LEN(row); i++)
		cr_expect(eq(u32, tcp_cc_initial_window(row[i].mss),
			     row[i].window));
}

Test(tcp_cc, fresh_mss_change_sets_the_first_window_anew)
{
	start(TCP_CC_RENO);
	tcp_cc_set_mss(&cc, 536);
	cr_assert(eq(u32, cc.cwnd, 5360));
	ack(536);
	tcp_cc_set_mss(&cc, 1000);
	cr_assert(eq(u32, cc.cwnd, 5896));
}

Test(tcp_cc, window_is_never_below_a_new_mss)
{
	start(TCP_CC_CUBIC);
	tcp_cc_on_rto(&cc, 0, IW, true);
	tcp_cc_set_mss(&cc, 9000);
	cr_assert(eq(u32, cc.cwnd, 9000));
}

/* RFC 5681 3.1. */
Test(tcp_cc, lost_syn_first_window_is_one_segment)
{
	start(TCP_CC_CUBIC);
	tcp_cc_on_syn_lost(&cc);
	tcp_cc_set_mss(&cc, 1460);
	cr_assert(eq(u32, cc.cwnd, 1460));
}

Test(tcp_cc, slow_start_doubles_in_a_round_trip)
{
	FOR_EACH_ALGO(a)
	{
		start(a);
		for (int i = 0; i < 5; i++)
			ack(2 * MSS);
		cr_expect(eq(u32, cc.cwnd, 2 * IW), "algorithm %d", a);
	}
}

/* RFC 3465: a peer that acknowledges byte by byte gains nothing. */
Test(tcp_cc, split_acks_gain_nothing)
{
	FOR_EACH_ALGO(a)
	{
		start(a);
		for (int i = 0; i < 10 * MSS; i++)
			ack(1);
		cr_expect(eq(u32, cc.cwnd, 2 * IW), "algorithm %d", a);
	}
}

/* RFC 3465 2.2 and RFC 9406 4.2: L segments for one ACK. */
Test(tcp_cc, stretch_ack_adds_at_most_l_segments)
{
	start(TCP_CC_RENO);
	ack(10 * MSS);
	cr_expect(eq(u32, cc.cwnd, 12 * MSS));
	start(TCP_CC_CUBIC);
	ack(10 * MSS);
	cr_expect(eq(u32, cc.cwnd, 18 * MSS));
}

/* The stated deviation: what left as one piece may be replaced as one. */
Test(tcp_cc, super_segment_ack_counts_in_full)
{
	FOR_EACH_ALGO(a)
	{
		start(a);
		tcp_cc_on_ack(&cc, &(struct tcp_cc_ack){.acked = 10 * MSS,
							.burst = 10 * MSS,
							.cwnd_limited = true});
		cr_expect(eq(u32, cc.cwnd, 2 * IW), "algorithm %d", a);
	}
}

/* RFC 3465 2.3: after a timeout, one segment for each ACK. */
Test(tcp_cc, slow_start_after_timeout_adds_one_segment)
{
	FOR_EACH_ALGO(a)
	{
		start(a);
		tcp_cc_on_rto(&cc, SEC(1), IW, true);
		cr_expect(eq(u32, cc.cwnd, MSS), "algorithm %d", a);
		ack(3 * MSS);
		cr_expect(eq(u32, cc.cwnd, 2 * MSS), "algorithm %d", a);
	}
}

/* RFC 7661: what was not used does not grow. */
Test(tcp_cc, unused_window_does_not_grow)
{
	FOR_EACH_ALGO(a)
	{
		struct tcp_cc_ack idle = {.acked = MSS, .srtt_us = 100000};

		start(a);
		for (int i = 0; i < 1000; i++, idle.now += MSEC(10))
			tcp_cc_on_ack(&cc, &idle);
		cr_expect(eq(u32, cc.cwnd, IW), "algorithm %d", a);

		tcp_cc_on_loss(&cc, idle.now, IW);
		tcp_cc_on_recovery_exit(&cc);
		for (int i = 0; i < 1000; i++, idle.now += MSEC(10))
			tcp_cc_on_ack(&cc, &idle);
		cr_expect(eq(u32, cc.cwnd, cc.ssthresh), "algorithm %d", a);
	}
}

/* RFC 5681 (4) and RFC 9438 4.6, and their floor of two segments. */
Test(tcp_cc, loss_cuts_what_was_in_flight)
{
	static const struct {
		int algo;
		uint32_t flight, ssthresh;
	} row[] = {
		{TCP_CC_RENO, 10000, 5000}, {TCP_CC_CUBIC, 10000, 7000},
		{TCP_CC_RENO, 6000, 3000},  {TCP_CC_CUBIC, 6000, 4200},
		{TCP_CC_RENO, 1000, 2000},  {TCP_CC_CUBIC, 1000, 2000},
		{TCP_CC_RENO, 0, 2000},     {TCP_CC_CUBIC, 0, 2000},
		{TCP_CC_RENO, 90000, 5000}, {TCP_CC_CUBIC, 90000, 7000},
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		start(row[i].algo);
		tcp_cc_on_loss(&cc, SEC(1), row[i].flight);
		cr_expect(eq(u32, cc.ssthresh, row[i].ssthresh), "row %zu", i);
		cr_expect(eq(u32, cc.cwnd, row[i].ssthresh), "row %zu", i);
	}
}

Test(tcp_cc, recovery_exit_sets_ssthresh_whatever_recovery_did)
{
	start(TCP_CC_RENO);
	tcp_cc_on_loss(&cc, SEC(1), IW);
	cc.cwnd = 77 * MSS; /* inflated by duplicate ACKs */
	tcp_cc_on_recovery_exit(&cc);
	cr_assert(eq(u32, cc.cwnd, 5 * MSS));
}

/* RFC 5681: a second timeout of the same segment leaves ssthresh alone. */
Test(tcp_cc, repeated_timeout_keeps_ssthresh)
{
	FOR_EACH_ALGO(a)
	{
		uint32_t ssthresh;

		start(a);
		tcp_cc_on_rto(&cc, SEC(1), IW, true);
		ssthresh = cc.ssthresh;
		tcp_cc_on_rto(&cc, SEC(3), MSS, false);
		cr_expect(eq(u32, cc.ssthresh, ssthresh), "algorithm %d", a);
		cr_expect(eq(u32, cc.cwnd, MSS), "algorithm %d", a);
	}
}

Test(tcp_cc, undo_brings_back_what_a_loss_took)
{
	FOR_EACH_ALGO(a)
	{
		start(a);
		tcp_cc_on_loss(&cc, SEC(1), IW);
		tcp_cc_undo(&cc);
		cr_expect(eq(u32, cc.cwnd, IW), "algorithm %d", a);
		cr_expect(eq(u32, cc.ssthresh, TCP_CC_SSTHRESH_NONE));
		ack(MSS);
		cr_expect(eq(u32, cc.cwnd, IW + MSS), "grows again");
	}
}

Test(tcp_cc, undo_brings_back_what_a_timeout_took)
{
	FOR_EACH_ALGO(a)
	{
		start(a);
		tcp_cc_on_rto(&cc, SEC(1), IW, true);
		tcp_cc_on_rto(&cc, SEC(3), MSS, false);
		tcp_cc_undo(&cc);
		cr_expect(eq(u32, cc.cwnd, IW), "algorithm %d", a);
		cr_expect(eq(u32, cc.ssthresh, TCP_CC_SSTHRESH_NONE));
	}
}

/* A timeout within fast recovery: undo goes back before both. */
Test(tcp_cc, undo_after_timeout_in_recovery_goes_back_before_the_loss)
{
	FOR_EACH_ALGO(a)
	{
		start(a);
		tcp_cc_on_loss(&cc, SEC(1), IW);
		tcp_cc_on_rto(&cc, SEC(2), 5 * MSS, true);
		tcp_cc_undo(&cc);
		cr_expect(eq(u32, cc.cwnd, IW), "algorithm %d", a);
	}
}

Test(tcp_cc, undo_happens_once)
{
	FOR_EACH_ALGO(a)
	{
		start(a);
		tcp_cc_undo(&cc);
		cr_expect(eq(u32, cc.cwnd, IW));
		tcp_cc_on_loss(&cc, SEC(1), IW);
		tcp_cc_forget_prior(&cc);
		tcp_cc_undo(&cc);
		cr_expect(lt(u32, cc.cwnd, IW), "algorithm %d", a);
	}
}

/* RFC 5681 4.1. */
Test(tcp_cc, idle_restarts_from_the_first_window)
{
	FOR_EACH_ALGO(a)
	{
		start(a);
		for (int i = 0; i < 100; i++)
			ack(2 * MSS);
		cr_expect(gt(u32, cc.cwnd, IW), "algorithm %d", a);
		tcp_cc_on_idle(&cc);
		cr_expect(eq(u32, cc.cwnd, IW), "algorithm %d", a);

		tcp_cc_on_rto(&cc, SEC(1), IW, true);
		tcp_cc_on_idle(&cc);
		cr_expect(eq(u32, cc.cwnd, MSS), "idling gains nothing");
	}
}

Test(tcp_cc, switching_keeps_the_window)
{
	start(TCP_CC_CUBIC);
	tcp_cc_on_loss(&cc, SEC(1), IW);
	tcp_cc_on_recovery_exit(&cc);
	tcp_cc_switch(&cc, TCP_CC_RENO);
	cr_assert(eq(u32, cc.cwnd, 7 * MSS));
	for (int i = 0; i < 7; i++)
		ack(MSS);
	cr_assert(eq(u32, cc.cwnd, 8 * MSS));
	tcp_cc_switch(&cc, TCP_CC_CUBIC);
	cr_assert(eq(u32, cc.cwnd, 8 * MSS));
}

Test(tcp_cc, names_are_found_with_and_without_terminator)
{
	FOR_EACH_ALGO(a)
	{
		const char *name = tcp_cc_name((enum tcp_cc_algo)a);

		cr_expect(eq(int, tcp_cc_find(name, strlen(name)), a));
		cr_expect(eq(int, tcp_cc_find(name, strlen(name) + 1), a));
		cr_expect(
			eq(int, tcp_cc_find(name, strlen(name) - 1), -ENOENT));
	}
	cr_assert(eq(int, tcp_cc_find("", 0), -ENOENT));
	cr_assert(eq(int, tcp_cc_find("renos", 5), -ENOENT));
	cr_assert(eq(int, tcp_cc_find("bbr", 4), -ENOENT));
}

/* Whatever is reported, in any order: the window stays between its bounds. */
Test(tcp_cc, random_reports_keep_the_window_within_bounds)
{
	srand(5681);
	FOR_EACH_ALGO(a)
	{
		usecs now = SEC(1);

		tcp_cc_init(&cc, (enum tcp_cc_algo)a, 1 + rand() % 65535);
		for (int i = 0; i < 200000; i++) {
			uint32_t n = (uint32_t)rand();
			struct tcp_cc_ack k = {now,        n,
					       n,          n + 7,
					       n % 300000, n % 500000,
					       n % 65536,  rand() % 4 != 0};

			now += n % 1000000;
			switch (rand() % 64) {
			case 0:
				tcp_cc_on_loss(&cc, now, n);
				break;
			case 1:
				tcp_cc_on_rto(&cc, now, n, rand() % 2);
				break;
			case 2:
				tcp_cc_undo(&cc);
				break;
			case 3:
				tcp_cc_on_idle(&cc);
				break;
			case 4:
				tcp_cc_set_mss(&cc, n % 65536);
				break;
			case 5:
				tcp_cc_on_recovery_exit(&cc);
				break;
			case 6:
				now = now > SEC(9) ? now - SEC(9) : now;
				break;
			default:
				tcp_cc_on_ack(&cc, &k);
			}
			cr_assert(ge(u32, cc.cwnd, cc.mss));
			cr_assert(le(u32, cc.cwnd, TCP_CC_CWND_MAX + 65535));
			cr_assert(ge(u32, cc.ssthresh, MIN(2, cc.mss)));
		}
	}
}
