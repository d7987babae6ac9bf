/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * link_kind_test.c - proves link_kind.c: which texts name a link
 */
#include <errno.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "link_kind.h"

static char why[200];

static int parse(const char *text, struct link_spec *spec)
{
	why[0] = '\0';
	return link_spec_parse(text, spec, why, sizeof(why));
}

Test(link_kind, each_kind_is_named)
{
	struct link_spec spec;

	cr_assert(eq(int, parse("tap:tap0", &spec), 0));
	cr_assert(eq(int, (int)spec.kind, LINK_KIND_TAP));
	cr_assert(eq(str, (char *)spec.where, "tap0"));
	cr_assert(eq(int, parse("packet:eth0.7", &spec), 0));
	cr_assert(eq(int, (int)spec.kind, LINK_KIND_PACKET));
	cr_assert(eq(str, (char *)spec.where, "eth0.7"));
	cr_assert(eq(int, parse("stream:/tmp/a b:c", &spec), 0));
	cr_assert(eq(int, (int)spec.kind, LINK_KIND_STREAM));
	cr_assert(eq(str, (char *)spec.where, "/tmp/a b:c"));
}

Test(link_kind, other_texts_are_refused_with_a_sentence)
{
	static const char *const wrong[] = {
		"",     "tap0",       "tap",     "TAP:tap0",
		"tap:", "packet:a/b", "stream:", "tap:sixteen-letters!",
	};
	struct link_spec spec;

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		cr_expect(eq(int, parse(wrong[i], &spec), -EINVAL), "\"%s\"",
			  wrong[i]);
		cr_expect(ne(chr, why[0], '\0'), "\"%s\"", wrong[i]);
	}
}
