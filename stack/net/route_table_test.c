/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * route_table_test.c - proves route_table.c: order, limits, and what a death in
 * the middle leaves.
 */
#include <errno.h>
#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "testkit/nettest.h"

static struct nettest t;

static void open_host(void)
{
	nettest_open(&t);
}

static void close_host(void)
{
	nettest_close(&t);
}

static struct route route(const char *prefix, uint32_t metric)
{
	struct route r = {.ifindex = 2, .metric = metric};

	cr_assert(eq(int, inet_parse_prefix(prefix, &r.dst), 0));
	return r;
}

static int add(const char *prefix, uint32_t metric)
{
	struct route r = route(prefix, metric);

	return route_add(&t.net, &r);
}

static void expect_order(const uint32_t *metrics, uint32_t n)
{
	cr_assert(eq(u32, t.net.routes.count, n));
	for (uint32_t i = 0; i < n; i++)
		cr_expect(
			eq(u32, route_at(&t.net.routes, i)->metric, metrics[i]),
			"route %u", i);
}

HOST_TEST(route_table, longest_prefix_first_then_lowest_metric)
{
	static const uint32_t first[] = {3, 2, 7, 1, 5};
	static const uint32_t without[] = {3, 2, 1, 5};
	struct route r = route("10.0.0.0/8", 7);

	cr_assert(eq(int, add("0.0.0.0/0", 5), 0));
	cr_assert(eq(int, add("10.0.0.0/8", 7), 0));
	cr_assert(eq(int, add("10.1.0.0/16", 3), 0));
	cr_assert(eq(int, add("0.0.0.0/0", 1), 0));
	cr_assert(eq(int, add("10.0.0.0/8", 2), 0));
	expect_order(first, ARRAY_LEN(first));
	cr_assert(eq(int, add("10.99.0.0/8", 2), -EEXIST));
	cr_assert(eq(int, route_delete(&t.net, &r), 0));
	cr_assert(eq(int, route_delete(&t.net, &r), -ESRCH));
	expect_order(without, ARRAY_LEN(without));
	/* Lists begin with the default route that is used. */
	cr_expect(eq(u32, route_listed(&t.net.routes, 0)->metric, 1));
	cr_expect(eq(u32, route_listed(&t.net.routes, 1)->metric, 5));
	cr_expect(eq(u32, route_listed(&t.net.routes, 2)->metric, 2));
	cr_expect(eq(u32, route_listed(&t.net.routes, 3)->metric, 3));
}

HOST_TEST(route_table, a_full_table_can_still_be_changed)
{
	struct route r = route("1.0.0.0/32", 9), other;

	for (int i = 0; i < LIMIT_ROUTES; i++) {
		r.dst.addr.b[15] = (uint8_t)i;
		cr_assert(eq(int, route_add(&t.net, &r), 0));
	}
	other = r;
	other.dst.addr.b[15] = LIMIT_ROUTES;
	cr_assert(eq(int, route_add(&t.net, &other), -ENOBUFS));
	cr_assert(eq(int, route_replace(&t.net, &other, true), -ENOBUFS));
	cr_assert(eq(int, route_replace(&t.net, &other, false), -ENOENT));
	r.protocol = 77;
	cr_assert(eq(int, route_replace(&t.net, &r, false), 0));
	cr_assert(eq(u32, t.net.routes.count, LIMIT_ROUTES));
	cr_assert(eq(u8, route_at(&t.net.routes, LIMIT_ROUTES - 1)->protocol,
		     77));
}

HOST_TEST(route_table, only_what_leads_nowhere_needs_no_link)
{
	struct route r = route("10.9.0.0/16", 0);

	r.ifindex = 0;
	cr_assert(eq(int, route_add(&t.net, &r), -ENODEV));
	r.type = ROUTE_BLACKHOLE;
	cr_assert(eq(int, route_add(&t.net, &r), 0));
	r.metric = 1;
	r.ifindex = 9;
	cr_assert(eq(int, route_add(&t.net, &r), -ENODEV));
	cr_assert(eq(int, route_replace(&t.net, &r, true), -ENODEV));
}

/* Killed between any two stores of route_add() and route_replace(): a slot is
 * written and not yet marked; marked, and not yet in order; two are there. */
HOST_TEST(route_table, a_death_inside_leaves_whole_routes)
{
	static const uint32_t both[] = {4, 4};
	struct route_table *table = &t.net.routes;
	struct route r = route("10.1.0.0/16", 4);

	cr_assert(eq(int, add("10.0.0.0/16", 4), 0));
	table->slot[1].r = r;
	table->count = 7;
	route_table_rebuild(table);
	expect_order(both, 1);

	table->slot[1].is_used = true;
	memset(table->order, 0, sizeof(table->order));
	route_table_rebuild(table);
	expect_order(both, 2);

	table->slot[2].r = r;
	table->slot[2].is_used = true;
	route_table_rebuild(table);
	expect_order(both, 2);
}
