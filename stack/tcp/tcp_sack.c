/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_sack.c - the scoreboard: what the peer holds, and what to resend
 *
 * What this room is for
 *   A sorted set of SACKed ranges, and RFC 6675's questions about it. Whether a
 *   hole is lost depends only on what is SACKed above it, so all of one hole
 *   is lost or none of it, and every hole below a lost one is lost, too: each
 *   answer is one walk over at most RANGES_MAX ranges.
 *
 * Comes in   blocks of the peer, from tcp_in.c; questions of tcp_recover.c.
 * Never      believes a block that lies outside what was sent.
 * Lock       the stack lock is held.
 * Follows    RFC 6675 4 (IsLost, SetPipe, NextSeg), 2883 4, 2018 8.
 */
#include "tcp_sack.h"

#include <string.h>

#include "tcp_seq.h"

void tcp_sack_init(struct tcp_sack *s)
{
	memset(s, 0, sizeof(*s));
	ranges_clear(&s->got);
}

/* una < from < to <= nxt. */
static bool is_in_flight(const struct range *b, uint32_t una, uint32_t nxt)
{
	return seq_lt(una, b->from) && seq_lt(b->from, b->to) &&
	       seq_leq(b->to, nxt);
}

/* RFC 2883 4: the first block may report what arrived twice. */
static bool is_duplicate(const struct range *blocks, uint32_t n, uint32_t una,
			 uint32_t nxt, uint32_t max_window)
{
	const struct range *b = &blocks[0];

	if (!seq_lt(b->from, b->to))
		return false;

	/* Below the acknowledgement, but something we may have sent. */
	if (seq_leq(b->to, una))
		return una - b->from <= max_window;

	/* Inside the second block, which must itself be possible. */
	return n > 1 && is_in_flight(&blocks[1], una, nxt) &&
	       seq_leq(blocks[1].from, b->from) && seq_leq(b->to, blocks[1].to);
}

/* What of the block is new: each hole that it covers a piece of. */
static void note_new(const struct tcp_sack *s, const struct range *b,
		     struct tcp_sack_news *news)
{
	struct range gap = {b->from, b->from};

	for (uint32_t i = 0; i <= RANGES_MAX; i++) {
		if (!ranges_gap(&s->got, gap.to, b->to, &gap))
			return;
		if (s->has_high_rxt && seq_lt(gap.from, s->high_rxt))
			news->below_high_rxt = true;
		if (news->newly_sacked == 0 || seq_lt(news->highest, gap.to))
			news->highest = gap.to;
		news->newly_sacked += gap.to - gap.from;
	}
}

static void take_block(struct tcp_sack *s, const struct range *b,
		       struct tcp_sack_news *news)
{
	struct tcp_sack_news with = *news;
	uint32_t new;

	note_new(s, b, &with);
	new = ranges_add(&s->got, b->from, b->to);

	/* A full set refuses: then it is as if we had not been told. */
	if (new == 0)
		return;
	s->sacked += new;
	*news = with;
}

void tcp_sack_update(struct tcp_sack *s, const struct range *blocks, uint32_t n,
		     uint32_t una, uint32_t nxt, uint32_t max_window,
		     struct tcp_sack_news *news)
{
	memset(news, 0, sizeof(*news));
	if (n == 0)
		return;
	if (is_duplicate(blocks, n, una, nxt, max_window)) {
		news->is_dsack = true;
		news->dsack = blocks[0];
	}

	for (uint32_t i = news->is_dsack ? 1 : 0; i < n; i++) {
		if (!is_in_flight(&blocks[i], una, nxt))
			news->has_bad = true;
		else if (s)
			take_block(s, &blocks[i], news);
	}
}

void tcp_sack_trim(struct tcp_sack *s, uint32_t una)
{
	ranges_trim_before(&s->got, una);
	s->sacked = ranges_total(&s->got);

	/* Both marks follow una, or they would fall 2^31 behind one day. */
	if (s->has_high_rxt && seq_lt(s->high_rxt, una))
		s->high_rxt = una;
	if (s->has_rescue_rxt && seq_lt(s->rescue_rxt, una))
		s->rescue_rxt = una - 1;
	s->has_late = s->has_late && seq_lt(una, s->late);
}

void tcp_sack_on_late(struct tcp_sack *s, uint32_t seq)
{
	if (!s->has_late || seq_lt(s->late, seq))
		s->late = seq;
	s->has_late = true;
}

static bool is_late(const struct tcp_sack *s, uint32_t seq)
{
	return s->has_late && seq_lt(seq, s->late);
}

void tcp_sack_on_recovery(struct tcp_sack *s, uint32_t una)
{
	s->has_high_rxt = true;
	s->high_rxt = una;
	s->has_rescue_rxt = false;
}

void tcp_sack_clear(struct tcp_sack *s)
{
	tcp_sack_init(s);
}

bool tcp_sack_is_reneged(const struct tcp_sack *s, uint32_t una)
{
	return ranges_find(&s->got, una) != NULL;
}

