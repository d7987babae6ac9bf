/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * nl_diag.h - sockets over netlink: SOCK_DIAG_BY_FAMILY, as ss(8) asks
 *
 * What this room is for
 *   Tells the state of every TCP and UDP socket, with what was asked for:
 *   TCP_INFO, congestion control, memory. Other families are ENOENT, like a
 *   kernel without that module: ss then reads what there is in /proc/net.
 *
 * Lock       the stack lock is held.
 * Follows    sock_diag(7).
 */
#ifndef STACK_NL_DIAG_H
#define STACK_NL_DIAG_H

#include "nl_request.h"

/* 0, or why there can be no such dump: -ENOENT, -EINVAL. */
int nl_diag_check(struct nl_ask *ask) MUST_CHECK;
bool nl_diag_dump(struct nl_ask *ask, struct nl_cursor *c, struct nl_buf *out);
int nl_diag_get(struct nl_ask *ask, struct nl_buf *out) MUST_CHECK;

/* SOCK_DESTROY, as `ss -K`: the connection is reset, its program gets
 * ECONNABORTED. */
int nl_diag_destroy(struct nl_ask *ask) MUST_CHECK;

#endif
