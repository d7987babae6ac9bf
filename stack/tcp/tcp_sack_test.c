/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_sack_test.c - proves tcp_sack.c, byte by byte
 *
 * What this room is for
 *   A model keeps the fate of each byte, and when it left; whatever is sent,
 *   SACKed, resent, acknowledged and judged lost in whatever order, both must
 *   agree. The window lies across 2^32, so that every comparison is tried at
 *   the wrap.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

#include "tcp_sack.h"

enum { MSS = 10, WINDOW = 400, PLENTY = 1000 };

static const uint32_t start = 0xffffff80;

static struct tcp_sack *s;
static struct tcp_sack_ack ack;
static struct tcp_sack_news news;

/* All of the window is in flight, and left at time 0. */
static void open_board(uint32_t cap)
{
	s = malloc(tcp_sack_bytes(cap));
	cr_assert(s != NULL);
	tcp_sack_init(s, cap, start);
	tcp_sack_on_sent(s, start + WINDOW, 0);
	ack = (struct tcp_sack_ack){
		.now = 1000,
		.una = start,
		.nxt = start + WINDOW,
		.mss = MSS,
		.max_window = 2 * WINDOW,
		.episode = start + WINDOW,
	};
}

static void init(void)
{
	open_board(PLENTY);
}

static void fini(void)
{
	free(s);
}

TestSuite(tcp_sack, .init = init, .fini = fini);

/* An ACK whose numbers are offsets from the start. */
static void hear(uint32_t una, uint32_t n, const struct range *offsets)
{
	struct range b[4];

	for (uint32_t i = 0; i < n; i++)
		b[i] = (struct range){start + offsets[i].from,
				      start + offsets[i].to};
	ack.una = start + una;
	memset(&news, 0, sizeof(news));
	tcp_sack_trim(s, &ack, &news);
	tcp_sack_update(s, b, n, &ack, &news);
}

static void sack1(uint32_t from, uint32_t to)
{
	hear(ack.una - start, 1, &(struct range){from, to});
}

static void resend(uint32_t from, uint32_t to, uint32_t now)
{
	struct range r = {start + from, start + to};

	tcp_sack_on_resent(s, &r, now);
}

Test(tcp_sack, block_is_remembered_and_counted_once)
{
	sack1(20, 40);
	cr_assert(eq(u32, news.newly_sacked, 20));
	sack1(10, 40);
	cr_assert(eq(u32, news.newly_sacked, 10));
	sack1(10, 40);
	cr_assert(eq(u32, news.newly_sacked, 0));
	cr_assert(eq(u32, s->sacked, 30));
	cr_assert(eq(u32, tcp_sack_pipe(s), WINDOW - 30));
	cr_assert(eq(u32, s->sacked_segs, 3));
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
		cr_expect(eq(u32, s->sacked, 0), "block %zu", i);
	}
	sack1(390, WINDOW);
	cr_expect(eq(u32, s->sacked, 10));
}

/* RFC 2883 4.1. */
Test(tcp_sack, block_below_the_ack_is_a_duplicate)
{
	hear(0, 2, (struct range[]){{(uint32_t)-20, (uint32_t)-10}, {10, 20}});
	cr_assert(news.is_dsack);
	cr_assert(eq(u32, news.dsack.from, start - 20));
	cr_assert(eq(u32, s->sacked, 10));
	cr_assert(eq(int, news.has_bad, false));
}

/* RFC 2883 4.2. */
Test(tcp_sack, block_inside_the_second_is_a_duplicate)
{
	hear(0, 2, (struct range[]){{20, 30}, {10, 50}});
	cr_assert(news.is_dsack);
	cr_assert(eq(u32, s->sacked, 40));
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
	struct range b[2] = {{start - 20, start - 10},
			     {start + 10, start + 20}};

	memset(&news, 0, sizeof(news));
	tcp_sack_update(NULL, b, 2, &ack, &news);
	cr_assert(news.is_dsack && !news.has_bad && news.newly_sacked == 0);
}

