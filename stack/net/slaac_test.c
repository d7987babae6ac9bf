/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * slaac_test.c - proves slaac.c: addresses of prefixes, in virtual time.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "slaac.h"
#include "testkit/nettest.h"

static struct nettest t;

static const struct inet_addr ONE = {{0x20, 1, 0xd, 0xb8, [7] = 1}};
static const struct inet_addr TWO = {{0x20, 1, 0xd, 0xb8, [7] = 2}};

enum { HOUR = 3600, DAY = 86400 };

static void open_host(void)
{
	nettest_open(&t);
	cr_assert(eq(int, addr_add_link_local(t.eth), 0));
}

static void close_host(void)
{
	nettest_close(&t);
}

static void say(const struct inet_addr *prefix, usecs preferred_s,
		usecs valid_s)
{
	slaac_on_prefix(t.eth, prefix, t.eng.now + SEC(preferred_s),
			t.eng.now + SEC(valid_s));
}

static uint32_t count(enum iface_addr_origin origin)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < t.eth->naddrs; i++)
		n += t.eth->addrs[i].origin == origin;
	return n;
}

/* The last one of that origin. */
static struct iface_addr *made(enum iface_addr_origin origin)
{
	struct iface_addr *last = NULL;

	for (uint32_t i = 0; i < t.eth->naddrs; i++)
		if (t.eth->addrs[i].origin == origin)
			last = &t.eth->addrs[i];
	return last;
}

static usecs left_s(usecs until)
{
	return (until - t.eng.now) / USECS_PER_SEC;
}

static void pass(usecs seconds)
{
	for (usecs i = 0; i < seconds; i++)
		nettest_advance(&t, SEC(1));
}

/* RFC 4862 5.5.3 (d), RFC 7217, RFC 4429 */
HOST_TEST(slaac, a_prefix_becomes_an_address_at_once)
{
	struct inet_prefix p = {ONE, 64};
	struct iface_addr *a;

	say(&ONE, 100, 200);
	cr_assert(eq(u32, count(ADDR_BY_ROUTER), 1));
	a = made(ADDR_BY_ROUTER);
	cr_assert(inet_in_prefix(&a->prefix.addr, &p));
	cr_assert(eq(int, a->prefix.bits, 64));
	cr_assert(iface_owns(t.eth, &a->prefix.addr));
	cr_assert(a->not_onlink);
	nettest_advance(&t, SEC(1));
	nettest_advance(&t, SEC(1));
	cr_assert(eq(int, a->phase, ADDR_PREFERRED));
	say(&ONE, 100, 200);
	cr_assert(eq(u32, count(ADDR_BY_ROUTER), 1));
}

HOST_TEST(slaac, lifetimes_deprecate_and_end)
{
	say(&ONE, 100, 200);
	pass(99);
	cr_assert(eq(int, made(ADDR_BY_ROUTER)->phase, ADDR_PREFERRED));
	pass(1);
	cr_assert(eq(int, made(ADDR_BY_ROUTER)->phase, ADDR_DEPRECATED));
	/* A router that speaks again makes it good. */
	say(&ONE, 100, 200);
	cr_assert(eq(int, made(ADDR_BY_ROUTER)->phase, ADDR_PREFERRED));
	pass(200);
	cr_assert(eq(u32, count(ADDR_BY_ROUTER), 0));
}

/* RFC 4862 5.5.3 (c), (d) */
HOST_TEST(slaac, impossible_and_empty_lifetimes_make_nothing)
{
	say(&ONE, 200, 100);
	say(&ONE, 0, 0);
	cr_assert(eq(u32, count(ADDR_BY_ROUTER), 0));
	/* Deprecated from the beginning: nobody begins to use it. */
	say(&ONE, 0, 100);
	cr_assert(eq(int, made(ADDR_BY_ROUTER)->phase, ADDR_TENTATIVE));
	nettest_advance(&t, SEC(1));
	nettest_advance(&t, SEC(1));
	cr_assert(eq(int, made(ADDR_BY_ROUTER)->phase, ADDR_DEPRECATED));
}

