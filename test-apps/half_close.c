/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * half_close.c - "I have said everything" is not "I hear nothing"
 *
 * What this app shows
 *   One side shuts down writing; the other reads to the end, and then still
 *   answers. What poll() says on both sides at every step.
 */

#include "app.h"

static int pair[2];

static void both(const char *when)
{
	say("%s: client %s | server %s", when, words(state(pair[0])),
	    words(state(pair[1])));
}

int main(void)
{
	char buf[64];

	tcp_pair(pair);
	both("connected");
	show(send(pair[0], "request", 7, 0));
	show(shutdown(pair[0], SHUT_WR));
	await_all(pair[1], POLLRDHUP);
	both("client has finished");
	show(send(pair[0], "more", 4, MSG_NOSIGNAL));
	show(recv(pair[1], buf, sizeof(buf), 0));
	show(recv(pair[1], buf, sizeof(buf), 0));
	show(recv(pair[1], buf, sizeof(buf), 0));
	both("server has read it");
	show(send(pair[1], "the answer", 10, 0));
	await(pair[0], POLLIN);
	both("answered");
	show(recv(pair[0], buf, sizeof(buf), 0));
	show(send(pair[1], "and more", 8, 0));
	show(shutdown(pair[1], SHUT_WR));
	await_all(pair[0], POLLHUP);
	both("both have finished");
	show(recv(pair[0], buf, sizeof(buf), 0));
	show(recv(pair[0], buf, sizeof(buf), 0));
	await_all(pair[1], POLLHUP);
	both("end");
	show(close(pair[0]));
	show(close(pair[1]));
	return 0;
}
