/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * route.c - which interface and next hop; which source address
 *
 * What this room is for
 *   A sorted array, longest prefix first and then lowest metric, so that the
 *   first match is the answer; a host has a handful of routes. The prefixes of
 *   interface addresses compete as routes with metric 0.
 *
 * Comes in   ip4.c and the transports ask; stack.c configures.
 * Never      keeps anything about a destination: that is pmtu.c and neigh.c.
 * Lock       the stack lock is held.
 * Follows    RFC 1122 3.3.1, 3.3.4.3 (source address).
 */
#include "route.h"

#include <errno.h>
#include <string.h>

#include "addr_select.h"
#include "link/iface.h"
#include "net.h"
#include "pmtu.h"

/* What won so far. */
struct choice {
	struct iface *ifp;
	struct inet_addr gateway;
	struct inet_addr source; /* that the route prefers, or any */
	int bits;                /* -1: nothing yet */
	uint32_t metric;
};

static bool is_same(const struct route *a, const struct route *b)
{
	return a->dst.bits == b->dst.bits && a->metric == b->metric &&
	       inet_equal(&a->dst.addr, &b->dst.addr);
}

static bool comes_before(const struct route *a, const struct route *b)
{
	if (a->dst.bits != b->dst.bits)
		return a->dst.bits > b->dst.bits;
	return a->metric < b->metric;
}

struct inet_prefix route_network(const struct inet_prefix *p)
{
	struct inet_prefix net = *p;

