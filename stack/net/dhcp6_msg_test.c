/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * dhcp6_msg_test.c - proves dhcp6_msg.c: messages byte for byte, both ways.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "dhcp6_msg.h"

#include <stdlib.h>
#include <string.h>

enum { IAID = 7 };

static const struct eth_addr mac = {{2, 0, 0, 0, 0, 9}};

/* A message that grows. */
static uint8_t msg[1024];
static size_t len;

static void begin(uint8_t type)
{
	msg[0] = type;
	msg[1] = 1;
	msg[2] = 2;
	msg[3] = 3;
	len = 4;
}

static void add(uint16_t code, const void *value, size_t n)
{
	msg[len++] = (uint8_t)(code >> 8);
	msg[len++] = (uint8_t)code;
	msg[len++] = (uint8_t)(n >> 8);
	msg[len++] = (uint8_t)n;
	if (n > 0)
		memcpy(msg + len, value, n);
	len += n;
}

static void add_parties(void)
{
	struct dhcp6_duid us = dhcp6_msg_duid(&mac);

	add(1, us.b, us.len);
	add(2, "\0\3\0\1server", 10);
}

/* An association with fd00::5 for 100 and 200 seconds; `status` beside the
 * address, in it, or neither. */
static void add_ia(uint8_t iaid, uint32_t t1, uint32_t t2, uint8_t preferred,
		   uint8_t status, uint8_t addr_status)
{
	uint8_t ia[64] = {
		0,   0, 0, iaid,        0, 0, 0, (uint8_t)t1,
		0,   0, 0, (uint8_t)t2, 0, 5, 0, addr_status ? 30 : 24,
		0xfd};
	size_t n = 16;

	ia[n + 15] = 5;
	ia[n + 19] = preferred;
	ia[n + 23] = 200;
	n += 24;
	if (addr_status) {
		memcpy(ia + n, "\0\15\0\2\0", 5);
		ia[n + 5] = addr_status;
		n += 6;
	}
	if (status) {
		memcpy(ia + n, "\0\15\0\2\0", 5);
		ia[n + 5] = status;
		n += 6;
	}
	add(3, ia, n);
}

static struct dhcp6_answer read_it(void)
{
	struct dhcp6_answer a;

	cr_assert(dhcp6_msg_read(msg, len, IAID, &a));
	return a;
}

Test(dhcp6_msg, an_answer_says_everything)
{
	static const uint8_t dns[32] = {0xfd, [15] = 1, [16] = 0xfd, [31] = 2};
	struct dhcp6_duid us = dhcp6_msg_duid(&mac);
	struct dhcp6_answer a;

	begin(DHCP6_REPLY);
	add_parties();
	add_ia(IAID, 50, 80, 100, 0, 0);
	add(23, dns, sizeof(dns));
	add(24, "\3lan", 5);
	add(14, NULL, 0);
	add(32, "\0\0\2\1", 4);
	add(82, "\0\0\1\0", 4);
	a = read_it();
	cr_assert(eq(int, a.type, DHCP6_REPLY));
	cr_assert(eq(u32, a.xid, 0x010203));
	cr_assert(eq(int, a.server.len, 10));
	cr_assert(eq(int, a.client.len, us.len));
	cr_assert(eq(int, memcmp(a.client.b, us.b, us.len), 0));
	cr_assert(eq(u32, a.iaid, IAID));
	cr_assert(eq(u32, a.renew_s, 50));
	cr_assert(eq(u32, a.rebind_s, 80));
	cr_assert(eq(int, a.naddrs, 1));
	cr_assert(eq(int, a.addrs[0].addr.b[15], 5));
	cr_assert(eq(u32, a.addrs[0].preferred_s, 100));
	cr_assert(eq(u32, a.addrs[0].valid_s, 200));
	cr_assert(eq(int, a.dns_len, 32));
	cr_assert(eq(int, a.domains_len, 5));
	cr_assert(a.is_rapid);
	cr_assert(eq(u32, a.refresh_s, 0x201));
	cr_assert(eq(u32, a.most_s, 256));
	cr_assert(eq(int, a.status, 0));
}

