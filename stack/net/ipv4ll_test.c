/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * ipv4ll_test.c - proves ipv4ll.c: which address, when, and until when.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "acd.h"
#include "ipv4ll.h"
#include "testkit/nettest.h"

static struct nettest t;
static struct ipv4ll *l;

static void pass(usecs by)
{
	usecs end = t.eng.now + by;
	struct timer *due;

	while (timer_next(&t.eng.timers) <= end) {
		t.eng.now = MAX(t.eng.now, timer_next(&t.eng.timers));
		due = timer_pop_due(&t.eng.timers, t.eng.now);
		if (due->kind == TIMER_IPV4LL)
			ipv4ll_on_timer(l);
		else if (due->kind == TIMER_NEIGH)
			neigh_on_timer(container_of(due, struct neigh, timer));
		else if (due->kind == TIMER_IFACE)
			addr_on_timer(container_of(due, struct iface, timer));
		nettest_forget_frames(&t);
	}
	t.eng.now = end;
}

static void open_host(void)
{
	struct inet_prefix ours = {inet_from4(NT_US), 120};

	nettest_open(&t);
	cr_assert(eq(int, iface_delete_addr(t.eth, &ours), 0));
	l = &t.net.ipv4ll[t.eth->index - 1];
	cr_assert(eq(int, ipv4ll_start(t.eth), 0));
}

static void close_host(void)
{
	nettest_close(&t);
}

TestSuite(ipv4ll, .init = open_host, .fini = close_host);

/* The one address there is, being probed or not. */
static struct inet_addr only(void)
{
	cr_assert(eq(u32, t.eth->naddrs, 1));
	return t.eth->addrs[0].prefix.addr;
}

static bool is_usable(void)
{
	return ipv4ll_address(t.eth) != NULL;
}

/* Patience, and five probes and announcements. */
static void get_address(void)
{
	pass(SEC(2) + SEC(1) + SEC(4) + SEC(4));
	cr_assert(is_usable());
}

static void somebody_has_it(void)
{
	struct inet_addr a = only();

	cr_assert(acd_on_sender(t.eth, &a, &NT_PEER_MAC));
}

Test(ipv4ll, dhcp_gets_two_seconds)
{
	pass(SEC(2) - 1);
	cr_expect(zero(u32, t.eth->naddrs));
	pass(1);
	cr_expect(inet_is_link_local((struct inet_addr[]){only()}));
	cr_expect(not(is_usable()), "not before it was probed");
	pass(SEC(7));
	cr_expect(is_usable());
	cr_expect(eq(u8, t.eth->addrs[0].prefix.bits, 96 + 16));
}

/* RFC 3927 2.1: the first and the last 256 addresses are reserved. */
Test(ipv4ll, addresses_are_of_the_range_and_spread)
{
	uint32_t low = 0;

	for (int i = 0; i < 1000; i++) {
		struct inet_addr a;

		l->conflicts = 0;
		pass(i ? 0 : SEC(2));
		a = only();
		cr_assert(a.b[12] == 169 && a.b[13] == 254 && a.b[14] >= 1 &&
			  a.b[14] <= 254);
		low += a.b[14] < 128;
		somebody_has_it();
	}
	cr_expect(low > 400 && low < 600, "%u of 1000", low);
}

Test(ipv4ll, the_same_hardware_gets_the_same_address)
{
	struct inet_addr first, again;

	get_address();
	first = only();
	close_host();
	open_host();
	get_address();
	again = only();
	cr_expect(inet_equal(&first, &again));
	close_host();
	open_host();
	t.eth->mac.b[5]++;
	get_address();
	again = only();
	cr_expect(not(inet_equal(&first, &again)));
}

Test(ipv4ll, an_address_that_is_taken_is_replaced_at_once)
{
	struct inet_addr first, second;

	pass(SEC(2));
	first = only();
	somebody_has_it();
	pass(0);
	second = only();
	cr_expect(not(inet_equal(&first, &second)));
	pass(SEC(8));
	cr_expect(is_usable());
}

/* RFC 3927 2.2.1: MAX_CONFLICTS, RATE_LIMIT_INTERVAL. */
Test(ipv4ll, after_ten_conflicts_one_try_a_minute)
{
	pass(SEC(2));
	for (int i = 0; i < 10; i++) {
		somebody_has_it();
		pass(i < 9 ? 0 : SEC(60) - 1);
	}
	cr_expect(zero(u32, t.eth->naddrs));
	pass(1);
	somebody_has_it();
	pass(SEC(60) - 1);
	cr_expect(zero(u32, t.eth->naddrs));
	pass(SEC(10));
	cr_expect(is_usable());
	cr_expect(zero(u8, l->conflicts), "and it begins to count anew");
}

