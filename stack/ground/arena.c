/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * arena.c - the shared memory that all state lives in
 *
 * What this room is for
 *   Blocks of a class. A class keeps its spans that have a free block in a
 *   list, the one that was freed into last in front: so the hottest block is
 *   always the next. Both ways are a handful of loads and stores. How it all
 *   lies in memory is drawn in arena_priv.h.
 *
 * Never      maps or gives back memory: arena_map.c and arena_span.c do.
 * Lock       the stack lock is held for all but creation.
 */
#include "arena.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "arena_priv.h"
#include "must.h"

/* Address space of a private arena, at least. */
#define PRIVATE_RESERVE (1ul << 30)

/* Address space of a shared one: so many times its cap, because a span serves
 * one class; and at least so much, for that costs nothing. */
#define RESERVE_TIMES 16ul
#define RESERVE_LEAST (1ul << 30)

/* Less does not hold a stack. */
#define RESERVE_SMALLEST (64ul << 20)

/* Caps from there on keep a part for frames: 512 KiB at least. */
#define RESERVE_FROM (16ul << 20)

static uint32_t class_of(size_t size)
{
	uint32_t units = (uint32_t)((size + GRAIN - 1) / GRAIN);
	uint32_t octave;

	if (units <= 4)
		return units > 0 ? units - 1 : 0;
	octave = 29 - (uint32_t)__builtin_clz(units - 1);
	return octave * 4 + ((units - 1) >> octave);
}

static struct arena *format(struct arena_map *map, size_t cap_bytes)
{
	struct arena *a = (void *)map;

	a->cap = a->asked_cap = MIN(cap_bytes, map->bytes);
	a->used = PAGE;
	a->max_spans = (uint32_t)(map->bytes / SPAN);
	a->nspans = 1;
	a->state[0] = SPAN_HEADER;
	for (uint32_t i = 0; i < CLASSES; i++)
		list_init(&a->spare[i]);
	return a;
}

size_t arena_reserve(size_t cap_bytes)
{
	size_t wanted =
		MIN(cap_bytes, ARENA_RESERVE / RESERVE_TIMES) * RESERVE_TIMES;

	return round_up(MAX(wanted, RESERVE_LEAST), SPAN);
}

/*
 * Address space is limited (RLIMIT_AS). Of what there is half goes to the
 * program, or a quarter of it to us: the largest half that fits is halved.
 */
static int create_small(size_t cap_bytes, size_t bytes, struct arena **out)
{
	struct arena_map *map;
	int err = -ENOMEM;

	while (err == -ENOMEM && (bytes /= 2) >= 2 * RESERVE_SMALLEST)
		err = arena_map_shared(bytes, &map);
	if (err)
		return err;
	arena_map_unmap(map);
	bytes = round_up(bytes / 2, SPAN);
	err = arena_map_shared(bytes, &map);
	if (err)
		return err;
	*out = format(map, MIN(cap_bytes, bytes / 4));
	return 0;
}

int arena_create(size_t cap_bytes, struct arena **out)
{
	size_t bytes = arena_reserve(cap_bytes);
	struct arena_map *map;
	int err = arena_map_shared(bytes, &map);

	if (err == -ENOMEM)
		return create_small(cap_bytes, bytes, out);
	if (err)
		return err;
	*out = format(map, cap_bytes);
	return 0;
}

int arena_create_private(size_t cap_bytes, struct arena **out)
{
	size_t wanted = MIN(cap_bytes, ARENA_RESERVE / 4) * 4;
	struct arena_map *map;
	int err;

	wanted = round_up(MAX(wanted, PRIVATE_RESERVE), SPAN);
	err = arena_map_private(wanted, &map);
	if (err)
		return err;
	*out = format(map, cap_bytes);
	return 0;
}

int arena_attach(int memfd, struct arena **out)
{
	struct arena_map *map;
	int err = arena_map_attach(memfd, &map);

	if (err)
		return err;
	*out = (void *)map;
	return 0;
}

void arena_unmap(struct arena *a)
{
	unpoison(a, a, (size_t)a->nspans * SPAN);
	arena_map_unmap(&a->map);
}

int arena_fd(const struct arena *a)
{
	return arena_map_fd(&a->map);
}

void arena_set_fd(struct arena *a, int memfd)
{
	arena_map_set_fd(&a->map, memfd);
}

uint64_t arena_id(const struct arena *a)
{
	return a->map.id;
}

void *arena_root(const struct arena *a)
{
	return a->root;
}

size_t arena_used(const struct arena *a)
{
	return a->used;
}

