/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * explain_test.c - proves explain.c
 */
#include <errno.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "explain.h"

Test(explain, the_number_passes_and_the_sentence_is_written)
{
	char text[32];
	struct why why = {text, sizeof(text)};

	cr_assert(eq(int, explain(&why, -EBUSY, "no %s", "luck"), -EBUSY));
	cr_assert(eq(str, text, "no luck"));
}

Test(explain, what_does_not_fit_is_cut)
{
	char text[4];
	struct why why = {text, sizeof(text)};

	cr_assert(eq(int, explain(&why, -EPERM, "%s", "longer"), -EPERM));
	cr_assert(eq(str, text, "lon"));
}

Test(explain, nobody_needs_to_ask)
{
	char text[] = "as it was";
	struct why nobody = {NULL, 0}, no_room = {text, 0};

	cr_assert(eq(int, explain(&nobody, -EIO, "x"), -EIO));
	cr_assert(eq(int, explain(&no_room, -EIO, "x"), -EIO));
	cr_assert(eq(str, text, "as it was"));
}
