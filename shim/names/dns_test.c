/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * dns_test.c - proves dns.c: exact questions, and answers nobody can forge by
 * cutting, looping or renaming
 *
 * Messages are built byte by byte here, not by the code under test.
 */
#include "dns.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#define LABEL_16 "sixteen-letters-"
#define LABEL_64 LABEL_16 LABEL_16 LABEL_16 LABEL_16

/* A message under construction. */
static uint8_t msg[65536];
static size_t msg_len;
static struct dns_question question;
static struct dns_answer answer;

static void put(const void *bytes, size_t n)
{
	memcpy(msg + msg_len, bytes, n);
	msg_len += n;
}

static void put16(unsigned int n)
{
	put((uint8_t[]){(uint8_t)(n >> 8), (uint8_t)n}, 2);
}

static void put32(uint32_t n)
{
	put16(n >> 16);
	put16(n & 0xffff);
}

static void put_header(unsigned int flags, unsigned int answers)
{
	msg_len = 0;
	put16(0x1234);
	put16(flags);
	put16(1);
	put16(answers);
	put16(0);
	put16(0);
}

/* The question stands at offset 12: "\3www\7example\3net\0". */
static void put_question(void)
{
	put("\3www\7example\3net", 17);
	put16(question.type);
	put16(1);
}

/* Seconds that the records to come are good for. */
static uint32_t ttl;

static void put_record(const char *owner, size_t owner_len, unsigned int type,
		       const char *data, size_t len)
{
	put(owner, owner_len);
	put16(type);
	put16(1);
	put32(ttl);
	put16((unsigned int)len);
	put(data, len);
}

#define OWNER_QUESTION "\xc0\x0c", 2

static enum dns_verdict read_it(void)
{
	/* A block of its own: the sanitizer sees one byte too many. */
	uint8_t *copy = malloc(msg_len ? msg_len : 1);
	enum dns_verdict v;

	memcpy(copy, msg, msg_len);
	v = dns_read(&question, copy, msg_len, &answer);
	free(copy);
	return v;
}

static void ask_www(void)
{
	question = (struct dns_question){.id = 0x1234, .type = DNS_A};
	ttl = 60;
	cr_assert(
		eq(int, dns_name_parse("www.example.net", &question.name), 0));
}

TestSuite(dns, .init = ask_www);

Test(dns, question_is_written_byte_for_byte)
{
	static const uint8_t expected[] =
		"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x01"
		"\3www\7example\3net\0\x00\x01\x00\x01"
		"\x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00";
	uint8_t buf[DNS_QUESTION_MAX];

	question.edns = true;
	cr_assert(eq(sz, dns_write(&question, buf), sizeof(expected)));
	cr_assert(eq(int, memcmp(buf, expected, sizeof(expected)), 0));
}

Test(dns, names_that_are_not_names_are_refused)
{
	static const char *const bad[] = {
		"..",
		".a",
		"a..b",
		LABEL_64,
	};
	struct dns_name name;
	char long_name[300];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_expect(eq(int, dns_name_parse(bad[i], &name), -EINVAL), "%s",
			  bad[i]);

	/* 127 labels of one letter are 255 bytes on the wire; 128 are not. */
	for (size_t i = 0; i < sizeof(long_name) - 1; i++)
		long_name[i] = i % 2 ? '.' : 'a';
	long_name[253] = '\0';
	cr_expect(eq(int, dns_name_parse(long_name, &name), 0));
	cr_expect(eq(int, name.len, 255));
	long_name[253] = '.';
	long_name[255] = '\0';
	cr_expect(eq(int, dns_name_parse(long_name, &name), -EINVAL));
}

Test(dns, longest_name_prints_and_parses_back)
{
	char long_name[DNS_NAME_TEXT_MAX];
	char back[DNS_NAME_TEXT_MAX];
	struct dns_name name;

	for (size_t i = 0; i < sizeof(long_name) - 1; i++)
		long_name[i] = i % 2 ? '.' : 'a';
	long_name[253] = '\0';
	cr_assert(eq(int, dns_name_parse(long_name, &name), 0));
	cr_assert(eq(int, dns_name_print(&name, back), 0));
	cr_assert(eq(str, back, long_name));
}

Test(dns, addresses_are_asked_for_backwards)
{
	uint8_t ip6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 0x1f};
	uint8_t ip4[4] = {192, 0, 2, 33};
	char text[DNS_NAME_TEXT_MAX];
	struct dns_name name;

	dns_name_of_addr(ip4, 4, &name);
	cr_assert(eq(int, dns_name_print(&name, text), 0));
	cr_assert(eq(str, text, "33.2.0.192.in-addr.arpa"));
	dns_name_of_addr(ip6, 16, &name);
	cr_assert(eq(int, dns_name_print(&name, text), 0));
	cr_assert(eq(str, text,
		     "f.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0."
		     "8.b.d.0.1.0.0.2.ip6.arpa"));
}

