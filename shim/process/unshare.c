/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * unshare.c - unshare(2), and the network namespace in clone(2)
 *
 * What this room is for
 *   A process that has sockets of the stack stays in the network namespace of
 *   its family: bells and the names of shared sockets are abstract AF_UNIX
 *   names, which each namespace has for itself, and from another one the family
 *   would neither wake it nor know that it still holds a socket. Its network is
 *   the stack either way; so CLONE_NEWNET (vsftpd's isolate_network) is left
 *   out, and everything else that is asked for is done.
 *
 * Follows    unshare(2), clone(2).
 * Proved by  integration/ftp.sh
 */
#include "unshare.h"

#include <sched.h>

#include "fd/fdtab.h"
#include "ground/raw.h"
#include "ground/ret.h"
#include "ground/shim.h"

uint64_t unshare_allowed(uint64_t flags)
{
	return shim_is_ready() && fdtab_was_used()
		       ? flags & ~(uint64_t)CLONE_NEWNET
		       : flags;
}

SHIM_EXPORT int unshare(int flags)
{
	return (int)shim_ret(
		raw1(SYS_unshare, (long)unshare_allowed((unsigned int)flags)));
}
