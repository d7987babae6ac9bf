/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * epoll_maxevents_one.c - one report at a time, and everybody's turn
 *
 * What this app shows
 *   With maxevents of 1 three ready sockets and a pipe take turns: none
 *   starves. What other numbers do.
 */

#include "app.h"

#include <sys/epoll.h>

enum { MEMBERS = 4 };

int main(void)
{
	int ep = must(epoll_create1(0)), pair[2], seen[MEMBERS] = {0};
	struct epoll_event e = {.events = EPOLLIN};
	volatile int minus_one = -1;

	for (uint32_t i = 0; i < MEMBERS; i++) {
		if (i < MEMBERS - 1)
			tcp_pair(pair);
		else
			must(pipe(pair));
		must(write(pair[1], "x", 1));
		await(pair[0], POLLIN);
		e.data.u32 = i;
		must(epoll_ctl(ep, EPOLL_CTL_ADD, pair[0], &e));
	}
	for (int i = 0; i < 10 * MEMBERS; i++) {
		must(epoll_wait(ep, &e, 1, APP_PATIENCE_MS) == 1 ? 0 : -1);
		seen[e.data.u32]++;
	}
	for (int i = 0; i < MEMBERS; i++)
		say("member %d had its turn: %s", i, seen[i] ? "yes" : "no");
	show(epoll_wait(ep, &e, 0, 0));
	show(epoll_wait(ep, &e, minus_one, 0));
	show(epoll_wait(-1, &e, 1, 0));
	show(epoll_wait(pair[0], &e, 1, 0));
	return 0;
}
