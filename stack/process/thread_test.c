/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * thread_test.c - proves thread.c: it runs when we hear of it, without signals
 */
#include "thread.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

TestSuite(thread, .timeout = 60);

struct seen {
	sigset_t mask;
	int done;
};

static void *look(void *arg)
{
	struct seen *s = arg;

	pthread_sigmask(SIG_SETMASK, NULL, &s->mask);
	__atomic_store_n(&s->done, 1, __ATOMIC_RELEASE);
	return NULL;
}

Test(thread, it_takes_no_signals)
{
	struct seen s = {.done = 0};
	sigset_t ours;

	cr_assert(eq(int, thread_start(look, &s), 0));
	while (!__atomic_load_n(&s.done, __ATOMIC_ACQUIRE))
		sched_yield();
	cr_assert(eq(int, sigismember(&s.mask, SIGTERM), 1));
	pthread_sigmask(SIG_SETMASK, NULL, &ours);
	cr_assert(eq(int, sigismember(&ours, SIGTERM), 0));
}

static void *sleep_on(void *arg)
{
	(void)arg;
	for (;;)
		pause();
	return NULL;
}

/* setgid() in a child of a bare clone: glibc there believes in every thread
 * that it knows, and waits for those that are not quite there. */
Test(thread, a_child_of_clone_may_change_its_ids)
{
	for (int i = 0; i < 50; i++) {
		int status;
		long pid;

		cr_assert(eq(int, thread_start(sleep_on, NULL), 0));
		pid = syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
		if (pid == 0) {
			/* Else it would wait for ever, without a parent. */
			alarm(20);
			_exit(setgid(getgid()) ? 1 : 7);
		}
		cr_assert(eq(int, waitpid((pid_t)pid, &status, 0), (int)pid));
		cr_assert(eq(int, status, 7 << 8));
	}
}
