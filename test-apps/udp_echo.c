/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * udp_echo.c - datagrams keep their borders and their sender
 *
 * What this app shows
 *   sendto() and recvfrom() on unconnected sockets, with datagrams of 0 bytes
 *   to the largest there is; what is too large; what connect() changes. Also
 *   `server ADDR PORT` (answers six) and `client ADDR PORT`.
 */

#include "app.h"

static const size_t sizes[] = {0, 1, 17, 1472, 9000, 65507};
static char out[70000], in[70000];

static void answer(int fd)
{
	struct sockaddr_in peer;
	socklen_t len = sizeof(peer);
	ssize_t n = must(recvfrom(fd, in, sizeof(in), 0, SA(&peer), &len));

	must(sendto(fd, in, (size_t)n, 0, SA(&peer), len) == n ? 0 : -1);
}

static void serve(char **args)
{
	struct sockaddr_in at = at_args(args);
	int fd = must(socket(AF_INET, SOCK_DGRAM, 0));

	must(bind(fd, SA(&at), sizeof(at)));
	for (size_t i = 0; i < COUNT(sizes); i++)
		answer(fd);
}

static void ask(int fd, const struct sockaddr_in *at, int server, size_t size)
{
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	ssize_t n;

	memset(out, 'a' + (int)(size % 26), size);
	n = must(sendto(fd, out, size, 0, SA(at), sizeof(*at)));
	if (server >= 0)
		answer(server);
	await(fd, POLLIN);
	memset(in, 0, sizeof(in));
	n = must(recvfrom(fd, in, sizeof(in), 0, SA(&from), &len));
	say("sent %zu, back %zd, %s, from %s", size, n,
	    memcmp(in, out, size) ? "other" : "the same",
	    memcmp(&from, at, sizeof(from)) ? "elsewhere" : "there");
}

static void refusals(int fd, const struct sockaddr_in *at)
{
	struct sockaddr unspec = {.sa_family = AF_UNSPEC};

	show(sendto(fd, out, 65508, 0, SA(at), sizeof(*at)));
	show(send(fd, out, 1, 0));
	show(recv(fd, in, 1, MSG_DONTWAIT));
	show(connect(fd, SA(at), sizeof(*at)));
	show(send(fd, out, 1, 0));
	show(connect(fd, &unspec, sizeof(unspec)));
	show(send(fd, out, 1, 0));
}

int main(int argc, char **argv)
{
	struct sockaddr_in at, mine;
	int server = -1, fd = bound(SOCK_DGRAM, &mine);

	if (argc > 1 && strcmp(argv[1], "server") == 0) {
		serve(argv + 2);
		return 0;
	}
	if (argc > 1) {
		fd = must(socket(AF_INET, SOCK_DGRAM, 0));
		at = at_args(argv + 2);
	} else {
		server = bound(SOCK_DGRAM, &at);
	}
	for (size_t i = 0; i < COUNT(sizes); i++)
		ask(fd, &at, server, sizes[i]);
	if (argc <= 1)
		refusals(fd, &at);
	return 0;
}
