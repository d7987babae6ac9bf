/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * nameservers_test.c - proves nameservers.c: what is learned, and how long.
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

static struct nameserver_from from(enum nameserver_origin origin, usecs s)
{
	return (struct nameserver_from){t.eth->index, origin,
					t.eng.now + SEC(s)};
}

/* fd00::`last`. */
static void learn(enum nameserver_origin origin, uint8_t last, usecs s)
{
	struct nameserver_from f = from(origin, s);
	uint8_t a[16] = {0xfd, [15] = last};

	nameservers_learn(&t.net, &f, a, sizeof(a));
}

/* The last byte of the i-th server; 0: there is none. */
static int server(size_t i)
{
	const struct nameserver *s = nameservers_get(&t.net, i);

	return s ? s->addr.b[15] : 0;
}

static void learn_names(const char *names, size_t len, usecs s)
{
	struct nameserver_from f = from(NAMESERVER_BY_ROUTER, s);

	nameservers_learn_domains(&t.net, &f, (const uint8_t *)names, len);
}

static const char *domain(size_t i)
{
	const struct search_domain *d = nameservers_get_domain(&t.net, i);

	return d ? d->name : "";
}

/* RFC 8106 5.3.1 */
HOST_TEST(nameservers, dhcp_comes_first)
{
	learn(NAMESERVER_BY_ROUTER, 1, 100);
	learn(NAMESERVER_BY_DHCP, 2, 100);
	cr_assert(eq(int, server(0), 2));
	cr_assert(eq(int, server(1), 1));
	cr_assert(eq(int, server(2), 0));
}

HOST_TEST(nameservers, each_serves_for_its_time)
{
	learn(NAMESERVER_BY_ROUTER, 1, 100);
	learn(NAMESERVER_BY_ROUTER, 2, 200);
	nettest_advance(&t, SEC(99));
	cr_assert(eq(int, server(0), 1));
	nettest_advance(&t, SEC(1));
	cr_assert(eq(int, server(0), 2));
	learn(NAMESERVER_BY_ROUTER, 2, 0);
	cr_assert(eq(int, server(0), 0));
}

HOST_TEST(nameservers, a_flood_leaves_the_first)
{
	for (int i = 1; i < 100; i++)
		learn(NAMESERVER_BY_ROUTER, (uint8_t)i, 100);
	cr_assert(eq(int, server(0), 1));
	cr_assert(eq(int, server(LIMIT_NAMESERVERS - 1), LIMIT_NAMESERVERS));
	cr_assert(eq(int, server(LIMIT_NAMESERVERS), 0));
}

HOST_TEST(nameservers, what_is_no_host_is_not_asked)
{
	static const uint8_t wrong[][16] = {
		{0},
		{[15] = 1},
		{0xff, 2, [15] = 1},
		{[10] = 0xff, [11] = 0xff, 10, 0, 0, 1},
	};
	struct nameserver_from f = from(NAMESERVER_BY_ROUTER, 100);

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		nameservers_learn(&t.net, &f, wrong[i], 16);
	cr_assert(eq(int, nameservers_get(&t.net, 0) != NULL, 0));
}

HOST_TEST(nameservers, names_are_read_label_by_label)
{
	static const char two[] = "\7example\3net\0\3lan\0\0\0\0";

	learn_names(two, sizeof(two), 100);
	cr_assert(eq(str, (char *)domain(0), "example.net"));
	cr_assert(eq(str, (char *)domain(1), "lan"));
	cr_assert(eq(str, (char *)domain(2), ""));
	nettest_advance(&t, SEC(100));
	cr_assert(eq(str, (char *)domain(0), ""));
}

HOST_TEST(nameservers, every_truncation_and_odd_bytes_are_refused)
{
	static const char name[] = "\7example\3net";
	static const char *const odd[] = {
		"\3a b", "\3a.b", "\3a\nb", "\3\xff\xff\xff", "\xc0\x02\1a",
	};

	for (size_t len = 0; len < sizeof(name); len++)
		learn_names(name, len, 100);
	for (size_t i = 0; i < ARRAY_LEN(odd); i++)
		learn_names(odd[i], strlen(odd[i]) + 1, 100);
	cr_assert(eq(str, (char *)domain(0), ""));
}

HOST_TEST(nameservers, a_name_that_is_too_long_is_refused)
{
	char name[300];
	size_t at = 0;

	while (at + 64 < sizeof(name)) {
		name[at] = 63;
		memset(name + at + 1, 'a', 63);
		at += 64;
	}
	name[at] = 0;
	learn_names(name, at + 1, 100);
	cr_assert(eq(str, (char *)domain(0), ""));
}

HOST_TEST(nameservers, what_one_origin_said_can_be_forgotten)
{
	learn(NAMESERVER_BY_ROUTER, 1, 100);
	learn(NAMESERVER_BY_DHCP, 2, 100);
	nameservers_forget(&t.net, t.eth->index, NAMESERVER_BY_DHCP);
	cr_assert(eq(int, server(0), 1));
	cr_assert(eq(int, server(1), 0));
}
