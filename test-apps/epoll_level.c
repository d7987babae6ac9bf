/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * epoll_level.c - level-triggered: reported as long as it is so
 *
 * What this app shows
 *   The same data is reported until it is read, writability until the buffer
 *   is full, the end of input for ever, and the program's own data comes back.
 */

#include "app.h"

#include <sys/epoll.h>

static int ep, pair[2];

static void wait_now(const char *when)
{
	struct epoll_event e[4];
	int n = must(epoll_wait(ep, e, 4, 0));

	if (n == 0)
		say("%s: none", when);
	for (int i = 0; i < n; i++)
		say("%s: %llx %s", when, (unsigned long long)e[i].data.u64,
		    words(e[i].events));
}

static void watch(uint32_t events)
{
	struct epoll_event e = {events, {.u64 = 0xfeedfacecafebeef}};

	must(epoll_ctl(ep, EPOLL_CTL_MOD, pair[0], &e));
}

static void fill(void)
{
	static char block[65536];

	make_nonblocking(pair[0]);
	do {
		while (send(pair[0], block, sizeof(block), 0) > 0)
			continue;
	} while (poll(&(struct pollfd){pair[0], POLLOUT, 0}, 1, 300) > 0);
}

static void drain(void)
{
	static char block[65536];

	make_nonblocking(pair[1]);
	while (poll(&(struct pollfd){pair[1], POLLIN, 0}, 1, 300) > 0) {
		while (recv(pair[1], block, sizeof(block), 0) > 0)
			continue;
	}
}

int main(void)
{
	struct epoll_event e = {EPOLLIN, {.u64 = 1}};
	char buf[8];

	tcp_pair(pair);
	ep = show_fd(epoll_create1(EPOLL_CLOEXEC));
	show(epoll_ctl(ep, EPOLL_CTL_ADD, pair[0], &e));
	wait_now("silence");
	must(send(pair[1], "abcd", 4, 0));
	show(epoll_wait(ep, &e, 1, APP_PATIENCE_MS));
	wait_now("again");
	must(recv(pair[0], buf, 2, 0));
	wait_now("half read");
	must(recv(pair[0], buf, 2, 0));
	wait_now("all read");
	watch(EPOLLIN | EPOLLOUT);
	wait_now("writable");
	fill();
	wait_now("full");
	drain();
	await(pair[0], POLLOUT);
	wait_now("drained");
	watch(EPOLLIN | EPOLLRDHUP);
	must(shutdown(pair[1], SHUT_WR));
	await(pair[0], POLLIN);
	wait_now("end");
	must(recv(pair[0], buf, 2, 0));
	wait_now("end was read");
	watch(0);
	wait_now("nothing asked");
	must(shutdown(pair[0], SHUT_WR));
	show(epoll_wait(ep, &e, 1, APP_PATIENCE_MS));
	wait_now("hung up, nothing asked");
	show(epoll_ctl(ep, EPOLL_CTL_DEL, pair[0], NULL));
	wait_now("removed");
	return 0;
}
