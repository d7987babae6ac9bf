/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_scarce.h - who may still queue data when memory is scarce
 *
 * What this room is for
 *   From ARENA_ROOM_TIGHT on a writer with data of its own in the queue has to
 *   wait until that is gone, and one with none may queue a little; when only
 *   the reserve is left everybody waits. Nobody hears of an error: memory comes
 *   back as peers acknowledge and programs read. Only tcp*.c may include it.
 */
#ifndef STACK_TCP_SCARCE_H
#define STACK_TCP_SCARCE_H

#include "tcp_priv.h"

/* How many of `room` bytes may be queued now; 0: wait. */
size_t tcp_scarce_space(const struct tcp_conn *c, size_t room);

/* Got less than was asked for want of memory: not writable until told. */
void tcp_scarce_wait(struct tcp_conn *c);

/* Something was acknowledged: may it write again? */
void tcp_scarce_on_output(struct tcp_conn *c);

/* End of a turn: with more memory than before, those who wait try again. */
void tcp_scarce_settle(struct tcp *t);

#endif
