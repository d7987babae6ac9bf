/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * bind_after_close.c - a server that starts again
 *
 * What this app shows
 *   While connections of the old server are in TIME_WAIT, or still open, its
 *   port is EADDRINUSE without SO_REUSEADDR and free with it; a listener that
 *   lives refuses either way.
 */

#include "app.h"

static struct sockaddr_in at;

static int try_bind(int reuse, const char *when)
{
	int fd = must(socket(AF_INET, SOCK_STREAM, 0));

	must(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof(reuse)));
	if (bind(fd, SA(&at), sizeof(at)) < 0 || listen(fd, 1) < 0)
		say("%s, SO_REUSEADDR %d: %s", when, reuse,
		    strerrorname_np(errno));
	else
		say("%s, SO_REUSEADDR %d: granted", when, reuse);
	return fd;
}

int main(void)
{
	int door, client, server, on = 1;
	char c;

	door = must(socket(AF_INET, SOCK_STREAM, 0));
	must(setsockopt(door, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)));
	at = on_loopback(0);
	must(bind(door, SA(&at), sizeof(at)));
	must(listen(door, 1));
	must(getsockname(door, SA(&at), &(socklen_t){sizeof(at)}));
	client = connected_to(&at);
	server = must(accept(door, NULL, NULL));

	must(close(try_bind(0, "listening")));
	must(close(try_bind(1, "listening")));
	must(close(door));
	must(close(try_bind(0, "connected")));
	must(close(try_bind(1, "connected")));

	/* The server closes first: its side is the one in TIME_WAIT. */
	must(close(server));
	must(recv(client, &c, 1, 0));
	must(close(client));
	must(close(try_bind(0, "TIME_WAIT")));
	door = try_bind(1, "TIME_WAIT");
	client = connected_to(&at);
	show_fd(accept(door, NULL, NULL));
	return 0;
}
