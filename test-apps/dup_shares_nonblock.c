/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * dup_shares_nonblock.c - O_NONBLOCK belongs to the socket, FD_CLOEXEC does not
 *
 * What this app shows
 *   A flag set through one descriptor is seen through the other, by fcntl()
 *   and by what recv() does; FD_CLOEXEC stays with its number.
 */

#include "app.h"

static int pair[2], copy;

static void both(const char *when)
{
	say("%s: non-blocking %d %d, close-on-exec %d %d", when,
	    is_nonblocking(pair[0]), is_nonblocking(copy),
	    must(fcntl(pair[0], F_GETFD)), must(fcntl(copy, F_GETFD)));
}

int main(void)
{
	int off = 0, on = 1;
	char c;

	tcp_pair(pair);
	copy = must(dup(pair[0]));
	both("at first");
	make_nonblocking(pair[0]);
	both("set by F_SETFL");
	show(recv(copy, &c, 1, 0));
	show(recv(pair[0], &c, 1, 0));
	show(ioctl(copy, FIONBIO, &off));
	both("cleared by FIONBIO on the copy");
	show(fcntl(copy, F_SETFD, FD_CLOEXEC));
	both("FD_CLOEXEC on the copy");
	show(ioctl(pair[0], FIONBIO, &on));
	show(close(pair[0]));
	show(recv(copy, &c, 1, 0));
	pair[0] = must(dup(copy));
	both("a copy of the copy");
	return 0;
}
