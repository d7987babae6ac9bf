/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * dhcp4_msg_test.c - proves dhcp4_msg.c: every option, every shorter message.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "dhcp4_msg.h"

enum { HEAD = 240 };

/* A server's message: the fixed part, and then `options`. */
static size_t make(uint8_t *buf, const uint8_t *options, size_t len)
{
	static const uint8_t head[] = {2, 1, 6, 0, 0xde, 0xad, 0xbe, 0xef};
	static const uint8_t yours[] = {10, 0, 0, 9};
	static const uint8_t cookie[] = {0x63, 0x82, 0x53, 0x63};

	memset(buf, 0, HEAD);
	memcpy(buf, head, sizeof(head));
	memcpy(buf + 16, yours, sizeof(yours));
	buf[28] = 2;
	buf[33] = 7;
	memcpy(buf + 236, cookie, sizeof(cookie));
	memcpy(buf + HEAD, options, len);
	return HEAD + len;
}

static const uint8_t full[] = {53, 1, 5,                /* ACK */
			       1,  4, 255, 255, 255, 0, /* mask */
			       0,                       /* a pad */
			       3,  4, 10,  0,   0,   1, /* router */
			       6,  8, 10,  0,   0,   3,
			       8,  8, 8,   8,             /* name servers */
			       26, 2, 5,   120,           /* MTU 1400 */
			       51, 4, 0,   0,   0,   120, /* lease */
			       54, 4, 10,  0,   0,   3,   /* server */
			       58, 4, 0,   0,   0,   50,  /* T1 */
			       59, 4, 0,   0,   0,   100, /* T2 */
			       255};

Test(dhcp4_msg, an_answer_says_everything)
{
	uint8_t buf[600];
	struct dhcp4_answer a;
	size_t len = make(buf, full, sizeof(full));

	cr_assert(dhcp4_msg_read(buf, len, &a));
	cr_expect(eq(int, a.type, DHCP4_ACK));
	cr_expect(eq(u32, a.xid, 0xdeadbeef));
	cr_expect(eq(int, a.mac.b[0], 2));
	cr_expect(eq(int, a.mac.b[5], 7));
	cr_expect(ip4_equal(a.yours, ip4_make(10, 0, 0, 9)));
	cr_expect(ip4_equal(a.server, ip4_make(10, 0, 0, 3)));
	cr_expect(eq(int, a.bits, 24));
	cr_expect(eq(i64, a.lease_s, 120));
	cr_expect(eq(u32, a.renew_s, 50));
	cr_expect(eq(u32, a.rebind_s, 100));
	cr_expect(eq(int, a.mtu, 1400));
	cr_assert(eq(int, a.ndns, 2));
	cr_expect(ip4_equal(a.dns[1], ip4_make(8, 8, 8, 8)));
	cr_assert(eq(int, a.nroutes, 1));
	cr_expect(eq(int, a.routes[0].bits, 0));
	cr_expect(ip4_equal(a.routes[0].gateway, ip4_make(10, 0, 0, 1)));
}

/* Without its type it is nothing; what is cut off is not told. */
Test(dhcp4_msg, every_truncation_is_safe)
{
	uint8_t buf[600];
	struct dhcp4_answer a;
	size_t len = make(buf, full, sizeof(full));

	for (size_t n = 0; n < len; n++) {
		uint8_t *exact = malloc(n + !n);

		memcpy(exact, buf, n);
		cr_expect(eq(int, dhcp4_msg_read(exact, n, &a), n >= HEAD + 3),
			  "%zu bytes", n);
		free(exact);
	}
}

Test(dhcp4_msg, what_is_no_answer_is_refused)
{
	static const struct {
		size_t at;
		uint8_t value;
	} wrong[] = {{0, 1}, {1, 6}, {2, 8}, {236, 0}, {239, 0}};
	struct dhcp4_answer a;
	uint8_t buf[600];

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		size_t len = make(buf, full, sizeof(full));

		buf[wrong[i].at] = wrong[i].value;
		cr_expect(not(dhcp4_msg_read(buf, len, &a)), "%zu", i);
	}
}