/* RFC 4862 5.5.3 (e), its three cases. */
HOST_TEST(slaac, nobody_shortens_the_rest_below_two_hours)
{
	struct iface_addr *a;

	say(&ONE, 5 * HOUR, 10 * HOUR);
	a = made(ADDR_BY_ROUTER);
	/* 1: longer than two hours is believed. */
	say(&ONE, 2 * HOUR, 3 * HOUR);
	cr_assert(eq(u64, left_s(a->valid_until), 3 * HOUR));
	/* 3: down to two hours, and the preferred time as it was said. */
	say(&ONE, 0, 1);
	cr_assert(eq(u64, left_s(a->valid_until), 2 * HOUR));
	cr_assert(le(u64, a->preferred_until, t.eng.now));
	/* 2: less than two hours are left and stay. */
	nettest_advance(&t, SEC(HOUR));
	say(&ONE, 1, 2);
	cr_assert(eq(u64, left_s(a->valid_until), HOUR));
	/* 1: more than what is left is believed. */
	say(&ONE, 10, HOUR + 60);
	cr_assert(eq(u64, left_s(a->valid_until), HOUR + 60));
	slaac_on_prefix(t.eth, &ONE, USECS_NEVER, USECS_NEVER);
	cr_assert(eq(u64, a->valid_until, USECS_NEVER));
	say(&ONE, 0, 0);
	cr_assert(eq(u64, left_s(a->valid_until), 2 * HOUR));
}

HOST_TEST(slaac, a_flood_of_prefixes_leaves_the_first)
{
	struct inet_addr prefix = TWO;

	say(&ONE, 100, 200);
	for (int i = 0; i < 200; i++) {
		prefix.b[6] = (uint8_t)i;
		say(&prefix, 100, 200);
	}
	cr_assert(eq(u32, count(ADDR_BY_ROUTER), LIMIT_SLAAC_PREFIXES));
	cr_assert(t.eth->naddrs < LIMIT_IFACE_ADDRS);
}

/* RFC 7217 6 */
HOST_TEST(slaac, an_address_that_another_has_is_made_anew)
{
	struct inet_addr first;

	say(&ONE, 100, 200);
	first = made(ADDR_BY_ROUTER)->prefix.addr;
	addr_on_conflict(t.eth, made(ADDR_BY_ROUTER), NULL);
	cr_assert(not(inet_equal(&made(ADDR_BY_ROUTER)->prefix.addr, &first)));
	cr_assert(eq(u32, count(ADDR_BY_ROUTER), 1));
	for (int i = 1; i < LIMIT_IID_RETRIES; i++)
		addr_on_conflict(t.eth, made(ADDR_BY_ROUTER), NULL);
	cr_assert(eq(int, made(ADDR_BY_ROUTER)->phase, ADDR_DUPLICATE));
	/* And for this prefix no other one is tried. */
	say(&ONE, 100, 200);
	cr_assert(eq(u32, count(ADDR_BY_ROUTER), 1));
	cr_assert(eq(int, made(ADDR_BY_ROUTER)->phase, ADDR_DUPLICATE));
}

/* --- RFC 8981 ------------------------------------------------------------- */

