/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * inet_test.c - proves inet.c: text to addresses and back, and what they are
 */
#include <errno.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "inet.h"

static struct inet_addr addr(const char *text)
{
	struct inet_addr a;

	cr_assert(eq(int, inet_parse(text, &a), 0), "%s", text);
	return a;
}

static struct inet_prefix prefix(const char *text)
{
	struct inet_prefix p;

	cr_assert(eq(int, inet_parse_prefix(text, &p), 0), "%s", text);
	return p;
}

/* RFC 5952 4 decides what is printed. */
Test(inet, text_is_read_and_printed_in_its_canonical_form)
{
	static const char *const pairs[][2] = {
		{"10.0.0.2", "10.0.0.2"},
		{"0.0.0.0", "0.0.0.0"},
		{"255.255.255.255", "255.255.255.255"},
		{"::", "::"},
		{"::1", "::1"},
		{"1::", "1::"},
		{"fe80::1", "fe80::1"},
		{"2001:DB8::A", "2001:db8::a"},
		{"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
		{"2001:0db8:0000:0001:0001:0001:0001:0001",
		 "2001:db8:0:1:1:1:1:1"},
		{"2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
		{"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
		{"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
		{"1:0:0:2:0:0:0:3", "1:0:0:2::3"},
		{"::ffff:10.1.2.3", "10.1.2.3"},
		{"::ffff:a01:203", "10.1.2.3"},
		{"64:ff9b::1.2.3.4", "64:ff9b::102:304"},
		{"1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"},
	};

	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		struct inet_addr a = addr(pairs[i][0]);
		char buf[INET_TEXT_MAX];

		cr_expect(eq(str, (char *)inet_print(&a, buf),
			     (char *)pairs[i][1]));
	}
}

Test(inet, what_is_not_an_address_is_refused)
{
	static const char *const wrong[] = {
		"",
		" ",
		"1",
		"1.2.3",
		"1.2.3.4.",
		"1.2.3.4.5",
		".1.2.3",
		"1..2.3",
		"256.1.1.1",
		"01.2.3.4",
		"1.2.3.4 ",
		" 1.2.3.4",
		"0x1.2.3.4",
		"1.2.3.-4",
		"99999999999.1.1.1",
		":",
		":::",
		"1:",
		":1",
		"1:2:3:4:5:6:7",
		"1:2:3:4:5:6:7:8:9",
		"1:2:3:4:5:6:7:8::",
		"::1:2:3:4:5:6:7:8",
		"1::2::3",
		"12345::",
		"g::",
		"::1.2.3",
		"1.2.3.4::",
		"::1.2.3.4:5",
		"1:2:3:4:5:6:7:1.2.3.4",
		"fe80::1%eth0",
		"1:::2",
		"1:2:3:4:5:6:7:8:9:a:b:c:d",
	};
	struct inet_addr a;

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		cr_expect(eq(int, inet_parse(wrong[i], &a), -EINVAL), "\"%s\"",
			  wrong[i]);
}

Test(inet, prefix_lengths_count_in_the_128_bit_form)
{
	struct inet_prefix p;

	cr_assert(eq(int, prefix("10.0.0.2/24").bits, 120));
	cr_assert(eq(int, prefix("10.0.0.2").bits, 128));
	cr_assert(eq(int, prefix("0.0.0.0/0").bits, 96));
	cr_assert(eq(int, prefix("fe80::1/64").bits, 64));
	cr_assert(eq(int, prefix("::/0").bits, 0));
	cr_assert(eq(int, inet_parse_prefix("10.0.0.2/33", &p), -EINVAL));
	cr_assert(eq(int, inet_parse_prefix("10.0.0.2/", &p), -EINVAL));
	cr_assert(eq(int, inet_parse_prefix("10.0.0.2/2x", &p), -EINVAL));
	cr_assert(eq(int, inet_parse_prefix("::/129", &p), -EINVAL));
	cr_assert(eq(int, inet_parse_prefix("::1/-1", &p), -EINVAL));
}

static bool is_in(const char *a, const char *p)
{
	struct inet_prefix net = prefix(p);
	struct inet_addr one = addr(a);

	return inet_in_prefix(&one, &net);
}

Test(inet, prefixes_hold_their_own_family_only)
{
	cr_assert(is_in("10.0.0.255", "10.0.0.2/24"));
	cr_assert(not(is_in("10.0.1.0", "10.0.0.2/24")));
	cr_assert(is_in("10.0.0.3", "10.0.0.2/31"));
	cr_assert(not(is_in("10.0.0.4", "10.0.0.2/31")));
	cr_assert(not(is_in("10.0.0.3", "10.0.0.2/32")));
	cr_assert(is_in("1.2.3.4", "0.0.0.0/0"));
	cr_assert(not(is_in("::1", "0.0.0.0/0")));
	cr_assert(is_in("2001:db8::5", "2001:db8::/64"));
	cr_assert(not(is_in("10.0.0.1", "::/8")));
	cr_assert(is_in("10.0.0.1", "::/0"));
}

static bool is_bcast(const char *a, const char *p)
{
	struct inet_prefix net = prefix(p);
	struct inet_addr one = addr(a);

	return inet_is_directed_broadcast(&one, &net);
}

Test(inet, directed_broadcast_needs_a_prefix_with_hosts)
{
	cr_assert(is_bcast("10.0.0.255", "10.0.0.2/24"));
	cr_assert(is_bcast("10.0.0.3", "10.0.0.2/30"));
	cr_assert(not(is_bcast("10.0.0.3", "10.0.0.2/31")));
	cr_assert(not(is_bcast("10.0.0.2", "10.0.0.2/32")));
	cr_assert(not(is_bcast("10.0.1.255", "10.0.0.2/24")));
	cr_assert(is_bcast("10.255.255.255", "10.0.0.2/8"));
	cr_assert(not(is_bcast("fe80::ff", "fe80::/120")));
}

Test(inet, addresses_are_classified)
{
	struct inet_addr a;

	a = addr("127.4.5.6");
	cr_assert(inet_is_loopback(&a));
	a = addr("::1");
	cr_assert(inet_is_loopback(&a));
	a = addr("224.0.0.1");
	cr_assert(inet_is_multicast(&a));
	a = addr("240.0.0.1");
	cr_assert(not(inet_is_multicast(&a)));
	a = addr("ff02::1");
	cr_assert(inet_is_multicast(&a));
	a = addr("169.254.1.1");
	cr_assert(inet_is_link_local(&a));
	a = addr("fe80::1");
	cr_assert(inet_is_link_local(&a));
	a = addr("fec0::1");
	cr_assert(not(inet_is_link_local(&a)));
	a = addr("0.0.0.0");
	cr_assert(inet_is_any(&a));
	a = addr("::");
	cr_assert(inet_is_any(&a));
	a = addr("255.255.255.255");
	cr_assert(inet_is_broadcast4(&a));
	cr_assert(not(inet_is_any(&a)));
}

Test(inet, endpoints_are_printed_with_brackets_around_ipv6)
{
	struct endpoint four = {addr("10.0.0.2"), 80, 0};
	struct endpoint six = {addr("1234:1234:1234:1234:1234:1234:1234:1234"),
			       65535, 0};
	char buf[INET_TEXT_MAX];

	cr_assert(eq(str, (char *)inet_print_endpoint(&four, buf),
		     "10.0.0.2:80"));
	cr_assert(eq(str, (char *)inet_print_endpoint(&six, buf),
		     "[1234:1234:1234:1234:1234:1234:1234:1234]:65535"));
}
