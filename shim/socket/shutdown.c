/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * shutdown.c - shutdown(2)
 *
 * What this room is for
 *   Half-closes one of our sockets in the stack; others in libc.
 *
 * Follows    shutdown(2).
 */

#include "fd/fdtab.h"
#include "ground/real.h"
#include "ground/ret.h"

SHIM_EXPORT int shutdown(int fd, int how)
{
	sock_id s = fdtab_sock(fd);

	if (!s)
		return real.shutdown(fd, how);
	return (int)shim_ret(stack_shutdown(s, how));
}
