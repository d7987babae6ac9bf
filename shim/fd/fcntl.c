/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * fcntl.c - fcntl(2), under both its names
 *
 * What this room is for
 *   O_NONBLOCK of our sockets lives with the socket in the stack, where all
 *   descriptors and processes see the same. Duplicating is dup.c's. Everything
 *   else (CLOEXEC, owners, O_ASYNC) the holder keeps.
 *
 * Never      allocates, locks or resolves.
 * Follows    fcntl(2).
 */

#include <errno.h>
#include <stdarg.h>

#include "dup.h"
#include "fdtab.h"
#include "ground/raw.h"
#include "ground/real.h"
#include "ground/ret.h"

static int get_flags(int fd, sock_id s)
{
	long flags = raw3(SYS_fcntl, fd, F_GETFL, 0);

	if (flags < 0)
		return (int)flags;
	flags &= ~O_NONBLOCK;
	return (int)flags | (stack_is_nonblocking(s) ? O_NONBLOCK : 0);
}

static int set_flags(int fd, sock_id s, long flags)
{
	long ret = raw3(SYS_fcntl, fd, F_SETFL, flags & ~O_NONBLOCK);

	if (ret < 0)
		return (int)ret;
	stack_set_nonblocking(s, flags & O_NONBLOCK);
	return 0;
}

SHIM_EXPORT int fcntl(int fd, int command, ...)
{
	sock_id s;
	va_list ap;
	long arg;

	va_start(ap, command);
	arg = va_arg(ap, long);
	va_end(ap);

	if (command == F_DUPFD || command == F_DUPFD_CLOEXEC)
		return (int)shim_ret(dup_above(fd, command, arg));
	if (command != F_GETFL && command != F_SETFL)
		return real.fcntl(fd, command, arg);

	s = fdtab_sock(fd);
	if (!s)
		return real.fcntl(fd, command, arg);
	return (int)shim_ret(command == F_GETFL ? get_flags(fd, s)
						: set_flags(fd, s, arg));
}

SHIM_ALIAS(fcntl, fcntl64);
SHIM_ALIAS(fcntl, __fcntl);
