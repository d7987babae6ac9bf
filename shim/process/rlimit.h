/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * rlimit.h - limits that leave room for the stack
 *
 * What this room is for
 *   The arena reserves address space that the program never asked for.
 */
#ifndef SHIM_RLIMIT_H
#define SHIM_RLIMIT_H

/* Before the arena is mapped: raises an inherited RLIMIT_AS by what it takes.
 * 0, or -EPERM when the hard limit is in the way. */
int rlimit_make_room(void);

#endif
