/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * driver_sleep.c - how the program's threads sleep, and drive meanwhile
 *
 * What this room is for
 *   See driver.h. Who got the slot sleeps on its bell and the links, and steps
 *   the engine whenever one of them is readable; everybody else on a futex, or
 *   in poll when there are descriptors of the kernel's. Where processes share
 *   the links, their drivers sleep in gates (gate.h), and a frame wakes one.
 *
 *   A handler that runs in the middle of a sleep ends it. The kernel sees to
 *   that when it comes during the system call; before, driver_interrupt() does
 *   what keeps the system call from sleeping: it makes the futex word another
 *   one, or rings the thread's own bell.
 *
 * Lock       none is held while anybody sleeps.
 * Proved by  driver_test.c integration/herd.sh
 */

#include "driver.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "socket/bell.h"
#include "driver_priv.h"
#include "ground/sys.h"

/* What must be given back however the sleep ends. */
struct bedding {
	struct bell *bell;
	bool drives;
	bool counted;
	/* Of who drives: */
	bool in_line;   /* threads of other processes may drive, too */
	usecs aside_us; /* for so long they do it for us; 0: not */
	bool readable;  /* a link was, after the last sleep */
	bool rung;      /* the bell was */
};

/* Blocking system calls at which a thread may be cancelled. */
static int poll_cancellable(struct driver_sleep *s, struct pollfd *fds,
			    size_t n, struct timespec *left,
			    const struct bedding *b)
{
	int ret = -ENOTSUP;
	int type;

	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &type);
	if (b->in_line && !b->aside_us)
		ret = gate_poll(&b->bell->gate, fds, s->nkernel, n, left,
				s->mask);
	if (ret == -ENOTSUP)
		ret = bell_poll(b->bell, fds, n, left, s->mask);
	pthread_setcanceltype(type, NULL);
	return ret;
}

static int futex_cancellable(uint32_t *word, usecs until)
{
	struct timespec ts;
	int type, ret;

	/* FUTEX_WAIT_BITSET takes an absolute monotonic time. */
	ts.tv_sec = (time_t)(until / USECS_PER_SEC);
	ts.tv_nsec = (long)(until % USECS_PER_SEC) * 1000;
	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &type);
	ret = sys_futex(word, FUTEX_WAIT_BITSET, 0,
			until == USECS_NEVER ? NULL : &ts);
	pthread_setcanceltype(type, NULL);
	return ret;
}

/* [a] This thread's waiter from fall_asleep() to wake_up(): for handlers. */
static __thread struct waiter *dozing
	__attribute__((tls_model("initial-exec")));

static void wake_up(struct waiter *w)
{
	__atomic_store_n(&dozing, NULL, __ATOMIC_SEQ_CST);
	__atomic_store_n(&w->asleep, WAITER_AWAKE, __ATOMIC_SEQ_CST);
}

/* Announces how the waiter will sleep; false if it was woken already. */
static bool fall_asleep(struct waiter *w, uint32_t how)
{
	__atomic_store_n(&w->bed, how, __ATOMIC_RELAXED);
	__atomic_store_n(&dozing, w, __ATOMIC_SEQ_CST);
	__atomic_store_n(&w->asleep, how, __ATOMIC_SEQ_CST);
	if (!__atomic_load_n(&w->word, __ATOMIC_SEQ_CST))
		return true;
	wake_up(w);
	return false;
}

/* Asked when it has been announced: who runs later finds `dozing`. */
static bool is_interrupted(const struct driver_sleep *s)
{
	return stack_interrupts() != s->since;
}

void driver_interrupt(void)
{
	struct waiter *w = __atomic_load_n(&dozing, __ATOMIC_SEQ_CST);
	uint32_t how;

	if (!w)
		return;
	how = __atomic_load_n(&w->bed, __ATOMIC_RELAXED);
	if (how >= WAITER_BELL)
		bell_ring(how - WAITER_BELL);
	else
		__atomic_fetch_add(&w->word, 1, __ATOMIC_SEQ_CST);
}

static void make_bed(void *arg)
{
	struct bedding *b = arg;

	__atomic_store_n(&dozing, NULL, __ATOMIC_SEQ_CST);
	if (b->bell)
		bell_put(b->bell);
	if (b->counted)
		__atomic_fetch_sub(&driver.sleepers, 1, __ATOMIC_SEQ_CST);
	if (b->drives)
		driver_slot_release_by_app();
}

/* The program's entries first, then our bell, then the links if we drive. */
static size_t fill_fds(struct pollfd *fds, const struct driver_sleep *s,
		       const struct bell *bell, bool drives)
{
	size_t n = s->nkernel;

	if (n)
		memcpy(fds, s->kernel, n * sizeof(*fds));
	fds[n++] = (struct pollfd){bell->fd, POLLIN, 0};
	return drives ? n + driver_links(fds + n) : n;
}

static bool links_readable(const struct driver_sleep *s, struct pollfd *fds,
			   size_t n)
{
	bool any = false;

	for (size_t i = s->nkernel + 1; i < n; i++) {
		any |= fds[i].revents != 0;
		driver_spare_removed(&fds[i]);
	}
	return any;
}

/* Which of the program's entries are ready? */
static bool answer(struct driver_sleep *s, const struct pollfd *fds)
{
	bool any = false;

	for (size_t i = 0; i < s->nkernel; i++) {
		s->kernel[i].revents = fds[i].revents;
		any |= fds[i].revents != 0;
	}
	return any;
}

