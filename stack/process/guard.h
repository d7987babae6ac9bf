/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * guard.h - wakes the stack thread, unless its program comes back in time
 *
 * What this room is for
 *   A thread of the program that waits, drives; when it leaves to serve a
 *   request it is back in a moment, mostly. Somebody has to look after the
 *   links if it is not. Waking the stack thread each time, so that it may see,
 *   costs more than the request. So the stack thread sleeps on a timer
 *   (timerfd), which who leaves starts and who comes back stops.
 *
 *   Nothing is lost when several do that at once, as long as it is stopped by
 *   holders of the driver's slot only, and started by those who have given the
 *   slot back: a timer started too much wakes the stack thread once for
 *   nothing. One started too little there is not: who finds it started gave
 *   the slot back before the stack thread, once woken, looks at the slot. Who
 *   shall be woken at once is woken, whoever starts or stops it meanwhile.
 *
 * Never      tells why it woke.
 * Lock       none; members are atomics.
 * Proved by  guard_test.c driver_test.c integration/herd.sh
 */
#ifndef STACK_GUARD_H
#define STACK_GUARD_H

#include "ground/base.h"

enum guard_state { GUARD_STOPPED, GUARD_STARTED, GUARD_WAKES };

/* One for each process. */
struct guard {
	int fd;    /* 0: not open */
	int state; /* enum guard_state */
};

/* 0 or -errno. */
int guard_open(struct guard *g) MUST_CHECK;

/* Also of one that was never opened; in a forked child, too. */
void guard_close(struct guard *g);

/* Until the timer is over; at once if it was, and nobody has slept since. */
void guard_sleep(struct guard *g);

/* False when it was started already: then it is over earlier. */
bool guard_start(struct guard *g, usecs how_long);
void guard_stop(struct guard *g);

/* Wakes who sleeps, or will, whether it was started or not; nobody stops it. */
void guard_wake(struct guard *g);

#endif
