/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * epoll_oneshot.c - one report, then silence until EPOLL_CTL_MOD
 *
 * What this app shows
 *   EPOLLONESHOT disables the member but keeps it: new data says nothing, MOD
 *   re-arms and reports what is there already, DEL still knows it.
 */

#include "app.h"

#include <sys/epoll.h>

static int ep;

static void report(const char *when, int patience)
{
	struct epoll_event e;

	if (must(epoll_wait(ep, &e, 1, patience)) == 0)
		say("%s: none", when);
	else
		say("%s: %u %s", when, e.data.u32, words(e.events));
}

static void try_with(uint32_t also)
{
	struct epoll_event e = {EPOLLIN | EPOLLONESHOT | also, {.u32 = 3}};
	int pair[2];
	char c;

	tcp_pair(pair);
	show(epoll_ctl(ep, EPOLL_CTL_ADD, pair[0], &e));
	must(send(pair[1], "a", 1, 0));
	report("first", APP_PATIENCE_MS);
	report("disabled", 0);
	must(send(pair[1], "b", 1, 0));
	await_bytes(pair[0], 2);
	report("more data", 0);
	must(shutdown(pair[1], SHUT_WR));
	await_all(pair[0], POLLRDHUP);
	report("end", 0);
	show(epoll_ctl(ep, EPOLL_CTL_ADD, pair[0], &e));
	e.data.u32 = 4;
	show(epoll_ctl(ep, EPOLL_CTL_MOD, pair[0], &e));
	report("armed again", 0);
	report("disabled", 0);
	must(recv(pair[0], &c, 1, 0));
	show(epoll_ctl(ep, EPOLL_CTL_MOD, pair[0], &e));
	report("and again", 0);
	show(epoll_ctl(ep, EPOLL_CTL_DEL, pair[0], NULL));
	show(epoll_ctl(ep, EPOLL_CTL_MOD, pair[0], &e));
	must(close(pair[0]));
	must(close(pair[1]));
}

int main(void)
{
	ep = must(epoll_create1(0));
	try_with(0);
	try_with(EPOLLET);
	return 0;
}
