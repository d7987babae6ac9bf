/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * recv.h - blocking receives on our sockets
 *
 * What this room is for
 *   What read(), readv() and recv() have in common: sleep until something is
 *   there, and MSG_WAITALL.
 */
#ifndef SHIM_RECV_H
#define SHIM_RECV_H

#include "ground/shim.h"

/* A count or -errno, as recv(2) and recvmsg(2) on a stack socket. */
ssize_t recv_flat(sock_id s, void *buf, size_t len, int flags);
ssize_t recv_message(sock_id s, struct msghdr *msg, int flags);

#endif
