/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * readwrite.c - read(2), write(2) and their relations
 *
 * What this room is for
 *   The calls every program makes on every file: the table's two loads, and
 *   straight on to libc. On our sockets they are recv and send without flags,
 *   and those with an offset fail as on any socket.
 *
 * Never      allocates, locks or resolves: malloc implementations read files
 *            while they initialise.
 */

#include <errno.h>
#include <limits.h>

#include "fd/fdtab.h"
#include "ground/real.h"
#include "recv.h"
#include "ground/ret.h"
#include "send.h"

SHIM_EXPORT ssize_t read(int fd, void *buf, size_t len)
{
	sock_id s = fdtab_sock(fd);

	if (LIKELY(!s))
		return real.read(fd, buf, len);
	return len ? shim_ret(recv_flat(s, buf, len, 0)) : 0;
}

SHIM_ALIAS(read, __read);

SHIM_EXPORT ssize_t write(int fd, const void *buf, size_t len)
{
	sock_id s = fdtab_sock(fd);

	if (LIKELY(!s))
		return real.write(fd, buf, len);
	return shim_ret(send_flat(s, buf, len, 0));
}

SHIM_ALIAS(write, __write);

static ssize_t read_vector(sock_id s, const struct iovec *iov, int n)
{
	struct msghdr msg = {.msg_iov = (struct iovec *)iov,
			     .msg_iovlen = (size_t)n};
	bool is_empty = true;

	if (n < 0 || n > IOV_MAX)
		return -EINVAL;
	for (int i = 0; i < n; i++)
		is_empty = is_empty && !iov[i].iov_len;
	return is_empty ? 0 : recv_message(s, &msg, 0);
}

static ssize_t write_vector(sock_id s, const struct iovec *iov, int n)
{
	struct msghdr msg = {.msg_iov = (struct iovec *)iov,
			     .msg_iovlen = (size_t)n};

	if (n < 0 || n > IOV_MAX)
		return -EINVAL;
	return send_message(s, &msg, 0);
}

SHIM_EXPORT ssize_t readv(int fd, const struct iovec *iov, int n)
{
	sock_id s = fdtab_sock(fd);

	if (LIKELY(!s))
		return real.readv(fd, iov, n);
	return shim_ret(read_vector(s, iov, n));
}

SHIM_EXPORT ssize_t writev(int fd, const struct iovec *iov, int n)
{
	sock_id s = fdtab_sock(fd);

	if (LIKELY(!s))
		return real.writev(fd, iov, n);
	return shim_ret(write_vector(s, iov, n));
}

SHIM_EXPORT ssize_t pread(int fd, void *buf, size_t len, off_t at)
{
	if (LIKELY(!fdtab_sock(fd)))
		return real.pread(fd, buf, len, at);
	return shim_ret(-ESPIPE);
}

SHIM_ALIAS(pread, pread64);
SHIM_ALIAS(pread, __pread64);

SHIM_EXPORT ssize_t pwrite(int fd, const void *buf, size_t len, off_t at)
{
	if (LIKELY(!fdtab_sock(fd)))
		return real.pwrite(fd, buf, len, at);
	return shim_ret(-ESPIPE);
}

SHIM_ALIAS(pwrite, pwrite64);
SHIM_ALIAS(pwrite, __pwrite64);

SHIM_EXPORT ssize_t preadv(int fd, const struct iovec *iov, int n, off_t at)
{
	if (LIKELY(!fdtab_sock(fd)))
		return REAL(preadv)(fd, iov, n, at);
	return shim_ret(-ESPIPE);
}

SHIM_ALIAS(preadv, preadv64);

SHIM_EXPORT ssize_t pwritev(int fd, const struct iovec *iov, int n, off_t at)
{
	if (LIKELY(!fdtab_sock(fd)))
		return REAL(pwritev)(fd, iov, n, at);
	return shim_ret(-ESPIPE);
}

SHIM_ALIAS(pwritev, pwritev64);

/* RWF_NOWAIT and friends on a socket: only the plain form is known to us. */
static ssize_t check_v2(off_t at, int flags)
{
	if (at != -1)
		return -ESPIPE;
	return flags ? -EOPNOTSUPP : 0;
}

SHIM_EXPORT ssize_t preadv2(int fd, const struct iovec *iov, int n, off_t at,
			    int flags)
{
	sock_id s = fdtab_sock(fd);
	ssize_t err;

	if (LIKELY(!s))
		return REAL(preadv2)(fd, iov, n, at, flags);
	err = check_v2(at, flags);
	return shim_ret(err ? err : read_vector(s, iov, n));
}

SHIM_ALIAS(preadv2, preadv64v2);

SHIM_EXPORT ssize_t pwritev2(int fd, const struct iovec *iov, int n, off_t at,
			     int flags)
{
	sock_id s = fdtab_sock(fd);
	ssize_t err;

	if (LIKELY(!s))
		return REAL(pwritev2)(fd, iov, n, at, flags);
	err = check_v2(at, flags);
	return shim_ret(err ? err : write_vector(s, iov, n));
}

SHIM_ALIAS(pwritev2, pwritev64v2);

SHIM_EXPORT off_t lseek(int fd, off_t at, int whence)
{
	if (LIKELY(!fdtab_sock(fd)))
		return real.lseek(fd, at, whence);
	return shim_ret(-ESPIPE);
}

SHIM_ALIAS(lseek, lseek64);
