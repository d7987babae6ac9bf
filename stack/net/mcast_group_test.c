/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * mcast_group_test.c - proves mcast_group.c: the sum of filters, against a sum
 * that is made anew each time; and that nothing is left.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <errno.h>

#include "mcast_group.h"
#include "testkit/nettest.h"

enum { LISTENERS = 6, SOURCES = 8, ROUNDS = 4000 };

static struct nettest t;
static struct mcast_groups table;
static struct inet_addr group = {{0xff, 5, [15] = 9}};
static struct inet_addr sources[SOURCES];

static void open_host(void)
{
	nettest_open(&t);
	mcast_groups_init(&table, &t.eng);
	for (uint8_t i = 0; i < SOURCES; i++)
		sources[i] = (struct inet_addr){{0xfd, [15] = i}};
}

static void close_host(void)
{
	mcast_groups_fini(&table);
	cr_assert(eq(u32, table.count, 0));
	nettest_close(&t);
}

TestSuite(mcast_group);

/* A listener as bits: 1 << i for source i, with EXCLUDE or without. */
struct listener {
	bool is_there, exclude;
	uint32_t mask;
	struct inet_addr list[SOURCES];
	struct mcast_filter f;
};

static const struct mcast_filter *as_filter(struct listener *l)
{
	l->f = (struct mcast_filter){l->exclude, 0, l->list};
	for (uint32_t i = 0; i < SOURCES; i++)
		if (l->mask >> i & 1)
			l->list[l->f.nsources++] = sources[i];
	return l->is_there ? &l->f : NULL;
}

/* RFC 3376 3.2, word by word. */
static uint32_t sum_of(const struct listener *l, bool *exclude)
{
	uint32_t all = (1u << SOURCES) - 1, included = 0;

	*exclude = false;
	for (int i = 0; i < LISTENERS; i++) {
		if (l[i].is_there && l[i].exclude) {
			*exclude = true;
			all &= l[i].mask;
		} else if (l[i].is_there) {
			included |= l[i].mask;
		}
	}
	return *exclude ? all & ~included : included;
}

static void compare(const struct mcast_group *g, const struct listener *l)
{
	bool exclude;
	uint32_t sum = sum_of(l, &exclude);

	cr_assert(eq(int, g->exclude > 0, exclude));
	for (uint32_t i = 0; i < SOURCES; i++)
		cr_assert(eq(int, mcast_group_takes(g, &sources[i]),
			     (int)(sum >> i & 1) != exclude));
	cr_assert(eq(int, mcast_group_is_wanted(g), exclude || sum));
}

HOST_TEST(mcast_group, the_sum_is_that_of_the_rfc)
{
	static struct listener now[LISTENERS], next;
	struct mcast_group *g;

	for (int round = 0; round < ROUNDS; round++) {
		struct listener *l = &now[rand_below(&t.eng.rand, LISTENERS)];
		bool was_exclude, is_exclude;
		uint32_t was = sum_of(now, &was_exclude), is;
		int what;

		next.is_there = rand_below(&t.eng.rand, 3) > 0;
		next.exclude = rand_below(&t.eng.rand, 2);
		next.mask = rand_below(&t.eng.rand, 1u << SOURCES);
		g = mcast_group_get(&table, &group, 2);
		what = mcast_group_change(&table, g, as_filter(l),
					  as_filter(&next));
		*l = next;
		is = sum_of(now, &is_exclude);
		compare(g, now);
		cr_assert(eq(int, !!(what & MCAST_MODE),
			     was_exclude != is_exclude));
		if (was_exclude == is_exclude)
			cr_assert(eq(int, !!(what & MCAST_SOURCES), was != is));
		mcast_group_tidy(&table, g);
	}
}

HOST_TEST(mcast_group, a_group_without_listeners_is_forgotten)
{
	struct mcast_filter all = {.exclude = true};
	struct mcast_group *g = mcast_group_get(&table, &group, 2);

	cr_assert(eq(int, mcast_group_change(&table, g, NULL, &all),
		     MCAST_MODE | MCAST_JOINED));
	mcast_group_tidy(&table, g);
	cr_assert(eq(ptr, mcast_group_find(&table, &group, 2), g));
	cr_assert(eq(ptr, mcast_group_find(&table, &group, 1), NULL));
	cr_assert(eq(int, mcast_group_change(&table, g, &all, NULL),
		     MCAST_MODE | MCAST_LEFT));
	g->mode_left = 1;
	mcast_group_tidy(&table, g);
	cr_assert(eq(u32, table.count, 1));
	g->mode_left = 0;
	mcast_group_tidy(&table, g);
	cr_assert(eq(u32, table.count, 0));
}

HOST_TEST(mcast_group, groups_and_sources_are_limited)
{
	static struct inet_addr many[LIMIT_MCAST_SOURCES + 1];
	struct mcast_filter f = {false, LIMIT_MCAST_SOURCES + 1, many};
	struct mcast_group *g = mcast_group_get(&table, &group, 2);
	struct inet_addr a = group;

	for (uint32_t i = 0; i <= LIMIT_MCAST_SOURCES; i++) {
		many[i].b[0] = 0xfd;
		many[i].b[1] = (uint8_t)i;
		many[i].b[2] = (uint8_t)(i >> 8);
	}
	cr_assert(eq(int, mcast_group_change(&table, g, NULL, &f), -ENOBUFS));
	cr_assert(not(mcast_group_is_wanted(g)));
	f.nsources--;
	cr_assert(gt(int, mcast_group_change(&table, g, NULL, &f), 0));
	cr_assert(mcast_group_takes(g, &many[LIMIT_MCAST_SOURCES - 1]));
	for (uint32_t i = 0; i < LIMIT_MCAST_GROUPS - 1; i++) {
		a.b[3] = (uint8_t)(1 + (i >> 8));
		a.b[4] = (uint8_t)i;
		cr_assert(ne(ptr, mcast_group_get(&table, &a, 2), NULL));
	}
	a.b[3] = 0xff;
	cr_assert(eq(ptr, mcast_group_get(&table, &a, 2), NULL));
}
