/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * hosts_test.c - proves hosts.c: what a hosts file says, line by line
 */
#include "hosts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static struct host host;

static void clear(void)
{
	host_clear(&host);
}

TestSuite(hosts, .init = clear);

static bool by_name(const char *text, const char *name, unsigned int families)
{
	size_t len = strlen(text);
	char *copy = malloc(len ? len : 1);
	bool found;

	/* Without its NUL, so that the sanitizer sees one byte too many. */
	memcpy(copy, text, len);
	found = hosts_by_name(copy, len, name, families, &host);
	free(copy);
	return found;
}

static const char usual[] =
	"# a comment\n"
	"127.0.0.1\tlocalhost\n"
	"::1 localhost ip6-localhost\n"
	"\n"
	"  10.0.0.1   www.example.net www WEB # the server\n"
	"10.0.0.2 www.example.net\n"
	"10.0.0.3#www\n"
	"nonsense www\n"
	"10.0.0.4 last";

Test(hosts, every_line_with_the_name_counts)
{
	cr_assert(by_name(usual, "www.example.net", HOST_V4 | HOST_V6));
	cr_assert(eq(str, host.name, "www.example.net"));
	cr_assert(eq(sz, host.naddrs, 2));
	cr_assert(eq(u8, host.addrs[0].bytes[3], 1));
	cr_assert(eq(u8, host.addrs[1].bytes[3], 2));
}

Test(hosts, alias_finds_the_official_name)
{
	cr_assert(by_name(usual, "web", HOST_V4));
	cr_assert(eq(str, host.name, "www.example.net"));
	cr_assert(eq(str, (char *)host_next_alias(&host, NULL), "www"));
	cr_assert(
		eq(str,
		   (char *)host_next_alias(&host, host_next_alias(&host, NULL)),
		   "WEB"));
	cr_assert(eq(sz, host.naddrs, 1));
}

Test(hosts, families_are_kept_apart)
{
	cr_assert(by_name(usual, "localhost", HOST_V6));
	cr_assert(eq(sz, host.naddrs, 1));
	cr_assert(eq(int, host.addrs[0].family, AF_INET6));
	clear();
	cr_assert(not(by_name(usual, "ip6-localhost", HOST_V4)));
	cr_assert(eq(sz, host.naddrs, 0));
}

Test(hosts, last_line_without_newline_counts)
{
	cr_assert(by_name(usual, "last", HOST_V4));
	cr_assert(by_name(usual, "last.", HOST_V4));
}

Test(hosts, comments_and_nonsense_name_nobody)
{
	cr_assert(not(by_name(usual, "the", HOST_V4)));
	cr_assert(not(by_name(usual, "server", HOST_V4)));
	cr_assert(not(by_name(usual, "", HOST_V4)));
	cr_assert(not(by_name("", "www", HOST_V4)));
	cr_assert(not(by_name("\n\n#\n10.0.0.1\n", "www", HOST_V4)));
	cr_assert(not(by_name("256.0.0.1 www\n", "www", HOST_V4)));
}

Test(hosts, address_finds_its_names)
{
	struct host_addr a = {.family = AF_INET, .bytes = {10, 0, 0, 1}};

	cr_assert(hosts_by_addr(usual, sizeof(usual) - 1, &a, &host));
	cr_assert(eq(str, host.name, "www.example.net"));
	cr_assert(eq(str, (char *)host_next_alias(&host, NULL), "www"));

	a.bytes[3] = 9;
	clear();
	cr_assert(not(hosts_by_addr(usual, sizeof(usual) - 1, &a, &host)));
}

Test(hosts, long_lines_and_names_do_not_overflow)
{
	static char text[10000];
	size_t used = 0;

	memcpy(text, "10.0.0.1 ", 9);
	used = 9;
	while (used < sizeof(text) - 2) {
		text[used] = used % 7 ? 'a' : ' ';
		used++;
	}
	text[used] = '\n';
	cr_assert(by_name(text, "aaaaaa", HOST_V4));

	memset(text + 9, 'a', sizeof(text) - 11);
	by_name(text, "a", HOST_V4);
}

Test(hosts, more_addresses_than_fit_are_left_out)
{
	for (int i = 0; i < HOST_ADDRS_MAX + 10; i++) {
		uint8_t ip[4] = {10, 0, 0, (uint8_t)i};

		host_add_addr(&host, AF_INET, ip, 0);
		host_add_addr(&host, AF_INET, ip, 0);
	}
	cr_assert(eq(sz, host.naddrs, HOST_ADDRS_MAX));
}

Test(hosts, more_aliases_than_fit_are_left_out)
{
	char name[40];
	size_t n = 0;

	for (int i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "alias-number-%d", i);
		host_add_alias(&host, name);
	}
	for (const char *a = host_next_alias(&host, NULL); a;
	     a = host_next_alias(&host, a))
		n++;
	cr_assert(gt(sz, n, 50));
	cr_assert(lt(sz, n, 80));
}