Test(tcp_sack, second_block_below_the_ack_is_no_duplicate)
{
	hear(0, 2, (struct range[]){{10, 20}, {(uint32_t)-20, (uint32_t)-10}});
	cr_assert(news.has_bad && !news.is_dsack);
}

Test(tcp_sack, una_into_a_range_is_reneging)
{
	sack1(50, 80);
	hear(40, 0, NULL);
	cr_assert(eq(int, tcp_sack_is_reneged(s), false));
	hear(60, 0, NULL);
	cr_assert(tcp_sack_is_reneged(s));
	tcp_sack_forget_blocks(s);
	cr_assert(eq(int, tcp_sack_is_reneged(s), false));
	cr_assert(eq(u32, s->sacked, 0));
}

Test(tcp_sack, what_is_delivered_counts_once)
{
	hear(0, 2, (struct range[]){{10, 20}, {30, 40}});
	cr_assert(eq(u32, news.delivered, 20));
	hear(25, 0, NULL);
	cr_assert(eq(u32, news.delivered, 15));
	cr_assert(eq(u32, s->sacked, 10));
	hear(WINDOW, 0, NULL);
	cr_assert(eq(u32, news.delivered, WINDOW - 25 - 10));
	cr_assert(eq(u32, s->sacked, 0));
	cr_assert(eq(u32, tcp_sack_pipe(s), 0));
}

/* What was resent is told from what was not: RFC 5682 asks. */
Test(tcp_sack, originals_are_told_from_resends)
{
	resend(0, 10, 500);
	hear(10, 0, NULL);
	cr_assert(news.has_resent);
	cr_assert(not(news.has_original));
	hear(10, 1, &(struct range){20, 30});
	cr_assert(not(news.has_resent));
	cr_assert(news.has_original);
	ack.episode = start + 30;
	hear(10, 1, &(struct range){50, 60});
	cr_assert(eq(int, news.has_original, false),
		  "left after the episode began");
}

Test(tcp_sack, lost_bytes_leave_the_pipe_until_they_are_resent)
{
	struct range seg;

	sack1(100, 200);
	tcp_sack_mark_lost(s, 0);
	cr_assert(eq(u32, tcp_sack_pipe(s), 200));
	cr_assert(eq(int, tcp_sack_next_seg(s, MSS, true, &seg),
		     TCP_SACK_NEXT_LOST));
	cr_assert(seg.from == start && seg.to == start + MSS);
	resend(0, 10, 2000);
	cr_assert(eq(u32, tcp_sack_pipe(s), 210));
	cr_assert(eq(int, tcp_sack_next_seg(s, MSS, true, &seg),
		     TCP_SACK_NEXT_LOST));
	cr_assert(seg.from == start + 10);
	tcp_sack_forget_losses(s);
	cr_assert(eq(u32, tcp_sack_pipe(s), 300));
	cr_assert(eq(int, tcp_sack_next_seg(s, MSS, true, &seg),
		     TCP_SACK_NEXT_NEW));
}

Test(tcp_sack, one_segment_may_gather_spans)
{
	struct range seg;

	/* Four bytes each left at other times. */
	fini();
	s = malloc(tcp_sack_bytes(PLENTY));
	tcp_sack_init(s, PLENTY, start);
	for (uint32_t i = 1; i <= 5; i++)
		tcp_sack_on_sent(s, start + 4 * i, i);
	cr_assert(eq(u32, s->count, 5));
	tcp_sack_mark_all_lost(s);
	cr_assert(eq(int, tcp_sack_next_seg(s, MSS, true, &seg),
		     TCP_SACK_NEXT_LOST));
	cr_assert(seg.from == start && seg.to == start + MSS);
}

