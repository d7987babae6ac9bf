/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * send.h - blocking sends on our sockets
 *
 * What this room is for
 *   What write(), writev(), sendfile() and send() have in common: go on until
 *   everything is taken, SIGPIPE, and a count instead of an error once
 *   something was taken.
 */
#ifndef SHIM_SEND_H
#define SHIM_SEND_H

#include "ground/shim.h"

/* A count or -errno, as send(2) and sendmsg(2) on a stack socket. */
ssize_t send_flat(sock_id s, const void *buf, size_t len, int flags);
ssize_t send_message(sock_id s, const struct msghdr *msg, int flags);

#endif
