/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * nl_route.h - routes over netlink: RTM_GETROUTE, RTM_NEWROUTE, RTM_DELROUTE
 *
 * What this room is for
 *   Shows the routing table as the two tables that Linux has, main and local:
 *   what follows from the addresses of the interfaces is told as the kernel's
 *   own routes. Adds and removes routes of table main, and answers
 *   `ip route get`. There is one policy: local, main, default.
 *
 * Lock       the stack lock is held.
 * Follows    rtnetlink(7), ip-route(8).
 */
#ifndef STACK_NL_ROUTE_H
#define STACK_NL_ROUTE_H

#include "nl_request.h"

bool nl_route_dump(struct nl_ask *ask, struct nl_cursor *c, struct nl_buf *out);
bool nl_route_dump_rules(struct nl_ask *ask, struct nl_cursor *c,
			 struct nl_buf *out);
int nl_route_get(struct nl_ask *ask, struct nl_buf *out) MUST_CHECK;
int nl_route_add(struct nl_ask *ask) MUST_CHECK;
int nl_route_delete(struct nl_ask *ask) MUST_CHECK;

/* A route that routers have told of, as rtnetlink(7) has it. */
struct nl_advertised {
	struct route r;
	int8_t preference;
	usecs until; /* USECS_NEVER: for ever */
};

enum { NL_ADVERTISED = LIMIT_ND_ROUTERS + LIMIT_ND_ROUTES };

/* The i-th of NL_ADVERTISED places; false: it is empty. */
bool nl_route_advertised(const struct net *n, uint64_t i,
			 struct nl_advertised *out);

/* The route to its neighbours that an address makes; false: none. */
bool nl_route_network(const struct iface *ifp, const struct iface_addr *a,
		      struct route *out);

/* One message about a route of table main; false when it did not fit. */
bool nl_route_put(struct nl_buf *out, const struct nl_ask *ask, uint16_t type,
		  const struct route *r);

#endif
