/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * fork.h - which process is this?
 *
 * What this room is for
 *   A child of fork has our table and the stack; a child of vfork runs in its
 *   parent's memory with descriptors of its own, until it execs or exits, and
 *   must change nothing.
 */
#ifndef SHIM_FORK_H
#define SHIM_FORK_H

#include <stdbool.h>

/* Registers the handlers and remembers who we are. */
void fork_start(void);

/* Does the process that shares the stack with us by having forked us live? */
bool fork_has_parent(void);

/* One system call; ask only when something of ours is about to change. */
bool fork_is_vfork_child(void);

#endif
