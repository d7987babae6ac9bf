/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * arena.c - the shared memory that all state lives in
 *
 * What this room is for
 *   The first span holds struct arena with a state byte per span. Every other
 *   span serves one class and begins with struct span: a free list (the links
 *   lie in the free blocks), a bump index for what was never handed out, and
 *   a kind byte per block, which is the truth; all else can be derived from
 *   it (arena_repair). A block above the largest class has spans of its own.
 *
 *   A class keeps its spans that have a free block in a list, the one that was
 *   freed into last in front: so the hottest block is always the next.
 *
 * Never      touches a page before the first block on it is handed out: the
 *            first touch of a page costs more than most packets.
 */
#include "arena.h"

#include <stdatomic.h>
#include <string.h>

#include "arena_map.h"
#include "list.h"
#include "must.h"

/* Under address sanitizer a free block of a private arena is untouchable. */
#if defined(__SANITIZE_ADDRESS__)
#define POISONED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define POISONED 1
#endif
#endif
#if defined(POISONED)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(start, bytes) ((void)(start), (void)(bytes))
#define ASAN_UNPOISON_MEMORY_REGION(start, bytes) ((void)(start), (void)(bytes))
#endif

enum {
	PAGE = 4096,
	GRAIN = 64, /* alignment, and the smallest class */
	SPAN = 2 << 20,
	CLASSES = 51,
	CLASS_MAX = 896 << 10, /* two fit into a span */
	TRIM_MIN = 2 * PAGE,   /* smaller blocks seldom own a whole page */

	KIND_TRIMMED = ARENA_NKINDS, /* free, and its pages were given back */
	PRIVATE_RESERVE = 1 << 30,
};
static_assert(SPAN == ARENA_MAP_ALIGN, "a span is found by masking");

/* What a span is used for, as a byte in struct arena. */
enum span_state {
	SPAN_CLEAN,  /* nobody's, and no memory behind it */
	SPAN_HOT,    /* nobody's, memory still behind it: taken first */
	SPAN_BLOCKS, /* serves a class */
	SPAN_BIG,    /* first span of a big block */
	SPAN_REST,   /* the following ones */
	SPAN_HEADER, /* span 0: struct arena */
};

struct span {
	struct list link;   /* [S] in arena->spare while a block is free */
	void *free;         /* [S] first free block; each names the next */
	size_t block_bytes; /* [I] */
	uint32_t class;     /* [I] */
	uint32_t nblocks;   /* [I] */
	uint32_t first;     /* [I] offset of block 0: cost of the header */
	uint32_t carved;    /* [S] blocks handed out at least once */
	uint32_t used;      /* [S] blocks in use */
	uint8_t kinds[];    /* [S] enum arena_kind, for index < carved */
};

struct arena {
	struct arena_map map;        /* [I] */
	size_t cap;                  /* [I] */
	size_t used;                 /* [S] */
	void *root;                  /* [S] the block of kind ARENA_ROOT */
	size_t counts[ARENA_NKINDS]; /* [S] blocks by kind */
	struct list spare[CLASSES];  /* [S] struct span with a free block */
	uint32_t max_spans;          /* [I] */
	uint32_t nspans;             /* [S] all from there on are clean */
	uint8_t state[];             /* [S] enum span_state */
};

static size_t round_up(size_t n, size_t to)
{
	return (n + to - 1) & ~(to - 1);
}

/* Classes in units of GRAIN: 1 2 3 4, 5 6 7 8, 10 12 14 16, 20 24 28 32, ... */
static uint32_t class_of(size_t size)
{
	uint32_t units = (uint32_t)((size + GRAIN - 1) / GRAIN);
	uint32_t octave;

	if (units <= 4)
		return units > 0 ? units - 1 : 0;
	octave = 29 - (uint32_t)__builtin_clz(units - 1);
	return octave * 4 + ((units - 1) >> octave);
}

static size_t class_bytes(uint32_t class)
{
	if (class < 4)
		return (size_t)(class + 1) * GRAIN;
	return (size_t)(5 + (class - 4) % 4) * GRAIN << (class - 4) / 4;
}

static struct span *span_at(const struct arena *a, uint32_t index)
{
	return (void *)((uintptr_t)a + (uintptr_t)index * SPAN);
}

static uint32_t span_index(const struct arena *a, const struct span *s)
{
	return (uint32_t)(((uintptr_t)s - (uintptr_t)a) / SPAN);
}

static void *block_at(const struct span *s, uint32_t index)
{
	return (void *)((uintptr_t)s + s->first + index * s->block_bytes);
}

static bool is_big(const struct span *s)
{
	return s->class == CLASSES;
}

static bool is_free(uint8_t kind)
{
	return kind == ARENA_FREE || kind == KIND_TRIMMED;
}

static void poison(const struct arena *a, const void *start, size_t bytes)
{
	if (!a->map.is_shared)
		ASAN_POISON_MEMORY_REGION(start, bytes);
}

static void unpoison(const struct arena *a, const void *start, size_t bytes)
{
	if (!a->map.is_shared)
		ASAN_UNPOISON_MEMORY_REGION(start, bytes);
}

/* Life of an arena. */

static struct arena *format(struct arena_map *map, size_t cap_bytes)
{
	struct arena *a = (void *)map;

