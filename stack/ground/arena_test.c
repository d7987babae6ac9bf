/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * arena_test.c - proves arena.c: blocks do not overlap, sizes waste little,
 * the last one freed is the next one given, the cap holds, and objects are
 * found again by walking.
 */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <signal.h>
#include <string.h>

#include "arena.h"
#include "rand.h"

static struct arena *a;
static size_t used_before;

static void open_arena(void)
{
	cr_assert(eq(int, arena_create_private(64 << 20, &a), 0));
	used_before = arena_used(a);
}

static void close_arena(void)
{
	cr_assert(eq(sz, arena_used(a), used_before));
	arena_unmap(a);
}

TestSuite(arena, .init = open_arena, .fini = close_arena);

static bool is_aligned(const void *block)
{
	return (uintptr_t)block % 64 == 0;
}

Test(arena, rounding_grows_wastes_little_and_is_stable)
{
	size_t last = 0;

	for (size_t size = 1; size < 3 << 20; size += 1 + size / 100) {
		size_t round = arena_round(size);

		cr_assert(ge(sz, round, size));
		cr_assert(ge(sz, round, last));
		cr_assert(eq(sz, arena_round(round), round));
		cr_assert(eq(sz, round % 64, 0));
		if (size > 256)
			cr_assert(le(sz, round - size, size / 4 + 64));
		last = round;
	}
	cr_assert(eq(sz, arena_round(0), 64));
	cr_assert(eq(sz, arena_round(65700), 80 << 10));
}

Test(arena, every_class_serves_its_size_and_the_next)
{
	for (size_t size = 1; size < 5 << 20; size = arena_round(size) + 1) {
		char *one = arena_alloc(a, size, ARENA_OTHER);
		char *two = arena_alloc(a, size, ARENA_OTHER);

		cr_assert(is_aligned(one) && is_aligned(two));
		cr_assert(eq(sz, arena_block_size(a, one), arena_round(size)));
		memset(one, 1, arena_round(size));
		memset(two, 2, arena_round(size));
		cr_assert(eq(chr, one[arena_round(size) - 1], 1));
		arena_free(a, one);
		arena_free(a, two);
		cr_assert(eq(sz, arena_used(a), used_before));
	}
}

Test(arena, last_freed_is_given_first)
{
	void *blocks[100];

	for (int i = 0; i < 100; i++)
		blocks[i] = arena_alloc(a, 65700, ARENA_PKT);
	for (int i = 30; i < 60; i++) {
		arena_free(a, blocks[i]);
		cr_assert(eq(ptr, arena_alloc(a, 70000, ARENA_PKT), blocks[i]));
	}
	arena_free(a, blocks[3]);
	arena_free(a, blocks[5]);
	cr_assert(eq(ptr, arena_alloc(a, 70000, ARENA_PKT), blocks[5]));
	cr_assert(eq(ptr, arena_alloc(a, 70000, ARENA_PKT), blocks[3]));

	/* From one span, from another, from the first again. */
	arena_free(a, blocks[3]);
	arena_free(a, blocks[90]);
	arena_free(a, blocks[4]);
	cr_assert(eq(ptr, arena_alloc(a, 70000, ARENA_PKT), blocks[4]));
	arena_free(a, blocks[4]);
	arena_free(a, blocks[91]);
	cr_assert(eq(ptr, arena_alloc(a, 70000, ARENA_PKT), blocks[91]));
	for (int i = 0; i < 100; i++) {
		if (i != 3 && i != 4 && i != 90)
			arena_free(a, blocks[i]);
	}
}

Test(arena, zalloc_clears_a_block_that_was_dirty)
{
	static const uint8_t zero[1000];
	uint8_t *block = arena_alloc(a, sizeof(zero), ARENA_OTHER);

	memset(block, 0xee, sizeof(zero));
	arena_free(a, block);
	block = arena_zalloc(a, sizeof(zero), ARENA_OTHER);
	cr_assert(zero(int, memcmp(block, zero, sizeof(zero))));
	arena_free(a, block);
	arena_free(a, NULL);
}

