/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * timer.c - a heap of timers; told the time, never asks
 *
 * What this room is for
 *   A heap with four children per node: half the depth of a binary one, and
 *   the four lie side by side. Each timer knows its slot, so that moving and
 *   stopping need no search.
 *
 * Never      reads a clock or calls back.
 * Lock       the stack lock is held.
 */
#include "timer.h"

#include <errno.h>
#include <string.h>

#include "must.h"

enum { CHILDREN = 4, CAPACITY_MIN = 64 };

void timer_heap_init(struct timer_heap *h, struct arena *arena)
{
	*h = (struct timer_heap){.arena = arena};
}

void timer_heap_fini(struct timer_heap *h)
{
	arena_free(h->arena, h->slots);
	h->slots = NULL;
	h->count = h->reserved = h->capacity = 0;
}

void timer_heap_rebuild(struct timer_heap *h)
{
	h->slots = NULL;
	h->count = h->reserved = h->capacity = 0;
}

static int grow(struct timer_heap *h)
{
	size_t wanted = MAX((size_t)h->capacity * 2, (size_t)CAPACITY_MIN);
	size_t bytes = arena_round(wanted * sizeof(*h->slots));
	struct timer **slots = arena_alloc(h->arena, bytes, ARENA_TABLE);

	if (!slots)
		return -ENOBUFS;
	if (h->count > 0)
		memcpy(slots, h->slots, h->count * sizeof(*slots));
	arena_free(h->arena, h->slots);
	h->slots = slots;
	h->capacity = (uint32_t)(bytes / sizeof(*slots));
	return 0;
}

int timer_init(struct timer_heap *h, struct timer *t, enum timer_kind kind)
{
	if (h->reserved == h->capacity) {
		int err = grow(h);

		if (err)
			return err;
	}
	h->reserved++;
	*t = (struct timer){.when = USECS_NEVER, .kind = (uint8_t)kind};
	return 0;
}

void timer_rebuild(struct timer_heap *h, struct timer *t)
{
	int err = timer_init(h, t, (enum timer_kind)t->kind);

	/* While the arena is repaired it has no cap. */
	MUST(err == 0);
}

void timer_fini(struct timer_heap *h, struct timer *t)
{
	MUST(h->reserved > 0);
	timer_stop(h, t);
	h->reserved--;
}

static void place(struct timer_heap *h, struct timer *t, uint32_t index)
{
	h->slots[index] = t;
	t->slot = index + 1;
}

/* Each takes the hole at `index` and puts `t` where it belongs. */
static void sift_up(struct timer_heap *h, struct timer *t, uint32_t index)
{
	while (index > 0) {
		uint32_t parent = (index - 1) / CHILDREN;

		if (h->slots[parent]->when <= t->when)
			break;
		place(h, h->slots[parent], index);
		index = parent;
	}
	place(h, t, index);
}

static void sift_down(struct timer_heap *h, struct timer *t, uint32_t index)
{
	for (;;) {
		uint64_t first = (uint64_t)index * CHILDREN + 1;
		uint64_t end = MIN(first + CHILDREN, h->count);
		uint32_t least = (uint32_t)first;

		if (first >= h->count)
			break;
		for (uint32_t i = least + 1; i < end; i++) {
			if (h->slots[i]->when < h->slots[least]->when)
				least = i;
		}
		if (h->slots[least]->when >= t->when)
			break;
		place(h, h->slots[least], index);
		index = least;
	}
	place(h, t, index);
}

static void settle(struct timer_heap *h, struct timer *t, uint32_t index)
{
	if (index > 0 && h->slots[(index - 1) / CHILDREN]->when > t->when)
		sift_up(h, t, index);
	else
		sift_down(h, t, index);
}

void timer_start(struct timer_heap *h, struct timer *t, usecs when)
{
	uint32_t index;

	if (t->slot) {
		index = t->slot - 1;
		MUST(index < h->count && h->slots[index] == t);
	} else {
		MUST(h->count < h->reserved);
		index = h->count++;
	}
	t->when = when;
	settle(h, t, index);
}

void timer_stop(struct timer_heap *h, struct timer *t)
{
	uint32_t index = t->slot - 1;
	struct timer *last;

	if (!t->slot)
		return;
	MUST(index < h->count && h->slots[index] == t);

	t->slot = 0;
	last = h->slots[--h->count];
	if (last != t)
		settle(h, last, index);
}

struct timer *timer_pop_due(struct timer_heap *h, usecs now)
{
	struct timer *first;

	if (h->count == 0 || h->slots[0]->when > now)
		return NULL;
	first = h->slots[0];
	timer_stop(h, first);
	return first;
}

usecs timer_next(const struct timer_heap *h)
{
	return h->count > 0 ? h->slots[0]->when : USECS_NEVER;
}

struct timer *timer_first(const struct timer_heap *h)
{
	return h->count > 0 ? h->slots[0] : NULL;
}
