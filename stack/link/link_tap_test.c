/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * link_tap_test.c - proves what link_tap.c refuses before it touches a device
 *
 * Frames through a real TAP are integration's; vnet_test.c has the headers.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "link.h"

static char why[200];

static int try_name(const char *name)
{
	struct link_tap_config config = {.name = name, .fd = -1};
	struct link *l;

	why[0] = '\0';
	return link_tap_open(&config, &l, why, sizeof(why));
}

Test(link_tap, names_that_no_device_can_have_are_refused)
{
	static const char *const wrong[] = {
		"",           ".",     "..",
		"a/b",        "tap%d", "a b",
		"tap:1",      "tap\n", "abcdefghijklmnop",
		"t\xc3\xa4p",
	};

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		cr_assert(eq(int, try_name(wrong[i]), -EINVAL), "\"%s\"",
			  wrong[i]);
		cr_assert(ne(ptr, strstr(why, "is not a device name"), NULL));
	}
	cr_assert(eq(int, try_name(NULL), -EINVAL));
}

Test(link_tap, a_descriptor_that_is_no_tap_is_refused)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct link_tap_config config = {.offload = true, .fd = fd};
	struct link *l;

	cr_assert(lt(int, link_tap_open(&config, &l, why, sizeof(why)), 0));
	cr_assert(ne(ptr, strstr(why, "is not an open TAP"), NULL));
	/* It was not ours to close. */
	cr_assert(eq(int, close(fd), 0));
}

Test(link_tap, nobody_needs_to_ask_why)
{
	struct link_tap_config config = {.name = "a/b", .fd = -1};
	struct link *l;

	cr_assert(eq(int, link_tap_open(&config, &l, NULL, 0), -EINVAL));
}
