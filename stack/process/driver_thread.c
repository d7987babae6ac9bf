/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * driver_thread.c - the stack thread: drives when nobody who waits does
 *
 * What this room is for
 *   See driver.h. A thread for each process that uses the stack. While
 *   application threads come by, here or in other processes, the frames are
 *   theirs; it naps, and looks whether they still do.
 *
 * Lock       none is held while it sleeps.
 * Proved by  driver_test.c integration/herd.sh
 */

#include "driver.h"

#include <errno.h>

#include "socket/bell.h"
#include "driver_priv.h"
#include "keeper.h"
#include "ground/limits.h"
#include "ground/log.h"
#include "ground/sys.h"
#include "thread.h"
#include "undertaker.h"

#define NAP_MAX_US MSEC(8)
/* Naps are woken from by the clock. Where others look after the links less
 * often than that, being woken with them now and then costs less. */
#define LOOK_EACH_US 500

/* True when somebody woke us before the nap was over. */
static bool nap(usecs how_long)
{
	uint32_t word = __atomic_load_n(&driver.standby, __ATOMIC_SEQ_CST);
	struct timespec ts = {0, (long)how_long * 1000};

	return sys_futex(&driver.standby, FUTEX_WAIT_PRIVATE, word, &ts) !=
	       -ETIMEDOUT;
}

static bool has_sleepers(void)
{
	return __atomic_load_n(&driver.sleepers, __ATOMIC_SEQ_CST) != 0;
}

static uint32_t drives_now(void)
{
	return __atomic_load_n(&driver.drives, __ATOMIC_RELAXED);
}

/* Do threads of other processes come by all the time? `others`: as it was so
 * long ago. */
static bool are_busy(uint32_t others, usecs ago)
{
	return (driver_looks_of_others() - others) * (usecs)LOOK_EACH_US > ago;
}

/*
 * An application thread is parked in poll: sleeps until it leaves and is not
 * back soon, or leaves while others sleep. True: nobody looks after the links
 * since.
 */
static bool sleep_deeply(void)
{
	__atomic_store_n(&driver.deep, 1, __ATOMIC_SEQ_CST);
	while (driver_slot() == SLOT_APP)
		guard_sleep(&driver.guard);
	__atomic_store_n(&driver.deep, 0, __ATOMIC_SEQ_CST);
	return has_sleepers() || (drives_now() == driver.left.drives &&
				  !are_busy(driver.left.others, NAP_US));
}

/*
 * Until application threads have not come by for a nap and none is parked in
 * poll, or one left while others sleep. Those of other processes will do where
 * nobody waits here: as long as they come by, they read all frames.
 */
static void stand_by(void)
{
	usecs how_long = NAP_US;

	for (;;) {
		uint32_t before = drives_now();
		uint32_t others = driver_looks_of_others();

		if (nap(how_long) && has_sleepers())
			return;
		if (drives_now() - before >= BUSY) {
			how_long = NAP_US;
		} else if (driver_slot() == SLOT_APP) {
			if (sleep_deeply())
				return;
			how_long = NAP_US;
		} else if (has_sleepers() || (drives_now() == before &&
					      !are_busy(others, how_long))) {
			return;
		} else {
			how_long = MIN(2 * how_long, NAP_MAX_US);
		}
	}
}

/* Sleeps until somebody rings or a frame comes; true for the latter. */
static bool sleep_in_line(struct bell *bell, struct pollfd *fds, size_t n,
			  const struct plan *plan, usecs until)
{
	struct timespec ts;
	struct timespec *left = driver_time_left(plan->now, until, &ts);
	int ret = -ENOTSUP;
	bool readable = false;

	if (plan->shared)
		ret = gate_poll(&bell->gate, fds, 0, n, left, NULL);
	if (ret == -ENOTSUP)
		ret = bell_poll(bell, fds, n, left, NULL);
	if (ret > 0 && fds[0].revents)
		bell_silence(bell);
	for (size_t i = 1; ret > 0 && i < n; i++) {
		readable |= fds[i].revents != 0;
		driver_spare_removed(&fds[i]);
	}
	return readable;
}

