/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * prctl.c - prctl(2), seccomp(2), capset(2): a program gives up rights
 *
 * What this room is for
 *   A filter gets the head of sandbox.c in front, and before it is installed
 *   the stack gets the threads and descriptors that it may not get afterwards.
 *   What a thread may do, and keeps when it changes its user, the stack's own
 *   threads do as well, or glibc's setuid() would not find them alike
 *   (stack_repeat). Everything else goes to libc or the kernel untouched.
 *
 * Follows    prctl(2) PR_SET_SECCOMP, seccomp(2), capabilities(7).
 * Proved by  test-apps/sandboxed_child.c, test-apps/keeps_capabilities.c,
 *            integration/ssh.sh
 */

#include "prctl.h"

#include <linux/capability.h>
#include <linux/seccomp.h>
#include <stdarg.h>
#include <sys/prctl.h>

#include "fork.h"
#include "ground/raw.h"
#include "ground/real.h"
#include "ground/ret.h"
#include "sandbox.h"

/* A filter of the program's counts: it may not know what we would call. */
static bool is_filtered;

static void repeat(long nr, long a, long b, long c, long d, long e)
{
	if (shim_is_ready() && stack_is_up() && !fork_is_vfork_child() &&
	    !__atomic_load_n(&is_filtered, __ATOMIC_RELAXED))
		stack_repeat(nr, a, b, c, d, e);
}

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
	__atomic_store_n(&is_filtered, true, __ATOMIC_RELAXED);
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

static bool is_of_rights(int option)
{
	return option == PR_SET_KEEPCAPS || option == PR_SET_SECUREBITS ||
	       option == PR_CAPBSET_DROP || option == PR_CAP_AMBIENT;
}

SHIM_EXPORT int prctl(int option, ...)
{
	unsigned long a[4];
	va_list ap;
	long ret;

	va_start(ap, option);
	for (int i = 0; i < 4; i++)
		a[i] = va_arg(ap, unsigned long);
	va_end(ap);
	if (option == PR_SET_SECCOMP && a[0] == SECCOMP_MODE_FILTER)
		return (int)shim_ret(
			extend(true, 0, (const struct sock_fprog *)a[1]));
	ret = raw6(SYS_prctl, option, (long)a[0], (long)a[1], (long)a[2],
		   (long)a[3], 0);
	if (ret >= 0 && is_of_rights(option))
		repeat(SYS_prctl, option, (long)a[0], (long)a[1], (long)a[2],
		       (long)a[3]);
	return (int)shim_ret(ret);
}

SHIM_EXPORT int capset(cap_user_header_t head, const cap_user_data_t data)
{
	long ret = raw3(SYS_capset, (long)head, (long)data, 0);
	struct __user_cap_header_struct own;

	if (ret == 0) {
		own = (struct __user_cap_header_struct){head->version, 0};
		repeat(SYS_capset, (long)&own, (long)data, 0, 0, 0);
	}
	return (int)shim_ret(ret);
}
