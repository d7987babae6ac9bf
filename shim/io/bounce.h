/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * bounce.h - buffers for data on its way between the kernel and the stack
 *
 * What this room is for
 *   sendfile() and splice() read from a descriptor before the stack copies.
 *   Threads have small stacks, fresh memory costs a fault per page, and a file
 *   that is mapped instead can be truncated by others or be read from the disk
 *   while the stack lock is held. So a few buffers are kept, and stay hot.
 */
#ifndef SHIM_BOUNCE_H
#define SHIM_BOUNCE_H

enum { BOUNCE_BYTES = 64 << 10 };

/* NULL: no memory. Safe in signal handlers. */
char *bounce_get(void);
void bounce_put(char *buf);

#endif
