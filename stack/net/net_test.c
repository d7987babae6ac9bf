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
