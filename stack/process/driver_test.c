/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * driver_test.c - proves driver.c: who waits, drives; a deadline that moves
 * nearer is heard of; and the slot is never lost.
 *
 * Real threads and the real clock; see wait_test.c for how they meet.
 */

#include <pthread.h>
#include <sched.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "driver.h"
#include "driver_priv.h"
#include "testkit/socktest.h"

TestSuite(driver, .init = kit_open_live, .timeout = 60);

enum { FAR = 30, PORT = 4000 };

static usecs far_away(void)
{
	return driver_now() + SEC(FAR);
}

static struct waiter *new_waiter(size_t n)
{
	struct stack *st = turn_enter();
	struct waiter *w = waiter_new(st->eng.arena, n);

	cr_assert(w != NULL);
	turn_leave(st);
	return w;
}

static void end_waiter(struct waiter *w)
{
	struct stack *st = turn_enter();

	waiter_free(st->eng.arena, w);
	turn_leave(st);
}

static void arm(struct timer *t, usecs when)
{
	struct stack *st = turn_enter();

	cr_assert(eq(int, timer_init(&st->eng.timers, t, TIMER_TEST), 0));
	timer_start(&st->eng.timers, t, when);
	turn_leave(st);
}

/* Without entering a turn: that would run the timers itself. */
static bool is_armed(const struct timer *t)
{
	bool armed;

	cr_assert(lock_take(&kit.st->eng.lock) == LOCK_CLEAN);
	armed = timer_is_armed(t);
	lock_release(&kit.st->eng.lock);
	return armed;
}

static void disarm(struct timer *t)
{
	struct stack *st = turn_enter();

	timer_fini(&st->eng.timers, t);
	turn_leave(st);
}

/* --- clocks -------------------------------------------------------------- */

Test(driver, time_goes_forward)
{
	usecs a = driver_now(), b = driver_now();

	cr_assert(le(u64, a, b));
	cr_assert(gt(u64, a, 0));
	/* After 2001, by any clock this runs on. */
	cr_assert(
		gt(u64, driver_now() + driver_wall_offset(), SEC(1000000000)));
}

/* --- one sleep ----------------------------------------------------------- */

Test(driver, who_was_woken_before_does_not_sleep)
{
	struct driver_sleep how = {.waiter = new_waiter(1),
				   .deadline = USECS_NEVER};

	how.waiter->word = 1;
	cr_assert(eq(int, driver_sleep(&how), 0));
	end_waiter(how.waiter);
}

Test(driver, a_deadline_in_the_past_times_out)
{
	struct driver_sleep how = {.waiter = new_waiter(1), .deadline = 1};

	cr_assert(eq(int, driver_sleep(&how), -ETIMEDOUT));
	cr_assert(eq(u32, how.waiter->asleep, WAITER_AWAKE));
	end_waiter(how.waiter);
}

Test(driver, a_kernel_entry_ends_it_and_is_answered_in_place)
{
	int fds[2];
	struct pollfd fd = {-1, POLLIN, 0};
	struct driver_sleep how = {.waiter = new_waiter(1),
				   .kernel = &fd,
				   .nkernel = 1,
				   .deadline = far_away()};

	cr_assert(eq(int, pipe(fds), 0));
	fd.fd = fds[0];
	cr_assert(eq(i64, write(fds[1], "x", 1), 1));
	cr_assert(eq(int, driver_sleep(&how), 0));
	cr_assert(eq(int, fd.revents, POLLIN));
	end_waiter(how.waiter);
}

Test(driver, timers_expire_while_the_only_thread_sleeps)
{
	struct driver_sleep how = {.waiter = new_waiter(1)};
	struct timer t;

	arm(&t, driver_now() + MSEC(1));
	how.deadline = driver_now() + MSEC(20);
	cr_assert(eq(int, driver_sleep(&how), -ETIMEDOUT));
	cr_assert(not(is_armed(&t)));
	disarm(&t);
	end_waiter(how.waiter);
}