/* RFC 6675 4, rule 4: after the first resend arrived, once. */
Test(tcp_sack, rescue_is_the_end_of_the_highest_hole)
{
	struct range seg;

	hear(0, 2, (struct range[]){{100, 390}, {393, WINDOW}});
	tcp_sack_on_recovery(s);
	tcp_sack_mark_lost(s, 0);
	resend(0, 100, 2000);
	tcp_sack_hold_rescue(s, start + 10);
	cr_assert(eq(int, tcp_sack_next_seg(s, MSS, false, &seg),
		     TCP_SACK_NEXT_NONE));
	hear(20, 0, NULL);
	cr_assert(eq(int, tcp_sack_next_seg(s, MSS, true, &seg),
		     TCP_SACK_NEXT_NEW));
	cr_assert(eq(int, tcp_sack_next_seg(s, MSS, false, &seg),
		     TCP_SACK_NEXT_RESCUE));
	cr_assert(seg.from == start + 390 && seg.to == start + 393);
	tcp_sack_on_rescue(s, start + WINDOW);
	cr_assert(eq(int, tcp_sack_next_seg(s, MSS, false, &seg),
		     TCP_SACK_NEXT_NONE));
}

Test(tcp_sack, nothing_outstanding_nothing_to_send)
{
	struct range seg;

	hear(WINDOW, 0, NULL);
	cr_assert(eq(int, tcp_sack_next_seg(s, MSS, false, &seg),
		     TCP_SACK_NEXT_NONE));
	cr_assert(eq(u32, tcp_sack_pipe(s), 0));
}

/* A window probe is sent, and taken back. */
Test(tcp_sack, what_was_not_sent_after_all_is_forgotten)
{
	sack1(380, WINDOW);
	tcp_sack_on_sent(s, start + 390, 3000);
	cr_assert(eq(u32, s->sacked, 10));
	tcp_sack_on_sent(s, start + 100, 3000);
	cr_assert(eq(u32, s->sacked, 0));
	cr_assert(eq(u32, tcp_sack_pipe(s), 100));
	tcp_sack_on_sent(s, start + 150, 3000);
	cr_assert(eq(u32, tcp_sack_pipe(s), 150));
}

/* A peer that makes a hole of every other byte is believed as long as there is
 * room; what follows still goes. */
Test(tcp_sack, full_scoreboard_becomes_coarser)
{
	uint32_t believed, now = 5000;

	fini();
	open_board(16);
	for (uint32_t i = 1; i < 150; i++)
		sack1(2 * i, 2 * i + 1);
	believed = s->sacked;
	cr_assert(believed >= 6 && believed <= 8 && s->count <= 16, "%u %u",
		  believed, s->count);
	for (uint32_t i = 1; i <= 50; i++) {
		tcp_sack_on_sent(s, start + WINDOW + i * MSS, now + i);
		cr_assert(le(u32, s->count, 16));
	}
	cr_assert(eq(u32, tcp_sack_pipe(s), WINDOW + 50 * MSS - s->sacked));
	ack.nxt = start + WINDOW + 50 * MSS;
	hear(WINDOW + 50 * MSS, 0, NULL);
	cr_assert(eq(u32, tcp_sack_pipe(s), 0));
}

Test(tcp_sack, larger_one_goes_on_where_the_smaller_was)
{
	struct tcp_sack *larger = malloc(tcp_sack_bytes(PLENTY));

	fini();
	open_board(16);
	hear(20, 2, (struct range[]){{30, 40}, {50, 60}});
	tcp_sack_mark_lost(s, 0);
	tcp_sack_move(larger, PLENTY, s);
	free(s);
	s = larger;
	cr_assert(tcp_sack_has_room(s, 900));
	cr_assert(eq(u32, tcp_sack_pipe(s), WINDOW - 20 - 20 - 10));
	hear(WINDOW, 0, NULL);
	cr_assert(eq(u32, tcp_sack_pipe(s), 0));
}

/* The model: a fate and a time for each byte. */
enum { SPACE = 3 * WINDOW };

static struct model {
	uint32_t una, nxt; /* offsets */
	bool sacked[SPACE], lost[SPACE], resent[SPACE];
	uint32_t sent[SPACE];
} m;

