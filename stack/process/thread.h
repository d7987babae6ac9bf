/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * thread.h - a thread of the stack's own
 *
 * What this room is for
 *   The program does not know of it: it takes no signals, and it is never in
 * the middle of its creation when the program makes a process by a bare
 * clone(2). glibc in such a child would wait for it for ever in setuid(2).
 */
#ifndef STACK_THREAD_H
#define STACK_THREAD_H

/* Returns when the thread runs: 0, or -errno. Nobody joins it. */
int thread_start(void *(*run)(void *), void *arg);

#endif
