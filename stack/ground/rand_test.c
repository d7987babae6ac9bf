/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * rand_test.c - proves rand.c: SipHash against its published vectors, the
 * generator's repeatability and fairness.
 */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "rand.h"

/* The key 00 01 .. 0f of the paper's test vectors. */
static const struct rand_key paper_key = {0x0706050403020100ull,
					  0x0f0e0d0c0b0a0908ull};

/* SipHash paper, appendix A: the message 00 01 .. 0e. */
Test(rand, siphash_matches_the_paper)
{
	uint8_t message[15];

	for (uint8_t i = 0; i < sizeof(message); i++)
		message[i] = i;
	cr_assert(eq(u64, rand_siphash(&paper_key, message, sizeof(message)),
		     0xa129ca6149be45e5ull));
}

/* From the reference implementation's vectors: lengths 0, 1, 7 and 8. */
Test(rand, siphash_handles_every_tail)
{
	static const struct {
		size_t len;
		uint64_t hash;
	} known[] = {
		{0, 0x726fdb47dd0e0e31ull},
		{1, 0x74f839c593dc67fdull},
		{7, 0xab0200f58b01d137ull},
		{8, 0x93f5f5799a932462ull},
	};
	uint8_t message[8] = {0, 1, 2, 3, 4, 5, 6, 7};

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		cr_expect(eq(u64,
			     rand_siphash(&paper_key, message, known[i].len),
			     known[i].hash),
			  "length %zu", known[i].len);
}

Test(rand, same_seed_gives_the_same_numbers)
{
	struct rand a, b;

	rand_init(&a, &paper_key);
	rand_init(&b, &paper_key);
	for (int i = 0; i < 100; i++)
		cr_assert(eq(u64, rand_u64(&a), rand_u64(&b)));
}

Test(rand, other_seed_gives_other_numbers)
{
	struct rand_key other = {paper_key.k0, paper_key.k1 ^ 1};
	struct rand a, b;

	rand_init(&a, &paper_key);
	rand_init(&b, &other);
	for (int i = 0; i < 100; i++)
		cr_assert(ne(u64, rand_u64(&a), rand_u64(&b)));
}

Test(rand, numbers_below_a_bound_are_all_there_about_equally_often)
{
	enum { BOUND = 7, ROUNDS = 7000 };
	uint32_t seen[BOUND] = {0};
	struct rand r;

	rand_init(&r, &paper_key);
	for (int i = 0; i < ROUNDS; i++) {
		uint32_t n = rand_below(&r, BOUND);

		cr_assert(lt(u32, n, BOUND));
		seen[n]++;
	}
	for (int i = 0; i < BOUND; i++) {
		cr_expect(gt(u32, seen[i], 850));
		cr_expect(lt(u32, seen[i], 1150));
	}
	cr_assert(eq(u32, rand_below(&r, 1), 0));
}

/* Plain scaling would give every third number twice as often. */
Test(rand, numbers_below_three_quarters_of_the_range_are_fair)
{
	struct rand r;
	int thirds = 0;

	rand_init(&r, &paper_key);
	for (int i = 0; i < 3000; i++)
		thirds += rand_below(&r, 0xc0000000u) % 3 == 0;
	cr_assert(gt(int, thirds, 900));
	cr_assert(lt(int, thirds, 1100));
}

Test(rand, derived_keys_differ_by_purpose_and_not_by_time)
{
	struct rand_key first, again, other;
	struct rand r;

	rand_init(&r, &paper_key);
	first = rand_derive(&r, 1);
	rand_u64(&r);
	again = rand_derive(&r, 1);
	other = rand_derive(&r, 2);

	cr_assert(eq(u64, first.k0, again.k0));
	cr_assert(eq(u64, first.k1, again.k1));
	cr_assert(ne(u64, first.k0, other.k0));
	cr_assert(ne(u64, first.k1, other.k1));
	cr_assert(ne(u64, first.k0, first.k1));
}
