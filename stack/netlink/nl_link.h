/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * nl_link.h - interfaces over netlink: RTM_GETLINK, RTM_NEWLINK, RTM_SETLINK
 *
 * What this room is for
 *   Shows interfaces as `ip link` wants them, and changes what can be changed:
 *   up and down, MTU, hardware address. Interfaces are neither made nor
 *   removed: a link is a device of the process that opened it.
 *
 * Lock       the stack lock is held.
 * Follows    rtnetlink(7), netdevice(7).
 */
#ifndef STACK_NL_LINK_H
#define STACK_NL_LINK_H

#include "nl_request.h"

bool nl_link_dump(struct nl_ask *ask, struct nl_cursor *c, struct nl_buf *out);
int nl_link_get(struct nl_ask *ask, struct nl_buf *out) MUST_CHECK;
int nl_link_change(struct nl_ask *ask) MUST_CHECK;

/* One message about `ifp`; false when it did not fit. */
bool nl_link_put(struct nl_buf *out, const struct nl_ask *ask, uint16_t type,
		 const struct iface *ifp);

/* IFF_UP and its relations, as netdevice(7) has them. */
unsigned int nl_link_flags(const struct iface *ifp);

/* The interface of that number; NULL: none. */
struct iface *nl_link_by_index(struct stack *st, uint32_t index);

/* May the interface have that MTU? */
bool nl_link_has_mtu(const struct iface *ifp, uint32_t mtu);

/* RTM_GETNSID: the stack knows no other namespace, so none has a number. */
int nl_link_get_nsid(struct nl_ask *ask, struct nl_buf *out) MUST_CHECK;
bool nl_link_dump_nsid(struct nl_ask *ask, struct nl_cursor *c,
		       struct nl_buf *out);

#endif
