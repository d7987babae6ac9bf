/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * ownfd_test.c - proves ownfd.c: ours live high, and move when claimed.
 */

#include "ownfd.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "ground/critical.h"

static int delivered;

static void deliver(void)
{
	critical.pending = 0;
	delivered++;
}

/* What a handler may call takes no lock that its own thread holds. */
Test(ownfd, signals_wait_while_the_table_is_locked)
{
	int fd = open("/dev/null", O_RDONLY);
	int listed[4];

	critical_deliver = deliver;
	critical.pending = 1;
	ownfd_adopt(&fd);
	cr_assert(eq(int, delivered, 1));
	critical.pending = 1;
	ownfd_list(listed, 4);
	cr_assert(eq(int, delivered, 2));
	critical.pending = 1;
	ownfd_forget(&fd);
	cr_assert(eq(int, delivered, 3));
	cr_assert(eq(int, critical.depth, 0));
	ownfd_after_fork_in_child();
	cr_assert(eq(int, critical.depth, 0));
}

Test(ownfd, adopted_moves_up_and_is_listed)
{
	int low = open("/dev/null", O_RDONLY);
	int fd = low;
	int listed[4];

	cr_assert(eq(int, ownfd_adopt(&fd), 0));
	cr_assert(gt(int, fd, low));
	cr_assert(eq(int, fcntl(low, F_GETFD), -1));
	cr_assert(eq(int, fcntl(fd, F_GETFD), FD_CLOEXEC));
	cr_assert(eq(sz, ownfd_list(listed, 4), 1));
	cr_assert(eq(int, listed[0], fd));
	ownfd_forget(&fd);
	cr_assert(eq(sz, ownfd_list(listed, 4), 0));
}

Test(ownfd, claimed_number_is_left)
{
	int fd = open("/dev/null", O_RDONLY);
	int was;

	ownfd_adopt(&fd);
	was = fd;
	cr_assert(eq(int, ownfd_move(was), 0));
	cr_assert(ne(int, fd, was));
	cr_assert(ge(int, fcntl(fd, F_GETFD), 0));
	cr_assert(eq(int, ownfd_move(3), -ENOENT));
}
