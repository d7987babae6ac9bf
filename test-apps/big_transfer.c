/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * big_transfer.c - many bytes, all of them, in order
 *
 * What this app shows
 *   32 MiB each way at once over one connection, with writes and reads of odd
 *   sizes; every byte is checked. As `server ADDR PORT` and `client ADDR PORT`
 *   the two halves run in two programs.
 */

#include "app.h"

enum { TOTAL = 32 << 20, PERIOD = 65521, BLOCK = 100003 };

static unsigned char pattern[PERIOD + BLOCK];

static void *send_all(void *fd)
{
	size_t sent = 0, part = 1;

	while (sent < TOTAL) {
		size_t len = part = part * 7 % BLOCK;

		if (len > TOTAL - sent)
			len = TOTAL - sent;
		sent += (size_t)must(
			send(*(int *)fd, pattern + sent % PERIOD, len, 0));
	}
	must(shutdown(*(int *)fd, SHUT_WR));
	return NULL;
}

static void receive_all(const char *who, int fd)
{
	static __thread unsigned char buf[BLOCK];
	size_t got = 0, wrong = 0, part = 1;
	ssize_t n;

	do {
		part = part * 11 % BLOCK;
		n = must(recv(fd, buf, part, 0));
		if (memcmp(buf, pattern + got % PERIOD, (size_t)n) != 0)
			wrong++;
		got += (size_t)n;
	} while (n > 0);
	if (got != TOTAL || wrong)
		say("%s: received %zu, %zu wrong reads", who, got, wrong);
}

/* Sends and receives at the same time. */
static void *both_ways(void *fd)
{
	pthread_t sender;

	must(-pthread_create(&sender, NULL, send_all, fd));
	receive_all("a side", *(int *)fd);
	must(-pthread_join(sender, NULL));
	must(close(*(int *)fd));
	return NULL;
}

int main(int argc, char **argv)
{
	struct sockaddr_in at;
	pthread_t other;
	int pair[2], door, on = 1;

	for (size_t i = 0; i < sizeof(pattern); i++)
		pattern[i] = (unsigned char)(i % PERIOD * 2654435761u >> 13);
	if (argc > 1) {
		at = at_args(argv + 2);
		if (strcmp(argv[1], "client") == 0) {
			pair[0] = connected_to(&at);
		} else {
			door = must(socket(AF_INET, SOCK_STREAM, 0));
			must(setsockopt(door, SOL_SOCKET, SO_REUSEADDR, &on,
					sizeof(on)));
			must(bind(door, SA(&at), sizeof(at)));
			must(listen(door, 1));
			pair[0] = must(accept(door, NULL, NULL));
		}
		both_ways(&pair[0]);
	} else {
		tcp_pair(pair);
		must(-pthread_create(&other, NULL, both_ways, &pair[1]));
		both_ways(&pair[0]);
		must(-pthread_join(other, NULL));
	}
	say("%d MiB each way, done", TOTAL >> 20);
	return 0;
}
