/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * epoll_ctl_errors.c - what epoll_ctl() and epoll_create() refuse
 *
 * What this app shows
 *   EEXIST, ENOENT, EBADF, EPERM, EINVAL and EFAULT for sockets, and where
 *   sockets and kernel descriptors meet. Events nobody asked for.
 */

#include "app.h"

#include <sys/epoll.h>

static void create(void)
{
	show(epoll_create(0));
	show(epoll_create(-1));
	show_fd(epoll_create(1));
	show(epoll_create1(1));
	say("EPOLL_CLOEXEC: %d",
	    must(fcntl(must(epoll_create1(EPOLL_CLOEXEC)), F_GETFD)));
}

int main(void)
{
	struct epoll_event e = {EPOLLIN, {.u32 = 1}};
	int ep = must(epoll_create1(0)), pair[2], file, ends[2];
	int fresh = must(socket(AF_INET, SOCK_STREAM, 0));

	create();
	tcp_pair(pair);
	must(pipe(ends));
	file = must(open("/proc/self/exe", O_RDONLY));
	show(epoll_ctl(ep, EPOLL_CTL_MOD, pair[0], &e));
	show(epoll_ctl(ep, EPOLL_CTL_DEL, pair[0], &e));
	show(epoll_ctl(ep, EPOLL_CTL_ADD, pair[0], &e));
	show(epoll_ctl(ep, EPOLL_CTL_ADD, pair[0], &e));
	show(epoll_ctl(ep, 99, pair[0], &e));
	show(epoll_ctl(ep, EPOLL_CTL_ADD, pair[1], NULL));
	show(epoll_ctl(ep, EPOLL_CTL_ADD, -1, &e));
	show(epoll_ctl(-1, EPOLL_CTL_ADD, pair[0], &e));
	show(epoll_ctl(ep, EPOLL_CTL_ADD, ep, &e));
	show(epoll_ctl(ep, EPOLL_CTL_ADD, file, &e));
	show(epoll_ctl(pair[0], EPOLL_CTL_ADD, pair[1], &e));
	show(epoll_ctl(ends[0], EPOLL_CTL_ADD, pair[1], &e));
	show(epoll_ctl(ep, EPOLL_CTL_ADD, ends[0], &e));
	show(epoll_ctl(ep, EPOLL_CTL_ADD, ends[0], &e));
	show(epoll_ctl(ep, EPOLL_CTL_DEL, ends[0], NULL));
	show(epoll_ctl(ep, EPOLL_CTL_DEL, ends[0], NULL));

	/* A socket that is not connected hangs up by itself. */
	show(epoll_ctl(ep, EPOLL_CTL_ADD, fresh, &e));
	show(epoll_wait(ep, &e, 1, 0));
	say("fresh: %s", words(e.events));
	show(close(ep));
	show(epoll_ctl(ep, EPOLL_CTL_ADD, pair[0], &e));
	return 0;
}
