/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_recover_test.c - proves tcp_recover.c: losses found, repaired, undone
 *
 * A peer with SACK and one without; segments of 1,000 bytes make the numbers
 * readable.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "testkit/testkit.h"
#include "tcp_recover.h"

static struct kit kit;

static void open_kit(void)
{
	kit_open(&kit);
}

static void close_kit(void)
{
	kit_close(&kit);
}

TestSuite(tcp_recover, .init = open_kit, .fini = close_kit);

#define INJECT(...) kit_inject(&kit, (struct seg){__VA_ARGS__})
#define EXPECT(...) kit_expect(&kit, (struct seg){__VA_ARGS__})
#define SILENCE() kit_expect_silence(&kit)

static const struct seg sacker = {.mss = 1000, .sack_permitted = true};
static const struct seg plain = {.mss = 1000};

/* The kit's handshake takes no time; the path is 10 ms long. */
static struct tcp_conn *established(struct seg syn)
{
	struct tcp_conn *c = kit_established_with(&kit, syn);

	tcp_rtt_init(&c->rtt);
	tcp_rtt_on_sample(&c->rtt, c->eng->now, MSEC(10));
	return c;
}

/* Ten segments are in flight, and more are queued. */
static struct tcp_conn *ten_in_flight(struct seg syn)
{
	struct tcp_conn *c = established(syn);

	kit_send(&kit, c, 40000);
	for (uint32_t i = 0; i < 10; i++)
		EXPECT(.flags = ACK, .seq = 1 + i * c->mss, .ack = 1,
		       .len = c->mss);
	SILENCE();
	return c;
}

/* RFC 8985 7: nobody answers ten_in_flight(), nor the probe, until the timeout
 * has passed. */
static void probe_in_vain(struct tcp_conn *c)
{
	kit_advance(&kit, 2 * tcp_rtt_rto_us(&c->rtt) - MSEC(1));
	EXPECT(.flags = ACK, .seq = 10001, .ack = 1, .len = 1000);
}

/* RFC 3042: the first two duplicates let one new segment out each. */
Test(tcp_recover, first_duplicates_let_new_data_out)
{
	ten_in_flight(plain);
	INJECT(.flags = ACK, .seq = 1, .ack = 1);
	EXPECT(.flags = ACK, .seq = 10001, .ack = 1, .len = 1000);
	SILENCE();
	INJECT(.flags = ACK, .seq = 1, .ack = 1);
	EXPECT(.flags = ACK, .seq = 11001, .ack = 1, .len = 1000);
	SILENCE();
}

/* RFC 5681 3.2: the third resends; RFC 6582: a partial ACK, the next. */
Test(tcp_recover, newreno_repairs_two_holes)
{
	struct tcp_conn *c = ten_in_flight(plain);

	for (int i = 0; i < 3; i++)
		INJECT(.flags = ACK, .seq = 1, .ack = 1);
	EXPECT(.flags = ACK, .seq = 10001, .ack = 1, .len = 1000);
	EXPECT(.flags = ACK, .seq = 11001, .ack = 1, .len = 1000);
	EXPECT(.flags = ACK, .seq = 1, .ack = 1, .len = 1000);
	SILENCE();
	cr_assert(eq(int, c->recovery, TCP_RECOVER_FAST));
	cr_assert(lt(u32, c->cc.cwnd, 10000));

	/* The resend arrives; 5 is missing as well. */
	INJECT(.flags = ACK, .seq = 1, .ack = 4001);
	EXPECT(.flags = ACK, .seq = 4001, .ack = 1, .len = 1000);
	cr_assert(eq(int, c->recovery, TCP_RECOVER_FAST));
	kit_forget_frames(&kit);
	INJECT(.flags = ACK, .seq = 1, .ack = 12001);
	cr_assert(eq(int, c->recovery, TCP_RECOVER_NONE));
	kit_forget_frames(&kit);
}

/* Duplicates that are no duplicates: data, another window, nothing out. */
Test(tcp_recover, window_updates_are_no_duplicates)
{
	struct tcp_conn *c = ten_in_flight(plain);

	for (uint32_t i = 0; i < 6; i++)
		INJECT(.flags = ACK, .seq = 1, .ack = 1, .wnd = 60000 + i);
	cr_assert(eq(int, c->recovery, TCP_RECOVER_NONE));
	for (uint32_t i = 0; i < 6; i++)
		INJECT(.flags = ACK, .seq = 1 + i, .ack = 1, .len = 1,
		       .wnd = 60005);
	cr_assert(eq(int, c->recovery, TCP_RECOVER_NONE));
	kit_forget_frames(&kit);
}

