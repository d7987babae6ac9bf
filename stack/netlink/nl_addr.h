/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * nl_addr.h - addresses over netlink: RTM_GETADDR, RTM_NEWADDR, RTM_DELADDR
 *
 * What this room is for
 *   Shows the addresses of the stack's interfaces, adds and removes them. A
 *   connection from an address that is removed stays and can send no more, as
 *   in Linux: its retransmissions end it.
 *
 * Lock       the stack lock is held.
 * Follows    rtnetlink(7).
 */
#ifndef STACK_NL_ADDR_H
#define STACK_NL_ADDR_H

#include "nl_request.h"

bool nl_addr_dump(struct nl_ask *ask, struct nl_cursor *c, struct nl_buf *out);
int nl_addr_add(struct nl_ask *ask) MUST_CHECK;
int nl_addr_delete(struct nl_ask *ask) MUST_CHECK;

/* One message about an address; false when it did not fit. */
bool nl_addr_put(struct nl_buf *out, const struct nl_ask *ask, uint16_t type,
		 const struct iface *ifp, const struct iface_addr *a);

/* IFA_F_PERMANENT and its relations. */
uint32_t nl_addr_flags(const struct iface *ifp, const struct iface_addr *a);

/* Linux: an IPv4 address whose network another one had first. */
bool nl_addr_is_secondary(const struct iface *ifp, const struct inet_prefix *p);

#endif
