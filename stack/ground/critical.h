/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * critical.h - no signal handler runs while this thread is inside the stack
 *
 * What this room is for
 *   POSIX lets a handler call send() or close(). One that interrupts its own
 *   thread inside the stack would find the lock taken by itself and the state
 *   half made. Blocking signals costs two system calls an operation (0.35 us of
 *   about 3), so we do what a fast block needs: count the depth here, in
 *   thread-local memory; the shim's trampoline (shim/wait/signal.c), which
 *   stands before every handler of the program, puts a signal aside when the
 *   depth is not 0 and sets `pending`; leaving then calls the hook that
 *   delivers it.
 *
 *   Without a hook (unit tests, the stack thread, which blocks all signals)
 *   it is two additions.
 */
#ifndef STACK_CRITICAL_H
#define STACK_CRITICAL_H

#include "base.h"

struct critical {
	int depth;           /* this thread is inside the stack */
	int pending;         /* the trampoline put a signal aside */
	uint32_t interrupts; /* handlers that have run in this thread */
};

extern __thread struct critical critical
	__attribute__((tls_model("initial-exec")));

/* Delivers what was put aside; set once at start-up, may stay NULL. */
extern void (*critical_deliver)(void);

static inline void critical_enter(void)
{
	critical.depth++;
	__asm__ volatile("" ::: "memory");
}

static inline void critical_leave(void)
{
	__asm__ volatile("" ::: "memory");
	if (--critical.depth == 0 && UNLIKELY(critical.pending))
		critical_deliver();
}

#endif
