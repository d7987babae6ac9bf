/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * connect_refused.c - nobody listens there
 *
 * What this app shows
 *   ECONNREFUSED from a blocking connect(), from SO_ERROR after a non-blocking
 *   one, from a second connect() when nobody asked SO_ERROR, and that the same
 *   socket may try again.
 */

#include "app.h"

static struct sockaddr_in at;
static int holder; /* keeps the port bound, so that nobody else listens */

static void blocking(void)
{
	int fd = must(socket(AF_INET, SOCK_STREAM, 0));

	show(connect(fd, SA(&at), sizeof(at)));
	say("after: %s", words(state(fd)));
	say("SO_ERROR: %s", so_error(fd));
	show(connect(fd, SA(&at), sizeof(at)));
	show(send(fd, "x", 1, MSG_NOSIGNAL));
	must(listen(holder, 1));
	show(connect(fd, SA(&at), sizeof(at)));
	show(send(fd, "x", 1, MSG_NOSIGNAL));
	must(close(fd));
	must(close(holder));
	holder = bound(SOCK_STREAM, &at);
}

static void nonblocking(void)
{
	int fd = must(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
	char c;

	show(connect(fd, SA(&at), sizeof(at)));
	say("refused: %s", words(await_all(fd, POLLERR)));
	say("SO_ERROR: %s", so_error(fd));
	say("SO_ERROR again: %s", so_error(fd));
	say("now: %s", words(state(fd)));
	show(recv(fd, &c, 1, 0));
	must(close(fd));

	fd = must(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
	show(connect(fd, SA(&at), sizeof(at)));
	await_all(fd, POLLERR);
	show(connect(fd, SA(&at), sizeof(at)));
	say("SO_ERROR: %s", so_error(fd));
	must(close(fd));

	fd = must(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
	show(connect(fd, SA(&at), sizeof(at)));
	await_all(fd, POLLERR);
	show(recv(fd, &c, 1, 0));
	say("SO_ERROR: %s", so_error(fd));
	must(close(fd));
}

int main(void)
{
	holder = bound(SOCK_STREAM, &at);
	blocking();
	nonblocking();
	return 0;
}
