/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * accept.c - listen(2), accept(2), accept4(2)
 *
 * What this room is for
 *   Takes a connection out of a listener's queue and gives it a number. The
 *   number comes first: when the process has none left, the connection stays
 *   in the queue.
 *
 * Follows    accept(2): flags of the new descriptor are those of the call
 *            alone; both address arguments may be NULL.
 */

#include <errno.h>

#include "wait/block.h"
#include "fd/fdtab.h"
#include "fd/holder.h"
#include "ground/real.h"
#include "ground/ret.h"

SHIM_EXPORT int listen(int fd, int backlog)
{
	sock_id s = fdtab_sock(fd);

	if (!s)
		return real.listen(fd, backlog);
	return (int)shim_ret(stack_listen(s, backlog));
}

/* One try. The new descriptor, or -errno; -EAGAIN when nobody waits. */
static int take_one(sock_id listener, struct sockaddr *addr, socklen_t *len,
		    int flags)
{
	bool is_likely = stack_ready(listener) & EPOLLIN;
	int fd = -1;
	sock_id s;
	int err;

	/* Without a connection in sight the number would be for nothing. */
	if (is_likely) {
		fd = holder_open(flags & SOCK_CLOEXEC);
		if (fd < 0)
			return fd;
	}
	err = stack_accept(listener, &s, addr, len);
	if (err) {
		if (fd >= 0)
			holder_drop(fd);
		return err;
	}
	if (fd < 0)
		fd = holder_open(flags & SOCK_CLOEXEC);
	if (fd < 0) {
		stack_close(s);
		return fd;
	}
	stack_set_nonblocking(s, flags & SOCK_NONBLOCK);
	err = holder_tie(fd, s);
	if (err) {
		stack_close(s);
		return err;
	}
	return fd;
}

static int take(sock_id listener, struct sockaddr *addr, socklen_t *len,
		int flags)
{
	BLOCK(b, listener, BLOCK_RECEIVING);

	if (flags & ~(SOCK_CLOEXEC | SOCK_NONBLOCK))
		return -EINVAL;
	for (;;) {
		int ret = take_one(listener, addr, len, flags);

		if (ret < 0 && ret != -EAGAIN)
			stack_pass_on(listener);
		if (ret != -EAGAIN || block_is_refused(listener, 0))
			return ret;
		ret = block_wait(&b, EPOLLIN);
		if (ret)
			return ret;
	}
}

SHIM_EXPORT int accept4(int fd, struct sockaddr *addr, socklen_t *len,
			int flags)
{
	sock_id s = fdtab_sock(fd);
	int got;

	if (s)
		return (int)shim_ret(take(s, addr, len, flags));
	got = real.accept4(fd, addr, len, flags);
	fdtab_heal(got);
	return got;
}

SHIM_EXPORT int accept(int fd, struct sockaddr *addr, socklen_t *len)
{
	sock_id s = fdtab_sock(fd);
	int got;

	if (s)
		return (int)shim_ret(take(s, addr, len, 0));
	got = real.accept(fd, addr, len);
	fdtab_heal(got);
	return got;
}
