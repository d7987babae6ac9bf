/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sock_rebuild.h - sockets, epoll sets and sleepers after a death inside
 *
 * What this room is for
 *   The socket floor's part of recovery (recover.c), in its three steps.
 *
 * Lock       the stack lock is held, inherited.
 */
#ifndef STACK_SOCK_REBUILD_H
#define STACK_SOCK_REBUILD_H

#include "sock.h"

/* Claims slots, sockets with their pcbs, sets, members and waiters. */
void sock_claim(struct stack *st);

/* Free slots, inodes, watches, and whom the transports' news are for. */
void sock_rebuild(struct stack *st);

/* Everybody looks once more: readiness anew, every level an edge, every
 * sleeper awake. */
void sock_rebuild_end(struct stack *st);

#endif
