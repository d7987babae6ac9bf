/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_sack_test.c - proves tcp_sack.c against RFC 6675, byte by byte
 *
 * What this room is for
 *   A model keeps one flag per byte and answers IsLost, SetPipe and NextSeg as
 *   the RFC words them, octet by octet; random scoreboards must agree. The
 *   window lies across 2^32, so that every comparison is tried at the wrap.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

#include "tcp_sack.h"

enum { MSS = 10, WINDOW = 400 };

static const uint32_t una = 0xffffff80;
static const uint32_t nxt = una + WINDOW;

static struct tcp_sack s;
static struct tcp_sack_news news;

static void init(void)
{
	tcp_sack_init(&s);
}

TestSuite(tcp_sack, .init = init);

/* One ACK whose blocks are offsets from una. */
static void sack(uint32_t n, const struct range *offsets)
{
	struct range b[4];

	for (uint32_t i = 0; i < n; i++)
		b[i] = (struct range){una + offsets[i].from,
				      una + offsets[i].to};
	tcp_sack_update(&s, b, n, una, nxt, 2 * WINDOW, &news);
}

static void sack1(uint32_t from, uint32_t to)
{
	sack(1, &(struct range){from, to});
}

Test(tcp_sack, block_is_remembered_and_counted_once)
{
	sack1(20, 40);
	cr_assert(eq(u32, news.newly_sacked, 20));
	cr_assert(eq(u32, news.highest, una + 40));
	sack1(10, 40);
	cr_assert(eq(u32, news.newly_sacked, 10));
	cr_assert(eq(u32, news.highest, una + 20));
	sack1(10, 40);
	cr_assert(eq(u32, news.newly_sacked, 0));
	cr_assert(eq(u32, s.sacked, 30));
	cr_assert(tcp_sack_has(&s, una + 10) && !tcp_sack_has(&s, una + 40));
}

/* The peer's word is checked: each of these must change nothing. */
Test(tcp_sack, impossible_blocks_are_ignored)
{
	static const struct range bad[] = {
		{0, 10},           /* begins at una: an ACK would say so */
		{10, 10},          /* empty */
		{30, 20},          /* backwards */
		{390, WINDOW + 1}, /* beyond what was sent */
		{WINDOW, WINDOW + 10},
		{(uint32_t)-10, 10}, /* across una */
		{5, 0x80000005},     /* half the sequence space */
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		sack1(bad[i].from, bad[i].to);
		cr_expect(news.has_bad && !news.is_dsack, "block %zu", i);
		cr_expect(eq(u32, s.got.count, 0), "block %zu", i);
	}
	sack1(390, WINDOW);
	cr_expect(eq(u32, s.sacked, 10));
}

/* RFC 2883 4.1. */
Test(tcp_sack, block_below_the_ack_is_a_duplicate)
{
	sack(2, (struct range[]){{(uint32_t)-20, (uint32_t)-10}, {10, 20}});
	cr_assert(news.is_dsack);
	cr_assert(eq(u32, news.dsack.from, una - 20));
	cr_assert(eq(u32, s.sacked, 10));
	cr_assert(eq(int, news.has_bad, false));
}

/* RFC 2883 4.2. */
Test(tcp_sack, block_inside_the_second_is_a_duplicate)
{
	sack(2, (struct range[]){{20, 30}, {10, 50}});
	cr_assert(news.is_dsack);
	cr_assert(eq(u32, s.sacked, 40));
}

Test(tcp_sack, duplicate_too_far_back_is_ignored)
{
	sack1((uint32_t)(-2 * WINDOW), 10u - 2 * WINDOW);
	cr_assert(news.is_dsack);
	sack1((uint32_t)(-2 * WINDOW - 1), 10u - 2 * WINDOW);
	cr_assert(news.has_bad && !news.is_dsack);
}

Test(tcp_sack, duplicate_is_seen_without_a_scoreboard)
{
	struct range b[2] = {{una - 20, una - 10}, {una + 10, una + 20}};

	tcp_sack_update(NULL, b, 2, una, nxt, WINDOW, &news);
	cr_assert(news.is_dsack && !news.has_bad && news.newly_sacked == 0);
}

Test(tcp_sack, second_block_below_the_ack_is_no_duplicate)
{
	sack(2, (struct range[]){{10, 20}, {(uint32_t)-20, (uint32_t)-10}});
	cr_assert(news.has_bad && !news.is_dsack);
}

Test(tcp_sack, una_into_a_range_is_reneging)
{
	sack1(50, 80);
	tcp_sack_trim(&s, una + 40);
	cr_assert(eq(int, tcp_sack_is_reneged(&s, una + 40), false));
	tcp_sack_trim(&s, una + 60);
	cr_assert(tcp_sack_is_reneged(&s, una + 60));
	tcp_sack_clear(&s);
	cr_assert(eq(int, tcp_sack_is_reneged(&s, una + 60), false));
	cr_assert(eq(u32, s.sacked, 0));
}

