/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * holder.h - the kernel descriptor that holds our socket's number
 *
 * What this room is for
 *   Every stack socket is a real descriptor, so that numbers, limits, dup,
 *   CLOEXEC, fork and descriptor passing keep the kernel's own rules: an
 *   AF_UNIX socket, because it is S_IFSOCK for fstat() and has an inode of its
 *   own, which is the identity of the socket in the stack. It is a
 * SOCK_SEQPACKET one that is never connected, because that refuses what goes to
 * the kernel by mistake, read() too, with ENOTCONN; a datagram socket would
 * wait for ever.
 *
 *   Once other processes may have copies, the holder is bound to an abstract
 *   name. While any copy is open anywhere, or in flight, that name is taken;
 *   when it is free, the last close has happened.
 *
 * Never      calls libc; safe in handlers and vfork children.
 */
#ifndef SHIM_HOLDER_H
#define SHIM_HOLDER_H

#include "ground/shim.h"

/* A new one; flags are SOCK_CLOEXEC or 0. The descriptor or -errno. */
int holder_open(int flags);

/* One that was not needed after all. */
void holder_drop(int fd);

/* Ties an open holder to its socket, in the stack and in the table. 0, or
 * -errno and then the holder is closed. */
int holder_tie(int fd, sock_id s);

/* The inode of a descriptor that is a socket. 0; -ENOTSOCK; -EBADF. */
int holder_inode(int fd, uint64_t *inode);

/* Draws the family's number, so that parent and child have the same. */
void holder_draw_key(void);

/* Gives it its name, before a copy goes to another process. 0 or -errno. */
int holder_name(int fd, sock_id s);

/* Does anybody anywhere still hold it? True when that cannot be known. */
bool holder_is_held(sock_id s);

#endif
