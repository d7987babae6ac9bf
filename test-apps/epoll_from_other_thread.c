/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * epoll_from_other_thread.c - epoll_ctl() while somebody waits
 *
 * What this app shows
 *   A thread asleep in epoll_wait() without a time limit wakes when another
 *   one adds a socket that is ready, changes one so that it is, or sends to
 *   one that was added while it slept. Two waiters, one event: one of them.
 */

#include "app.h"

#include <sys/epoll.h>

static int ep;
static volatile pid_t waiter;
static int done;

static void *wait_one(void *event)
{
	waiter = (pid_t)syscall(SYS_gettid);
	must(epoll_wait(ep, event, 1, -1) == 1 ? 0 : -1);
	__atomic_fetch_add(&done, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

static pthread_t start(struct epoll_event *event)
{
	pthread_t thread;

	waiter = 0;
	must(-pthread_create(&thread, NULL, wait_one, event));
	await_asleep(&waiter);
	return thread;
}

static void woken(const char *how, pthread_t thread, struct epoll_event *e)
{
	must(-pthread_join(thread, NULL));
	say("%s: %u %s", how, e->data.u32, words(e->events));
}

int main(void)
{
	struct epoll_event e = {EPOLLIN, {.u32 = 1}}, got, got2;
	int pair[2], other[2];
	pthread_t thread, second;
	char c;

	ep = must(epoll_create1(0));
	tcp_pair(pair);
	tcp_pair(other);
	must(send(pair[1], "x", 1, 0));
	await(pair[0], POLLIN);

	thread = start(&got);
	must(epoll_ctl(ep, EPOLL_CTL_ADD, pair[0], &e));
	woken("added while ready", thread, &got);

	must(recv(pair[0], &c, 1, 0));
	thread = start(&got);
	e.events = EPOLLOUT;
	must(epoll_ctl(ep, EPOLL_CTL_MOD, pair[0], &e));
	woken("changed to what is so", thread, &got);

	must(epoll_ctl(ep, EPOLL_CTL_DEL, pair[0], NULL));
	thread = start(&got);
	e = (struct epoll_event){EPOLLIN, {.u32 = 2}};
	must(epoll_ctl(ep, EPOLL_CTL_ADD, other[0], &e));
	must(send(other[1], "y", 1, 0));
	woken("added, then written to", thread, &got);

	must(recv(other[0], &c, 1, 0));
	e.events = EPOLLIN | EPOLLONESHOT;
	must(epoll_ctl(ep, EPOLL_CTL_MOD, other[0], &e));
	thread = start(&got);
	second = start(&got2);
	done = 0;
	must(send(other[1], "z", 1, 0));
	for (int i = 0; __atomic_load_n(&done, __ATOMIC_SEQ_CST) == 0; i++) {
		if (i >= APP_PATIENCE_MS)
			app_give_up("one of two waiters");
		poll(NULL, 0, 1);
	}
	must(recv(other[0], &c, 1, 0));
	must(epoll_ctl(ep, EPOLL_CTL_MOD, other[0], &e));
	must(send(other[1], "z", 1, 0));
	woken("two waiters, first", thread, &got);
	woken("two waiters, second", second, &got2);
	return 0;
}