/* RFC 6675: three SACKed above it, and it is lost. */
Test(tcp_recover, sack_resends_only_the_hole)
{
	struct tcp_conn *c = ten_in_flight(sacker);

	INJECT(.flags = ACK, .seq = 1, .ack = 2001, .nsack = 1,
	       .sack = {{3001, 4001}});
	kit_forget_frames(&kit);
	INJECT(.flags = ACK, .seq = 1, .ack = 2001, .nsack = 1,
	       .sack = {{3001, 5001}});
	kit_forget_frames(&kit);
	INJECT(.flags = ACK, .seq = 1, .ack = 2001, .nsack = 1,
	       .sack = {{3001, 6001}});
	EXPECT(.flags = ACK, .seq = 2001, .ack = 1, .len = 1000);
	cr_assert(eq(int, c->recovery, TCP_RECOVER_FAST));
	kit_forget_frames(&kit);
	/* Everything arrives: over, and no memory is kept. */
	INJECT(.flags = ACK, .seq = 1, .ack = c->snd_nxt - kit.our_iss);
	cr_assert(eq(int, c->recovery, TCP_RECOVER_NONE));
	cr_assert(eq(ptr, c->sack, NULL));
	kit_forget_frames(&kit);
}

/* What the peer holds is never resent. */
Test(tcp_recover, sacked_data_is_never_resent)
{
	struct tcp_conn *c = ten_in_flight(sacker);

	INJECT(.flags = ACK, .seq = 1, .ack = 1, .nsack = 3,
	       .sack = {{8001, 10001}, {5001, 6001}, {2001, 4001}});
	for (int i = 0; i < 20; i++) {
		while (kit_take(&kit)) {
			uint32_t s = kit.out.seq;

			cr_assert(s == 1 || s == 1001 || s == 4001 ||
					  s == 6001 || s == 7001 || s > 10000,
				  "%u was resent", s);
		}
		INJECT(.flags = ACK, .seq = 1, .ack = 1, .nsack = 3,
		       .sack = {{8001, 10001 + 1000u * (uint32_t)(i % 3)},
				{5001, 6001},
				{2001, 4001}});
	}
	cr_assert(eq(int, c->recovery, TCP_RECOVER_FAST));
	kit_forget_frames(&kit);
}

/* The pipe is bounded: recovery sends no more than cwnd. */
Test(tcp_recover, recovery_keeps_within_cwnd)
{
	struct tcp_conn *c = ten_in_flight(sacker);

	INJECT(.flags = ACK, .seq = 1, .ack = 1, .nsack = 1,
	       .sack = {{3001, 10001}});
	cr_assert(le(u32, tcp_recover_pipe(c), c->cc.cwnd + 1000));
	kit_forget_frames(&kit);
}

/* After a timeout: one segment, then slow start over the rest. */
Test(tcp_recover, timeout_resends_from_the_front_slowly)
{
	struct tcp_conn *c = ten_in_flight(plain);

	kit_advance(&kit, tcp_rtt_rto_us(&c->rtt));
	EXPECT(.flags = ACK, .seq = 1, .ack = 1, .len = 1000);
	SILENCE();
	cr_assert(eq(u32, c->cc.cwnd, 1000));
	INJECT(.flags = ACK, .seq = 1, .ack = 1001);
	/* RFC 5682: new data first, which arrive behind a hole. */
	EXPECT(.flags = ACK, .seq = 10001, .ack = 1, .len = 1000);
	EXPECT(.flags = ACK, .seq = 11001, .ack = 1, .len = 1000);
	SILENCE();
	INJECT(.flags = ACK, .seq = 1, .ack = 1001);
	EXPECT(.flags = ACK, .seq = 1001, .ack = 1, .len = 1000);
	SILENCE();
	INJECT(.flags = ACK, .seq = 1, .ack = 1001);
	EXPECT(.flags = ACK, .seq = 2001, .ack = 1, .len = 1000);
	SILENCE();
	/* The rest had arrived: it is not sent again. */
	INJECT(.flags = ACK, .seq = 1, .ack = 12001);
	cr_assert(eq(int, c->recovery, TCP_RECOVER_NONE));
	EXPECT(.flags = ACK, .seq = 12001, .ack = 1, .len = 1000);
	kit_forget_frames(&kit);
}