HOST_TEST(slaac, a_temporary_address_is_used_first)
{
	const struct inet_addr far = {{0x20, 1, 0xd, 0xb8, 9, [15] = 1}};
	struct path path;

	say(&ONE, 7 * DAY, 14 * DAY);
	cr_assert(eq(u32, count(ADDR_TEMPORARY), 0));
	cr_assert(gt(u64, slaac_regenerate(t.eth), t.eng.now + SEC(DAY / 2)));
	cr_assert(eq(u32, count(ADDR_TEMPORARY), 1));
	cr_assert(eq(u64, left_s(made(ADDR_TEMPORARY)->valid_until), 2 * DAY));
	/* 3.4: at most a day, and not with everybody else. */
	cr_assert(le(u64, left_s(made(ADDR_TEMPORARY)->preferred_until), DAY));
	cr_assert(ge(u64, left_s(made(ADDR_TEMPORARY)->preferred_until),
		     DAY * 3 / 5));
	nd_route_learn(&t.net, &(struct nd_route){.prefix = {far, 64},
						  .ifindex = t.eth->index,
						  .until = USECS_NEVER});
	cr_assert(eq(int, route_lookup(&t.net, &far, NULL, &path), 0));
	cr_assert(inet_equal(&path.source, &made(ADDR_TEMPORARY)->prefix.addr));
	slaac_regenerate(t.eth);
	cr_assert(eq(u32, count(ADDR_TEMPORARY), 1));
}

/* 3.4 to 3.6: the next one before the last is deprecated; never many. */
HOST_TEST(slaac, temporary_addresses_follow_each_other)
{
	uint32_t most = 0;
	struct inet_addr last = {{0}};
	int changes = 0;

	for (usecs end = t.eng.now + SEC(10 * DAY); t.eng.now < end;) {
		usecs next;
		uint32_t good = 0;

		say(&ONE, 7 * DAY, 14 * DAY);
		next = slaac_regenerate(t.eth);
		for (uint32_t i = 0; i < t.eth->naddrs; i++)
			good += t.eth->addrs[i].origin == ADDR_TEMPORARY &&
				t.eth->addrs[i].preferred_until >
					t.eng.now + LIMIT_TEMP_ADVANCE_US;
		cr_assert(ge(u32, good, 1));
		most = MAX(most, count(ADDR_TEMPORARY));
		changes +=
			!inet_equal(&last, &made(ADDR_TEMPORARY)->prefix.addr);
		last = made(ADDR_TEMPORARY)->prefix.addr;
		cr_assert(gt(u64, next, t.eng.now));
		nettest_advance(&t, MIN(next - t.eng.now, SEC(1800)));
	}
	cr_assert(ge(int, changes, 10));
	cr_assert(le(u32, most, 4));
}

HOST_TEST(slaac, temporary_addresses_live_no_longer_than_their_prefix)
{
	say(&ONE, 100, 200);
	slaac_regenerate(t.eth);
	cr_assert(eq(u64, left_s(made(ADDR_TEMPORARY)->valid_until), 200));
	cr_assert(eq(u64, left_s(made(ADDR_TEMPORARY)->preferred_until), 100));
	/* More of both, but not beyond their own age. */
	say(&ONE, 30 * DAY, 60 * DAY);
	cr_assert(eq(u64, left_s(made(ADDR_TEMPORARY)->valid_until), 2 * DAY));
	cr_assert(le(u64, left_s(made(ADDR_TEMPORARY)->preferred_until), DAY));
}

/* A preferred lifetime that is too short makes none, and no busy loop. */
HOST_TEST(slaac, no_temporary_address_for_some_seconds)
{
	say(&ONE, 5, 100);
	cr_assert(eq(u64, slaac_regenerate(t.eth), USECS_NEVER));
	cr_assert(eq(u32, count(ADDR_TEMPORARY), 0));
}

HOST_TEST(slaac, a_temporary_address_is_tried_three_times)
{
	say(&ONE, 7 * DAY, 14 * DAY);
	slaac_regenerate(t.eth);
	for (int i = 0; i < LIMIT_IID_RETRIES; i++)
		addr_on_conflict(t.eth, made(ADDR_TEMPORARY), NULL);
	cr_assert(eq(int, made(ADDR_TEMPORARY)->phase, ADDR_DUPLICATE));
	slaac_regenerate(t.eth);
	cr_assert(eq(u32, count(ADDR_TEMPORARY), 1));
}
