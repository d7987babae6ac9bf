/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * fortify.c - the checked names of calls that fill a buffer
 *
 * What this room is for
 *   Programs built with _FORTIFY_SOURCE call these, and libc's versions go to
 *   its own internals, past our hooks. Same calls, other names.
 *
 * Never      returns an error for a buffer that is too small: that is a bug of
 *            the program, and __chk_fail() ends it.
 */

#include <sys/socket.h>
#include <unistd.h>

#include "ground/shim.h"

extern void __chk_fail(void) __attribute__((noreturn));

ssize_t __read_chk(int fd, void *buf, size_t len, size_t room);
ssize_t __pread_chk(int fd, void *buf, size_t len, off_t at, size_t room);
ssize_t __pread64_chk(int fd, void *buf, size_t len, off_t at, size_t room);
ssize_t __recv_chk(int fd, void *buf, size_t len, size_t room, int flags);
ssize_t __recvfrom_chk(int fd, void *buf, size_t len, size_t room, int flags,
		       struct sockaddr *addr, socklen_t *addr_len);

static void check(size_t len, size_t room)
{
	if (UNLIKELY(len > room))
		__chk_fail();
}

SHIM_EXPORT ssize_t __read_chk(int fd, void *buf, size_t len, size_t room)
{
	check(len, room);
	return read(fd, buf, len);
}

SHIM_EXPORT ssize_t __pread_chk(int fd, void *buf, size_t len, off_t at,
				size_t room)
{
	check(len, room);
	return pread(fd, buf, len, at);
}

SHIM_ALIAS(__pread_chk, __pread64_chk);

SHIM_EXPORT ssize_t __recv_chk(int fd, void *buf, size_t len, size_t room,
			       int flags)
{
	check(len, room);
	return recv(fd, buf, len, flags);
}

SHIM_EXPORT ssize_t __recvfrom_chk(int fd, void *buf, size_t len, size_t room,
				   int flags, struct sockaddr *addr,
				   socklen_t *addr_len)
{
	check(len, room);
	return recvfrom(fd, buf, len, flags, addr, addr_len);
}
