/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * engine.h - what every room of the stack stands on
 *
 * What this room is for
 *   The arena, the time of this turn, the timers, the random numbers, the
 *   counters and the news: one struct that each floor's state points to, so
 *   that no room needs to know the whole stack.
 *
 * Turns      A turn is one call into the stack: a batch of frames, due timers,
 *            or a socket call, each with its time. `now` is set when the turn
 *            begins and does not move during it. Nothing below stack.c reads
 *            a clock.
 *
 * News       A lower floor never calls the socket floor. It leaves bits in an
 *            object's struct news, and the socket floor collects them at the
 *            end of the turn.
 *
 * Letters used in all of stack/:
 *   I  immutable after creation     S  the stack lock
 *   a  atomic                       P  private to this process
 */
#ifndef STACK_ENGINE_H
#define STACK_ENGINE_H

#include "arena.h"
#include "list.h"
#include "lock.h"
#include "rand.h"
#include "stats.h"
#include "timer.h"

/* What happened to a transport object in this turn. */
enum news_bits {
	NEWS_READABLE = 1 << 0,     /* bytes or a datagram arrived */
	NEWS_WRITABLE = 1 << 1,     /* send space came back */
	NEWS_CONNECTED = 1 << 2,    /* the handshake is complete */
	NEWS_ACCEPTABLE = 1 << 3,   /* a connection can be accepted */
	NEWS_END_OF_INPUT = 1 << 4, /* the peer's FIN was reached */
	NEWS_URGENT = 1 << 5,       /* urgent data is pending */
	NEWS_ERROR = 1 << 6,        /* the object's error was set */
	NEWS_CLOSED = 1 << 7,       /* both directions are over */
};

struct news {
	struct list link; /* [S] engine->news while bits != 0 */
	uint32_t bits;    /* [S] enum news_bits */
	void *owner;      /* [S] the socket floor's object; NULL: no listener */
};

struct engine {
	struct lock lock;         /* the stack lock */
	struct arena *arena;      /* [I] */
	usecs now;                /* [S] time of this turn */
	struct timer_heap timers; /* [S] */
	struct rand rand;         /* [S] */
	struct rand_key hash_key; /* [I] for tables */
	struct stats stats;       /* [S] */
	struct list news;         /* [S] struct news with bits set */
	uint32_t listeners;       /* [S] packet sockets that want frames */
	uint32_t packets;         /* [S] serial numbers given, for the log */
	uint32_t cause;           /* [S] of the packet that is looked at; 0 */
};

void engine_init(struct engine *e, struct arena *arena,
		 const struct rand_key *seed);
void engine_fini(struct engine *e);

/* After a death inside: no timers and no news; the other rooms bring theirs. */
void engine_rebuild(struct engine *e);

void news_init(struct news *n);

/* Without an owner nobody listens, and nothing is left. */
void news_leave(struct engine *e, struct news *n, uint32_t bits);

/* Takes it off the list and forgets the owner. */
void news_forget(struct news *n);

/*
 * uthash in the arena, with a keyed hash. A function that adds to or deletes
 * from a table must have `struct engine *eng` in scope; out of memory leaves
 * the object out, and HASH_FIND then tells.
 */
#define HASH_NONFATAL_OOM 1
#define uthash_malloc(size) arena_alloc(eng->arena, size, ARENA_TABLE)
#define uthash_free(ptr, size) arena_free(eng->arena, ptr)
#define HASH_FUNCTION(key, len, hashv)                                         \
	((hashv) = (unsigned)rand_siphash(&eng->hash_key, key, len))

#endif
