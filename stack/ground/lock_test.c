/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * lock_test.c - proves lock.c: exclusion across processes, and that a killed
 * holder leaves the lock to the next one, who is told.
 */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lock.h"

struct shared {
	struct lock lock;
	uint64_t count;
};

static struct shared *shared;

static void open_lock(void)
{
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	lock_init(&shared->lock);
}

TestSuite(lock, .init = open_lock);

Test(lock, take_and_release_tell_whose_it_is)
{
	cr_assert(not(lock_is_mine(&shared->lock)));
	cr_assert(eq(int, lock_take(&shared->lock), LOCK_CLEAN));
	cr_assert(lock_is_mine(&shared->lock));
	lock_release(&shared->lock);
	cr_assert(not(lock_is_mine(&shared->lock)));
}

Test(lock, two_locks_may_be_held_at_once)
{
	static struct lock other;

	lock_init(&other);
	(void)!lock_take(&shared->lock);
	(void)!lock_take(&other);
	lock_release(&shared->lock);
	cr_assert(lock_is_mine(&other));
	cr_assert(not(lock_is_mine(&shared->lock)));
	lock_release(&other);
	cr_assert(not(lock_is_mine(&other)));
}

static void *is_mine_here(void *out)
{
	*(bool *)out = lock_is_mine(&shared->lock);
	return NULL;
}

Test(lock, another_thread_does_not_hold_what_i_hold)
{
	bool theirs = true;
	pthread_t thread;

	(void)!lock_take(&shared->lock);
	pthread_create(&thread, NULL, is_mine_here, &theirs);
	pthread_join(thread, NULL);
	lock_release(&shared->lock);
	cr_assert(not(theirs));
}

static void *count_up(void *unused)
{
	for (int i = 0; i < 20000; i++) {
		(void)!lock_take(&shared->lock);
		shared->count++;
		lock_release(&shared->lock);
	}
	return unused;
}

Test(lock, threads_and_processes_exclude_each_other)
{
	pthread_t thread;
	pid_t child = fork();

	cr_assert(ge(int, child, 0));
	if (child == 0) {
		count_up(NULL);
		_exit(0);
	}
	pthread_create(&thread, NULL, count_up, NULL);
	count_up(NULL);
	pthread_join(thread, NULL);
	waitpid(child, NULL, 0);
	cr_assert(eq(u64, shared->count, 60000));
}

/* glibc marks a mutex that somebody sleeps on in its futex word. */
static bool is_awaited(void)
{
	return __atomic_load_n(&shared->lock.mutex.__data.__lock,
			       __ATOMIC_RELAXED) < 0;
}

Test(lock, sleeper_is_woken_by_another_process, .timeout = 30)
{
	int ends[2];
	char byte;
	pid_t child;

	cr_assert(eq(int, pipe(ends), 0));
	child = fork();
	cr_assert(ge(int, child, 0));
	if (child == 0) {
		(void)!lock_take(&shared->lock);
		(void)!write(ends[1], "x", 1);
		while (!is_awaited())
			sched_yield();
		lock_release(&shared->lock);
		_exit(0);
	}
	cr_assert(eq(i64, read(ends[0], &byte, 1), 1));
	cr_assert(eq(int, lock_take(&shared->lock), LOCK_CLEAN));
	lock_release(&shared->lock);
	waitpid(child, NULL, 0);
}

Test(lock, killed_holder_leaves_it_to_the_next_who_is_told_once)
{
	pid_t child = fork();

	cr_assert(ge(int, child, 0));
	if (child == 0) {
		(void)!lock_take(&shared->lock);
		kill(getpid(), SIGKILL);
	}
	waitpid(child, NULL, 0);

	cr_assert(eq(int, lock_take(&shared->lock), LOCK_INHERITED));
	cr_assert(lock_is_mine(&shared->lock));
	lock_release(&shared->lock);
	cr_assert(eq(int, lock_take(&shared->lock), LOCK_CLEAN));
	lock_release(&shared->lock);
}

/* Without waiting: what somebody holds, what is free, what a dead one held. */
Test(lock, trying_tells_held_from_free_and_left)
{
	enum lock_taken taken;
	pid_t child = fork();

	cr_assert(ge(int, child, 0));
	if (child == 0) {
		(void)!lock_take(&shared->lock);
		raise(SIGSTOP);
		_exit(0);
	}
	waitpid(child, NULL, WUNTRACED);
	cr_assert(not(lock_try(&shared->lock, &taken)));
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);

	cr_assert(lock_try(&shared->lock, &taken));
	cr_assert(eq(int, (int)taken, LOCK_INHERITED));
	lock_release(&shared->lock);
	cr_assert(lock_try(&shared->lock, &taken));
	cr_assert(eq(int, (int)taken, LOCK_CLEAN));
	lock_release(&shared->lock);
}

Test(lock, taking_what_i_hold_is_a_bug, .signal = SIGABRT)
{
	(void)!lock_take(&shared->lock);
	(void)!lock_take(&shared->lock);
}

Test(lock, releasing_what_i_do_not_hold_is_a_bug, .signal = SIGABRT)
{
	lock_release(&shared->lock);
}
