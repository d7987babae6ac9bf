/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * keep.h - starts the keeper of our stack
 *
 * What this room is for
 *   The keeper (keeper.c) is a program of its own beside the library. It is
 *   started with the first socket, and for a stack with a name at once. To the
 *   program it does not exist: it is no child of it, no signal tells of it, it
 *   is in no process group and no session of the program's, and it holds none
 *   of its descriptors.
 */
#ifndef SHIM_KEEP_H
#define SHIM_KEEP_H

#include "ground/shim.h"

/* Finds the keeper's program, while the working directory is the one that the
 * library's path is relative to. Once, in the constructor. */
void keep_find(void);

/* Starts one for this stack; `with_lifeline`: it shall live as long as any
 * process of the stack. Its process number, or -errno. */
int keep_start(bool with_lifeline);

#endif
