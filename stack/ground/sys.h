/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sys.h - raw system calls that no interposer sees
 *
 * What this room is for
 *   Our library takes the place of libc's socket(), read(), ioctl() and even
 *   syscall() in the program. What the stack itself wants from the kernel must
 *   not come back to it as a call of the program, must not touch errno, and
 *   must not be a cancellation point. So these go straight to the kernel.
 *
 * Errors     every call returns the kernel's result or -errno.
 * Never      restarts after a signal: -EINTR is the caller's to handle.
 */
#ifndef STACK_SYS_H
#define STACK_SYS_H

#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>

#include "base.h"

/* The bytes of a kernel signal set, which is smaller than libc's. */
enum { SYS_SIGSET_BYTES = 8 };

#if defined(__x86_64__)

static inline long sys_call6(long nr, long a, long b, long c, long d, long e,
			     long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8),
			   "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

#elif defined(__aarch64__)

static inline long sys_call6(long nr, long a, long b, long c, long d, long e,
			     long f)
{
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return x0;
}

#else
#error "sys.h: add this machine's system call instruction"
#endif

static inline long sys_call3(long nr, long a, long b, long c)
{
	return sys_call6(nr, a, b, c, 0, 0, 0);
}

static inline ssize_t sys_read(int fd, void *buf, size_t len)
{
	return sys_call3(SYS_read, fd, (long)buf, (long)len);
}

static inline ssize_t sys_write(int fd, const void *buf, size_t len)
{
	return sys_call3(SYS_write, fd, (long)buf, (long)len);
}

static inline ssize_t sys_readv(int fd, const struct iovec *iov, int n)
{
	return sys_call3(SYS_readv, fd, (long)iov, n);
}

static inline ssize_t sys_writev(int fd, const struct iovec *iov, int n)
{
	return sys_call3(SYS_writev, fd, (long)iov, n);
}

static inline int sys_close(int fd)
{
	return (int)sys_call3(SYS_close, fd, 0, 0);
}

static inline int sys_openat(int dir, const char *path, int flags, mode_t mode)
{
	return (int)sys_call6(SYS_openat, dir, (long)path, flags, (long)mode, 0,
			      0);
}

static inline int sys_ioctl(int fd, unsigned long request, void *arg)
{
	return (int)sys_call3(SYS_ioctl, fd, (long)request, (long)arg);
}

static inline int sys_fcntl(int fd, int command, long arg)
{
	return (int)sys_call3(SYS_fcntl, fd, command, arg);
}

static inline int sys_flock(int fd, int operation)
{
	return (int)sys_call3(SYS_flock, fd, operation, 0);
}

static inline int sys_dup3(int from, int to, int flags)
{
	return (int)sys_call3(SYS_dup3, from, to, flags);
}

static inline int sys_close_range(unsigned first, unsigned last, int flags)
{
	return (int)sys_call3(SYS_close_range, (long)first, (long)last, flags);
}

static inline int sys_fstat(int fd, struct stat *st)
{
	return (int)sys_call3(SYS_fstat, fd, (long)st, 0);
}

static inline int sys_socket(int family, int type, int protocol)
{
	return (int)sys_call3(SYS_socket, family, type, protocol);
}

static inline int sys_socketpair(int family, int type, int protocol, int sv[2])
{
	return (int)sys_call6(SYS_socketpair, family, type, protocol, (long)sv,
			      0, 0);
}

static inline int sys_bind(int fd, const void *addr, socklen_t len)
{
	return (int)sys_call3(SYS_bind, fd, (long)addr, (long)len);
}

static inline int sys_connect(int fd, const void *addr, socklen_t len)
{
	return (int)sys_call3(SYS_connect, fd, (long)addr, (long)len);
}

static inline int sys_getsockname(int fd, void *addr, socklen_t *len)
{
	return (int)sys_call3(SYS_getsockname, fd, (long)addr, (long)len);
}

static inline int sys_setsockopt(int fd, int level, int name, const void *value,
				 socklen_t len)
{
	return (int)sys_call6(SYS_setsockopt, fd, level, name, (long)value,
			      (long)len, 0);
}

static inline int sys_getsockopt(int fd, int level, int name, void *value,
				 socklen_t *len)
{
	return (int)sys_call6(SYS_getsockopt, fd, level, name, (long)value,
			      (long)len, 0);
}

