/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * turn.h - one turn of the engine: in with the lock, out with the news
 *
 * What this room is for
 *   Every call into the stack is a turn: take the lock, set the time, do the
 *   work, settle (timers, answers, looped-back frames, news), release, wake
 *   who is to be woken. This room is the bracket around the work, and the one
 *   place where links are read.
 *
 * Lock       turn_enter() takes the stack lock, turn_leave() releases it.
 */
#ifndef STACK_TURN_H
#define STACK_TURN_H

#include "sock.h"

/* The stack of this process, or NULL before stack_boot(). */
extern struct stack *turn_stack;

/* For tests (NSSHIM_DIE_INSIDE): this many turns on, the process is killed at
 * some instruction of a turn, mostly with the lock held. 0: never. */
extern uint32_t turn_die_after;

/* With the time as given: the driver's and the tests' form. */
struct stack *turn_enter_at(usecs now);
struct stack *turn_enter(void);

/* Settles, releases the lock and wakes. */
void turn_leave(struct stack *st);

/*
 * Settles without releasing: due timers, frames looped back, pending ACKs,
 * news. This is all that a simulation needs to call.
 */
void turn_settle(struct stack *st);

/*
 * Reads at most a batch from every link; true when there may be more. `until`,
 * if not NULL, is a word that ends the batch when it is no longer 0: whoever
 * waits for one frame needs no second look at an empty device.
 */
bool turn_read_links(struct stack *st, const uint32_t *until);

/* When the next timer or held-back frame is due. */
usecs turn_next(struct stack *st);

/* The same for who sleeps until then: not earlier than something is due. */
usecs turn_next_for_sleep(struct stack *st);

#endif