/* RFC 3927 2.5 (b), and then another address. */
Test(ipv4ll, it_is_defended_once_and_then_replaced)
{
	struct inet_addr first;

	get_address();
	first = only();
	somebody_has_it();
	cr_expect(is_usable());
	somebody_has_it();
	cr_expect(not(is_usable()));
	pass(SEC(8));
	cr_expect(not(inet_equal(&first, ipv4ll_address(t.eth))));
}

/* RFC 3927 1.9: what uses it may go on, and nothing new does. */
Test(ipv4ll, a_lease_takes_its_place)
{
	struct inet_prefix lease = {inet_from4(NT_US), 120};
	struct inet_addr dst = inet_from4(ip4_make(169, 254, 9, 9));
	const struct inet_addr *source;

	get_address();
	cr_assert(eq(int, iface_add_addr(t.eth, &lease), 0));
	ipv4ll_on_lease(t.eth);
	pass(0);
	cr_expect(is_usable());
	source = iface_source_for(t.eth, &dst);
	cr_expect(inet_equal(source, &lease.addr));
	pass(SEC(600));
	cr_expect(not(is_usable()));
	pass(SEC(3600));
	cr_expect(eq(u32, t.eth->naddrs, 1));
}

Test(ipv4ll, a_lease_ends_the_probing)
{
	pass(SEC(3));
	cr_assert(eq(u32, t.eth->naddrs, 1));
	ipv4ll_on_lease(t.eth);
	cr_expect(zero(u32, t.eth->naddrs));
	pass(SEC(3600));
	cr_expect(zero(u32, t.eth->naddrs));
}

Test(ipv4ll, a_lease_that_is_lost_brings_it_back)
{
	struct inet_addr first;

	get_address();
	first = only();
	ipv4ll_on_lease(t.eth);
	pass(SEC(10));
	ipv4ll_on_no_lease(t.eth);
	pass(SEC(3600));
	cr_expect(is_usable());
	cr_expect(inet_equal(&first, ipv4ll_address(t.eth)));
	ipv4ll_on_lease(t.eth);
	pass(SEC(601));
	ipv4ll_on_no_lease(t.eth);
	get_address();
}

/* RFC 3927 2.6.2, 2.7. */
Test(ipv4ll, it_is_no_source_beyond_the_link)
{
	struct inet_addr peer = inet_from4(ip4_make(169, 254, 9, 9));
	struct inet_addr router = inet_from4(ip4_make(169, 254, 1, 1));
	struct inet_addr far = inet_from4(ip4_make(8, 8, 8, 8));
	struct inet_addr ours;
	struct path path;
	struct route out = {.dst = {inet_from4(ip4_make(0, 0, 0, 0)), 96},
			    .gateway = router,
			    .ifindex = t.eth->index};

	get_address();
	ours = only();
	cr_assert(zero(int, route_lookup(&t.net, &peer, NULL, &path)));
	cr_expect(inet_equal(&path.source, &ours));
	cr_assert(zero(int, route_add(&t.net, &out)));
	cr_expect(
		eq(int, route_lookup(&t.net, &far, NULL, &path), -ENETUNREACH));
	cr_expect(eq(int, route_lookup(&t.net, &far, &ours, &path),
		     -ENETUNREACH));
}

/* With another address it is the other one's packet. */
Test(ipv4ll, a_routable_address_is_preferred_beyond_the_link)
{
	struct inet_prefix other = {inet_from4(NT_US), 120};
	struct inet_addr far = inet_from4(ip4_make(8, 8, 8, 8));
	struct path path;

	get_address();
	cr_assert(eq(int, iface_add_addr(t.eth, &other), 0));
	nettest_connect(&t);
	cr_assert(zero(int, route_lookup(&t.net, &far, NULL, &path)));
	cr_expect(inet_equal(&path.source, &other.addr));
}

Test(ipv4ll, a_death_loses_neither_the_address_nor_the_next_try)
{
	pass(SEC(1));
	timer_heap_rebuild(&t.eng.timers);
	net_rebuild(&t.net);
	pass(SEC(1));
	cr_expect(eq(u32, t.eth->naddrs, 1));
	timer_heap_rebuild(&t.eng.timers);
	net_rebuild(&t.net);
	pass(SEC(7));
	cr_expect(is_usable());
	/* Died when the address had gone, and nothing was noted. */
	iface_delete(t.eth, (struct inet_addr[]){only()});
	timer_heap_rebuild(&t.eng.timers);
	net_rebuild(&t.net);
	pass(SEC(7));
	cr_expect(is_usable());
}
