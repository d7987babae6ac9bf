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
#include <stddef.h>

/* Registers the handlers and remembers who we are. */
void fork_start(void);

/* Does the process that shares the stack with us by having forked us live? */
bool fork_has_parent(void);

/* A process of its own is about to be made, which will have copies of all our
 * descriptors; not in a vfork child. */
void fork_before(void);

/* 1 in the process that made it and its vfork children, 0 in a child that no
 * handler was called in; NULL: none to be had. [I] but for fork_become_child().
 */
extern volatile char *fork_page;
void fork_become_child(void);

/* One load: is this a child of _Fork or clone that has not been told? */
static inline void fork_notice(void)
{
	if (__builtin_expect(fork_page != NULL && !*fork_page, 0))
		fork_become_child();
}

/* One system call; ask only when something of ours is about to change. */
bool fork_is_vfork_child(void);

#endif
