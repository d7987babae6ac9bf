/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * bind_conflicts.c - who may have a port that somebody has
 *
 * What this app shows
 *   For TCP, for TCP with a listener there, and for UDP; for equal, different
 *   and wildcard addresses: a grid of what the first socket has set (rows) and
 *   what the second one has set (columns). "." is granted, "x" is EADDRINUSE.
 */

#include "app.h"

enum flags { NONE, ADDR, PORT, BOTH, FLAGS };

static int with(int type, enum flags flags)
{
	int fd = must(socket(AF_INET, type, 0)), on = 1;

	if (flags & ADDR)
		must(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, 4));
	if (flags & PORT)
		must(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, 4));
	return fd;
}

static char try_pair(int type, bool listening, const char *first,
		     const char *second, enum flags a, enum flags b)
{
	struct sockaddr_in at = on_loopback(free_port(type));
	int fds[2] = {with(type, a), with(type, b)};
	char answer;

	inet_aton(first, &at.sin_addr);
	must(bind(fds[0], SA(&at), sizeof(at)));
	if (listening)
		must(listen(fds[0], 1));
	inet_aton(second, &at.sin_addr);
	if (bind(fds[1], SA(&at), sizeof(at)) == 0)
		answer = '.';
	else
		answer = errno == EADDRINUSE ? 'x' : '?';
	must(close(fds[0]));
	must(close(fds[1]));
	return answer;
}

static void grid(int type, bool listening, const char *first,
		 const char *second)
{
	char row[FLAGS + 1] = "";

	say("%s%s, %s then %s", type == SOCK_STREAM ? "TCP" : "UDP",
	    listening ? " listening" : "", first, second);
	for (int a = NONE; a < FLAGS; a++) {
		for (int b = NONE; b < FLAGS; b++)
			row[b] = try_pair(type, listening, first, second,
					  (enum flags)a, (enum flags)b);
		say("  %s", row);
	}
}

static void others(void)
{
	struct sockaddr_in at, taken;
	int fd = bound(SOCK_STREAM, &at), second;

	show(bind(fd, SA(&at), sizeof(at)));
	second = must(socket(AF_INET, SOCK_DGRAM, 0));
	say("the same port of UDP: %d",
	    must(bind(second, SA(&at), sizeof(at))));
	second = bound(SOCK_STREAM, &taken);
	must(listen(fd, 1));
	must(close(fd));
	fd = must(socket(AF_INET, SOCK_STREAM, 0));
	show(bind(fd, SA(&at), sizeof(at)));
	at.sin_addr.s_addr = htonl(0xc0000201);
	at.sin_port = 0;
	fd = must(socket(AF_INET, SOCK_STREAM, 0));
	show(bind(fd, SA(&at), sizeof(at)));
	show(bind(fd, SA(&at), 8));
	at.sin_family = AF_INET6;
	show(bind(fd, SA(&at), sizeof(at)));
}

int main(void)
{
	static const char *const pairs[][2] = {
		{"127.0.0.1", "127.0.0.1"}, {"127.0.0.1", "0.0.0.0"},
		{"0.0.0.0", "127.0.0.1"},   {"0.0.0.0", "0.0.0.0"},
		{"127.0.0.1", "127.0.0.2"},
	};

	for (size_t i = 0; i < COUNT(pairs); i++) {
		grid(SOCK_STREAM, false, pairs[i][0], pairs[i][1]);
		grid(SOCK_STREAM, true, pairs[i][0], pairs[i][1]);
		grid(SOCK_DGRAM, false, pairs[i][0], pairs[i][1]);
	}
	others();
	return 0;
}
