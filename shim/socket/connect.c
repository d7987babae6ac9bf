/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * connect.c - connect(2)
 *
 * What this room is for
 *   Sends connect() on one of our sockets to the stack and waits for the
 *   handshake when the socket is a blocking one. A destination that NSSHIM_HOST
 *   leaves to the host makes the socket the kernel's.
 *
 * Never      decides what a connection is; stack_connect() does.
 * Follows    connect(2); POSIX on EINTR: an interrupted connect goes on alone.
 * Proved by  test-apps/connect_refused.c
 */
#include "connect.h"

#include <errno.h>

#include "wait/block.h"
#include "ground/config.h"
#include "fd/fdtab.h"
#include "host.h"
#include "ground/real.h"
#include "ground/ret.h"

/* `ret` says that the handshake is under way; it is also the answer when the
 * socket's own timeout passes. */
static int wait_for_handshake(sock_id s, const struct sockaddr *addr,
			      socklen_t len, int ret)
{
	BLOCK(b, s, BLOCK_SENDING);

	for (;;) {
		int err = block_wait(&b, EPOLLOUT);

		if (err)
			return err == -EAGAIN ? ret : err;
		/* Asking again ends a failed attempt, and says how. */
		err = stack_connect(s, addr, len);
		if (err != -EALREADY && err != -EINPROGRESS)
			return err == -EISCONN ? 0 : err;
	}
}

int connect_ours(sock_id s, const struct sockaddr *addr, socklen_t len,
		 int flags)
{
	int ret = stack_connect(s, addr, len);

	if (ret != -EINPROGRESS && ret != -EALREADY)
		return ret;
	if (block_is_refused(s, flags))
		return ret;
	return wait_for_handshake(s, addr, len, ret);
}

SHIM_EXPORT int connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	sock_id s = fdtab_sock(fd);
	int err;

	if (!s)
		return real.connect(fd, addr, len);
	if (config_is_host(addr, len)) {
		err = host_take_over(fd, s);
		return err ? (int)shim_ret(err) : real.connect(fd, addr, len);
	}
	return (int)shim_ret(connect_ours(s, addr, len, 0));
}

SHIM_ALIAS(connect, __connect);
