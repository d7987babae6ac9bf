/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_rack_test.c - proves tcp_rack.c: what was sent later has arrived
 *
 * Ten segments of 100 bytes left a millisecond apart, from 1 ms on; the round
 * trip is 40 ms.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

#include "tcp_sack.h"

enum { MSS = 100, RTT = 40000, CAP = 100 };

static const uint32_t una = 0xfffffe00;

static struct tcp_sack *s;
static struct tcp_sack_ack ack;
static struct tcp_sack_news news;
static struct tcp_reorder reorder;

static void init(void)
{
	s = malloc(tcp_sack_bytes(CAP));
	tcp_sack_init(s, CAP, una);
	for (uint32_t i = 1; i <= 10; i++)
		tcp_sack_on_sent(s, una + i * MSS, i * 1000);
	memset(&news, 0, sizeof(news));
	reorder = (struct tcp_reorder){.is_seen = false};
	ack = (struct tcp_sack_ack){
		.una = una,
		.nxt = una + 10 * MSS,
		.mss = MSS,
		.max_window = 10 * MSS,
		.episode = una + 10 * MSS,
		.min_rtt_us = RTT,
	};
}

static void fini(void)
{
	free(s);
}

TestSuite(tcp_rack, .init = init, .fini = fini);

/* Segment n, from 1 on, is SACKed at that time. */
static void sack(uint32_t n, usecs now)
{
	struct range b = {una + (n - 1) * MSS, una + n * MSS};

	ack.now = now;
	memset(&news, 0, sizeof(news));
	tcp_sack_update(s, &b, 1, &ack, &news);
}

static void resend(uint32_t n, uint32_t now)
{
	struct range r = {una + (n - 1) * MSS, una + n * MSS};

	tcp_sack_on_resent(s, &r, now);
}

static bool is_lost(uint32_t n)
{
	uint32_t from = una;

	for (uint32_t i = 0; i < s->count; i++) {
		const struct tcp_span *span = tcp_sack_at(s, i);

		if (span->end - una >= n * MSS && from - una <= (n - 1) * MSS)
			return span->flags & TCP_SPAN_LOST;
		from = span->end;
	}
	return false;
}

/* RFC 8985 6.2, step 5: a quarter of a round trip it may be late. */
Test(tcp_rack, segment_is_lost_a_window_after_a_later_one_arrived)
{
	uint32_t window = tcp_rack_window(&reorder, false, RTT, RTT);
	uint32_t left;

	cr_assert(eq(u32, window, RTT / 4));
	sack(3, 3000 + RTT);
	left = tcp_rack_detect(s, 3000 + RTT, window);
	/* The second left a millisecond before the third. */
	cr_assert(eq(u32, left, RTT / 4 - 1000));
	cr_assert(eq(u32, s->lost, 0));
	left = tcp_rack_detect(s, 1000 + RTT + RTT / 4, window);
	cr_assert(is_lost(1) && !is_lost(2));
	cr_assert(eq(u32, left, 1000));
	left = tcp_rack_detect(s, 2000 + RTT + RTT / 4, window);
	cr_assert(is_lost(2) && left == 0);
	/* What left later is not judged. */
	cr_assert(eq(u32, s->lost, 2 * MSS));
}

/* Step 4: three segments, and nothing was ever overtaken: at once. */
Test(tcp_rack, without_reordering_the_count_will_do)
{
	cr_assert(eq(u32, tcp_rack_window(&reorder, true, RTT, RTT), 0));
	reorder.is_seen = true;
	cr_assert(eq(u32, tcp_rack_window(&reorder, true, RTT, RTT), RTT / 4));
	sack(4, 4000 + RTT);
	tcp_rack_detect(s, 4000 + RTT, 0);
	cr_assert(is_lost(1) && is_lost(2) && is_lost(3) && !is_lost(5));
}

/* Step 3: an original that comes after what was sent later. */
Test(tcp_rack, overtaken_original_is_reordering)
{
	sack(3, 3000 + RTT);
	cr_assert(not(news.is_reordered));
	sack(2, 4000 + RTT);
	cr_assert(news.is_reordered);
	/* A resend that comes late proves nothing. */
	resend(1, 5000 + RTT);
	sack(1, 5000 + 2 * RTT);
	cr_assert(not(news.is_reordered));
}

