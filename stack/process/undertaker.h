/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * undertaker.h - noticing that a process of the family is gone
 *
 * What this room is for
 *   Once there may be more than one process, each has a thread for this. One of
 *   them, the holder of a robust lock, sleeps on the others' process
 *   descriptors, and buries whoever ends; the rest sleep on the lock, and the
 *   kernel gives it to one of them when its holder dies. So an idle family
 *   makes no wake-ups, and a death is noticed at once, however it came.
 *
 *   After a death the promise of the driver may have been the dead one's, and a
 *   frame may wait that only it was woken for: the undertaker makes its own
 *   process look.
 *
 * Lock       none of the caller's.
 */
#ifndef STACK_UNDERTAKER_H
#define STACK_UNDERTAKER_H

#include "ground/base.h"

/* Starts the thread, once per process. Not in a child's fork handler. */
void undertaker_start(void);

/* Somebody has come: whoever does the work shall look at the family. */
void undertaker_tell(void);

/* In a forked child: no thread runs here yet. */
void undertaker_after_fork_in_child(void);

#endif