/* Sleeps in poll until something happens; the result of one sleep. */
static int poll_once(struct driver_sleep *s, struct pollfd *fds, size_t n,
		     struct timespec *left, struct bedding *b)
{
	struct bell *bell = b->bell;
	int ret = 0;

	b->readable = b->rung = false;
	if (b->drives)
		guard_stop(&driver.guard);
	if (b->aside_us)
		n = s->nkernel + 1;
	if (fall_asleep(s->waiter, WAITER_BELL + bell->number)) {
		ret = is_interrupted(s) ? -EINTR
					: poll_cancellable(s, fds, n, left, b);
		wake_up(s->waiter);
	}
	if (b->drives) {
		driver_promise(0);
		driver_came_by(ret > 0 || !b->aside_us);
	}
	/* Its own ring is not for the next one who gets this bell. */
	if (ret == -EINTR)
		bell_silence(bell);
	if (ret <= 0)
		return ret;
	b->rung = fds[s->nkernel].revents != 0;
	if (b->rung)
		bell_silence(bell);
	b->readable = links_readable(s, fds, n);
	return answer(s, fds);
}

/* The deadline passed: what lies in the device still counts. */
static int last_look(struct driver_sleep *s, bool drives)
{
	struct plan plan = {.read = true};

	if (drives)
		driver_carry_out(&plan);
	return driver_was_woken(s) ? 0 : -ETIMEDOUT;
}

/* The first turn of who does not drive. */
static int begin_only(struct driver_sleep *s)
{
	struct stack *st;
	int ret;

	if (!s->begin)
		return 0;
	st = turn_enter();
	ret = driver_begin(s, st);
	turn_leave(st);
	return ret;
}

/* The step before a driver's sleep; until when to sleep at most. */
static usecs step(struct driver_sleep *s, struct plan *plan, struct bedding *b)
{
	usecs next = driver_carry_out(plan);
	struct gate *gate = &b->bell->gate;

	b->in_line = plan->shared;
	b->aside_us = 0;
	if (UNLIKELY(plan->shared)) {
		if (b->readable || driver_was_woken(s))
			gate_served(gate, driver_was_woken(s), plan->now);
		b->aside_us = gate_aside(gate, driver_looks_of_others());
	}
	return MIN(next, s->deadline);
}

/* Who is aside looks again soon. */
static usecs at_latest(const struct bedding *b, usecs now, usecs until)
{
	return b->aside_us ? MIN(until, now + b->aside_us) : until;
}

static int sleep_in_poll(struct driver_sleep *s, struct pollfd *fds,
			 struct bedding *b)
{
	size_t n = fill_fds(fds, s, b->bell, b->drives);
	struct plan plan = {
		.sleep = s, .limit = s->deadline, .bell = b->bell->number};
	usecs until = s->deadline;
	struct timespec ts;
	int ret;

	if (!b->drives)
		plan.begun = begin_only(s);
	for (;;) {
		if (b->drives)
			until = step(s, &plan, b);
		else if (until != USECS_NEVER)
			plan.now = driver_now();
		if (plan.begun)
			return MIN(plan.begun, 0);
		if (driver_was_woken(s))
			return 0;
		until = at_latest(b, plan.now, until);
		ret = poll_once(s, fds, n,
				driver_time_left(plan.now, until, &ts), b);
		if (ret != 0)
			return MIN(ret, 0);
		/* A poll that timed out may have a held-back frame to fetch;
		 * a gate tells of no frame but those it woke us for. */
		plan.read = b->readable || until != s->deadline ||
			    (b->in_line && b->rung);
		if (s->deadline != USECS_NEVER && !driver_was_woken(s) &&
		    driver_now() >= s->deadline)
			return last_look(s, b->drives);
	}
}

static int sleep_on_futex(struct driver_sleep *s)
{
	int ret = begin_only(s);

	if (ret)
		return MIN(ret, 0);
	while (!driver_was_woken(s) && ret != -EINTR && ret != -ETIMEDOUT) {
		if (!fall_asleep(s->waiter, WAITER_FUTEX))
			break;
		ret = is_interrupted(s) ? -EINTR
					: futex_cancellable(&s->waiter->word,
							    s->deadline);
		wake_up(s->waiter);
	}
	return driver_was_woken(s) ? 0 : ret;
}

/* Gets what is needed for this kind of sleep, and sleeps. */
static int sleep_as_found(struct driver_sleep *s, struct bedding *b)
{
	struct pollfd room[DRIVER_FEW + DRIVER_SCRATCH];
	struct pollfd *fds = s->nkernel > DRIVER_FEW ? s->scratch : room;

	b->drives = driver_slot_take_for_app();
	if (!b->drives) {
		b->counted = true;
		__atomic_fetch_add(&driver.sleepers, 1, __ATOMIC_SEQ_CST);
		/* The driver may have left just before we were counted. */
		if (driver_slot() == SLOT_FREE)
			driver_wake_stack_thread();
	}
	if (b->drives || s->nkernel || s->mask)
		b->bell = bell_get(driver_new_bell);
	if (b->bell)
		return sleep_in_poll(s, fds, b);
	if (s->nkernel || s->mask)
		return -ENOMEM;
	return sleep_on_futex(s);
}

int driver_sleep(struct driver_sleep *s)
{
	struct bedding b = {.bell = NULL};
	int ret;

	/* Who sleeps in its first call on an inherited socket needs the stack
	 * thread when another of its threads stops driving. */
	(void)!driver_start();
	KEEP_IN_MEMORY(&b);
	pthread_cleanup_push(make_bed, &b);
	ret = sleep_as_found(s, &b);
	pthread_cleanup_pop(1);
	return ret;
}
