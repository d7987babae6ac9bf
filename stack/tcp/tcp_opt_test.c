/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_opt_test.c - proves tcp_opt.c: Linux's bytes, every truncation, and back
 *
 * What this room is for
 *   The byte strings are what a Linux host sends; the malformed ones are each
 *   refused where the RFC or Linux stops, and keep what came before.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <string.h>

#include "tcp_opt.h"

/* What Linux puts into its SYN. */
static const uint8_t linux_syn[] = {
	2, 4,  0x05, 0xb4,                   /* MSS 1460 */
	4, 2,                                /* SACK permitted */
	8, 10, 0,    0,    0, 7, 0, 0, 0, 9, /* timestamp 7, echo 9 */
	1, 3,  3,    7,                      /* NOP, window scale 7 */
};

static const struct tcp_options linux_syn_meaning = {
	.mss = 1460,
	.has_mss = true,
	.sack_permitted = true,
	.has_ts = true,
	.tsval = 7,
	.tsecr = 9,
	.has_wscale = true,
	.wscale = 7,
};

static void expect_same(const struct tcp_options *a,
			const struct tcp_options *b)
{
	cr_expect(eq(u16, a->mss, b->mss));
	cr_expect(eq(u8, a->wscale, b->wscale));
	cr_expect(eq(int, a->has_mss, b->has_mss));
	cr_expect(eq(int, a->has_wscale, b->has_wscale));
	cr_expect(eq(int, a->sack_permitted, b->sack_permitted));
	cr_expect(eq(int, a->has_ts, b->has_ts));
	cr_expect(eq(u32, a->tsval, b->tsval));
	cr_expect(eq(u32, a->tsecr, b->tsecr));
	cr_assert(eq(u8, a->nsack, b->nsack));
	for (int i = 0; i < a->nsack; i++) {
		cr_expect(eq(u32, a->sack[i].from, b->sack[i].from));
		cr_expect(eq(u32, a->sack[i].to, b->sack[i].to));
	}
}

Test(tcp_opt, linux_syn_is_read)
{
	struct tcp_options o;

	cr_assert(eq(int, tcp_opt_parse(linux_syn, sizeof(linux_syn), true, &o),
		     0));
	expect_same(&o, &linux_syn_meaning);
}

Test(tcp_opt, linux_syn_is_built_byte_for_byte)
{
	uint8_t to[TCP_OPTIONS_MAX];
	size_t len = tcp_opt_build(&linux_syn_meaning, true, to);

	cr_assert(eq(sz, len, sizeof(linux_syn)));
	cr_assert(memcmp(to, linux_syn, len) == 0);
}

/* A SYN cut anywhere gives what was whole before the cut, and no more. */
Test(tcp_opt, every_truncation_keeps_what_was_whole)
{
	for (size_t len = 0; len < sizeof(linux_syn); len++) {
		uint8_t *cut = malloc(len + 1);
		struct tcp_options o;
		int ret;

		memcpy(cut, linux_syn, len);
		ret = tcp_opt_parse(cut, len, true, &o);
		free(cut);

		cr_expect(eq(int, o.has_mss, len >= 4), "%zu bytes", len);
		cr_expect(eq(int, o.sack_permitted, len >= 6), "%zu", len);
		cr_expect(eq(int, o.has_ts, len >= 16), "%zu bytes", len);
		cr_expect(eq(int, o.has_wscale, false), "%zu bytes", len);
		cr_expect(eq(int, ret,
			     len == 0 || len == 4 || len == 6 || len == 16 ||
					     len == 17
				     ? 0
				     : -EINVAL),
			  "%zu bytes", len);
	}
}

Test(tcp_opt, lone_timestamp_takes_the_fast_path_and_means_the_same)
{
	static const uint8_t fast[] = {1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8};
	static const uint8_t slow[] = {8, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 0};
	struct tcp_options a, b;

	cr_assert(eq(int, tcp_opt_parse(fast, sizeof(fast), false, &a), 0));
	cr_assert(eq(int, tcp_opt_parse(slow, sizeof(slow), false, &b), 0));
	expect_same(&a, &b);
	cr_assert(eq(u32, a.tsval, 0x01020304));
	cr_assert(eq(u32, a.tsecr, 0x05060708));
}

