/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * epoll_edge.c - edge-triggered: reported when something happens
 *
 * What this app shows
 *   One report for one arrival, none after a partial read, one for the next
 *   arrival even though the first is still unread; the end; writability when
 *   a full buffer is drained; and that a listener reports each newcomer.
 */

#include "app.h"

#include <sys/epoll.h>

static int ep;

/* Reports at once, or waits for one. */
static void report(const char *when, int patience)
{
	struct epoll_event e;

	if (must(epoll_wait(ep, &e, 1, patience)) == 0)
		say("%s: none", when);
	else
		say("%s: %u %s", when, e.data.u32, words(e.events));
}

static void arrivals(int pair[2])
{
	struct epoll_event e = {EPOLLIN | EPOLLRDHUP | EPOLLET, {.u32 = 7}};
	char buf[8];

	must(epoll_ctl(ep, EPOLL_CTL_ADD, pair[0], &e));
	report("silence", 0);
	must(send(pair[1], "abcd", 4, 0));
	report("four bytes", APP_PATIENCE_MS);
	report("still there", 0);
	must(recv(pair[0], buf, 1, 0));
	report("partly read", 0);
	must(send(pair[1], "e", 1, 0));
	report("one more", APP_PATIENCE_MS);
	report("still there", 0);
	await_bytes(pair[0], 4);
	must(recv(pair[0], buf, 8, 0));
	report("all read", 0);
	must(send(pair[1], "f", 1, 0));
	report("and another", APP_PATIENCE_MS);
	must(shutdown(pair[1], SHUT_WR));
	report("the end", APP_PATIENCE_MS);
	report("once", 0);
}

static void room(int pair[2])
{
	static char block[65536];
	struct epoll_event e = {EPOLLOUT | EPOLLET, {.u32 = 8}};

	make_nonblocking(pair[0]);
	make_nonblocking(pair[1]);
	must(epoll_ctl(ep, EPOLL_CTL_ADD, pair[0], &e));
	report("writable", 0);
	report("once", 0);
	do {
		while (send(pair[0], block, sizeof(block), 0) > 0)
			continue;
	} while (poll(&(struct pollfd){pair[0], POLLOUT, 0}, 1, 300) > 0);
	while (epoll_wait(ep, &e, 1, 0) > 0)
		continue;
	report("full", 0);
	while (poll(&(struct pollfd){pair[1], POLLIN, 0}, 1, 300) > 0) {
		while (recv(pair[1], block, sizeof(block), 0) > 0)
			continue;
	}
	report("drained", APP_PATIENCE_MS);
}

static void newcomers(void)
{
	struct epoll_event e = {EPOLLIN | EPOLLET, {.u32 = 9}};
	struct sockaddr_in at;
	int door = listener(&at, 8);

	must(epoll_ctl(ep, EPOLL_CTL_ADD, door, &e));
	report("nobody", 0);
	connected_to(&at);
	report("first", APP_PATIENCE_MS);
	report("once", 0);
	connected_to(&at);
	report("second", APP_PATIENCE_MS);
	must(accept(door, NULL, NULL));
	report("one accepted", 0);
	must(close(door));
}

int main(void)
{
	int pair[2];

	ep = must(epoll_create1(0));
	tcp_pair(pair);
	arrivals(pair);
	must(close(pair[0]));
	report("closed", 0);
	tcp_pair(pair);
	room(pair);
	must(close(pair[0]));
	newcomers();
	return 0;
}
