/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * link_kind_test.c - proves link_kind.c: which texts name a link
 */
#include <errno.h>
#include <string.h>

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

/* --- several links -------------------------------------------------------- */

static struct link_list list;

static int parse_list(const char *text)
{
	why[0] = '\0';
	return link_list_parse(text, &list, why, sizeof(why));
}

Test(link_kind, a_list_names_each_link_by_its_device)
{
	cr_assert(eq(int,
		     parse_list("tap:tap0,stream:/a,packet:eth1,stream:/b"),
		     0));
	cr_assert(eq(sz, list.n, 4));
	cr_assert(eq(str, list.spec[0].name, "tap0"));
	cr_assert(eq(str, list.spec[1].name, "stream0"));
	cr_assert(eq(str, (char *)list.spec[1].where, "/a"));
	cr_assert(eq(str, list.spec[2].name, "eth1"));
	cr_assert(eq(str, list.spec[3].name, "stream1"));
	cr_assert(eq(int, link_list_find(&list, "eth1"), 2));
	cr_assert(eq(int, link_list_find(&list, "eth"), -ENODEV));
}

Test(link_kind, a_list_with_a_mistake_is_refused)
{
	static const char *const wrong[] = {
		"",
		"tap:tap0,",
		",tap:tap0",
		"tap:tap0,tap1",
		"tap:tap0,packet:tap0",
		"tap:a,tap:b,tap:c,tap:d,tap:e,tap:f,tap:g,tap:h",
	};
	static char longest[LINKS_TEXT_MAX + 1];

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		cr_expect(eq(int, parse_list(wrong[i]), -EINVAL), "\"%s\"",
			  wrong[i]);
		cr_expect(ne(chr, why[0], '\0'), "\"%s\"", wrong[i]);
	}
	memset(longest, 'x', sizeof(longest) - 1);
	memcpy(longest, "stream:", 7);
	cr_assert(eq(int, parse_list(longest), -EINVAL));
	longest[LINKS_TEXT_MAX - 1] = '\0';
	cr_assert(eq(int, parse_list(longest), 0));
}
