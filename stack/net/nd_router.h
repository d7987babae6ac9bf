/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * nd_router.h - what routers say: who they are, what the link is like
 *
 * What this room is for
 *   The default routers and their lifetimes, and the way of an advertisement
 *   to those whom its parts concern. Routers expire when somebody looks, so
 *   that they need no timer.
 *
 * Lock       the stack lock is held.
 * Follows    RFC 4861 6.1.2, 6.3, 8; RFC 4191 2.1, 3.2 (preference).
 */
#ifndef STACK_ND_ROUTER_H
#define STACK_ND_ROUTER_H

#include "ground/drop.h"
#include "link/inet.h"
#include "ground/limits.h"

struct iface;
struct net;
struct pkt;

struct nd_router {
	struct inet_addr addr; /* [S] link-local */
	uint32_t ifindex;      /* [S] 0: free */
	int8_t preference;     /* [S] -1 low, 0 medium, 1 high */
	usecs until;           /* [S] */
};

struct nd_routers {
	struct nd_router routers[LIMIT_ND_ROUTERS]; /* [S] */
};

/* ICMPv6, hop limit and code checked: p->l3 at the IPv6 header, data at the
 * ICMPv6 header. */
enum verdict nd_router_input(struct iface *ifp, struct pkt *p);
enum verdict nd_router_redirect(struct iface *ifp, struct pkt *p);

/* `a` says that it is no router (any more). */
void nd_router_gone(struct iface *ifp, const struct inet_addr *a);

/* Is there, and its time not over? */
bool nd_router_is_valid(const struct net *n, const struct nd_router *r);

/*
 * The default router to use, out of `ifindex` unless that is 0: those that are
 * not known to be dead first, then by preference. NULL: there is none.
 */
const struct nd_router *nd_router_choose(struct net *n, uint32_t ifindex);

#endif
