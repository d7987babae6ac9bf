/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * lines_test.c - proves lines.c: each line once, cut where there is no room
 */
#include "lines.h"

#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

Test(lines, each_comes_once_the_last_one_without_newline)
{
	static const char text[] = "one\n\nthree";
	const char *at = text, *end = text + strlen(text);
	char line[8];

	cr_assert(lines_next(&at, end, line, sizeof(line)));
	cr_assert(eq(str, line, "one"));
	cr_assert(lines_next(&at, end, line, sizeof(line)));
	cr_assert(eq(str, line, ""));
	cr_assert(lines_next(&at, end, line, sizeof(line)));
	cr_assert(eq(str, line, "three"));
	cr_assert(not(lines_next(&at, end, line, sizeof(line))));
}

Test(lines, a_long_one_is_cut_and_passed_over_whole)
{
	static const char text[] = "0123456789\nnext\n";
	const char *at = text, *end = text + strlen(text);
	char line[8];

	cr_assert(lines_next(&at, end, line, sizeof(line)));
	cr_assert(eq(str, line, "0123456"));
	cr_assert(lines_next(&at, end, line, sizeof(line)));
	cr_assert(eq(str, line, "next"));
	cr_assert(not(lines_next(&at, end, line, sizeof(line))));
}

Test(lines, an_empty_text_has_none)
{
	const char *at = "";
	char line[8];

	cr_assert(not(lines_next(&at, at, line, sizeof(line))));
}