/* --- somebody always drives ---------------------------------------------- */

Test(driver, the_stack_thread_drives_when_nobody_else_does)
{
	struct timer t;

	arm(&t, driver_now() + MSEC(1));
	while (is_armed(&t))
		sched_yield();
	disarm(&t);
}

struct sleeper {
	pthread_t thread;
	struct waiter *waiter;
	int result;
};

static void *sleep_long(void *arg)
{
	struct sleeper *z = arg;
	struct driver_sleep how = {.waiter = z->waiter,
				   .deadline = USECS_NEVER};

	z->result = driver_sleep(&how);
	return NULL;
}

static void start(struct sleeper *z)
{
	z->waiter = new_waiter(1);
	cr_assert(eq(int, pthread_create(&z->thread, NULL, sleep_long, z), 0));
	while (__atomic_load_n(&z->waiter->asleep, __ATOMIC_SEQ_CST) ==
	       WAITER_AWAKE)
		sched_yield();
}

static int wake(struct sleeper *z)
{
	struct stack *st = turn_enter();

	waiter_wake(z->waiter);
	turn_leave(st);
	cr_assert(eq(int, pthread_join(z->thread, NULL), 0));
	end_waiter(z->waiter);
	return z->result;
}

/* The stack thread may be in the middle of a turn, and then goes on driving: so
 * until one drives. A slot that was lost for ever ends in the time limit. */
static void start_driving(struct sleeper *z)
{
	start(z);
	while (z->waiter->asleep < WAITER_BELL) {
		cr_assert(eq(int, wake(z), 0));
		start(z);
	}
}

/* Armed here, and run by whoever drives. */
static void a_timer_expires(void)
{
	struct timer t;

	arm(&t, driver_now() + 200);
	while (is_armed(&t))
		sched_yield();
	disarm(&t);
}

/* It sleeps without a deadline: without a nudge nothing would happen. */
Test(driver, a_timer_armed_by_another_thread_reaches_the_sleeping_driver)
{
	struct sleeper z;

	for (int i = 0; i < 20; i++) {
		start(&z);
		a_timer_expires();
		cr_assert(eq(int, wake(&z), 0));
	}
}

/* The driver leaves while another sleeps on a futex: somebody takes over. */
Test(driver, timers_expire_after_the_driver_has_left)
{
	for (int i = 0; i < 20; i++) {
		struct sleeper first, second;

		start(&first);
		start(&second);
		cr_assert(eq(int, wake(&first), 0));
		a_timer_expires();
		cr_assert(eq(int, wake(&second), 0));
	}
}

Test(driver, the_first_sleeper_drives_the_second_needs_no_descriptor)
{
	struct sleeper first, second;

	start_driving(&first);
	start(&second);
	cr_assert(eq(u32, second.waiter->asleep, WAITER_FUTEX));
	cr_assert(eq(int, wake(&second), 0));
	cr_assert(eq(int, wake(&first), 0));
}

/* --- while the stack thread sleeps deeply --------------------------------- */

static bool is_deep(void)
{
	return __atomic_load_n(&driver.deep, __ATOMIC_SEQ_CST);
}

/* Whom the slot was taken from in poll hears of it when it is given back. */
static void drive_alone(struct sleeper *z)
{
	start_driving(z);
	while (!is_deep()) {
		usecs patience = driver_now() + MSEC(20);

		while (!is_deep() && driver_now() < patience)
			sched_yield();
		if (is_deep())
			break;
		cr_assert(eq(int, wake(z), 0));
		start_driving(z);
	}
}

static bool guard_runs(void)
{
	struct itimerspec left;

	cr_assert(eq(int, timerfd_gettime(driver.guard.fd, &left), 0));
	return left.it_value.tv_sec != 0 || left.it_value.tv_nsec != 0;
}

