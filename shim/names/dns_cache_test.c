/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * dns_cache_test.c - proves dns_cache.c: kept as long as it is true, no longer
 */
#include "dns_cache.h"

#include <netinet/in.h>
#include <stdio.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#define SECOND 1000000ull

static const uint64_t start = 5 * SECOND;
static struct resolve_conf conf = {.nservers = 1};
static struct dns_query query;

static struct dns_name name_of(const char *text)
{
	struct dns_name name;

	cr_assert(eq(int, dns_name_parse(text, &name), 0));
	return name;
}

static void keep(const char *text, uint16_t type, enum dns_verdict verdict,
		 uint32_t ttl)
{
	const struct dns_query q = {
		.type = type,
		.verdict = verdict,
		.answer = {.ttl = ttl, .naddrs = 1, .addrs[0] = {192, 0, 2, 1}},
	};
	const struct dns_name name = name_of(text);

	dns_cache_keep(&conf, &name, &q, start);
}

static bool find(const char *text, uint16_t type, uint64_t now)
{
	const struct dns_name name = name_of(text);

	query = (struct dns_query){.type = type, .verdict = DNS_FAILED};
	return dns_cache_find(&conf, &name, &query, now);
}

Test(dns_cache, answer_is_found_until_its_time_is_over)
{
	keep("www.example.net", DNS_A, DNS_ANSWERED, 60);
	cr_assert(find("WWW.example.NET", DNS_A, start + 60 * SECOND - 1));
	cr_expect(eq(int, query.verdict, DNS_ANSWERED));
	cr_expect(eq(sz, query.answer.naddrs, 1));
	cr_expect(eq(u8, query.answer.addrs[0][0], 192));
	cr_expect(eq(u32, query.answer.ttl, 0), "it would be kept for ever");
	cr_assert(not(find("www.example.net", DNS_A, start + 60 * SECOND)));
	cr_assert(eq(int, query.verdict, DNS_FAILED));
}

Test(dns_cache, other_names_types_and_servers_are_not_answered)
{
	struct sockaddr_in *server = (struct sockaddr_in *)&conf.servers[0];

	keep("www.example.net", DNS_A, DNS_ANSWERED, 60);
	cr_expect(not(find("ww.example.net", DNS_A, start)));
	cr_expect(not(find("www.example.net", DNS_AAAA, start)));
	server->sin_addr.s_addr = htonl(0xc0000202);
	cr_expect(not(find("www.example.net", DNS_A, start)));
}

Test(dns_cache, what_is_not_there_is_known_too)
{
	keep("no.example.net", DNS_A, DNS_NO_NAME, 60);
	keep("www.example.net", DNS_AAAA, DNS_NO_DATA, 60);
	cr_assert(find("no.example.net", DNS_A, start));
	cr_expect(eq(int, query.verdict, DNS_NO_NAME));
	cr_assert(find("www.example.net", DNS_AAAA, start));
	cr_expect(eq(int, query.verdict, DNS_NO_DATA));
}

Test(dns_cache, failures_and_answers_without_time_are_not_kept)
{
	keep("a.example.net", DNS_A, DNS_ANSWERED, 0);
	keep("b.example.net", DNS_A, DNS_FAILED, 60);
	cr_expect(not(find("a.example.net", DNS_A, start)));
	cr_expect(not(find("b.example.net", DNS_A, start)));
}

Test(dns_cache, long_times_are_capped)
{
	keep("a.example.net", DNS_A, DNS_ANSWERED, UINT32_MAX);
	keep("b.example.net", DNS_A, DNS_NO_NAME, UINT32_MAX);
	cr_expect(find("a.example.net", DNS_A,
		       start + DNS_CACHE_TTL_MAX * SECOND - 1));
	cr_expect(not(find("a.example.net", DNS_A,
			   start + DNS_CACHE_TTL_MAX * SECOND)));
	cr_expect(not(find("b.example.net", DNS_A,
			   start + DNS_CACHE_NEGATIVE_MAX * SECOND)));
}

Test(dns_cache, newer_answer_takes_the_place_of_the_older)
{
	keep("a.example.net", DNS_A, DNS_ANSWERED, 60);
	keep("a.example.net", DNS_A, DNS_NO_NAME, 10);
	cr_assert(find("a.example.net", DNS_A, start));
	cr_expect(eq(int, query.verdict, DNS_NO_NAME));
	cr_expect(not(find("a.example.net", DNS_A, start + 20 * SECOND)));
}

Test(dns_cache, full_cache_forgets_what_ends_first)
{
	char text[32];

	for (unsigned int i = 0; i <= DNS_CACHE_MAX; i++) {
		snprintf(text, sizeof(text), "n%u.example.net", i);
		/* The eighth has the least time. */
		keep(text, DNS_A, DNS_ANSWERED, i == 7 ? 5 : 60 + i);
	}
	for (unsigned int i = 0; i <= DNS_CACHE_MAX; i++) {
		snprintf(text, sizeof(text), "n%u.example.net", i);
		cr_expect(eq(int, find(text, DNS_A, start), i != 7), "%s",
			  text);
	}
}
