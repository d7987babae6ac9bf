/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * pmtu_test.c - proves pmtu.c: learns, never raises, forgets, cannot be filled.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "testkit/nettest.h"

static struct nettest t;
static struct pmtu_table *table;

static void open_host(void)
{
	nettest_open(&t);
	table = &t.net.pmtu;
}

static void close_host(void)
{
	nettest_close(&t);
}

static struct inet_addr host(uint32_t n)
{
	return inet_from4(ip4_from_u32(0xc0000000 + n));
}

HOST_TEST(pmtu, unknown_path_has_the_ceiling)
{
	struct inet_addr a = host(1);

	cr_assert(eq(u32, pmtu_get(table, &a, 1500), 1500));
}

HOST_TEST(pmtu, learned_mtu_only_falls)
{
	struct inet_addr a = host(1), b = host(2);

	cr_assert(pmtu_learn(table, &a, 1400, 1500));
	cr_assert(not(pmtu_learn(table, &a, 1450, 1500)));
	cr_assert(not(pmtu_learn(table, &a, 1400, 1500)));
	cr_assert(eq(u32, pmtu_get(table, &a, 1500), 1400));
	cr_assert(eq(u32, pmtu_get(table, &a, 1000), 1000));
	cr_assert(pmtu_learn(table, &a, 1300, 1400));
	cr_assert(eq(u32, pmtu_get(table, &a, 1500), 1300));
	cr_assert(eq(u32, pmtu_get(table, &b, 1500), 1500));
}

/* RFC 1191 7: a router that does not say. */
HOST_TEST(pmtu, silent_router_means_the_next_plateau)
{
	static const uint32_t rows[][2] = {
		{65535, 32000}, {1500, 1492}, {1492, 1006},
		{1006, 552},    {100, 552},   {68, 552},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct inet_addr a = host((uint32_t)i + 1);

		pmtu_learn(table, &a, 0, rows[i][0]);
		cr_expect(eq(u32, pmtu_get(table, &a, 65535), rows[i][1]));
	}
}

HOST_TEST(pmtu, absurd_mtu_is_floored)
{
	struct inet_addr a = host(1);

	cr_assert(pmtu_learn(table, &a, 1, 1500));
	cr_assert(eq(u32, pmtu_get(table, &a, 1500), LIMIT_PMTU_FLOOR));
}

HOST_TEST(pmtu, path_may_grow_after_its_time)
{
	struct inet_addr a = host(1);

	pmtu_learn(table, &a, 1400, 1500);
	t.eng.now += LIMIT_PMTU_US - 1;
	cr_assert(eq(u32, pmtu_get(table, &a, 1500), 1400));
	t.eng.now += 1;
	cr_assert(eq(u32, pmtu_get(table, &a, 1500), 1500));
	cr_assert(eq(u32, table->live, 0));
}

HOST_TEST(pmtu, flood_leaves_the_newest_and_no_more_than_the_limit)
{
	struct inet_addr last = host(100000);

	for (uint32_t i = 1; i <= 100000; i++) {
		struct inet_addr a = host(i);

		t.eng.now++;
		pmtu_learn(table, &a, 1400, 1500);
	}
	cr_assert(le(u32, table->live, LIMIT_PMTU_ENTRIES));
	for (size_t i = 0; i < LIMIT_PMTU_ENTRIES; i++)
		cr_expect(gt(u64, table->entries[i].expires,
			     t.eng.now + LIMIT_PMTU_US - 5000),
			  "an old entry stayed");
	cr_assert(eq(u32, pmtu_get(table, &last, 1500), 1400));
}
