/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * timer.h - a heap of timers; told the time, never asks
 *
 * What this room is for
 *   A binary heap of intrusive timers in the arena. What a timer means is its
 *   kind, an enum: no function pointer lies in the arena. stack.c pops what is
 *   due and calls the room that the kind names.
 *
 *   Room in the heap is reserved when the timer's object is made, so arming
 *   can never fail.
 *
 * Lock       the stack lock is held.
 */
#ifndef STACK_TIMER_H
#define STACK_TIMER_H

#include "arena.h"
#include "base.h"

enum timer_kind {
	TIMER_NONE,
	TIMER_TCP,    /* in struct tcp_conn: the earliest of its list */
	TIMER_NEIGH,  /* in struct neigh */
	TIMER_REASM,  /* in a datagram being put together */
	TIMER_PMTU,   /* in a path MTU entry */
	TIMER_IFACE,  /* address probes and announcements */
	TIMER_MCAST,  /* in struct net: reports of groups */
	TIMER_DHCP4,  /* in struct dhcp4 */
	TIMER_AUTO6,  /* in struct auto6 */
	TIMER_DHCP6,  /* in struct dhcp6 */
	TIMER_IPV4LL, /* in struct ipv4ll */
	TIMER_RING,   /* of a packet socket */
	TIMER_TRIM,   /* in struct stack: memory may go back; turn.c */
	TIMER_TEST,   /* unit tests */
};

struct timer {
	usecs when;    /* [S] due at; meaningless while stopped */
	uint32_t slot; /* [S] 1 + index in the heap; 0 while stopped */
	uint8_t kind;  /* [I] enum timer_kind */
};

struct timer_heap {
	struct arena *arena;  /* [I] */
	struct timer **slots; /* [S] heap ordered by when */
	uint32_t count;       /* [S] armed */
	uint32_t reserved;    /* [S] timers that exist */
	uint32_t capacity;    /* [S] of slots */
};

void timer_heap_init(struct timer_heap *h, struct arena *arena);
void timer_heap_fini(struct timer_heap *h);

/*
 * After a death inside, when the heap's block is gone: empty and without
 * places. Each timer that exists then gets a place again, stopped.
 */
void timer_heap_rebuild(struct timer_heap *h);
void timer_rebuild(struct timer_heap *h, struct timer *t);

/* Makes a stopped timer and reserves its place. 0 or -ENOBUFS. */
int timer_init(struct timer_heap *h, struct timer *t,
	       enum timer_kind kind) MUST_CHECK;
void timer_fini(struct timer_heap *h, struct timer *t);

/* Arms or moves. `when` in the past is allowed: it is due at once. */
void timer_start(struct timer_heap *h, struct timer *t, usecs when);
void timer_stop(struct timer_heap *h, struct timer *t);
static inline bool timer_is_armed(const struct timer *t);

/* Removes and returns the earliest timer with when <= now; NULL if none. */
struct timer *timer_pop_due(struct timer_heap *h, usecs now);

/* USECS_NEVER when nothing is armed. */
usecs timer_next(const struct timer_heap *h);

/* The one that is due first, or NULL. It stays where it is. */
struct timer *timer_first(const struct timer_heap *h);

/* Inline bodies. */

static inline bool timer_is_armed(const struct timer *t)
{
	return t->slot != 0;
}

#endif