/* Without a call of ours the timer would be run by nobody else. */
Test(driver, who_leaves_and_does_not_come_back_is_replaced)
{
	for (int i = 0; i < 20; i++) {
		struct sleeper z;

		drive_alone(&z);
		cr_assert(eq(int, wake(&z), 0));
		a_timer_expires();
	}
}

Test(driver, who_comes_back_stops_the_guard)
{
	for (int i = 0; i < 20; i++) {
		struct sleeper z;

		drive_alone(&z);
		for (int n = 0; n < 3; n++) {
			cr_assert(not(guard_runs()));
			cr_assert(eq(int, wake(&z), 0));
			start_driving(&z);
		}
		cr_assert(eq(int, wake(&z), 0));
	}
}

Test(driver, who_leaves_others_asleep_is_replaced)
{
	for (int i = 0; i < 20; i++) {
		struct sleeper first, second;

		drive_alone(&first);
		start(&second);
		cr_assert(eq(int, wake(&first), 0));
		a_timer_expires();
		cr_assert(eq(int, wake(&second), 0));
	}
}

/* In poll all the time: the stack thread is up and about, and not woken again
 * and again. */
Test(driver, who_comes_and_goes_all_the_time_wakes_the_stack_thread)
{
	struct sleeper z;

	drive_alone(&z);
	while (is_deep()) {
		driver_slot_release_by_app();
		while (!driver_slot_take_for_app())
			sched_yield();
		guard_stop(&driver.guard);
	}
	cr_assert(eq(int, wake(&z), 0));
}

Test(driver, cancelled_it_gives_the_slot_back)
{
	struct sleeper z;

	for (int i = 0; i < 20; i++) {
		start_driving(&z);
		cr_assert(eq(int, pthread_cancel(z.thread), 0));
		cr_assert(eq(int, pthread_join(z.thread, NULL), 0));
		end_waiter(z.waiter);
	}
}

Test(driver, held_nobody_drives_and_let_go_somebody_does)
{
	struct timer t;
	usecs due;

	while (!driver_hold())
		sched_yield();
	due = driver_now() + MSEC(1);
	arm(&t, due);
	/* Only a turn of ours would run it now. */
	while (driver_now() < due + MSEC(2)) {
		cr_assert(is_armed(&t));
		sched_yield();
	}
	cr_assert(not(driver_hold()), "it is held already");
	driver_let_go();
	while (is_armed(&t))
		sched_yield();
	disarm(&t);
}

Test(driver, a_poke_runs_what_is_due)
{
	struct timer t;

	arm(&t, driver_now());
	while (is_armed(&t))
		driver_poke();
	disarm(&t);
}

/* --- fork ---------------------------------------------------------------- */

Test(driver, a_child_starts_a_thread_of_its_own)
{
	int status;
	pid_t pid;

	/* Nobody holds the stack lock while memory is copied. */
	while (!driver_hold())
		sched_yield();
	pid = fork();
	if (pid == 0) {
		struct timer t;

		stack_after_fork_in_child();
		if (driver_start() < 0)
			_exit(8);
		arm(&t, driver_now() + MSEC(1));
		while (is_armed(&t))
			sched_yield();
		_exit(7);
	}
	driver_let_go();
	cr_assert(eq(int, waitpid(pid, &status, 0), pid));
	cr_assert(eq(int, status, 7 << 8));
}

/* A child that only waits, and has no thread, drives itself. */
Test(driver, a_child_that_sleeps_drives)
{
	int status;
	pid_t pid;

	while (!driver_hold())
		sched_yield();
	pid = fork();
	if (pid == 0) {
		struct sleeper z;

		stack_after_fork_in_child();
		start(&z);
		_exit(wake(&z) == 0 ? 7 : 8);
	}
	driver_let_go();
	cr_assert(eq(int, waitpid(pid, &status, 0), pid));
	cr_assert(eq(int, status, 7 << 8));
}
