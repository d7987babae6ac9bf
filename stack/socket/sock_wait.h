/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sock_wait.h - readiness, and those who wait for it
 *
 * What this room is for
 *   A readiness is what poll(2) asks of a socket (or epoll set): level bits in
 *   the slot, and a list of watches. A watch is either a sleeping thread's (a
 *   waiter) or a member of an epoll set. When an event fires, waiters are
 *   noted, and woken after the stack lock is released, each by the means it
 *   sleeps on: a futex word in the arena, or a bell (bell.h).
 *
 *   No wake-up is lost: a waiter's word is bumped under the stack lock before
 *   anybody asks whether it sleeps, and the sleeper checks the word after
 *   saying how it sleeps.
 *
 * Lock       S: the stack lock.
 */
#ifndef STACK_SOCK_WAIT_H
#define STACK_SOCK_WAIT_H

#include "ground/engine.h"
#include "ground/list.h"

struct epset_member;
struct sock_slot;
struct waiter;

enum watch_kind {
	WATCH_WAITER, /* wake a thread */
	WATCH_MEMBER, /* put an epoll member on its set's ready list */
};

struct watch {
	struct list link; /* [S] readiness.watches */
	uint32_t events;  /* [S] EPOLL bits that fire it */
	uint8_t kind;     /* [I] enum watch_kind */
	bool exclusive;   /* [I] EPOLLEXCLUSIVE, or asleep in accept() */
	uint64_t on;      /* [I] a waiter's: the number it watches; 0: none */
	union {
		struct waiter *waiter;
		struct epset_member *member;
	};
};

struct readiness {
	struct sock_slot *slot; /* [I] holds the level bits */
	struct list watches;    /* [S] */
};

/* How a waiter sleeps; a number from WAITER_BELL on is WAITER_BELL + bell. */
enum { WAITER_AWAKE = 0, WAITER_FUTEX = 1, WAITER_BELL = 2 };

/* One sleeping thread; a block of kind ARENA_WAIT. */
struct waiter {
	uint32_t word;   /* [a] counts wake-ups */
	uint32_t asleep; /* [a] WAITER_*; the waker resets it to AWAKE */
	uint32_t bed;    /* [a] the last WAITER_* that was not AWAKE */
	uint32_t nwatches;
	uint32_t owner;         /* [I] whose thread: see family.h */
	struct watch watches[]; /* one per socket waited for */
};

void readiness_init(struct readiness *r, struct sock_slot *slot);

/*
 * Sets the level bits and fires the watches of what rose, and of `edges`.
 */
void readiness_set(struct readiness *r, uint32_t level, uint32_t edges);

/* Somebody was woken for an event and leaves more than it took, or leaves
 * without taking: the next one who sleeps exclusively, if there is one, is
 * woken. */
void readiness_pass_on(struct readiness *r, uint32_t events);

/* Everybody who watches is woken and taken off: the object goes away. */
void readiness_fini(struct readiness *r);

/* Room for n watches; NULL: no memory. Unlinked watches, awake. */
struct waiter *waiter_new(struct arena *a, size_t n) MUST_CHECK;
/* Unlinks the watches, too. */
void waiter_free(struct arena *a, struct waiter *w);
void waiter_watch(struct waiter *w, size_t i, struct readiness *r,
		  uint32_t events);

/* Bumps the word and notes how to wake it, for wake_fire(). */
void waiter_wake(struct waiter *w);

/* Whoever noted its wake-up may have died before firing it: wakes it again if
 * it was to be woken at all. Harmless otherwise. */
void waiter_wake_again(const struct waiter *w);

/*
 * The wake-ups noted by this thread while it held the lock. take: under the
 * lock, moves them out; fire: after releasing it.
 */
enum { WAKE_MAX = 64 };

struct wakes {
	uint32_t n;
	struct {
		uint32_t *word; /* futex, or NULL */
		uint32_t bell;
	} w[WAKE_MAX];
};

void wakes_take(struct wakes *out);
void wakes_fire(const struct wakes *w);

#endif
