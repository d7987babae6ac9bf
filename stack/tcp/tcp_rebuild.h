/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_rebuild.h - connections after a process was killed inside
 *
 * What this room is for
 *   Three steps of recovery (recover.c): claim what the conns hold, derive
 *   tables, lists and timers from them, and end those that cannot go on.
 *
 * Lock       the stack lock is held, inherited.
 */
#ifndef STACK_TCP_REBUILD_H
#define STACK_TCP_REBUILD_H

#include "tcp.h"

/* Claims all conns with what they point to. None has an owner afterwards. */
void tcp_claim(struct tcp *t);

/* Before the sweep: is that a conn, which the program has not closed? */
bool tcp_is_kept(const struct tcp *t, const struct tcp_conn *c);

/* Ports, TIME-WAIT, queues, timers, and lists of those with work to do. */
void tcp_rebuild(struct tcp *t);

/*
 * The owners are known again, and frames may be sent: resets the conn that was
 * being changed, those whose data did not survive, and those that nobody
 * knows.
 */
void tcp_rebuild_end(struct tcp *t);

#endif