	a->cap = MIN(cap_bytes, map->bytes);
	a->used = PAGE;
	a->max_spans = (uint32_t)(map->bytes / SPAN);
	a->nspans = 1;
	a->state[0] = SPAN_HEADER;
	for (uint32_t i = 0; i < CLASSES; i++)
		list_init(&a->spare[i]);
	return a;
}

int arena_create(size_t cap_bytes, struct arena **out)
{
	struct arena_map *map;
	int err = arena_map_shared(&map);

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

	wanted = round_up(MAX(wanted, (size_t)PRIVATE_RESERVE), SPAN);
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

size_t arena_cap(const struct arena *a)
{
	return a->cap;
}

size_t arena_count(const struct arena *a, enum arena_kind kind)
{
	return a->counts[kind];
}

/* Spans. */

/* Whoever has no block in use gives its span up; its pages stay hot. */
static void retire(struct arena *a, struct span *s)
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
				retire(a, s);
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

static struct span *new_span(struct arena *a, uint32_t class)
{
	uint32_t index = take_span(a);
	struct span *s = span_at(a, index);

	if (!index)
		return NULL;
	unpoison(a, s, SPAN);
	lay_out(s, class);
	poison(a, block_at(s, 0), SPAN - s->first);
	list_push_front(&a->spare[class], &s->link);
	a->state[index] = SPAN_BLOCKS;
	return s;
}

static size_t big_spans(size_t block_bytes)
{
	return (PAGE + block_bytes + SPAN - 1) / SPAN;
}

/* A block of its own spans: the header's page, then the block. */
static void *alloc_big(struct arena *a, size_t size, enum arena_kind kind)
{
	size_t bytes = round_up(size, PAGE);
	uint32_t count, index;
	struct span *s;

	if (a->used + PAGE + bytes > a->cap)
		return NULL;
	count = (uint32_t)big_spans(bytes);
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
	a->state[index] = SPAN_BIG;
	a->used += PAGE + bytes;
	return block_at(s, 0);
}

static void free_big(struct arena *a, struct span *s)
{
	uint32_t count = (uint32_t)big_spans(s->block_bytes);

	a->used -= PAGE + s->block_bytes;
	s->used = 0;
	s->kinds[0] = ARENA_FREE;
	poison(a, block_at(s, 0), s->block_bytes);
	memset(&a->state[span_index(a, s)], SPAN_HOT, count);
}

/* Blocks. */

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
		s = new_span(a, class);
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
		/* In this order: see arena_repair(). */
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

void *arena_alloc(struct arena *a, size_t size, enum arena_kind kind)
{
	void *block;

	MUST(kind > ARENA_FREE && kind < ARENA_NKINDS);
	MUST(kind != ARENA_ROOT || !a->root);

	if (size <= CLASS_MAX)
		block = alloc_small(a, size, kind);
	else if (size <= a->cap)
		block = alloc_big(a, size, kind);
	else
		return NULL;
	if (!block)
		return NULL;

	a->counts[kind]++;
	if (kind == ARENA_ROOT)
		a->root = block;
	return block;
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
			retire(a, s);
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
		free_big(a, s);
	else
		free_small(a, s, index);
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

/* Walking, trimming, repairing. */

void *arena_next(const struct arena *a, enum arena_kind kind, void *prev)
{
	uint32_t span = 1;
	uint32_t block = 0;

	if (a->counts[kind] == 0)
		return NULL;
	if (prev) {
		struct span *s = (void *)((uintptr_t)prev & ~(SPAN - 1ul));

		span = span_index(a, s);
		block = (uint32_t)(((uintptr_t)prev -
				    (uintptr_t)block_at(s, 0)) /
				   s->block_bytes) +
			1;
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

void arena_trim(struct arena *a)
{
	for (uint32_t i = 1; i < a->nspans; i++) {
		struct span *s = span_at(a, i);

		if (a->state[i] == SPAN_BLOCKS && s->used == 0)
			retire(a, s);
		if (a->state[i] == SPAN_BLOCKS)
			trim_blocks(a, s);
		if (a->state[i] == SPAN_HOT) {
			arena_map_release(&a->map, s, SPAN);
			a->state[i] = SPAN_CLEAN;
		}
	}
	while (a->nspans > 1 && a->state[a->nspans - 1] == SPAN_CLEAN)
		a->nspans--;
}

/* Free list, use count and accounts of one span, from its kind bytes. */
static void repair_span(struct arena *a, struct span *s)
{
	list_init(&s->link);
	s->free = NULL;
	s->used = 0;
	s->carved = MIN(s->carved, s->nblocks);
	for (uint32_t i = 0; i < s->carved; i++) {
		void *block = block_at(s, i);

		if (is_free(s->kinds[i])) {
			unpoison(a, block, sizeof(void *));
			*(void **)block = s->free;
			s->free = block;
			poison(a, block, sizeof(void *));
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

		if (a->state[i] == SPAN_REST) {
			/* Without its head it was on its way in or out. */
			if (rest == 0)
				a->state[i] = SPAN_HOT;
			else
				rest--;
			continue;
		}
		rest = 0;
		if (a->state[i] != SPAN_BLOCKS && a->state[i] != SPAN_BIG)
			continue;
		if (a->state[i] == SPAN_BIG)
			rest = (uint32_t)big_spans(s->block_bytes) - 1;
		repair_span(a, s);
	}
}