static inline ssize_t sys_sendto(int fd, const void *buf, size_t len, int flags,
				 const void *addr, socklen_t addr_len)
{
	return sys_call6(SYS_sendto, fd, (long)buf, (long)len, flags,
			 (long)addr, (long)addr_len);
}

static inline ssize_t sys_recvfrom(int fd, void *buf, size_t len, int flags,
				   void *addr, socklen_t *addr_len)
{
	return sys_call6(SYS_recvfrom, fd, (long)buf, (long)len, flags,
			 (long)addr, (long)addr_len);
}

static inline ssize_t sys_sendmsg(int fd, const struct msghdr *msg, int flags)
{
	return sys_call3(SYS_sendmsg, fd, (long)msg, flags);
}

static inline ssize_t sys_recvmsg(int fd, struct msghdr *msg, int flags)
{
	return sys_call3(SYS_recvmsg, fd, (long)msg, flags);
}

static inline int sys_eventfd2(unsigned initial, int flags)
{
	return (int)sys_call3(SYS_eventfd2, (long)initial, flags, 0);
}

static inline int sys_timerfd_create(clockid_t clock, int flags)
{
	return (int)sys_call3(SYS_timerfd_create, clock, flags, 0);
}

/* From now; 0: stopped. */
static inline int sys_timerfd_settime(int fd, const struct itimerspec *when)
{
	return (int)sys_call6(SYS_timerfd_settime, fd, 0, (long)when, 0, 0, 0);
}

static inline int sys_memfd_create(const char *name, unsigned flags)
{
	return (int)sys_call3(SYS_memfd_create, (long)name, (long)flags, 0);
}

static inline int sys_epoll_create1(int flags)
{
	return (int)sys_call3(SYS_epoll_create1, flags, 0, 0);
}

static inline int sys_epoll_ctl(int epfd, int op, int fd,
				struct epoll_event *event)
{
	return (int)sys_call6(SYS_epoll_ctl, epfd, op, fd, (long)event, 0, 0);
}

/* `mask` may be NULL; a NULL or negative timeout waits for ever. */
static inline int sys_epoll_pwait(int epfd, struct epoll_event *events, int max,
				  int timeout_ms, const sigset_t *mask)
{
	return (int)sys_call6(SYS_epoll_pwait, epfd, (long)events, max,
			      timeout_ms, (long)mask, SYS_SIGSET_BYTES);
}

static inline int sys_epoll_pwait2(int epfd, struct epoll_event *events,
				   int max, const struct timespec *timeout,
				   const sigset_t *mask)
{
	return (int)sys_call6(SYS_epoll_pwait2, epfd, (long)events, max,
			      (long)timeout, (long)mask, SYS_SIGSET_BYTES);
}

/* The kernel writes the time left into *timeout, unlike libc's ppoll(). */
static inline int sys_ppoll(struct pollfd *fds, nfds_t n,
			    struct timespec *timeout, const sigset_t *mask)
{
	return (int)sys_call6(SYS_ppoll, (long)fds, (long)n, (long)timeout,
			      (long)mask, SYS_SIGSET_BYTES, 0);
}

/* FUTEX_WAIT and FUTEX_WAKE and relations; `timeout` as the op wants it. */
static inline int sys_futex(uint32_t *word, int op, uint32_t value,
			    const struct timespec *timeout)
{
	return (int)sys_call6(SYS_futex, (long)word, op, (long)value,
			      (long)timeout, 0, FUTEX_BITSET_MATCH_ANY);
}

static inline int sys_clock_gettime(clockid_t clock, struct timespec *t)
{
	return (int)sys_call3(SYS_clock_gettime, clock, (long)t, 0);
}

static inline int sys_sigprocmask(int how, const sigset_t *set, sigset_t *old)
{
	return (int)sys_call6(SYS_rt_sigprocmask, how, (long)set, (long)old,
			      SYS_SIGSET_BYTES, 0, 0);
}

static inline int sys_getpid(void)
{
	return (int)sys_call3(SYS_getpid, 0, 0, 0);
}

static inline uint32_t sys_geteuid(void)
{
	return (uint32_t)sys_call3(SYS_geteuid, 0, 0, 0);
}

static inline int sys_gettid(void)
{
	return (int)sys_call3(SYS_gettid, 0, 0, 0);
}

static inline ssize_t sys_getrandom(void *buf, size_t len, unsigned flags)
{
	return sys_call3(SYS_getrandom, (long)buf, (long)len, (long)flags);
}

#endif
