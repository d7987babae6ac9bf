/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * close_range_spares.c - closing everything, and going on
 *
 * What this app shows
 *   Daemons close all descriptors above 2, by close_range(), closefrom() or
 *   one by one up to the limit. Sockets are gone then, their peers hear it,
 *   and the network works as before.
 */

#include "app.h"

#include <linux/close_range.h>
#include <sys/resource.h>

static void one_by_one(void)
{
	struct rlimit limit;

	must(getrlimit(RLIMIT_NOFILE, &limit));
	for (int fd = 3; fd < 20000 && fd < (int)limit.rlim_cur; fd++)
		close(fd);
}

static void works(const char *after)
{
	int pair[2];
	char c;

	tcp_pair(pair);
	must(send(pair[0], "x", 1, 0));
	say("%s: %d, at 3: %s", after, must(recv(pair[1], &c, 1, 0)),
	    fcntl(3, F_GETFD) >= 0 ? "yes" : "no");
}

int main(void)
{
	int pair[2];
	char c;

	tcp_pair(pair);
	must(pair[0] == 3 || pair[1] == 3 ? 0 : fcntl(pair[0], F_GETFD));
	show(close_range(3, ~0u, CLOSE_RANGE_CLOEXEC));
	say("close-on-exec: %d", must(fcntl(pair[0], F_GETFD)));
	must(send(pair[0], "x", 1, 0));
	show(recv(pair[1], &c, 1, 0));
	show(close_range((unsigned int)pair[1], (unsigned int)pair[1], 0));
	show(send(pair[1], "x", 1, 0));
	say("the peer: %s", words(await_all(pair[0], POLLRDHUP)));
	show(close_range(3, ~0u, 0));
	show(send(pair[0], "x", 1, 0));
	works("after close_range");
	show(close_range(5, 3, 0));
	show(close_range(3, ~0u, 1 << 20));
	closefrom(3);
	works("after closefrom");
	one_by_one();
	works("after closing one by one");
	return 0;
}
