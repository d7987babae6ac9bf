/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * lock.c - the stack lock: process-shared, robust, short
 *
 * What this room is for
 *   Wraps a robust process-shared mutex and remembers, per thread, which locks
 *   the thread holds. That memory is thread-local and of the initial-exec
 *   kind: no allocation and no call into the dynamic linker, so that it works
 *   in a signal handler.
 *
 * Never      sleeps while anything but another holder's short section lasts.
 * Follows    pthread_mutexattr_setrobust(3).
 */
#include "lock.h"

#include <errno.h>

/* The stack lock, the driver's lock, and room for a test's second stack. */
enum { HELD_MAX = 4 };

static __thread const struct lock *held[HELD_MAX]
	__attribute__((tls_model("initial-exec")));

static void remember(const struct lock *l)
{
	for (int i = 0; i < HELD_MAX; i++) {
		if (!held[i]) {
			held[i] = l;
			return;
		}
	}
	MUST(!"one thread holds too many locks");
}

static void forget(const struct lock *l)
{
	for (int i = 0; i < HELD_MAX; i++) {
		if (held[i] == l) {
			held[i] = NULL;
			return;
		}
	}
	MUST(!"releases a lock that it does not hold");
}

bool lock_is_mine(const struct lock *l)
{
	for (int i = 0; i < HELD_MAX; i++) {
		if (held[i] == l)
			return true;
	}
	return false;
}

void lock_init(struct lock *l)
{
	pthread_mutexattr_t attr;

	MUST(pthread_mutexattr_init(&attr) == 0);
	MUST(pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED) == 0);
	MUST(pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST) == 0);
	MUST(pthread_mutex_init(&l->mutex, &attr) == 0);
	pthread_mutexattr_destroy(&attr);
}

/* What a successful or orphaned lock of the mutex means. */
static enum lock_taken took(struct lock *l, int err)
{
	enum lock_taken taken = LOCK_CLEAN;

	if (UNLIKELY(err == EOWNERDEAD)) {
		MUST(pthread_mutex_consistent(&l->mutex) == 0);
		taken = LOCK_INHERITED;
		err = 0;
	}
	MUST(err == 0);

	remember(l);
	return taken;
}

enum lock_taken lock_take(struct lock *l)
{
	MUST(!lock_is_mine(l));
	return took(l, pthread_mutex_lock(&l->mutex));
}

bool lock_try(struct lock *l, enum lock_taken *taken)
{
	int err;

	MUST(!lock_is_mine(l));
	err = pthread_mutex_trylock(&l->mutex);
	if (err == EBUSY)
		return false;
	*taken = took(l, err);
	return true;
}

void lock_release(struct lock *l)
{
	/* Forgotten first: from the unlock on, another thread may own it. */
	forget(l);
	MUST(pthread_mutex_unlock(&l->mutex) == 0);
}
