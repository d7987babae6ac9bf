/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * guard_test.c - proves guard.c: it wakes when it is over, not when it was
 * stopped, and no wake-up is lost that came before the sleep.
 */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "guard.h"

static struct guard guard;

static void open_guard(void)
{
	cr_assert(eq(int, guard_open(&guard), 0));
}

/* A sleep that does not end is a test that fails. */
TestSuite(guard, .init = open_guard, .timeout = 30);

static bool is_running(void)
{
	struct itimerspec left;

	cr_assert(eq(int, timerfd_gettime(guard.fd, &left), 0));
	return left.it_value.tv_sec != 0 || left.it_value.tv_nsec != 0;
}

static bool is_over(void)
{
	uint64_t times;

	cr_assert(eq(int, fcntl(guard.fd, F_SETFL, O_NONBLOCK), 0));
	return read(guard.fd, &times, sizeof(times)) > 0;
}

Test(guard, it_is_over_after_a_while_and_may_be_started_again)
{
	for (int i = 0; i < 3; i++) {
		cr_assert(guard_start(&guard, MSEC(1)));
		guard_sleep(&guard);
		cr_assert(not(is_running()));
	}
}

Test(guard, started_twice_it_is_over_by_the_first)
{
	cr_assert(guard_start(&guard, MSEC(1)));
	cr_assert(not(guard_start(&guard, SEC(1000))));
	guard_sleep(&guard);
}

Test(guard, stopped_it_is_never_over)
{
	cr_assert(guard_start(&guard, SEC(1000)));
	cr_assert(is_running());
	guard_stop(&guard);
	cr_assert(not(is_running()));
	cr_assert(not(is_over()));
}

/* Who has come back is not looked for, be it too late to stop anything. */
Test(guard, stopped_after_it_was_over_it_wakes_nobody)
{
	cr_assert(guard_start(&guard, 1));
	while (is_running())
		;
	guard_stop(&guard);
	cr_assert(not(is_over()));
}

Test(guard, a_wake_is_not_stopped_nor_put_off)
{
	cr_assert(guard_start(&guard, SEC(1000)));
	guard_wake(&guard);
	guard_stop(&guard);
	cr_assert(not(guard_start(&guard, SEC(1000))));
	guard_sleep(&guard);
}

Test(guard, a_wake_comes_before_what_was_started)
{
	cr_assert(guard_start(&guard, SEC(1000)));
	guard_wake(&guard);
	guard_sleep(&guard);
	cr_assert(guard_start(&guard, SEC(1000)));
}

static void *sleep_once(void *arg)
{
	guard_sleep(arg);
	return NULL;
}

Test(guard, who_sleeps_already_is_woken)
{
	pthread_t thread;

	cr_assert(
		eq(int, pthread_create(&thread, NULL, sleep_once, &guard), 0));
	guard_wake(&guard);
	cr_assert(eq(int, pthread_join(thread, NULL), 0));
}

static int ended;

static void *come_and_go(void *arg)
{
	while (!__atomic_load_n(&ended, __ATOMIC_SEQ_CST)) {
		guard_start(arg, SEC(1000));
		guard_stop(arg);
	}
	return NULL;
}

Test(guard, while_others_start_and_stop_it_every_wake_is_heard)
{
	pthread_t thread;

	cr_assert(
		eq(int, pthread_create(&thread, NULL, come_and_go, &guard), 0));
	for (int i = 0; i < 10000; i++) {
		guard_wake(&guard);
		guard_sleep(&guard);
	}
	__atomic_store_n(&ended, 1, __ATOMIC_SEQ_CST);
	cr_assert(eq(int, pthread_join(thread, NULL), 0));
}

/* As a sandbox sets it. */
Test(guard, it_works_where_no_descriptor_may_be_opened)
{
	struct rlimit before, none;

	cr_assert(eq(int, getrlimit(RLIMIT_NOFILE, &before), 0));
	none = before;
	none.rlim_cur = 0;
	cr_assert(eq(int, setrlimit(RLIMIT_NOFILE, &none), 0));
	cr_assert(guard_start(&guard, 1));
	guard_sleep(&guard);
	cr_assert(eq(int, setrlimit(RLIMIT_NOFILE, &before), 0));
}

Test(guard, closed_it_is_not_open)
{
	int fd = guard.fd;

	guard_close(&guard);
	cr_assert(eq(int, guard.fd, 0));
	cr_assert(eq(int, fcntl(fd, F_GETFD), -1));
	guard_close(&guard);
}
