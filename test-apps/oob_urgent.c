/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * oob_urgent.c - TCP's urgent byte
 *
 * What this app shows
 *   POLLPRI, MSG_OOB once, the mark in the stream where a read stops,
 *   sockatmark(), SO_OOBINLINE, and what MSG_OOB says when there is nothing.
 */

#include "app.h"

static void at_mark(const char *when, int fd)
{
	say("%s: at the mark: %d, %s", when, must(sockatmark(fd)),
	    words(state(fd)));
}

static void out_of_line(void)
{
	int pair[2];
	char buf[16] = "";

	tcp_pair(pair);
	show(recv(pair[0], buf, 1, MSG_OOB));
	must(send(pair[1], "ab", 2, 0));
	show(send(pair[1], "c!", 2, MSG_OOB));
	must(send(pair[1], "de", 2, 0));
	await(pair[0], POLLPRI);
	await_bytes(pair[0], 3);
	await_sent(pair[1]);
	at_mark("before", pair[0]);
	show(recv(pair[0], buf, 16, 0));
	say("read %.3s", buf);
	at_mark("at it", pair[0]);
	show(recv(pair[0], buf, 16, MSG_OOB | MSG_PEEK));
	show(recv(pair[0], buf, 16, MSG_OOB));
	say("urgent: %.1s", buf);
	show(recv(pair[0], buf, 16, MSG_OOB));
	show(recv(pair[0], buf, 16, 0));
	say("read %.2s", buf);
	at_mark("after", pair[0]);
	show(recv(pair[0], buf, 1, MSG_DONTWAIT));
}

static void in_line(void)
{
	int pair[2], on = 1;
	char buf[16] = "";

	tcp_pair(pair);
	must(setsockopt(pair[0], SOL_SOCKET, SO_OOBINLINE, &on, sizeof(on)));
	must(send(pair[1], "ab", 2, 0));
	must(send(pair[1], "!", 1, MSG_OOB));
	must(send(pair[1], "cd", 2, 0));
	await(pair[0], POLLPRI);
	await_bytes(pair[0], 5);
	show(recv(pair[0], buf, 16, MSG_OOB));
	show(recv(pair[0], buf, 16, 0));
	say("read %.2s", buf);
	at_mark("at it", pair[0]);
	show(recv(pair[0], buf, 16, 0));
	say("read %.3s", buf);
	at_mark("after", pair[0]);
}

int main(void)
{
	out_of_line();
	in_line();
	return 0;
}
