/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * dns_exchange_test.c - proves dns_exchange.c: which message answers which
 *
 * Sending and waiting is proved by integration/names.sh and lookup_tools.sh.
 */
#include "dns_exchange.h"

#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

/* 1234, recursion desired, one question: a.b A IN. */
static const uint8_t ask[] = {0x12, 0x34, 1,   0, 0,   1, 0, 0, 0, 0, 0,
			      0,    1,    'a', 1, 'b', 0, 0, 1, 0, 1};

static uint8_t answer[64];

static void answer_well(void)
{
	memset(answer, 0, sizeof(answer));
	memcpy(answer, ask, sizeof(ask));
	answer[2] |= 0x80;
	/* One record follows, of which nobody here knows anything. */
	answer[7] = 1;
}

TestSuite(dns_exchange, .init = answer_well);

static bool matches(size_t len)
{
	return dns_exchange_matches(ask, sizeof(ask), answer, len);
}

Test(dns_exchange, the_same_question_with_the_answer_bit_matches)
{
	cr_assert(matches(sizeof(answer)));
	answer[13] = 'A';
	cr_assert(matches(sizeof(answer)), "names have no case");
}

Test(dns_exchange, another_number_name_or_type_does_not)
{
	answer[1] ^= 1;
	cr_assert(not(matches(sizeof(answer))));
	answer_well();
	answer[13] = 'c';
	cr_assert(not(matches(sizeof(answer))));
	answer_well();
	answer[18] = 28;
	cr_assert(not(matches(sizeof(answer))));
}

Test(dns_exchange, a_question_is_no_answer)
{
	answer[2] &= 0x7f;
	cr_assert(not(matches(sizeof(answer))));
}

Test(dns_exchange, cut_anywhere_it_does_not_match)
{
	for (size_t len = 0; len < sizeof(ask); len++)
		cr_assert(not(matches(len)), "%zu bytes", len);
	cr_assert(matches(sizeof(ask)));
}

Test(dns_exchange, without_a_question_only_a_refusal_matches)
{
	answer[5] = 0;
	cr_assert(not(matches(12)));
	answer[3] = 1;
	cr_assert(matches(12));
}

Test(dns_exchange, a_label_that_runs_out_of_the_message_is_no_question)
{
	answer[12] = 63;
	cr_assert(not(matches(sizeof(ask))));
	answer[12] = 0xc0;
	cr_assert(not(matches(sizeof(ask))));
}
