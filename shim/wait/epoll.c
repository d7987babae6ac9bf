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
 * Proved by  test-apps/epoll_mixed.c
 * Never      looks at the program's `data`.
 * Follows    epoll_ctl(2), epoll_wait(2), epoll(7).
 */
#include "epoll.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <string.h>
#include <sys/epoll.h>

#include "epoll_kick.h"
#include "fd/fdtab.h"
#include "pollset.h"
#include "ground/raw.h"
#include "ground/real.h"
#include "ground/ret.h"
#include "ground/shim.h"

enum {
	/* Numbers above have no bit: they count as having kernel members. */
	PURE_FDS = 1 << 16,
	/* As fs/eventpoll.c: EP_MAX_EVENTS. */
	EVENTS_MAX = INT_MAX / (int)sizeof(struct epoll_event),
};

/*
 * The kernel's word with this bit: epoll_create() has once given us this
 * number. Only a hint, for closing an ordinary descriptor leaves its slot.
 */
#define MARK_EPOLL ((fdtab_word)1)

/* Bit set: when this epoll got its stack set it had no kernel members, and none
 * came since. While it has the set it is only cleared, so that no order between
 * threads matters. */
static uint8_t pure[PURE_FDS / 8];

static bool is_pure(int fd)
{
	return fd < PURE_FDS &&
	       (__atomic_load_n(&pure[fd / 8], __ATOMIC_ACQUIRE) >> fd % 8 & 1);
}

static void set_pure(int fd)
{
	if (fd < PURE_FDS)
		__atomic_fetch_or(&pure[fd / 8], (uint8_t)(1 << fd % 8),
				  __ATOMIC_RELEASE);
}

void epoll_note_kernel_member(int epfd)
{
	if (epfd >= 0 && is_pure(epfd))
		__atomic_fetch_and(&pure[epfd / 8], (uint8_t) ~(1 << epfd % 8),
				   __ATOMIC_ACQ_REL);
}

