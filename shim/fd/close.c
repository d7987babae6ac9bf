/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * close.c - close(2), close_range(2), closefrom(3)
 *
 * What this room is for
 *   The slot is emptied before the kernel's close, because the number may be
 *   somebody else's the moment after. The stack's socket is closed with its
 *   last descriptor. In a vfork child only the kernel's descriptor is closed.
 *
 * Never      returns EINTR for our sockets; closes the stack's own descriptors.
 * Follows    close(2), close_range(2).
 * Proved by  fdtab_test.c and test-apps/dup_then_close.c
 */

#include "close.h"

#include <errno.h>
#include <limits.h>
#include <linux/close_range.h>

#include "process/fork.h"
#include "own.h"
#include "ground/raw.h"
#include "ground/real.h"
#include "ground/ret.h"

int close_ours(int fd, fdtab_word word)
{
	long ret;

	if (fork_is_vfork_child())
		return (int)raw1(SYS_close, fd);
	word = fdtab_take(fd);
	ret = raw1(SYS_close, fd);
	fdtab_release(fd, word);
	return ret == -EINTR ? 0 : (int)ret;
}

SHIM_EXPORT int close(int fd)
{
	fdtab_word word = fdtab_get(fd);

	if (LIKELY(!fdtab_is_ours(word)))
		return own_has(fd) ? (int)shim_ret(-EBADF) : real.close(fd);
	return (int)shim_ret(close_ours(fd, word));
}

SHIM_ALIAS(close, __close);

static void close_visited(int fd, fdtab_word word, void *context)
{
	(void)context;
	close_ours(fd, word);
}

/* The kernel's part, around what is the stack's own. */
static int close_around(unsigned int first, unsigned int last, int flags)
{
	int own[OWN_MAX];
	size_t n = own_list(own);
	long ret = 0;

	for (size_t i = 0; i < n && !ret; i++) {
		unsigned int fd = (unsigned int)own[i];

		if (fd < first || fd > last)
			continue;
		if (fd > first)
			ret = raw3(SYS_close_range, first, fd - 1, flags);
		if (fd == UINT_MAX)
			return (int)ret;
		first = fd + 1;
	}
	if (!ret && first <= last)
		ret = raw3(SYS_close_range, first, last, flags);
	return (int)ret;
}

int close_all(unsigned int first, unsigned int last, int flags)
{
	/* Nothing is closed now; ours are closed on exec anyway. */
	if ((flags & CLOSE_RANGE_CLOEXEC) || first > last)
		return (int)raw3(SYS_close_range, first, last, flags);
	if (flags & ~CLOSE_RANGE_UNSHARE)
		return -EINVAL;
	if (first <= INT_MAX)
		fdtab_each((int)first, last > INT_MAX ? INT_MAX : (int)last,
			   close_visited, NULL);
	return close_around(first, last, flags);
}

SHIM_EXPORT int close_range(unsigned int first, unsigned int last, int flags)
{
	return (int)shim_ret(close_all(first, last, flags));
}

SHIM_EXPORT void closefrom(int low)
{
	int saved = shim_errno_save();
	unsigned int first = low < 0 ? 0 : (unsigned int)low;

	/* Kernels before 5.9 have no close_range. */
	if (close_all(first, UINT_MAX, 0) == -ENOSYS)
		for (long fd = first; fd < sysconf(_SC_OPEN_MAX); fd++)
			close((int)fd);
	shim_errno_restore(saved);
}