/* RFC 5682 2.1, step 3b: what was never resent is acknowledged. */
Test(tcp_recover, early_timeout_is_found_out_without_time_stamps)
{
	static const struct seg *const peers[] = {&plain, &sacker};

	for (size_t i = 0; i < ARRAY_LEN(peers); i++) {
		struct tcp_conn *c = ten_in_flight(*peers[i]);
		uint32_t cwnd = c->cc.cwnd, next;

		kit_advance(&kit, 2 * tcp_rtt_rto_us(&c->rtt));
		kit_forget_frames(&kit);
		cr_assert(eq(int, c->recovery, TCP_RECOVER_RTO));
		next = c->snd_nxt - kit.our_iss;
		INJECT(.flags = ACK, .seq = 1, .ack = 1001);
		EXPECT(.flags = ACK, .seq = next, .ack = 1, .len = 1000);
		kit_forget_frames(&kit);
		INJECT(.flags = ACK, .seq = 1, .ack = 2001);
		cr_assert(eq(int, c->recovery, TCP_RECOVER_NONE), "%zu", i);
		cr_assert(ge(u32, c->cc.cwnd, cwnd));
		while (kit_take(&kit))
			cr_assert(gt(u32, kit.out.seq, next), "no resend");
		kit_close(&kit);
		kit_open(&kit);
	}
}

/* Step 3a: the new data are held behind a hole: all was lost. */
Test(tcp_recover, new_data_that_are_sacked_confirm_the_timeout)
{
	struct tcp_conn *c = ten_in_flight(sacker);
	uint32_t next;

	kit_advance(&kit, 2 * tcp_rtt_rto_us(&c->rtt));
	kit_forget_frames(&kit);
	next = c->snd_nxt - kit.our_iss;
	INJECT(.flags = ACK, .seq = 1, .ack = 1001);
	kit_forget_frames(&kit);
	INJECT(.flags = ACK, .seq = 1, .ack = 1001, .nsack = 1,
	       .sack = {{next, next + 1000}});
	cr_assert(eq(int, c->recovery, TCP_RECOVER_RTO));
	EXPECT(.flags = ACK, .seq = 1001, .ack = 1, .len = 1000);
	kit_forget_frames(&kit);
}

/* Step 2: nothing new to send, so what is missing goes again at once. */
Test(tcp_recover, timeout_without_new_data_goes_on_from_the_front)
{
	struct tcp_conn *c = established(plain);

	kit_send(&kit, c, 10000);
	kit_advance(&kit, tcp_rtt_rto_us(&c->rtt));
	kit_forget_frames(&kit);
	INJECT(.flags = ACK, .seq = 1, .ack = 1001);
	EXPECT(.flags = ACK, .seq = 1001, .ack = 1, .len = 1000);
	EXPECT(.flags = ACK, .seq = 2001, .ack = 1, .len = 1000);
	kit_forget_frames(&kit);
}

/* They were there, but Nagle held them. */
Test(tcp_recover, timeout_with_data_that_may_not_go_goes_on)
{
	struct tcp_conn *c = established(plain);

	c->cork = true;
	kit_send(&kit, c, 10500);
	kit_advance(&kit, tcp_rtt_rto_us(&c->rtt) - MSEC(1));
	c->cork_expired = false;
	kit_advance(&kit, MSEC(1));
	kit_forget_frames(&kit);
	c->cork_expired = false;
	INJECT(.flags = ACK, .seq = 1, .ack = 1001);
	EXPECT(.flags = ACK, .seq = 1001, .ack = 1, .len = 1000);
	kit_forget_frames(&kit);
}

/* Deviation in tcp_recover.c: what the peer holds is left out. */
Test(tcp_recover, timeout_keeps_the_scoreboard)
{
	struct tcp_conn *c = ten_in_flight(sacker);

	INJECT(.flags = ACK, .seq = 1, .ack = 1, .nsack = 1,
	       .sack = {{1001, 3001}});
	/* Two segments are no proof, but time is. */
	kit_advance(&kit, tcp_rtt_rto_us(&c->rtt) - MSEC(1));
	cr_assert(eq(int, c->recovery, TCP_RECOVER_FAST));
	kit_forget_frames(&kit);
	kit_advance(&kit, MSEC(1));
	EXPECT(.flags = ACK, .seq = 1, .ack = 1, .len = 1000);
	SILENCE();
	INJECT(.flags = ACK, .seq = 1, .ack = 3001);
	EXPECT(.flags = ACK, .seq = 3001, .ack = 1, .len = 1000);
	kit_forget_frames(&kit);
}

