/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * connect_interrupted.c - a signal ends the call, not the connection
 *
 * What this app shows
 *   POSIX: connect() interrupted by a handler fails with EINTR, the connection
 *   goes on in the background, poll() tells when it is there. SA_RESTART
 *   makes no error of it. The server's full queue keeps connect() waiting.
 */

#include "app.h"

#include <signal.h>
#include <sys/time.h>

static volatile sig_atomic_t ran;

static void on_alarm(int number)
{
	(void)number;
	ran++;
}

/* Ticks every 20 ms, so that one of them finds connect() asleep. */
static void tick(int flags)
{
	struct sigaction action = {.sa_handler = on_alarm, .sa_flags = flags};
	struct itimerval often = {{0, 20000}, {0, 20000}};

	must(sigaction(SIGALRM, &action, NULL));
	must(setitimer(ITIMER_REAL, &often, NULL));
}

static void stop_ticking(void)
{
	struct itimerval never = {{0, 0}, {0, 0}};

	must(setitimer(ITIMER_REAL, &never, NULL));
}

static void *open_late(void *door)
{
	while (ran < 5)
		poll(NULL, 0, 5);
	must(accept(*(int *)door, NULL, NULL));
	return NULL;
}

int main(void)
{
	struct sockaddr_in at;
	int door = listener(&at, 0), first = connected_to(&at), fd;
	pthread_t opener;
	sigset_t alarms;

	await(door, POLLIN);
	fd = must(socket(AF_INET, SOCK_STREAM, 0));
	tick(0);
	show(connect(fd, SA(&at), sizeof(at)));
	stop_ticking();
	say("a handler ran: %s", ran ? "yes" : "no");
	must(accept(door, NULL, NULL));
	say("poll: %s", words(await(fd, POLLOUT)));
	say("SO_ERROR: %s", so_error(fd));
	show(connect(fd, SA(&at), sizeof(at)));
	show(connect(fd, SA(&at), sizeof(at)));
	show(send(fd, "x", 1, 0));

	/* The queue is full again: the connection above lies in it. */
	sigemptyset(&alarms);
	sigaddset(&alarms, SIGALRM);
	must(-pthread_sigmask(SIG_BLOCK, &alarms, NULL));
	ran = 0;
	must(-pthread_create(&opener, NULL, open_late, &door));
	must(-pthread_sigmask(SIG_UNBLOCK, &alarms, NULL));
	fd = must(socket(AF_INET, SOCK_STREAM, 0));
	tick(SA_RESTART);
	show(connect(fd, SA(&at), sizeof(at)));
	stop_ticking();
	must(-pthread_join(opener, NULL));
	say("handlers ran: %s", ran >= 5 ? "yes" : "no");
	show(send(fd, "x", 1, 0));
	must(close(first));
	return 0;
}
