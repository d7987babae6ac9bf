/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * listen_backlog.c - listen(), and how many may wait
 *
 * What this app shows
 *   listen() on every kind of socket; SO_ACCEPTCONN; a backlog of 2 lets three
 *   connections through and keeps the rest half-way until there is room; a
 *   second listen() changes it; closing the listener resets those who wait.
 */

#include "app.h"

enum { CLIENTS = 5 };
static int clients[CLIENTS];

/* How many are connected, when at least `want` are. */
static int connected(int want)
{
	int n = 0;

	for (int i = 0; i < APP_PATIENCE_MS; i++) {
		n = 0;
		for (int k = 0; k < CLIENTS; k++)
			n += state(clients[k]) == POLLOUT;
		if (n >= want)
			return n;
		poll(NULL, 0, 1);
	}
	return n;
}

static void kinds(void)
{
	struct sockaddr_in at;
	int fd = must(socket(AF_INET, SOCK_STREAM, 0)), pair[2], value = -1;
	socklen_t len = sizeof(value);

	show(listen(fd, 5));
	show(listen(fd, 1));
	show(listen(fd, -1));
	must(getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &len));
	say("SO_ACCEPTCONN: %d", value);
	at = on_loopback(htons(1));
	show(connect(fd, SA(&at), sizeof(at)));
	show(send(fd, "x", 1, MSG_NOSIGNAL));
	show(recv(fd, &value, 1, 0));
	say("listener: %s", words(state(fd)));
	tcp_pair(pair);
	show(listen(pair[0], 1));
	show(listen(bound(SOCK_DGRAM, &at), 1));
	show(listen(STDERR_FILENO, 1));
	show(listen(-1, 1));
}

int main(void)
{
	struct sockaddr_in at;
	int door = listener(&at, 2), reset = 0;
	char c;

	kinds();
	for (int i = 0; i < CLIENTS; i++) {
		clients[i] =
			must(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
		show(connect(clients[i], SA(&at), sizeof(at)));
	}
	connected(3);
	poll(NULL, 0, 200);
	say("connected: %d", connected(3));
	say("door: %s", words(state(door)));
	show_fd(accept(door, NULL, NULL));
	say("one accepted, one more: %s", connected(4) >= 4 ? "yes" : "no");
	show(listen(door, 10));
	say("room for ten, then connected: %d", connected(5));
	for (int i = 0; i < 3; i++)
		must(accept(door, NULL, NULL));
	must(await(door, POLLIN));
	must(close(door));
	for (int i = 0; reset == 0 && i < APP_PATIENCE_MS; i++) {
		for (int k = 0; k < CLIENTS; k++)
			reset += recv(clients[k], &c, 1, 0) < 0 &&
				 errno == ECONNRESET;
		poll(NULL, 0, 1);
	}
	say("door closed, reset: %d", reset);
	return 0;
}
