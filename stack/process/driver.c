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

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <string.h>

#include "socket/bell.h"
#include "ground/critical.h"
#include "keeper.h"
#include "ground/limits.h"
#include "link/link.h"
#include "ground/log.h"
#include "ground/sys.h"
#include "socket/turn.h"
#include "undertaker.h"

enum { HOLD_TRIES = 1 << 16 };

enum slot { SLOT_FREE, SLOT_THREAD_POLL, SLOT_THREAD_TURN, SLOT_APP };

enum { THREAD_STACK = 256 << 10 };

#define NAP_US MSEC(2)

/* Of this process; atomics unless marked S (the stack lock). */
static struct {
	int slot;             /* enum slot */
	uint32_t standby;     /* futex word of the stack thread */
	int deep;             /* it sleeps on it without a timeout */
	uint32_t drives;      /* counts returns from an application's poll */
	uint32_t sleepers;    /* application threads asleep, not driving */
	uint32_t bell_number; /* [S] of who last stepped in this process */
	int taken;            /* the slot, from the stack thread in poll */
	uint32_t thread_bell; /* [I] the stack thread's */
	int started;
} driver;

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

static uint32_t new_bell_number(void)
{
	return __atomic_fetch_add(&turn_stack->next_bell, 1, __ATOMIC_RELAXED);
}

void driver_stock(void)
{
	bell_stock(new_bell_number);
}

static int slot_now(void)
{
	return __atomic_load_n(&driver.slot, __ATOMIC_SEQ_CST);
}

