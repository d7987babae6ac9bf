/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * route.h - which interface and next hop; which source address
 *
 * What this room is for
 *   Longest prefix, then lowest metric. Own addresses and 127/8 lead to the
 *   loopback interface. On-link prefixes follow from interface addresses. A
 *   gateway that does not answer is passed over while there is another one.
 *
 * Lock       the stack lock is held.
 * Follows    RFC 1122 3.3.1, 3.3.4.2; RFC 4861 6.3.6.
 */
#ifndef STACK_ROUTE_H
#define STACK_ROUTE_H

#include "link/inet.h"
#include "route_table.h"

struct iface;
struct net;

/* What a lookup found: copy, valid for this turn. */
struct path {
	struct iface *ifp;         /* way out */
	struct inet_addr next_hop; /* gateway or the destination itself */
	struct inet_addr source;   /* ours, if the caller has none */
	uint32_t mtu;              /* of the path, pmtu.h considered */
};

/*
 * `src` may be NULL or any; a link that has it is preferred. 0, -ENETUNREACH
 * (no route), -EADDRNOTAVAIL (src is not ours), -EINVAL (a loopback source
 * towards the wire, or a blackhole route), -EHOSTUNREACH, -EACCES (what routes
 * of these types say).
 */
int route_lookup(struct net *n, const struct inet_addr *dst,
		 const struct inet_addr *src, struct path *out) MUST_CHECK;

/* As above, but only out of interface `ifindex` unless it is 0 (the scope of a
 * link-local address, SO_BINDTODEVICE). Our own addresses loop anyway. */
int route_lookup_on(struct net *n, const struct inet_addr *dst,
		    const struct inet_addr *src, uint32_t ifindex,
		    struct path *out) MUST_CHECK;

/*
 * The way of a packet that is another host's: as above without a source of
 * ours, and without one in *out. -ENOENT: the destination is this host.
 */
int route_lookup_through(struct net *n, const struct inet_addr *dst,
			 struct path *out) MUST_CHECK;

/*
 * Could the best route to `src` lead out of `ifindex`? RFC 3704 2.3: then a
 * packet from there may come in by it.
 */
bool route_is_feasible(struct net *n, const struct inet_addr *src,
		       uint32_t ifindex);

#endif
