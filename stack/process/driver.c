/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * driver.c - who reads the clock, polls links and steps the engine
 *
 * What this room is for
 *   See driver.h for the slot and its states.
 *
 * Wake-ups   The family's `watch_until` is when who sleeps as driver will look
 *            again; a turn of any process that arms an earlier deadline nudges
 *            it. 0: nobody sleeps with a promise; somebody will look soon.
 * Lock       as each function says.
 */

#include "driver.h"

#include <string.h>

#include "socket/bell.h"
#include "ground/critical.h"
#include "driver_priv.h"
#include "link/link.h"
#include "ground/sys.h"

enum { HOLD_TRIES = 1 << 16 };

struct driver driver;

usecs driver_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return SEC(t.tv_sec) + (usecs)t.tv_nsec / 1000;
}

uint64_t driver_wall_offset(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return SEC(t.tv_sec) + (usecs)t.tv_nsec / 1000 - driver_now();
}

uint32_t driver_new_bell(void)
{
	return __atomic_fetch_add(&turn_stack->next_bell, 1, __ATOMIC_RELAXED);
}

void driver_stock(void)
{
	bell_stock(driver_new_bell);
}

int driver_slot(void)
{
	return __atomic_load_n(&driver.slot, __ATOMIC_SEQ_CST);
}

