/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * ranges.c - a sorted set of [from, to) ranges of sequence numbers
 *
 * What this room is for
 *   A small sorted array. All sequence numbers in it lie within 2^31 of each
 *   other, because a window does; so before and behind are well defined.
 *
 * Never      grows beyond RANGES_MAX.
 */
#include "ranges.h"

#include <string.h>

static bool is_before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

void ranges_clear(struct ranges *s)
{
	s->count = 0;
}

/* Replaces ranges [first, last) by one. */
static void replace(struct ranges *s, uint32_t first, uint32_t last,
		    struct range with)
{
	memmove(&s->r[first + 1], &s->r[last],
		(s->count - last) * sizeof(s->r[0]));
	s->r[first] = with;
	s->count = s->count - (last - first) + 1;
}

uint32_t ranges_add(struct ranges *s, uint32_t from, uint32_t to)
{
	uint32_t known = 0;
	uint32_t first = 0;
	uint32_t last;

	if (!is_before(from, to))
		return 0;

	/* [first, last) are those that overlap it or touch it. */
	while (first < s->count && is_before(s->r[first].to, from))
		first++;
	for (last = first; last < s->count; last++) {
		if (is_before(to, s->r[last].from))
			break;
		known += s->r[last].to - s->r[last].from;
	}
	if (first == last && s->count == RANGES_MAX)
		return 0;

	if (first < last) {
		if (is_before(s->r[first].from, from))
			from = s->r[first].from;
		if (is_before(to, s->r[last - 1].to))
			to = s->r[last - 1].to;
	}
	replace(s, first, last, (struct range){from, to});
	return to - from - known;
}

void ranges_trim_before(struct ranges *s, uint32_t seq)
{
	uint32_t gone = 0;

	while (gone < s->count && !is_before(seq, s->r[gone].to))
		gone++;
	s->count -= gone;
	memmove(s->r, s->r + gone, s->count * sizeof(s->r[0]));
	if (s->count > 0 && is_before(s->r[0].from, seq))
		s->r[0].from = seq;
}

const struct range *ranges_find(const struct ranges *s, uint32_t seq)
{
	for (uint32_t i = 0; i < s->count; i++) {
		if (is_before(seq, s->r[i].from))
			return NULL;
		if (is_before(seq, s->r[i].to))
			return &s->r[i];
	}
	return NULL;
}

bool ranges_gap(const struct ranges *s, uint32_t seq, uint32_t end,
		struct range *gap)
{
	for (uint32_t i = 0; i < s->count; i++) {
		if (is_before(seq, s->r[i].from)) {
			if (is_before(s->r[i].from, end))
				end = s->r[i].from;
			break;
		}
		if (is_before(seq, s->r[i].to))
			seq = s->r[i].to;
	}
	if (!is_before(seq, end))
		return false;
	*gap = (struct range){seq, end};
	return true;
}

uint32_t ranges_total(const struct ranges *s)
{
	uint32_t total = 0;

	for (uint32_t i = 0; i < s->count; i++)
		total += s->r[i].to - s->r[i].from;
	return total;
}
