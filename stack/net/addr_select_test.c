/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * addr_select_test.c - proves addr_select.c: each rule of RFC 6724 5, and the
 * examples of its 10.1.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "addr_select.h"
#include "testkit/nettest.h"

static struct nettest t;
static struct iface *other;

static void open_host(void)
{
	nettest_open(&t);
	other = net_add_iface(&t.net, "tap1", t.eth->link);
	cr_assert(other != NULL);
}

static void close_host(void)
{
	nettest_close(&t);
}

static struct inet_addr addr(const char *text)
{
	struct inet_addr a;

	cr_assert(eq(int, inet_parse(text, &a), 0), "%s", text);
	return a;
}

static void add_as(struct iface *ifp, const char *text, uint8_t phase,
		   uint8_t origin)
{
	struct iface_addr a = {.phase = phase, .origin = origin};

	cr_assert(eq(int, inet_parse_prefix(text, &a.prefix), 0), "%s", text);
	cr_assert(eq(int, iface_add(ifp, &a), 0));
}

static void add(struct iface *ifp, const char *text)
{
	add_as(ifp, text, ADDR_PREFERRED, ADDR_BY_CONFIG);
}

static void expect(const char *to, const char *from)
{
	struct inet_addr dst = addr(to), want = addr(from);
	const struct inet_addr *got = addr_select(&t.net, t.eth, &dst);
	char text[INET_TEXT_MAX];

	cr_assert(got != NULL, "%s: nothing", to);
	cr_expect(inet_equal(got, &want), "%s: %s, not %s", to,
		  inet_print(got, text), from);
}

static void expect_none(const char *to)
{
	struct inet_addr dst = addr(to);

	cr_expect(addr_select(&t.net, t.eth, &dst) == NULL, "%s", to);
}

HOST_TEST(addr_select, rule_1_the_destination_itself)
{
	add(t.eth, "2001:db8::1/64");
	add(t.eth, "2001:db8::2/64");
	expect("2001:db8::2", "2001:db8::2");
	expect("2001:db8::1", "2001:db8::1");
}

/* RFC 6724 10.1, the first four examples. */
HOST_TEST(addr_select, rule_2_a_scope_that_reaches)
{
	add(t.eth, "fe80::1/64");
	add(t.eth, "2001:db8:3::1/64");
	expect("2001:db8:1::1", "2001:db8:3::1");
	expect("ff05::1", "2001:db8:3::1");
	expect("fe80::2", "fe80::1");
	expect("ff02::1", "fe80::1");
}

/* Too small is still better than nothing. */
HOST_TEST(addr_select, rule_2_the_largest_of_those_that_do_not_reach)
{
	add(t.eth, "fe80::1/64");
	expect("2001:db8:1::1", "fe80::1");
	add(t.eth, "fec0::1/64");
	expect("2001:db8:1::1", "fec0::1");
}

HOST_TEST(addr_select, rule_3_not_deprecated)
{
	add_as(t.eth, "2001:db8:1::2/64", ADDR_DEPRECATED, ADDR_BY_CONFIG);
	expect("2001:db8:1::1", "2001:db8:1::2");
	add(t.eth, "2001:db8:3::2/64");
	expect("2001:db8:1::1", "2001:db8:3::2");
	/* The scope counts more. */
	add(t.eth, "fe80::1/64");
	expect("2001:db8:1::1", "2001:db8:3::2");
}

HOST_TEST(addr_select, rule_5_the_outgoing_interface)
{
	add(other, "2001:db8:1::2/64");
	expect("2001:db8:1::1", "2001:db8:1::2");
	add(t.eth, "2001:db8:3::2/64");
	expect("2001:db8:1::1", "2001:db8:3::2");
}

/* A link-local address of another link says nothing here. */
HOST_TEST(addr_select, link_local_stays_on_its_link)
{
	add(other, "fe80::9/64");
	expect_none("fe80::2");
	expect_none("2001:db8:1::1");
	expect_none("ff02::1");
	add(other, "2001:db8:1::2/64");
	expect_none("ff02::1");
}

/* RFC 6724 10.1: 6to4 to 6to4, unique local to unique local. */
HOST_TEST(addr_select, rule_6_a_matching_label)
{
	add(t.eth, "2002:c633:6401::d5e3:7953:13eb:22e8/64");
	add(t.eth, "2001:db8:1::2/64");
	expect("2002:c633:6401::1", "2002:c633:6401::d5e3:7953:13eb:22e8");
	expect("2001:db8:1::1", "2001:db8:1::2");
	add(t.eth, "fd00::2/64");
	expect("fdff::1", "fd00::2");
	expect("2600::1", "2001:db8:1::2");
}

HOST_TEST(addr_select, rule_7_temporary_rather_than_public)
{
	add_as(t.eth, "2001:db8:1::aaaa/64", ADDR_PREFERRED, ADDR_BY_ROUTER);
	add_as(t.eth, "2001:db8:1::bbbb/64", ADDR_PREFERRED, ADDR_TEMPORARY);
	expect("2001:db8:1::aaab", "2001:db8:1::bbbb");
}

HOST_TEST(addr_select, rule_8_the_longest_prefix)
{
	add(t.eth, "2001:db8:1::2/64");
	add(t.eth, "2001:db8:3::2/64");
	expect("2001:db8:1::1", "2001:db8:1::2");
	expect("2001:db8:3::1", "2001:db8:3::2");
	/* Bits behind the prefix count for nothing: the first one stays. */
	add(t.eth, "2001:db8:3::ff01/64");
	expect("2001:db8:3::ff02", "2001:db8:3::2");
}

HOST_TEST(addr_select, never_tentative_nor_duplicate_nor_loopback)
{
	struct inet_prefix one;

	cr_assert(eq(int, inet_parse_prefix("::1/128", &one), 0));
	(void)!iface_add_addr(t.lo, &one);
	add_as(t.eth, "2001:db8:1::2/64", ADDR_TENTATIVE, ADDR_BY_CONFIG);
	add_as(t.eth, "2001:db8:1::3/64", ADDR_DUPLICATE, ADDR_BY_CONFIG);
	expect_none("2001:db8:1::1");
}

HOST_TEST(addr_select, the_owner_of_an_address)
{
	struct inet_addr a = addr("fe80::9"), b = addr("fe80::8");

	add(other, "fe80::9/64");
	cr_assert(eq(u32, addr_select_owner(&t.net, &a), other->index));
	cr_assert(eq(u32, addr_select_owner(&t.net, &b), 0));
}

/* RFC 5014: a program may want to be known. */
HOST_TEST(addr_select, a_program_may_rather_be_public)
{
	struct inet_addr dst = addr("2001:db8:9::1");
	struct inet_addr temporary = addr("2001:db8:1::bbbb");
	struct inet_addr public = addr("2001:db8:1::aaaa");
	struct path path = {.ifp = t.eth, .source = temporary};

	add_as(t.eth, "2001:db8:1::aaaa/64", ADDR_PREFERRED, ADDR_BY_ROUTER);
	add_as(t.eth, "2001:db8:1::bbbb/64", ADDR_PREFERRED, ADDR_TEMPORARY);
	expect("2001:db8:9::1", "2001:db8:1::bbbb");
	addr_select_public(&t.net, &dst, &path);
	cr_assert(inet_equal(&path.source, &public));
	/* What a route has said stays. */
	path.source = addr("2001:db8:1::cccc");
	addr_select_public(&t.net, &dst, &path);
	cr_assert(not(inet_equal(&path.source, &public)));
}