	net.bits = MIN(net.bits, 128);
	for (int bit = net.bits; bit < 128; bit++)
		net.addr.b[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
	return net;
}

int route_add(struct net *n, const struct route *r)
{
	struct route_table *t = &n->routes;
	struct route new = *r;
	uint32_t at;

	if (r->ifindex == 0 || r->ifindex > n->nifs)
		return -ENODEV;
	new.dst = route_network(&r->dst);
	for (uint32_t i = 0; i < t->count; i++) {
		if (is_same(&t->r[i], &new))
			return -EEXIST;
	}
	if (t->count == LIMIT_ROUTES)
		return -ENOBUFS;

	for (at = t->count; at > 0 && comes_before(&new, &t->r[at - 1]); at--)
		t->r[at] = t->r[at - 1];
	t->r[at] = new;
	t->count++;
	return 0;
}

int route_replace(struct net *n, const struct route *r, bool may_add)
{
	struct route_table *t = &n->routes;
	struct route new = *r;

	new.dst = route_network(&r->dst);
	for (uint32_t i = 0; i < t->count; i++) {
		if (!is_same(&t->r[i], &new))
			continue;
		t->r[i] = new;
		return 0;
	}
	return may_add ? route_add(n, r) : -ENOENT;
}

int route_delete(struct net *n, const struct route *r)
{
	struct route_table *t = &n->routes;
	struct route gone = *r;

	gone.dst = route_network(&r->dst);
	for (uint32_t i = 0; i < t->count; i++) {
		if (!is_same(&t->r[i], &gone))
			continue;
		memmove(&t->r[i], &t->r[i + 1],
			(t->count - i - 1) * sizeof(t->r[0]));
		t->count--;
		return 0;
	}
	return -ESRCH;
}

/* An address we may use, whose prefix is the link's. */
static bool is_onlink(const struct iface_addr *a)
{
	return iface_addr_is_ours(a) && !a->not_onlink;
}

/* Prefixes that lie on the link. The loopback has none but our addresses. */
static void consider_onlink(struct net *n, const struct inet_addr *dst,
			    uint32_t ifindex, struct choice *c)
{
	for (uint32_t i = 1; i < n->nifs; i++) {
		struct iface *ifp = &n->ifs[i];

		if (ifindex && ifp->index != ifindex)
			continue;
		for (uint32_t k = 0; !ifp->is_down && k < ifp->naddrs; k++) {
			const struct inet_prefix *p = &ifp->addrs[k].prefix;

			if (!is_onlink(&ifp->addrs[k]) || p->bits <= c->bits ||
			    !inet_in_prefix(dst, p))
				continue;
			if (inet_is4(&p->addr) != inet_is4(dst))
				continue;
			*c = (struct choice){.ifp = ifp, .bits = p->bits};
		}
	}
}

static void consider_table(struct net *n, const struct inet_addr *dst,
			   uint32_t ifindex, struct choice *c)
{
	for (uint32_t i = 0; i < n->routes.count; i++) {
		const struct route *r = &n->routes.r[i];

		/* Sorted: from here on nothing beats what is on the link. */
		if (r->dst.bits <= c->bits)
			return;
		if (inet_is4(&r->dst.addr) != inet_is4(dst) ||
		    !inet_in_prefix(dst, &r->dst) ||
		    n->ifs[r->ifindex - 1].is_down)
			continue;
		if (ifindex && r->ifindex != ifindex)
			continue;
		c->ifp = &n->ifs[r->ifindex - 1];
		c->gateway = r->gateway;
		c->source = r->source;
		c->bits = r->dst.bits;
		c->metric = r->metric;
		return;
	}
}

/* Multicast and limited broadcast need no route while there is a link. */
static void consider_any_link(struct net *n, const struct inet_addr *dst,
			      uint32_t ifindex, struct choice *c)
{
	for (uint32_t i = 1; i < n->nifs; i++) {
		if (ifindex && n->ifs[i].index != ifindex)
			continue;
		if (!n->ifs[i].is_down && iface_source_for(&n->ifs[i], dst)) {
			*c = (struct choice){.ifp = &n->ifs[i], .bits = 0};
			return;
		}
	}
}

/* Ours to ourselves: through the loopback, whatever interface owns it. */
static void loop_path(struct net *n, const struct inet_addr *dst,
		      struct path *out)
{
	out->ifp = &n->ifs[0];
	out->next_hop = *dst;
	out->mtu = n->ifs[0].mtu;
	if (inet_is4(dst))
		out->mtu = MIN(out->mtu, (uint32_t)UINT16_MAX);
	out->source = *dst;
	if (inet_is4(dst) && inet_is_loopback(dst))
		out->source = inet_from4(ip4_make(127, 0, 0, 1));
}

/* What routers say is on the link (RFC 4861 6.3.4). */
static void consider_advertised(struct net *n, const struct inet_addr *dst,
				uint32_t ifindex, struct choice *c)
{
	const struct nd_onlink *o;

	if (inet_is4(dst))
		return;
	o = nd_router_onlink(n, dst, ifindex);
	if (o && (int)o->prefix.bits > c->bits &&
	    !n->ifs[o->ifindex - 1].is_down)
		*c = (struct choice){.ifp = &n->ifs[o->ifindex - 1],
				     .bits = o->prefix.bits};
}

/* Without a route of our own, a router that has announced itself. */
static void consider_routers(struct net *n, const struct inet_addr *dst,
			     uint32_t ifindex, struct choice *c)
{
	const struct nd_router *r;

	if (inet_is4(dst) || c->ifp || inet_is_link_local(dst))
		return;
	r = nd_router_choose(n, ifindex);
	if (r && !n->ifs[r->ifindex - 1].is_down)
		*c = (struct choice){.ifp = &n->ifs[r->ifindex - 1],
				     .gateway = r->addr};
}

/* The first hop: the gateway, or what a redirect put in its place. */
static struct inet_addr hop_of(const struct choice *c,
			       const struct inet_addr *dst)
{
	const struct inet_addr *better;

	if (inet_is_any(&c->gateway))
		return *dst;
	better = redirect_find(c->ifp, dst);
	return better ? *better : c->gateway;
}

static int wire_path(struct net *n, const struct inet_addr *dst,
		     uint32_t ifindex, struct path *out)
{
	struct choice c = {.bits = -1};
	const struct inet_addr *source;
	bool to_many = inet_is_multicast(dst) || inet_is_broadcast4(dst);

	if (!to_many) {
		consider_onlink(n, dst, ifindex, &c);
		consider_advertised(n, dst, ifindex, &c);
	}
	if (!to_many || inet_is4(dst) || !ifindex)
		consider_table(n, dst, ifindex, &c);
	if (!c.ifp && to_many)
		consider_any_link(n, dst, ifindex, &c);
	if (!to_many)
		consider_routers(n, dst, ifindex, &c);
	if (!c.ifp)
		return -ENETUNREACH;

	out->ifp = c.ifp;
	out->next_hop = to_many ? *dst : hop_of(&c, dst);
	source = &c.source;
	/* By the destination (RFC 6724), for a gateway of IPv6 has a link-local
	 * address. */
	if (inet_is_any(source) || !net_is_local(n, source))
		source = inet_is4(dst) ? iface_source_for(c.ifp, &out->next_hop)
				       : addr_select(n, c.ifp, dst);
	if (!source)
		return -ENETUNREACH;
	out->source = *source;
	out->mtu = pmtu_get(&n->pmtu, dst, c.ifp->mtu);
	return 0;
}

int route_lookup(struct net *n, const struct inet_addr *dst,
		 const struct inet_addr *src, struct path *out)
{
	return route_lookup_on(n, dst, src, 0, out);
}

int route_lookup_on(struct net *n, const struct inet_addr *dst,
		    const struct inet_addr *src, uint32_t ifindex,
		    struct path *out)
{
	bool has_src = src && !inet_is_any(src);
	int err;

	if (has_src && !net_is_local(n, src))
		return -EADDRNOTAVAIL;
	if (n->nifs == 0)
		return -ENETUNREACH;

	if (net_is_local(n, dst)) {
		loop_path(n, dst, out);
	} else {
		if (inet_is_loopback(dst) || inet_is_any(dst))
			return -ENETUNREACH;
		if (has_src && inet_is_loopback(src))
			return -EINVAL;
		err = wire_path(n, dst, ifindex, out);
		if (err)
			return err;
	}
	if (has_src)
		out->source = *src;
	return 0;
}
