/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * route.c - which interface and next hop; which source address
 *
 * What this room is for
 *   The first match of the sorted table is the answer. The prefixes of
 *   interface addresses compete as routes with metric 0.
 *
 *   Who has a source already is sent out of the link that has it, as long as
 *   there is a way: on a host with several links, a connection then stays with
 *   the router that its packets come from.
 *
 * Comes in   ip4.c and the transports ask.
 * Never      keeps anything about a destination: that is pmtu.c and neigh.c.
 * Lock       the stack lock is held.
 * Follows    RFC 1122 3.3.1, 3.3.4.2 (several links), 3.3.4.3 (source
 *            address); RFC 4861 6.3.6 (gateways that do not answer).
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
	struct iface *ifp; /* NULL: nothing yet, or what `type` says */
	struct inet_addr gateway;
	struct inet_addr source; /* that the route prefers, or any */
	int bits;                /* -1: nothing yet */
	uint8_t type;            /* enum route_type */
};

/* What may win. */
struct question {
	struct net *n;
	const struct inet_addr *dst;
	uint32_t ifindex; /* the only way out; 0: any */
	bool dead_too;    /* gateways that do not answer */
};

/* An address we may use, whose prefix is the link's. */
static bool is_onlink(const struct iface_addr *a)
{
	return iface_addr_is_ours(a) && iface_addr_is_routed(a);
}

/* Prefixes that lie on the link. The loopback has none but our addresses. */
static void consider_onlink(const struct question *q, struct choice *c)
{
	for (uint32_t i = 1; i < q->n->nifs; i++) {
		struct iface *ifp = &q->n->ifs[i];

		if (q->ifindex && ifp->index != q->ifindex)
			continue;
		for (uint32_t k = 0; !ifp->is_down && k < ifp->naddrs; k++) {
			const struct inet_prefix *p = &ifp->addrs[k].prefix;

			if (!is_onlink(&ifp->addrs[k]) || p->bits <= c->bits ||
			    !inet_in_prefix(q->dst, p))
				continue;
			if (inet_is4(&p->addr) != inet_is4(q->dst))
				continue;
			*c = (struct choice){.ifp = ifp, .bits = p->bits};
		}
	}
}

/* May the route be taken, as far as links and gateways go? */
static bool is_usable(const struct question *q, const struct route *r)
{
	struct iface *ifp;

	if (r->type != ROUTE_UNICAST)
		return true;
	ifp = &q->n->ifs[r->ifindex - 1];
	if (ifp->is_down || (q->ifindex && r->ifindex != q->ifindex))
		return false;
	return q->dead_too || inet_is_any(&r->gateway) ||
	       !neigh_is_dead(&ifp->neigh, &r->gateway);
}

static void consider_table(const struct question *q, struct choice *c)
{
	const struct route_table *t = &q->n->routes;

	for (uint32_t i = 0; i < t->count; i++) {
		const struct route *r = route_at(t, i);

		/* Sorted: from here on nothing beats what is on the link. */
		if (r->dst.bits <= c->bits)
			return;
		if (inet_is4(&r->dst.addr) != inet_is4(q->dst) ||
		    !inet_in_prefix(q->dst, &r->dst) || !is_usable(q, r))
			continue;
		*c = (struct choice){.gateway = r->gateway,
				     .source = r->source,
				     .bits = r->dst.bits,
				     .type = r->type};
		if (r->type == ROUTE_UNICAST)
			c->ifp = &q->n->ifs[r->ifindex - 1];
		return;
	}
}

/* Multicast and limited broadcast need no route while there is a link. The
 * loopback is one for who names it; Linux has no such route for IPv6. */