static int created(int fd)
{
	if (fd >= 0)
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

/* --- what the kernel knows about an epoll -------------------------------- */

/* "/proc/self/WHERE/FD"; AS-safe, as epoll_ctl() may be called anywhere. */
static void proc_path(char path[40], const char *where, int fd)
{
	char digits[12];
	size_t n = sizeof(digits);
	size_t len;

	digits[--n] = '\0';
	do {
		digits[--n] = (char)('0' + fd % 10);
		fd /= 10;
	} while (fd > 0);
	len = strlen(where);
	memcpy(path, where, len);
	memcpy(path + len, digits + n, sizeof(digits) - n);
}

static bool is_epoll_file(int fd)
{
	static const char name[] = "anon_inode:[eventpoll]";
	char path[40], link[sizeof(name)];

	proc_path(path, "/proc/self/fd/", fd);
	return raw6(SYS_readlinkat, AT_FDCWD, (long)path, (long)link,
		    sizeof(link), 0, 0) == sizeof(name) - 1 &&
	       !memcmp(link, name, sizeof(name) - 1);
}

/*
 * Has it members? fdinfo has a line for each, behind a few others. A kernel
 * that does not tell may have some.
 */
static bool has_kernel_members(int fd)
{
	char path[40], text[512];
	ssize_t n = -1;
	long file;

	proc_path(path, "/proc/self/fdinfo/", fd);
	file = raw6(SYS_openat, AT_FDCWD, (long)path, O_RDONLY | O_CLOEXEC, 0,
		    0, 0);
	if (file >= 0) {
		n = raw3(SYS_read, file, (long)text, sizeof(text));
		raw1(SYS_close, file);
	}
	return n <= 0 || n == sizeof(text) ||
	       memmem(text, (size_t)n, "tfd:", 4) != NULL;
}

/* --- epoll_ctl ----------------------------------------------------------- */

static bool is_fresh_epoll(fdtab_word w)
{
	return w == (FDTAB_KERNEL | MARK_EPOLL);
}

/* The set of `epfd`, made when it has none yet. */
static int set_of(int epfd, sock_id *ep)
{
	fdtab_word w = fdtab_get(epfd);
	int ret;

	if (fdtab_is_epoll(w)) {
		*ep = fdtab_id(w);
		return 0;
	}
	if (!is_epoll_file(epfd))
		return raw3(SYS_fcntl, epfd, F_GETFD, 0) < 0 ? -EBADF : -EINVAL;
	/* A member that comes after the look clears it again. */
	set_pure(epfd);
	if (has_kernel_members(epfd))
		epoll_note_kernel_member(epfd);
	ret = fdtab_make_epoll(epfd, ep);
	if (ret == 0)
		epoll_kick_sleepers(epfd);
	return ret;
}

fdtab_word epoll_before_dup(int fd, fdtab_word word)
{
	sock_id ep;

	if (!is_fresh_epoll(word) || set_of(fd, &ep) < 0)
		return word;
	return fdtab_load(fd);
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
		ret = set_of(epfd, &ep);
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

	ret = (int)shim_from_libc(REAL(epoll_ctl)(epfd, op, fd, event));
	epoll_note_kernel_member(epfd);
	if (ret < 0)
		return ret;
	ret = set_of(fd, &inner);
	if (ret == -EINVAL)
		return 0; /* once it was an epoll, now the number is reused */
	if (ret == 0)
		ret = set_of(epfd, &outer);
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
	int ret;

	if (UNLIKELY(fdtab_is_sock(w)))
		return (int)shim_ret(
			ctl_sock(epfd, op, fd, fdtab_id(w), event));
	if (UNLIKELY((fdtab_is_epoll(w) || is_fresh_epoll(w)) &&
		     (fdtab_is_epoll(ew) || is_fresh_epoll(ew))))
		return (int)shim_ret(ctl_epoll(epfd, op, fd, event));

	ret = REAL(epoll_ctl)(epfd, op, fd, event);
	/* Afterwards: who looks for members now finds it. */
	if (op == EPOLL_CTL_ADD)
		epoll_note_kernel_member(epfd);
	return ret;
}

/* --- epoll_wait ---------------------------------------------------------- */

/* One wait, in whichever of the three ways it was asked for. */
struct wait {
	int epfd;
	struct epoll_event *events;
	int max;
	int ms;                         /* for the kernel, unless... */
	const struct timespec *timeout; /* ...it is to be exact */
	bool is_exact;
	const sigset_t *mask;
};

static int wait_in_kernel(const struct wait *w)
{
	if (w->is_exact)
		return REAL(epoll_pwait2)(w->epfd, w->events, w->max,
					  w->timeout, w->mask);
	return REAL(epoll_pwait)(w->epfd, w->events, w->max, w->ms, w->mask);
}

static uint64_t deadline_of(const struct wait *w)
{
	if (w->is_exact)
		return w->timeout
			       ? pollset_deadline((uint64_t)w->timeout->tv_sec,
						  (uint64_t)w->timeout->tv_nsec)
			       : UINT64_MAX;
	if (w->ms < 0)
		return UINT64_MAX;
	return pollset_deadline((uint64_t)w->ms / 1000,
				(uint64_t)w->ms % 1000 * 1000000);
}

static void leave(void *w)
{
	epoll_kick_leave(((const struct wait *)w)->epfd);
}

/*
 * An epoll of ours without stack members yet. 0 and *is_kicked: it has some
 * now, go on with the stack.
 */
static int wait_until_kicked(struct wait *w, bool *is_kicked)
{
	volatile int n = 0; /* cleaning up may be a longjmp */

	epoll_kick_enter(w->epfd);
	pthread_cleanup_push(leave, w);
	*is_kicked = fdtab_is_epoll(fdtab_load(w->epfd));
	if (!*is_kicked)
		n = wait_in_kernel(w);
	pthread_cleanup_pop(1);
	if (n > 0) {
		n = epoll_kick_filter(w->events, n);
		*is_kicked = n == 0;
	}
	return n;
}

/* Nobody in the kernel's epoll but perhaps our kick. */
static bool is_alone(int epfd, fdtab_word word)
{
	return is_pure(epfd) && !(word & (FDTAB_DUPED | FDTAB_SHARED));
}

/*
 * With stack members: a count or -errno. When there are no others and something
 * is ready, the kernel is not asked; but whoever sleeps, sleeps on both,
 * because another thread may add a kernel member meanwhile.
 */
static int wait_in_stack(const struct wait *w, fdtab_word word,
			 uint64_t deadline_us)
{
	sock_id ep = fdtab_id(word);
	int came = 0;
	int n;

	if (w->max <= 0 || w->max > EVENTS_MAX)
		return -EINVAL;
	if (!w->events)
		return -EFAULT;
	if (is_alone(w->epfd, word))
		came = stack_epoll_wait(ep, -1, w->events, w->max, 0, NULL);
	if (came != 0)
		return came;
	do {
		came = stack_epoll_wait(ep, w->epfd, w->events, w->max,
					deadline_us, w->mask);
		n = came > 0 ? epoll_kick_filter(w->events, came) : came;
	} while (n == 0 && came > 0);
	return n;
}

static int wait_on(struct wait *w)
{
	fdtab_word word = fdtab_get(w->epfd);
	uint64_t deadline_us;
	bool is_kicked;
	int n;

	fork_notice();
	if (!fdtab_is_epoll(word)) {
		if (w->ms == 0 || !is_fresh_epoll(word))
			return wait_in_kernel(w);
		deadline_us = deadline_of(w);
		n = wait_until_kicked(w, &is_kicked);
		if (!is_kicked)
			return n;
		word = fdtab_get(w->epfd);
		return (int)shim_ret(wait_in_stack(w, word, deadline_us));
	}
	return (int)shim_ret(wait_in_stack(w, word, deadline_of(w)));
}

SHIM_EXPORT int epoll_wait(int epfd, struct epoll_event *events, int max,
			   int timeout)
{
	struct wait w = {epfd, events, max, timeout, NULL, false, NULL};

	return wait_on(&w);
}

SHIM_EXPORT int epoll_pwait(int epfd, struct epoll_event *events, int max,
			    int timeout, const sigset_t *mask)
{
	struct wait w = {epfd, events, max, timeout, NULL, false, mask};

	return wait_on(&w);
}

SHIM_EXPORT int epoll_pwait2(int epfd, struct epoll_event *events, int max,
			     const struct timespec *timeout,
			     const sigset_t *mask)
{
	struct wait w = {epfd, events, max, -1, timeout, true, mask};

	if (timeout && (timeout->tv_sec < 0 || timeout->tv_nsec < 0 ||
			timeout->tv_nsec >= 1000000000))
		return (int)shim_ret(-EINVAL);
	return wait_on(&w);
}
