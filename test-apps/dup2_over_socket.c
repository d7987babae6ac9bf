/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * dup2_over_socket.c - dup2() closes what was there
 *
 * What this app shows
 *   A file over a socket, a socket over a file, a socket over another socket,
 *   over itself, and onto standard input: what reads and writes reach then,
 *   and what the peer hears.
 */

#include "app.h"

static bool ends_soon(int fd)
{
	char c;

	await(fd, POLLIN);
	return recv(fd, &c, 1, 0) == 0;
}

int main(void)
{
	int a[2], b[2], null = must(open("/dev/null", O_RDWR)), ends[2];
	char buf[8];

	tcp_pair(a);
	say("a file over a socket: %d", must(dup2(null, a[0])) == a[0]);
	say("the peer hears the end: %d", ends_soon(a[1]));
	show(write(a[0], "x", 1));
	show(read(a[0], buf, 1));
	show(send(a[0], "x", 1, 0));
	must(close(a[0]));
	must(close(a[1]));

	tcp_pair(a);
	say("a socket over a file: %d", must(dup2(a[0], null)) == null);
	show(write(null, "x", 1));
	show(read(a[1], buf, 1));

	tcp_pair(b);
	say("a socket over a socket: %d", must(dup2(a[0], b[0])) == b[0]);
	say("the other's peer hears the end: %d", ends_soon(b[1]));
	show(write(b[0], "xy", 2));
	show(read(a[1], buf, 8));
	must(close(b[0]));
	say("the first one's peer hears nothing: %s", words(state(a[1])));

	say("over itself: %d", must(dup2(a[0], a[0])) == a[0]);
	show(write(a[0], "x", 1));
	show(dup2(a[0], -1));
	show(dup2(-1, a[0]));
	show(write(a[0], "x", 1));

	must(read(a[1], buf, 8));
	say("onto standard input: %d", must(dup2(a[1], STDIN_FILENO)));
	must(close(a[1]));
	show(write(a[0], "line\n", 5));
	await_bytes(STDIN_FILENO, 5);
	show(read(STDIN_FILENO, buf, sizeof(buf)));
	show(close(STDIN_FILENO));
	say("the peer hears the end: %d", ends_soon(a[0]));

	/* The freed number goes to something that is no socket. */
	must(pipe(ends));
	say("a pipe at 0: %d", ends[0]);
	must(write(ends[1], "p", 1));
	show(read(0, buf, 1));
	return 0;
}