/* Whoever keeps packets asks; the last part takes frames and nothing else. */
Test(arena, nearly_full_takes_only_frames)
{
	void *hogs = NULL, *hog, *frame;
	struct arena *small;

	cr_assert(eq(int, arena_create_private(16 << 20, &small), 0));
	cr_assert(eq(int, arena_room_left(small), ARENA_ROOM_PLENTY));
	while ((hog = arena_alloc(small, 4096, ARENA_OTHER))) {
		*(void **)hog = hogs;
		hogs = hog;
	}
	cr_assert(ge(int, arena_room_left(small), ARENA_ROOM_FULL));
	cr_assert(eq(ptr, arena_alloc(small, 4096, ARENA_MAKING), NULL));
	cr_assert(eq(ptr, arena_alloc(small, 2 << 20, ARENA_TABLE), NULL));
	/* And what a program needs to look at what it has, half of it. */
	for (int n = 0; n < 20; n++) {
		hog = n % 2 ? arena_alloc(small, 4096, ARENA_TABLE)
			    : arena_alloc_vital(small, 4096, ARENA_WAIT);
		cr_assert(ne(ptr, hog, NULL));
		*(void **)hog = hogs;
		hogs = hog;
	}
	while ((hog = arena_alloc_vital(small, 4096, ARENA_WAIT))) {
		*(void **)hog = hogs;
		hogs = hog;
	}
	cr_assert(eq(ptr, arena_alloc(small, 4096, ARENA_TABLE), NULL));
	frame = arena_alloc(small, 81920, ARENA_PKT);
	cr_assert(ne(ptr, frame, NULL));
	arena_free(small, frame);

	while ((hog = hogs)) {
		hogs = *(void **)hog;
		arena_free(small, hog);
	}
	cr_assert(eq(int, arena_room_left(small), ARENA_ROOM_PLENTY));
	arena_unmap(small);
}

Test(arena, cap_is_never_passed_and_room_comes_back)
{
	struct arena *small;
	void *blocks[100];
	int n = 0;

	cr_assert(eq(int, arena_create_private(100000, &small), 0));
	cr_assert(eq(sz, arena_cap(small), 100000));
	while (n < 100 && (blocks[n] = arena_alloc(small, 2048, ARENA_PKT)))
		n++;
	cr_assert(gt(int, n, 40));
	cr_assert(lt(int, n, 49));
	cr_assert(le(sz, arena_used(small), 100000));
	cr_assert(eq(ptr, arena_alloc(small, 2048, ARENA_SOCK), NULL));
	cr_assert(eq(sz, arena_count(small, ARENA_SOCK), 0));

	arena_free(small, blocks[0]);
	cr_assert(eq(ptr, arena_alloc(small, 2000, ARENA_PKT), blocks[0]));
	arena_unmap(small);
}

Test(arena, absurd_sizes_are_refused)
{
	cr_assert(eq(ptr, arena_alloc(a, SIZE_MAX, ARENA_TABLE), NULL));
	cr_assert(eq(ptr, arena_alloc(a, SIZE_MAX - 4000, ARENA_TABLE), NULL));
	cr_assert(eq(ptr, arena_alloc(a, 64 << 20, ARENA_TABLE), NULL));
	cr_assert(eq(ptr, arena_alloc(a, (64 << 20) + 1, ARENA_TABLE), NULL));
}

Test(arena, big_blocks_are_whole_and_come_back)
{
	uint8_t *big = arena_alloc(a, 9 << 20, ARENA_TABLE);
	uint8_t *bigger = arena_alloc(a, 17 << 20, ARENA_TABLE);
	uint8_t *again;

	memset(big, 1, 9 << 20);
	memset(bigger, 2, 17 << 20);
	cr_assert(eq(u8, big[(9 << 20) - 1], 1));
	cr_assert(ge(sz, arena_used(a), 26 << 20));
	arena_free(a, big);
	again = arena_alloc(a, 5 << 20, ARENA_TABLE);
	cr_assert(eq(ptr, again, big));
	arena_free(a, again);
	arena_free(a, bigger);
}