/* One malformed or odd string each, and what must be left of it. */
static const struct {
	const char *why;
	uint8_t bytes[TCP_OPTIONS_MAX];
	size_t len;
	bool syn;
	int ret;
	struct tcp_options want;
} odd[] = {
	{"no options", {0}, 0, true, 0, {0}},
	{"only NOPs", {1, 1, 1, 1}, 4, true, 0, {0}},
	{"END hides what follows", {0, 2, 4, 5}, 4, true, 0, {0}},
	{"length 0", {2, 0, 1, 1}, 4, true, -EINVAL, {0}},
	{"length 1", {2, 1, 1, 1}, 4, true, -EINVAL, {0}},
	{"length beyond the end", {2, 5, 1, 1}, 4, true, -EINVAL, {0}},
	{"kind without length", {1, 1, 1, 2}, 4, true, -EINVAL, {0}},
	{"unknown kind is skipped",
	 {99, 4, 9, 9, 2, 4, 2, 24},
	 8,
	 true,
	 0,
	 {.has_mss = true, .mss = 536}},
	{"wrong size of a known kind is skipped",
	 {2, 3, 9, 3, 4, 9, 9, 2, 4, 2, 24, 0},
	 12,
	 true,
	 0,
	 {.has_mss = true, .mss = 536}},
	{"MSS 0 is absent", {2, 4, 0, 0}, 4, true, 0, {0}},
	{"the last MSS counts",
	 {2, 4, 0, 100, 2, 4, 2, 24},
	 8,
	 true,
	 0,
	 {.has_mss = true, .mss = 536}},
	{"window scale 200 becomes 14",
	 {3, 3, 200, 0},
	 4,
	 true,
	 0,
	 {.has_wscale = true, .wscale = 14}},
	{"SYN options count in a SYN only",
	 {2, 4, 2, 24, 3, 3, 7, 4, 2, 0},
	 10,
	 false,
	 0,
	 {0}},
	{"SACK does not count in a SYN",
	 {5, 10, 0, 0, 0, 1, 0, 0, 0, 2},
	 10,
	 true,
	 0,
	 {0}},
	{"SACK without a block", {5, 2, 1, 1}, 4, false, 0, {0}},
	{"SACK with half a block", {5, 6, 0, 0, 0, 1}, 6, false, 0, {0}},
	{"of two SACK options the last counts",
	 {5, 18, 0, 0, 0, 1,  0, 0, 0, 2, 0, 0, 0, 3,
	  0, 0,  0, 4, 5, 10, 0, 0, 0, 7, 0, 0, 0, 9},
	 28,
	 false,
	 0,
	 {.nsack = 1, .sack = {{7, 9}}}},
	{"MSS before the break stays",
	 {2, 4, 2, 24, 8, 11, 0, 0},
	 8,
	 true,
	 -EINVAL,
	 {.has_mss = true, .mss = 536}},
};

Test(tcp_opt, odd_bytes_are_skipped_or_end_the_reading)
{
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		struct tcp_options o;
		int ret =
			tcp_opt_parse(odd[i].bytes, odd[i].len, odd[i].syn, &o);

		cr_expect(eq(int, ret, odd[i].ret), "%s", odd[i].why);
		cr_expect(memcmp(&o, &odd[i].want, sizeof(o)) == 0, "%s",
			  odd[i].why);
	}
}

/* More than the header can hold is never read. */
Test(tcp_opt, bytes_behind_the_fortieth_are_not_read)
{
	uint8_t bytes[44];
	struct tcp_options o;

	memset(bytes, TCP_OPT_NOP, sizeof(bytes));
	memcpy(bytes + 40, linux_syn, 4);
	cr_assert(eq(int, tcp_opt_parse(bytes, sizeof(bytes), true, &o), 0));
	cr_assert(eq(int, o.has_mss, false));
}

static struct tcp_options four_blocks(bool has_ts)
{
	struct tcp_options o = {.has_ts = has_ts, .nsack = 4};

	for (uint32_t i = 0; i < 4; i++)
		o.sack[i] = (struct range){0xfffffff0 + 100 * i,
					   0xfffffff8 + 100 * i};
	o.tsval = has_ts ? 0xdeadbeef : 0;
	return o;
}

Test(tcp_opt, four_blocks_fit_without_timestamps)
{
	struct tcp_options o = four_blocks(false), back;
	uint8_t to[TCP_OPTIONS_MAX];
	size_t len = tcp_opt_build(&o, false, to);

	cr_assert(eq(sz, len, 36));
	cr_assert(to[0] == 1 && to[1] == 1 && to[2] == 5 && to[3] == 34);
	cr_assert(eq(int, tcp_opt_parse(to, len, false, &back), 0));
	expect_same(&back, &o);
}

Test(tcp_opt, three_blocks_fit_beside_timestamps)
{
	struct tcp_options o = four_blocks(true), back;
	uint8_t to[TCP_OPTIONS_MAX];
	size_t len = tcp_opt_build(&o, false, to);

	cr_assert(eq(sz, len, 40));
	cr_assert(eq(int, tcp_opt_parse(to, len, false, &back), 0));
	o.nsack = 3;
	expect_same(&back, &o);
}

/* All combinations of what a SYN may carry. */
Test(tcp_opt, every_syn_reads_back)
{
	for (unsigned int mask = 0; mask < 16; mask++) {
		struct tcp_options o = {0}, back;
		uint8_t to[TCP_OPTIONS_MAX];
		size_t len;

		if (mask & 1)
			o.has_mss = true, o.mss = 8960;
		if (mask & 2)
			o.has_wscale = true, o.wscale = 14;
		if (mask & 4)
			o.sack_permitted = true;
		if (mask & 8)
			o.has_ts = true, o.tsval = 1, o.tsecr = 0x80000000;
		len = tcp_opt_build(&o, true, to);

		cr_expect(eq(sz, len % 4, 0), "mask %u", mask);
		cr_expect(eq(sz, len, tcp_opt_len(&o, true)), "mask %u", mask);
		cr_expect(eq(int, tcp_opt_parse(to, len, true, &back), 0));
		expect_same(&back, &o);
	}
}

Test(tcp_opt, length_is_what_build_writes)
{
	for (uint8_t n = 0; n <= 4; n++) {
		for (int ts = 0; ts < 2; ts++) {
			struct tcp_options o = four_blocks(ts);
			uint8_t to[TCP_OPTIONS_MAX];

			o.nsack = n;
			cr_expect(eq(sz, tcp_opt_build(&o, false, to),
				     tcp_opt_len(&o, false)));
		}
	}
}
