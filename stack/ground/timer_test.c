/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * timer_test.c - proves timer.c against a plain array that is searched, with
 * a fixed seed; and the corners one by one.
 */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <errno.h>

#include "rand.h"
#include "timer.h"

static struct arena *arena;
static struct timer_heap heap;
static size_t used_before;

static void open_heap(void)
{
	cr_assert(eq(int, arena_create_private(16 << 20, &arena), 0));
	used_before = arena_used(arena);
	timer_heap_init(&heap, arena);
}

static void close_heap(void)
{
	timer_heap_fini(&heap);
	cr_assert(eq(sz, arena_used(arena), used_before));
	arena_unmap(arena);
}

TestSuite(timer, .init = open_heap, .fini = close_heap);

static struct timer made(void)
{
	return (struct timer){0};
}

Test(timer, nothing_armed_is_never_due)
{
	struct timer t = made();

	cr_assert(eq(u64, timer_next(&heap), USECS_NEVER));
	cr_assert(eq(ptr, timer_pop_due(&heap, USECS_NEVER), NULL));
	cr_assert(eq(int, timer_init(&heap, &t, TIMER_TEST), 0));
	cr_assert(not(timer_is_armed(&t)));
	cr_assert(eq(u8, t.kind, TIMER_TEST));
	timer_stop(&heap, &t);
	cr_assert(eq(ptr, timer_pop_due(&heap, USECS_NEVER), NULL));
}

Test(timer, due_exactly_at_its_time_and_only_once)
{
	struct timer t = made();

	(void)!timer_init(&heap, &t, TIMER_TEST);
	timer_start(&heap, &t, 100);
	cr_assert(timer_is_armed(&t));
	cr_assert(eq(u64, timer_next(&heap), 100));
	cr_assert(eq(ptr, timer_pop_due(&heap, 99), NULL));
	cr_assert(eq(ptr, timer_pop_due(&heap, 100), &t));
	cr_assert(not(timer_is_armed(&t)));
	cr_assert(eq(ptr, timer_pop_due(&heap, 100), NULL));
}

Test(timer, the_first_one_is_told_and_stays)
{
	struct timer early, late;

	cr_assert(eq(ptr, timer_first(&heap), NULL));
	cr_assert(eq(int, timer_init(&heap, &early, TIMER_TEST), 0));
	cr_assert(eq(int, timer_init(&heap, &late, TIMER_TEST), 0));
	timer_start(&heap, &late, 20);
	timer_start(&heap, &early, 10);
	cr_assert(eq(ptr, timer_first(&heap), &early));
	cr_assert(timer_is_armed(&early));
	timer_fini(&heap, &early);
	cr_assert(eq(ptr, timer_first(&heap), &late));
	timer_fini(&heap, &late);
}

Test(timer, start_again_moves_it_both_ways)
{
	struct timer a = made(), b = made();

	(void)!timer_init(&heap, &a, TIMER_TEST);
	(void)!timer_init(&heap, &b, TIMER_TEST);
	timer_start(&heap, &a, 10);
	timer_start(&heap, &b, 20);
	timer_start(&heap, &a, 30);
	cr_assert(eq(u64, timer_next(&heap), 20));
	timer_start(&heap, &a, 5);
	cr_assert(eq(ptr, timer_pop_due(&heap, 50), &a));
	cr_assert(eq(ptr, timer_pop_due(&heap, 50), &b));
	cr_assert(eq(u32, heap.count, 0));
}

Test(timer, fini_stops_and_gives_the_place_back)
{
	struct timer t = made();

	for (int i = 0; i < 1000; i++) {
		(void)!timer_init(&heap, &t, TIMER_TEST);
		timer_start(&heap, &t, 1);
		timer_fini(&heap, &t);
	}
	cr_assert(eq(u32, heap.reserved, 0));
	cr_assert(eq(u64, timer_next(&heap), USECS_NEVER));
	cr_assert(lt(u32, heap.capacity, 1000));
}

Test(timer, init_refuses_when_memory_is_out_and_start_then_never_fails)
{
	static struct timer timers[4096];
	struct arena *small;
	struct timer_heap h;
	uint32_t made_ok = 0;
	int err = 0;

	(void)!arena_create_private(16384, &small);
	timer_heap_init(&h, small);
	while (made_ok < ARRAY_LEN(timers) && !err) {
		err = timer_init(&h, &timers[made_ok], TIMER_TEST);
		made_ok += !err;
	}
	cr_assert(eq(int, err, -ENOBUFS));
	cr_assert(gt(u32, made_ok, 63));
	for (uint32_t i = 0; i < made_ok; i++)
		timer_start(&h, &timers[i], made_ok - i);
	for (uint32_t i = made_ok; i-- > 0;)
		cr_assert(eq(ptr, timer_pop_due(&h, USECS_NEVER), &timers[i]));
	timer_heap_fini(&h);
	arena_unmap(small);
}

/* The model: the times of armed timers in an array. */
enum { TIMERS = 300, ROUNDS = 20000 };
static struct timer timers[TIMERS];
static usecs model[TIMERS];

static usecs earliest(void)
{
	usecs least = USECS_NEVER;

	for (int i = 0; i < TIMERS; i++)
		least = MIN(least, model[i]);
	return least;
}

Test(timer, random_starts_stops_and_pops_agree_with_a_plain_array)
{
	const struct rand_key seed = {1, 2};
	struct rand r;

	rand_init(&r, &seed);
	for (int i = 0; i < TIMERS; i++) {
		model[i] = USECS_NEVER;
		cr_assert(
			eq(int, timer_init(&heap, &timers[i], TIMER_TEST), 0));
	}
	for (int round = 0; round < ROUNDS; round++) {
		uint32_t i = rand_below(&r, TIMERS);
		uint32_t action = rand_below(&r, 8);

		if (action < 4) {
			model[i] = rand_below(&r, 500);
			timer_start(&heap, &timers[i], model[i]);
		} else if (action < 6) {
			model[i] = USECS_NEVER;
			timer_stop(&heap, &timers[i]);
		} else {
			usecs now = rand_below(&r, 500);
			struct timer *due = timer_pop_due(&heap, now);

			cr_assert(eq(int, due != NULL, earliest() <= now));
			if (due) {
				cr_assert(eq(u64, due->when, earliest()));
				model[due - timers] = USECS_NEVER;
			}
		}
		cr_assert(eq(u64, timer_next(&heap), earliest()));
	}
}