/* Two aliases in the wrong order, then two addresses. */
static void put_good_answer(void)
{
	put_header(0x8180, 4);
	put_question();
	put_record("\2cd\xc0\x10", 5, DNS_CNAME, "\3end\xc0\x10", 6);
	put_record("\2CD\xc0\x10", 5, 99, "junk", 4);
	put_record(OWNER_QUESTION, DNS_CNAME, "\2cd\xc0\x10", 5);
	put_record("\3END\xc0\x10", 6, DNS_A, "\xc0\x00\x02\x01", 4);
	put_record("\3end\7example\3net", 17, DNS_A, "\xc0\x00\x02\x02", 4);
	msg[7] = 5;
}

Test(dns, aliases_are_followed_to_the_addresses)
{
	put_good_answer();
	cr_assert(eq(int, read_it(), DNS_ANSWERED));
	cr_assert(eq(str, answer.canon, "end.example.net"));
	cr_assert(eq(sz, answer.naddrs, 2));
	cr_assert(eq(u8, answer.addrs[0][3], 1));
	cr_assert(eq(u8, answer.addrs[1][3], 2));
}

Test(dns, every_shorter_length_is_refused)
{
	size_t whole;

	put_good_answer();
	whole = msg_len;
	for (msg_len = 0; msg_len < whole; msg_len++) {
		enum dns_verdict v = read_it();

		cr_expect(v == DNS_FAILED || v == DNS_NOT_OURS, "%zu bytes: %d",
			  msg_len, (int)v);
	}
}

Test(dns, another_id_question_or_direction_is_not_ours)
{
	put_good_answer();
	msg[1] ^= 1;
	cr_expect(eq(int, read_it(), DNS_NOT_OURS));

	put_good_answer();
	msg[2] &= 0x7f; /* a query */
	cr_expect(eq(int, read_it(), DNS_NOT_OURS));

	put_good_answer();
	msg[2] |= 0x10; /* another operation */
	cr_expect(eq(int, read_it(), DNS_NOT_OURS));

	put_good_answer();
	msg[13] = 'v'; /* vww.example.net */
	cr_expect(eq(int, read_it(), DNS_NOT_OURS));

	put_good_answer();
	msg[30] = DNS_AAAA;
	cr_expect(eq(int, read_it(), DNS_NOT_OURS));

	put_good_answer();
	msg[32] = 3; /* class CHAOS */
	cr_expect(eq(int, read_it(), DNS_NOT_OURS));

	put_good_answer();
	msg[5] = 0; /* no question at all */
	cr_expect(eq(int, read_it(), DNS_NOT_OURS));
}

Test(dns, case_of_the_question_does_not_matter)
{
	put_good_answer();
	msg[13] = 'W';
	cr_assert(eq(int, read_it(), DNS_ANSWERED));
}

Test(dns, rcodes_become_verdicts)
{
	static const struct {
		unsigned int flags;
		bool edns;
		enum dns_verdict verdict;
	} rows[] = {
		{0x8180, false, DNS_NO_DATA}, {0x8183, false, DNS_NO_NAME},
		{0x8182, false, DNS_FAILED},  {0x8185, false, DNS_FAILED},
		{0x8181, false, DNS_FAILED},  {0x8181, true, DNS_NO_EDNS},
		{0x8184, true, DNS_NO_EDNS},  {0x8380, false, DNS_TRUNCATED},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		put_header(rows[i].flags, 0);
		put_question();
		question.edns = rows[i].edns;
		cr_expect(eq(int, read_it(), rows[i].verdict), "%x",
			  rows[i].flags);
	}
}

Test(dns, pointers_that_do_not_go_back_are_refused)
{
	static const char *const owners[] = {
		"\xc0\x21", /* to itself: the owner stands at 33 */
		"\xc0\x23", /* forward */
		"\xff\xff", /* far beyond */
	};

	for (size_t i = 0; i < 3; i++) {
		put_header(0x8180, 1);
		put_question();
		cr_assert(eq(sz, msg_len, 33));
		put_record(owners[i], 2, DNS_A, "\1\2\3\4", 4);
		cr_expect(eq(int, read_it(), DNS_FAILED), "row %zu", i);
	}
}

/* "a" then a pointer to that "a": backwards, but for ever. */
Test(dns, pointer_into_its_own_name_is_refused)
{
	put_header(0x8180, 1);
	put_question();
	put_record("\1a\xc0\x21", 4, DNS_A, "\1\2\3\4", 4);
	cr_assert(eq(int, read_it(), DNS_FAILED));
}

Test(dns, alias_to_itself_ends)
{
	put_header(0x8180, 1);
	put_question();
	put_record(OWNER_QUESTION, DNS_CNAME, "\xc0\x0c", 2);
	cr_assert(eq(int, read_it(), DNS_NO_DATA));
}

Test(dns, addresses_of_other_names_are_not_taken)
{
	put_header(0x8180, 1);
	put_question();
	put_record("\4evil\xc0\x10", 7, DNS_A, "\1\2\3\4", 4);
	cr_assert(eq(int, read_it(), DNS_NO_DATA));
}

