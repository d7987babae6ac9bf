/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * poll_mixed.c - sockets, pipes, files, holes and closed numbers in one poll()
 *
 * What this app shows
 *   What each kind answers; that a wait without end is woken by either kind;
 *   that the same descriptor may stand there twice.
 */

#include "app.h"

#include <sys/eventfd.h>

static int tcp[2], ends[2];
static volatile pid_t sleeper;

static void *wait_for_any(void *entries)
{
	sleeper = (pid_t)syscall(SYS_gettid);
	return (void *)(intptr_t)poll(entries, 3, -1);
}

static void woken_by(const char *what, int fd)
{
	struct pollfd some[3] = {
		{tcp[0], POLLIN, 0}, {ends[0], POLLIN, 0}, {-1, POLLIN, 0}};
	pthread_t thread;
	void *result;
	char c;

	sleeper = 0;
	must(-pthread_create(&thread, NULL, wait_for_any, some));
	await_asleep(&sleeper);
	must(write(fd, "x", 1));
	must(-pthread_join(thread, &result));
	say("woken by a %s: %d, %s, %s", what, (int)(intptr_t)result,
	    words((unsigned int)some[0].revents),
	    words((unsigned int)some[1].revents));
	must(read(fd == ends[1] ? ends[0] : tcp[0], &c, 1));
}

int main(void)
{
	struct pollfd all[10];
	const short both = POLLIN | POLLOUT;
	int closed;

	tcp_pair(tcp);
	must(pipe(ends));
	closed = must(fcntl(tcp[0], F_DUPFD, 300));
	must(close(closed));
	all[0] = (struct pollfd){tcp[0], both, 0};
	all[1] = (struct pollfd){ends[0], both, 0};
	all[2] = (struct pollfd){-7, both, 99};
	all[3] = (struct pollfd){closed, both, 0};
	all[4] = (struct pollfd){must(eventfd(1, 0)), both, 0};
	all[5] = (struct pollfd){tcp[0], POLLIN, 0};
	all[6] = (struct pollfd){tcp[0], 0, 0};
	all[7] = (struct pollfd){must(open("/dev/null", O_RDWR)), both, 0};
	all[8] = (struct pollfd){ends[1], both, 0};
	all[9] = (struct pollfd){tcp[0], both | POLLRDNORM | POLLWRNORM, 0};
	show(poll(all, COUNT(all), APP_PATIENCE_MS));
	for (size_t i = 0; i < COUNT(all); i++)
		say("entry %zu: %s", i, words((unsigned int)all[i].revents));
	say("WRNORM: %s", all[9].revents & POLLWRNORM ? "yes" : "no");
	must(send(tcp[1], "x", 1, 0));
	await(tcp[0], POLLIN);
	show(poll(all, COUNT(all), -1));
	for (size_t i = 0; i < COUNT(all); i++)
		say("entry %zu: %s", i, words((unsigned int)all[i].revents));
	say("RDNORM: %s", all[9].revents & POLLRDNORM ? "yes" : "no");
	must(read(tcp[0], &(char){0}, 1));
	woken_by("socket", tcp[1]);
	woken_by("pipe", ends[1]);
	return 0;
}