/* Cut anywhere: never read beyond, and never more than was said. */
Test(dhcp6_msg, every_truncation_is_safe)
{
	begin(DHCP6_REPLY);
	add_parties();
	add_ia(IAID, 50, 80, 100, 2, 3);
	add(23, "0123456789abcdef", 16);
	for (size_t cut = 0; cut < len; cut++) {
		uint8_t *block = malloc(cut + 1);
		struct dhcp6_answer a;

		memcpy(block, msg, cut);
		if (dhcp6_msg_read(block, cut, IAID, &a))
			cr_assert(ge(sz, cut, 4 + 14 + 14));
		free(block);
	}
}

Test(dhcp6_msg, who_does_not_say_who_it_is_is_not_believed)
{
	struct dhcp6_answer a;

	begin(DHCP6_REPLY);
	add_ia(IAID, 0, 0, 100, 0, 0);
	cr_assert(not(dhcp6_msg_read(msg, len, IAID, &a)));
	begin(DHCP6_SOLICIT);
	add_parties();
	cr_assert(not(dhcp6_msg_read(msg, len, IAID, &a)));
}

/* RFC 8415 21.4, 21.6 */
Test(dhcp6_msg, what_makes_no_sense_is_not_told)
{
	begin(DHCP6_REPLY);
	add_parties();
	add_ia(IAID, 90, 80, 100, 0, 0);
	cr_assert(eq(u32, read_it().iaid, 0));

	begin(DHCP6_REPLY);
	add_parties();
	add_ia(IAID, 0, 0, 201, 0, 0);
	cr_assert(eq(int, read_it().naddrs, 0));

	begin(DHCP6_REPLY);
	add_parties();
	add_ia(IAID + 1, 0, 0, 100, 0, 0);
	cr_assert(eq(int, read_it().naddrs, 0));

	begin(DHCP6_REPLY);
	add_parties();
	add(82, "\0\0\0\1", 4);
	cr_assert(eq(u32, read_it().most_s, 0));
}

Test(dhcp6_msg, statuses_are_found_where_they_are)
{
	begin(DHCP6_REPLY);
	add_parties();
	add_ia(IAID, 0, 0, 100, DHCP6_NO_ADDRS, 0);
	cr_assert(eq(int, read_it().status, DHCP6_NO_ADDRS));

	begin(DHCP6_REPLY);
	add_parties();
	add_ia(IAID, 0, 0, 100, 0, DHCP6_NOT_ON_LINK);
	cr_assert(eq(int, read_it().naddrs, 0));

	begin(DHCP6_REPLY);
	add_parties();
	add(13, "\0\4no", 4);
	cr_assert(eq(int, read_it().status, DHCP6_NOT_ON_LINK));
}

Test(dhcp6_msg, options_are_bounded)
{
	begin(DHCP6_REPLY);
	add_parties();
	for (int i = 0; i < LIMIT_DHCP6_OPTIONS; i++)
		add(99, NULL, 0);
	add(14, NULL, 0);
	cr_assert(not(read_it().is_rapid));
}

/* RFC 8415 21.2 to 21.9, byte for byte. */
Test(dhcp6_msg, a_question_byte_for_byte)
{
	static const uint8_t want[] = {
		/* SOLICIT, transaction, client: DUID-LL */
		1, 0xab, 0xcd, 0xef, 0, 1, 0, 10, 0, 3, 0, 1, 2, 0, 0, 0, 0, 9,
		/* elapsed, rapid commit */
		0, 8, 0, 2, 0, 0x64, 0, 14, 0, 0,
		/* an association without an address */
		0, 3, 0, 12, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0,
		/* name servers, domains, SOL_MAX_RT */
		0, 6, 0, 6, 0, 23, 0, 24, 0, 82};
	struct dhcp6_question q = {.type = DHCP6_SOLICIT,
				   .xid = 0xabcdef,
				   .elapsed_cs = 100,
				   .mac = mac,
				   .iaid = IAID};
	uint8_t buf[DHCP6_MSG_MAX];

	cr_assert(eq(sz, dhcp6_msg_write(&q, buf), sizeof(want)));
	cr_assert(eq(int, memcmp(buf, want, sizeof(want)), 0));
}

Test(dhcp6_msg, the_longest_question_fits)
{
	struct dhcp6_question q = {.type = DHCP6_REQUEST,
				   .mac = mac,
				   .iaid = IAID,
				   .addr = {{0xfd, [15] = 5}},
				   .server = {.len = DHCP6_DUID_MAX}};
	uint8_t buf[DHCP6_MSG_MAX];

	cr_assert(le(sz, dhcp6_msg_write(&q, buf), sizeof(buf)));
}
