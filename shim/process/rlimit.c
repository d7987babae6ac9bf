/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * rlimit.c - getrlimit(2), setrlimit(2), prlimit(2)
 *
 * What this room is for
 *   A limit on descriptors or processes that leaves no room is how programs
 *   say that they will make none (sshd's sandbox). The stack gets what it will
 *   need before. The limits themselves are the kernel's.
 *
 *   RLIMIT_AS counts address space, of which the arena reserves much and uses
 *   little. What a program allows itself (vsftpd: 200 MB) is meant without
 *   that: the kernel is told so much more, and the program is shown its own
 *   number. Limits go down to children, so one as large as the reservation
 *   is taken for one that has it added already.
 *
 * Follows    getrlimit(2).
 * Proved by  test-apps/sandboxed_child.c, test-apps/address_space.c
 */
#include "rlimit.h"

#include <errno.h>

#include <sys/resource.h>

#include "fd/fdtab.h"
#include "ground/config.h"
#include "prctl.h"
#include "ground/raw.h"
#include "ground/real.h"
#include "ground/ret.h"
#include "ground/shim.h"

/* Who keeps fewer descriptors than this does not mean to open any. */
enum { FEW = 16 };

/* struct rlimit and rlimit64 are the same on 64-bit machines. */
_Static_assert(sizeof(struct rlimit) == sizeof(struct rlimit64), "64 bits");

static rlim64_t address_space(void)
{
	return stack_address_space(config.stack.memory_bytes);
}

static rlim64_t with_arena(rlim64_t bytes)
{
	rlim64_t arena = address_space();

	return bytes < RLIM64_INFINITY - arena ? bytes + arena : bytes;
}

static rlim64_t without_arena(rlim64_t bytes)
{
	rlim64_t arena = address_space();

	return bytes != RLIM64_INFINITY && bytes >= arena ? bytes - arena
							  : bytes;
}

static int prlimit_raw(int pid, int resource, const struct rlimit64 *limit,
		       struct rlimit64 *old)
{
	return (int)raw6(SYS_prlimit64, pid, resource, (long)limit, (long)old,
			 0, 0);
}

/* A hard limit from before the stack cannot be raised by everybody: then the
 * program's number is the kernel's, too. */
static int limit_address_space(const struct rlimit64 *limit,
			       struct rlimit64 *old)
{
	struct rlimit64 more;
	int ret;

	if (limit)
		more = (struct rlimit64){with_arena(limit->rlim_cur),
					 with_arena(limit->rlim_max)};
	ret = prlimit_raw(0, RLIMIT_AS, limit ? &more : NULL, old);
	if (ret == -EPERM)
		ret = prlimit_raw(0, RLIMIT_AS, limit, old);
	if (ret == 0 && old)
		*old = (struct rlimit64){without_arena(old->rlim_cur),
					 without_arena(old->rlim_max)};
	return ret;
}

int rlimit_make_room(void)
{
	struct rlimit64 now, more;
	int ret = prlimit_raw(0, RLIMIT_AS, NULL, &now);

	if (ret < 0 || now.rlim_cur == RLIM64_INFINITY ||
	    now.rlim_cur >= address_space())
		return ret;
	more.rlim_cur = with_arena(now.rlim_cur);
	more.rlim_max = now.rlim_max < more.rlim_cur ? with_arena(now.rlim_max)
						     : now.rlim_max;
	return prlimit_raw(0, RLIMIT_AS, &more, NULL);
}

static int set(int pid, int resource, const struct rlimit64 *limit,
	       struct rlimit64 *old)
{
	bool is_own = pid == 0 || pid == raw1(SYS_getpid, 0);

	if (resource == RLIMIT_AS && is_own)
		return (int)shim_ret(limit_address_space(limit, old));
	if (limit && (resource == RLIMIT_NOFILE || resource == RLIMIT_NPROC) &&
	    limit->rlim_cur < FEW && fdtab_was_used())
		prctl_confine();
	return (int)shim_ret(prlimit_raw(pid, resource, limit, old));
}

SHIM_EXPORT int getrlimit(__rlimit_resource_t resource, struct rlimit *limit)
{
	return set(0, (int)resource, NULL, (void *)limit);
}

SHIM_EXPORT int getrlimit64(__rlimit_resource_t resource,
			    struct rlimit64 *limit)
{
	return set(0, (int)resource, NULL, limit);
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
