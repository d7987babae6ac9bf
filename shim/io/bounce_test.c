/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * bounce_test.c - proves bounce.c: one buffer has one user, and is kept.
 */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "bounce.h"

Test(bounce, returned_buffer_is_given_again)
{
	char *first = bounce_get();

	cr_assert(first != NULL);
	bounce_put(first);
	cr_assert(bounce_get() == first);
}

Test(bounce, buffers_in_use_are_different_and_whole)
{
	char *all[20];

	for (int i = 0; i < 20; i++) {
		all[i] = bounce_get();
		cr_assert(all[i] != NULL);
		memset(all[i], i, BOUNCE_BYTES);
	}
	for (int i = 0; i < 20; i++) {
		cr_assert(eq(int, all[i][0], i));
		cr_assert(eq(int, all[i][BOUNCE_BYTES - 1], i));
	}
	for (int i = 0; i < 20; i++)
		bounce_put(all[i]);
}
