/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * rlimit.c - setrlimit(2), prlimit(2)
 *
 * What this room is for
 *   A limit on descriptors or processes that leaves no room is how programs
 *   say that they will make none (sshd's sandbox). The stack gets what it will
 *   need before. The limits themselves are the kernel's.
 *
 * Follows    getrlimit(2).
 * Proved by  test-apps/sandboxed_child.c
 */

#include <sys/resource.h>

#include "fdtab.h"
#include "prctl.h"
#include "raw.h"
#include "real.h"
#include "ret.h"

/* Who keeps fewer descriptors than this does not mean to open any. */
enum { FEW = 16 };

/* struct rlimit and rlimit64 are the same on 64-bit machines. */
_Static_assert(sizeof(struct rlimit) == sizeof(struct rlimit64), "64 bits");

static int set(int pid, int resource, const struct rlimit64 *limit,
	       struct rlimit64 *old)
{
	if (limit && (resource == RLIMIT_NOFILE || resource == RLIMIT_NPROC) &&
	    limit->rlim_cur < FEW && fdtab_was_used())
		prctl_confine();
	return (int)shim_ret(raw6(SYS_prlimit64, pid, resource, (long)limit,
				  (long)old, 0, 0));
}

SHIM_EXPORT int setrlimit(__rlimit_resource_t resource,
			  const struct rlimit *limit)
{
	return set(0, (int)resource, (const void *)limit, NULL);
}

SHIM_EXPORT int setrlimit64(__rlimit_resource_t resource,
			    const struct rlimit64 *limit)
{
	return set(0, (int)resource, limit, NULL);
}

SHIM_EXPORT int prlimit(pid_t pid, enum __rlimit_resource resource,
			const struct rlimit *limit, struct rlimit *old)
{
	return set(pid, (int)resource, (const void *)limit, (void *)old);
}

SHIM_EXPORT int prlimit64(pid_t pid, enum __rlimit_resource resource,
			  const struct rlimit64 *limit, struct rlimit64 *old)
{
	return set(pid, (int)resource, limit, old);
}