bool tcp_sack_has(const struct tcp_sack *s, uint32_t seq)
{
	return ranges_find(&s->got, seq) != NULL;
}

uint32_t tcp_sack_highest(const struct tcp_sack *s, uint32_t una)
{
	return s->got.count > 0 ? s->got.r[s->got.count - 1].to : una;
}

/* IsLost() for a hole with `ranges` ranges of `bytes` bytes above it. */
static bool is_enough(uint32_t ranges, uint32_t bytes, uint32_t mss)
{
	return ranges >= TCP_SACK_DUP_THRESH ||
	       bytes > (TCP_SACK_DUP_THRESH - 1) * mss;
}

bool tcp_sack_is_lost(const struct tcp_sack *s, uint32_t seq, uint32_t mss)
{
	uint32_t above = s->sacked;

	for (uint32_t i = 0; i < s->got.count; i++) {
		const struct range *r = &s->got.r[i];

		if (seq_lt(seq, r->from))
			return is_enough(s->got.count - i, above, mss) ||
			       is_late(s, seq);
		if (seq_lt(seq, r->to))
			return false;
		above -= r->to - r->from;
	}
	return false;
}

/* What one hole adds to pipe: its bytes unless lost, and what was resent. */
static uint32_t hole_pipe(const struct tcp_sack *s, struct range hole,
			  bool is_lost)
{
	uint32_t pipe = is_lost ? 0 : hole.to - hole.from;

	if (!s->has_high_rxt || !seq_lt(hole.from, s->high_rxt))
		return pipe;
	if (seq_lt(s->high_rxt, hole.to))
		hole.to = s->high_rxt;
	return pipe + (hole.to - hole.from);
}

uint32_t tcp_sack_pipe(const struct tcp_sack *s, uint32_t una, uint32_t nxt,
		       uint32_t mss)
{
	uint32_t above = s->sacked;
	uint32_t at = una;
	uint32_t pipe = 0;

	for (uint32_t i = 0; i < s->got.count; i++) {
		const struct range *r = &s->got.r[i];

		pipe += hole_pipe(s, (struct range){at, r->from},
				  is_late(s, at) || is_enough(s->got.count - i,
							      above, mss));
		above -= r->to - r->from;
		at = r->to;
	}
	return pipe + hole_pipe(s, (struct range){at, nxt}, false);
}

/* Rule 4: at most mss bytes that end with the highest hole. */
static bool rescue_seg(const struct tcp_sack *s, uint32_t una, uint32_t nxt,
		       uint32_t mss, struct range *seg)
{
	uint32_t n = s->got.count;
	struct range hole = {una, nxt};

	if (s->has_rescue_rxt && !seq_lt(s->rescue_rxt, una))
		return false;

	if (n > 0 && s->got.r[n - 1].to == nxt)
		hole.to = s->got.r[--n].from;
	if (n > 0)
		hole.from = s->got.r[n - 1].to;
	if (!seq_lt(hole.from, hole.to))
		return false;

	seg->to = hole.to;
	seg->from = hole.to - MIN(mss, hole.to - hole.from);
	return true;
}

enum tcp_sack_next tcp_sack_next_seg(const struct tcp_sack *s, uint32_t una,
				     uint32_t nxt, uint32_t mss,
				     bool can_send_new, struct range *seg)
{
	uint32_t highest = tcp_sack_highest(s, una);
	uint32_t from = una;
	struct range hole;
	bool has_hole;

	if (s->has_high_rxt && seq_lt(from, s->high_rxt))
		from = s->high_rxt;
	has_hole = ranges_gap(&s->got, from, highest, &hole);
	if (has_hole)
		hole.to = hole.from + MIN(mss, hole.to - hole.from);

	/* The first hole decides: later ones have less SACKed above them. */
	if (has_hole && tcp_sack_is_lost(s, hole.from, mss)) {
		*seg = hole;
		return TCP_SACK_NEXT_LOST;
	}
	if (can_send_new)
		return TCP_SACK_NEXT_NEW;
	if (has_hole) {
		*seg = hole;
		return TCP_SACK_NEXT_UNSURE;
	}
	if (rescue_seg(s, una, nxt, mss, seg))
		return TCP_SACK_NEXT_RESCUE;
	return TCP_SACK_NEXT_NONE;
}

void tcp_sack_on_resent(struct tcp_sack *s, uint32_t to)
{
	if (!s->has_high_rxt || seq_lt(s->high_rxt, to))
		s->high_rxt = to;
	s->has_high_rxt = true;

	/* RFC 6675 5 (4.3): the first one holds a premature rescue back. */
	if (!s->has_rescue_rxt) {
		s->has_rescue_rxt = true;
		s->rescue_rxt = to;
	}
}

void tcp_sack_on_rescue(struct tcp_sack *s, uint32_t recovery_point)
{
	s->has_rescue_rxt = true;
	s->rescue_rxt = recovery_point;
}
