/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * prctl.c - prctl(2) and seccomp(2): a program gives up system calls
 *
 * What this room is for
 *   A filter gets the head of sandbox.c in front, and before it is installed
 *   the stack gets the threads and descriptors that it may not get afterwards.
 *   Everything else goes to libc or the kernel untouched.
 *
 * Follows    prctl(2) PR_SET_SECCOMP, seccomp(2).
 * Proved by  test-apps/sandboxed_child.c, integration/ssh.sh
 */

#include "prctl.h"

#include <linux/seccomp.h>
#include <stdarg.h>
#include <sys/prctl.h>

#include "fork.h"
#include "ground/raw.h"
#include "ground/real.h"
#include "ground/ret.h"
#include "sandbox.h"

void prctl_confine(void)
{
	if (shim_is_ready() && stack_is_up() && !fork_is_vfork_child())
		stack_before_confinement();
}

/* Which of the two calls asks: a filter that is there already may know only
 * one of them. */
static long install(bool by_prctl, long flags, const struct sock_fprog *filter)
{
	if (by_prctl)
		return raw3(SYS_prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER,
			    (long)filter);
	return raw3(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, (long)filter);
}

static long extend(bool by_prctl, long flags, const struct sock_fprog *theirs)
{
	size_t room = 0;
	struct sock_fprog ours;

	if (shim_is_ready() && stack_is_up())
		room = sandbox_room(theirs);
	if (!room)
		return install(by_prctl, flags, theirs);
	prctl_confine();
	ours = sandbox_extend(theirs, __builtin_alloca(room));
	return install(by_prctl, flags, &ours);
}

long prctl_seccomp(long operation, long flags, const void *args)
{
	if (operation == SECCOMP_SET_MODE_FILTER)
		return shim_ret(extend(false, flags, args));
	return shim_ret(raw3(SYS_seccomp, operation, flags, (long)args));
}

SHIM_EXPORT int prctl(int option, ...)
{
	unsigned long a[4];
	va_list ap;

	va_start(ap, option);
	for (int i = 0; i < 4; i++)
		a[i] = va_arg(ap, unsigned long);
	va_end(ap);
	if (option == PR_SET_SECCOMP && a[0] == SECCOMP_MODE_FILTER)
		return (int)shim_ret(
			extend(true, 0, (const struct sock_fprog *)a[1]));
	return (int)shim_ret(raw6(SYS_prctl, option, (long)a[0], (long)a[1],
				  (long)a[2], (long)a[3], 0));
}
