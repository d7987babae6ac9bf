/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * start.h - is there a stack for this process?
 *
 * What this room is for
 *   The constructor only makes sure that there can be one; it is made with the
 *   first socket of the process.
 */
#ifndef SHIM_START_H
#define SHIM_START_H

/* Before a socket is made. 0, or -ENETDOWN: there is no stack for this
 * process, and a line on stderr has said why. */
int start_stack(void);

#endif
