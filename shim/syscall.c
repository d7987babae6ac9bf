/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * syscall.c - syscall(2), the function
 *
 * What this room is for
 *   libuv closes every descriptor with syscall(SYS_close) and asks for io_uring
 *   with syscall(SYS_io_uring_setup). Numbers that touch descriptors go to the
 *   hook of the same name when a descriptor of ours may be meant; all others go
 *   to libc's syscall() with every register as it came, by a jump and not by a
 *   call: a child made by SYS_clone or SYS_vfork must return through the same
 *   frame that its parent does.
 *
 *   io_uring_setup answers ENOSYS, because io_uring would go past us: callers
 *   fall back to epoll.
 *
 * Never      resolves before start-up: malloc implementations read files with
 *            syscall().
 */

#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <string.h>
#include <sys/prctl.h>

#include "fd/close.h"
#include "fd/dup.h"
#include "fd/fdtab.h"
#include "process/fork.h"
#include "process/prctl.h"
#include "ground/raw.h"
#include "ground/real.h"
#include "ground/ret.h"
#include "process/unshare.h"

/* struct clone_args, and what later kernels may add. */
enum { CLONE_ARGS_MAX = 128 };

typedef long syscall_function(long nr, long a, long b, long c, long d, long e,
			      long f);

syscall_function *syscall_route(long nr, long a, long b);

static long early(long nr, long a, long b, long c, long d, long e, long f)
{
	return shim_ret(raw6(nr, a, b, c, d, e, f));
}

static long refuse(long nr, long a, long b, long c, long d, long e, long f)
{
	(void)nr, (void)a, (void)b, (void)c, (void)d, (void)e, (void)f;
	return shim_ret(-ENOSYS);
}

/* Numbers whose first argument is a descriptor. */
static long on_fd(long nr, long a, long b, long c, long d, long e, long f)
{
	int fd = (int)a;

	(void)f;
	switch (nr) {
	case SYS_read:
		return read(fd, (void *)b, (size_t)c);
	case SYS_write:
		return write(fd, (void *)b, (size_t)c);
	case SYS_readv:
		return readv(fd, (void *)b, (int)c);
	case SYS_writev:
		return writev(fd, (void *)b, (int)c);
	case SYS_close:
		return close(fd);
	case SYS_fcntl:
		return fcntl(fd, (int)b, c);
	case SYS_ioctl:
		return ioctl(fd, (unsigned long)b, c);
	case SYS_dup:
		return dup(fd);
	case SYS_dup3:
		return dup3(fd, (int)b, (int)c);
	case SYS_sendfile:
		return sendfile(fd, (int)b, (off_t *)c, (size_t)d);
	case SYS_epoll_ctl:
		return epoll_ctl(fd, (int)b, (int)c, (void *)d);
	case SYS_epoll_pwait:
		return epoll_pwait(fd, (void *)b, (int)c, (int)d, (void *)e);
	default:
		return shim_ret(-ENOSYS);
	}
}

/* Calls by which a program gives up others. */
static long on_confinement(long nr, long a, long b, long c, long d, long e,
			   long f)
{
	(void)f;
	if (nr == SYS_seccomp)
		return prctl_seccomp(a, b, (const void *)c);
	if (nr == SYS_capset)
		return capset((cap_user_header_t)a, (cap_user_data_t)b);
	return prctl((int)a, b, c, d, e);
}

/* Calls that make descriptors or close ranges of them. */
static long on_any(long nr, long a, long b, long c, long d, long e, long f)
{
	(void)e, (void)f;
	switch (nr) {
	case SYS_socket:
		return socket((int)a, (int)b, (int)c);
	case SYS_close_range:
		return close_range((unsigned int)a, (unsigned int)b, (int)c);
	case SYS_ppoll:
		return ppoll((void *)a, (nfds_t)b, (void *)c, (void *)d);
	default:
		return shim_ret(-ENOSYS);
	}
}

