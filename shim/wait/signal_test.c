/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * signal_test.c - proves signal.c: what a program asks for is what it gets
 * back, and no handler runs while its thread is inside the stack.
 */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <signal.h>
#include <stdlib.h>

#include "signal.h"
#include "ground/shim.h"

/* fakestack.c runs this inside a call, with its lock taken. */
extern void (*fakestack_inside)(void);

static volatile int runs, runs_inside, last_value;
static volatile bool was_inside;

static void handler(int signo)
{
	(void)signo;
	runs++;
	was_inside = stack_is_inside();
}

static void informed(int signo, siginfo_t *info, void *context)
{
	(void)signo, (void)context;
	runs++;
	last_value = info->si_value.sival_int;
}

static void put_in_place(void)
{
	signal_start();
}

TestSuite(signal, .init = put_in_place);

static struct sigaction install(int signo, void (*function)(int), int flags)
{
	struct sigaction act = {.sa_handler = function, .sa_flags = flags};
	struct sigaction old;

	cr_assert(eq(int, sigaction(signo, &act, &old), 0));
	return old;
}

static struct sigaction current(int signo)
{
	struct sigaction now;

	cr_assert(eq(int, sigaction(signo, NULL, &now), 0));
	return now;
}

Test(signal, installed_handler_is_reported_as_asked)
{
	install(SIGUSR1, handler, SA_RESTART);
	cr_assert(current(SIGUSR1).sa_handler == handler);
	cr_assert(eq(int, current(SIGUSR1).sa_flags &SA_SIGINFO, 0));
	cr_assert(ne(int, current(SIGUSR1).sa_flags &SA_RESTART, 0));

	cr_assert(install(SIGUSR1, SIG_IGN, 0).sa_handler == handler);
	cr_assert(install(SIGUSR1, handler, 0).sa_handler == SIG_IGN);
}

Test(signal, handler_runs_once)
{
	install(SIGUSR1, handler, 0);
	raise(SIGUSR1);
	cr_assert(eq(int, runs, 1));
	cr_assert(eq(int, (int)signal_counts.other, 1));
	cr_assert(eq(int, (int)signal_counts.restarting, 0));
}

Test(signal, reset_handler_runs_once_and_is_gone)
{
	install(SIGCHLD, handler, (int)SA_RESETHAND);
	cr_assert(ne(int, current(SIGCHLD).sa_flags &(int)SA_RESETHAND, 0));
	raise(SIGCHLD);
	raise(SIGCHLD);
	cr_assert(eq(int, runs, 1));
	cr_assert(current(SIGCHLD).sa_handler == SIG_DFL);
}

Test(signal, bsd_signal_restarts_and_siginterrupt_does_not)
{
	cr_assert(signal(SIGUSR2, handler) == SIG_DFL);
	cr_assert(ne(int, current(SIGUSR2).sa_flags &SA_RESTART, 0));
	siginterrupt(SIGUSR2, 1);
	cr_assert(eq(int, current(SIGUSR2).sa_flags &SA_RESTART, 0));
	cr_assert(signal(SIGUSR2, handler) == handler);
	cr_assert(eq(int, current(SIGUSR2).sa_flags &SA_RESTART, 0));
	raise(SIGUSR2);
	cr_assert(eq(int, (int)signal_counts.other, 1));
}

static void interrupt(void)
{
	union sigval value = {.sival_int = 77};

	cr_assert(stack_is_inside());
	sigqueue(getpid(), SIGUSR1, value);
	runs_inside = runs;
}

/* The heart: put aside inside, delivered whole outside, mask as before. */
Test(signal, signal_inside_the_stack_waits_until_outside)
{
	struct sigaction act = {.sa_sigaction = informed,
				.sa_flags = SA_SIGINFO};
	sigset_t before, after;
	sock_id s;

	sigprocmask(SIG_SETMASK, NULL, &before);
	sigaction(SIGUSR1, &act, NULL);
	fakestack_inside = interrupt;
	cr_assert(eq(int, stack_socket(AF_INET, SOCK_DGRAM, 0, &s), 0));

	cr_assert(eq(int, runs_inside, 0));
	cr_assert(eq(int, runs, 1));
	cr_assert(eq(int, last_value, 77));
	sigprocmask(SIG_SETMASK, NULL, &after);
	for (int signo = 1; signo < SIGRTMAX; signo++)
		cr_assert(eq(int, sigismember(&after, signo),
			     sigismember(&before, signo)));
}

static void interrupt_twice(void)
{
	raise(SIGUSR1);
	raise(SIGUSR2);
	runs_inside = runs;
}

Test(signal, two_signals_inside_both_arrive)
{
	sock_id s;

	install(SIGUSR1, handler, 0);
	install(SIGUSR2, handler, (int)SA_RESETHAND);
	fakestack_inside = interrupt_twice;
	stack_socket(AF_INET, SOCK_DGRAM, 0, &s);
	cr_assert(eq(int, runs_inside, 0));
	cr_assert(eq(int, runs, 2));
	cr_assert(not(was_inside));
}

Test(signal, broken_pipe_is_for_this_thread)
{
	install(SIGPIPE, handler, 0);
	signal_pipe();
	cr_assert(eq(int, runs, 1));
}