Test(arena, kinds_are_counted_and_walked_in_address_order)
{
	enum { N = 5000 };
	static void *socks[N];
	void *other[3], *at = NULL;
	int seen = 0;

	other[0] = arena_alloc(a, 3 << 20, ARENA_TABLE);
	for (int i = 0; i < N; i++) {
		socks[i] = arena_alloc(a, 1000, ARENA_SOCK);
		if (i == 10)
			other[1] = arena_alloc(a, 1000, ARENA_CONN);
	}
	other[2] = arena_alloc(a, 4 << 20, ARENA_SOCK);
	for (int i = 0; i < N; i += 2)
		arena_free(a, socks[i]);

	cr_assert(eq(sz, arena_count(a, ARENA_SOCK), N / 2 + 1));
	cr_assert(eq(sz, arena_count(a, ARENA_CONN), 1));
	while ((at = arena_next(a, ARENA_SOCK, at))) {
		if (at != other[2])
			cr_assert(eq(ptr, at, socks[2 * seen + 1]));
		seen++;
	}
	cr_assert(eq(int, seen, N / 2 + 1));
	cr_assert(eq(ptr, arena_next(a, ARENA_CONN, NULL), other[1]));
	cr_assert(eq(ptr, arena_next(a, ARENA_CONN, other[1]), NULL));
	cr_assert(eq(ptr, arena_next(a, ARENA_TABLE, NULL), other[0]));
	cr_assert(eq(ptr, arena_next(a, ARENA_TABLE, other[0]), NULL));
	cr_assert(eq(ptr, arena_next(a, ARENA_EPSET, NULL), NULL));

	for (int i = 1; i < N; i += 2)
		arena_free(a, socks[i]);
	for (int i = 0; i < 3; i++)
		arena_free(a, other[i]);
	cr_assert(eq(ptr, arena_next(a, ARENA_SOCK, NULL), NULL));
}

Test(arena, root_is_found_until_it_is_freed)
{
	void *root;

	cr_assert(eq(ptr, arena_root(a), NULL));
	root = arena_alloc(a, 5000, ARENA_ROOT);
	cr_assert(eq(ptr, arena_root(a), root));
	arena_free(a, root);
	cr_assert(eq(ptr, arena_root(a), NULL));
}

Test(arena, freeing_twice_is_a_bug, .signal = SIGABRT)
{
	void *block = arena_alloc(a, 100, ARENA_OTHER);

	arena_free(a, block);
	arena_free(a, block);
}

Test(arena, freeing_the_middle_of_a_block_is_a_bug, .signal = SIGABRT)
{
	arena_free(a, (char *)arena_alloc(a, 1000, ARENA_OTHER) + 64);
}

Test(arena, freeing_what_was_never_a_block_is_a_bug, .signal = SIGABRT)
{
	arena_free(a, &a);
}

/* The model: what each live block was filled with. */
enum { SLOTS = 400, ROUNDS = 40000 };
static struct {
	uint32_t *block;
	size_t words;
	uint32_t mark;
} slots[SLOTS];

static void make(int i, size_t size, uint32_t mark)
{
	slots[i].block = arena_alloc(a, size, ARENA_OTHER);
	slots[i].words = slots[i].block ? size / 4 : 0;
	slots[i].mark = mark;
	for (size_t w = 0; w < slots[i].words; w += 61)
		slots[i].block[w] = mark;
}

static void check_and_free(int i)
{
	for (size_t w = 0; w < slots[i].words; w += 61) {
		if (slots[i].block[w] != slots[i].mark)
			cr_assert(eq(u32, slots[i].block[w], slots[i].mark));
	}
	arena_free(a, slots[i].block);
	slots[i].block = NULL;
	slots[i].words = 0;
}

Test(arena, random_use_keeps_every_block_to_itself)
{
	const struct rand_key seed = {9, 10};
	size_t refused = 0;
	struct rand r;

	rand_init(&r, &seed);
	for (uint32_t round = 0; round < ROUNDS; round++) {
		int i = (int)rand_below(&r, SLOTS);

		check_and_free(i);
		make(i, rand_below(&r, 1u << (4 + rand_below(&r, 18))), round);
		refused += !slots[i].block;
		if (round % 5000 == 0)
			while (!arena_trim(a))
				;
		if (round % 7000 == 0)
			arena_repair(a);
		cr_assert(le(sz, arena_used(a), arena_cap(a)));
	}
	cr_assert(gt(sz, refused, 0), "the cap should be felt");
	for (int i = 0; i < SLOTS; i++)
		check_and_free(i);
	cr_assert(eq(sz, arena_count(a, ARENA_OTHER), 0));
}
