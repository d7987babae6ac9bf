/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * bell.c - waking a thread that sleeps in poll, from any process
 *
 * What this room is for
 *   Abstract AF_UNIX datagram sockets as door bells. One unnamed socket per
 *   process rings all of them.
 *
 * Never      allocates: the pool is a fixed array, and a process with more
 *            threads asleep in poll than that gets -ENOMEM from poll.
 */

#include "bell.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "ownfd.h"
#include "ground/critical.h"
#include "ground/sys.h"

enum {
	BELL_POOL = 900,
	/* Threads that sleep in poll in a confined process. */
	BELL_STOCK = 4,
	FENCE_EVENTS = 16,
};

static struct bell pool[BELL_POOL];
static size_t nbells;
static struct bell *idle;
static int ringer = -1;
static uint64_t family_id;
static char spin;

/* A handler that came here while its own thread is would wait for ever. */
static void spin_lock(void)
{
	critical_enter();
	while (__atomic_test_and_set(&spin, __ATOMIC_ACQUIRE))
		;
}

static void spin_unlock(void)
{
	__atomic_clear(&spin, __ATOMIC_RELEASE);
	critical_leave();
}

static socklen_t name_of(uint32_t number, struct sockaddr_un *addr)
{
	int n;

	addr->sun_family = AF_UNIX;
	addr->sun_path[0] = 0;
	n = snprintf(addr->sun_path + 1, sizeof(addr->sun_path) - 1,
		     "nsshim/%016llx/bell/%u", (unsigned long long)family_id,
		     number);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
			   (size_t)n);
}

void bell_setup(uint64_t arena_id)
{
	family_id = arena_id;
	ringer = sys_socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
			    0);
	if (ringer >= 0)
		ownfd_adopt(&ringer);
}

static int open_named(struct bell *b, uint32_t number)
{
	struct sockaddr_un addr;
	socklen_t len = name_of(number, &addr);
	int ret;

	b->number = number;
	b->fd = sys_socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
			   0);
	if (b->fd < 0)
		return b->fd;
	ret = sys_bind(b->fd, &addr, len);
	if (ret < 0) {
		sys_close(b->fd);
		b->fd = -1;
		return ret;
	}
	return ownfd_adopt(&b->fd);
}

static int bell_open(struct bell *b, uint32_t number)
{
	struct ownfd_opening o;
	int ret;

	ownfd_open_begin(&o);
	ret = open_named(b, number);
	ownfd_open_end(&o);
	return ret;
}

struct bell *bell_get(uint32_t (*new_number)(void))
{
	struct bell *b;

	spin_lock();
	b = idle;
	if (b)
		idle = b->next;
	else if (nbells < BELL_POOL)
		b = &pool[nbells++];
	spin_unlock();

	if (!b)
		return NULL;
	if (b->number)
		return b;
	if (bell_open(b, new_number()) == 0)
		return b;

	b->number = 0;
	bell_put(b);
	return NULL;
}

void bell_put(struct bell *b)
{
	spin_lock();
	b->next = idle;
	idle = b;
	spin_unlock();
}

static void open_fence(struct bell *b)
{
	struct ownfd_opening o;
	int fd;

	if (b->fence)
		return;
	ownfd_open_begin(&o);
	fd = sys_epoll_create1(EPOLL_CLOEXEC);
	if (fd >= 0) {
		b->fence = fd;
		ownfd_adopt(&b->fence);
	}
	ownfd_open_end(&o);
}

void bell_stock(uint32_t (*new_number)(void))
{
	struct bell *got[BELL_STOCK];
	size_t n = 0;

	gate_no_more();
	while (n < BELL_STOCK && (got[n] = bell_get(new_number)))
		n++;
	while (n > 0)
		bell_put(got[--n]);
	for (size_t i = 0; i < nbells; i++)
		if (pool[i].number)
			open_fence(&pool[i]);
}

/* Entries that an epoll does not take (a file, one of them twice) are left
 * out. */
static int poll_in_fence(struct bell *b, struct pollfd *fds, size_t n,
			 struct timespec *timeout, const sigset_t *mask)
{
	struct epoll_event events[FENCE_EVENTS];
	int ret;

	for (size_t i = 0; i < n; i++) {
		struct epoll_event e = {.events = (uint16_t)fds[i].events,
					.data.u64 = i};

		fds[i].revents = 0;
		if (fds[i].fd >= 0)
			sys_epoll_ctl(b->fence, EPOLL_CTL_ADD, fds[i].fd, &e);
	}
	ret = sys_epoll_pwait2(b->fence, events, FENCE_EVENTS, timeout, mask);
	for (int i = 0; i < ret; i++)
		if (events[i].data.u64 < n)
			fds[events[i].data.u64].revents =
				(short)events[i].events;
	for (size_t i = 0; i < n; i++)
		if (fds[i].fd >= 0)
			sys_epoll_ctl(b->fence, EPOLL_CTL_DEL, fds[i].fd,
				      &events[0]);
	return ret;
}

int bell_poll(struct bell *b, struct pollfd *fds, size_t n,
	      struct timespec *timeout, const sigset_t *mask)
{
	struct timespec nap = {0, 10000000};
	int ret = sys_ppoll(fds, n, timeout, mask);

	if (LIKELY(ret != -EINVAL))
		return ret;
	if (b->fence)
		return poll_in_fence(b, fds, n, timeout, mask);
	/* A thread of ours that tries for ever shall not spin. */
	sys_ppoll(NULL, 0, &nap, NULL);
	return ret;
}

void bell_silence(struct bell *b)
{
	char byte;

	while (sys_recvfrom(b->fd, &byte, 1, MSG_DONTWAIT, NULL, NULL) >= 0)
		;
}

void bell_ring(uint32_t number)
{
	struct sockaddr_un addr;
	socklen_t len = name_of(number, &addr);

	/* A full queue means that it has been rung already. */
	sys_sendto(ringer, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL, &addr, len);
}

void bell_after_fork_in_child(void)
{
	for (size_t i = 0; i < nbells; i++) {
		if (!pool[i].number)
			continue;
		ownfd_forget(&pool[i].fd);
		sys_close(pool[i].fd);
		gate_close(&pool[i].gate);
		if (!pool[i].fence)
			continue;
		ownfd_forget(&pool[i].fence);
		sys_close(pool[i].fence);
	}
	gate_after_fork_in_child();
	memset(pool, 0, sizeof(pool));
	nbells = 0;
	idle = NULL;
	spin = 0;
}
