/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * thread.h - a thread of the stack's own
 *
 * What this room is for
 *   The program does not know of it: it takes no signals, and it is never in
 *   the middle of its creation when the program makes a process by a bare
 *   clone(2). glibc in such a child would wait for it for ever in setuid(2).
 *
 *   glibc repeats setuid(2) and its kin in every thread, and aborts when they
 *   fail in one and not in another. What decides that, capabilities and
 *   whether they are kept, the kernel counts for each thread: where the
 *   program has changed it for its own, ours must be like that, too.
 *
 * Never      keeps a right that the program has given up.
 * Follows    capabilities(7), nptl(7).
 */
#ifndef STACK_THREAD_H
#define STACK_THREAD_H

/* Returns when the thread runs: 0, or -errno. Nobody joins it. */
int thread_start(void *(*run)(void *), void *arg);

/* Makes a system call in each of our threads as well, and returns when all have
 * made it. Of two callers at once, one is left out. */
void thread_repeat(long nr, long a, long b, long c, long d, long e);

/* They are the parent's. */
void thread_after_fork_in_child(void);

#endif
