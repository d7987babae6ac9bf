/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * epoll_kick.c - threads that sleep in the kernel while their epoll changes
 *
 * What this room is for
 *   Two words per descriptor number: how many sleep, and the eventfd that is
 *   kicking them. The eventfd is readable for good and level-triggered, so it
 *   wakes one sleeper after the other. Whoever sees the count at zero after
 *   the kick is in place takes it off; an exchange decides between two.
 *
 * Proved by  test-apps/epoll_from_other_thread.c
 * Never      is seen by the program: the event is filtered wherever the
 *            kernel's events are handed out.
 */
#include "epoll_kick.h"

#include <fcntl.h>
#include <stdint.h>
#include <sys/eventfd.h>

#include "ground/real.h"
#include "ground/shim.h"

enum {
	/* Epolls with higher numbers are not kicked. */
	KICK_FDS = 1 << 14,
	/* Out of the way of the program's lowest numbers. */
	KICK_FD_MIN = 700,
};

static struct {
	uint32_t sleepers;
	int kick; /* the eventfd's number and one, or 0 */
} kicks[KICK_FDS];

/* An address of ours is no pointer and hardly a number of the program's. */
static const char our_data;

static uint64_t our_u64(void)
{
	return (uint64_t)(uintptr_t)&our_data ^ 0x6b69636b00000000ull;
}

void epoll_kick_enter(int epfd)
{
	if (epfd < KICK_FDS)
		__atomic_fetch_add(&kicks[epfd].sleepers, 1, __ATOMIC_SEQ_CST);
}

static void take_off(int epfd)
{
	struct epoll_event none = {0};
	int kick = __atomic_exchange_n(&kicks[epfd].kick, 0, __ATOMIC_SEQ_CST);

	if (!kick)
		return;
	REAL(epoll_ctl)(epfd, EPOLL_CTL_DEL, kick - 1, &none);
	real.close(kick - 1);
}

void epoll_kick_leave(int epfd)
{
	if (epfd < KICK_FDS &&
	    __atomic_sub_fetch(&kicks[epfd].sleepers, 1, __ATOMIC_SEQ_CST) == 0)
		take_off(epfd);
}

/* Readable for good; -1 when there are no descriptors left. */
static int make_kick(void)
{
	int fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
	int high;

	if (fd < 0)
		return -1;
	high = real.fcntl(fd, F_DUPFD_CLOEXEC, KICK_FD_MIN);
	if (high < 0)
		return fd;
	real.close(fd);
	return high;
}

void epoll_kick_sleepers(int epfd)
{
	struct epoll_event event = {.events = EPOLLIN};
	int fd;

	if (epfd >= KICK_FDS ||
	    !__atomic_load_n(&kicks[epfd].sleepers, __ATOMIC_SEQ_CST) ||
	    __atomic_load_n(&kicks[epfd].kick, __ATOMIC_SEQ_CST))
		return;
	fd = make_kick();
	if (fd < 0)
		return;
	event.data.u64 = our_u64();
	if (REAL(epoll_ctl)(epfd, EPOLL_CTL_ADD, fd, &event) < 0) {
		real.close(fd);
		return;
	}
	__atomic_store_n(&kicks[epfd].kick, fd + 1, __ATOMIC_SEQ_CST);
	/* They may all have left before they could see it. */
	if (!__atomic_load_n(&kicks[epfd].sleepers, __ATOMIC_SEQ_CST))
		take_off(epfd);
}

int epoll_kick_filter(struct epoll_event *events, int n)
{
	int kept = 0;

	for (int i = 0; i < n; i++)
		if (events[i].data.u64 != our_u64())
			events[kept++] = events[i];
	return kept;
}
