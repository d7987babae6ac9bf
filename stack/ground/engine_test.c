/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * engine_test.c - proves engine.c: what a new engine is made of, and that
 * news is left once, kept until collected, and never without an owner.
 */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "engine.h"

static struct arena *arena;
static struct engine e;
static const struct rand_key seed = {3, 4};

static void open_engine(void)
{
	cr_assert(eq(int, arena_create_private(1 << 20, &arena), 0));
	engine_init(&e, arena, &seed);
}

static void close_engine(void)
{
	engine_fini(&e);
	arena_unmap(arena);
}

TestSuite(engine, .init = open_engine, .fini = close_engine);

Test(engine, new_one_has_nothing_to_do)
{
	cr_assert(eq(ptr, e.arena, arena));
	cr_assert(eq(u64, timer_next(&e.timers), USECS_NEVER));
	cr_assert(list_is_empty(&e.news));
	cr_assert(eq(u64, e.stats.count[STAT_ARP_IN], 0));
	cr_assert(eq(int, lock_take(&e.lock), LOCK_CLEAN));
	lock_release(&e.lock);
}

Test(engine, same_seed_gives_the_same_keys_and_they_are_not_the_seed)
{
	struct engine twin;

	engine_init(&twin, arena, &seed);
	cr_assert(eq(u64, twin.hash_key.k0, e.hash_key.k0));
	cr_assert(ne(u64, e.hash_key.k0, seed.k0));
	cr_assert(eq(u64, rand_u64(&twin.rand), rand_u64(&e.rand)));
	engine_fini(&twin);
}

Test(engine, news_gathers_bits_on_one_link)
{
	struct news a, b;
	int owner;

	news_init(&a);
	news_init(&b);
	a.owner = b.owner = &owner;
	news_leave(&e, &a, NEWS_READABLE);
	news_leave(&e, &b, NEWS_ERROR);
	news_leave(&e, &a, NEWS_CLOSED);

	cr_assert(eq(u32, a.bits, NEWS_READABLE | NEWS_CLOSED));
	cr_assert(eq(ptr, list_pop(&e.news), &a.link));
	cr_assert(eq(ptr, list_pop(&e.news), &b.link));
	cr_assert(list_is_empty(&e.news));
}

Test(engine, news_without_owner_or_bits_is_not_left)
{
	struct news n;
	int owner;

	news_init(&n);
	news_leave(&e, &n, NEWS_READABLE);
	cr_assert(eq(u32, n.bits, 0));
	n.owner = &owner;
	news_leave(&e, &n, 0);
	cr_assert(list_is_empty(&e.news));
}

Test(engine, forgotten_news_is_off_the_list_and_has_no_owner)
{
	struct news n;
	int owner;

	news_init(&n);
	n.owner = &owner;
	news_leave(&e, &n, NEWS_WRITABLE);
	news_forget(&n);
	cr_assert(list_is_empty(&e.news));
	cr_assert(eq(ptr, n.owner, NULL));
	news_leave(&e, &n, NEWS_WRITABLE);
	cr_assert(list_is_empty(&e.news));
}
