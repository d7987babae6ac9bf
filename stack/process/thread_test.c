/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * thread_test.c - proves thread.c: it runs when we hear of it, without signals,
 * and does what it is to do
 */
#include "thread.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>
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

struct keeper {
	int keeps; /* what the thread found last */
};

static void *look_again_and_again(void *arg)
{
	struct keeper *k = arg;

	for (;;) {
		int keeps = prctl(PR_GET_KEEPCAPS, 0, 0, 0, 0);

		__atomic_store_n(&k->keeps, keeps, __ATOMIC_RELEASE);
		sched_yield();
	}
	return NULL;
}

static void wait_for(const struct keeper *k, int keeps)
{
	while (__atomic_load_n(&k->keeps, __ATOMIC_ACQUIRE) != keeps)
		sched_yield();
}

/* Whether it keeps its capabilities is a thread's own affair. */
Test(thread, a_system_call_is_repeated_in_each)
{
	static struct keeper k[2] = {{-1}, {-1}};

	for (int i = 0; i < 2; i++)
		cr_assert(
			eq(int, thread_start(look_again_and_again, &k[i]), 0));
	for (int round = 0; round < 100; round++) {
		int keeps = round % 2;

		thread_repeat(SYS_prctl, PR_SET_KEEPCAPS, keeps, 0, 0, 0);
		for (int i = 0; i < 2; i++)
			wait_for(&k[i], keeps);
		/* glibc has its signal back, and gets answers. */
		cr_assert(eq(int, setgid(getgid()), 0));
	}
}

Test(thread, a_child_of_fork_has_none_to_repeat_in)
{
	static struct keeper k = {-1};
	int status;
	pid_t pid;

	cr_assert(eq(int, thread_start(look_again_and_again, &k), 0));
	pid = fork();
	if (pid == 0) {
		alarm(20);
		thread_after_fork_in_child();
		thread_repeat(SYS_prctl, PR_SET_KEEPCAPS, 1, 0, 0, 0);
		_exit(7);
	}
	cr_assert(eq(int, waitpid(pid, &status, 0), pid));
	cr_assert(eq(int, status, 7 << 8));
	wait_for(&k, 0);
}
