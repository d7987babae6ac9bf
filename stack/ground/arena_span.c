/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * arena_span.c - who gets which span, and when memory goes back
 *
 * What this room is for
 *   Gives spans to classes and to big blocks, warm ones first, and gives the
 *   pages of what is free back to the kernel in idle moments.
 *
 * Never      runs on the common path of an allocation.
 * Lock       the stack lock is held.
 */
#include <string.h>

#include "arena_priv.h"

/* Whoever has no block in use gives its span up; its pages stay hot. */
void arena_span_retire(struct arena *a, struct span *s)
{
	list_remove(&s->link);
	a->state[span_index(a, s)] = SPAN_HOT;
}

/* Under pressure: a span that a class keeps in reserve, or 0. */
static uint32_t steal_span(struct arena *a)
{
	for (uint32_t i = 0; i < CLASSES; i++) {
		list_for_each (it, &a->spare[i]) {
			struct span *s = list_entry(it, struct span, link);

			if (s->used == 0) {
				arena_span_retire(a, s);
				return span_index(a, s);
			}
		}
	}
	return 0;
}

/* The index of a span that is nobody's, or 0. Warm memory goes first. */
static uint32_t take_span(struct arena *a)
{
	const uint8_t *hot = memchr(a->state, SPAN_HOT, a->nspans);
	uint32_t index;

	if (hot)
		return (uint32_t)(hot - a->state);
	hot = memchr(a->state, SPAN_CLEAN, a->nspans);
	if (hot)
		return (uint32_t)(hot - a->state);

	/* Reserves of other classes may not push us beyond the cap. */
	if ((size_t)a->nspans * SPAN > a->cap || a->nspans == a->max_spans) {
		index = steal_span(a);
		if (index)
			return index;
	}
	return a->nspans < a->max_spans ? a->nspans++ : 0;
}

/* `count` spans in a row that are nobody's; the index of the first, or 0. */
static uint32_t take_run(struct arena *a, uint32_t count)
{
	uint32_t run = 0;

	for (uint32_t i = 1; i < a->max_spans; i++) {
		bool is_open = i >= a->nspans || a->state[i] == SPAN_CLEAN ||
			       a->state[i] == SPAN_HOT;

		run = is_open ? run + 1 : 0;
		if (run == count) {
			a->nspans = MAX(a->nspans, i + 1);
			return i + 1 - count;
		}
	}
	return 0;
}

/* Header and kinds first, then blocks; on a page of their own from a page up.
 */
static void lay_out(struct span *s, uint32_t class)
{
	size_t bytes = class_bytes(class);
	size_t count = (SPAN - sizeof(*s)) / (bytes + 1);
	size_t first = round_up(sizeof(*s) + count,
				bytes >= PAGE ? (size_t)PAGE : (size_t)GRAIN);

	*s = (struct span){
		.block_bytes = bytes,
		.class = class,
		.nblocks = (uint32_t)MIN(count, (SPAN - first) / bytes),
		.first = (uint32_t)first,
	};
	list_init(&s->link);
}

struct span *arena_span_new(struct arena *a, uint32_t class)
{
	uint32_t index = take_span(a);
	struct span *s = span_at(a, index);

	if (!index)
		return NULL;
	unpoison(a, s, SPAN);
	lay_out(s, class);
	poison(a, block_at(s, 0), SPAN - s->first);
	list_push_front(&a->spare[class], &s->link);
	list_fence(); /* see arena_repair.c */
	a->state[index] = SPAN_BLOCKS;
	return s;
}

uint32_t arena_span_count(size_t block_bytes)
{
	return (uint32_t)((PAGE + block_bytes + SPAN - 1) / SPAN);
}

/* A block of its own spans: the header's page, then the block. */
void *arena_span_alloc_big(struct arena *a, size_t size, enum arena_kind kind)
{
	size_t bytes = round_up(size, PAGE);
	uint32_t count, index;
	struct span *s;

	if (a->used + PAGE + bytes > a->cap)
		return NULL;
	count = arena_span_count(bytes);
	index = take_run(a, count);
	if (!index)
		return NULL;

	s = span_at(a, index);
	unpoison(a, s, (size_t)count * SPAN);
	*s = (struct span){
		.block_bytes = bytes,
		.class = CLASSES,
		.nblocks = 1,
		.first = PAGE,
		.carved = 1,
		.used = 1,
	};
	list_init(&s->link);
	s->kinds[0] = (uint8_t)kind;
	memset(&a->state[index + 1], SPAN_REST, count - 1);
	list_fence();
	a->state[index] = SPAN_BIG;
	a->used += PAGE + bytes;
	return block_at(s, 0);
}

void arena_span_free_big(struct arena *a, struct span *s)
{
	uint32_t count = arena_span_count(s->block_bytes);

	a->used -= PAGE + s->block_bytes;
	s->used = 0;
	s->kinds[0] = ARENA_FREE;
	list_fence();
	poison(a, block_at(s, 0), s->block_bytes);
	memset(&a->state[span_index(a, s)], SPAN_HOT, count);
}

/* The first bytes of a free block name the next: its first page stays. */
static void trim_blocks(struct arena *a, struct span *s)
{
	if (s->block_bytes < TRIM_MIN || is_big(s))
		return;
	for (uint32_t i = 0; i < s->carved; i++) {
		uintptr_t block = (uintptr_t)block_at(s, i);
		uintptr_t from = round_up(block + sizeof(void *), PAGE);
		uintptr_t to = (block + s->block_bytes) & ~(PAGE - 1ul);

		if (s->kinds[i] != ARENA_FREE)
			continue;
		s->kinds[i] = KIND_TRIMMED;
		if (from < to)
			arena_map_release(&a->map, (void *)from, to - from);
	}
}

static void trim_span(struct arena *a, uint32_t i)
{
	struct span *s = span_at(a, i);

	if (a->state[i] == SPAN_BLOCKS && s->used == 0)
		arena_span_retire(a, s);
	if (a->state[i] == SPAN_BLOCKS)
		trim_blocks(a, s);
	if (a->state[i] == SPAN_HOT) {
		arena_map_release(&a->map, s, SPAN);
		a->state[i] = SPAN_CLEAN;
	}
}

bool arena_trim(struct arena *a)
{
	uint32_t from = MAX(a->trim_at, 1u);
	uint32_t end = MIN(from + TRIM_SPANS, a->nspans);

	for (uint32_t i = from; i < end; i++)
		trim_span(a, i);
	a->trim_at = end;
	if (end < a->nspans)
		return false;
	a->trim_at = 0;
	a->peak = a->used;
	while (a->nspans > 1 && a->state[a->nspans - 1] == SPAN_CLEAN)
		a->nspans--;
	return true;
}
