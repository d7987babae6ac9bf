/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * epoll_nested.c - an epoll in an epoll, in poll() and in select()
 *
 * What this app shows
 *   An epoll descriptor is readable when one of its members is ready; the
 *   outer one reports it, also through two levels and while asleep. A circle
 *   is refused.
 */

#include "app.h"

#include <sys/epoll.h>
#include <sys/select.h>

static int inner, middle, outer, pair[2];
static volatile pid_t sleeper;

static void look(const char *when)
{
	struct epoll_event e = {.data.u32 = 0};
	fd_set set;
	int n = must(epoll_wait(outer, &e, 1, 0)), m;

	FD_ZERO(&set);
	FD_SET(inner, &set);
	m = must(select(inner + 1, &set, NULL, NULL, &(struct timeval){0}));
	say("%s: outer %d/%u, poll %s, select %d", when, n, e.data.u32,
	    words(state(inner) & POLLIN), m);
}

static void *wait_outer(void *unused)
{
	struct epoll_event e;

	(void)unused;
	sleeper = (pid_t)syscall(SYS_gettid);
	return (void *)(intptr_t)epoll_wait(outer, &e, 1, -1);
}

int main(void)
{
	struct epoll_event e = {EPOLLIN, {.u32 = 1}};
	pthread_t thread;
	void *result;
	char c;

	inner = must(epoll_create1(0));
	middle = must(epoll_create1(0));
	outer = must(epoll_create1(0));
	tcp_pair(pair);
	must(epoll_ctl(inner, EPOLL_CTL_ADD, pair[0], &e));
	e.data.u32 = 2;
	must(epoll_ctl(middle, EPOLL_CTL_ADD, inner, &e));
	e.data.u32 = 3;
	must(epoll_ctl(outer, EPOLL_CTL_ADD, middle, &e));
	show(epoll_ctl(inner, EPOLL_CTL_ADD, outer, &e));
	show(epoll_ctl(inner, EPOLL_CTL_ADD, inner, &e));
	look("silence");
	must(send(pair[1], "x", 1, 0));
	await(pair[0], POLLIN);
	look("data");
	show(epoll_wait(inner, &e, 1, 0));
	look("still there");
	must(recv(pair[0], &c, 1, 0));
	look("read");

	must(-pthread_create(&thread, NULL, wait_outer, NULL));
	await_asleep(&sleeper);
	must(send(pair[1], "y", 1, 0));
	must(-pthread_join(thread, &result));
	say("woken through three levels: %d", (int)(intptr_t)result);
	must(close(inner));
	say("inner closed: %d", must(epoll_wait(outer, &e, 1, 0)));
	return 0;
}
