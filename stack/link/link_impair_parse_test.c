/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * link_impair_parse_test.c - proves link_impair_parse.c: what may be written,
 * and that the wrong word is named
 */
#include <errno.h>
#include <stdio.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "link.h"

static struct impairment good(const char *spec)
{
	struct impairment how;

	cr_assert(eq(int, link_impair_parse(spec, &how, NULL, 0), 0), "%s",
		  spec);
	return how;
}

Test(link_impair_parse, every_setting_at_once)
{
	struct impairment how =
		good("loss=2%,delay=10ms,jitter=1ms,reorder=5%,dup=1%,"
		     "corrupt=0.1%,rate=100mbit,seed=7");

	cr_assert(epsilon_eq(dbl, how.loss, 0.02, 1e-12));
	cr_assert(epsilon_eq(dbl, how.reorder, 0.05, 1e-12));
	cr_assert(epsilon_eq(dbl, how.dup, 0.01, 1e-12));
	cr_assert(epsilon_eq(dbl, how.corrupt, 0.001, 1e-12));
	cr_assert(eq(u64, how.delay, 10000));
	cr_assert(eq(u64, how.jitter, 1000));
	cr_assert(eq(u64, how.rate_bps, 100000000));
	cr_assert(eq(u64, how.seed, 7));
}

Test(link_impair_parse, units_and_fractions)
{
	cr_assert(eq(u64, good("delay=1.5ms").delay, 1500));
	cr_assert(eq(u64, good("delay=250us").delay, 250));
	cr_assert(eq(u64, good("delay=0.25s").delay, 250000));
	cr_assert(eq(u64, good("rate=2.5gbit").rate_bps, 2500000000ull));
	cr_assert(eq(u64, good("rate=64kbit").rate_bps, 64000));
	cr_assert(epsilon_eq(dbl, good("loss=0.5").loss, 0.5, 1e-12));
	cr_assert(epsilon_eq(dbl, good("").loss, 0, 1e-12));
}

Test(link_impair_parse, the_offending_word_is_named)
{
	static const char *const wrong[] = {
		"losss=1%",
		"loss",
		"loss=",
		"loss=%",
		"loss=101%",
		"loss=-1%",
		"loss=1.%%",
		"delay=10",
		"delay=ms",
		"delay=9e9s",
		"delay=99999s",
		"rate=10",
		"rate=10mb",
		"rate=2000gbit",
		"seed=x",
		"seed=1.2.3",
		"=1",
		"dup=.5",
		"seed=99999999999999999",
		"loss=00000000000000000000000000000000000000000000000000001%",
	};
	struct impairment how;

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		char spec[128], why[200] = "";

		snprintf(spec, sizeof(spec), "dup=1%%,%s,seed=1", wrong[i]);
		cr_assert(eq(int,
			     link_impair_parse(spec, &how, why, sizeof(why)),
			     -EINVAL),
			  "%s", spec);
		cr_assert(eq(int, why[0], '"'));
		cr_assert(eq(int,
			     strncmp(why + 1, wrong[i],
				     MIN(strlen(wrong[i]), 39u)),
			     0),
			  "%s", why);
	}
}
