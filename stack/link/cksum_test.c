/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * cksum_test.c - proves cksum.c against the definition, byte by byte
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "cksum.h"

/* RFC 1071 1, written as it is said: big-endian words, carries brought round */
static uint16_t slow_sum(const uint8_t *data, size_t len)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum += i % 2 ? data[i] : (uint64_t)data[i] << 8;
	while (sum >> 16)
		sum = (sum >> 16) + (sum & 0xffff);
	return (uint16_t)sum;
}

static void fill(uint8_t *data, size_t len, uint32_t seed)
{
	for (size_t i = 0; i < len; i++) {
		seed = seed * 1664525 + 1013904223;
		data[i] = (uint8_t)(seed >> 24);
	}
}

/* The example of RFC 1071 3. */
Test(cksum, rfc_1071_example_sums_to_ddf2)
{
	static const uint8_t data[] = {0, 1, 0xf2, 3, 0xf4, 0xf5, 0xf6, 0xf7};

	cr_assert(eq(u16, cksum_fold(cksum_partial(data, 8, 0)), 0xddf2));
}

Test(cksum, every_length_and_alignment_matches_the_definition)
{
	static uint8_t buf[600];

	fill(buf, sizeof(buf), 7);
	for (size_t at = 0; at < 20; at++) {
		for (size_t len = 0; len < 520; len++) {
			uint16_t got =
				cksum_fold(cksum_partial(buf + at, len, 0));

			cr_assert(eq(u16, got, slow_sum(buf + at, len)),
				  "%zu bytes at %zu", len, at);
		}
	}
}

Test(cksum, all_ones_in_64_kib_do_not_overflow)
{
	static uint8_t buf[65535];

	memset(buf, 0xff, sizeof(buf));
	cr_assert(eq(u16, cksum_fold(cksum_partial(buf, 65535, 0xffffffff)),
		     slow_sum(buf, 65535)));
	fill(buf, sizeof(buf), 1);
	cr_assert(eq(u16, cksum_fold(cksum_partial(buf, 65535, 0)),
		     slow_sum(buf, 65535)));
}

Test(cksum, a_sum_continued_equals_the_sum_of_the_whole)
{
	uint8_t buf[301];

	fill(buf, sizeof(buf), 3);
	for (size_t cut = 0; cut <= sizeof(buf); cut++) {
		uint32_t head = cksum_partial(buf, cut, 0);
		uint32_t tail = cksum_partial(buf + cut, sizeof(buf) - cut, 0);
		uint32_t both = cksum_fold(head);

		both += cksum_fold(cut % 2 ? cksum_swap(tail) : tail);
		cr_assert(eq(u16, cksum_fold(both), slow_sum(buf, sizeof(buf))),
			  "cut at %zu", cut);
	}
}

Test(cksum, a_field_value_may_be_added_to_a_sum)
{
	static const uint8_t data[] = {0x12, 0x34, 0xab, 0xcd};

	cr_assert(eq(u16, cksum_fold(cksum_partial(data, 2, 0xabcd)),
		     slow_sum(data, 4)));
}

Test(cksum, a_block_with_its_checksum_gives_zero)
{
	/* An IPv4 header as tcpdump shows it. */
	uint8_t header[20] = {0x45, 0x00, 0x00, 0x73, 0x00, 0x00, 0x40,
			      0x00, 0x40, 0x11, 0xb8, 0x61, 0xc0, 0xa8,
			      0x00, 0x01, 0xc0, 0xa8, 0x00, 0xc7};

	cr_assert(eq(u16, be16_get(cksum(header, 20)), 0));
	header[10] = header[11] = 0;
	cr_assert(eq(u16, be16_get(cksum(header, 20)), 0xb861));
}

Test(cksum, pseudo_headers_of_both_families)
{
	struct inet_addr a4 = inet_from4(ip4_make(10, 0, 0, 1));
	struct inet_addr b4 = inet_from4(ip4_make(10, 0, 0, 2));
	const uint8_t v4[12] = {10, 0, 0, 1, 10, 0, 0, 2, 0, 6, 0x12, 0x34};
	struct inet_addr a6 = {{0x20, 0x01, 0x0d, 0xb8, [15] = 1}};
	struct inet_addr b6 = {{0xfe, 0x80, [15] = 2}};
	uint8_t v6[40] = {0};

	cr_assert(eq(u16, cksum_fold(cksum_pseudo(&a4, &b4, 6, 0x1234)),
		     slow_sum(v4, 12)));
	memcpy(v6, a6.b, 16);
	memcpy(v6 + 16, b6.b, 16);
	v6[33] = 1;
	v6[35] = 7;
	v6[39] = 17;
	cr_assert(eq(u16, cksum_fold(cksum_pseudo(&a6, &b6, 17, 0x10007)),
		     slow_sum(v6, 40)));
}
