/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sock_wait.c - readiness, and those who wait for it
 *
 * What this room is for
 *   Keeps the watches, decides which of them an event concerns, and collects
 *   the threads to wake until the stack lock is released: a thread that is
 *   woken while we hold the lock would only run into it.
 *
 * Comes in   sock.c and epset.c change levels; stack.c makes waiters.
 * Goes out   epset.c hears of members that became ready; futexes and bells.
 * Never      sleeps; driver.c does.
 * Lock       the stack lock is held, except in wakes_fire().
 */

#include "sock_wait.h"

#include <limits.h>
#include <sys/epoll.h>

#include "bell.h"
#include "epset.h"
#include "process/family.h"
#include "sock.h"
#include "ground/sys.h"

/* Noted by whoever holds the stack lock; of this process. */
static struct wakes pending;

void readiness_init(struct readiness *r, struct sock_slot *slot)
{
	r->slot = slot;
	list_init(&r->watches);
}

static bool is_asleep(const struct waiter *w)
{
	return __atomic_load_n(&w->word, __ATOMIC_RELAXED) == 0;
}

static bool has_sleeper(const struct readiness *r)
{
	list_for_each (it, &r->watches) {
		const struct watch *w = list_entry(it, struct watch, link);

		if (w->kind == WATCH_WAITER && is_asleep(w->waiter))
			return true;
	}
	return false;
}

/* True when it wakes somebody who was not awake already. */
static bool fire(struct watch *w, uint32_t events)
{
	bool wakes = false;

	switch ((enum watch_kind)w->kind) {
	case WATCH_WAITER:
		wakes = is_asleep(w->waiter);
		if (wakes || !w->exclusive)
			waiter_wake(w->waiter);
		break;
	case WATCH_MEMBER:
		wakes = has_sleeper(&w->member->set->readiness);
		epset_member_fired(w->member, events);
		break;
	}
	return wakes;
}

/*
 * Of the exclusive watches those up to the first that wakes somebody hear of
 * the event, as in Linux: who is awake may take it when it comes by, but nobody
 * counts on that. The one that woke goes to the end, so that they take turns.
 */
static void fire_watches(struct readiness *r, uint32_t events)
{
	struct watch *served = NULL;

	list_for_each_safe (it, next, &r->watches) {
		struct watch *w = list_entry(it, struct watch, link);

		if (!(events & w->events) || (w->exclusive && served))
			continue;
		if (fire(w, events) && w->exclusive)
			served = w;
	}
	if (served) {
		list_remove(&served->link);
		list_push(&r->watches, &served->link);
	}
}

void readiness_pass_on(struct readiness *r, uint32_t events)
{
	if (!(r->slot->ready & events))
		return;
	list_for_each (it, &r->watches) {
		struct watch *w = list_entry(it, struct watch, link);

		if (w->kind == WATCH_WAITER && w->exclusive &&
		    (events & w->events) && fire(w, events))
			return;
	}
}

void readiness_set(struct readiness *r, uint32_t level, uint32_t edges)
{
	uint32_t old = r->slot->ready;
	uint32_t events = (level & ~old) | (edges & level);

	if (old != level)
		__atomic_store_n(&r->slot->ready, level, __ATOMIC_RELEASE);
	if (events && !list_is_empty(&r->watches))
		fire_watches(r, events);
}

void readiness_fini(struct readiness *r)
{
	struct list *link;

	while ((link = list_pop(&r->watches))) {
		struct watch *w = list_entry(link, struct watch, link);

		switch ((enum watch_kind)w->kind) {
		case WATCH_WAITER:
			waiter_wake(w->waiter);
			break;
		case WATCH_MEMBER:
			epset_member_gone(w->member);
			break;
		}
	}
}

struct waiter *waiter_new(struct arena *a, size_t n)
{
	struct waiter *w = arena_alloc_vital(
		a, sizeof(*w) + n * sizeof(w->watches[0]), ARENA_MAKING);

	if (!w)
		return NULL;
	w->word = 0;
	w->asleep = WAITER_AWAKE;
	w->bed = WAITER_AWAKE;
	w->nwatches = (uint32_t)n;
	w->owner = family_self();
	for (size_t i = 0; i < n; i++) {
		list_init(&w->watches[i].link);
		w->watches[i].on = 0;
	}
	arena_made(a, w, ARENA_WAIT);
	return w;
}

void waiter_free(struct arena *a, struct waiter *w)
{
	for (uint32_t i = 0; i < w->nwatches; i++)
		list_remove(&w->watches[i].link);
	arena_free(a, w);
}

void waiter_watch(struct waiter *w, size_t i, struct readiness *r,
		  uint32_t events)
{
	struct watch *watch = &w->watches[i];

	watch->kind = WATCH_WAITER;
	watch->exclusive = false;
	watch->events = events;
	watch->waiter = w;
	watch->on = sock_slot_id(r->slot);
	list_push(&r->watches, &watch->link);
}

void waiter_wake(struct waiter *w)
{
	uint32_t how;

	__atomic_fetch_add(&w->word, 1, __ATOMIC_SEQ_CST);
	how = __atomic_exchange_n(&w->asleep, WAITER_AWAKE, __ATOMIC_SEQ_CST);
	if (how == WAITER_AWAKE)
		return;

	if (pending.n == WAKE_MAX) {
		wakes_fire(&pending);
		pending.n = 0;
	}
	pending.w[pending.n].word = how == WAITER_FUTEX ? &w->word : NULL;
	pending.w[pending.n].bell = how - WAITER_BELL;
	pending.n++;
}

void waiter_wake_again(const struct waiter *w)
{
	uint32_t bed = __atomic_load_n(&w->bed, __ATOMIC_SEQ_CST);

	if (!__atomic_load_n(&w->word, __ATOMIC_SEQ_CST))
		return;
	sys_futex((uint32_t *)&w->word, FUTEX_WAKE, INT_MAX, NULL);
	if (bed >= WAITER_BELL)
		bell_ring(bed - WAITER_BELL);
}

void wakes_take(struct wakes *out)
{
	out->n = pending.n;
	for (uint32_t i = 0; i < pending.n; i++)
		out->w[i] = pending.w[i];
	pending.n = 0;
}

void wakes_fire(const struct wakes *w)
{
	for (uint32_t i = 0; i < w->n; i++) {
		if (w->w[i].word)
			sys_futex(w->w[i].word, FUTEX_WAKE, INT_MAX, NULL);
		else
			bell_ring(w->w[i].bell);
	}
}
