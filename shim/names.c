/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * names.c - getsockname(2), getpeername(2)
 *
 * What this room is for
 *   The addresses of our sockets, from the stack; others from libc.
 *
 * Follows    getsockname(2): cut to *len, the whole length returned in it.
 */

#include <errno.h>

#include "fdtab.h"
#include "real.h"
#include "ret.h"

SHIM_EXPORT int getsockname(int fd, struct sockaddr *addr, socklen_t *len)
{
	sock_id s = fdtab_sock(fd);

	if (!s)
		return real.getsockname(fd, addr, len);
	if (!addr || !len)
		return (int)shim_ret(-EFAULT);
	return (int)shim_ret(stack_getsockname(s, addr, len));
}

SHIM_EXPORT int getpeername(int fd, struct sockaddr *addr, socklen_t *len)
{
	sock_id s = fdtab_sock(fd);

	if (!s)
		return real.getpeername(fd, addr, len);
	if (!addr || !len)
		return (int)shim_ret(-EFAULT);
	return (int)shim_ret(stack_getpeername(s, addr, len));
}
