/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * nonblocking_connect.c - EINPROGRESS, POLLOUT, SO_ERROR
 *
 * What this app shows
 *   The three steps every event loop takes, and what connect() answers when
 *   it is called again: during, right after, and later. A door with a full
 *   queue keeps a connection half-way until it is opened.
 */

#include "app.h"

static int nonblocking_socket(void)
{
	return must(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
}

static void through_an_open_door(void)
{
	struct sockaddr_in at;
	int door = listener(&at, 4);
	int fd = nonblocking_socket();

	say("fresh: %s", words(state(fd)));
	show(connect(fd, SA(&at), sizeof(at)));
	say("poll: %s", words(await(fd, POLLIN | POLLOUT)));
	say("SO_ERROR: %s", so_error(fd));
	show(connect(fd, SA(&at), sizeof(at)));
	show(connect(fd, SA(&at), sizeof(at)));
	show(send(fd, "x", 1, 0));
	must(close(door));
	must(close(fd));
}

static void through_a_full_queue(void)
{
	struct sockaddr_in at;
	int door = listener(&at, 0);
	int first = connected_to(&at), peer;
	int fd = nonblocking_socket();
	char c;

	await(door, POLLIN);
	show(connect(fd, SA(&at), sizeof(at)));
	say("half-way: %s", words(state(fd)));
	say("SO_ERROR: %s", so_error(fd));
	show(connect(fd, SA(&at), sizeof(at)));
	show(send(fd, "x", 1, 0));
	show(recv(fd, &c, 1, 0));
	must(accept(door, NULL, NULL));
	say("opened: %s", words(await(fd, POLLOUT)));
	say("SO_ERROR: %s", so_error(fd));
	show(send(fd, "x", 1, 0));
	peer = must(accept(door, NULL, NULL));
	show(recv(peer, &c, 1, 0));
	must(close(first));
}

int main(void)
{
	through_an_open_door();
	through_a_full_queue();
	return 0;
}
