/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * iid_test.c - proves iid.c: stable, and different where it must differ.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "iid.h"

static const struct rand_key key = {1, 2};
static const struct eth_addr mac = {{2, 0, 0, 0, 0, 9}};
static const struct inet_addr net_a = {{0x20, 1, 0xd, 0xb8}};
static const struct inet_addr net_b = {{0x20, 1, 0xd, 0xb9}};

/* RFC 7217 4: the same network, the same identifier. */
Test(iid, stable_in_one_network_and_different_in_another)
{
	struct inet_addr one = iid_stable(&key, &net_a, &mac, 0);
	struct inet_addr same = iid_stable(&key, &net_a, &mac, 0);
	struct inet_addr other = iid_stable(&key, &net_b, &mac, 0);

	cr_assert(inet_equal(&one, &same));
	cr_assert(eq(int, memcmp(one.b, net_a.b, 8), 0));
	cr_assert(ne(int, memcmp(one.b + 8, other.b + 8, 8), 0));
}

Test(iid, a_conflict_another_key_and_another_card_change_it)
{
	struct rand_key key_b = {1, 3};
	struct eth_addr mac_b = {{2, 0, 0, 0, 0, 8}};
	struct inet_addr one = iid_stable(&key, &net_a, &mac, 0);
	struct inet_addr next = iid_stable(&key, &net_a, &mac, 1);
	struct inet_addr secret = iid_stable(&key_b, &net_a, &mac, 0);
	struct inet_addr card = iid_stable(&key, &net_a, &mac_b, 0);

	cr_assert(not(inet_equal(&one, &next)));
	cr_assert(not(inet_equal(&one, &secret)));
	cr_assert(not(inet_equal(&one, &card)));
}

/* It is not the hardware address with ff:fe in its middle. */
Test(iid, says_nothing_about_the_card)
{
	struct inet_addr one = iid_stable(&key, &net_a, &mac, 0);

	cr_assert(not(one.b[11] == 0xff && one.b[12] == 0xfe));
}

/* RFC 4291 appendix A: 34-56-78-9A-BC-DE is 3656:78ff:fe9a:bcde. */
Test(iid, by_eui64_it_is_the_hardware_address)
{
	static const struct eth_addr card = {
		{0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde}};
	static const uint8_t expected[] = {0x36, 0x56, 0x78, 0xff,
					   0xfe, 0x9a, 0xbc, 0xde};
	struct inet_addr a = iid_eui64(&net_a, &card);

	cr_assert(eq(int, memcmp(a.b, net_a.b, 8), 0));
	cr_assert(eq(int, memcmp(a.b + 8, expected, 8), 0));
}

/* RFC 7217 5: the same secret is the same key at the next start. */
Test(iid, the_same_words_are_the_same_key)
{
	struct rand_key a = iid_key_of("words", 5), b = iid_key_of("words", 5);
	struct rand_key c = iid_key_of("wordt", 5);

	cr_assert(eq(u64, a.k0, b.k0));
	cr_assert(eq(u64, a.k1, b.k1));
	cr_assert(ne(u64, a.k0, c.k0));
	cr_assert(ne(u64, a.k0, a.k1));
}

/* RFC 8981 3.3.1 */
Test(iid, random_ones_differ_each_time)
{
	struct rand_key seed = {3, 4};
	struct inet_addr one, two;
	struct rand r;

	rand_init(&r, &seed);
	one = iid_random(&r, &net_a);
	two = iid_random(&r, &net_a);
	cr_assert(eq(int, memcmp(one.b, net_a.b, 8), 0));
	cr_assert(not(inet_equal(&one, &two)));
}
