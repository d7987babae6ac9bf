/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * mmap.c - mmap(2)
 *
 * What this room is for
 *   A packet socket's ring is memory of the stack: mapping the socket maps
 *   that. Every other mmap() goes to libc, and those without a descriptor
 *   before anything else is looked at. munmap() needs no help.
 *
 * Follows    mmap(2), packet_mmap (Linux).
 * Proved by  integration/packet.sh
 */

#include <errno.h>
#include <sys/mman.h>

#include "fdtab.h"
#include "ground/real.h"
#include "ground/ret.h"

static void *map_ring(sock_id s, void *addr, size_t len, int prot, int flags,
		      off_t offset)
{
	int fd = -1;
	off_t at = 0;
	int err = stack_map(s, len, offset, &fd, &at);

	if (err < 0) {
		shim_ret(err);
		return MAP_FAILED;
	}
	return real.mmap(addr, len, prot, flags, fd, at);
}

SHIM_EXPORT void *mmap(void *addr, size_t len, int prot, int flags, int fd,
		       off_t offset)
{
	sock_id s;

	if (LIKELY(fd < 0 || (flags & MAP_ANONYMOUS)))
		return real.mmap(addr, len, prot, flags, fd, offset);
	/* Who made a ring has used the socket: what is unknown is none. */
	s = fdtab_is_sock(fdtab_load(fd)) ? fdtab_sock(fd) : 0;
	if (LIKELY(!s))
		return real.mmap(addr, len, prot, flags, fd, offset);
	return map_ring(s, addr, len, prot, flags, offset);
}

SHIM_ALIAS(mmap, mmap64);
