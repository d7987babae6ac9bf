/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * arena_span_test.c - proves arena_span.c: memory is touched late, reused
 * warm, given back when idle, and put in order again after a crash.
 *
 * What memory is really there is asked from the memfd: its st_blocks.
 */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <string.h>
#include <sys/stat.h>

#include "arena_priv.h"

static struct arena *a;
static void *blocks[4096];

static void open_arena(void)
{
	cr_assert(eq(int, arena_create(256 << 20, &a), 0));
}

static void close_arena(void)
{
	arena_unmap(a);
}

TestSuite(arena_span, .init = open_arena, .fini = close_arena);

static size_t resident(void)
{
	struct stat st;

	cr_assert(eq(int, fstat(arena_fd(a), &st), 0));
	return (size_t)st.st_blocks * 512;
}

static void fill_all(int n, size_t size)
{
	for (int i = 0; i < n; i++) {
		blocks[i] = arena_alloc(a, size, ARENA_PKT);
		cr_assert(ne(ptr, blocks[i], NULL));
		memset(blocks[i], i, size);
	}
}

static void free_all(int n)
{
	for (int i = 0; i < n; i++)
		arena_free(a, blocks[i]);
}

Test(arena_span, untouched_blocks_have_no_memory_behind_them)
{
	for (int i = 0; i < 100; i++)
		blocks[i] = arena_alloc(a, 65700, ARENA_PKT);
	cr_assert(gt(sz, arena_used(a), 8000000));
	cr_assert(lt(sz, resident(), 64 << 10));
	free_all(100);
	cr_assert(lt(sz, resident(), 1 << 20));
}

/* 64 KiB of frame in the 80 KiB class: the tail is never touched. */
Test(arena_span, filled_frames_cost_their_bytes_and_a_page)
{
	fill_all(200, 65700);
	cr_assert(lt(sz, resident(), 200 * (65700 + 4096) + (64 << 10)));
	free_all(200);
}

Test(arena_span, warm_spans_serve_the_next_class)
{
	size_t high;

	fill_all(2000, 2048);
	high = resident();
	free_all(2000);
	for (size_t size = 4096; size < 1 << 20; size *= 2) {
		fill_all((int)((3 << 20) / size), size);
		free_all((int)((3 << 20) / size));
	}
	/* Each class may keep one span in reserve. */
	cr_assert(lt(sz, resident(), high + 10 * SPAN));
}

Test(arena_span, reserves_of_other_classes_are_taken_before_the_cap_is_passed)
{
	struct arena *whole = a;

	arena_unmap(whole);
	cr_assert(eq(int, arena_create(8 << 20, &a), 0));
	for (size_t size = 64; size <= 512 << 10; size += size / 2 + 64) {
		fill_all(2, size);
		free_all(2);
	}
	cr_assert(le(u32, a->nspans, 6));
}

Test(arena_span, trim_gives_everything_back_when_all_is_free)
{
	fill_all(4096, 2048);
	free_all(4096);
	fill_all(3, 3 << 20);
	free_all(3);
	while (!arena_trim(a))
		;
	cr_assert(le(sz, resident(), 2 * PAGE));
	cr_assert(eq(u32, a->nspans, 1));
	fill_all(100, 2048);
	free_all(100);
}

Test(arena_span, trim_gives_free_blocks_back_between_used_ones)
{
	fill_all(100, 65700);
	for (int i = 0; i < 100; i += 2)
		arena_free(a, blocks[i]);
	while (!arena_trim(a))
		;
	cr_assert(lt(sz, resident(), 50 * 65700 + 50 * 3 * PAGE));
	for (int i = 1; i < 100; i += 2) {
		uint8_t *block = blocks[i];

		cr_assert(eq(u8, block[0], i));
		cr_assert(eq(u8, block[65699], i));
	}

	/* What was given back can be used again, in any order. */
	for (int i = 0; i < 100; i += 2) {
		blocks[i] = arena_alloc(a, 65700, ARENA_PKT);
		memset(blocks[i], i, 65700);
	}
	for (int i = 0; i < 100; i++)
		cr_assert(eq(u8, *((uint8_t *)blocks[i] + 65699), i));
	free_all(100);
	while (!arena_trim(a))
		;
	while (!arena_trim(a))
		;
	cr_assert(le(sz, resident(), 2 * PAGE));
}

Test(arena_span, trim_leaves_small_blocks_alone)
{
	fill_all(1000, 100);
	for (int i = 0; i < 1000; i += 2)
		arena_free(a, blocks[i]);
	while (!arena_trim(a))
		;
	for (int i = 1; i < 1000; i += 2)
		cr_assert(eq(u8, *(uint8_t *)blocks[i], (uint8_t)i));
}

/* Everything that is derived is made nonsense; the kind bytes are not. */
static void forget_what_is_derived(void)
{
	for (uint32_t i = 1; i < a->nspans; i++) {
		struct span *s = span_at(a, i);

		if (a->state[i] != SPAN_BLOCKS)
			continue;
		s->free = (void *)0x40;
		s->used = 12345;
		memset(&s->link, 0x55, sizeof(s->link));
	}
	memset(a->spare, 0x55, sizeof(a->spare));
	memset(a->counts, 0x55, sizeof(a->counts));
	a->used = 1;
	a->root = NULL;
}

static void expect_distinct_reuse(int n, size_t size)
{
	fill_all(n, size);
	for (int i = 0; i < n; i++)
		cr_assert(eq(u8, *(uint8_t *)blocks[i], (uint8_t)i));
	free_all(n);
}

Test(arena_span, repair_finds_every_block_and_every_hole)
{
	void *root = arena_alloc(a, 3000, ARENA_ROOT);
	void *big = arena_alloc(a, 5 << 20, ARENA_TABLE);
	size_t used;

	fill_all(300, 65700);
	for (int i = 0; i < 300; i += 3)
		arena_free(a, blocks[i]);
	used = arena_used(a);
	forget_what_is_derived();
	arena_repair(a);

	cr_assert(eq(sz, arena_used(a), used));
	cr_assert(eq(sz, arena_count(a, ARENA_PKT), 200));
	cr_assert(eq(sz, arena_count(a, ARENA_TABLE), 1));
	cr_assert(eq(sz, arena_count(a, ARENA_SOCK), 0));
	cr_assert(eq(ptr, arena_root(a), root));

	for (int i = 0; i < 300; i++) {
		if (i % 3)
			arena_free(a, blocks[i]);
	}
	expect_distinct_reuse(300, 65700);
	arena_free(a, big);
	arena_free(a, root);
	cr_assert(eq(sz, arena_used(a), PAGE));
}

/* Killed between the rest of a big block and its head. */
Test(arena_span, repair_frees_the_rest_of_a_big_block_without_head)
{
	void *big = arena_alloc(a, 5 << 20, ARENA_TABLE);
	uint32_t index = span_index(a, big);

	a->state[index] = SPAN_HOT;
	arena_repair(a);
	cr_assert(eq(sz, arena_used(a), PAGE));
	cr_assert(eq(int, a->state[index + 1], SPAN_HOT));
	cr_assert(eq(int, a->state[index + 2], SPAN_HOT));
	cr_assert(eq(ptr, arena_alloc(a, 5 << 20, ARENA_TABLE), big));
}