size_t arena_slack(struct arena *a)
{
	a->peak = MAX(a->peak, a->used);
	return a->peak - a->used;
}

size_t arena_reserved(const struct arena *a)
{
	return a->map.bytes;
}

size_t arena_cap(const struct arena *a)
{
	return a->asked_cap;
}

size_t arena_count(const struct arena *a, enum arena_kind kind)
{
	return a->counts[kind];
}

const char *arena_kind_name(enum arena_kind kind)
{
	static const char *const names[ARENA_NKINDS] = {
		[ARENA_SOCK] = "SOCKETS",  [ARENA_CONN] = "TCP_CONNECTIONS",
		[ARENA_PKT] = "PACKETS",   [ARENA_EPSET] = "EPOLL_SETS",
		[ARENA_WAIT] = "SLEEPERS", [ARENA_TABLE] = "TABLES",
		[ARENA_OTHER] = "OTHERS",  [ARENA_LENT] = "LENT_PACKETS",
	};

	return names[kind];
}

enum arena_room arena_room_left(const struct arena *a)
{
	size_t left = a->used < a->cap ? a->cap - a->used : 0;

	if (LIKELY(left > a->cap / 8))
		return ARENA_ROOM_PLENTY;
	if (left > a->cap / 16)
		return ARENA_ROOM_TIGHT;
	return left > a->cap / 32 ? ARENA_ROOM_FULL : ARENA_ROOM_RESERVED;
}

/* Small arenas are for tests, which fill them to the brim. */
static bool is_kept_for_frames(const struct arena *a, enum arena_kind kind,
			       size_t size, bool is_vital)
{
	size_t most = a->cap - a->cap / (is_vital ? 64 : 32);

	return kind != ARENA_PKT && a->cap >= RESERVE_FROM &&
	       (a->used >= most || size > most - a->used);
}

static void *alloc_small(struct arena *a, size_t size, enum arena_kind kind)
{
	uint32_t class = class_of(size);
	struct list *spare = list_first(&a->spare[class]);
	struct span *s = spare ? list_entry(spare, struct span, link) : NULL;
	size_t cost = class_bytes(class);
	uint32_t index;
	void *block;

	if (UNLIKELY(a->used + cost > a->cap))
		return NULL;
	if (UNLIKELY(!s)) {
		s = arena_span_new(a, class);
		if (!s)
			return NULL;
	}
	if (s->used == 0) {
		if (a->used + cost + s->first > a->cap)
			return NULL;
		a->used += s->first;
	}

	if (s->free) {
		block = s->free;
		unpoison(a, block, cost);
		s->free = *(void **)block;
		index = (uint32_t)((uintptr_t)block - (uintptr_t)s - s->first) /
			(uint32_t)cost;
	} else {
		/* In this order: see arena_repair.c. */
		index = s->carved;
		s->kinds[index] = ARENA_FREE;
		atomic_signal_fence(memory_order_release);
		s->carved++;
		block = block_at(s, index);
		unpoison(a, block, cost);
	}
	if (!s->free && s->carved == s->nblocks)
		list_remove(&s->link);

	s->kinds[index] = (uint8_t)kind;
	s->used++;
	a->used += cost;
	return block;
}

static void *alloc(struct arena *a, size_t size, enum arena_kind kind,
		   bool is_vital)
{
	void *block;

	MUST(kind > ARENA_FREE && kind < ARENA_NKINDS);
	MUST(kind != ARENA_ROOT || !a->root);

	if (UNLIKELY(is_kept_for_frames(a, kind, size, is_vital)))
		return NULL;
	if (size <= CLASS_MAX)
		block = alloc_small(a, size, kind);
	else if (size <= a->cap)
		block = arena_span_alloc_big(a, size, kind);
	else
		return NULL;
	if (!block)
		return NULL;

	a->counts[kind]++;
	if (kind == ARENA_ROOT)
		a->root = block;
	return block;
}

/* Tables grow with what there is already. */
void *arena_alloc(struct arena *a, size_t size, enum arena_kind kind)
{
	return alloc(a, size, kind, kind == ARENA_TABLE);
}

void *arena_alloc_vital(struct arena *a, size_t size, enum arena_kind kind)
{
	return alloc(a, size, kind, true);
}

void *arena_zalloc(struct arena *a, size_t size, enum arena_kind kind)
{
	void *block = arena_alloc(a, size, kind);

	if (block)
		memset(block, 0, size);
	return block;
}

