/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_echo_server.c - listen, accept, read until the end, answer
 *
 * What this app shows
 *   The life of the simplest server, with one connection after another. Alone
 *   it is its own client, in a thread; as `server ADDR PORT` it serves three
 *   connections from outside.
 */

#include "app.h"

enum { CONNECTIONS = 3 };

static struct sockaddr_in where;

static void *be_client(void *unused)
{
	(void)unused;
	for (int i = 0; i < CONNECTIONS; i++) {
		int fd = connected_to(&where);
		char text[32], back[32] = "";
		int len = snprintf(text, sizeof(text), "hello number %d", i);

		must(write(fd, text, (size_t)len));
		must(recv(fd, back, (size_t)len, MSG_WAITALL));
		must(shutdown(fd, SHUT_WR));
		must(strcmp(text, back) == 0 ? 0 : -1);
		must(read(fd, back, sizeof(back)));
		must(close(fd));
	}
	return NULL;
}

static void serve_one(int door)
{
	struct sockaddr_in peer;
	socklen_t len = sizeof(peer);
	int fd = show_fd(accept(door, SA(&peer), &len));
	char buf[256], from[INET_ADDRSTRLEN];
	ssize_t n;

	inet_ntop(AF_INET, &peer.sin_addr, from, sizeof(from));
	say("from %s, %u bytes of address, a port: %s", from, len,
	    peer.sin_port ? "yes" : "no");
	while ((n = must(read(fd, buf, sizeof(buf)))) > 0) {
		say("read %zd: %.*s", n, (int)n, buf);
		must(write(fd, buf, (size_t)n) == n ? 0 : -1);
	}
	say("end of input");
	show(close(fd));
}

int main(int argc, char **argv)
{
	pthread_t client;
	int door, on = 1;

	if (argc > 1) {
		where = at_args(argv + 2);
		door = must(socket(AF_INET, SOCK_STREAM, 0));
		must(setsockopt(door, SOL_SOCKET, SO_REUSEADDR, &on,
				sizeof(on)));
		must(bind(door, SA(&where), sizeof(where)));
		must(listen(door, CONNECTIONS));
	} else {
		door = listener(&where, CONNECTIONS);
		must(-pthread_create(&client, NULL, be_client, NULL));
	}
	for (int i = 0; i < CONNECTIONS; i++)
		serve_one(door);
	if (argc <= 1)
		must(-pthread_join(client, NULL));
	show(close(door));
	return 0;
}
