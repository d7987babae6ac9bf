/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * nd_router.c - what routers say: who they are, what the link is like
 *
 * What this room is for
 *   Reads router advertisements: the sender into the table of routers, what
 *   holds for the link into the interface, prefixes and name servers into
 *   their rooms; and redirects into redirect.c. When the table is full, what
 *   is in it stays: whoever floods does so with new names.
 *
 * Comes in   nd.c hands over; route.c asks.
 * Goes out   nd_route.c, slaac.c, nameservers.c, auto6.c, redirect.c.
 * Lock       the stack lock is held.
 * Follows    RFC 4861 6.1.2, 6.3.4 to 6.3.6, 8.1, 8.3; RFC 4191 2.2, 2.3, 3.2;
 *            RFC 8106 5.
 *
 * Deviation: RFC 4861 6.3.4 takes every value for hop limit and timers. What
 * would cut the host off or stop address probes is not taken:
 * nd_router_test.c, values_that_would_do_harm_are_not_taken.
 */
#define LOG_ROOM LOG_ROOM_ND

#include "nd_router.h"

#include <string.h>

#include "ground/log.h"
#include "nameservers.h"
#include "nd.h"
#include "net.h"
#include "slaac.h"

enum { PREFERENCE_SHIFT_RA = 19, PREFERENCE_SHIFT = 3, HOPS_SHIFT = 24 };

static const struct ip6_wire *ip_of(const struct pkt *p)
{
	return (const void *)p->l3;
}

static usecs after(const struct net *n, be32 seconds)
{
	uint32_t s = be32_get(seconds);

	return s == UINT32_MAX ? USECS_NEVER : n->eng->now + SEC(s);
}

/* --- routers ------------------------------------------------------------- */

bool nd_router_is_valid(const struct net *n, const struct nd_router *r)
{
	return r->ifindex != 0 && r->until > n->eng->now;
}

static struct nd_router *find_router(struct net *n, const struct iface *ifp,
				     const struct inet_addr *a)
{
	for (size_t i = 0; i < LIMIT_ND_ROUTERS; i++) {
		struct nd_router *r = &n->nd.routers[i];

		if (r->ifindex == ifp->index && inet_equal(&r->addr, a))
			return r;
	}
	return NULL;
}

/* One that is free or whose time is over; NULL: all are in use. */
static struct nd_router *free_router(struct net *n)
{
	for (size_t i = 0; i < LIMIT_ND_ROUTERS; i++) {
		if (!nd_router_is_valid(n, &n->nd.routers[i]))
			return &n->nd.routers[i];
	}
	return NULL;
}

/* `until` in the past: no router any more. */
static void learn_router(struct iface *ifp, const struct inet_addr *a,
			 int8_t preference, usecs until)
{
	struct net *n = ifp->net;
	struct nd_router *r = find_router(n, ifp, a);
	char text[INET_TEXT_MAX];

	if (until <= n->eng->now) {
		if (r)
			log_info("%s: %s is no router any more", ifp->name,
				 inet_print(a, text));
		if (r)
			memset(r, 0, sizeof(*r));
		return;
	}
	if (!r) {
		r = free_router(n);
		if (!r)
			return;
		log_info("%s: router %s", ifp->name, inet_print(a, text));
	}
	/* Whoever is killed in the middle leaves a free place. */
	r->ifindex = 0;
	list_fence();
	r->addr = *a;
	r->preference = preference;
	r->until = until;
	list_fence();
	r->ifindex = ifp->index;
}

void nd_router_gone(struct iface *ifp, const struct inet_addr *a)
{
	learn_router(ifp, a, 0, 0);
	nd_route_forget(ifp->net, ifp->index, a);
}