Test(dns, addresses_of_the_wrong_length_are_not_taken)
{
	put_header(0x8180, 2);
	put_question();
	put_record(OWNER_QUESTION, DNS_A, "\1\2\3\4\5", 5);
	put_record(OWNER_QUESTION, DNS_A, "\1\2\3", 3);
	cr_assert(eq(int, read_it(), DNS_NO_DATA));
}

Test(dns, more_addresses_than_we_keep_are_let_go)
{
	put_header(0x8180, DNS_ADDRS_MAX + 5);
	put_question();
	for (int i = 0; i < DNS_ADDRS_MAX + 5; i++)
		put_record(OWNER_QUESTION, DNS_A, "\1\2\3\4", 4);
	cr_assert(eq(int, read_it(), DNS_ANSWERED));
	cr_assert(eq(sz, answer.naddrs, DNS_ADDRS_MAX));
}

Test(dns, pointer_record_gives_a_name)
{
	question.type = DNS_PTR;
	put_header(0x8180, 1);
	put_question();
	put_record(OWNER_QUESTION, DNS_PTR, "\4host\xc0\x10", 7);
	cr_assert(eq(int, read_it(), DNS_ANSWERED));
	cr_assert(eq(str, answer.canon, "host.example.net"));
}

/* A name with a newline in it must not get into anybody's log or script. */
Test(dns, names_no_host_may_have_are_not_handed_out)
{
	question.type = DNS_PTR;
	put_header(0x8180, 1);
	put_question();
	put_record(OWNER_QUESTION, DNS_PTR, "\4a\nb;\xc0\x10", 7);
	cr_assert(eq(int, read_it(), DNS_NO_DATA));

	put_header(0x8180, 1);
	put_question();
	put_record(OWNER_QUESTION, DNS_PTR, "\3-rf\xc0\x10", 6);
	cr_assert(eq(int, read_it(), DNS_NO_DATA));
}

/* RFC 1035 3.2.1: what is made of several records lives as long as each. */
Test(dns, shortest_time_to_live_counts)
{
	put_header(0x8180, 4);
	put_question();
	ttl = 300;
	put_record(OWNER_QUESTION, DNS_CNAME, "\3end\xc0\x10", 6);
	ttl = 7;
	put_record("\5other\xc0\x10", 8, DNS_A, "\1\2\3\4", 4);
	ttl = 200;
	put_record("\3end\xc0\x10", 6, DNS_A, "\1\2\3\4", 4);
	ttl = 100;
	put_record("\3end\xc0\x10", 6, DNS_A, "\1\2\3\5", 4);
	cr_assert(eq(int, read_it(), DNS_ANSWERED));
	cr_expect(eq(u32, answer.ttl, 100));

	put_header(0x8180, 2);
	put_question();
	ttl = 3;
	put_record(OWNER_QUESTION, DNS_CNAME, "\3end\xc0\x10", 6);
	ttl = 200;
	put_record("\3end\xc0\x10", 6, DNS_A, "\1\2\3\4", 4);
	cr_assert(eq(int, read_it(), DNS_ANSWERED));
	cr_expect(eq(u32, answer.ttl, 3));

	/* RFC 2181 8 */
	put_header(0x8180, 1);
	put_question();
	ttl = 0x80000001;
	put_record(OWNER_QUESTION, DNS_A, "\1\2\3\4", 4);
	cr_assert(eq(int, read_it(), DNS_ANSWERED));
	cr_expect(eq(u32, answer.ttl, 0));
}

/* RFC 2308 5: the lesser of the SOA's own time and its last field. */
Test(dns, what_is_not_there_lives_as_its_zone_says)
{
	static const struct {
		unsigned int flags;
		uint32_t ttl, lives;
		const char *minimum;
		enum dns_verdict verdict;
	} rows[] = {
		{0x8180, 60, 30, "\0\0\0\x1e", DNS_NO_DATA},
		{0x8183, 60, 30, "\0\0\0\x1e", DNS_NO_NAME},
		{0x8183, 20, 20, "\0\0\0\x1e", DNS_NO_NAME},
	};
	char soa[] = "\1m\0\1r\0ser.ref.ret.exp.min.";

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		put_header(rows[i].flags, 0);
		put_question();
		msg[9] = 1; /* one record of authority */
		ttl = rows[i].ttl;
		memcpy(soa + 22, rows[i].minimum, 4);
		put_record("\7example\3net", 13, DNS_SOA, soa, 26);
		cr_expect(eq(int, read_it(), rows[i].verdict), "row %zu", i);
		cr_expect(eq(u32, answer.ttl, rows[i].lives), "row %zu", i);

		/* Cut, or without it: not kept. */
		put_header(rows[i].flags, 0);
		put_question();
		msg[9] = 1;
		put_record("\7example\3net", 13, DNS_SOA, soa, 25);
		cr_expect(eq(int, read_it(), rows[i].verdict), "row %zu", i);
		cr_expect(eq(u32, answer.ttl, 0), "row %zu", i);
		put_header(rows[i].flags, 0);
		put_question();
		cr_expect(eq(int, read_it(), rows[i].verdict), "row %zu", i);
		cr_expect(eq(u32, answer.ttl, 0), "row %zu", i);
	}
}
