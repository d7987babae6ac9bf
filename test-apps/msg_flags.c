/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * msg_flags.c - the flags of recv() and send()
 *
 * What this app shows
 *   MSG_PEEK, MSG_TRUNC, MSG_WAITALL, MSG_DONTWAIT, MSG_NOSIGNAL and the
 *   SIGPIPE that comes without it, MSG_MORE, MSG_ERRQUEUE; lengths of 0.
 */

#include "app.h"

#include <signal.h>

static int pair[2];
static volatile sig_atomic_t pipes;

static void on_pipe(int number)
{
	(void)number;
	pipes++;
}

static void *send_pieces(void *unused)
{
	(void)unused;
	for (int i = 0; i < 4; i++) {
		poll(NULL, 0, 10);
		must(send(pair[1], &"abcd"[i], 1, 0));
	}
	return NULL;
}

static void reading(void)
{
	char buf[16] = "";
	pthread_t thread;

	show(recv(pair[0], buf, 1, MSG_DONTWAIT));
	show(recv(pair[0], buf, 0, MSG_DONTWAIT));
	must(send(pair[1], "hello", 5, 0));
	await_bytes(pair[0], 5);
	show(recv(pair[0], buf, 3, MSG_PEEK));
	say("peeked %.3s", buf);
	show(recv(pair[0], buf, 16, MSG_PEEK | MSG_DONTWAIT));
	show(recv(pair[0], buf, 0, MSG_DONTWAIT));
	show(recv(pair[0], NULL, 2, MSG_TRUNC));
	show(recv(pair[0], buf, 16, MSG_DONTWAIT));
	say("left: %.3s", buf);
	show(recv(pair[0], buf, 16, MSG_ERRQUEUE));
	must(-pthread_create(&thread, NULL, send_pieces, NULL));
	show(recv(pair[0], buf, 4, MSG_WAITALL));
	say("got %.4s", buf);
	must(-pthread_join(thread, NULL));
	must(send(pair[1], "xy", 2, 0));
	await_bytes(pair[0], 2);
	show(recv(pair[0], buf, 4, MSG_WAITALL | MSG_DONTWAIT));
	must(send(pair[1], "end", 3, 0));
	must(shutdown(pair[1], SHUT_WR));
	show(recv(pair[0], buf, 10, MSG_WAITALL | MSG_PEEK));
	show(recv(pair[0], buf, 10, MSG_WAITALL));
	show(recv(pair[0], buf, 10, MSG_WAITALL));
}

static void writing(void)
{
	struct sigaction action = {.sa_handler = on_pipe};
	char buf[16] = "";

	tcp_pair(pair);
	show(send(pair[0], buf, 0, 0));
	show(send(pair[0], "one ", 4, MSG_MORE));
	show(send(pair[0], "two", 3, 0));
	await_bytes(pair[1], 7);
	show(recv(pair[1], buf, sizeof(buf), 0));
	say("got %s", buf);
	must(sigaction(SIGPIPE, &action, NULL));
	must(shutdown(pair[0], SHUT_WR));
	show(send(pair[0], "x", 1, MSG_NOSIGNAL));
	say("SIGPIPE %d times", (int)pipes);
	show(send(pair[0], "x", 1, 0));
	say("SIGPIPE %d times", (int)pipes);
	show(write(pair[0], "x", 1));
	say("SIGPIPE %d times", (int)pipes);
	show(sendmsg(pair[0], &(struct msghdr){0}, 0));
	say("SIGPIPE %d times", (int)pipes);
	must(signal(SIGPIPE, SIG_IGN) == SIG_ERR ? -1 : 0);
	show(write(pair[0], "x", 1));
	say("SIGPIPE %d times", (int)pipes);
}

int main(void)
{
	tcp_pair(pair);
	reading();
	writing();
	return 0;
}
