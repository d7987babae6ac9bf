/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * epoll_exclusive.c - EPOLLEXCLUSIVE: not everybody for one newcomer
 *
 * What this app shows
 *   Eight threads, each with an epoll of its own on one listener: every
 *   connection is taken exactly once, and all are taken. And the combinations
 *   that epoll_ctl() refuses.
 */

#include "app.h"

#include <sys/epoll.h>

enum { THREADS = 8, CONNECTIONS = 40 };

static int door;
static int taken;

static void *take(void *unused)
{
	struct epoll_event e = {EPOLLIN | EPOLLEXCLUSIVE, {.u32 = 0}};
	int ep = must(epoll_create1(0)), fd;

	(void)unused;
	must(epoll_ctl(ep, EPOLL_CTL_ADD, door, &e));
	while (__atomic_load_n(&taken, __ATOMIC_SEQ_CST) < CONNECTIONS) {
		if (must(epoll_wait(ep, &e, 1, 100)) == 0)
			continue;
		fd = accept4(door, NULL, NULL, SOCK_NONBLOCK);
		if (fd < 0)
			continue;
		must(write(fd, "!", 1));
		must(close(fd));
		__atomic_fetch_add(&taken, 1, __ATOMIC_SEQ_CST);
	}
	return NULL;
}

static void refused(void)
{
	struct epoll_event e = {EPOLLIN | EPOLLEXCLUSIVE, {.u32 = 0}};
	struct epoll_event once = {EPOLLIN | EPOLLEXCLUSIVE | EPOLLONESHOT,
				   {.u32 = 0}};
	struct epoll_event rdhup = {EPOLLRDHUP | EPOLLEXCLUSIVE, {.u32 = 0}};
	int ep = must(epoll_create1(0));

	show(epoll_ctl(ep, EPOLL_CTL_ADD, door, &once));
	show(epoll_ctl(ep, EPOLL_CTL_ADD, door, &rdhup));
	show(epoll_ctl(ep, EPOLL_CTL_ADD, door, &e));
	show(epoll_ctl(ep, EPOLL_CTL_MOD, door, &e));
	e.events = EPOLLIN;
	show(epoll_ctl(ep, EPOLL_CTL_MOD, door, &e));
	show(epoll_ctl(ep, EPOLL_CTL_DEL, door, NULL));
	show(epoll_ctl(ep, EPOLL_CTL_ADD, door, &e));
	e.events |= EPOLLEXCLUSIVE;
	show(epoll_ctl(ep, EPOLL_CTL_MOD, door, &e));
	must(close(ep));
}

int main(void)
{
	struct sockaddr_in at;
	pthread_t threads[THREADS];
	int answers = 0;
	char c;

	door = listener(&at, CONNECTIONS);
	make_nonblocking(door);
	refused();
	for (int i = 0; i < THREADS; i++)
		must(-pthread_create(&threads[i], NULL, take, NULL));
	for (int i = 0; i < CONNECTIONS; i++) {
		int fd = connected_to(&at);

		answers += must(read(fd, &c, 1));
		must(close(fd));
	}
	for (int i = 0; i < THREADS; i++)
		must(-pthread_join(threads[i], NULL));
	say("%d connections, %d answers", CONNECTIONS, answers);
	return 0;
}
