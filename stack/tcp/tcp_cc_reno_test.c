/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_cc_reno_test.c - proves tcp_cc_reno.c: a segment per round trip
 *
 * What this room is for
 *   Congestion avoidance counted exactly, through tcp_cc.h.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "tcp_cc.h"

enum { MSS = 1000 };

static struct tcp_cc cc;

static void ack(uint32_t acked)
{
	tcp_cc_on_ack(&cc, &(struct tcp_cc_ack){.acked = acked,
						.cwnd_limited = true});
}

/* In avoidance at five segments. */
static void init(void)
{
	tcp_cc_init(&cc, TCP_CC_RENO, MSS);
	tcp_cc_on_loss(&cc, 0, 10 * MSS);
	tcp_cc_on_recovery_exit(&cc);
}

TestSuite(tcp_cc_reno, .init = init);

/* RFC 5681 (2): after each window of acknowledged bytes one segment more. */
Test(tcp_cc_reno, avoidance_adds_one_segment_per_round_trip)
{
	for (uint32_t segments = 5; segments < 200; segments++) {
		cr_assert(eq(u32, cc.cwnd, segments * MSS));
		for (uint32_t i = 0; i < segments; i++)
			ack(MSS);
	}
}

Test(tcp_cc_reno, avoidance_counts_bytes_not_acks)
{
	for (int i = 0; i < 4999; i++)
		ack(1);
	cr_assert(eq(u32, cc.cwnd, 5 * MSS));
	ack(1);
	cr_assert(eq(u32, cc.cwnd, 6 * MSS));
}

/* One ACK for more than a window still adds one segment only. */
Test(tcp_cc_reno, avoidance_huge_ack_adds_one_segment)
{
	ack(100 * MSS);
	cr_assert(eq(u32, cc.cwnd, 6 * MSS));
}

/* The bytes that carry slow start over ssthresh count in avoidance. */
Test(tcp_cc_reno, crossing_ssthresh_wastes_nothing)
{
	tcp_cc_on_rto(&cc, 0, 5 * MSS, true);
	cr_assert(eq(u32, cc.ssthresh, 2500));
	ack(MSS);
	ack(MSS);
	cr_assert(eq(u32, cc.cwnd, 2500));
	cr_assert(eq(u32, cc.u.reno.acked, 500));
	ack(2000);
	cr_assert(eq(u32, cc.cwnd, 3500));
}
