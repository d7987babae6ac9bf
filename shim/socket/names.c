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

#include "fd/fdtab.h"
#include "ground/real.h"
#include "ground/ret.h"

/* With no room at all, the address may be NULL. */
static int tell(sock_id s, int (*ask)(sock_id, struct sockaddr *, socklen_t *),
		struct sockaddr *addr, socklen_t *len)
{
	struct sockaddr_storage nowhere;

	if (!len || (!addr && *len))
		return -EFAULT;
	return ask(s, addr ? addr : (struct sockaddr *)&nowhere, len);
}

SHIM_EXPORT int getsockname(int fd, struct sockaddr *addr, socklen_t *len)
{
	sock_id s = fdtab_sock(fd);

	if (!s)
		return real.getsockname(fd, addr, len);
	return (int)shim_ret(tell(s, stack_getsockname, addr, len));
}

SHIM_EXPORT int getpeername(int fd, struct sockaddr *addr, socklen_t *len)
{
	sock_id s = fdtab_sock(fd);

	if (!s)
		return real.getpeername(fd, addr, len);
	return (int)shim_ret(tell(s, stack_getpeername, addr, len));
}