const struct nd_router *nd_router_choose(struct net *n, uint32_t ifindex)
{
	const struct nd_router *best = NULL;
	bool best_is_dead = false;

	for (size_t i = 0; i < LIMIT_ND_ROUTERS; i++) {
		const struct nd_router *r = &n->nd.routers[i];
		bool dead;

		if (!nd_router_is_valid(n, r) ||
		    (ifindex && r->ifindex != ifindex))
			continue;
		dead = neigh_is_dead(&n->ifs[r->ifindex - 1].neigh, &r->addr);
		if (best && (dead > best_is_dead ||
			     (dead == best_is_dead &&
			      r->preference <= best->preference)))
			continue;
		best = r;
		best_is_dead = dead;
	}
	return best;
}

/* --- what an advertisement says ------------------------------------------ */

/* RFC 4861 6.3.4: zero is "not said". */
static void learn_link(struct iface *ifp, const struct nd_router_wire *w)
{
	struct engine *eng = ifp->eng;
	uint8_t hops = (uint8_t)(be32_get(w->icmp.word) >> HOPS_SHIFT);
	usecs reachable = MSEC(be32_get(w->reachable_ms));
	usecs retrans = MSEC(be32_get(w->retrans_ms));

	if (hops >= LIMIT_HOPS_MIN)
		ifp->hops6 = hops;
	if (retrans >= LIMIT_NEIGH_RETRANS_MIN_US &&
	    retrans <= LIMIT_NEIGH_RETRANS_MAX_US)
		ifp->neigh.retrans6_us = retrans;
	/* 6.3.2: from half of it to one and a half. */
	if (reachable >= LIMIT_NEIGH_REACHABLE_MIN_US &&
	    reachable <= LIMIT_NEIGH_REACHABLE_MAX_US)
		ifp->neigh.reachable6_us =
			reachable / 2 +
			rand_below(&eng->rand, (uint32_t)(reachable / 1000)) *
				UINT64_C(1000);
}

static void learn_mtu(struct iface *ifp, const struct nd_mtu_wire *w)
{
	uint32_t mtu = be32_get(w->mtu);

	if (w->len == 1 && mtu >= LIMIT_IP6_MTU_MIN && mtu <= ifp->mtu)
		ifp->mtu6 = mtu;
}

static bool is_prefix(const struct inet_addr *a, uint8_t bits)
{
	return bits <= 128 && !inet_is4(a) && !inet_is_link_local(a) &&
	       !inet_is_multicast(a);
}

/* RFC 4861 6.3.4, RFC 4862 5.5.3: never the link-local prefix. */
static void learn_prefix(struct iface *ifp, const struct nd_prefix_wire *w)
{
	struct net *n = ifp->net;

	if (w->len != sizeof(*w) / 8 || !is_prefix(&w->prefix, w->bits))
		return;
	/* All of the world on the link: nobody means that. */
	if (w->flags & ND_PREFIX_ONLINK && w->bits > 0)
		nd_route_learn(
			n, &(struct nd_route){.prefix = {w->prefix, w->bits},
					      .ifindex = ifp->index,
					      .until = after(n, w->valid_s)});
	if (w->flags & ND_PREFIX_AUTO && w->bits == 64 && auto6_is_on(ifp))
		slaac_on_prefix(ifp, &w->prefix, after(n, w->preferred_s),
				after(n, w->valid_s));
}

/* RFC 4191 2.3, 3.1: a route of length 0 is the default one. */
static void learn_route(struct iface *ifp, const struct inet_addr *router,
			const struct nd_route_wire *w)
{
	struct net *n = ifp->net;
	struct nd_route r = {
		.prefix = {.bits = w->bits},
		.router = *router,
		.ifindex = ifp->index,
		.preference = nd_route_preference((uint32_t)w->flags >>
						  PREFERENCE_SHIFT),
		.until = after(n, w->lifetime_s),
	};
	size_t bytes = (size_t)(w->len - 1) * 8;

	if (w->len > 3 || w->bits > bytes * 8 ||
	    (w->flags >> PREFERENCE_SHIFT & 3) == 2)
		return;
	memcpy(r.prefix.addr.b, w + 1, bytes);
	if (w->bits == 0)
		learn_router(ifp, router, r.preference, r.until);
	else if (is_prefix(&r.prefix.addr, w->bits))
		nd_route_learn(n, &r);
}

