/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * bind.c - bind(2)
 *
 * What this room is for
 *   Gives one of our sockets its address, or gives the socket to the kernel
 *   when the address belongs to a prefix that NSSHIM_HOST leaves to the host.
 *
 * Follows    bind(2).
 */

#include "ground/config.h"
#include "fd/fdtab.h"
#include "host.h"
#include "ground/real.h"
#include "ground/ret.h"

SHIM_EXPORT int bind(int fd, const struct sockaddr *addr, socklen_t len)
{
	sock_id s = fdtab_sock(fd);
	int err;

	if (!s)
		return real.bind(fd, addr, len);
	if (config_is_host(addr, len)) {
		err = host_take_over(fd, s);
		return err ? (int)shim_ret(err) : real.bind(fd, addr, len);
	}
	return (int)shim_ret(stack_bind(s, addr, len));
}
