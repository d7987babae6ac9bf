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
