/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * nl_test.c - proves nl.c: lengths that lie, messages that do not fit
 *
 * Each test writes with one half of the room and reads with the other.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <string.h>

#include "nl.h"

static uint8_t room[512] __attribute__((aligned(8)));
static struct nl_buf buf;

/* Two messages, the second with a nest. */
static void write_two(void)
{
	struct inet_addr a = inet_from4(ip4_make(10, 0, 0, 1));

	nl_buf_init(&buf, room, sizeof(room));
	nl_begin(&buf, 17, NLM_F_MULTI, 5, 6, "fix", 3);
	nl_put_u32(&buf, 1, 77);
	nl_put_text(&buf, 2, "tap0");
	cr_assert(nl_end(&buf));
	nl_begin(&buf, 18, 0, 5, 6, NULL, 0);
	nl_put_addr(&buf, 3, &a);
	nl_put_u8(&buf, 4, 200);
	cr_assert(nl_end(&buf));
}

Test(nl, what_is_written_is_read_again)
{
	const uint8_t *at = room;
	struct nl_attrs all;
	const struct nlmsghdr *h;
	struct inet_addr a;
	uint32_t n = 0;
	size_t left;

	write_two();
	left = buf.len;
	h = nl_next(&at, &left);
	cr_assert(h && h->nlmsg_type == 17 && h->nlmsg_seq == 5);
	cr_assert(h->nlmsg_pid == 6 && h->nlmsg_flags == NLM_F_MULTI);
	cr_assert(memcmp(nl_fixed(h, 3), "fix", 3) == 0);
	cr_assert(eq(int, nl_parse_after(h, 3, &all), 0));
	cr_assert(nl_get_u32(&all, 1, &n) && n == 77);
	cr_assert(nl_is_text(&all, 2, "tap0"));
	cr_assert(not(nl_is_text(&all, 2, "tap")));
	cr_assert(not(nl_is_text(&all, 2, "tap00")));
	h = nl_next(&at, &left);
	cr_assert(h && h->nlmsg_type == 18);
	cr_assert(eq(int, nl_parse_after(h, 0, &all), 0));
	cr_assert(nl_get_addr(&all, 3, &a) && inet_is4(&a));
	cr_assert(eq(sz, nl_len(nl_attr(&all, 4)), 1));
	cr_assert(eq(u8, *(const uint8_t *)nl_data(nl_attr(&all, 4)), 200));
	cr_assert(nl_next(&at, &left) == NULL);
}

Test(nl, every_truncation_ends_the_row)
{
	write_two();
	for (size_t len = 0; len < buf.len; len++) {
		const uint8_t *at = room;
		size_t left = len, n = 0;

		while (nl_next(&at, &left))
			n++;
		cr_assert(n < 2, "%zu bytes", len);
	}
}

Test(nl, message_length_below_its_header_is_refused)
{
	const uint8_t *at = room;
	struct nlmsghdr h = {.nlmsg_len = sizeof(h) - 1};
	size_t left = sizeof(room);

	memcpy(room, &h, sizeof(h));
	cr_assert(nl_next(&at, &left) == NULL);
}

Test(nl, attribute_lengths_that_lie_are_refused)
{
	static const uint16_t bad[] = {0, 3, 17, UINT16_MAX};
	struct nl_attrs all;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct nlattr a = {.nla_len = bad[i], .nla_type = 1};

		memcpy(room, &a, sizeof(a));
		cr_expect(eq(int, nl_parse(room, 16, &all), -EINVAL));
		cr_expect(nl_attr(&all, 1) == NULL);
	}
}

Test(nl, values_of_the_wrong_size_are_not_read)
{
	struct inet_addr a;
	struct nl_attrs all;
	uint32_t n = 1;

	nl_buf_init(&buf, room, sizeof(room));
	nl_begin(&buf, 17, 0, 0, 0, NULL, 0);
	nl_put_u8(&buf, 1, 7);
	nl_put(&buf, 2, "12345", 5);
	cr_assert(nl_end(&buf));
	cr_assert(eq(int, nl_parse_after((void *)room, 0, &all), 0));
	cr_assert(not(nl_get_u32(&all, 1, &n)));
	cr_assert(not(nl_get_addr(&all, 2, &a)));
	cr_assert(not(nl_get_u32(&all, 3, &n)));
	cr_assert(eq(u32, n, 1));
	cr_assert(nl_attr(&all, 5000) == NULL);
}

Test(nl, message_that_does_not_fit_is_taken_back)
{
	for (size_t size = 0; size < 48; size++) {
		nl_buf_init(&buf, room, size);
		nl_begin(&buf, 17, 0, 0, 0, "1234", 4);
		nl_put_u32(&buf, 1, 1);
		nl_put_text(&buf, 2, "0123456789");
		if (size < 44) {
			cr_expect(not(nl_end(&buf)), "%zu bytes", size);
			cr_expect(eq(sz, buf.len, 0));
			cr_expect(buf.is_packed);
		} else {
			cr_expect(nl_end(&buf), "%zu bytes", size);
			cr_expect(eq(sz, buf.len, 44));
		}
	}
}

Test(nl, attribute_longer_than_its_length_field_does_not_fit)
{
	static uint8_t large[70000], data[66000];

	nl_buf_init(&buf, large, sizeof(large));
	nl_begin(&buf, 17, 0, 0, 0, NULL, 0);
	nl_put(&buf, 1, data, sizeof(data));
	cr_assert(not(nl_end(&buf)));
}