/* RFC 2018 8: a peer may take its word back; the timer finds out. */
Test(tcp_recover, reneging_peer_gets_everything_again)
{
	struct tcp_conn *c = ten_in_flight(sacker);

	INJECT(.flags = ACK, .seq = 1, .ack = 1, .nsack = 1,
	       .sack = {{1001, 3001}});
	kit_forget_frames(&kit);
	/* It acknowledges 1..1000 only, though it had said 1001..3000. */
	INJECT(.flags = ACK, .seq = 1, .ack = 1001);
	kit_forget_frames(&kit);
	kit_advance(&kit, tcp_rtt_rto_us(&c->rtt));
	EXPECT(.flags = ACK, .seq = 1001, .ack = 1, .len = 1000);
	kit_forget_frames(&kit);
	INJECT(.flags = ACK, .seq = 1, .ack = 2001);
	EXPECT(.flags = ACK, .seq = 2001, .ack = 1, .len = 1000);
	kit_forget_frames(&kit);
}

/* Eifel (RFC 3522): the ACK echoes a time before the resend. */
Test(tcp_recover, spurious_timeout_is_undone)
{
	struct seg syn = sacker;
	struct tcp_conn *c;
	uint32_t cwnd, ecr;

	syn.mss = 1012;
	syn.has_ts = true;
	syn.tsval = 1;
	c = ten_in_flight(syn);
	cwnd = c->cc.cwnd;
	ecr = kit.ts_ecr;
	probe_in_vain(c);
	EXPECT(.flags = ACK, .seq = 1, .ack = 1, .len = 1000);
	cr_assert(eq(u32, c->cc.cwnd, 1000));
	INJECT(.flags = ACK, .seq = 1, .ack = 2001, .has_ts = true,
	       .tsecr = ecr);
	cr_assert(eq(int, c->recovery, TCP_RECOVER_NONE));
	cr_assert(ge(u32, c->cc.cwnd, cwnd));
	/* No go-back-N: what follows is new. */
	EXPECT(.flags = ACK, .seq = 11001, .ack = 1, .len = 1000);
	kit_forget_frames(&kit);
}

Test(tcp_recover, true_timeout_is_not_undone)
{
	struct seg syn = sacker;
	struct tcp_conn *c;

	syn.mss = 1012;
	syn.has_ts = true;
	syn.tsval = 1;
	c = ten_in_flight(syn);
	probe_in_vain(c);
	EXPECT(.flags = ACK, .seq = 1, .ack = 1, .len = 1000);
	INJECT(.flags = ACK, .seq = 1, .ack = 1001);
	cr_assert(eq(int, c->recovery, TCP_RECOVER_RTO));
	kit_forget_frames(&kit);
}

/* --- by time -------------------------------------------------------------- */

/* RFC 8985 6.2: on a path that reorders three segments are no proof; a quarter
 * of a round trip without it is. */
Test(tcp_recover, overtaken_segment_is_waited_for)
{
	struct tcp_conn *c = ten_in_flight(sacker);

	c->reorder.is_seen = true;
	kit_advance(&kit, MSEC(10));
	INJECT(.flags = ACK, .seq = 1, .ack = 1, .nsack = 1,
	       .sack = {{1001, 6001}});
	cr_assert(eq(int, c->recovery, TCP_RECOVER_NONE));
	kit_forget_frames(&kit);
	kit_advance(&kit, MSEC(10) / 4 - 1);
	SILENCE();
	kit_advance(&kit, 1);
	EXPECT(.flags = ACK, .seq = 1, .ack = 1, .len = 1000);
	cr_assert(eq(int, c->recovery, TCP_RECOVER_FAST));
	kit_forget_frames(&kit);
}

