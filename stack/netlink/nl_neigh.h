/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * nl_neigh.h - neighbours over netlink: RTM_GETNEIGH, RTM_NEWNEIGH,
 * RTM_DELNEIGH
 *
 * What this room is for
 *   Shows the neighbour caches of the interfaces, enters what the program knows
 *   (for ever, or as if it had been learned) and forgets what it asks to.
 *
 * Lock       the stack lock is held.
 * Follows    rtnetlink(7), arp(7).
 */
#ifndef STACK_NL_NEIGH_H
#define STACK_NL_NEIGH_H

#include "nl_request.h"

bool nl_neigh_dump(struct nl_ask *ask, struct nl_cursor *c, struct nl_buf *out);
int nl_neigh_get(struct nl_ask *ask, struct nl_buf *out) MUST_CHECK;
int nl_neigh_add(struct nl_ask *ask) MUST_CHECK;
int nl_neigh_delete(struct nl_ask *ask) MUST_CHECK;

/* One message about a neighbour; false when it did not fit. */
bool nl_neigh_put(struct nl_buf *out, const struct nl_ask *ask, uint16_t type,
		  const struct iface *ifp, const struct neigh *n);

/* NUD_REACHABLE and its relations. */
uint16_t nl_neigh_state(const struct neigh *n);

#endif
