/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * real.c - finds libc's own functions
 *
 * What this room is for
 *   One struct of pointers. The early versions below stand in it until
 *   real_find() has run: a malloc that reads a file while it initialises, or a
 *   constructor that comes before ours, gets the plain system call.
 *
 * Never      resolves a function of REAL_RAW because somebody called it.
 * Proved by  test-apps/syscall_direct.c
 */

#include "real.h"

#include <dlfcn.h>
#include <stdarg.h>

#include "raw.h"
#include "ret.h"

/* One early version: the system call with the same arguments, in errno's way.
 * A0 to A6 give the parameter list and the arguments for each count. */
#define EARLY(type, name, nr, params, ...)                                     \
	static type early_##name params                                        \
	{                                                                      \
		return (type)shim_ret(                                         \
			EARLY_CALL(nr, __VA_ARGS__, 0, 0, 0, 0, 0, 0));        \
	}
#define EARLY_CALL(nr, a, b, c, d, e, f, ...)                                  \
	raw6(nr, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e),        \
	     (long)(f))

EARLY(int, accept, SYS_accept, (int fd, struct sockaddr *addr, socklen_t *len),
      fd, addr, len)
EARLY(int, accept4, SYS_accept4,
      (int fd, struct sockaddr *addr, socklen_t *len, int flags), fd, addr, len,
      flags)
EARLY(int, bind, SYS_bind, (int fd, const struct sockaddr *addr, socklen_t len),
      fd, addr, len)
EARLY(int, close, SYS_close, (int fd), fd)
EARLY(int, connect, SYS_connect,
      (int fd, const struct sockaddr *addr, socklen_t len), fd, addr, len)
EARLY(int, dup, SYS_dup, (int fd), fd)
EARLY(int, dup3, SYS_dup3, (int from, int to, int flags), from, to, flags)
EARLY(int, getpeername, SYS_getpeername,
      (int fd, struct sockaddr *addr, socklen_t *len), fd, addr, len)
EARLY(int, getsockname, SYS_getsockname,
      (int fd, struct sockaddr *addr, socklen_t *len), fd, addr, len)
EARLY(int, getsockopt, SYS_getsockopt,
      (int fd, int level, int name, void *value, socklen_t *len), fd, level,
      name, value, len)
EARLY(int, listen, SYS_listen, (int fd, int backlog), fd, backlog)
EARLY(off_t, lseek, SYS_lseek, (int fd, off_t at, int whence), fd, at, whence)
EARLY(void *, mmap, SYS_mmap,
      (void *addr, size_t len, int prot, int flags, int fd, off_t at), addr,
      len, prot, flags, fd, at)
EARLY(ssize_t, pread, SYS_pread64, (int fd, void *buf, size_t len, off_t at),
      fd, buf, len, at)
EARLY(ssize_t, pwrite, SYS_pwrite64,
      (int fd, const void *buf, size_t len, off_t at), fd, buf, len, at)
EARLY(ssize_t, read, SYS_read, (int fd, void *buf, size_t len), fd, buf, len)
EARLY(ssize_t, readv, SYS_readv, (int fd, const struct iovec *iov, int n), fd,
      iov, n)
EARLY(ssize_t, recv, SYS_recvfrom, (int fd, void *buf, size_t len, int flags),
      fd, buf, len, flags)
EARLY(ssize_t, recvfrom, SYS_recvfrom,
      (int fd, void *buf, size_t len, int flags, struct sockaddr *addr,
       socklen_t *alen),
      fd, buf, len, flags, addr, alen)
EARLY(int, recvmmsg, SYS_recvmmsg,
      (int fd, struct mmsghdr *msgs, unsigned n, int flags,
       struct timespec *timeout),
      fd, msgs, n, flags, timeout)
EARLY(ssize_t, recvmsg, SYS_recvmsg, (int fd, struct msghdr *msg, int flags),
      fd, msg, flags)
EARLY(ssize_t, send, SYS_sendto,
      (int fd, const void *buf, size_t len, int flags), fd, buf, len, flags)
EARLY(ssize_t, sendfile, SYS_sendfile,
      (int out, int in, off_t *offset, size_t n), out, in, offset, n)
EARLY(int, sendmmsg, SYS_sendmmsg,
      (int fd, struct mmsghdr *msgs, unsigned n, int flags), fd, msgs, n, flags)
EARLY(ssize_t, sendmsg, SYS_sendmsg,
      (int fd, const struct msghdr *msg, int flags), fd, msg, flags)
EARLY(ssize_t, sendto, SYS_sendto,
      (int fd, const void *buf, size_t len, int flags,
       const struct sockaddr *addr, socklen_t alen),
      fd, buf, len, flags, addr, alen)
EARLY(int, setsockopt, SYS_setsockopt,
      (int fd, int level, int name, const void *value, socklen_t len), fd,
      level, name, value, len)
EARLY(int, shutdown, SYS_shutdown, (int fd, int how), fd, how)
EARLY(int, socket, SYS_socket, (int family, int type, int protocol), family,
      type, protocol)
EARLY(int, socketpair, SYS_socketpair,
      (int family, int type, int protocol, int sv[2]), family, type, protocol,
      sv)
EARLY(ssize_t, write, SYS_write, (int fd, const void *buf, size_t len), fd, buf,
      len)
EARLY(ssize_t, writev, SYS_writev, (int fd, const struct iovec *iov, int n), fd,
      iov, n)

/* dup2(x, x) only asks whether x is open; dup3() refuses it. */
static int early_dup2(int from, int to)
{
	long ret = from == to ? raw3(SYS_fcntl, from, F_GETFD, 0)
			      : raw3(SYS_dup3, from, to, 0);

	return (int)shim_ret(ret < 0 ? ret : to);
}

static int early_fcntl(int fd, int command, ...)
{
	va_list ap;
	long arg;

	va_start(ap, command);
	arg = va_arg(ap, long);
	va_end(ap);
	return (int)shim_ret(raw3(SYS_fcntl, fd, command, arg));
}

static int early_ioctl(int fd, unsigned long request, ...)
{
	va_list ap;
	long arg;

	va_start(ap, request);
	arg = va_arg(ap, long);
	va_end(ap);
	return (int)shim_ret(raw3(SYS_ioctl, fd, (long)request, arg));
}

/* O_CREAT and O_TMPFILE have a mode; without them it is not looked at. */
static int early_open(const char *path, int flags, ...)
{
	va_list ap;
	long mode;

	va_start(ap, flags);
	mode = va_arg(ap, long);
	va_end(ap);
	return (int)shim_ret(
		raw6(SYS_openat, AT_FDCWD, (long)path, flags, mode, 0, 0));
}

static int early_openat(int dir, const char *path, int flags, ...)
{
	va_list ap;
	long mode;

	va_start(ap, flags);
	mode = va_arg(ap, long);
	va_end(ap);
	return (int)shim_ret(
		raw6(SYS_openat, dir, (long)path, flags, mode, 0, 0));
}

struct real real = {
#define X(name) .name = early_##name,
	REAL_RAW(X)
#undef X
};

/* A name that libc lacks leaves what is there. */
static void find(void *slot, const char *name)
{
	void *found = dlsym(RTLD_NEXT, name);

	if (found)
		__atomic_store_n((void **)slot, found, __ATOMIC_RELEASE);
}

void real_find(void)
{
#define X(name) find(&real.name, #name);
	REAL_RAW(X)
	REAL_LIBC(X)
#undef X
}