/* It came, late: nothing was resent, no window lost, and now we know. */
Test(tcp_recover, segment_that_comes_late_costs_nothing)
{
	struct tcp_conn *c = ten_in_flight(sacker);
	uint32_t cwnd = c->cc.cwnd;

	kit_advance(&kit, MSEC(10));
	INJECT(.flags = ACK, .seq = 1, .ack = 1, .nsack = 1,
	       .sack = {{1001, 2001}});
	INJECT(.flags = ACK, .seq = 1, .ack = 2001);
	cr_assert(eq(int, c->recovery, TCP_RECOVER_NONE));
	cr_assert(c->reorder.is_seen && c->total_retrans == 0);
	cr_assert(ge(u32, c->cc.cwnd, cwnd));
	cr_assert(c->deadline[TCP_T_LATE] == USECS_NEVER);
	kit_forget_frames(&kit);
}

/* The resend is lost as well: no timeout is needed. */
Test(tcp_recover, lost_resend_is_resent_again)
{
	struct tcp_conn *c = ten_in_flight(sacker);

	kit_advance(&kit, MSEC(10));
	INJECT(.flags = ACK, .seq = 1, .ack = 1, .nsack = 1,
	       .sack = {{1001, 4001}});
	EXPECT(.flags = ACK, .seq = 1, .ack = 1, .len = 1000);
	kit_forget_frames(&kit);
	/* What is new leaves after it, */
	kit_advance(&kit, MSEC(1));
	INJECT(.flags = ACK, .seq = 1, .ack = 1, .nsack = 1,
	       .sack = {{1001, 10001}});
	EXPECT(.flags = ACK, .seq = 10001, .ack = 1, .len = 1000);
	kit_forget_frames(&kit);
	/* and arrives. */
	kit_advance(&kit, MSEC(10));
	INJECT(.flags = ACK, .seq = 1, .ack = 1, .nsack = 1,
	       .sack = {{1001, 11001}});
	EXPECT(.flags = ACK, .seq = 1, .ack = 1, .len = 1000);
	cr_assert(eq(u64, c->eng->stats.count[STAT_TCP_RTO_TIMEOUTS], 0));
	kit_forget_frames(&kit);
}

/* RFC 9937: the window shrinks in the course of the recovery. */
Test(tcp_recover, window_of_a_recovery_shrinks_with_what_arrives)
{
	struct tcp_conn *c = ten_in_flight(sacker);

	kit_advance(&kit, MSEC(10));
	INJECT(.flags = ACK, .seq = 1, .ack = 1, .nsack = 1,
	       .sack = {{1001, 4001}});
	EXPECT(.flags = ACK, .seq = 1, .ack = 1, .len = 1000);
	cr_assert(eq(u32, c->cc.ssthresh, 7000));
	for (uint32_t to = 5001; to <= 10001; to += 1000) {
		INJECT(.flags = ACK, .seq = 1, .ack = 1, .nsack = 1,
		       .sack = {{1001, to}});
		cr_assert(le(u32, kit.host.nframes, 1), "no burst");
		kit_forget_frames(&kit);
	}
	cr_assert(eq(u32, tcp_recover_pipe(c), c->cc.ssthresh));
	INJECT(.flags = ACK, .seq = 1, .ack = 10001);
	cr_assert(eq(int, c->recovery, TCP_RECOVER_NONE));
	cr_assert(eq(u32, c->cc.cwnd, 7000));
	kit_forget_frames(&kit);
}

/* More duplicates than resends: the network doubles. */
Test(tcp_recover, duplicates_of_the_network_are_not_ours)
{
	struct tcp_conn *c = ten_in_flight(sacker);

	INJECT(.flags = ACK, .seq = 1, .ack = 4001, .nsack = 1,
	       .sack = {{1, 1001}});
	cr_assert(eq(u32, c->dsacks, 0));
	cr_assert(eq(u32, c->reorder.wider, 0));
	kit_forget_frames(&kit);
}

/* The scoreboard costs memory and time; a quiet round, and it is gone. */
Test(tcp_recover, scoreboard_is_dropped_after_a_quiet_round)
{
	struct tcp_conn *c = ten_in_flight(sacker);

	kit_advance(&kit, MSEC(10));
	INJECT(.flags = ACK, .seq = 1, .ack = 1, .nsack = 1,
	       .sack = {{1001, 2001}});
	kit_send(&kit, c, 40000);
	INJECT(.flags = ACK, .seq = 1, .ack = 2001);
	cr_assert(ne(ptr, c->sack, NULL));
	INJECT(.flags = ACK, .seq = 1, .ack = 11001);
	cr_assert(eq(ptr, c->sack, NULL));
	cr_assert(gt(u32, tcp_flight(c), 0));
	kit_forget_frames(&kit);
}