Test(tcp_sack, trim_forgets_what_is_acknowledged)
{
	sack(2, (struct range[]){{10, 20}, {30, 40}});
	tcp_sack_trim(&s, una + 20);
	cr_assert(eq(u32, s.sacked, 10));
	tcp_sack_trim(&s, una + 400);
	cr_assert(eq(u32, s.sacked, 0));
}

Test(tcp_sack, peer_with_too_many_holes_is_bounded)
{
	for (uint32_t i = 1; i < 200; i++)
		sack1(2 * i, 2 * i + 1);
	cr_assert(eq(u32, s.got.count, RANGES_MAX));
	cr_assert(eq(u32, news.newly_sacked, 0));
	cr_assert(eq(u32, s.sacked, RANGES_MAX));
}

/* RFC 6675: three separate ranges, or more than two segments, above. */
Test(tcp_sack, lost_by_ranges_or_by_bytes)
{
	sack1(50, 70);
	cr_assert(eq(int, tcp_sack_is_lost(&s, una, MSS), false));
	sack1(50, 71);
	cr_assert(tcp_sack_is_lost(&s, una, MSS));
	tcp_sack_clear(&s);

	sack(3, (struct range[]){{20, 21}, {30, 31}, {40, 41}});
	cr_assert(tcp_sack_is_lost(&s, una + 19, MSS));
	cr_assert(eq(int, tcp_sack_is_lost(&s, una + 20, MSS), false));
	cr_assert(eq(int, tcp_sack_is_lost(&s, una + 21, MSS), false));
}

Test(tcp_sack, resent_bytes_count_in_pipe_again)
{
	sack1(100, 200);
	tcp_sack_on_recovery(&s, una);
	cr_assert(eq(u32, tcp_sack_pipe(&s, una, nxt, MSS), 200));
	tcp_sack_on_resent(&s, una + 30);
	cr_assert(eq(u32, tcp_sack_pipe(&s, una, nxt, MSS), 230));
}

Test(tcp_sack, new_block_in_a_resent_hole_is_told)
{
	sack1(100, 200);
	cr_assert(eq(int, news.below_high_rxt, false));
	tcp_sack_on_recovery(&s, una);
	tcp_sack_on_resent(&s, una + 30);
	sack1(90, 210);
	cr_assert(eq(int, news.below_high_rxt, false));
	sack1(20, 25);
	cr_assert(news.below_high_rxt);
}

/* The order of the rules, as one recovery sees them. */
Test(tcp_sack, next_seg_walks_through_the_rules)
{
	struct range seg;

	sack(3, (struct range[]){{20, 60}, {70, 80}, {85, 90}});
	tcp_sack_on_recovery(&s, una);

	/* Rule 1, a segment at a time, never across a SACKed byte. */
	for (uint32_t at = 0; at < 20; at += MSS) {
		cr_assert(eq(int,
			     tcp_sack_next_seg(&s, una, nxt, MSS, true, &seg),
			     TCP_SACK_NEXT_LOST));
		cr_assert(eq(u32, seg.from, una + at));
		cr_assert(eq(u32, seg.to, una + at + MSS));
		tcp_sack_on_resent(&s, seg.to);
	}

	/* Rule 2 goes before rule 3: 60..70 has only 15 bytes above it. */
	cr_assert(eq(int, tcp_sack_next_seg(&s, una, nxt, MSS, true, &seg),
		     TCP_SACK_NEXT_NEW));
	cr_assert(eq(int, tcp_sack_next_seg(&s, una, nxt, MSS, false, &seg),
		     TCP_SACK_NEXT_UNSURE));
	cr_assert(seg.from == una + 60 && seg.to == una + 70);
	tcp_sack_on_resent(&s, seg.to);
	cr_assert(eq(int, tcp_sack_next_seg(&s, una, nxt, MSS, false, &seg),
		     TCP_SACK_NEXT_UNSURE));
	cr_assert(seg.from == una + 80 && seg.to == una + 85);
	tcp_sack_on_resent(&s, seg.to);

	/* Rule 4 not before the first retransmission is acknowledged. */
	cr_assert(eq(int, tcp_sack_next_seg(&s, una, nxt, MSS, false, &seg),
		     TCP_SACK_NEXT_NONE));
	tcp_sack_trim(&s, una + 20);
	cr_assert(eq(int,
		     tcp_sack_next_seg(&s, una + 20, nxt, MSS, false, &seg),
		     TCP_SACK_NEXT_RESCUE));
	cr_assert(seg.from == nxt - MSS && seg.to == nxt);
	tcp_sack_on_rescue(&s, nxt);
	cr_assert(eq(int,
		     tcp_sack_next_seg(&s, una + 20, nxt, MSS, false, &seg),
		     TCP_SACK_NEXT_NONE));
}

