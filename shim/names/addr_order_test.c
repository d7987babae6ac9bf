/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * addr_order_test.c - proves addr_order.c: the examples of RFC 6724 10.2
 */
#include "addr_order.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

/* A destination and the source for it; NULL: it cannot be reached. */
static struct addr_order make(const char *to, const char *source)
{
	struct addr_order o = {.is_usable = source != NULL};
	char mapped[INET6_ADDRSTRLEN];

	o.to.family = strchr(to, ':') ? AF_INET6 : AF_INET;
	inet_pton(o.to.family, to, o.to.bytes);
	if (source && !strchr(source, ':')) {
		snprintf(mapped, sizeof(mapped), "::ffff:%s", source);
		source = mapped;
	}
	if (source)
		inet_pton(AF_INET6, source, o.source.b);
	return o;
}

/* Sorts both ways round: `first` must win from either place. */
static void expect_order(const char *first, const char *first_source,
			 const char *second, const char *second_source)
{
	struct addr_order a = make(first, first_source);
	struct addr_order b = make(second, second_source);
	struct addr_order ab[] = {a, b};
	struct addr_order ba[] = {b, a};

	addr_order_sort(ab, 2);
	addr_order_sort(ba, 2);
	cr_expect(eq(int, memcmp(&ab[0].to, &a.to, sizeof(a.to)), 0),
		  "%s before %s", first, second);
	cr_expect(eq(int, memcmp(&ba[0].to, &a.to, sizeof(a.to)), 0),
		  "%s before %s, given last", first, second);
}

Test(addr_order, reachable_before_unreachable)
{
	expect_order("198.51.100.121", "169.254.13.78", "2001:db8:1::1", NULL);
	expect_order("127.0.0.1", "127.0.0.1", "::1", NULL);
}

Test(addr_order, matching_scope_first)
{
	expect_order("2001:db8:1::1", "2001:db8:1::2", "198.51.100.121",
		     "169.254.13.78");
	expect_order("198.51.100.121", "198.51.100.117", "2001:db8:1::1",
		     "fe80::1");
}

Test(addr_order, higher_precedence_first)
{
	expect_order("2001:db8:1::1", "2001:db8:1::2", "10.1.2.3", "10.1.2.4");
	expect_order("::1", "::1", "127.0.0.1", "127.0.0.1");
}

Test(addr_order, smaller_scope_first)
{
	expect_order("fe80::1", "fe80::2", "2001:db8:1::1", "2001:db8:1::2");
}

Test(addr_order, matching_label_first)
{
	expect_order("2002:c633:6401::1", "2002:c633:6401::2", "2001:db8:1::1",
		     "2002:c633:6401::2");
}

Test(addr_order, longer_common_prefix_first)
{
	expect_order("2001:db8:1::1", "2001:db8:1::2", "2001:db8:3ffe::1",
		     "2001:db8:3f44::2");
}

/* A name server's rotation must survive. */
Test(addr_order, ipv4_keeps_its_order)
{
	struct addr_order list[] = {
		make("192.0.2.9", "10.0.0.2"),
		make("10.0.0.3", "10.0.0.2"),
		make("192.0.2.1", "10.0.0.2"),
	};

	addr_order_sort(list, 3);
	cr_assert(eq(u8, list[0].to.bytes[3], 9));
	cr_assert(eq(u8, list[1].to.bytes[3], 3));
	cr_assert(eq(u8, list[2].to.bytes[3], 1));
}
