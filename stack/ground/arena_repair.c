/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * arena_repair.c - the arena after a process was killed inside
 *
 * What this room is for
 *   The kind bytes are the truth: lists and accounts are derived from them.
 *   Whether a block in use is still anybody's, only its owner's room can tell:
 *   each claims what it has a link to, and the rest is swept.
 *
 *   Whoever does this may be killed as well. So it only ever changes what the
 *   next one derives again, and lists are made sound in place.
 *
 * Relies on  the order of stores in arena.c and arena_span.c: a block counts
 *            as handed out when its kind byte is valid, a span as taken when
 *            its header is complete.
 * Lock       the stack lock is held, inherited.
 */
#include <string.h>

#include "arena_priv.h"

/* Free list, use count and accounts of one span, from its kind bytes. */
static void repair_span(struct arena *a, struct span *s)
{
	list_init(&s->link);
	s->free = NULL;
	s->used = 0;
	s->carved = MIN(s->carved, s->nblocks);
	for (uint32_t i = 0; i < s->carved; i++) {
		void *block = block_at(s, i);

		s->kinds[i] &= (uint8_t)~KIND_CLAIMED;
		if (is_free(s->kinds[i])) {
			unpoison(a, block, sizeof(void *));
			*(void **)block = s->free;
			s->free = block;
			poison(a, block, s->block_bytes);
			continue;
		}
		s->used++;
		a->used += s->block_bytes;
		a->counts[s->kinds[i]]++;
		if (s->kinds[i] == ARENA_ROOT)
			a->root = block;
	}
	if (s->used > 0)
		a->used += s->first;
	if (s->free || s->carved < s->nblocks)
		list_push(&a->spare[s->class], &s->link);
}

/* True when `i` begins a big block. One that was on its way out is free. */
static bool is_big_in_use(struct arena *a, uint32_t i)
{
	if (a->state[i] != SPAN_BIG)
		return false;
	if (!is_free(span_at(a, i)->kinds[0] & (uint8_t)~KIND_CLAIMED))
		return true;
	a->state[i] = SPAN_HOT;
	return false;
}

void arena_repair(struct arena *a)
{
	uint32_t rest = 0;

	a->used = PAGE;
	a->root = NULL;
	memset(a->counts, 0, sizeof(a->counts));
	for (uint32_t i = 0; i < CLASSES; i++)
		list_init(&a->spare[i]);

	for (uint32_t i = 1; i < a->nspans; i++) {
		struct span *s = span_at(a, i);
		bool big = is_big_in_use(a, i);

		if (a->state[i] == SPAN_REST) {
			/* Without its head it was on its way in or out. */
			if (rest == 0)
				a->state[i] = SPAN_HOT;
			else
				rest--;
			continue;
		}
		rest = big ? arena_span_count(s->block_bytes) - 1 : 0;
		if (big || a->state[i] == SPAN_BLOCKS)
			repair_span(a, s);
	}
}

/* The kind byte of a block that begins exactly there; NULL: there is none. */
static uint8_t *kind_of(const struct arena *a, const void *block)
{
	uintptr_t at = (uintptr_t)block - (uintptr_t)a;
	struct span *s = span_at(a, (uint32_t)(at / SPAN));
	size_t offset = at % SPAN;
	size_t index;

	if ((uintptr_t)block <= (uintptr_t)a || at / SPAN == 0 ||
	    at / SPAN >= a->nspans)
		return NULL;
	if ((a->state[at / SPAN] != SPAN_BLOCKS &&
	     a->state[at / SPAN] != SPAN_BIG) ||
	    offset < s->first)
		return NULL;
	index = (offset - s->first) / s->block_bytes;
	if (index >= s->carved || s->first + index * s->block_bytes != offset)
		return NULL;
	return &s->kinds[index];
}

bool arena_is_claimed(const struct arena *a, const void *block,
		      enum arena_kind kind)
{
	const uint8_t *k = kind_of(a, block);

	return k && *k == (kind | KIND_CLAIMED);
}

bool arena_claim(struct arena *a, const void *block, enum arena_kind kind)
{
	uint8_t *k = kind_of(a, block);

	if (!k || *k != kind)
		return false;
	*k |= KIND_CLAIMED;
	return true;
}

uint32_t arena_claim_list(struct arena *a, struct list *head,
			  enum arena_kind kind, size_t offset)
{
	struct list *at = head;
	uint32_t n = 0;

	/* Bounded: no block is claimed twice. */
	while (at->next != head) {
		struct list *next = at->next;

		if (!arena_claim(a, (void *)((uintptr_t)next - offset), kind)) {
			at->next = head;
			break;
		}
		next->prev = at;
		at = next;
		n++;
	}
	head->prev = at;
	return n;
}

/* Hands every kind byte in use to `judge`, which may change it. */
static void for_each_kind(struct arena *a, uint8_t (*judge)(uint8_t))
{
	for (uint32_t i = 1; i < a->nspans; i++) {
		struct span *s = span_at(a, i);
		uint32_t n;

		if (a->state[i] != SPAN_BLOCKS && a->state[i] != SPAN_BIG)
			continue;
		n = MIN(s->carved, s->nblocks);
		for (uint32_t k = 0; k < n; k++)
			s->kinds[k] = judge(s->kinds[k]);
	}
}

static uint8_t drop_derived(uint8_t kind)
{
	kind &= (uint8_t)~KIND_CLAIMED;
	return kind == ARENA_TABLE || kind == ARENA_MAKING ? ARENA_FREE : kind;
}

void arena_claim_begin(struct arena *a)
{
	a->cap = SIZE_MAX / 2;
	for_each_kind(a, drop_derived);
	arena_repair(a);
}

static uint8_t drop_unclaimed(uint8_t kind)
{
	if (kind & KIND_CLAIMED || kind == KIND_TRIMMED || kind == ARENA_ROOT)
		return kind;
	return ARENA_FREE;
}

void arena_sweep(struct arena *a)
{
	for_each_kind(a, drop_unclaimed);
	arena_repair(a);
}

void arena_claim_end(struct arena *a)
{
	a->cap = a->asked_cap;
}