Test(tcp_sack, rescue_ends_with_the_highest_hole)
{
	struct range seg;

	sack(2, (struct range[]){{100, 390}, {393, WINDOW}});
	tcp_sack_on_recovery(&s, una);
	tcp_sack_on_resent(&s, una + 393);
	tcp_sack_trim(&s, una + 395);
	tcp_sack_clear(&s);
	sack1(393, WINDOW);
	cr_assert(eq(int,
		     tcp_sack_next_seg(&s, una + 390, nxt, MSS, false, &seg),
		     TCP_SACK_NEXT_UNSURE));
	tcp_sack_on_recovery(&s, una + 390);
	s.high_rxt = una + 393;
	cr_assert(eq(int,
		     tcp_sack_next_seg(&s, una + 390, nxt, MSS, false, &seg),
		     TCP_SACK_NEXT_RESCUE));
	cr_assert(seg.from == una + 390 && seg.to == una + 393);
}

Test(tcp_sack, nothing_outstanding_nothing_to_send)
{
	struct range seg;

	cr_assert(eq(int, tcp_sack_next_seg(&s, nxt, nxt, MSS, false, &seg),
		     TCP_SACK_NEXT_NONE));
	cr_assert(eq(u32, tcp_sack_pipe(&s, nxt, nxt, MSS), 0));
}

/* The model: one flag per byte of the window, and the RFC's own words. */
struct model {
	bool sacked[WINDOW];
	uint32_t high_rxt; /* offset */
};

static bool model_is_lost(const struct model *m, uint32_t at)
{
	uint32_t runs = 0, bytes = 0;

	if (m->sacked[at])
		return false;
	for (uint32_t i = at + 1; i < WINDOW; i++) {
		bytes += m->sacked[i];
		runs += m->sacked[i] && !m->sacked[i - 1];
	}
	return runs >= 3 || bytes > 2 * MSS;
}

static uint32_t model_pipe(const struct model *m)
{
	uint32_t pipe = 0;

	for (uint32_t i = 0; i < WINDOW; i++) {
		if (m->sacked[i])
			continue;
		pipe += !model_is_lost(m, i);
		pipe += i < m->high_rxt;
	}
	return pipe;
}

static int model_next(const struct model *m, bool can_send_new, uint32_t *at)
{
	uint32_t top = WINDOW, first = WINDOW;

	while (top > 0 && !m->sacked[top - 1])
		top--;
	for (uint32_t i = m->high_rxt; i < top && first == WINDOW; i++) {
		if (!m->sacked[i])
			first = i;
	}
	for (uint32_t i = m->high_rxt; i < top; i++) {
		if (!m->sacked[i] && model_is_lost(m, i)) {
			*at = i;
			return TCP_SACK_NEXT_LOST;
		}
	}
	if (can_send_new)
		return TCP_SACK_NEXT_NEW;
	*at = first;
	return first < WINDOW ? TCP_SACK_NEXT_UNSURE : TCP_SACK_NEXT_NONE;
}

static void compare(const struct model *m, bool can_send_new)
{
	struct range seg = {0, 0};
	uint32_t at = 0;
	int rule = tcp_sack_next_seg(&s, una, nxt, MSS, can_send_new, &seg);

	for (uint32_t i = 0; i < WINDOW; i++)
		cr_assert(eq(int, tcp_sack_is_lost(&s, una + i, MSS),
			     model_is_lost(m, i)));
	cr_assert(eq(u32, tcp_sack_pipe(&s, una, nxt, MSS), model_pipe(m)));

	if (rule == TCP_SACK_NEXT_RESCUE)
		rule = TCP_SACK_NEXT_NONE;
	cr_assert(eq(int, rule, model_next(m, can_send_new, &at)));
	if (rule == TCP_SACK_NEXT_LOST || rule == TCP_SACK_NEXT_UNSURE) {
		cr_assert(eq(u32, seg.from, una + at));
		cr_assert(seg.to != seg.from && seg.to - seg.from <= MSS);
		for (uint32_t i = seg.from - una; i < seg.to - una; i++)
			cr_assert(eq(int, m->sacked[i], false),
				  "resends a SACKed byte");
	}
}

Test(tcp_sack, random_scoreboards_agree_with_the_model)
{
	srand(6675);
	for (int round = 0; round < 150; round++) {
		struct model m = {0};

		tcp_sack_init(&s);
		tcp_sack_on_recovery(&s, una);
		for (int step = 0; step < 15; step++) {
			uint32_t from = 1 + (uint32_t)rand() % (WINDOW - 1);
			uint32_t len = 1 + (uint32_t)rand() % 12;
			uint32_t to = MIN(from + len, (uint32_t)WINDOW);

			sack1(from, to);
			memset(m.sacked + from, true, to - from);
			if (rand() % 3 == 0) {
				uint32_t rxt = (uint32_t)rand() % WINDOW;

				m.high_rxt = MAX(m.high_rxt, rxt / 4);
				tcp_sack_on_resent(&s, una + m.high_rxt);
			}
			compare(&m, rand() % 2);
		}
	}
}
