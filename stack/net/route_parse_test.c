/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * route_parse_test.c - proves route_parse.c: what ip-route(8) would take.
 */
#include <errno.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "route_parse.h"

static struct route_words w;
static char why[200];

static int parse(const char *text)
{
	why[0] = '\0';
	return route_parse(text, &w, why, sizeof(why));
}

static bool is(const struct inet_addr *a, const char *text)
{
	struct inet_addr b;

	cr_assert(eq(int, inet_parse(text, &b), 0));
	return inet_equal(a, &b);
}

Test(route_parse, all_words)
{
	cr_assert(eq(int,
		     parse("10.9.0.0/16 via 10.0.0.1 dev tap0 metric 5 "
			   "src 10.0.0.2"),
		     0),
		  "%s", why);
	cr_expect(is(&w.r.dst.addr, "10.9.0.0"));
	cr_expect(eq(u8, w.r.dst.bits, 112));
	cr_expect(is(&w.r.gateway, "10.0.0.1"));
	cr_expect(is(&w.r.source, "10.0.0.2"));
	cr_expect(eq(u32, w.r.metric, 5));
	cr_expect(eq(str, w.dev, "tap0"));
	cr_expect(eq(u8, w.r.type, ROUTE_UNICAST));
}

Test(route_parse, default_is_of_the_gateway_s_family)
{
	cr_assert(eq(int, parse("default via fe80::1 dev tap1"), 0));
	cr_expect(eq(u8, w.r.dst.bits, 0));
	cr_expect(not(inet_is4(&w.r.dst.addr)));
	cr_assert(eq(int, parse("  default   dev tap1 "), 0));
	cr_expect(eq(u8, w.r.dst.bits, 96));
	cr_expect(inet_is4(&w.r.dst.addr));
	cr_expect(inet_is_any(&w.r.gateway));
}

Test(route_parse, types)
{
	cr_assert(eq(int, parse("blackhole 10.8.0.0/16"), 0));
	cr_expect(eq(u8, w.r.type, ROUTE_BLACKHOLE));
	cr_assert(eq(int, parse("unreachable fd00::/8 metric 7"), 0));
	cr_expect(eq(u8, w.r.type, ROUTE_UNREACHABLE));
	cr_assert(eq(int, parse("prohibit default"), 0));
	cr_expect(eq(u8, w.r.type, ROUTE_PROHIBIT));
}

Test(route_parse, mistakes_are_refused_with_a_sentence)
{
	static const char *const wrong[] = {
		"",
		"  ",
		"blackhole",
		"10.9.0.0/16",
		"10.9.0.1/16 via 10.0.0.1",
		"10.9.0.0/33 via 10.0.0.1",
		"10.9.0.0/16 via",
		"10.9.0.0/16 via 0.0.0.0",
		"10.9.0.0/16 via fd00::1",
		"10.9.0.0/16 via 224.0.0.1",
		"10.9.0.0/16 by 10.0.0.1",
		"10.9.0.0/16 via 10.0.0.1 metric",
		"10.9.0.0/16 via 10.0.0.1 metric -1",
		"10.9.0.0/16 via 10.0.0.1 metric 4294967296",
		"10.9.0.0/16 via 10.0.0.1 metric 99999999999999999999999999",
		"10.9.0.0/16 dev a-name-of-sixteen",
		"blackhole 10.9.0.0/16 via 10.0.0.1",
		"prohibit 10.9.0.0/16 dev tap0",
		"fd01::/16 via fe80::1",
		"throw 10.9.0.0/16",
	};

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		cr_expect(eq(int, parse(wrong[i]), -EINVAL), "\"%s\"",
			  wrong[i]);
		cr_expect(ne(chr, why[0], '\0'), "\"%s\"", wrong[i]);
	}
	cr_expect(eq(int, route_parse("x", &w, NULL, 0), -EINVAL));
}
