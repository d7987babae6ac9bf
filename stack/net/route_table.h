/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * route_table.h - the routes that somebody has added
 *
 * What this room is for
 *   Routes lie in slots, each with an in-use mark that one store sets or
 *   clears: whoever is killed inside leaves a route that is there or not, and
 *   never half of one. The order, longest prefix first and then lowest metric,
 *   is derived, and made anew after a death.
 *
 * Lock       the stack lock is held.
 * Follows    rtnetlink(7) in its numbers.
 */
#ifndef STACK_ROUTE_TABLE_H
#define STACK_ROUTE_TABLE_H

#include "ground/limits.h"
#include "link/inet.h"

struct net;

/* What becomes of a packet; numbered as in rtnetlink(7). */
enum route_type {
	ROUTE_UNICAST = 0, /* RTN_UNICAST is 1: what is not said is this */
	ROUTE_BLACKHOLE = 6,
	ROUTE_UNREACHABLE = 7,
	ROUTE_PROHIBIT = 8,
};

struct route {
	struct inet_prefix dst;   /* network part only */
	struct inet_addr gateway; /* any: on-link */
	uint32_t ifindex;         /* of the way out; 0 when there is none */
	uint32_t metric;          /* lower wins */
	struct inet_addr source;  /* ours to prefer; any: as the link says */
	uint8_t protocol; /* who made it, as rtnetlink(7) numbers them */
	uint8_t type;     /* enum route_type */
};

/* One slot to spare, for the new one while the old one is replaced. */
enum { ROUTE_SLOTS = LIMIT_ROUTES + 1 };

struct route_table {
	struct {
		struct route r;
		bool is_used;
	} slot[ROUTE_SLOTS];        /* [S] */
	uint8_t order[ROUTE_SLOTS]; /* [S] derived: the best first */
	uint32_t count;             /* [S] derived */
};

/* Route number `i` of t->count, longest prefix first, then lowest metric. */
static inline const struct route *route_at(const struct route_table *t,
					   uint32_t i);

/* As lists have them: the shortest prefix first, and then the lowest metric,
 * which many programs take for the default route. `i` is below t->count. */
const struct route *route_listed(const struct route_table *t, uint32_t i);

/* 0, -EEXIST, -ENOBUFS, -ENODEV; a unicast route has an interface. */
int route_add(struct net *n, const struct route *r) MUST_CHECK;

/* As route_add, but what has the same prefix and metric goes; when there is
 * none it is added with `may_add`, else -ENOENT. */
int route_replace(struct net *n, const struct route *r,
		  bool may_add) MUST_CHECK;

/* What has the same prefix and metric goes. 0, -ESRCH. */
int route_delete(struct net *n, const struct route *r) MUST_CHECK;

/* After a death inside. */
void route_table_rebuild(struct route_table *t);

/* The network part of an address with a prefix length. */
struct inet_prefix route_network(const struct inet_prefix *p);

/* Inline bodies. */

static inline const struct route *route_at(const struct route_table *t,
					   uint32_t i)
{
	return &t->slot[t->order[i]].r;
}

#endif
