/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * poll.c - poll(2), ppoll(2)
 *
 * What this room is for
 *   A set without one of our descriptors goes to libc untouched. Any other one
 *   is given to the stack whole, which sleeps on both kinds at once.
 *
 * Never      restarts after a signal, rounds nanoseconds to milliseconds, or
 *            swaps the signal mask itself: the kernel does that while it
 *            sleeps.
 * Follows    poll(2), ppoll(2).
 */
#include <errno.h>
#include <sys/resource.h>

#include "pollset.h"
#include "ground/real.h"
#include "ground/ret.h"
#include "ground/shim.h"

/* Of libc; ends the program. */
void __chk_fail(void) __attribute__((noreturn));
int __poll_chk(struct pollfd *fds, nfds_t n, int timeout, size_t size);
int __ppoll_chk(struct pollfd *fds, nfds_t n, const struct timespec *timeout,
		const sigset_t *mask, size_t size);

/* The kernel refuses more entries than there may be descriptors. */
static bool is_too_many(nfds_t n)
{
	struct rlimit limit;

	return n > POLLSET_INLINE && getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
	       n > limit.rlim_cur;
}

static int wait_for(struct pollfd *fds, nfds_t n, uint64_t deadline_us,
		    const sigset_t *mask)
{
	if (is_too_many(n))
		return -EINVAL;
	return pollset_wait(fds, n, deadline_us, mask);
}

SHIM_EXPORT int poll(struct pollfd *fds, nfds_t n, int timeout)
{
	uint64_t deadline_us = UINT64_MAX;

	if (!pollset_is_ours(fds, n))
		return REAL(poll)(fds, n, timeout);

	if (timeout >= 0)
		deadline_us =
			pollset_deadline((uint64_t)timeout / 1000,
					 (uint64_t)timeout % 1000 * 1000000);
	return (int)shim_ret(wait_for(fds, n, deadline_us, NULL));
}

SHIM_EXPORT int ppoll(struct pollfd *fds, nfds_t n,
		      const struct timespec *timeout, const sigset_t *mask)
{
	uint64_t deadline_us;
	int ret;

	if (!pollset_is_ours(fds, n))
		return REAL(ppoll)(fds, n, timeout, mask);

	ret = pollset_read_timeout(timeout, &deadline_us);
	if (ret == 0)
		ret = wait_for(fds, n, deadline_us, mask);
	return (int)shim_ret(ret);
}

SHIM_EXPORT int __poll_chk(struct pollfd *fds, nfds_t n, int timeout,
			   size_t size)
{
	if (size / sizeof(*fds) < n)
		__chk_fail();
	return poll(fds, n, timeout);
}

SHIM_EXPORT int __ppoll_chk(struct pollfd *fds, nfds_t n,
			    const struct timespec *timeout,
			    const sigset_t *mask, size_t size)
{
	if (size / sizeof(*fds) < n)
		__chk_fail();
	return ppoll(fds, n, timeout, mask);
}

SHIM_ALIAS(poll, __poll);
