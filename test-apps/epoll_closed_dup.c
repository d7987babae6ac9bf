/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * epoll_closed_dup.c - epoll watches the socket, named by a number
 *
 * What this app shows
 *   epoll(7), question 6: closing one of two descriptors does not end the
 *   membership, but takes away the number that could remove it; closing the
 *   last one ends it. Two numbers of one socket are two members. A number
 *   used again for another socket is a new member.
 */

#include "app.h"

#include <sys/epoll.h>

static int ep;

static void report(const char *when, int patience)
{
	struct epoll_event e[4];
	unsigned int set = 0;
	int n = must(epoll_wait(ep, e, 4, patience));

	for (int i = 0; i < n; i++)
		set |= 1u << e[i].data.u32;
	say("%s: %d events, set %x", when, n, set);
}

int main(void)
{
	struct epoll_event e = {EPOLLIN, {.u32 = 0}};
	int pair[2], other[2], copy, number;

	ep = must(epoll_create1(0));
	tcp_pair(pair);
	must(epoll_ctl(ep, EPOLL_CTL_ADD, pair[0], &e));
	copy = must(dup(pair[0]));
	must(send(pair[1], "x", 1, 0));
	report("both open", APP_PATIENCE_MS);
	number = pair[0];
	must(close(pair[0]));
	report("one closed", APP_PATIENCE_MS);
	show(epoll_ctl(ep, EPOLL_CTL_DEL, number, NULL));
	show(epoll_ctl(ep, EPOLL_CTL_DEL, copy, NULL));
	e.data.u32 = 1;
	show(epoll_ctl(ep, EPOLL_CTL_ADD, copy, &e));
	report("added under the other number", APP_PATIENCE_MS);

	tcp_pair(other);
	must(send(other[1], "x", 1, 0));
	await(other[0], POLLIN);
	if (other[0] != number) {
		must(dup2(other[0], number));
		must(close(other[0]));
	}
	e.data.u32 = 2;
	show(epoll_ctl(ep, EPOLL_CTL_ADD, number, &e));
	report("the number used again", APP_PATIENCE_MS);
	show(epoll_ctl(ep, EPOLL_CTL_DEL, number, NULL));
	report("removed", APP_PATIENCE_MS);
	must(close(copy));
	report("last one closed", 0);
	return 0;
}
