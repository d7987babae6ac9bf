/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * ret.h - from -errno to errno
 *
 * What this room is for
 *   Inside, every call returns a count or -errno. The program wants -1 and
 *   errno. This is the only place where errno is written.
 */
#ifndef SHIM_RET_H
#define SHIM_RET_H

#include <errno.h>
#include <sys/types.h>

static inline ssize_t shim_ret(ssize_t ret)
{
	if (__builtin_expect(ret < 0, 0)) {
		errno = (int)-ret;
		return -1;
	}
	return ret;
}

/* The other way: what a real.* call returned, as -errno. */
static inline ssize_t shim_from_libc(ssize_t ret)
{
	return __builtin_expect(ret < 0, 0) ? -errno : ret;
}

/* For calls that must leave errno as it was: save, and put back. */
static inline int shim_errno_save(void)
{
	return errno;
}

static inline void shim_errno_restore(int saved)
{
	errno = saved;
}

#endif