static bool slot_move(int from, int to)
{
	return __atomic_compare_exchange_n(&driver.slot, &from, to, false,
					   __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

static bool slot_take_for_app(void)
{
	if (slot_move(SLOT_FREE, SLOT_APP))
		return true;
	if (!slot_move(SLOT_THREAD_POLL, SLOT_APP))
		return false;
	__atomic_store_n(&driver.taken, 1, __ATOMIC_SEQ_CST);
	return true;
}

static void wake_stack_thread(void)
{
	__atomic_fetch_add(&driver.standby, 1, __ATOMIC_SEQ_CST);
	sys_futex(&driver.standby, FUTEX_WAKE_PRIVATE, 1, NULL);
}

/* When the sleeping driver will look again; 0: nobody sleeps on a promise, and
 * who woke up will look soon. */
static void promise(usecs when)
{
	__atomic_store_n(&turn_stack->family.watch_until, when,
			 __ATOMIC_RELAXED);
}

/*
 * An application thread stops driving. If others sleep, somebody must drive
 * for them at once; if the stack thread is in its deep sleep it has to nap
 * again, so that it notices when we do not come back.
 */
static void slot_release_by_app(void)
{
	promise(0);
	__atomic_store_n(&driver.slot, SLOT_FREE, __ATOMIC_SEQ_CST);
	/* Still in poll, it knows of no timer that was armed since. */
	if (__atomic_exchange_n(&driver.taken, 0, __ATOMIC_SEQ_CST))
		bell_ring(driver.thread_bell);
	if (__atomic_exchange_n(&driver.deep, 0, __ATOMIC_SEQ_CST) ||
	    __atomic_load_n(&driver.sleepers, __ATOMIC_SEQ_CST))
		wake_stack_thread();
}

/* What a step shall do. */
struct plan {
	bool read;                  /* the links may have frames */
	struct driver_sleep *sleep; /* of who drives, or NULL */
	usecs limit;   /* when the caller looks again at the latest */
	uint32_t bell; /* and what wakes it */
	usecs now;     /* answered: the time of the step */
	int begun;     /* answered: what the sleep's begin() said */
};

static bool was_woken(const struct driver_sleep *s)
{
	return !s->waiter ||
	       __atomic_load_n(&s->waiter->word, __ATOMIC_SEQ_CST) != 0;
}

/* See driver.h; in a turn. */
static int begin(struct driver_sleep *s, struct stack *st)
{
	int ret = s->begin(s, st);

	s->begin = NULL;
	return ret;
}

static bool read_links(struct stack *st, const struct driver_sleep *s)
{
	bool for_one = s && s->for_one && s->waiter;

	return turn_read_links(st, for_one ? &s->waiter->word : NULL);
}

/* One step of the engine. Returns the next deadline, and promises to look
 * again no later than that or the limit. */
static usecs step(struct plan *p)
{
	struct stack *st = turn_enter_at(driver_now());
	bool more = p->read && read_links(st, p->sleep);
	struct wakes wakes;
	usecs next;

	if (p->sleep && p->sleep->begin)
		p->begun = begin(p->sleep, st);
	turn_settle(st);
	if (p->sleep && p->sleep->end && was_woken(p->sleep))
		p->sleep->end(p->sleep, st);
	wakes_take(&wakes);
	next = more ? st->eng.now : turn_next(st);
	p->now = st->eng.now;
	driver.bell_number = p->bell;
	st->family.watch_bell = p->bell;
	promise(MIN(next, p->limit));
	lock_release(&st->eng.lock);
	wakes_fire(&wakes);
	critical_leave();
	return next;
}

bool driver_must_hear_of(usecs next)
{
	if (LIKELY(next >= __atomic_load_n(&turn_stack->family.watch_until,
					   __ATOMIC_RELAXED)))
		return false;
	promise(next);
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

/* Whoever sleeps as driver here looks now, and promises anew. */
void driver_inherit(void)
{
	struct stack *st;

	if (driver_start() < 0)
		return;
	st = turn_enter();
	st->family.watch_bell = driver.bell_number;
	promise(USECS_NEVER);
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

	if (!slot_take_for_app())
		return;
	step(&plan);
	__atomic_fetch_add(&driver.drives, 1, __ATOMIC_RELAXED);
	slot_release_by_app();
}

usecs driver_step(bool read, uint32_t bell)
{
	struct plan plan = {.read = read, .limit = USECS_NEVER, .bell = bell};

	return step(&plan);
}

bool driver_hold(void)
{
	/* Bounded, for a handler that came in the middle of a turn. */
	for (int i = 0; i < HOLD_TRIES; i++) {
		if (slot_take_for_app())
			return true;
		if (slot_now() == SLOT_APP)
			return false;
		sys_call6(SYS_sched_yield, 0, 0, 0, 0, 0, 0);
	}
	return false;
}

void driver_let_go(void)
{
	slot_release_by_app();
}

/* The time left as ppoll(2) wants it; NULL for ever. */
static struct timespec *time_left(usecs now, usecs until, struct timespec *ts)
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

/* Blocking system calls at which a thread may be cancelled. */
static int poll_cancellable(struct bell *bell, struct pollfd *fds, size_t n,
			    struct timespec *left, const sigset_t *mask)
{
	int type, ret;

	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &type);
	ret = bell_poll(bell, fds, n, left, mask);
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

/* Announces how the waiter will sleep; false if it was woken already. */
static bool fall_asleep(struct waiter *w, uint32_t how)
{
	__atomic_store_n(&w->bed, how, __ATOMIC_RELAXED);
	__atomic_store_n(&w->asleep, how, __ATOMIC_SEQ_CST);
	if (!__atomic_load_n(&w->word, __ATOMIC_SEQ_CST))
		return true;
	__atomic_store_n(&w->asleep, WAITER_AWAKE, __ATOMIC_SEQ_CST);
	return false;
}

static void wake_up(struct waiter *w)
{
	__atomic_store_n(&w->asleep, WAITER_AWAKE, __ATOMIC_SEQ_CST);
}

/* What must be given back however the sleep ends. */
struct bedding {
	struct bell *bell;
	bool drives;
	bool counted;
};

static void make_bed(void *arg)
{
	struct bedding *b = arg;

	if (b->bell)
		bell_put(b->bell);
	if (b->counted)
		__atomic_fetch_sub(&driver.sleepers, 1, __ATOMIC_SEQ_CST);
	if (b->drives)
		slot_release_by_app();
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

/* Sleeps in poll until something happens; the result of one sleep. */
static int poll_once(struct driver_sleep *s, struct pollfd *fds, size_t n,
		     struct timespec *left, const struct bedding *b)
{
	struct bell *bell = b->bell;
	bool drives = b->drives;
	bool any = false;
	int ret = 0;

	if (fall_asleep(s->waiter, WAITER_BELL + bell->number)) {
		ret = poll_cancellable(bell, fds, n, left, s->mask);
		wake_up(s->waiter);
	}
	if (drives)
		promise(0);
	if (ret < 0)
		return ret == -EINTR ? -EINTR : ret;
	if (ret > 0 && fds[s->nkernel].revents)
		bell_silence(bell);
	for (size_t i = 0; ret > 0 && i < s->nkernel; i++) {
		s->kernel[i].revents = fds[i].revents;
		any |= fds[i].revents != 0;
	}
	return any ? 1 : 0;
}

/* A removed device is an error for ever: read it once more, poll it never. */
static void spare_removed(struct pollfd *fd)
{
	if (UNLIKELY(fd->revents & (POLLERR | POLLNVAL)))
		fd->fd = -1;
}

static bool links_readable(const struct driver_sleep *s, struct pollfd *fds,
			   size_t n)
{
	bool any = false;

	for (size_t i = s->nkernel + 1; i < n; i++) {
		any |= fds[i].revents != 0;
		spare_removed(&fds[i]);
	}
	return any;
}

/* The deadline passed: what lies in the device still counts. */
static int last_look(struct driver_sleep *s, bool drives)
{
	struct plan plan = {.read = true};

	if (drives)
		step(&plan);
	return was_woken(s) ? 0 : -ETIMEDOUT;
}

/* The first turn of who does not drive. */
static int begin_only(struct driver_sleep *s)
{
	struct stack *st;
	int ret;

	if (!s->begin)
		return 0;
	st = turn_enter();
	ret = begin(s, st);
	turn_leave(st);
	return ret;
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
		if (b->drives) {
			usecs next = step(&plan);

			until = MIN(next, s->deadline);
		} else if (until != USECS_NEVER) {
			plan.now = driver_now();
		}
		if (plan.begun)
			return MIN(plan.begun, 0);
		if (was_woken(s))
			return 0;
		ret = poll_once(s, fds, n, time_left(plan.now, until, &ts), b);
		if (b->drives)
			__atomic_fetch_add(&driver.drives, 1, __ATOMIC_RELAXED);
		if (ret != 0)
			return MIN(ret, 0);
		/* A poll that timed out may have a held-back frame to fetch. */
		plan.read = links_readable(s, fds, n) || until != s->deadline;
		if (s->deadline != USECS_NEVER && !was_woken(s) &&
		    driver_now() >= s->deadline)
			return last_look(s, b->drives);
	}
}

static int sleep_on_futex(struct driver_sleep *s)
{
	int ret = begin_only(s);

	if (ret)
		return MIN(ret, 0);
	while (!was_woken(s) && ret != -EINTR && ret != -ETIMEDOUT) {
		if (!fall_asleep(s->waiter, WAITER_FUTEX))
			break;
		ret = futex_cancellable(&s->waiter->word, s->deadline);
		wake_up(s->waiter);
	}
	return was_woken(s) ? 0 : ret;
}

/* Gets what is needed for this kind of sleep, and sleeps. */
static int sleep_as_found(struct driver_sleep *s, struct bedding *b)
{
	struct pollfd room[DRIVER_FEW + DRIVER_SCRATCH];
	struct pollfd *fds = s->nkernel > DRIVER_FEW ? s->scratch : room;

	b->drives = slot_take_for_app();
	if (!b->drives) {
		b->counted = true;
		__atomic_fetch_add(&driver.sleepers, 1, __ATOMIC_SEQ_CST);
		/* The driver may have left just before we were counted. */
		if (slot_now() == SLOT_FREE)
			wake_stack_thread();
	}
	if (b->drives || s->nkernel || s->mask)
		b->bell = bell_get(new_bell_number);
	if (b->bell)
		return sleep_in_poll(s, fds, b);
	if (s->nkernel || s->mask)
		return -ENOMEM;
	return sleep_on_futex(s);
}

int driver_sleep(struct driver_sleep *s)
{
	struct bedding b = {NULL, false, false};
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

/* --- the stack thread ---------------------------------------------------- */

/* True when somebody woke us before the nap was over. */
static bool nap(void)
{
	uint32_t word = __atomic_load_n(&driver.standby, __ATOMIC_SEQ_CST);
	struct timespec ts = {0, (long)NAP_US * 1000};

	return sys_futex(&driver.standby, FUTEX_WAIT_PRIVATE, word, &ts) !=
	       -ETIMEDOUT;
}

/* An application thread is parked in poll: sleep until it leaves. */
static void sleep_deeply(void)
{
	uint32_t word = __atomic_load_n(&driver.standby, __ATOMIC_SEQ_CST);

	__atomic_store_n(&driver.deep, 1, __ATOMIC_SEQ_CST);
	if (slot_now() == SLOT_APP)
		sys_futex(&driver.standby, FUTEX_WAIT_PRIVATE, word, NULL);
	__atomic_store_n(&driver.deep, 0, __ATOMIC_SEQ_CST);
}

static bool has_sleepers(void)
{
	return __atomic_load_n(&driver.sleepers, __ATOMIC_SEQ_CST) != 0;
}

static uint32_t drives_now(void)
{
	return __atomic_load_n(&driver.drives, __ATOMIC_RELAXED);
}

/*
 * Until application threads have not come by for a nap and none is parked in
 * poll, or one left while others sleep.
 */
static void stand_by(void)
{
	for (;;) {
		uint32_t before = drives_now();

		if (nap() && has_sleepers())
			return;
		if (drives_now() != before)
			continue;
		if (slot_now() != SLOT_APP)
			return;
		sleep_deeply();
		if (has_sleepers())
			return;
	}
}

/* Drives until an application thread takes the slot or shows that it looks
 * after the links itself. */
static void drive(struct bell *bell)
{
	struct pollfd fds[1 + LIMIT_IFACES];
	struct plan plan = {
		.read = true, .limit = USECS_NEVER, .bell = bell->number};
	struct timespec ts;
	uint32_t before;
	size_t n = 1;

	fds[0] = (struct pollfd){bell->fd, POLLIN, 0};
	n += driver_links(fds + 1);
	for (;;) {
		usecs until = step(&plan);

		before = drives_now();
		__atomic_store_n(&driver.slot, SLOT_THREAD_POLL,
				 __ATOMIC_SEQ_CST);
		bell_poll(bell, fds, n, time_left(plan.now, until, &ts), NULL);
		if (fds[0].revents)
			bell_silence(bell);
		for (size_t i = 1; i < n; i++)
			spare_removed(&fds[i]);
		/* Taken meanwhile: the promise is the other's, too. */
		if (!slot_move(SLOT_THREAD_POLL, SLOT_THREAD_TURN))
			return;
		promise(0);
		if (drives_now() != before && !has_sleepers()) {
			slot_move(SLOT_THREAD_TURN, SLOT_FREE);
			return;
		}
	}
}

static void *stack_thread(void *arg)
{
	struct bell *bell = arg;

	sys_call6(SYS_prctl, 15 /* PR_SET_NAME */, (long)"nsshim", 0, 0, 0, 0);
	for (;;) {
		if (slot_move(SLOT_FREE, SLOT_THREAD_TURN))
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

int driver_start(void)
{
	pthread_attr_t attr;
	pthread_t thread;
	sigset_t all, old;
	struct bell *bell;
	int ret;

	if (LIKELY(__atomic_load_n(&driver.started, __ATOMIC_ACQUIRE)))
		return 0;
	if (__atomic_exchange_n(&driver.started, 1, __ATOMIC_ACQ_REL))
		return 0;

	/* Opened here and not by the thread, so that no number comes and goes
	 * while the program makes descriptors of its own. */
	bell = bell_get(new_bell_number);
	if (!bell) {
		__atomic_store_n(&driver.started, 0, __ATOMIC_RELEASE);
		return -EMFILE;
	}
	enter_family();
	sigfillset(&all);
	sys_sigprocmask(SIG_SETMASK, &all, &old);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, THREAD_STACK);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	driver.thread_bell = bell->number;
	ret = pthread_create(&thread, &attr, stack_thread, bell);
	pthread_attr_destroy(&attr);
	sys_sigprocmask(SIG_SETMASK, &old, NULL);
	if (ret) {
		bell_put(bell);
		__atomic_store_n(&driver.started, 0, __ATOMIC_RELEASE);
	}
	return -ret;
}

void driver_after_fork_in_child(void)
{
	memset(&driver, 0, sizeof(driver));
}