/* --- the tail ------------------------------------------------------------ */

static usecs until_probe(const struct tcp_conn *c)
{
	return c->deadline[TCP_T_TAIL] - c->eng->now;
}

/* Ten segments in flight, nothing more to send. */
static struct tcp_conn *ten_and_no_more(struct seg syn)
{
	struct tcp_conn *c = established(syn);

	kit_send(&kit, c, 10000);
	kit_forget_frames(&kit);
	return c;
}

/* RFC 8985 7.3: nothing new to send: the last segment again. */
Test(tcp_recover, tail_probe_is_the_last_segment)
{
	struct tcp_conn *c = ten_and_no_more(sacker);
	uint32_t cwnd = c->cc.cwnd;

	cr_assert(lt(u64, until_probe(c), tcp_rtt_rto_us(&c->rtt)));
	kit_advance(&kit, until_probe(c));
	EXPECT(.flags = ACK | PSH, .seq = 9001, .ack = 1, .len = 1000);
	SILENCE();
	/* One at a time, and it is no timeout. */
	cr_assert(eq(int, c->recovery, TCP_RECOVER_NONE));
	cr_assert(eq(u32, c->cc.cwnd, cwnd));
	cr_assert(c->deadline[TCP_T_TAIL] == USECS_NEVER);
	cr_assert(c->deadline[TCP_T_REXMIT] ==
		  c->eng->now + tcp_rtt_rto_us(&c->rtt));
	kit_forget_frames(&kit);
}

/* RFC 8985 6.2: its SACK condemns what was sent two round trips earlier. */
Test(tcp_recover, tail_probe_that_is_sacked_finds_all_holes)
{
	struct tcp_conn *c = ten_and_no_more(sacker);

	INJECT(.flags = ACK, .seq = 1, .ack = 5001);
	kit_advance(&kit, until_probe(c));
	EXPECT(.flags = ACK | PSH, .seq = 9001, .ack = 1, .len = 1000);
	kit_advance(&kit, MSEC(10));
	INJECT(.flags = ACK, .seq = 1, .ack = 5001, .nsack = 1,
	       .sack = {{9001, 10001}});
	cr_assert(eq(int, c->recovery, TCP_RECOVER_FAST));
	/* RFC 9937: one for the one that arrived, then two for each. */
	EXPECT(.flags = ACK, .seq = 5001, .ack = 1, .len = 1000);
	SILENCE();
	INJECT(.flags = ACK, .seq = 1, .ack = 6001, .nsack = 1,
	       .sack = {{9001, 10001}});
	EXPECT(.flags = ACK, .seq = 6001, .ack = 1, .len = 1000);
	EXPECT(.flags = ACK, .seq = 7001, .ack = 1, .len = 1000);
	SILENCE();
	INJECT(.flags = ACK, .seq = 1, .ack = 7001, .nsack = 1,
	       .sack = {{9001, 10001}});
	EXPECT(.flags = ACK, .seq = 8001, .ack = 1, .len = 1000);
	INJECT(.flags = ACK, .seq = 1, .ack = 10001);
	cr_assert(eq(int, c->recovery, TCP_RECOVER_NONE));
}

/* RFC 8985 7.4.2: the probe itself repaired it: a loss all the same. */
Test(tcp_recover, tail_probe_that_repairs_costs_window)
{
	struct tcp_conn *c = ten_and_no_more(sacker);
	uint32_t cwnd = c->cc.cwnd;

	INJECT(.flags = ACK, .seq = 1, .ack = 8001);
	kit_advance(&kit, until_probe(c));
	EXPECT(.flags = ACK | PSH, .seq = 9001, .ack = 1, .len = 1000);
	INJECT(.flags = ACK, .seq = 1, .ack = 10001);
	/* It may have been the original: the next ACK tells. */
	cr_assert(ge(u32, c->cc.cwnd, cwnd));
	kit_send(&kit, c, 2000);
	kit_forget_frames(&kit);
	INJECT(.flags = ACK, .seq = 1, .ack = 12001);
	cr_assert(lt(u32, c->cc.cwnd, cwnd));
	cr_assert(not(c->tail_out));
}

