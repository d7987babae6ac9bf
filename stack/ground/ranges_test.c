/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * ranges_test.c - proves ranges.c: merging, gaps and trimming, each across
 * the wrap of sequence numbers too, and against a bitmap with a fixed seed.
 */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <string.h>

#include "rand.h"
#include "ranges.h"

/* Just before the wrap, so that every test crosses it. */
#define BASE 0xffffffe0u

static struct ranges s;

static uint32_t add(uint32_t from, uint32_t to)
{
	return ranges_add(&s, BASE + from, BASE + to);
}

static void expect(uint32_t index, uint32_t from, uint32_t to)
{
	cr_assert(lt(u32, index, s.count));
	cr_assert(eq(u32, s.r[index].from - BASE, from));
	cr_assert(eq(u32, s.r[index].to - BASE, to));
}

static void open_set(void)
{
	memset(&s, 0xaa, sizeof(s));
	ranges_clear(&s);
}

TestSuite(ranges, .init = open_set);

Test(ranges, apart_stay_apart_in_order)
{
	cr_assert(eq(u32, add(40, 50), 10));
	cr_assert(eq(u32, add(10, 20), 10));
	cr_assert(eq(u32, add(25, 30), 5));
	cr_assert(eq(u32, s.count, 3));
	expect(0, 10, 20);
	expect(1, 25, 30);
	expect(2, 40, 50);
	cr_assert(eq(u32, ranges_total(&s), 25));
}

Test(ranges, touching_and_overlapping_merge_and_count_only_what_is_new)
{
	add(10, 20);
	add(30, 40);
	add(50, 60);
	cr_assert(eq(u32, add(20, 25), 5));
	expect(0, 10, 25);
	cr_assert(eq(u32, add(28, 30), 2));
	expect(1, 28, 40);
	cr_assert(eq(u32, add(5, 70), 65 - 15 - 12 - 10));
	cr_assert(eq(u32, s.count, 1));
	expect(0, 5, 70);
}

Test(ranges, known_empty_and_backward_add_nothing)
{
	add(10, 20);
	cr_assert(eq(u32, add(12, 18), 0));
	cr_assert(eq(u32, add(10, 20), 0));
	cr_assert(eq(u32, add(30, 30), 0));
	cr_assert(eq(u32, add(31, 30), 0));
	cr_assert(eq(u32, s.count, 1));
	expect(0, 10, 20);
}

Test(ranges, full_set_refuses_new_ones_and_still_merges)
{
	for (uint32_t i = 0; i < RANGES_MAX; i++)
		cr_assert(eq(u32, add(i * 10, i * 10 + 5), 5));
	cr_assert(eq(u32, add(7, 9), 0));
	cr_assert(eq(u32, add(RANGES_MAX * 10, RANGES_MAX * 10 + 5), 0));
	cr_assert(eq(u32, s.count, RANGES_MAX));
	cr_assert(eq(u32, add(5, 10), 5));
	cr_assert(eq(u32, s.count, RANGES_MAX - 1));
	cr_assert(eq(u32, add(7, 9), 0));
}

Test(ranges, find_knows_the_edges)
{
	add(10, 20);
	add(30, 60);
	cr_assert(eq(ptr, (void *)ranges_find(&s, BASE + 9), NULL));
	cr_assert(eq(ptr, (void *)ranges_find(&s, BASE + 10), &s.r[0]));
	cr_assert(eq(ptr, (void *)ranges_find(&s, BASE + 19), &s.r[0]));
	cr_assert(eq(ptr, (void *)ranges_find(&s, BASE + 20), NULL));
	cr_assert(eq(ptr, (void *)ranges_find(&s, BASE + 59), &s.r[1]));
	cr_assert(eq(ptr, (void *)ranges_find(&s, BASE + 60), NULL));
}

Test(ranges, trim_cuts_into_a_range_and_drops_those_before)
{
	add(10, 20);
	add(30, 60);
	ranges_trim_before(&s, BASE + 10);
	cr_assert(eq(u32, s.count, 2));
	ranges_trim_before(&s, BASE + 20);
	cr_assert(eq(u32, s.count, 1));
	ranges_trim_before(&s, BASE + 45);
	expect(0, 45, 60);
	ranges_trim_before(&s, BASE + 100);
	cr_assert(eq(u32, s.count, 0));
}

Test(ranges, gaps_come_one_after_the_other)
{
	struct range gap;

	add(10, 20);
	add(30, 60);
	cr_assert(ranges_gap(&s, BASE, BASE + 100, &gap));
	cr_assert(eq(u32, gap.from - BASE, 0));
	cr_assert(eq(u32, gap.to - BASE, 10));
	cr_assert(ranges_gap(&s, gap.to, BASE + 100, &gap));
	cr_assert(eq(u32, gap.from - BASE, 20));
	cr_assert(eq(u32, gap.to - BASE, 30));
	cr_assert(ranges_gap(&s, gap.to, BASE + 100, &gap));
	cr_assert(eq(u32, gap.from - BASE, 60));
	cr_assert(eq(u32, gap.to - BASE, 100));
	cr_assert(not(ranges_gap(&s, gap.to, BASE + 100, &gap)));
}

Test(ranges, gap_ends_where_it_was_asked_to)
{
	struct range gap;

	add(10, 20);
	cr_assert(ranges_gap(&s, BASE + 2, BASE + 5, &gap));
	cr_assert(eq(u32, gap.to - BASE, 5));
	cr_assert(not(ranges_gap(&s, BASE + 12, BASE + 20, &gap)));
	cr_assert(not(ranges_gap(&s, BASE + 5, BASE + 5, &gap)));
}

/* The model: a bit per sequence number. */
enum { BITS = 256 };
static bool bits[BITS];

static uint32_t model_add(uint32_t from, uint32_t to)
{
	uint32_t fresh = 0;

	for (uint32_t i = from; i < to; i++) {
		fresh += !bits[i];
		bits[i] = true;
	}
	return fresh;
}

static void expect_agreement(void)
{
	uint32_t total = 0;

	for (uint32_t i = 0; i < BITS; i++) {
		const struct range *r = ranges_find(&s, BASE + i);

		cr_assert(eq(int, r != NULL, bits[i]), "at %u", i);
		total += bits[i];
	}
	cr_assert(eq(u32, ranges_total(&s), total));
	for (uint32_t i = 1; i < s.count; i++)
		cr_assert(gt(i32, (int32_t)(s.r[i].from - s.r[i - 1].to), 0));
}

Test(ranges, random_adds_and_trims_agree_with_a_bitmap)
{
	const struct rand_key seed = {7, 8};
	struct rand r;

	rand_init(&r, &seed);
	for (int round = 0; round < 200; round++) {
		memset(bits, 0, sizeof(bits));
		ranges_clear(&s);
		for (int step = 0; step < 25; step++) {
			uint32_t from = rand_below(&r, BITS);
			uint32_t len = rand_below(&r, 20);
			uint32_t to = MIN(from + len, BITS);
			uint32_t fresh = model_add(from, to);

			cr_assert(eq(u32, add(from, to), fresh));
			if (step % 8 == 7) {
				ranges_trim_before(&s, BASE + from);
				memset(bits, 0, from);
			}
			expect_agreement();
		}
	}
}