/* RFC 8106 5.1, 5.2. */
static void learn_dns(struct iface *ifp, const struct nd_dns_wire *w)
{
	const uint8_t *at = (const uint8_t *)(w + 1);
	size_t len = (size_t)w->len * 8 - sizeof(*w);
	struct nameserver_from from = {ifp->index, NAMESERVER_BY_ROUTER,
				       after(ifp->net, w->lifetime_s)};

	if (w->type == ND_OPT_DNSSL) {
		nameservers_learn_domains(ifp->net, &from, at, len);
		return;
	}
	/* An odd length in units: two of them for each address. */
	if (w->len % 2 == 0)
		return;
	nameservers_learn(ifp->net, &from, at, len);
}

static void learn_option(struct iface *ifp, const struct inet_addr *router,
			 const uint8_t *at)
{
	switch (at[0]) {
	case ND_OPT_PREFIX:
		learn_prefix(ifp, (const void *)at);
		break;
	case ND_OPT_MTU:
		learn_mtu(ifp, (const void *)at);
		break;
	case ND_OPT_ROUTE:
		learn_route(ifp, router, (const void *)at);
		break;
	case ND_OPT_RDNSS:
	case ND_OPT_DNSSL:
		if (auto6_is_on(ifp))
			learn_dns(ifp, (const void *)at);
		break;
	default:
		break;
	}
}

/* RFC 4861 6.1.2, 6.3.4. */
enum verdict nd_router_input(struct iface *ifp, struct pkt *p)
{
	const struct nd_router_wire *w = (const void *)p->data;
	const struct inet_addr *src = &ip_of(p)->src;
	uint32_t word = p->len < sizeof(*w) ? 0 : be32_get(w->icmp.word);
	struct nd_options o;
	struct eth_addr mac;
	const uint8_t *at;
	int n = 0;

	if (p->len < sizeof(*w) || !inet_is_link_local(src))
		return DROP_ND_FORMAT;
	o = (struct nd_options){p->data + sizeof(*w), p->len - sizeof(*w)};
	if (!nd_options_are_sound(o.at, o.len))
		return DROP_ND_FORMAT;
	/* Who has no IPv6 address here does not speak IPv6. */
	if (!iface_link_local(ifp) || net_is_local(ifp->net, src))
		return DROP_ND_NOT_OURS;
	/* A router listens to others only where it was told to (6.3 is about
	 * hosts). */
	if (ifp->net->forwards && !auto6_is_on(ifp))
		return DROP_ND_NOT_OURS;

	if (nd_link_address(o, ND_OPT_SOURCE_LL, &mac))
		neigh_learn(&ifp->neigh, src, &mac);
	learn_router(ifp, src, nd_route_preference(word >> PREFERENCE_SHIFT_RA),
		     ifp->eng->now + SEC(word & ND_LIFETIME));
	learn_link(ifp, w);
	while (n++ < LIMIT_ND_OPTIONS && (at = nd_next_option(&o)))
		learn_option(ifp, src, at);
	auto6_on_advert(ifp, word);
	return DONE;
}

/* RFC 4861 8.1, 8.3. */
enum verdict nd_router_redirect(struct iface *ifp, struct pkt *p)
{
	const struct nd_redirect_wire *w = (const void *)p->data;
	const struct inet_addr *src = &ip_of(p)->src;
	struct nd_options o;
	struct eth_addr mac;

	if (p->len < sizeof(*w) || !inet_is_link_local(src))
		return DROP_ND_FORMAT;
	o = (struct nd_options){p->data + sizeof(*w), p->len - sizeof(*w)};
	if (!nd_options_are_sound(o.at, o.len) || inet_is4(&w->dst) ||
	    inet_is_multicast(&w->dst))
		return DROP_ND_FORMAT;
	if (!redirect_learn(ifp, src, &w->dst, &w->target))
		return DROP_ICMP_REDIRECT;
	if (nd_link_address(o, ND_OPT_TARGET_LL, &mac))
		neigh_learn(&ifp->neigh, &w->target, &mac);
	return DONE;
}
