/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * pidfds.h - process descriptors: hearing of the end of the family's processes
 *
 * What this room is for
 *   A process descriptor becomes readable when its process ends, even before
 *   anybody has waited for it. One for each entry of the family that this
 *   process watches; undertaker.c does so, or, when no process lives that
 *   could, keeper.c.
 *
 * Lock       none: one thread of a process watches.
 * Follows    pidfd_open(2).
 */
#ifndef STACK_PIDFDS_H
#define STACK_PIDFDS_H

#include <poll.h>

#include "ground/base.h"
#include "ground/limits.h"

/* Watches the process `pid` of entry i; nothing is done when it is watched
 * already. False: it is gone. One that cannot be watched counts as alive. */
bool pidfds_watch(uint32_t i, int pid) MUST_CHECK;

void pidfds_forget(uint32_t i);

/* Has the process that is watched for entry i ended? Does not sleep. */
bool pidfds_has_ended(uint32_t i);

/* What to sleep on: writes LIMIT_FAMILY - 1 of them at most, and into who[k],
 * unless it is NULL, the entry that fds[k] is for. Returns how many. */
nfds_t pidfds_list(struct pollfd *fds, uint32_t *who);

/* In a forked child: it watches nobody. */
void pidfds_after_fork_in_child(void);

#endif