static void consider_any_link(const struct question *q, struct choice *c)
{
	uint32_t first = q->ifindex && inet_is4(q->dst) ? 0 : 1;

	for (uint32_t i = first; i < q->n->nifs; i++) {
		struct iface *ifp = &q->n->ifs[i];

		if (q->ifindex && ifp->index != q->ifindex)
			continue;
		if (!ifp->is_down && iface_source_for(ifp, q->dst)) {
			*c = (struct choice){.ifp = ifp, .bits = 0};
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

/* What routers say is on the link, or behind them (RFC 4861 6.3.4). */
static void consider_advertised(const struct question *q, struct choice *c)
{
	const struct nd_route *r;
	struct iface *ifp;

	if (inet_is4(q->dst))
		return;
	r = nd_route_find(q->n, q->dst, q->ifindex);
	if (!r || (int)r->prefix.bits <= c->bits)
		return;
	ifp = &q->n->ifs[r->ifindex - 1];
	if (ifp->is_down ||
	    (!q->dead_too && neigh_is_dead(&ifp->neigh, &r->router)))
		return;
	*c = (struct choice){
		.ifp = ifp, .gateway = r->router, .bits = r->prefix.bits};
}

/* Without a route of our own, a router that has announced itself. */
static void consider_routers(const struct question *q, struct choice *c)
{
	struct net *n = q->n;
	const struct nd_router *r;

	if (inet_is4(q->dst) || c->bits >= 0 || inet_is_link_local(q->dst))
		return;
	r = nd_router_choose(n, q->ifindex);
	if (!r || n->ifs[r->ifindex - 1].is_down ||
	    (!q->dead_too &&
	     neigh_is_dead(&n->ifs[r->ifindex - 1].neigh, &r->addr)))
		return;
	*c = (struct choice){
		.ifp = &n->ifs[r->ifindex - 1], .gateway = r->addr, .bits = 0};
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

/* To one host. */
static void choose_one(const struct question *q, struct choice *c)
{
	*c = (struct choice){.bits = -1};
	consider_onlink(q, c);
	consider_advertised(q, c);
	consider_table(q, c);
	consider_routers(q, c);
}

static void choose_many(const struct question *q, struct choice *c)
{
	*c = (struct choice){.bits = -1};
	if (inet_is4(q->dst) || !q->ifindex)
		consider_table(q, c);
	if (!c->ifp)
		consider_any_link(q, c);
}

/* Gateways that do not answer are better than none. */
static bool choose(struct net *n, const struct inet_addr *dst, uint32_t ifindex,
		   struct choice *c)
{
	struct question q = {n, dst, ifindex, false};

	if (inet_is_multicast(dst) || inet_is_broadcast4(dst)) {
		choose_many(&q, c);
		return c->bits >= 0;
	}
	choose_one(&q, c);
	if (c->bits < 0) {
		q.dead_too = true;
		choose_one(&q, c);
	}
	return c->bits >= 0;
}

/* The link that has the source: that of the address, if it is on a wire. */
static uint32_t link_of(const struct net *n, const struct inet_addr *src)
{
	for (uint32_t i = 1; i < n->nifs; i++) {
		if (iface_owns(&n->ifs[i], src))
			return n->ifs[i].index;
	}
	return 0;
}

/* What a route that leads nowhere says (ip-route(8)). */
static int error_of(uint8_t type)
{
	switch ((enum route_type)type) {
	case ROUTE_BLACKHOLE:
		return -EINVAL;
	case ROUTE_UNREACHABLE:
		return -EHOSTUNREACH;
	case ROUTE_PROHIBIT:
		return -EACCES;
	case ROUTE_UNICAST:
		break;
	}
	return 0;
}

/* By the destination (RFC 6724), for a gateway of IPv6 has a link-local
 * address. */
static const struct inet_addr *source_of(struct net *n, const struct choice *c,
					 const struct inet_addr *dst,
					 const struct inet_addr *next_hop)
{
	if (!inet_is_any(&c->source) && net_is_local(n, &c->source))
		return &c->source;
	return inet_is4(dst) ? iface_source_for(c->ifp, next_hop)
			     : addr_select(n, c->ifp, dst);
}

static int wire_path(struct net *n, const struct inet_addr *dst,
		     const struct inet_addr *src, uint32_t ifindex,
		     struct path *out)
{
	uint32_t link = src && !ifindex && n->nifs > 2 ? link_of(n, src) : 0;
	bool to_many = inet_is_multicast(dst) || inet_is_broadcast4(dst);
	const struct inet_addr *source;
	struct choice c;

	if (!(link && choose(n, dst, link, &c)) && !choose(n, dst, ifindex, &c))
		return -ENETUNREACH;
	if (c.type != ROUTE_UNICAST)
		return error_of(c.type);

	out->ifp = c.ifp;
	out->next_hop = to_many ? *dst : hop_of(&c, dst);
	source = source_of(n, &c, dst, &out->next_hop);
	if (!source)
		return -ENETUNREACH;
	out->source = *source;
	out->mtu = pmtu_get(&n->pmtu, dst, iface_mtu(c.ifp, dst));
	return 0;
}

int route_lookup_through(struct net *n, const struct inet_addr *dst,
			 struct path *out)
{
	struct choice c;

	if (net_is_local(n, dst))
		return -ENOENT;
	if (!choose(n, dst, 0, &c))
		return -ENETUNREACH;
	if (c.type != ROUTE_UNICAST)
		return error_of(c.type);
	*out = (struct path){.ifp = c.ifp,
			     .next_hop =
				     inet_is_any(&c.gateway) ? *dst : c.gateway,
			     .mtu = c.ifp->mtu};
	return 0;
}

/* RFC 3927 2.7: no router gets anything from an address that we made. One that
 * was configured is the administrator's affair, as in Linux. */
static bool needs_router_in_vain(const struct path *p,
				 const struct inet_addr *dst)
{
	const struct inet_addr *made;

	if (!inet_is4(dst) || !inet_is_link_local(&p->source) ||
	    inet_equal(&p->next_hop, dst))
		return false;
	made = ipv4ll_address(p->ifp);
	return made && inet_equal(made, &p->source);
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

	/* An address that was lost, mostly; the errno is Linux's. */
	if (has_src && !net_is_local(n, src))
		return inet_is4(src) ? -ENETUNREACH : -EADDRNOTAVAIL;
	if (n->nifs == 0)
		return -ENETUNREACH;

	if (net_is_local(n, dst)) {
		loop_path(n, dst, out);
	} else {
		if (inet_is_loopback(dst) || inet_is_any(dst))
			return -ENETUNREACH;
		if (has_src && inet_is_loopback(src))
			return -EINVAL;
		err = wire_path(n, dst, has_src ? src : NULL, ifindex, out);
		if (err)
			return err;
	}
	if (has_src)
		out->source = *src;
	return needs_router_in_vain(out, dst) ? -ENETUNREACH : 0;
}

bool route_is_feasible(struct net *n, const struct inet_addr *src,
		       uint32_t ifindex)
{
	struct choice best, there;

	return choose(n, src, 0, &best) && choose(n, src, ifindex, &there) &&
	       there.ifp && there.bits == best.bits;
}
