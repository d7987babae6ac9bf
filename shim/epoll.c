/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * epoll.c - epoll_create(2), epoll_ctl(2), epoll_wait(2) and its relatives
 *
 * What this room is for
 *   An epoll descriptor stays the kernel's and keeps the kernel members. With
 *   the first stack member the stack makes a set for it, and waiting on both
 *   is the stack's. An epoll without stack members never comes here but for
 *   two loads.
 *
 *   An epoll inside an epoll is a kernel member like any other, and when it
 *   may have stack members it is a stack member as well, by the id of its set.
 *
 * Never      looks at the program's `data`.
 * Follows    epoll_ctl(2), epoll_wait(2), epoll(7).
 */
#include "epoll.h"

#include <errno.h>
#include <limits.h>
#include <sys/epoll.h>

#include "fdtab.h"
#include "pollset.h"
#include "real.h"
#include "ret.h"
#include "shim.h"

enum {
	/* Numbers above have no bit: they count as having kernel members. */
	PURE_FDS = 1 << 16,
	/* As fs/eventpoll.c: EP_MAX_EVENTS. */
	EVENTS_MAX = INT_MAX / (int)sizeof(struct epoll_event),
};

/*
 * The kernel's word with this bit: epoll_create() gave us this number, and the
 * bit in `pure` is about it.
 */
#define MARK_EPOLL ((fdtab_word)1)

/* Bit set: no kernel member since epoll_create(). After that it is only ever
 * cleared, so no order between threads matters. */
static uint8_t pure[PURE_FDS / 8];

static void set_pure(int fd)
{
	if (fd < PURE_FDS)
		__atomic_fetch_or(&pure[fd / 8], (uint8_t)(1 << fd % 8),
				  __ATOMIC_RELEASE);
}

static bool is_pure(int fd)
{
	return fd < PURE_FDS &&
	       (__atomic_load_n(&pure[fd / 8], __ATOMIC_ACQUIRE) >> fd % 8 & 1);
}

void epoll_note_kernel_member(int epfd)
{
	if (epfd >= 0 && is_pure(epfd))
		__atomic_fetch_and(&pure[epfd / 8], (uint8_t) ~(1 << epfd % 8),
				   __ATOMIC_ACQ_REL);
}

static int created(int fd)
{
	if (fd < 0)
		return fd;
	set_pure(fd);
	fdtab_set(fd, FDTAB_KERNEL | MARK_EPOLL);
	return fd;
}

SHIM_EXPORT int epoll_create(int size)
{
	return created(REAL(epoll_create)(size));
}

SHIM_EXPORT int epoll_create1(int flags)
{
	return created(REAL(epoll_create1)(flags));
}

/* --- epoll_ctl ----------------------------------------------------------- */

static bool is_fresh_epoll(fdtab_word w)
{
	return w == (FDTAB_KERNEL | MARK_EPOLL);
}

/*
 * The set of `epfd`, made when it has none yet. The kernel is asked first
 * whether this is an epoll at all: it knows nothing of a member `fd`, and says
 * so only for an epoll.
 */
static int set_of(int epfd, int fd, sock_id *ep)
{
	fdtab_word w = fdtab_get(epfd);
	struct epoll_event none = {0};
	int saved = shim_errno_save();
	int ret;

	if (fdtab_is_epoll(w)) {
		*ep = fdtab_id(w);
		return 0;
	}
	if (!is_fresh_epoll(w)) {
		ret = (int)shim_from_libc(
			REAL(epoll_ctl)(epfd, EPOLL_CTL_DEL, fd, &none));
		shim_errno_restore(saved);
		if (ret < 0 && ret != -ENOENT)
			return ret;
		epoll_note_kernel_member(epfd);
	}
	return fdtab_make_epoll(epfd, ep);
}

static int check_event(int op, const struct epoll_event *event)
{
	switch (op) {
	case EPOLL_CTL_ADD:
	case EPOLL_CTL_MOD:
		return event ? 0 : -EFAULT;
	case EPOLL_CTL_DEL:
		return 0;
	default:
		return -EINVAL;
	}
}

/* A stack socket as a member. */
static int ctl_sock(int epfd, int op, int fd, sock_id s,
		    const struct epoll_event *event)
{
	sock_id ep;
	int ret;

	if (epfd == fd)
		return -EINVAL;
	ret = check_event(op, event);
	if (ret == 0)
		ret = set_of(epfd, fd, &ep);
	if (ret == 0)
		ret = stack_epoll_ctl(ep, op, fd, s, event);
	return ret;
}

