/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * nd_route.c - what routers say about where prefixes are
 *
 * What this room is for
 *   A small table that is walked. Whoever floods does so with new prefixes,
 *   and finds it full.
 *
 * Comes in   nd_router.c learns, route.c asks.
 * Lock       the stack lock is held.
 * Follows    RFC 4861 6.3.4; RFC 4191 2.1, 3.1, 3.2.
 */
#include "nd_route.h"

#include "net.h"

int8_t nd_route_preference(uint32_t bits)
{
	switch (bits & 3) {
	case 1:
		return 1;
	case 3:
		return -1;
	default:
		return 0;
	}
}

bool nd_route_is_valid(const struct net *n, const struct nd_route *r)
{
	return r->ifindex != 0 && r->until > n->eng->now;
}

static bool is_same(const struct nd_route *a, const struct nd_route *b)
{
	return a->ifindex == b->ifindex && a->prefix.bits == b->prefix.bits &&
	       inet_equal(&a->prefix.addr, &b->prefix.addr) &&
	       inet_equal(&a->router, &b->router);
}

/* The one that is `r` already, else one that is free; NULL: all are in use. */
static struct nd_route *place_for(struct net *n, const struct nd_route *r)
{
	struct nd_route *free_one = NULL;

	uint32_t i;

	for (i = 0; i < n->nd_routes.used; i++) {
		struct nd_route *at = &n->nd_routes.r[i];

		if (at->ifindex && is_same(at, r))
			return at;
		if (!free_one && !nd_route_is_valid(n, at))
			free_one = at;
	}
	if (free_one || i == LIMIT_ND_ROUTES)
		return free_one;
	n->nd_routes.used = i + 1;
	return &n->nd_routes.r[i];
}

void nd_route_learn(struct net *n, const struct nd_route *r)
{
	struct nd_route new = *r, *at;

	new.prefix = route_network(&r->prefix);
	at = place_for(n, &new);
	if (!at)
		return;
	/* Whoever is killed in the middle leaves a free place. */
	at->ifindex = 0;
	list_fence();
	at->prefix = new.prefix;
	at->router = new.router;
	at->preference = new.preference;
	at->until = new.until;
	list_fence();
	at->ifindex = new.ifindex;
}

void nd_route_forget(struct net *n, uint32_t ifindex,
		     const struct inet_addr *router)
{
	for (size_t i = 0; i < n->nd_routes.used; i++) {
		struct nd_route *r = &n->nd_routes.r[i];

		if (r->ifindex == ifindex && inet_equal(&r->router, router))
			r->ifindex = 0;
	}
}

static bool is_dead(struct net *n, const struct nd_route *r)
{
	return neigh_is_dead(&n->ifs[r->ifindex - 1].neigh, &r->router);
}

/* RFC 4191 3.2: a dead router's way is the last resort. */
static bool is_better(struct net *n, const struct nd_route *a,
		      const struct nd_route *b)
{
	bool a_dead = is_dead(n, a);
	bool b_dead = is_dead(n, b);

	if (a_dead != b_dead)
		return a_dead;
	if (a->prefix.bits != b->prefix.bits)
		return b->prefix.bits > a->prefix.bits;
	/* On the link is nearer than behind a router. */
	if (inet_is_any(&a->router) != inet_is_any(&b->router))
		return inet_is_any(&b->router);
	return b->preference > a->preference;
}

const struct nd_route *nd_route_find(struct net *n, const struct inet_addr *dst,
				     uint32_t ifindex)
{
	const struct nd_route *best = NULL;

	for (size_t i = 0; i < n->nd_routes.used; i++) {
		const struct nd_route *r = &n->nd_routes.r[i];

		if (!nd_route_is_valid(n, r) ||
		    (ifindex && r->ifindex != ifindex) ||
		    !inet_in_prefix(dst, &r->prefix))
			continue;
		if (!best || is_better(n, best, r))
			best = r;
	}
	return best;
}
