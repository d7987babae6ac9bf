/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * fd_exhaustion.c - sockets until there are no more, and again
 *
 * What this app shows
 *   The limit that setrlimit() sets is the number of the last socket plus
 *   one; EMFILE then; all of them can be closed and made again, many times;
 *   the lowest free number is always the next.
 */

#include "app.h"

#include <sys/resource.h>

enum { LIMIT = 200 };

static int fill(int *fds, int type)
{
	int n = 0;

	while ((fds[n] = socket(AF_INET, type, 0)) >= 0)
		n++;
	return n;
}

int main(void)
{
	struct rlimit limit = {LIMIT, LIMIT};
	int fds[LIMIT], n, first, same = 0;

	first = must(socket(AF_INET, SOCK_STREAM, 0));
	must(close(first));
	must(setrlimit(RLIMIT_NOFILE, &limit));
	n = fill(fds, SOCK_STREAM);
	say("socket: %s", strerrorname_np(errno));
	say("the last: %d", fds[n - 1]);
	say("the first is the lowest: %d", fds[0] == first);
	must(close(fds[n / 2]));
	say("the hole is filled: %d",
	    must(socket(AF_INET, SOCK_DGRAM, 0)) == fds[n / 2]);
	for (int round = 0; round < 20; round++) {
		for (int i = 0; i < n; i++)
			must(close(fds[i]));
		same += fill(fds, round % 2 ? SOCK_STREAM : SOCK_DGRAM) == n;
	}
	say("as many as before: %d of 20 rounds", same);
	show(pipe(fds));
	return 0;
}
