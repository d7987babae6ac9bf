/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * nd_route.h - what routers say about where prefixes are
 *
 * What this room is for
 *   Prefixes that are on the link, and prefixes that a router knows the way
 *   to, each for as long as was said. Default routers are nd_router.h's. They
 *   expire when somebody looks, so that they need no timer.
 *
 * Lock       the stack lock is held.
 * Follows    RFC 4861 6.3.4; RFC 4191 2.3, 3.1, 3.2.
 */
#ifndef STACK_ND_ROUTE_H
#define STACK_ND_ROUTE_H

#include "ground/limits.h"
#include "link/inet.h"

struct iface;
struct net;

struct nd_route {
	struct inet_prefix prefix; /* [S] network part only */
	struct inet_addr router;   /* [S] link-local; any: on the link */
	uint32_t ifindex;          /* [S] 0: free */
	int8_t preference;         /* [S] -1 low, 0 medium, 1 high */
	usecs until;               /* [S] USECS_NEVER: for ever */
};

struct nd_routes {
	struct nd_route r[LIMIT_ND_ROUTES]; /* [S] */
	uint32_t used; /* [S] places behind these have always been free */
};

/* RFC 4191 2.1: of two bits; 10 means medium. */
int8_t nd_route_preference(uint32_t bits);

/* Learns `r`, or of one that is known the new times; what has no time left is
 * forgotten. When the table is full, what is in it stays. */
void nd_route_learn(struct net *n, const struct nd_route *r);

/* That router leads nowhere any more. */
void nd_route_forget(struct net *n, uint32_t ifindex,
		     const struct inet_addr *router);

/* The route to `dst`, out of `ifindex` unless that is 0: by routers that are
 * not dead first, then the longest, then by preference. NULL: none. */
const struct nd_route *nd_route_find(struct net *n, const struct inet_addr *dst,
				     uint32_t ifindex);

/* Is there, and its time not over? */
bool nd_route_is_valid(const struct net *n, const struct nd_route *r);

#endif
