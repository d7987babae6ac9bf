/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * gate.c - of all processes that wait for a frame, the kernel wakes one
 *
 * What this room is for
 *   See gate.h. The members stay in the epoll from one sleep to the next, but
 *   for the program's descriptors: those are armed for one event each time,
 *   which also finds out when a number means another file by now. What is left
 *   of an earlier one may wake us once, for nothing: so poll(2) has the last
 *   word on what the program's are ready for.
 *
 * Never      reads a link or rings a bell.
 */

#include "gate.h"

#include <errno.h>
#include <sys/epoll.h>

#include "ground/limits.h"
#include "ground/sys.h"
#include "ownfd.h"

static_assert((int)GATE_LINKS >= (int)LIMIT_IFACES, "every link has room");

/* What a member is; the program's has its number besides. */
enum { TAG_PROGRAM, TAG_BELL, TAG_LINK };

/* So often in a row a frame may be another's before one makes way, or goes
 * aside: where several processes are busy at once, each shall stay. */
enum { MAKE_WAY = 2, GO_ASIDE = 8 };

#define ASIDE_MIN_US MSEC(2)
#define ASIDE_MAX_US MSEC(8)
/* Who waits aside wakes up by the clock. Where frames are rarer than that, it
 * is woken less often in the line. */
#define LOOK_EACH_US 500

static bool is_confined;

static uint64_t tag(int what, size_t number)
{
	return (uint64_t)what << 32 | (uint32_t)number;
}

void gate_close(struct gate *g)
{
	if (g->fd) {
		ownfd_forget(&g->fd);
		sys_close(g->fd);
	}
	g->fd = 0;
}

void gate_no_more(void)
{
	is_confined = true;
}

void gate_after_fork_in_child(void)
{
	is_confined = false;
}

static int add(const struct gate *g, int fd, uint32_t events, uint64_t what)
{
	struct epoll_event e = {.events = events, .data.u64 = what};

	return fd < 0 ? 0 : sys_epoll_ctl(g->fd, EPOLL_CTL_ADD, fd, &e);
}

static int add_link(const struct gate *g, size_t i)
{
	return add(g, g->links[i], EPOLLIN | EPOLLEXCLUSIVE, tag(TAG_LINK, i));
}

/* Do the members have the numbers they had? */
static bool is_as_before(const struct gate *g, const struct pollfd *fds,
			 size_t n)
{
	if (!g->fd || g->bell != fds[0].fd || g->nlinks != n - 1)
		return false;
	for (size_t i = 0; i < g->nlinks; i++)
		if (g->links[i] != fds[1 + i].fd)
			return false;
	return true;
}

/* `fd` stays 0 when there is none. */
static int open_epoll(struct gate *g)
{
	struct ownfd_opening o;
	int ret;

	ownfd_open_begin(&o);
	ret = sys_epoll_create1(EPOLL_CLOEXEC);
	if (ret >= 0) {
		g->fd = ret;
		ret = ownfd_adopt(&g->fd);
	}
	ownfd_open_end(&o);
	return ret;
}

/* Opens it with the bell, which is the first of fds, and the links. */
static int open_anew(struct gate *g, const struct pollfd *fds, size_t n)
{
	int ret;

	gate_close(g);
	if (g->useless || is_confined || n - 1 > GATE_LINKS)
		return -ENOTSUP;
	ret = open_epoll(g);
	if (ret < 0)
		return ret;
	g->bell = fds[0].fd;
	g->nlinks = n - 1;
	if (ret == 0)
		ret = add(g, g->bell, EPOLLIN, tag(TAG_BELL, 0));
	for (size_t i = 0; i < g->nlinks && ret == 0; i++) {
		g->links[i] = fds[1 + i].fd;
		ret = add_link(g, i);
	}
	if (ret < 0) {
		gate_close(g);
		g->useless = true;
	}
	return ret;
}

