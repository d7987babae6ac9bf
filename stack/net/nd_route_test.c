/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * nd_route_test.c - proves nd_route.c: which prefix is where, and how long.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "nd_route.h"
#include "testkit/nettest.h"

static struct nettest t;

static const struct inet_addr NET = {{0x20, 1, 0xd, 0xb8}};
static const struct inet_addr DST = {{0x20, 1, 0xd, 0xb8, 0, 7, [15] = 5}};
static const struct inet_addr ONE = {{0xfe, 0x80, [15] = 1}};
static const struct inet_addr TWO = {{0xfe, 0x80, [15] = 2}};
static const struct inet_addr NOBODY = {{0}};

static void open_host(void)
{
	nettest_open(&t);
}

static void close_host(void)
{
	nettest_close(&t);
}

static void learn(const struct inet_addr *router, uint8_t bits,
		  int8_t preference, usecs s)
{
	nd_route_learn(&t.net, &(struct nd_route){.prefix = {DST, bits},
						  .router = *router,
						  .ifindex = t.eth->index,
						  .preference = preference,
						  .until = t.eng.now + SEC(s)});
}

/* The last byte of the router; 0: on the link; -1: no route. */
static int way(void)
{
	const struct nd_route *r = nd_route_find(&t.net, &DST, 0);

	return r ? r->router.b[15] : -1;
}

HOST_TEST(nd_route, the_longest_prefix_wins_and_then_preference)
{
	learn(&ONE, 32, 1, 100);
	learn(&TWO, 48, -1, 100);
	cr_assert(eq(int, way(), 2));
	learn(&ONE, 48, 0, 100);
	cr_assert(eq(int, way(), 1));
	learn(&NOBODY, 48, 0, 100);
	cr_assert(eq(int, way(), 0));
}

HOST_TEST(nd_route, only_the_network_part_is_kept)
{
	learn(&ONE, 32, 0, 100);
	cr_assert(inet_equal(&t.net.nd_routes.r[0].prefix.addr, &NET));
	/* So this is the same one, with other times. */
	nd_route_learn(&t.net, &(struct nd_route){.prefix = {NET, 32},
						  .router = ONE,
						  .ifindex = t.eth->index});
	cr_assert(eq(int, way(), -1));
}

HOST_TEST(nd_route, times_end)
{
	learn(&ONE, 48, 0, 100);
	nettest_advance(&t, SEC(99));
	cr_assert(eq(int, way(), 1));
	nettest_advance(&t, SEC(1));
	cr_assert(eq(int, way(), -1));
}

/* RFC 4191 3.2 */
HOST_TEST(nd_route, a_dead_router_is_the_last_resort)
{
	struct ip_how how = {.dst = DST, .proto = 99};
	struct inet_prefix local = {{{0xfe, 0x80, [15] = 0x55}}, 64};
	struct tx tx;

	cr_assert(eq(int, iface_add_addr(t.eth, &local), 0));
	learn(&ONE, 64, 1, 1000);
	learn(&TWO, 48, 0, 1000);
	tx_init(&tx);
	memcpy(tx_push(&tx, 4), "abcd", 4);
	cr_assert(eq(int, ip_output(&t.net, &tx, &how), 0));
	for (int i = 0; i < LIMIT_NEIGH_TRIES; i++)
		nettest_advance(&t, LIMIT_NEIGH_RETRANS_US);
	cr_assert(eq(int, way(), 2));
	nd_route_forget(&t.net, t.eth->index, &TWO);
	cr_assert(eq(int, way(), 1));
}

HOST_TEST(nd_route, a_flood_leaves_the_first)
{
	struct inet_addr liar = ONE;

	learn(&ONE, 32, 0, 100);
	for (int i = 0; i < 200; i++) {
		liar.b[14] = (uint8_t)(i + 1);
		learn(&liar, 32, 1, 100);
	}
	nd_route_forget(&t.net, t.eth->index, &ONE);
	learn(&TWO, 64, 0, 100);
	cr_assert(eq(int, way(), 2));
}

HOST_TEST(nd_route, another_interface_is_another_way)
{
	learn(&ONE, 48, 0, 100);
	cr_assert(eq(ptr, (void *)(uintptr_t)nd_route_find(&t.net, &DST, 7),
		     NULL));
}

/* RFC 4191 2.1 */
HOST_TEST(nd_route, preferences_are_two_bits)
{
	cr_assert(eq(int, nd_route_preference(0), 0));
	cr_assert(eq(int, nd_route_preference(1), 1));
	cr_assert(eq(int, nd_route_preference(2), 0));
	cr_assert(eq(int, nd_route_preference(3), -1));
}
