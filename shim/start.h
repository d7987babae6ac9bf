/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * start.h - is there a stack for this process?
 *
 * What this room is for
 *   The constructor makes it; a program that was exec'd by one which holds the
 *   stack's device gets another try with its first socket.
 */
#ifndef SHIM_START_H
#define SHIM_START_H

/* Before a socket is made. 0, or -ENETDOWN: there is no stack for this
 * process, and a line on stderr has said why. Starts up when a constructor of
 * another library was earlier than ours; exits when that fails. */
int start_stack(void);

#endif
