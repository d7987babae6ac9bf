/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * route.h - which interface and next hop; which source address
 *
 * What this room is for
 *   Longest prefix, then lowest metric. Own addresses and 127/8 lead to the
 *   loopback interface. On-link prefixes follow from interface addresses.
 *
 * Lock       the stack lock is held.
 * Follows    RFC 1122 3.3.1.
 */
#ifndef STACK_ROUTE_H
#define STACK_ROUTE_H

#include "link/inet.h"
#include "ground/limits.h"

struct iface;
struct net;

struct route {
	struct inet_prefix dst;   /* network part only */
	struct inet_addr gateway; /* any: on-link */
	uint32_t ifindex;         /* of the way out */
	uint32_t metric;          /* lower wins */
	struct inet_addr source;  /* ours to prefer; any: as the link says */
	uint8_t protocol; /* who made it, as rtnetlink(7) numbers them */
};

struct route_table {
	struct route r[LIMIT_ROUTES]; /* [S] longest prefix first */
	uint32_t count;               /* [S] */
};

/* What a lookup found: copy, valid for this turn. */
struct path {
	struct iface *ifp;         /* way out */
	struct inet_addr next_hop; /* gateway or the destination itself */
	struct inet_addr source;   /* ours, if the caller has none */
	uint32_t mtu;              /* of the path, pmtu.h considered */
};

/* 0, -EEXIST, -ENOBUFS. */
int route_add(struct net *n, const struct route *r) MUST_CHECK;

/* As route_add, but what has the same prefix and metric goes; when there is
 * none it is added with `may_add`, else -ENOENT. */
int route_replace(struct net *n, const struct route *r,
		  bool may_add) MUST_CHECK;

/* 0, -ESRCH. */
int route_delete(struct net *n, const struct route *r) MUST_CHECK;

/* The network part of an address with a prefix length. */
struct inet_prefix route_network(const struct inet_prefix *p);

/*
 * `src` may be NULL or any. 0, -ENETUNREACH (no route), -EADDRNOTAVAIL (src is
 * not ours), -EINVAL (a loopback source towards the wire).
 */
int route_lookup(struct net *n, const struct inet_addr *dst,
		 const struct inet_addr *src, struct path *out) MUST_CHECK;

/* As above, but only out of interface `ifindex` unless it is 0 (the scope of a
 * link-local address, SO_BINDTODEVICE). Our own addresses loop anyway. */
int route_lookup_on(struct net *n, const struct inet_addr *dst,
		    const struct inet_addr *src, uint32_t ifindex,
		    struct path *out) MUST_CHECK;

#endif
