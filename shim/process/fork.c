/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * fork.c - what a fork and a vfork mean to us
 *
 * What this room is for
 *   Before a fork every socket gets its name, so that the last close of all
 *   processes can be told; in the child the stack learns that it has a new
 *   process. Forks that skip the handlers (_Fork, clone) are noticed by a page
 *   that the kernel wipes in a child with memory of its own; in a vfork child,
 *   which shares ours, the page is whole and only the process id differs.
 *
 *   A vfork child cannot name anything, so its parent does, on the way: our
 *   vfork() jumps to libc's with the caller's frame untouched.
 *
 * Never      replaces fork or vfork.
 * Follows    pthread_atfork(3), vfork(2), madvise(2) MADV_WIPEONFORK.
 * Proved by  test-apps/fork_inherits.c
 */

#include "fork.h"

#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <sys/mman.h>

#include "wait/block.h"
#include "fd/fdtab.h"
#include "ground/raw.h"
#include "ground/real.h"
#include "unshare.h"

/* [a] The process whose table this is. */
static long own_pid;

/* [a] Who forked this one with the stack in it, or 0. */
static long family_parent;

volatile char *fork_page;

static void before_fork(void)
{
	fdtab_share_all();
}

void fork_become_child(void)
{
	__atomic_store_n(&family_parent, own_pid, __ATOMIC_RELEASE);
	__atomic_store_n(&own_pid, raw1(SYS_getpid, 0), __ATOMIC_RELEASE);
	if (fork_page)
		*fork_page = 1;
	block_after_fork_in_child();
	stack_after_fork_in_child();
}

static void in_child(void)
{
	if (shim_is_ready())
		fork_become_child();
}

void fork_start(void)
{
	long page;

	__atomic_store_n(&own_pid, raw1(SYS_getpid, 0), __ATOMIC_RELEASE);
	page = raw6(SYS_mmap, 0, 4096, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page > 0 && !raw3(SYS_madvise, page, 4096, MADV_WIPEONFORK)) {
		fork_page = (volatile char *)page;
		*fork_page = 1;
	}
	pthread_atfork(before_fork, NULL, in_child);
}

bool fork_has_parent(void)
{
	long parent = __atomic_load_n(&family_parent, __ATOMIC_ACQUIRE);

	return parent && raw3(SYS_kill, parent, 0, 0) == 0;
}

bool fork_is_vfork_child(void)
{
	long pid = __atomic_load_n(&own_pid, __ATOMIC_ACQUIRE);

	if (LIKELY(!pid || raw1(SYS_getpid, 0) == pid))
		return false;
	if (fork_page && *fork_page == 0) {
		fork_become_child();
		return false;
	}
	return true;
}

void fork_before(void)
{
	if (shim_is_ready() && !fork_is_vfork_child())
		fdtab_share_all();
}

/* It calls no handlers. */
SHIM_EXPORT pid_t _Fork(void)
{
	pid_t pid;

	fork_before();
	pid = REAL(_Fork)();
	if (pid == 0)
		in_child();
	return pid;
}

/* A child with memory of its own finds out by itself: see fork_notice(). */
SHIM_EXPORT int clone(int (*function)(void *), void *stack, int flags,
		      void *arg, ...)
{
	void *more[3];
	va_list ap;

	va_start(ap, arg);
	for (int i = 0; i < 3; i++)
		more[i] = va_arg(ap, void *);
	va_end(ap);
	if (!(flags & CLONE_FILES))
		fork_before();
	flags = (int)unshare_allowed((unsigned int)flags);
	return REAL(clone)(function, stack, flags, arg, more[0], more[1],
			   more[2]);
}

SHIM_ALIAS(clone, __clone);

/* A daemon's parent is about to go, and the stack must not wait for the first
 * call on a socket. */
static void settle_in(void)
{
	if (shim_is_ready() && fdtab_was_used() && !fork_is_vfork_child())
		stack_settle_in();
}

SHIM_EXPORT pid_t setsid(void)
{
	pid_t sid = REAL(setsid)();

	settle_in();
	return sid;
}

SHIM_EXPORT int daemon(int stay, int keep)
{
	int ret = REAL(daemon)(stay, keep);

	if (ret == 0)
		settle_in();
	return ret;
}

#if defined(__x86_64__)

void *fork_before_vfork(void);

void *fork_before_vfork(void)
{
	fork_before();
	return (void *)&REAL(vfork);
}

/* Whoever calls vfork() returns from it twice, through one frame. */
__asm__(".text\n"
	".globl vfork\n"
	".type vfork, @function\n"
	".globl __vfork\n"
	".type __vfork, @function\n"
	".p2align 4\n"
	"vfork:\n"
	"__vfork:\n"
	"	.cfi_startproc\n"
	"	endbr64\n"
	"	sub $8, %rsp\n"
	"	.cfi_adjust_cfa_offset 8\n"
	"	call fork_before_vfork\n"
	"	add $8, %rsp\n"
	"	.cfi_adjust_cfa_offset -8\n"
	"	jmp *%rax\n"
	"	.cfi_endproc\n"
	".size vfork, .-vfork\n");

#endif
