/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * host.h - a socket that becomes the kernel's (NSSHIM_HOST)
 *
 * What this room is for
 *   Which network a socket belongs to is known when it gets an address. One
 *   that binds, connects or sends to a prefix left to the host is replaced, at
 *   the same numbers, by a kernel socket with the same options.
 */
#ifndef SHIM_HOST_H
#define SHIM_HOST_H

#include "ground/shim.h"

/* 0, and `fd` is the kernel's; or -errno, and nothing has changed. */
int host_take_over(int fd, sock_id s);

#endif
