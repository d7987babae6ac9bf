/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * pselect_mask.c - the signal mask of pselect()
 *
 * What this app shows
 *   A pending signal that the mask lets in interrupts; select() without it
 *   does not; sets stay as they were on EINTR; pselect() leaves its time
 *   alone.
 */

#include "app.h"

#include <signal.h>
#include <sys/select.h>

static volatile sig_atomic_t ran;

static void on_signal(int number)
{
	(void)number;
	ran++;
}

static fd_set just(int fd)
{
	fd_set set;

	FD_ZERO(&set);
	FD_SET(fd, &set);
	return set;
}

int main(void)
{
	struct sigaction action = {.sa_handler = on_signal};
	struct timespec ten = {10, 0}, brief = {0, 1000};
	struct timespec wrong = {0, -1};
	struct timeval none = {0, 0};
	int pair[2], n;
	sigset_t blocked, open;
	fd_set in;

	tcp_pair(pair);
	n = pair[0] + 1;
	must(sigaction(SIGUSR1, &action, NULL));
	sigemptyset(&open);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR1);
	must(sigprocmask(SIG_BLOCK, &blocked, NULL));
	must(raise(SIGUSR1));
	in = just(pair[0]);
	show(select(n, &in, NULL, NULL, &none));
	say("handler ran %d times", (int)ran);
	in = just(pair[0]);
	show(pselect(n, &in, NULL, NULL, &ten, &open));
	say("handler ran %d times, set: %d", (int)ran,
	    FD_ISSET(pair[0], &in) != 0);
	show(pselect(n, &in, NULL, NULL, &brief, NULL));
	say("set: %d", FD_ISSET(pair[0], &in) != 0);
	show(pselect(n, NULL, NULL, NULL, &wrong, NULL));
	must(raise(SIGUSR1));
	in = just(pair[0]);
	show(pselect(n, &in, NULL, NULL, NULL, &open));
	say("handler ran %d times", (int)ran);
	must(send(pair[1], "x", 1, 0));
	await(pair[0], POLLIN);
	must(raise(SIGUSR1));
	show(pselect(n, &in, NULL, NULL, &ten, &open));
	say("handler ran %d times, set: %d", (int)ran,
	    FD_ISSET(pair[0], &in) != 0);
	say("the time is left alone: %ld.%09ld", (long)ten.tv_sec, ten.tv_nsec);
	must(sigprocmask(SIG_UNBLOCK, &blocked, NULL));
	say("handler ran %d times", (int)ran);
	return 0;
}
