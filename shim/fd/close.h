/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * close.h - closing from inside the shim
 *
 * What this room is for
 *   The range form, which syscall() and the end of the process need, too.
 */
#ifndef SHIM_CLOSE_H
#define SHIM_CLOSE_H

#include "fdtab.h"

/* Closes one of our descriptors. 0 or -errno, never -EINTR. */
int close_ours(int fd, fdtab_word word);

/* close_range(2); 0 or -errno. */
int close_all(unsigned int first, unsigned int last, int flags);

#endif
