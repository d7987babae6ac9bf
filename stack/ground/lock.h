/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * lock.h - the stack lock: process-shared, robust, short
 *
 * What this room is for
 *   One compare-and-swap when uncontended. When the holder was killed, the
 *   next one gets the lock and is told, so that stack.c can repair.
 *
 * Never      is held while sleeping or waiting for I/O readiness.
 */
#ifndef STACK_LOCK_H
#define STACK_LOCK_H

#include <pthread.h>

#include "base.h"
#include "must.h"

#if defined(__clang__)
#define LOCK_TYPE __attribute__((capability("mutex")))
#else
#define LOCK_TYPE
#endif

struct LOCK_TYPE lock {
	pthread_mutex_t mutex;
};

enum lock_taken {
	LOCK_CLEAN,     /* nothing happened */
	LOCK_INHERITED, /* the last holder died inside: repair, then go on */
};

/* Once per arena. */
void lock_init(struct lock *l);

enum lock_taken lock_take(struct lock *l) MUST_CHECK;
/* Without waiting; false: somebody alive holds it. */
bool lock_try(struct lock *l, enum lock_taken *taken) MUST_CHECK;
void lock_release(struct lock *l);

/* Does the calling thread hold it? */
bool lock_is_mine(const struct lock *l);

#define MUST_HOLD(l) MUST(lock_is_mine(l))

#endif
