/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * net_test.c - proves net.c: what is ours, on any interface.
 */
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

HOST_TEST(net, addresses_of_every_interface_are_local)
{
	static const struct {
		struct ip4_addr a;
		bool local, broadcast;
	} table[] = {
		{{{10, 0, 0, 2}}, true, false},
		{{{127, 0, 0, 1}}, true, false},
		{{{127, 9, 9, 9}}, true, false},
		{{{10, 0, 0, 1}}, false, false},
		{{{10, 0, 0, 255}}, false, true},
		{{{255, 255, 255, 255}}, false, true},
		{{{0, 0, 0, 0}}, false, false},
		{{{224, 0, 0, 1}}, false, false},
	};

	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct inet_addr a = inet_from4(table[i].a);

		cr_expect(net_is_local(&t.net, &a) == table[i].local, "row %zu",
			  i);
		cr_expect(net_is_broadcast(&t.net, &a) == table[i].broadcast,
			  "row %zu", i);
	}
}

HOST_TEST(net, interfaces_are_numbered_from_one_and_limited)
{
	cr_assert(eq(u32, t.lo->index, 1));
	cr_assert(eq(u32, t.eth->index, 2));
	cr_assert(t.lo->is_loopback);
	cr_assert(not(t.eth->is_loopback));
	while (t.net.nifs < LIMIT_IFACES)
		cr_assert(ne(ptr, net_add_iface(&t.net, "more", -1), NULL));
	cr_assert(eq(ptr, net_add_iface(&t.net, "too many", -1), NULL));
}

/* RFC 1122 3.3.4.2, the strong model. */
HOST_TEST(net, an_address_is_accepted_on_its_own_link_only)
{
	struct inet_addr first = inet_from4(NT_US), anycast, lo;
	struct inet_addr second = inet_from4(ip4_make(10, 5, 0, 2));
	struct inet_prefix any = {inet_from4(ip4_make(10, 9, 9, 9)), 128};

	nettest_second(&t);
	anycast = any.addr;
	lo = inet_from4(ip4_make(127, 0, 0, 1));
	cr_assert(eq(int, iface_add_addr(t.lo, &any), 0));
	cr_expect(net_accepts(&t.net, t.eth, &first));
	cr_expect(not(net_accepts(&t.net, t.eth, &second)));
	cr_expect(net_accepts(&t.net, t.eth2, &second));
	cr_expect(not(net_accepts(&t.net, t.eth2, &first)));
	cr_expect(net_accepts(&t.net, t.lo, &first));
	/* The loopback's are the host's, except those that never leave it. */
	cr_expect(net_accepts(&t.net, t.eth, &anycast));
	cr_expect(not(net_accepts(&t.net, t.eth, &lo)));
	/* RFC 1812 5.2.3: a router's are the router's. */
	t.net.forwards = true;
	cr_expect(net_accepts(&t.net, t.eth, &second));
}
