/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * mlockall.c - mlockall(2)
 *
 * What this room is for
 *   Locking everything would bring all of the arena's reservation into memory,
 *   64 GiB of which a program uses some megabytes. So pages are locked when
 * they are touched, the program's own as well; the arena's stay unlocked.
 *
 * Follows    mlockall(2) on MCL_ONFAULT.
 * Proved by  test-apps/address_space.c
 */
#include <sys/mman.h>

#include "ground/raw.h"
#include "ground/ret.h"
#include "ground/shim.h"

SHIM_EXPORT int mlockall(int flags)
{
	/* An arena that comes later is locked as it is touched. */
	if (shim_is_ready() && (flags & (MCL_CURRENT | MCL_FUTURE)))
		flags |= MCL_ONFAULT;
	return (int)shim_ret(raw1(SYS_mlockall, flags));
}