static long on_socket(long nr, long a, long b, long c, long d, long e, long f)
{
	int fd = (int)a;

	switch (nr) {
	case SYS_bind:
		return bind(fd, (void *)b, (socklen_t)c);
	case SYS_listen:
		return listen(fd, (int)b);
	case SYS_accept:
		return accept(fd, (void *)b, (void *)c);
	case SYS_accept4:
		return accept4(fd, (void *)b, (void *)c, (int)d);
	case SYS_connect:
		return connect(fd, (void *)b, (socklen_t)c);
	case SYS_shutdown:
		return shutdown(fd, (int)b);
	case SYS_getsockname:
		return getsockname(fd, (void *)b, (void *)c);
	case SYS_getpeername:
		return getpeername(fd, (void *)b, (void *)c);
	case SYS_getsockopt:
		return getsockopt(fd, (int)b, (int)c, (void *)d, (void *)e);
	case SYS_setsockopt:
		return setsockopt(fd, (int)b, (int)c, (void *)d, (socklen_t)e);
	case SYS_sendto:
		return sendto(fd, (void *)b, (size_t)c, (int)d, (void *)e,
			      (socklen_t)f);
	case SYS_recvfrom:
		return recvfrom(fd, (void *)b, (size_t)c, (int)d, (void *)e,
				(void *)f);
	case SYS_sendmsg:
		return sendmsg(fd, (void *)b, (int)c);
	case SYS_recvmsg:
		return recvmsg(fd, (void *)b, (int)c);
	case SYS_sendmmsg:
		return sendmmsg(fd, (void *)b, (unsigned int)c, (int)d);
	case SYS_recvmmsg:
		return recvmmsg(fd, (void *)b, (unsigned int)c, (int)d,
				(void *)e);
	default:
		return shim_ret(-ENOSYS);
	}
}

static bool is_on_socket(long nr)
{
	switch (nr) {
	case SYS_bind:
	case SYS_listen:
	case SYS_accept:
	case SYS_accept4:
	case SYS_connect:
	case SYS_shutdown:
	case SYS_getsockname:
	case SYS_getpeername:
	case SYS_getsockopt:
	case SYS_setsockopt:
	case SYS_sendto:
	case SYS_recvfrom:
	case SYS_sendmsg:
	case SYS_recvmsg:
	case SYS_sendmmsg:
	case SYS_recvmmsg:
		return true;
	default:
		return false;
	}
}

static bool is_on_fd(long nr, long a, long b)
{
	switch (nr) {
	case SYS_close:
	case SYS_dup:
	case SYS_dup3:
	case SYS_fcntl:
	case SYS_epoll_ctl:
		return true;
	case SYS_read:
	case SYS_write:
	case SYS_readv:
	case SYS_writev:
	case SYS_ioctl:
	case SYS_epoll_pwait:
		return fdtab_is_ours(fdtab_get((int)a));
	case SYS_sendfile:
		return fdtab_sock((int)a) || fdtab_sock((int)b);
	default:
		return false;
	}
}

#if defined(SYS_dup2)
static long on_old(long nr, long a, long b, long c, long d, long e, long f)
{
	(void)f;
	if (nr == SYS_dup2)
		return dup2((int)a, (int)b);
	if (nr == SYS_poll)
		return poll((void *)a, (nfds_t)b, (int)c);
	if (nr == SYS_select)
		return select((int)a, (void *)b, (void *)c, (void *)d,
			      (void *)e);
	return epoll_wait((int)a, (void *)b, (int)c, (int)d);
}

static bool is_old_fork(long nr)
{
	return nr == SYS_fork || nr == SYS_vfork;
}

static bool is_old(long nr, long a)
{
	if (nr == SYS_poll || nr == SYS_select)
		return fdtab_was_used();
	return nr == SYS_dup2 ||
	       (nr == SYS_epoll_wait && fdtab_epoll((int)a) != 0);
}
#else
static long on_old(long nr, long a, long b, long c, long d, long e, long f)
{
	return early(nr, a, b, c, d, e, f);
}

static bool is_old_fork(long nr)
{
	(void)nr;
	return false;
}

static bool is_old(long nr, long a)
{
	(void)nr, (void)a;
	return false;
}
#endif

/* Calls that make a process with copies of our descriptors. */
static bool is_fork(long nr, long a)
{
	if (is_old_fork(nr))
		return true;
	if (nr == SYS_clone3)
		return a && !(*(const uint64_t *)a & CLONE_FILES);
	return nr == SYS_clone && !(a & CLONE_FILES);
}

