/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * so_error_once.c - an error is told once, to whoever asks first
 *
 * What this app shows
 *   After a reset: SO_ERROR, recv(), send() or connect() takes the error, and
 *   the others find what remains of it.
 */

#include "app.h"

static int reset_pair(void)
{
	struct linger now = {1, 0};
	int pair[2];

	tcp_pair(pair);
	must(setsockopt(pair[0], SOL_SOCKET, SO_LINGER, &now, sizeof(now)));
	must(close(pair[0]));
	await_all(pair[1], POLLERR);
	return pair[1];
}

int main(void)
{
	struct sockaddr_in at;
	socklen_t len = sizeof(at);
	char c;
	int fd = reset_pair();

	say("asked: %s", so_error(fd));
	say("again: %s", so_error(fd));
	show(recv(fd, &c, 1, 0));
	show(send(fd, "x", 1, MSG_NOSIGNAL));
	say("poll: %s", words(state(fd)));

	fd = reset_pair();
	show(recv(fd, &c, 1, 0));
	say("asked: %s", so_error(fd));
	show(recv(fd, &c, 1, 0));
	show(send(fd, "x", 1, MSG_NOSIGNAL));

	fd = reset_pair();
	show(send(fd, "x", 1, MSG_NOSIGNAL));
	say("asked: %s", so_error(fd));
	show(recv(fd, &c, 1, 0));

	fd = reset_pair();
	show(getpeername(fd, SA(&at), &len));
	show(shutdown(fd, SHUT_WR));
	say("asked: %s", so_error(fd));

	fd = reset_pair();
	show(recv(fd, &c, 0, 0));
	show(recv(fd, &c, 1, MSG_PEEK));
	say("asked: %s", so_error(fd));
	return 0;
}