static void compare(void)
{
	uint32_t sacked = 0, lost = 0, at = m.una;
	struct range seg;

	for (uint32_t i = 0; i < s->count; i++) {
		const struct tcp_span *span = tcp_sack_at(s, i);

		cr_assert(at < span->end - start, "an empty span");
		for (; at < span->end - start; at++) {
			bool is_sacked = span->flags & TCP_SPAN_SACKED;

			cr_assert(eq(int, is_sacked, m.sacked[at]));
			if (is_sacked)
				continue;
			cr_assert(eq(int, !!(span->flags & TCP_SPAN_LOST),
				     m.lost[at]));
			cr_assert(eq(int, !!(span->flags & TCP_SPAN_RESENT),
				     m.resent[at]));
			cr_assert(eq(u32, span->sent, m.sent[at]));
		}
	}
	cr_assert(eq(u32, at, m.nxt));
	for (at = m.una; at < m.nxt; at++) {
		sacked += m.sacked[at];
		lost += m.lost[at];
	}
	cr_assert(eq(u32, s->sacked, sacked));
	cr_assert(eq(u32, s->lost, lost));
	cr_assert(eq(u32, tcp_sack_pipe(s), m.nxt - m.una - sacked - lost));
	for (at = m.una; at < m.nxt && !m.lost[at]; at++)
		;
	if (lost > 0) {
		cr_assert(eq(int, tcp_sack_next_seg(s, MSS, true, &seg),
			     TCP_SACK_NEXT_LOST));
		cr_assert(eq(u32, seg.from, start + at));
		for (; seg.from != seg.to; seg.from++, at++)
			cr_assert(m.lost[at]);
	}
}

static uint32_t below(uint32_t n)
{
	return (uint32_t)rand() % n;
}

static void model_send(uint32_t now)
{
	uint32_t to = m.nxt + below(40);

	to = MIN(to, (uint32_t)SPACE);
	for (; m.nxt < to; m.nxt++)
		m.sent[m.nxt] = now;
	tcp_sack_on_sent(s, start + m.nxt, now);
}

static void model_sack(uint32_t from, uint32_t to)
{
	uint32_t new = 0;

	for (uint32_t i = from; i < to; i++) {
		new += !m.sacked[i];
		m.sacked[i] = true;
		m.lost[i] = false;
	}
	sack1(from, to);
	cr_assert(eq(u32, news.newly_sacked, new));
	cr_assert(eq(u32, news.delivered, new));
}

static void model_resend(uint32_t from, uint32_t to, uint32_t now)
{
	for (uint32_t i = from; i < to; i++) {
		if (m.sacked[i])
			continue;
		m.resent[i] = true;
		m.lost[i] = false;
		m.sent[i] = now;
	}
	resend(from, to, now);
}

static void model_lose(void)
{
	uint32_t i = below(s->count), at = m.una;

	if (i > 0)
		at = tcp_sack_at(s, i - 1)->end - start;
	for (; at < tcp_sack_at(s, i)->end - start; at++)
		m.lost[at] = !m.sacked[at];
	tcp_sack_mark_lost(s, i);
}

static void model_ack(void)
{
	uint32_t una = m.una + below(m.nxt - m.una + 1) / 4, new = 0;

	for (; m.una < una; m.una++)
		new += !m.sacked[m.una];
	hear(una, 0, NULL);
	cr_assert(eq(u32, news.delivered, new));
}

Test(tcp_sack, random_scoreboards_agree_with_the_model)
{
	srand(6675);
	for (int round = 0; round < 300; round++) {
		memset(&m, 0, sizeof(m));
		tcp_sack_init(s, PLENTY, start);
		ack.una = start;
		for (uint32_t now = 1; now < 60; now++) {
			uint32_t from, to;

			model_send(now);
			ack.nxt = start + m.nxt;
			if (m.nxt < m.una + 2)
				continue;
			from = m.una + 1 + below(m.nxt - m.una - 1);
			to = from + 1 + below(30);
			if (rand() % 2)
				model_sack(from, MIN(to, m.nxt));
			if (rand() % 4 == 0)
				model_lose();
			if (rand() % 3 == 0)
				model_resend(from - 1, MIN(to, m.nxt), now);
			if (rand() % 4 == 0)
				model_ack();
			compare();
		}
	}
}
