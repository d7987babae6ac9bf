/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * epoll_mixed.c - sockets and other descriptors in one epoll
 *
 * What this app shows
 *   A TCP socket, a UDP socket, a pipe, an eventfd and a timerfd: each is
 *   reported with its own data, alone and together, whichever comes first,
 *   and each wakes a wait without a time limit.
 */

#include "app.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>

enum { TCP, UDP, PIPE, EVENT, TIMER, MEMBERS };
static const char *const names[MEMBERS] = {"tcp", "udp", "pipe", "eventfd",
					   "timerfd"};
static int ep, in[MEMBERS], out[MEMBERS];

static void poke(int which)
{
	struct itimerspec soon = {.it_value = {0, 1000000}};
	uint64_t one = 1;

	if (which == TIMER)
		must(timerfd_settime(in[TIMER], 0, &soon, NULL));
	else if (which == EVENT)
		must(write(out[EVENT], &one, sizeof(one)));
	else
		must(write(out[which], "x", 1));
}

static void clear(int which)
{
	uint64_t eight;

	must(read(in[which], &eight, sizeof(eight)));
}

/* Bit set of what one wait reports, at most `max` of it. */
static unsigned int wait_for_some(int max)
{
	struct epoll_event e[MEMBERS];
	int n = must(epoll_wait(ep, e, max, -1));
	unsigned int set = 0;

	for (int i = 0; i < n; i++) {
		if (e[i].events != EPOLLIN)
			say("unexpected: %s", words(e[i].events));
		set |= 1u << e[i].data.u32;
	}
	return set;
}

static void *poke_all(void *unused)
{
	(void)unused;
	for (int i = MEMBERS - 1; i >= 0; i--)
		poke(i);
	return NULL;
}

int main(void)
{
	struct epoll_event e = {.events = EPOLLIN};
	int pairs[3][2];
	unsigned int set = 0;
	pthread_t thread;

	ep = must(epoll_create1(0));
	tcp_pair(pairs[TCP]);
	udp_pair(pairs[UDP]);
	must(pipe(pairs[PIPE]));
	for (int i = 0; i < 3; i++) {
		in[i] = pairs[i][0];
		out[i] = pairs[i][1];
	}
	in[EVENT] = out[EVENT] = must(eventfd(0, 0));
	in[TIMER] = must(timerfd_create(CLOCK_MONOTONIC, 0));
	for (uint32_t i = 0; i < MEMBERS; i++) {
		e.data.u32 = i;
		must(epoll_ctl(ep, EPOLL_CTL_ADD, in[i], &e));
	}
	for (int i = 0; i < MEMBERS; i++) {
		poke(i);
		set = wait_for_some(MEMBERS);
		say("%s alone: %s", names[i], set == 1u << i ? "yes" : "no");
		clear(i);
	}
	show(epoll_wait(ep, &e, 1, 0));
	must(-pthread_create(&thread, NULL, poke_all, NULL));
	for (set = 0; set != (1u << MEMBERS) - 1;)
		set |= wait_for_some(MEMBERS);
	must(-pthread_join(thread, NULL));
	say("all five came");
	for (set = 0; set != (1u << MEMBERS) - 1;)
		set |= wait_for_some(1);
	say("all five came, one at a time");
	return 0;
}
