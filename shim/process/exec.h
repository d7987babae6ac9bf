/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * exec.h - our sockets and the next program
 *
 * What this room is for
 *   The environment carries the preload and the stack from one program to the
 *   next, also through programs that build a clean one; sockets come along as
 *   descriptors, or end with the old program when they are close-on-exec.
 */
#ifndef SHIM_EXEC_H
#define SHIM_EXEC_H

/* Copies what the environment says of us. Once, when the stack is known. */
void exec_remember(void);

/* The NSSHIM_ variables among it, as an environment for a helper of ours. */
char *const *exec_settings(void);

/* In the new program: finds the sockets that came along, and closes those that
 * did not and that nobody else holds. */
void exec_adopt(void);

#endif