/* A resend is lost as everything else is: what left later has arrived. */
Test(tcp_rack, lost_resend_is_found)
{
	sack(4, 4000 + RTT);
	tcp_rack_detect(s, 4000 + RTT, 0);
	resend(1, 50000);
	resend(2, 51000);
	sack(2, 51000 + RTT);
	tcp_rack_detect(s, 51000 + RTT, 0);
	cr_assert(is_lost(1) && !is_lost(2));
	cr_assert(is_lost(5), "it left before that resend, too");
}

/* Step 2: a resend that arrived too soon, or echoes too old a stamp, was the
 * original. */
Test(tcp_rack, ack_of_an_original_says_nothing_about_its_resend)
{
	sack(3, 3000 + RTT);
	tcp_rack_detect(s, 3000 + RTT, 0);
	resend(1, 50000);
	sack(1, 50000 + RTT / 2);
	cr_assert(eq(u32, s->rack.xmit, 3000));

	resend(2, 60000);
	ack.has_ts = true;
	ack.ts_offset = 7;
	ack.tsecr = 59 + 7;
	sack(2, 60000 + RTT);
	cr_assert(eq(u32, s->rack.xmit, 3000));

	resend(4, 60000);
	ack.tsecr = 60 + 7;
	sack(4, 60000 + RTT);
	cr_assert(eq(u32, s->rack.xmit, 60000));
}

/* Step 4: wider with each round that tells of a duplicate, for 16 recoveries,
 * but never wider than a round trip. */
Test(tcp_rack, duplicates_widen_the_window_for_a_while)
{
	reorder.is_seen = true;
	tcp_rack_on_dsack(&reorder, una, una + 1000);
	tcp_rack_on_dsack(&reorder, una + 500, una + 1500);
	cr_assert(eq(u32, tcp_rack_window(&reorder, true, RTT, RTT), RTT / 2));
	tcp_rack_on_dsack(&reorder, una + 1000, una + 2000);
	cr_assert(eq(u32, tcp_rack_window(&reorder, true, RTT, RTT),
		     RTT / 4 * 3));
	for (uint32_t i = 2; i < 400; i++)
		tcp_rack_on_dsack(&reorder, una + i * 1000,
				  una + i * 1000 + 1000);
	cr_assert(eq(u32, tcp_rack_window(&reorder, true, RTT, RTT + 5),
		     RTT + 5));
	for (int i = 0; i < 15; i++)
		tcp_rack_on_recovered(&reorder);
	cr_assert(eq(u32, tcp_rack_window(&reorder, true, RTT, RTT), RTT));
	tcp_rack_on_recovered(&reorder);
	cr_assert(eq(u32, tcp_rack_window(&reorder, true, RTT, RTT), RTT / 4));
}

/* 6.3: what left just now may still arrive. */
Test(tcp_rack, timeout_condemns_the_front_and_what_is_overdue)
{
	tcp_rack_on_rto(s, 5000 + RTT, RTT);
	for (uint32_t n = 1; n <= 10; n++)
		cr_expect(eq(int, is_lost(n), n <= 5));
	tcp_sack_forget_losses(s);
	tcp_rack_on_rto(s, RTT / 2, RTT);
	cr_assert(is_lost(1));
	cr_assert(eq(u32, s->lost, MSS));
}

Test(tcp_rack, nothing_delivered_nothing_is_lost)
{
	cr_assert(eq(u32, tcp_rack_detect(s, 10 * RTT, 0), 0));
	cr_assert(eq(u32, s->lost, 0));
}

/* Times and numbers wrap. */
Test(tcp_rack, clock_that_wraps_is_no_trouble)
{
	tcp_sack_init(s, CAP, una);
	tcp_sack_on_sent(s, una + 100, UINT32_MAX - 500);
	tcp_sack_on_sent(s, una + 200, 500);
	tcp_sack_on_sent(s, una + 300, 600);
	sack(2, (1ull << 32) + 500 + RTT);
	cr_assert(eq(u32, s->rack.rtt_us, RTT));
	tcp_rack_detect(s, 500 + RTT, 0);
	cr_assert(is_lost(1) && !is_lost(3));
}
