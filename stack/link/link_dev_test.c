/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * link_dev_test.c - proves link_dev.c, with the loopback device that is always
 * there
 */
#include <errno.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "ground/limits.h"
#include "link_dev.h"

Test(link_dev, names_that_a_device_can_have)
{
	cr_assert(link_dev_name_is_good("tap0"));
	cr_assert(link_dev_name_is_good("a"));
	cr_assert(link_dev_name_is_good("abcdefghijklmno"));
}

Test(link_dev, names_that_none_can_have)
{
	static const char *const wrong[] = {
		"",           ".",     "..",
		"a/b",        "tap%d", "a b",
		"tap:1",      "tap\n", "abcdefghijklmnop",
		"t\xc3\xa4p",
	};

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		cr_expect(not(link_dev_name_is_good(wrong[i])), "\"%s\"",
			  wrong[i]);
}

Test(link_dev, what_is_not_there_has_no_index_and_the_usual_mtu)
{
	cr_assert(eq(int, link_dev_index("nss.no.such.dev"), -ENODEV));
	cr_assert(eq(u32, link_dev_mtu("nss.no.such.dev"), LIMIT_DEFAULT_MTU));
}

Test(link_dev, the_loopback_device_is_the_first)
{
	cr_assert(eq(int, link_dev_index("lo"), 1));
}