bool driver_slot_move(int from, int to)
{
	return __atomic_compare_exchange_n(&driver.slot, &from, to, false,
					   __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

bool driver_slot_take_for_app(void)
{
	if (driver_slot_move(SLOT_FREE, SLOT_APP))
		return true;
	if (!driver_slot_move(SLOT_THREAD_POLL, SLOT_APP))
		return false;
	__atomic_store_n(&driver.taken, 1, __ATOMIC_SEQ_CST);
	return true;
}

void driver_wake_stack_thread(void)
{
	__atomic_fetch_add(&driver.standby, 1, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&driver.deep, __ATOMIC_SEQ_CST))
		guard_wake(&driver.guard);
	else
		sys_futex(&driver.standby, FUTEX_WAKE_PRIVATE, 1, NULL);
}

void driver_promise(usecs when)
{
	__atomic_store_n(&turn_stack->family.watch_until, when,
			 __ATOMIC_RELAXED);
}

/*
 * The stack thread sleeps deeply and has to see that we come back. Where a
 * program comes and goes all the time, a few naps of it cost less than to start
 * and stop the guard each time.
 */
static void leave_guarded(void)
{
	struct leave *l = &driver.left;
	usecs now;

	if (!guard_start(&driver.guard, NAP_US))
		return;
	now = driver_now();
	if (now - l->since > NAP_US)
		*l = (struct leave){.since = now};
	l->others = driver_looks_of_others();
	l->drives = driver.drives;
	if (++l->number <= BUSY)
		return;
	l->number = 0;
	l->drives--;
	guard_wake(&driver.guard);
}

void driver_slot_release_by_app(void)
{
	driver_promise(0);
	__atomic_store_n(&driver.slot, SLOT_FREE, __ATOMIC_SEQ_CST);
	/* Still in poll, it knows of no timer that was armed since. */
	if (__atomic_exchange_n(&driver.taken, 0, __ATOMIC_SEQ_CST))
		bell_ring(driver.thread_bell);
	if (__atomic_load_n(&driver.sleepers, __ATOMIC_SEQ_CST))
		driver_wake_stack_thread();
	else if (__atomic_load_n(&driver.deep, __ATOMIC_SEQ_CST))
		leave_guarded();
}

bool driver_was_woken(const struct driver_sleep *s)
{
	return !s->waiter ||
	       __atomic_load_n(&s->waiter->word, __ATOMIC_SEQ_CST) != 0;
}

int driver_begin(struct driver_sleep *s, struct stack *st)
{
	int ret = s->begin(s, st);

	s->begin = NULL;
	return ret;
}

/* Where others wait for frames, too, none is left lying: only we were woken. */
static bool read_links(struct stack *st, const struct plan *p)
{
	const struct driver_sleep *s = p->sleep;
	bool for_one = s && s->for_one && s->waiter && !p->shared;

	return turn_read_links(st, for_one ? &s->waiter->word : NULL);
}

/* Will who steps sleep after it? Then not for less than it may. */
static usecs next_of(struct stack *st, const struct plan *p)
{
	bool sleeps = p->limit && !(p->sleep && driver_was_woken(p->sleep));

	return sleeps ? turn_next_for_sleep(st) : turn_next(st);
}

usecs driver_carry_out(struct plan *p)
{
	struct stack *st = turn_enter_at(driver_now());
	struct wakes wakes;
	usecs next;
	bool more;

	p->shared = family_is_large(st);
	more = p->read && read_links(st, p);
	if (p->sleep && p->sleep->begin)
		p->begun = driver_begin(p->sleep, st);
	turn_settle(st);
	if (p->sleep && p->sleep->end && driver_was_woken(p->sleep))
		p->sleep->end(p->sleep, st);
	wakes_take(&wakes);
	next = more ? st->eng.now : next_of(st, p);
	p->now = st->eng.now;
	driver.bell_number = p->bell;
	st->family.watch_bell = p->bell;
	driver_promise(MIN(next, p->limit));
	lock_release(&st->eng.lock);
	wakes_fire(&wakes);
	critical_leave();
	return next;
}

/*
 * Nobody drives in this process, but its stack thread is there: then an
 * application thread has left for a moment, and one of the two looks soon.
 */
static bool looks_soon(void)
{
	return __atomic_load_n(&driver.started, __ATOMIC_RELAXED) &&
	       driver_slot() == SLOT_FREE;
}

bool driver_must_hear_of(usecs next)
{
	if (LIKELY(next >= __atomic_load_n(&turn_stack->family.watch_until,
					   __ATOMIC_RELAXED)))
		return false;
	if (looks_soon())
		return false;
	driver_promise(next);
	return true;
}

/*
 * The thread that promised to look may be one of a process that was stopped
 * (SIGSTOP, a debugger). So whoever arms a deadline has its own process look,
 * too.
 */
void driver_nudge(void)
{
	uint32_t theirs = __atomic_load_n(&turn_stack->family.watch_bell,
					  __ATOMIC_RELAXED);
	uint32_t ours = __atomic_load_n(&driver.bell_number, __ATOMIC_RELAXED);

	bell_ring(theirs);
	if (ours && ours != theirs)
		bell_ring(ours);
}

void driver_came_by(bool looked)
{
	__atomic_fetch_add(&driver.drives, 1, __ATOMIC_RELAXED);
	if (!looked)
		return;
	__atomic_fetch_add(&driver.looks, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&turn_stack->family.looks, 1, __ATOMIC_RELAXED);
}

uint32_t driver_looks_of_others(void)
{
	return __atomic_load_n(&turn_stack->family.looks, __ATOMIC_RELAXED) -
	       __atomic_load_n(&driver.looks, __ATOMIC_RELAXED);
}

/* Whoever sleeps as driver here looks now, and promises anew. */
void driver_inherit(void)
{
	struct stack *st;

	if (driver_start() < 0)
		return;
	st = turn_enter();
	st->family.watch_bell = driver.bell_number;
	driver_promise(USECS_NEVER);
	turn_leave(st);
	driver_nudge();
}

/*
 * Counting it is what keeps the stack thread out of the way: as long as
 * application threads come by, frames are theirs.
 */
void driver_poke(void)
{
	struct plan plan = {.read = true};

	if (!driver_slot_take_for_app())
		return;
	driver_carry_out(&plan);
	driver_came_by(true);
	driver_slot_release_by_app();
}

usecs driver_step(bool read, uint32_t bell)
{
	struct plan plan = {.read = read, .limit = USECS_NEVER, .bell = bell};

	return driver_carry_out(&plan);
}

bool driver_hold(void)
{
	/* Bounded, for a handler that came in the middle of a turn. */
	for (int i = 0; i < HOLD_TRIES; i++) {
		if (driver_slot_take_for_app())
			return true;
		if (driver_slot() == SLOT_APP)
			return false;
		sys_call6(SYS_sched_yield, 0, 0, 0, 0, 0, 0);
	}
	return false;
}

void driver_let_go(void)
{
	driver_slot_release_by_app();
}

struct timespec *driver_time_left(usecs now, usecs until, struct timespec *ts)
{
	usecs left;

	if (until == USECS_NEVER)
		return NULL;
	left = until > now ? until - now : 0;
	ts->tv_sec = (time_t)(left / USECS_PER_SEC);
	ts->tv_nsec = (long)(left % USECS_PER_SEC) * 1000;
	return ts;
}

/* The descriptors of all links, behind `fds`; how many. */
size_t driver_links(struct pollfd *fds)
{
	size_t n = 0;

	for (uint32_t i = 1; i < turn_stack->net.nifs; i++) {
		struct link *l = link_by_handle(turn_stack->net.ifs[i].link);

		while (l && l->below)
			l = l->below;
		if (l && l->fd >= 0 && !l->gone)
			fds[n++] = (struct pollfd){l->fd, POLLIN, 0};
	}
	return n;
}

void driver_spare_removed(struct pollfd *fd)
{
	if (UNLIKELY(fd->revents & (POLLERR | POLLNVAL)))
		fd->fd = -1;
}

void driver_after_fork_in_child(void)
{
	guard_close(&driver.guard);
	memset(&driver, 0, sizeof(driver));
}
