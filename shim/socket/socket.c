/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * socket.c - socket(2), socketpair(2)
 *
 * What this room is for
 *   AF_INET, AF_INET6 and AF_PACKET sockets are the stack's, and so are the two
 *   families of AF_NETLINK that ask about addresses, routes and sockets; the
 *   number comes from the kernel, for a holder. Other families are libc's.
 *
 * Never      makes a kernel socket because the stack cannot make its own.
 * Follows    socket(2).
 */

#include <errno.h>
#include <linux/netlink.h>
#include <netinet/in.h>

#include "fd/fdtab.h"
#include "fd/holder.h"
#include "ground/real.h"
#include "ground/ret.h"
#include "start.h"

/* The kernel's SOCK_TYPE_MASK. */
enum { TYPE_MASK = 0xf };

static int open_ours(int family, int type, int protocol)
{
	int flags = type & (SOCK_CLOEXEC | SOCK_NONBLOCK);
	sock_id s;
	int fd, err;

	if (type & ~(TYPE_MASK | SOCK_CLOEXEC | SOCK_NONBLOCK))
		return -EINVAL;
	if (family != AF_PACKET && (protocol < 0 || protocol >= IPPROTO_MAX))
		return -EINVAL;
	switch (type & TYPE_MASK) {
	case SOCK_STREAM:
	case SOCK_DGRAM:
	case SOCK_RAW:
		break;
	default:
		return -ESOCKTNOSUPPORT;
	}
	err = start_stack();
	if (err)
		return err;
	err = stack_socket(family, type & ~flags, protocol, &s);
	if (err)
		return err;
	fd = holder_open(flags & SOCK_CLOEXEC);
	if (fd < 0) {
		stack_close(s);
		return fd;
	}
	if (flags & SOCK_NONBLOCK)
		stack_set_nonblocking(s, true);
	err = holder_tie(fd, s);
	if (err) {
		stack_close(s);
		return err;
	}
	return fd;
}

/* The netlink families that are about TCP/IP. */
static bool is_netlink_ours(int family, int protocol)
{
	return family == AF_NETLINK &&
	       (protocol == NETLINK_ROUTE || protocol == NETLINK_SOCK_DIAG);
}

SHIM_EXPORT int socket(int family, int type, int protocol)
{
	int fd;

	if (family == AF_INET || family == AF_INET6 || family == AF_PACKET ||
	    is_netlink_ours(family, protocol))
		return (int)shim_ret(open_ours(family, type, protocol));
	fd = real.socket(family, type, protocol);
	fdtab_heal(fd);
	return fd;
}

SHIM_EXPORT int socketpair(int family, int type, int protocol, int sv[2])
{
	int ret = real.socketpair(family, type, protocol, sv);

	if (!ret) {
		fdtab_heal(sv[0]);
		fdtab_heal(sv[1]);
	}
	return ret;
}
