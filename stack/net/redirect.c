/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * redirect.c - destinations that have a better first hop than the routes say
 *
 * What this room is for
 *   A set-associative cache, as pmtu.c has one: the keyed hash of the
 *   destination names a set of four entries, and the one that expires first
 *   gives way. Anybody on the link can forge a redirect, so there is nothing
 *   here to exhaust, and the hop must be a neighbour.
 *
 * Comes in   icmp4.c, nd_router.c tell; route.c asks.
 * Lock       the stack lock is held.
 * Follows    RFC 1122 3.2.2.2; RFC 4861 8.1, 8.3.
 */
#include "redirect.h"

#include <string.h>

#include "link/iface.h"
#include "ground/log.h"
#include "net.h"
#include "route.h"

enum { WAYS = 4, SETS = LIMIT_REDIRECTS / WAYS };
static_assert((SETS & (SETS - 1)) == 0, "a power of two");

static struct redirect *set_of(struct net *n, const struct inet_addr *dst)
{
	uint64_t hash = rand_siphash(&n->eng->hash_key, dst, sizeof(*dst));

	return &n->redirects.entries[(hash & (SETS - 1)) * WAYS];
}

static bool is_free(const struct redirect *r)
{
	return r->ifindex == 0;
}

static void forget(struct net *n, struct redirect *r)
{
	memset(r, 0, sizeof(*r));
	n->redirects.live--;
}

static void forget_expired(struct net *n, struct redirect *set)
{
	for (int i = 0; i < WAYS; i++) {
		if (!is_free(&set[i]) && set[i].expires <= n->eng->now)
			forget(n, &set[i]);
	}
}

static struct redirect *find(struct redirect *set, const struct iface *ifp,
			     const struct inet_addr *dst)
{
	for (int i = 0; i < WAYS; i++) {
		if (set[i].ifindex == ifp->index &&
		    inet_equal(&set[i].dst, dst))
			return &set[i];
	}
	return NULL;
}

static struct redirect *make(struct net *n, struct redirect *set)
{
	struct redirect *victim = &set[0];

	for (int i = 0; i < WAYS; i++) {
		if (is_free(&set[i])) {
			n->redirects.live++;
			return &set[i];
		}
		if (set[i].expires < victim->expires)
			victim = &set[i];
	}
	return victim;
}

/* Can it be a neighbour that forwards, or the destination itself? */
static bool is_possible_hop(struct iface *ifp, const struct inet_addr *dst,
			    const struct inet_addr *hop)
{
	if (inet_is4(hop) != inet_is4(dst) || inet_is_any(hop) ||
	    inet_is_multicast(hop) || inet_is_loopback(hop) ||
	    iface_is_broadcast(ifp, hop) || net_is_local(ifp->net, hop))
		return false;
	/* RFC 4861 8.1: a router's link-local address, or the target's own. */
	if (!inet_is4(hop))
		return inet_is_link_local(hop) || inet_equal(hop, dst);
	for (uint32_t i = 0; i < ifp->naddrs; i++) {
		if (inet_is4(&ifp->addrs[i].prefix.addr) &&
		    inet_in_prefix(hop, &ifp->addrs[i].prefix))
			return true;
	}
	return false;
}

bool redirect_learn(struct iface *ifp, const struct inet_addr *from,
		    const struct inet_addr *dst, const struct inet_addr *hop)
{
	struct net *n = ifp->net;
	struct redirect *set = set_of(n, dst);
	struct redirect *r;
	struct path path;

	/* RFC 1812 5.2.7.2, RFC 4861 8: a router has its routes. */
	if (n->forwards || inet_is_multicast(dst) || net_is_local(n, dst) ||
	    !is_possible_hop(ifp, dst, hop))
		return false;
	if (route_lookup_on(n, dst, NULL, ifp->index, &path) < 0 ||
	    path.ifp != ifp || !inet_equal(&path.next_hop, from))
		return false;

	forget_expired(n, set);
	r = find(set, ifp, dst);
	if (!r)
		r = make(n, set);
	*r = (struct redirect){*dst, *hop, ifp->index,
			       n->eng->now + LIMIT_REDIRECT_US};
	return true;
}

const struct inet_addr *redirect_find(struct iface *ifp,
				      const struct inet_addr *dst)
{
	struct net *n = ifp->net;
	struct redirect *set, *r;
	struct neigh *hop;

	if (n->redirects.live == 0)
		return NULL;
	set = set_of(n, dst);
	forget_expired(n, set);
	r = find(set, ifp, dst);
	if (!r)
		return NULL;
	hop = neigh_find(&ifp->neigh, &r->hop);
	if (hop && hop->state == NEIGH_FAILED) {
		forget(n, r);
		return NULL;
	}
	return &r->hop;
}
