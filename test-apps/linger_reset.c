/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * linger_reset.c - SO_LINGER, and closes that the peer notices
 *
 * What this app shows
 *   A linger time of 0 resets; closing with unread data resets; an ordinary
 *   close, and a lingering one that has time, end in order. What the peer
 *   sees, and in which order it gets the error, the end and EPIPE.
 */

#include "app.h"

static int pair[2];

static void peer_sees(const char *when)
{
	char buf[16];

	say("%s: %s", when, words(await_all(pair[1], POLLIN)));
	show(recv(pair[1], buf, sizeof(buf), 0));
	show(recv(pair[1], buf, sizeof(buf), 0));
	say("then: %s", words(state(pair[1])));
	say("SO_ERROR: %s", so_error(pair[1]));
	must(close(pair[1]));
}

static void linger(int seconds)
{
	struct linger value = {1, seconds};

	must(setsockopt(pair[0], SOL_SOCKET, SO_LINGER, &value, sizeof(value)));
}

int main(void)
{
	tcp_pair(pair);
	linger(0);
	show(close(pair[0]));
	await_all(pair[1], POLLERR);
	show(send(pair[1], "x", 1, MSG_NOSIGNAL));
	show(send(pair[1], "x", 1, MSG_NOSIGNAL));
	peer_sees("linger 0");

	tcp_pair(pair);
	linger(0);
	must(send(pair[0], "data", 4, 0));
	await_bytes(pair[1], 4);
	show(close(pair[0]));
	await_all(pair[1], POLLERR);
	peer_sees("linger 0 after data");

	tcp_pair(pair);
	must(send(pair[1], "unread", 6, 0));
	await_bytes(pair[0], 6);
	show(close(pair[0]));
	await_all(pair[1], POLLERR);
	peer_sees("unread data");

	tcp_pair(pair);
	must(send(pair[0], "data", 4, 0));
	show(close(pair[0]));
	await_all(pair[1], POLLRDHUP);
	peer_sees("ordinary");

	tcp_pair(pair);
	linger(10);
	must(send(pair[0], "data", 4, 0));
	show(close(pair[0]));
	await_all(pair[1], POLLRDHUP);
	peer_sees("linger 10");

	tcp_pair(pair);
	show(close(pair[0]));
	await_all(pair[1], POLLRDHUP);
	show(send(pair[1], "x", 1, MSG_NOSIGNAL));
	await_all(pair[1], POLLHUP);
	show(send(pair[1], "x", 1, MSG_NOSIGNAL));
	return 0;
}
