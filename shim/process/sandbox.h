/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sandbox.h - a seccomp filter that lets the stack work
 *
 * What this room is for
 *   Programs give up system calls they do not need (sshd before a client has
 *   proved who it is). A filter written for the kernel's TCP/IP allows read()
 *   on a connection; ours needs a handful of other calls for it. The program's
 *   filter therefore gets a head: a system call that is in our list and was
 *   made by the code of this library is allowed; the program's filter decides
 *   about all others, as before.
 *
 *   What the sandbox gives away by this: whoever has taken over the program
 *   may jump to our instructions. They cannot open files or sockets other than
 *   AF_UNIX ones, cannot execute, and cannot signal anybody else.
 *
 * Never      loosens a filter that was installed before the library came.
 */
#ifndef SHIM_SANDBOX_H
#define SHIM_SANDBOX_H

#include <linux/filter.h>
#include <stddef.h>

/* Instructions of the head, at most. */
enum { SANDBOX_HEAD_MAX = 64 };

/*
 * Writes the head, for code from `begin` to `end`, into `out`. How many
 * instructions; 0: none can be written, and the filter stays as it is.
 */
size_t sandbox_head(struct sock_filter out[SANDBOX_HEAD_MAX], const void *begin,
		    const void *end);

/* Where the code of this library is. 0 or -ENOENT. */
int sandbox_own_code(const void **begin, const void **end);

/*
 * The bytes that `theirs` with a head needs, 0: it is taken as it is; and the
 * copy, in that room. Afterwards nothing is to be freed, for that may be
 * forbidden by then.
 */
size_t sandbox_room(const struct sock_fprog *theirs);
struct sock_fprog sandbox_extend(const struct sock_fprog *theirs, void *room);

#endif
