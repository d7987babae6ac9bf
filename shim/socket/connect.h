/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * connect.h - connecting, for a send that does it on the way
 *
 * What this room is for
 *   See connect.c.
 */
#ifndef SHIM_CONNECT_H
#define SHIM_CONNECT_H

#include "ground/shim.h"

/* connect(2) on one of our sockets; it waits unless the socket is non-blocking
 * or `flags` has MSG_DONTWAIT. 0 or -errno. */
int connect_ours(sock_id s, const struct sockaddr *addr, socklen_t len,
		 int flags);

#endif
