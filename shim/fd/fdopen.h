/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * fdopen.h - stdio on stack sockets
 *
 * What this room is for
 *   libc's stdio reads and writes with calls of its own, which only find the
 *   descriptor that holds our number. Streams on stack sockets are therefore
 *   cookie streams that use our read() and write().
 */
#ifndef SHIM_FDOPEN_H
#define SHIM_FDOPEN_H

/* A program that inherits a stack socket as 0, 1 or 2 (as inetd's do) gets
 * stdin, stdout or stderr to match. Once, at the end of start-up. */
void fdopen_adopt_standard(void);

/* The number `fd` has just become a stack socket: when it is 0, 1 or 2 its
 * stream follows, for good, because a cookie stream goes wherever its number
 * leads. What was printed and not yet written is kept; stdin with something
 * unread stays as it is. */
void fdopen_redirect(int fd);

/* Before the sockets are closed at the end of the process: libc would write
 * what is left in the streams after that. Takes no lock, as exit() does not. */
void fdopen_flush(void);

#endif
