/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * own.h - the descriptors that are the stack's own business
 *
 * What this room is for
 *   Programs close every number they can think of. The few that belong to the
 *   stack (its device, its memory) are not theirs: close() says -EBADF as if
 *   nothing were there, ranges are closed around them, and a number that the
 *   program claims with dup2() is given up.
 */
#ifndef SHIM_OWN_H
#define SHIM_OWN_H

#include "ground/shim.h"

/* One per waiting thread, and a few. */
enum { OWN_MAX = 1024 };

bool own_has(int fd);

/* Writes them in ascending order; returns how many. */
size_t own_list(int fds[OWN_MAX]);

/* The program wants this number: move away. 0 or -errno. */
int own_give_up(int fd);

#endif
