/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * arena_priv.h - how the arena is laid out
 *
 * What this room is for
 *   The first span holds struct arena with a state byte per span. Every other
 *   span serves one class and begins with struct span: a free list (the links
 *   lie in the free blocks), a bump index for what was never handed out, and
 *   a kind byte per block, which is the truth; all else can be derived from
 *   it (arena_repair). A block above the largest class has spans of its own.
 *   Only arena*.c may include this header.
 *
 * Never      touches a page before the first block on it is handed out: the
 *            first touch of a page costs more than most packets.
 * Lock       the stack lock is held.
 */
#ifndef STACK_ARENA_PRIV_H
#define STACK_ARENA_PRIV_H

#include "arena.h"
#include "arena_map.h"
#include "list.h"

/* Under address sanitizer a free block of a private arena is untouchable. */
#if SANITIZED
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
	TRIM_SPANS = 16,       /* given back in one go: some 1 ms */

	KIND_TRIMMED = ARENA_NKINDS, /* free, and its pages were given back */
	KIND_CLAIMED = 0x80,         /* a bit beside the kind; arena_repair.c */
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
	size_t cap;                  /* [S] in force */
	size_t asked_cap;            /* [I] the same, but for recovery */
	size_t used;                 /* [S] */
	size_t peak;                 /* [S] of used, since the last trim */
	uint32_t trim_at;            /* [S] span at which a trim goes on */
	void *root;                  /* [S] the block of kind ARENA_ROOT */
	size_t counts[ARENA_NKINDS]; /* [S] blocks by kind */
	struct list spare[CLASSES];  /* [S] struct span with a free block */
	uint32_t max_spans;          /* [I] */
	uint32_t nspans;             /* [S] all from there on are clean */
	uint8_t state[];             /* [S] enum span_state */
};

/* arena_span.c. A new span is in front of its class; NULL when all are used. */
struct span *arena_span_new(struct arena *a, uint32_t class);

/* Has no block in use and is no class's reserve: its pages stay hot. */
void arena_span_retire(struct arena *a, struct span *s);

/* A block with spans of its own. */
void *arena_span_alloc_big(struct arena *a, size_t size, enum arena_kind kind);
void arena_span_free_big(struct arena *a, struct span *s);

/* Spans that a big block takes. */
uint32_t arena_span_count(size_t block_bytes);

/* Inline bodies. */

static inline size_t round_up(size_t n, size_t to)
{
	return (n + to - 1) & ~(to - 1);
}

/* Classes in units of GRAIN: 1 2 3 4, 5 6 7 8, 10 12 14 16, 20 24 28 32, ... */
static inline size_t class_bytes(uint32_t class)
{
	if (class < 4)
		return (size_t)(class + 1) * GRAIN;
	return (size_t)(5 + (class - 4) % 4) * GRAIN << (class - 4) / 4;
}

static inline struct span *span_at(const struct arena *a, uint32_t index)
{
	return (void *)((uintptr_t)a + (uintptr_t)index * SPAN);
}

static inline uint32_t span_index(const struct arena *a, const struct span *s)
{
	return (uint32_t)(((uintptr_t)s - (uintptr_t)a) / SPAN);
}

static inline void *block_at(const struct span *s, uint32_t index)
{
	return (void *)((uintptr_t)s + s->first + index * s->block_bytes);
}

static inline bool is_big(const struct span *s)
{
	return s->class == CLASSES;
}

static inline bool is_free(uint8_t kind)
{
	return kind == ARENA_FREE || kind == KIND_TRIMMED;
}

static inline void poison(const struct arena *a, const void *start,
			  size_t bytes)
{
	if (!a->map.is_shared)
		ASAN_POISON_MEMORY_REGION(start, bytes);
}

static inline void unpoison(const struct arena *a, const void *start,
			    size_t bytes)
{
	if (!a->map.is_shared)
		ASAN_UNPOISON_MEMORY_REGION(start, bytes);
}

#endif
