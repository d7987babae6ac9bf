/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * ppoll_mask.c - the signal mask of ppoll()
 *
 * What this app shows
 *   A pending signal that the mask lets in interrupts the wait and its handler
 *   runs once; a descriptor that is ready comes first; the mask outside is
 *   back afterwards; nanoseconds count; a bad time is EINVAL; poll() is never
 *   restarted.
 */

#include "app.h"

#include <signal.h>
#include <time.h>

static volatile sig_atomic_t ran;

static void on_signal(int number)
{
	(void)number;
	ran++;
}

static bool is_blocked(void)
{
	sigset_t now;

	must(sigprocmask(SIG_SETMASK, NULL, &now));
	return sigismember(&now, SIGUSR1) == 1;
}

static void tell(void)
{
	say("handler ran %d times, blocked: %s", (int)ran,
	    is_blocked() ? "yes" : "no");
}

int main(void)
{
	struct sigaction action = {.sa_handler = on_signal,
				   .sa_flags = SA_RESTART};
	struct timespec brief = {0, 1000}, wrong = {0, 1000000000};
	struct timespec ten = {10, 0};
	struct pollfd p[2];
	int pair[2];
	sigset_t blocked, open;

	tcp_pair(pair);
	p[0] = (struct pollfd){pair[0], POLLIN, 0};
	p[1] = (struct pollfd){must(socket(AF_UNIX, SOCK_DGRAM, 0)), POLLIN, 0};
	must(sigaction(SIGUSR1, &action, NULL));
	sigemptyset(&open);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR1);
	must(sigprocmask(SIG_BLOCK, &blocked, NULL));
	for (nfds_t n = 1; n <= 2; n++) {
		must(raise(SIGUSR1));
		show(poll(p, n, 0));
		tell();
		show(ppoll(p, n, &ten, &open));
		tell();
		show(ppoll(p, n, &brief, &open));
		show(ppoll(p, n, &brief, NULL));
		show(ppoll(p, n, &wrong, NULL));
		must(raise(SIGUSR1));
		show(ppoll(p, n, NULL, &open));
		tell();
	}
	say("the time is left alone: %ld.%09ld", (long)ten.tv_sec, ten.tv_nsec);
	must(send(pair[1], "x", 1, 0));
	await(pair[0], POLLIN);
	must(raise(SIGUSR1));
	show(ppoll(p, 2, &ten, &open));
	tell();
	must(sigprocmask(SIG_UNBLOCK, &blocked, NULL));
	tell();
	return 0;
}
