/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * epoll_mod_rearms.c - EPOLL_CTL_MOD looks again
 *
 * What this app shows
 *   A MOD with the same events makes an edge-triggered member report once
 *   more what is still so; one that adds EPOLLOUT reports at once; one that
 *   takes events away is silent. The data changes with it.
 */

#include "app.h"

#include <sys/epoll.h>

static int ep, pair[2];

static void change(uint32_t events, uint32_t number)
{
	struct epoll_event e = {events, {.u32 = number}};

	must(epoll_ctl(ep, EPOLL_CTL_MOD, pair[0], &e));
}

static void report(const char *when, int patience)
{
	struct epoll_event e[3];
	int n = must(epoll_wait(ep, e, 3, patience));

	if (n == 0)
		say("%s: none", when);
	for (int i = 0; i < n; i++)
		say("%s: %u %s", when, e[i].data.u32, words(e[i].events));
}

int main(void)
{
	struct epoll_event e = {EPOLLIN | EPOLLET, {.u32 = 1}};
	char buf[8];

	ep = must(epoll_create1(0));
	tcp_pair(pair);
	must(epoll_ctl(ep, EPOLL_CTL_ADD, pair[0], &e));
	must(send(pair[1], "ab", 2, 0));
	await_bytes(pair[0], 2);
	report("arrived", APP_PATIENCE_MS);
	report("once", 0);
	change(EPOLLIN | EPOLLET, 2);
	report("the same MOD", 0);
	report("once", 0);
	change(EPOLLIN | EPOLLOUT | EPOLLET, 3);
	report("with OUT", 0);
	report("once", 0);
	change(EPOLLPRI | EPOLLET, 4);
	report("only PRI", 0);
	must(send(pair[1], "c", 1, 0));
	await_bytes(pair[0], 3);
	report("more data", 0);
	change(EPOLLIN, 5);
	report("level", 0);
	report("twice", 0);
	must(recv(pair[0], buf, sizeof(buf), 0));
	change(EPOLLIN | EPOLLET, 6);
	report("nothing to read", 0);
	must(send(pair[1], "d", 1, 0));
	report("new data", APP_PATIENCE_MS);
	return 0;
}