/* The program's descriptor, for one event. Files cannot be in an epoll. */
static int arm(const struct gate *g, const struct pollfd *p)
{
	struct epoll_event e = {.events = (uint16_t)p->events | EPOLLONESHOT,
				.data.u64 = tag(TAG_PROGRAM, (size_t)p->fd)};
	int ret;

	if (p->fd < 0)
		return 0;
	ret = sys_epoll_ctl(g->fd, EPOLL_CTL_MOD, p->fd, &e);
	if (ret == -ENOENT)
		ret = sys_epoll_ctl(g->fd, EPOLL_CTL_ADD, p->fd, &e);
	return ret;
}

/* Some of them twice are not for an epoll. */
static bool arm_all(const struct gate *g, const struct pollfd *fds, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < i; k++)
			if (fds[k].fd == fds[i].fd && fds[i].fd >= 0)
				return false;
		if (arm(g, &fds[i]) < 0)
			return false;
	}
	return true;
}

/* True for one of the program's, whichever. */
static bool answer(struct pollfd *fds, size_t nkernel, size_t n,
		   const struct epoll_event *e)
{
	size_t number = (uint32_t)e->data.u64;

	switch (e->data.u64 >> 32) {
	case TAG_PROGRAM:
		return true;
	case TAG_BELL:
		fds[nkernel].revents = POLLIN;
		return false;
	default:
		if (number < n - nkernel - 1)
			fds[nkernel + 1 + number].revents = (short)e->events;
		return false;
	}
}

int gate_poll(struct gate *g, struct pollfd *fds, size_t nkernel, size_t n,
	      const struct timespec *timeout, const sigset_t *mask)
{
	struct epoll_event events[GATE_LINKS + GATE_PROGRAM + 1];
	struct timespec at_once = {0, 0};
	bool ask = false;
	int ret;

	if (nkernel > GATE_PROGRAM)
		return -ENOTSUP;
	if (!is_as_before(g, fds + nkernel, n - nkernel) &&
	    open_anew(g, fds + nkernel, n - nkernel) < 0)
		return -ENOTSUP;
	if (!arm_all(g, fds, nkernel))
		return -ENOTSUP;
	for (size_t i = 0; i < n; i++)
		fds[i].revents = 0;
	ret = sys_epoll_pwait2(g->fd, events, ARRAY_LEN(events), timeout, mask);
	if (UNLIKELY(ret == -ENOSYS)) {
		g->useless = true;
		gate_close(g);
		return -ENOTSUP;
	}
	for (int i = 0; i < ret; i++)
		ask |= answer(fds, nkernel, n, &events[i]);
	if (ask)
		sys_ppoll(fds, nkernel, &at_once, NULL);
	return ret;
}

static void go_to_the_end(struct gate *g)
{
	struct epoll_event none = {0};

	for (size_t i = 0; i < g->nlinks; i++) {
		if (g->links[i] < 0)
			continue;
		sys_epoll_ctl(g->fd, EPOLL_CTL_DEL, g->links[i], &none);
		/* Without its links it would never be woken by one. */
		if (add_link(g, i) < 0) {
			gate_close(g);
			return;
		}
	}
}

void gate_served(struct gate *g, bool ours, usecs now)
{
	bool soon = now - g->served_at < ASIDE_MIN_US;

	g->in_vain = ours ? 0 : g->in_vain + 1;
	g->hurried = ours || !soon ? 0 : g->hurried + 1;
	g->served_at = now;
	if (g->fd && g->in_vain && g->in_vain % MAKE_WAY == 0)
		go_to_the_end(g);
}

usecs gate_aside(struct gate *g, uint32_t others)
{
	usecs before = g->aside_us;

	g->aside_us = 0;
	if (LIKELY(g->hurried < GO_ASIDE))
		return 0;
	if (before && others - g->others < before / LOOK_EACH_US) {
		g->hurried = 0;
		return 0;
	}
	g->others = others;
	g->aside_us = before ? MIN(2 * before, ASIDE_MAX_US) : ASIDE_MIN_US;
	return g->aside_us;
}
