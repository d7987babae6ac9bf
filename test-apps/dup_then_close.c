/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * dup_then_close.c - a socket lives as long as its last descriptor
 *
 * What this app shows
 *   dup(), fcntl(F_DUPFD) and dup3() name the same socket; closing one is not
 *   heard by the peer, closing the last one is; shutdown() is heard at once,
 *   through any.
 */

#include "app.h"

int main(void)
{
	int pair[2], copies[4];
	char c;

	tcp_pair(pair);
	copies[0] = show_fd(dup(pair[0]));
	copies[1] = show_fd(fcntl(pair[0], F_DUPFD, 100));
	copies[2] = show_fd(fcntl(pair[0], F_DUPFD_CLOEXEC, 100));
	copies[3] = show_fd(dup3(pair[0], 200, O_CLOEXEC));
	say("at 100: %d, next: %d, at 200: %d", copies[1] == 100,
	    copies[2] == 101, copies[3] == 200);
	for (int i = 0; i < 4; i++)
		say("copy %d: FD_CLOEXEC %d", i,
		    must(fcntl(copies[i], F_GETFD)));
	show(close(pair[0]));
	say("peer: %s", words(state(pair[1])));
	for (int i = 0; i < 3; i++) {
		show(send(copies[i], "x", 1, 0));
		show(recv(pair[1], &c, 1, 0));
		show(close(copies[i]));
		show(send(copies[i], "x", 1, 0));
		say("peer: %s", words(state(pair[1])));
	}
	show(send(pair[1], "y", 1, 0));
	show(recv(copies[3], &c, 1, 0));
	show(close(copies[3]));
	say("peer: %s", words(await_all(pair[1], POLLIN | POLLRDHUP)));
	show(recv(pair[1], &c, 1, 0));

	tcp_pair(pair);
	copies[0] = must(dup(pair[0]));
	show(shutdown(copies[0], SHUT_WR));
	say("peer: %s", words(await_all(pair[1], POLLRDHUP)));
	show(send(pair[0], "x", 1, MSG_NOSIGNAL));
	show(close(pair[0]));
	show(close(pair[0]));
	show(dup(pair[0]));
	show(fcntl(copies[0], F_DUPFD, -1));
	show(dup3(copies[0], copies[0], 0));
	show(dup3(copies[0], 200, O_APPEND));
	return 0;
}
