/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * select_basic.c - select() on sockets and a pipe
 *
 * What this app shows
 *   The three sets, what counts, what is refused, urgent data as an exception,
 *   and that Linux's select() tells in the timeval how much time was left.
 */

#include "app.h"

#include <sys/select.h>

static int tcp[2], ends[2], highest;
static fd_set in, out, except;

static void ask(const char *when, struct timeval *limit)
{
	int n;

	FD_ZERO(&in);
	FD_SET(tcp[0], &in);
	FD_SET(ends[0], &in);
	FD_ZERO(&out);
	FD_SET(tcp[0], &out);
	FD_ZERO(&except);
	FD_SET(tcp[0], &except);
	n = must(select(highest + 1, &in, &out, &except, limit));
	say("%s: %d, socket in %d out %d except %d, pipe in %d", when, n,
	    FD_ISSET(tcp[0], &in) != 0, FD_ISSET(tcp[0], &out) != 0,
	    FD_ISSET(tcp[0], &except) != 0, FD_ISSET(ends[0], &in) != 0);
}

static void only_in(const char *when, struct timeval *limit)
{
	FD_ZERO(&in);
	FD_SET(tcp[0], &in);
	say("%s: %d", when, must(select(tcp[0] + 1, &in, NULL, NULL, limit)));
}

int main(void)
{
	struct timeval limit = {0, 0};
	int closed;

	tcp_pair(tcp);
	must(pipe(ends));
	highest = ends[1] > tcp[1] ? ends[1] : tcp[1];
	ask("silence", &limit);
	must(write(ends[1], "x", 1));
	ask("pipe", NULL);
	must(send(tcp[1], "x", 1, 0));
	await(tcp[0], POLLIN);
	ask("both", NULL);
	must(send(tcp[1], "!", 1, MSG_OOB));
	await(tcp[0], POLLPRI);
	ask("urgent", NULL);
	limit = (struct timeval){1000, 0};
	only_in("ready", &limit);
	say("most of the time is left: %s",
	    limit.tv_sec < 1000 && limit.tv_sec >= 900 ? "yes" : "no");
	must(recv(tcp[0], &(char){0}, 1, 0));
	limit = (struct timeval){0, 20000};
	only_in("too late", &limit);
	say("time left: %ld.%06ld", (long)limit.tv_sec, (long)limit.tv_usec);
	FD_SET(tcp[0], &in);
	say("beyond nfds: %d", must(select(tcp[0], &in, NULL, NULL, &limit)));

	limit = (struct timeval){0, -1};
	show(select(0, NULL, NULL, NULL, &limit));
	limit = (struct timeval){0, 0};
	show(select(-1, NULL, NULL, NULL, &limit));
	closed = must(dup(tcp[0]));
	must(close(closed));
	FD_ZERO(&in);
	FD_SET(closed, &in);
	show(select(closed + 1, &in, NULL, NULL, &limit));
	must(shutdown(tcp[1], SHUT_WR));
	limit = (struct timeval){10, 0};
	only_in("end of input", &limit);
	return 0;
}
