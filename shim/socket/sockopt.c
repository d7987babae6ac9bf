/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sockopt.c - getsockopt(2), setsockopt(2)
 *
 * What this room is for
 *   Options of our sockets are the stack's table; others are libc's.
 *
 * Follows    getsockopt(2).
 */

#include <errno.h>

#include "fd/fdtab.h"
#include "ground/real.h"
#include "ground/ret.h"

SHIM_EXPORT int getsockopt(int fd, int level, int name, void *value,
			   socklen_t *len)
{
	sock_id s = fdtab_sock(fd);

	if (!s)
		return real.getsockopt(fd, level, name, value, len);
	if (!len)
		return (int)shim_ret(-EFAULT);
	return (int)shim_ret(stack_getsockopt(s, level, name, value, len));
}

SHIM_EXPORT int setsockopt(int fd, int level, int name, const void *value,
			   socklen_t len)
{
	sock_id s = fdtab_sock(fd);

	if (!s)
		return real.setsockopt(fd, level, name, value, len);
	return (int)shim_ret(stack_setsockopt(s, level, name, value, len));
}
