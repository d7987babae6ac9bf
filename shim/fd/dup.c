/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * dup.c - dup(2), dup2(2), dup3(2)
 *
 * What this room is for
 *   The kernel duplicates the holder; the table learns that both numbers mean
 *   one socket. What a number meant before is closed when the kernel has
 *   replaced it, which also wakes whoever sleeps in it (OpenJDK closes so).
 *
 * Never      closes the source. In a vfork child only the kernel duplicates.
 * Follows    dup(2).
 * Proved by  test-apps/dup2_over_socket.c, test-apps/dup2_beside_comers.c
 */

#include "dup.h"

#include <errno.h>
#include <fcntl.h>

#include "wait/epoll.h"
#include "fdopen.h"
#include "fdtab.h"
#include "process/fork.h"
#include "own.h"
#include "ground/raw.h"
#include "ground/real.h"
#include "ground/ret.h"

/* The kernel gave number `fd` to what `word` says. A close of the source in
 * the meantime may have been the last one. */
static int settle(int fd, fdtab_word word)
{
	int err = fdtab_set(fd, word);

	if (err) {
		raw1(SYS_close, fd);
		return err;
	}
	if (fdtab_is_sock(word) && stack_type(fdtab_id(word)) < 0) {
		fdtab_take(fd);
		raw1(SYS_close, fd);
		return -EBADF;
	}
	fdopen_redirect(fd);
	return fd;
}

int dup_above(int fd, int command, long lowest)
{
	fdtab_word word = epoll_before_dup(fd, fdtab_get(fd));
	long ret;

	if (!fdtab_is_ours(word)) {
		ret = raw3(SYS_fcntl, fd, command, lowest);
		if (ret >= 0)
			fdtab_heal((int)ret);
		return (int)ret;
	}
	if (fork_is_vfork_child())
		return (int)raw3(SYS_fcntl, fd, command, lowest);
	word = fdtab_mark_duped(fd, word);
	ret = raw3(SYS_fcntl, fd, command, lowest);
	return ret < 0 ? (int)ret : settle((int)ret, word);
}

/* dup3(2); a descriptor of the stack's own gives way. */
static int replace(int from, int to, int flags)
{
	bool chosen;
	int ret;

	/* That is the parent's, which has it at that number in a table of its
	 * own. */
	if (own_has(to) && fork_is_vfork_child())
		return (int)raw3(SYS_dup3, from, to, flags);
	chosen = stack_choose_fd_begin();
	ret = own_give_up(to);
	if (!ret)
		ret = (int)raw3(SYS_dup3, from, to, flags);
	stack_choose_fd_end(chosen);
	return ret;
}

int dup_onto(int from, int to, int flags)
{
	fdtab_word word = epoll_before_dup(from, fdtab_get(from));
	fdtab_word over = fdtab_get(to);
	int ret;

	if (!fdtab_is_ours(word) && !fdtab_is_ours(over))
		return replace(from, to, flags);
	if (from == to || fork_is_vfork_child())
		return (int)raw3(SYS_dup3, from, to, flags);
	if (fdtab_is_ours(word))
		word = fdtab_mark_duped(from, word);
	else
		word = FDTAB_KERNEL;
	ret = replace(from, to, flags);
	return ret < 0 ? ret : settle(to, word);
}

SHIM_EXPORT int dup(int fd)
{
	return (int)shim_ret(dup_above(fd, F_DUPFD, 0));
}

SHIM_EXPORT int dup2(int from, int to)
{
	if (from == to)
		return real.dup2(from, to);
	return (int)shim_ret(dup_onto(from, to, 0));
}

SHIM_ALIAS(dup2, __dup2);

SHIM_EXPORT int dup3(int from, int to, int flags)
{
	return (int)shim_ret(dup_onto(from, to, flags));
}