/* The span and index of a block in use; anything else is a bug of ours. */
static struct span *locate(const struct arena *a, const void *block,
			   uint32_t *index)
{
	uintptr_t at = (uintptr_t)block - (uintptr_t)a;
	struct span *s = span_at(a, (uint32_t)(at / SPAN));
	uint32_t offset = (uint32_t)(at % SPAN);
	uint8_t state;

	MUST((uintptr_t)block > (uintptr_t)a && at / SPAN < a->nspans);
	state = a->state[at / SPAN];
	MUST(state == SPAN_BLOCKS || state == SPAN_BIG);
	MUST(offset >= s->first);
	offset -= s->first;
	*index = is_big(s) ? 0 : offset / (uint32_t)s->block_bytes;
	MUST(offset == *index * s->block_bytes);
	MUST(*index < s->carved && !is_free(s->kinds[*index]));
	return s;
}

static void free_small(struct arena *a, struct span *s, uint32_t index)
{
	struct list *spare = &a->spare[s->class];
	void *block = block_at(s, index);

	s->kinds[index] = ARENA_FREE;
	*(void **)block = s->free;
	s->free = block;
	poison(a, block, s->block_bytes);

	/* In front, so that the next one is this one, which is hot. */
	if (spare->next != &s->link) {
		list_remove(&s->link);
		list_push_front(spare, &s->link);
	}

	a->used -= s->block_bytes;
	if (--s->used == 0) {
		a->used -= s->first;
		/* A class keeps one span in reserve, not more. */
		if (s->link.next != spare)
			arena_span_retire(a, s);
	}
}

void arena_free(struct arena *a, void *block)
{
	struct span *s;
	uint32_t index;

	if (!block)
		return;
	s = locate(a, block, &index);
	a->counts[s->kinds[index]]--;
	if (block == a->root)
		a->root = NULL;
	if (is_big(s))
		arena_span_free_big(a, s);
	else
		free_small(a, s, index);
}

void arena_turn(struct arena *a, void *block, enum arena_kind from,
		enum arena_kind to)
{
	uint32_t index;
	struct span *s = locate(a, block, &index);

	MUST(s->kinds[index] == from);
	a->counts[from]--;
	a->counts[to]++;
	atomic_signal_fence(memory_order_release);
	s->kinds[index] = (uint8_t)to;
}

void arena_made(struct arena *a, void *block, enum arena_kind kind)
{
	arena_turn(a, block, ARENA_MAKING, kind);
}

size_t arena_round(size_t size)
{
	if (size <= CLASS_MAX)
		return class_bytes(class_of(size));
	return round_up(size, PAGE);
}

size_t arena_block_size(const struct arena *a, const void *block)
{
	uint32_t index;

	return locate(a, block, &index)->block_bytes;
}

/* The span that a remembered place lies in, and the number of the block there;
 * NULL: no blocks there (any more). */
static const struct span *span_of_place(const struct arena *a,
					const void *place, uint32_t *block)
{
	uintptr_t offset = (uintptr_t)place - (uintptr_t)a;
	uint32_t index = (uint32_t)(offset / SPAN);
	const struct span *s;

	if (place < (const void *)a || offset / SPAN >= a->nspans ||
	    (a->state[index] != SPAN_BLOCKS && a->state[index] != SPAN_BIG))
		return NULL;
	s = span_at(a, index);
	if (offset % SPAN < s->first || !s->block_bytes)
		return NULL;
	*block = (uint32_t)((offset % SPAN - s->first) / s->block_bytes);
	return s;
}

bool arena_is(const struct arena *a, const void *place, enum arena_kind kind)
{
	uint32_t block;
	const struct span *s = span_of_place(a, place, &block);

	return s && block < s->carved && s->kinds[block] == kind &&
	       block_at(s, block) == place;
}

void *arena_next(const struct arena *a, enum arena_kind kind, void *prev)
{
	uint32_t span = 1;
	uint32_t block = 0;

	if (a->counts[kind] == 0)
		return NULL;
	if (prev) {
		span = (uint32_t)(((uintptr_t)prev - (uintptr_t)a) / SPAN);
		if (span_of_place(a, prev, &block))
			block++;
	}
	for (; span < a->nspans; span++, block = 0) {
		const struct span *s = span_at(a, span);
		const uint8_t *hit;

		if (a->state[span] != SPAN_BLOCKS && a->state[span] != SPAN_BIG)
			continue;
		if (block >= s->carved || s->used == 0)
			continue;
		hit = memchr(s->kinds + block, kind, s->carved - block);
		if (hit)
			return block_at(s, (uint32_t)(hit - s->kinds));
	}
	return NULL;
}
