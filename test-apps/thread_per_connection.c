/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * thread_per_connection.c - blocking accept, a thread for every client
 *
 * What this app shows
 *   Sixteen clients at once, each with a server thread of its own that blocks
 *   in recv(): every message comes back, on the right connection. The clients
 *   all start together and all stay until all are served.
 */

#include "app.h"

enum { CLIENTS = 16, ROUNDS = 50 };

static struct sockaddr_in at;
static pthread_barrier_t together;
static int right[CLIENTS];

static void *serve(void *arg)
{
	int fd = (int)(intptr_t)arg;
	char buf[256];
	ssize_t n;

	while ((n = must(recv(fd, buf, sizeof(buf), 0))) > 0)
		must(send(fd, buf, (size_t)n, 0));
	must(close(fd));
	return NULL;
}

static void *be_client(void *arg)
{
	int me = (int)(intptr_t)arg, fd;
	char out[64], in[64];

	pthread_barrier_wait(&together);
	fd = connected_to(&at);
	pthread_barrier_wait(&together);
	for (int i = 0; i < ROUNDS; i++) {
		size_t len = (size_t)snprintf(out, sizeof(out),
					      "client %d, round %d", me, i);

		must(write(fd, out, len));
		must(recv(fd, in, len, MSG_WAITALL));
		right[me] += memcmp(in, out, len) == 0;
	}
	pthread_barrier_wait(&together);
	must(close(fd));
	return NULL;
}

int main(void)
{
	pthread_t clients[CLIENTS], servers[CLIENTS];
	int door = listener(&at, CLIENTS), total = 0;

	must(-pthread_barrier_init(&together, NULL, CLIENTS));
	for (intptr_t i = 0; i < CLIENTS; i++)
		must(-pthread_create(&clients[i], NULL, be_client, (void *)i));
	for (int i = 0; i < CLIENTS; i++) {
		intptr_t fd = must(accept(door, NULL, NULL));

		must(-pthread_create(&servers[i], NULL, serve, (void *)fd));
	}
	for (int i = 0; i < CLIENTS; i++) {
		must(-pthread_join(clients[i], NULL));
		must(-pthread_join(servers[i], NULL));
		total += right[i];
	}
	say("%d clients, %d answers, %d right", CLIENTS, CLIENTS * ROUNDS,
	    total);
	return 0;
}
