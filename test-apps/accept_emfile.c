/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * accept_emfile.c - no descriptor left for the newcomer
 *
 * What this app shows
 *   accept() fails with EMFILE, the connection stays in the queue with what
 *   its client has sent, and the next accept() gets it.
 */

#include "app.h"

#include <sys/resource.h>

enum { FEW = 64 };

int main(void)
{
	struct rlimit few = {FEW, FEW};
	struct sockaddr_in at;
	int door = listener(&at, 4), client, fd, last = -1;
	char buf[8] = "";

	client = connected_to(&at);
	must(send(client, "hello", 5, 0));
	await(door, POLLIN);
	must(setrlimit(RLIMIT_NOFILE, &few));
	while ((fd = dup(STDERR_FILENO)) >= 0)
		last = fd;
	say("dup: %s", strerrorname_np(errno));
	show(accept(door, NULL, NULL));
	say("door: %s", words(state(door)));
	show(accept4(door, NULL, NULL, SOCK_NONBLOCK));
	show(socket(AF_INET, SOCK_STREAM, 0));
	show(socket(AF_INET, SOCK_DGRAM, 0));
	show(dup(client));
	show(close(last));
	fd = show_fd(accept(door, NULL, NULL));
	say("the freed number: %d", fd == last);
	await_bytes(fd, 5);
	show(recv(fd, buf, sizeof(buf), 0));
	say("it says %s", buf);
	say("door: %s", words(state(door)));
	return 0;
}
