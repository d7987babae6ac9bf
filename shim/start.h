/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * start.h - is there a stack for this process?
 *
 * What this room is for
 *   The constructor makes or joins one; where it could not because another
 *   process of the family holds the device, the first socket tries again.
 */
#ifndef SHIM_START_H
#define SHIM_START_H

/* Before a socket is made. 0, or -ENETDOWN: there is no stack for this
 * process, and a line on stderr has said why. */
int start_stack(void);

#endif
