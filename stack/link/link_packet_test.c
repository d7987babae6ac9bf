/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * link_packet_test.c - proves what link_packet.c refuses before it touches an
 * interface
 *
 * Frames through a real interface are integration's (links.sh).
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "link.h"

static char why[200];

Test(link_packet, names_that_no_interface_can_have_are_refused)
{
	struct link_packet_config c = {.name = "a/b", .fd = -1};
	struct link *l;

	cr_assert(eq(int, link_packet_open(&c, &l, why, sizeof(why)), -EINVAL));
	cr_assert(ne(ptr, strstr(why, "a/b"), NULL), "%s", why);
}

Test(link_packet, a_descriptor_of_another_kind_is_refused_and_left_open)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct link_packet_config c = {.name = "lo", .fd = fd};
	struct link *l;

	cr_assert(eq(int, link_packet_open(&c, &l, why, sizeof(why)), -EINVAL));
	cr_assert(ne(ptr, strstr(why, "not a packet socket"), NULL), "%s", why);
	cr_assert(eq(int, close(fd), 0));
}
