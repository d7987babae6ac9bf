/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * driver.h - who reads the clock, polls links and steps the engine
 *
 * What this room is for
 *   Who waits, drives: a thread that is about to sleep until a socket is ready
 *   takes the driver's slot, polls the link itself and steps the engine, so
 *   that an arriving frame wakes the thread that wants it and nobody else (a
 *   hop to another thread costs 2 to 20 us, more than the protocol work of a
 *   small request). When nobody waits, the stack thread drives.
 *
 *   There is one slot per process. Its states and who may leave them:
 *     FREE         anybody may take it;
 *     THREAD_POLL  the stack thread sleeps in poll: an application thread may
 *                  take the slot from it, unasked;
 *     THREAD_TURN  the stack thread works: leave it alone;
 *     APP          an application thread drives until it has what it wants.
 *
 *   The stack thread, having lost the slot, stands by: it naps while
 *   application threads come and go all the time, and sleeps for good while one
 *   of them is parked in poll, or back there soon each time (guard.h). So an
 *   idle process makes no wake-ups at all.
 *
 * Lock       the slot is an atomic; steps run under the stack lock.
 */
#ifndef STACK_DRIVER_H
#define STACK_DRIVER_H

#include <poll.h>
#include <signal.h>

#include "ground/base.h"
#include "socket/sock_wait.h"

struct stack;

/* The only clock: monotonic microseconds. */
usecs driver_now(void);

/* Wall clock less monotonic, now. */
uint64_t driver_wall_offset(void);

/* Starts the stack thread, once per process. 0 or -errno. */
int driver_start(void) MUST_CHECK;

/* What sleeping threads will need, before no more can be had. */
void driver_stock(void);

/* In a forked child: no thread runs here yet, and nobody holds the slot. */
void driver_after_fork_in_child(void);

enum { DRIVER_FEW = 40, DRIVER_SCRATCH = 16 };

/*
 * What a sleep needs. The waiter's word was set to 0 under the lock after its
 * watches were linked; kernel entries are answered in place.
 *
 * A driver takes the lock before it sleeps and when it has been woken anyway:
 * `begin` and `end` are what its caller wants to have done there, and save two
 * turns of each blocking call.
 */
struct driver_sleep {
	/* Optional, in the first turn, once: makes the waiter. 0; 1: something
	 * is ready already; -errno. */
	int (*begin)(struct driver_sleep *s, struct stack *st);
	/* Optional, in a turn that woke the waiter: may free it, and sets it
	 * to NULL then. */
	void (*end)(struct driver_sleep *s, struct stack *st);
	struct waiter *waiter;
	struct pollfd *kernel; /* beside the waiter, or NULL */
	size_t nkernel;
	struct pollfd *scratch; /* room for nkernel + DRIVER_SCRATCH entries;
				   may be NULL for up to DRIVER_FEW */
	usecs deadline;         /* USECS_NEVER: none */
	const sigset_t *mask;   /* as ppoll(2), or NULL */
	bool for_one;           /* one socket: stop at the frame that wakes */
	uint32_t since;         /* stack_interrupts() when the call began */
};

/*
 * Sleeps until the waiter is woken or a kernel entry is ready (0), -ETIMEDOUT,
 * -EINTR. May drive the engine meanwhile. A cancellation point: when the
 * thread is cancelled here, the slot and the bell are given back.
 */
int driver_sleep(struct driver_sleep *s) MUST_CHECK;

/* See stack_interrupt(). In a signal handler. */
void driver_interrupt(void);

/*
 * Under the lock, at the end of a turn: must the sleeping driver hear that the
 * next deadline is `next`? Then driver_nudge() after releasing it.
 */
bool driver_must_hear_of(usecs next);
void driver_nudge(void);

/*
 * Keeps the stack thread out of the engine; waits until its turn is over. False
 * when an application thread drives: that one cannot be kept.
 */
bool driver_hold(void) MUST_CHECK;
void driver_let_go(void);

/* The driver's promise was a dead process's: this one makes it its own. */
void driver_inherit(void);

/* One step without sleeping, if the slot can be had: reads what is there. */
void driver_poke(void);

/*
 * For a process that never has a stack thread (keeper.c): one step, and the
 * promise that who hears bell number `bell` looks again at the time returned.
 * `read`: the links, too; links writes what to poll for them, and how many.
 */
usecs driver_step(bool read, uint32_t bell);
size_t driver_links(struct pollfd *fds);

#endif
