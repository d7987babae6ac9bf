/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_echo_client.c - connect, write, read the answer, close
 *
 * What this app shows
 *   The life of the simplest client: three connections with messages of
 *   several sizes. Alone it is its own server, in a thread; as `client ADDR
 *   PORT` it talks to a server outside that answers what it is told.
 */

#include "app.h"

enum { CONNECTIONS = 3, LARGEST = 100000 };

static char out[LARGEST], in[LARGEST];

static void *be_server(void *door)
{
	for (int i = 0; i < CONNECTIONS; i++) {
		int fd = must(accept(*(int *)door, NULL, NULL));
		char buf[4096];
		ssize_t n;

		while ((n = must(read(fd, buf, sizeof(buf)))) > 0)
			must(send(fd, buf, (size_t)n, 0) == n ? 0 : -1);
		must(close(fd));
	}
	return NULL;
}

static void talk(const struct sockaddr_in *where, size_t size)
{
	int fd = show_fd(socket(AF_INET, SOCK_STREAM, 0));
	size_t got = 0;
	ssize_t n;

	show(connect(fd, SA(where), sizeof(*where)));
	memset(out, 'a' + (int)(size % 26), size);
	say("write %zu: %d", size, (int)write(fd, out, size));
	while (got < size) {
		n = must(read(fd, in + got, size - got));
		if (n == 0)
			break;
		got += (size_t)n;
	}
	say("read %zu, %s", got, memcmp(in, out, size) ? "other" : "the same");
	show(shutdown(fd, SHUT_WR));
	show(read(fd, in, 1));
	show(close(fd));
}

int main(int argc, char **argv)
{
	struct sockaddr_in where;
	pthread_t server;
	int door = -1;

	if (argc > 1) {
		where = at_args(argv + 2);
	} else {
		door = listener(&where, CONNECTIONS);
		must(-pthread_create(&server, NULL, be_server, &door));
	}
	talk(&where, 1);
	talk(&where, 1460);
	talk(&where, LARGEST);
	if (argc <= 1)
		must(-pthread_join(server, NULL));
	return 0;
}