/* We may have been woken instead of who drives now. */
static void pass_on(const struct plan *plan)
{
	uint32_t theirs =
		__atomic_load_n(&driver.bell_number, __ATOMIC_RELAXED);

	if (plan->shared && theirs)
		bell_ring(theirs);
}

/* Drives until an application thread takes the slot or shows that it looks
 * after the links itself. */
static void drive(struct bell *bell)
{
	struct pollfd fds[1 + LIMIT_IFACES];
	struct plan plan = {
		.read = true, .limit = USECS_NEVER, .bell = bell->number};
	size_t n = 1;

	fds[0] = (struct pollfd){bell->fd, POLLIN, 0};
	n += driver_links(fds + 1);
	for (;;) {
		usecs until = driver_carry_out(&plan);
		uint32_t before = drives_now();
		uint32_t others = driver_looks_of_others();
		bool readable;

		__atomic_store_n(&driver.slot, SLOT_THREAD_POLL,
				 __ATOMIC_SEQ_CST);
		readable = sleep_in_line(bell, fds, n, &plan, until);
		/* Taken meanwhile: the promise is the other's, too. */
		if (!driver_slot_move(SLOT_THREAD_POLL, SLOT_THREAD_TURN)) {
			if (readable)
				pass_on(&plan);
			return;
		}
		driver_promise(0);
		if (readable)
			gate_served(&bell->gate, false, plan.now);
		if (has_sleepers() ||
		    (drives_now() == before &&
		     !are_busy(others, driver_now() - plan.now)))
			continue;
		/* Those who came by are asleep again, perhaps. */
		if (plan.shared)
			driver_carry_out(&plan);
		driver_slot_move(SLOT_THREAD_TURN, SLOT_FREE);
		return;
	}
}

static void *stack_thread(void *arg)
{
	struct bell *bell = arg;

	sys_call6(SYS_prctl, 15 /* PR_SET_NAME */, (long)"nsshim", 0, 0, 0, 0);
	for (;;) {
		if (driver_slot_move(SLOT_FREE, SLOT_THREAD_TURN))
			drive(bell);
		stand_by();
	}
	return NULL;
}

static void enter_family(void)
{
	struct stack *st = turn_enter();
	bool large;

	if (family_join(st) < 0)
		log_warn("the death of this process will not be noticed");
	large = family_is_large(st);
	turn_leave(st);
	keeper_need();
	if (!large)
		return;
	undertaker_start();
	undertaker_tell();
}

/* The bell of the stack thread, and the guard; NULL: no descriptors left. */
static struct bell *make_ready(void)
{
	struct bell *bell = bell_get(driver_new_bell);

	if (bell && guard_open(&driver.guard) < 0) {
		guard_close(&driver.guard);
		bell_put(bell);
		bell = NULL;
	}
	return bell;
}

int driver_start(void)
{
	struct bell *bell;
	int ret;

	if (LIKELY(__atomic_load_n(&driver.started, __ATOMIC_ACQUIRE)))
		return 0;
	if (__atomic_exchange_n(&driver.started, 1, __ATOMIC_ACQ_REL))
		return 0;

	/* Opened here and not by the thread, so that no number comes and goes
	 * while the program makes descriptors of its own. */
	bell = make_ready();
	if (!bell) {
		__atomic_store_n(&driver.started, 0, __ATOMIC_RELEASE);
		return -EMFILE;
	}
	enter_family();
	driver.thread_bell = bell->number;
	ret = thread_start(stack_thread, bell);
	if (ret) {
		bell_put(bell);
		guard_close(&driver.guard);
		__atomic_store_n(&driver.started, 0, __ATOMIC_RELEASE);
	}
	return ret;
}
