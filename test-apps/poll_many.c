/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * poll_many.c - poll() over two hundred sockets
 *
 * What this app shows
 *   The array comes back in its order, with exactly the ready ones marked;
 *   the same with half of them negative; with a time limit; with none.
 */

#include "app.h"

enum { PAIRS = 100 };
static struct pollfd all[2 * PAIRS];
static int pairs[PAIRS][2];

static void ask(const char *when, int timeout)
{
	int n = must(poll(all, COUNT(all), timeout)), in = 0, wrong = 0;

	for (size_t i = 0; i < COUNT(all); i++) {
		bool should = i % 2 == 1 && (i / 2) % 3 == 0 && all[i].fd >= 0;

		in += all[i].revents == POLLIN;
		wrong += should != (all[i].revents == POLLIN);
	}
	say("%s: %d, readable %d, wrong %d", when, n, in, wrong);
}

int main(void)
{
	volatile nfds_t too_many = (nfds_t)-1;

	for (int i = 0; i < PAIRS; i++) {
		if (i % 2)
			tcp_pair(pairs[i]);
		else
			udp_pair(pairs[i]);
		for (int side = 0; side < 2; side++)
			all[2 * i + side] =
				(struct pollfd){pairs[i][side], POLLIN, 0};
	}
	say("silence: %d", must(poll(all, COUNT(all), 0)));
	for (int i = 0; i < PAIRS; i += 3)
		must(send(pairs[i][0], "x", 1, 0));
	for (int i = 0; i < PAIRS; i += 3)
		await(pairs[i][1], POLLIN);
	ask("every third", APP_PATIENCE_MS);
	ask("again, without end", -1);
	for (int i = 0; i < PAIRS; i += 2)
		all[2 * i + 1].fd = ~all[2 * i + 1].fd;
	ask("half of them negative", 0);
	for (size_t i = 0; i < COUNT(all); i++)
		all[i].events = POLLOUT;
	say("writable: %d", must(poll(all, COUNT(all), 0)));
	for (size_t i = 0; i < COUNT(all); i++)
		all[i].events = POLLPRI;
	say("urgent: %d", must(poll(all, COUNT(all), 20)));
	show(poll(NULL, 0, 20));
	show(poll(all, too_many, 0));
	return 0;
}
