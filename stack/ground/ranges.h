/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * ranges.h - a sorted set of [from, to) ranges of sequence numbers
 *
 * What this room is for
 *   The scoreboard of what the peer holds (SACK), in modulo-2^32 order, in a
 *   fixed small array. Bounded: when full, the caller's range is refused or
 *   merged, never more than RANGES_MAX are kept.
 *
 * Never      allocates. All comparisons are modulo 2^32.
 */
#ifndef STACK_RANGES_H
#define STACK_RANGES_H

#include "base.h"

enum { RANGES_MAX = 32 };

struct range {
	uint32_t from; /* first sequence number in it */
	uint32_t to;   /* first one behind it */
};

struct ranges {
	uint32_t count;
	struct range r[RANGES_MAX]; /* sorted, disjoint, not adjacent */
};

void ranges_clear(struct ranges *s);

/*
 * Adds and merges. Returns the number of sequence numbers that were new; 0
 * when all were known, or when the set is full and the range touches nothing.
 */
uint32_t ranges_add(struct ranges *s, uint32_t from, uint32_t to);

/* Removes everything before `seq`. */
void ranges_trim_before(struct ranges *s, uint32_t seq);

/* The range that contains seq, or NULL. */
const struct range *ranges_find(const struct ranges *s, uint32_t seq);

/* The first gap at or behind seq and before `end`: true and [from, to). */
bool ranges_gap(const struct ranges *s, uint32_t seq, uint32_t end,
		struct range *gap);

/* Sequence numbers covered in all. */
uint32_t ranges_total(const struct ranges *s);

#endif