/* RFC 3442: and then the router option does not count. */
Test(dhcp4_msg, classless_routes_take_the_place_of_the_router)
{
	static const uint8_t options[] = {53,  1,  5, 3,  4, 10, 0, 0,  1,
					  121, 14, 0, 10, 0, 0,  5, 16, 10,
					  9,   10, 0, 0,  6, 99, 1, 2,  255};
	struct dhcp4_answer a;
	uint8_t buf[600];

	/* The last two bytes of option 121 are no route. */
	cr_assert(dhcp4_msg_read(buf, make(buf, options, sizeof(options)), &a));
	cr_assert(eq(int, a.nroutes, 2));
	cr_expect(eq(int, a.routes[0].bits, 0));
	cr_expect(ip4_equal(a.routes[0].gateway, ip4_make(10, 0, 0, 5)));
	cr_expect(eq(int, a.routes[1].bits, 16));
	cr_expect(ip4_equal(a.routes[1].dst, ip4_make(10, 9, 0, 0)));
	cr_expect(ip4_equal(a.routes[1].gateway, ip4_make(10, 0, 0, 6)));
}

/* RFC 3396: options of one code are one; and RFC 2132 9.3: in other fields. */
Test(dhcp4_msg, options_in_pieces_and_in_the_names_are_put_together)
{
	static const uint8_t options[] = {53, 1, 2,   52,  1,  3,
					  1,  2, 255, 255, 255};
	static const uint8_t file[] = {1, 2, 128, 0, 255};
	static const uint8_t sname[] = {51, 4, 255, 255, 255, 255, 255};
	struct dhcp4_answer a;
	uint8_t buf[600];
	size_t len = make(buf, options, sizeof(options));

	memcpy(buf + 108, file, sizeof(file));
	memcpy(buf + 44, sname, sizeof(sname));
	cr_assert(dhcp4_msg_read(buf, len, &a));
	cr_expect(eq(int, a.bits, 17));
	cr_expect(eq(i64, a.lease_s, DHCP4_FOR_EVER));
}

Test(dhcp4_msg, a_mask_with_holes_is_none)
{
	static const uint8_t options[] = {53, 1, 2, 1, 4, 255, 0, 255, 0, 255};
	struct dhcp4_answer a;
	uint8_t buf[600];

	cr_assert(dhcp4_msg_read(buf, make(buf, options, sizeof(options)), &a));
	cr_expect(eq(int, a.bits, 8));
}

Test(dhcp4_msg, a_flood_of_routes_stays_bounded)
{
	uint8_t options[3 + 2 + 250 + 2 + 250] = {53, 1, 5, 121, 250};
	struct dhcp4_answer a;
	uint8_t buf[900];

	for (size_t i = 0; i < 50; i++)
		memcpy(options + 5 + i * 5, "\0\12\0\0\1", 5);
	cr_assert(dhcp4_msg_read(buf, make(buf, options, 255), &a));
	cr_expect(eq(int, a.nroutes, LIMIT_DHCP4_ROUTES));
	/* More than an option may hold in all: as if not told. */
	memcpy(options + 255, options + 3, 252);
	cr_assert(dhcp4_msg_read(buf, make(buf, options, sizeof(options)), &a));
	cr_expect(eq(int, a.nroutes, 0));
}

Test(dhcp4_msg, a_question_has_its_options_and_an_end)
{
	struct dhcp4_question q = {.type = DHCP4_REQUEST,
				   .xid = 0x01020304,
				   .secs = 5,
				   .wants_broadcast = true,
				   .mac = {{2, 0, 0, 0, 0, 7}},
				   .wanted = {{10, 0, 0, 9}},
				   .server = {{10, 0, 0, 3}}};
	static const uint8_t start[] = {1, 1, 6, 0, 1, 2, 3, 4, 0, 5, 0x80, 0};
	static const uint8_t options[] = {53, 1, 3,  61, 7, 1,  2, 0, 0,
					  0,  0, 7,  50, 4, 10, 0, 0, 9,
					  54, 4, 10, 0,  0, 3,  57};
	uint8_t buf[DHCP4_MSG_SIZE];

	dhcp4_msg_write(&q, buf);
	cr_expect(zero(int, memcmp(buf, start, sizeof(start))));
	cr_expect(zero(int, memcmp(buf + HEAD, options, sizeof(options))));
	cr_expect(memchr(buf + HEAD + sizeof(options), 255,
			 DHCP4_MSG_SIZE - HEAD - sizeof(options)) != NULL);
}
