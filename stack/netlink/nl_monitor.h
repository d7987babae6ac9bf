/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * nl_monitor.h - what was changed, told to those who listen (`ip monitor`)
 *
 * What this room is for
 *   A change is told to the group that rtnetlink(7) has for it. Nothing is
 *   composed when nobody has joined. What has changed, nl_watch.c finds.
 *
 * Lock       the stack lock is held.
 * Follows    rtnetlink(7), ip-monitor(8).
 */
#ifndef STACK_NL_MONITOR_H
#define STACK_NL_MONITOR_H

#include "nl_request.h"

/* `type`: RTM_NEWADDR or RTM_DELADDR, and so on. */
void nl_monitor_link(struct stack *st, const struct iface *ifp);
void nl_monitor_addr(struct stack *st, uint16_t type, const struct iface *ifp,
		     const struct iface_addr *a);
void nl_monitor_route(struct stack *st, uint16_t type, const struct route *r);
void nl_monitor_neigh(struct stack *st, uint16_t type, const struct iface *ifp,
		      const struct neigh *n);

#endif