Test(tcp_recover, tail_probe_that_arrived_twice_costs_nothing)
{
	struct tcp_conn *c = ten_and_no_more(sacker);
	uint32_t cwnd = c->cc.cwnd;

	kit_advance(&kit, until_probe(c));
	EXPECT(.flags = ACK | PSH, .seq = 9001, .ack = 1, .len = 1000);
	INJECT(.flags = ACK, .seq = 1, .ack = 10001);
	INJECT(.flags = ACK, .seq = 1, .ack = 10001, .nsack = 1,
	       .sack = {{9001, 10001}});
	cr_assert(not(c->tail_out));
	kit_send(&kit, c, 2000);
	kit_forget_frames(&kit);
	INJECT(.flags = ACK, .seq = 1, .ack = 12001);
	cr_assert(ge(u32, c->cc.cwnd, cwnd));
}

/* RFC 8985 7.2. */
Test(tcp_recover, tail_is_not_probed_without_sack_or_for_one_segment)
{
	struct tcp_conn *c = ten_and_no_more(plain);

	cr_assert(c->deadline[TCP_T_TAIL] == USECS_NEVER);
	c = kit_established_with(&kit, sacker);
	kit_send(&kit, c, 1000);
	cr_assert(c->deadline[TCP_T_TAIL] == USECS_NEVER);
	kit_forget_frames(&kit);
}

/* RFC 2883: every resend turns out to have been a duplicate. */
Test(tcp_recover, spurious_fast_recovery_is_undone_by_dsack)
{
	struct tcp_conn *c = ten_in_flight(sacker);
	uint32_t cwnd = c->cc.cwnd;

	for (uint32_t i = 1; i <= 3; i++)
		INJECT(.flags = ACK, .seq = 1, .ack = 1, .nsack = 1,
		       .sack = {{1001, 1001 + 1000 * i}});
	cr_assert(eq(int, c->recovery, TCP_RECOVER_FAST));
	cr_assert(eq(int, c->undo_rxts, 1));
	kit_forget_frames(&kit);
	/* It was only late. */
	INJECT(.flags = ACK, .seq = 1, .ack = 4001);
	INJECT(.flags = ACK, .seq = 1, .ack = 4001, .nsack = 1,
	       .sack = {{1, 1001}});
	cr_assert(eq(int, c->recovery, TCP_RECOVER_NONE));
	cr_assert(ge(u32, c->cc.cwnd, cwnd));
	kit_forget_frames(&kit);
}

/* RFC 5681: ACKs split into crumbs do not open the window faster. */
Test(tcp_recover, split_acks_gain_nothing)
{
	struct tcp_conn *c = ten_in_flight(plain);
	uint32_t cwnd = c->cc.cwnd;

	for (uint32_t i = 1; i <= 100; i++)
		INJECT(.flags = ACK, .seq = 1, .ack = 1 + 10 * i);
	cr_assert(le(u32, c->cc.cwnd, cwnd + 1000));
	kit_forget_frames(&kit);
}

/* RFC 7661: a window that is not used does not grow. */
Test(tcp_recover, unused_window_does_not_grow)
{
	struct tcp_conn *c = kit_established_with(&kit, plain);
	uint32_t at = 1, cwnd = c->cc.cwnd;

	for (int i = 0; i < 50; i++, at += 1000) {
		kit_send(&kit, c, 1000);
		INJECT(.flags = ACK, .seq = 1, .ack = at + 1000);
	}
	cr_assert(le(u32, c->cc.cwnd, cwnd));
	kit_forget_frames(&kit);
}

/* RFC 5681 4.1: after a pause longer than the RTO, from the first window. */
Test(tcp_recover, idle_connection_restarts_slowly)
{
	struct tcp_conn *c = kit_established_with(&kit, plain);

	for (int i = 0; i < 6; i++) {
		kit_send(&kit, c, c->cc.cwnd);
		INJECT(.flags = ACK, .seq = 1, .ack = c->snd_nxt - kit.our_iss);
		kit_forget_frames(&kit);
	}
	cr_assert(gt(u32, c->cc.cwnd, 20000));
	kit_advance(&kit, SEC(10));
	kit_send(&kit, c, 40000);
	cr_assert(le(u32, tcp_flight(c), 10000));
	kit_forget_frames(&kit);
}
