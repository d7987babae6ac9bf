/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * iface_test.c - proves iface.c: which addresses are ours, and which of them
 * to use
 */
#include <errno.h>
#include <stdio.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "testkit/testlan.h"

static struct lan *lan;

static void open_lan(void)
{
	lan = lan_open(LINK_CSUM);
}

static void close_lan(void)
{
	cr_assert(eq(sz, lan_close(lan), 0));
}

TestSuite(iface, .init = open_lan, .fini = close_lan);

static struct inet_addr addr(const char *text)
{
	struct inet_addr a;

	cr_assert(eq(int, inet_parse(text, &a), 0));
	return a;
}

static int add(const char *text)
{
	struct inet_prefix p;

	cr_assert(eq(int, inet_parse_prefix(text, &p), 0));
	return iface_add_addr(lan->ifp, &p);
}

static bool owns(const struct iface *ifp, const char *text)
{
	struct inet_addr a = addr(text);

	return iface_owns(ifp, &a);
}

static bool is_broadcast(const struct iface *ifp, const char *text)
{
	struct inet_addr a = addr(text);

	return iface_is_broadcast(ifp, &a);
}

Test(iface, a_new_one_is_what_its_link_suggests)
{
	const struct eth_addr ours = LAN_OUR_MAC;

	cr_assert(eq(u32, lan->ifp->mtu, 1500));
	cr_assert(eq(u32, lan->ifp->caps, LINK_CSUM));
	cr_assert(eth_equal(&lan->ifp->mac, &ours));
	cr_assert(eq(str, lan->ifp->name, "tap0"));
	cr_assert(not(lan->ifp->is_loopback));
	cr_assert(lan->net.ifs[0].is_loopback);
}

Test(iface, addresses_are_added_once_and_not_without_end)
{
	char text[32];

	cr_assert(eq(int, add("10.0.0.1/8"), -EEXIST));
	for (int i = 1; i < LIMIT_IFACE_ADDRS; i++) {
		snprintf(text, sizeof(text), "10.1.0.%d/24", i);
		cr_assert(eq(int, add(text), 0));
	}
	cr_assert(eq(int, add("10.2.0.1/24"), -ENOBUFS));
}

Test(iface, it_owns_its_addresses_and_loopback_owns_127)
{
	cr_assert(owns(lan->ifp, "10.0.0.1"));
	cr_assert(not(owns(lan->ifp, "10.0.0.2")));
	cr_assert(not(owns(lan->ifp, "127.0.0.1")));
	cr_assert(owns(&lan->net.ifs[0], "127.9.9.9"));
	cr_assert(not(owns(&lan->net.ifs[0], "128.0.0.1")));
}

Test(iface, broadcasts_are_those_of_its_prefixes)
{
	cr_assert(is_broadcast(lan->ifp, "255.255.255.255"));
	cr_assert(is_broadcast(lan->ifp, "10.0.0.255"));
	cr_assert(not(is_broadcast(lan->ifp, "10.0.1.255")));
	cr_assert(not(is_broadcast(&lan->net.ifs[0], "127.255.255.255")));
}

static const struct inet_addr *source_for(const char *text)
{
	struct inet_addr dst = addr(text);

	return iface_source_for(lan->ifp, &dst);
}

Test(iface, the_source_lies_in_the_same_prefix_else_is_the_first)
{
	cr_assert(eq(int, add("10.7.0.1/16"), 0));
	cr_assert(eq(ptr, (void *)source_for("10.7.3.4"),
		     &lan->ifp->addrs[1].prefix.addr));
	cr_assert(eq(ptr, (void *)source_for("8.8.8.8"),
		     &lan->ifp->addrs[0].prefix.addr));
	cr_assert(eq(ptr, (void *)source_for("2001:db8::1"), NULL));
}
