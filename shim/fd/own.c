/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * own.c - asks the stack which descriptors are its own
 *
 * What this room is for
 *   See own.h. Asked anew each time: there are few, and they move.
 *
 * Proved by  test-apps/close_range_spares.c
 */

#include "own.h"

#include <errno.h>

size_t own_list(int fds[OWN_MAX])
{
	size_t n;

	if (!shim_is_ready())
		return 0;
	n = stack_own_fds(fds, OWN_MAX);
	if (n > OWN_MAX)
		n = OWN_MAX;
	for (size_t i = 1; i < n; i++) {
		int fd = fds[i];
		size_t at = i;

		for (; at > 0 && fds[at - 1] > fd; at--)
			fds[at] = fds[at - 1];
		fds[at] = fd;
	}
	return n;
}

bool own_has(int fd)
{
	return shim_is_ready() && stack_owns_fd(fd);
}

int own_give_up(int fd)
{
	int err;

	if (!own_has(fd))
		return 0;
	err = stack_move_fd(fd);
	return err == -ENOENT ? 0 : err;
}