/*
 * An epoll as a member: the kernel's opinion first, for it knows loops and
 * depth; then the stack's, and when that fails an addition is taken back.
 */
static int ctl_epoll(int epfd, int op, int fd, struct epoll_event *event)
{
	struct epoll_event none = {0};
	sock_id outer = 0;
	sock_id inner;
	int ret;

	epoll_note_kernel_member(epfd);
	ret = (int)shim_from_libc(REAL(epoll_ctl)(epfd, op, fd, event));
	if (ret < 0)
		return ret;
	ret = set_of(fd, -1, &inner);
	if (ret == 0)
		ret = set_of(epfd, -1, &outer);
	if (ret == 0)
		ret = stack_epoll_ctl(outer, op, fd, inner, event);

	/* A member from before either of them had a set. */
	if (ret == -ENOENT && op == EPOLL_CTL_MOD)
		ret = stack_epoll_ctl(outer, EPOLL_CTL_ADD, fd, inner, event);
	if (ret < 0 && op == EPOLL_CTL_ADD)
		REAL(epoll_ctl)(epfd, EPOLL_CTL_DEL, fd, &none);
	return op == EPOLL_CTL_DEL ? 0 : ret;
}

SHIM_EXPORT int epoll_ctl(int epfd, int op, int fd, struct epoll_event *event)
{
	fdtab_word w = fdtab_get(fd);
	fdtab_word ew = fdtab_get(epfd);

	if (UNLIKELY(fdtab_is_sock(w)))
		return (int)shim_ret(
			ctl_sock(epfd, op, fd, fdtab_id(w), event));
	if (UNLIKELY((fdtab_is_epoll(w) || is_fresh_epoll(w)) &&
		     (fdtab_is_epoll(ew) || is_fresh_epoll(ew))))
		return (int)shim_ret(ctl_epoll(epfd, op, fd, event));

	epoll_note_kernel_member(epfd);
	return REAL(epoll_ctl)(epfd, op, fd, event);
}

/* --- epoll_wait ---------------------------------------------------------- */

static int wait_on(int epfd, fdtab_word w, struct epoll_event *events, int max,
		   uint64_t deadline_us, const sigset_t *mask)
{
	bool is_alone = is_pure(epfd) && !(w & (FDTAB_DUPED | FDTAB_SHARED));

	if (max <= 0 || max > EVENTS_MAX)
		return -EINVAL;
	if (!events)
		return -EFAULT;
	return stack_epoll_wait(fdtab_id(w), is_alone ? -1 : epfd, events, max,
				deadline_us, mask);
}

static uint64_t deadline_of_ms(int timeout)
{
	if (timeout < 0)
		return UINT64_MAX;
	return pollset_deadline((uint64_t)timeout / 1000,
				(uint64_t)timeout % 1000 * 1000000);
}

SHIM_EXPORT int epoll_wait(int epfd, struct epoll_event *events, int max,
			   int timeout)
{
	fdtab_word w = fdtab_get(epfd);

	if (!fdtab_is_epoll(w))
		return REAL(epoll_wait)(epfd, events, max, timeout);

	return (int)shim_ret(
		wait_on(epfd, w, events, max, deadline_of_ms(timeout), NULL));
}

SHIM_EXPORT int epoll_pwait(int epfd, struct epoll_event *events, int max,
			    int timeout, const sigset_t *mask)
{
	fdtab_word w = fdtab_get(epfd);

	if (!fdtab_is_epoll(w))
		return REAL(epoll_pwait)(epfd, events, max, timeout, mask);

	return (int)shim_ret(
		wait_on(epfd, w, events, max, deadline_of_ms(timeout), mask));
}

SHIM_EXPORT int epoll_pwait2(int epfd, struct epoll_event *events, int max,
			     const struct timespec *timeout,
			     const sigset_t *mask)
{
	fdtab_word w = fdtab_get(epfd);
	uint64_t deadline_us = UINT64_MAX;

	if (!fdtab_is_epoll(w))
		return REAL(epoll_pwait2)(epfd, events, max, timeout, mask);

	if (timeout) {
		if (timeout->tv_sec < 0 || timeout->tv_nsec < 0 ||
		    timeout->tv_nsec >= 1000000000)
			return (int)shim_ret(-EINVAL);
		deadline_us = pollset_deadline((uint64_t)timeout->tv_sec,
					       (uint64_t)timeout->tv_nsec);
	}
	return (int)shim_ret(wait_on(epfd, w, events, max, deadline_us, mask));
}