static uint64_t clone_flags(long nr, long a)
{
	if (nr == SYS_clone || nr == SYS_unshare)
		return (uint64_t)a;
	return nr == SYS_clone3 && a ? *(const uint64_t *)a : 0;
}

/* A network namespace is asked for that we do not go into; with memory of its
 * own the child may return through a frame of ours. */
static bool is_leaving(long nr, long a)
{
	uint64_t flags = clone_flags(nr, a);

	return !(flags & CLONE_VM) && unshare_allowed(flags) != flags;
}

static long on_leaving(long nr, long a, long b, long c, long d, long e, long f)
{
	uint64_t args[CLONE_ARGS_MAX / sizeof(uint64_t)];

	if (nr != SYS_clone3)
		return real.syscall(nr, (long)unshare_allowed((uint64_t)a), b,
				    c, d, e, f);
	/* The kernel refuses what is longer than it knows. */
	if ((size_t)b < sizeof(uint64_t) || (size_t)b > sizeof(args))
		return real.syscall(nr, a, b, c, d, e, f);
	memcpy(args, (const void *)a, (size_t)b);
	args[0] = unshare_allowed(args[0]);
	return real.syscall(nr, (long)args, b, c, d, e, f);
}

/* Who answers this call. */
syscall_function *syscall_route(long nr, long a, long b)
{
	if (!shim_is_ready())
		return real.syscall ? (syscall_function *)real.syscall : early;
	if (is_on_fd(nr, a, b))
		return on_fd;
	if (is_on_socket(nr) && fdtab_sock((int)a))
		return on_socket;
	if (nr == SYS_socket || nr == SYS_close_range ||
	    (nr == SYS_ppoll && fdtab_was_used()))
		return on_any;
	if (is_old(nr, a))
		return on_old;
	if (is_fork(nr, a))
		fork_before();
	if (is_leaving(nr, a))
		return on_leaving;
	if (nr == SYS_seccomp || nr == SYS_prctl || nr == SYS_capset)
		return on_confinement;
	if (nr == SYS_io_uring_setup)
		return refuse;
	return (syscall_function *)real.syscall;
}

#if defined(__x86_64__)

/* Asks syscall_route() with the registers kept, then jumps. */
__asm__(".text\n"
	".globl syscall\n"
	".type syscall, @function\n"
	".p2align 4\n"
	"syscall:\n"
	"	.cfi_startproc\n"
	"	endbr64\n"
	"	push %rdi\n"
	"	.cfi_adjust_cfa_offset 8\n"
	"	push %rsi\n"
	"	.cfi_adjust_cfa_offset 8\n"
	"	push %rdx\n"
	"	.cfi_adjust_cfa_offset 8\n"
	"	push %rcx\n"
	"	.cfi_adjust_cfa_offset 8\n"
	"	push %r8\n"
	"	.cfi_adjust_cfa_offset 8\n"
	"	push %r9\n"
	"	.cfi_adjust_cfa_offset 8\n"
	"	sub $8, %rsp\n"
	"	.cfi_adjust_cfa_offset 8\n"
	"	call syscall_route\n"
	"	add $8, %rsp\n"
	"	.cfi_adjust_cfa_offset -8\n"
	"	pop %r9\n"
	"	.cfi_adjust_cfa_offset -8\n"
	"	pop %r8\n"
	"	.cfi_adjust_cfa_offset -8\n"
	"	pop %rcx\n"
	"	.cfi_adjust_cfa_offset -8\n"
	"	pop %rdx\n"
	"	.cfi_adjust_cfa_offset -8\n"
	"	pop %rsi\n"
	"	.cfi_adjust_cfa_offset -8\n"
	"	pop %rdi\n"
	"	.cfi_adjust_cfa_offset -8\n"
	"	jmp *%rax\n"
	"	.cfi_endproc\n"
	".size syscall, .-syscall\n");

#else

/* A call where a jump should be: the compiler makes it one at -O2. */
SHIM_EXPORT long syscall(long nr, ...)
{
	long v[6];
	va_list ap;

	va_start(ap, nr);
	for (int i = 0; i < 6; i++)
		v[i] = va_arg(ap, long);
	va_end(ap);
	return syscall_route(nr, v[0], v[1])(nr, v[0], v[1], v[2], v[3], v[4],
					     v[5]);
}

#endif
