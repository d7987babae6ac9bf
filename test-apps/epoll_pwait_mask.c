/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * epoll_pwait_mask.c - the signal mask of epoll_pwait() and epoll_pwait2()
 *
 * What this app shows
 *   A signal blocked outside and let in by the mask interrupts the wait, even
 *   when it was pending before; what is ready comes first; a wait is never
 *   restarted, whatever SA_RESTART says; epoll_pwait2() counts nanoseconds.
 */

#include "app.h"

#include <signal.h>
#include <sys/epoll.h>
#include <time.h>

static volatile sig_atomic_t ran;

static void on_signal(int number)
{
	(void)number;
	ran++;
}

int main(void)
{
	struct sigaction action = {.sa_handler = on_signal,
				   .sa_flags = SA_RESTART};
	struct timespec nanos = {0, 1000}, past = {0, -1};
	struct epoll_event e = {EPOLLIN, {.u32 = 1}};
	int ep = must(epoll_create1(0)), pair[2];
	sigset_t blocked, open;

	tcp_pair(pair);
	must(epoll_ctl(ep, EPOLL_CTL_ADD, pair[0], &e));
	must(sigaction(SIGUSR1, &action, NULL));
	sigemptyset(&open);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR1);
	must(sigprocmask(SIG_BLOCK, &blocked, NULL));
	must(raise(SIGUSR1));
	show(epoll_wait(ep, &e, 1, 0));
	say("handler ran %d times", (int)ran);
	show(epoll_pwait(ep, &e, 1, APP_PATIENCE_MS, &open));
	say("handler ran %d times", (int)ran);
	show(epoll_pwait2(ep, &e, 1, &nanos, NULL));
	show(epoll_pwait2(ep, &e, 1, &past, NULL));
	must(raise(SIGUSR1));
	show(epoll_pwait2(ep, &e, 1, NULL, &open));
	say("handler ran %d times", (int)ran);
	must(send(pair[1], "x", 1, 0));
	await(pair[0], POLLIN);
	must(raise(SIGUSR1));
	show(epoll_pwait(ep, &e, 1, APP_PATIENCE_MS, &open));
	say("handler ran %d times", (int)ran);
	must(sigprocmask(SIG_UNBLOCK, &blocked, NULL));
	say("handler ran %d times", (int)ran);
	return 0;
}
