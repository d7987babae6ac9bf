/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * nd_router.c - what routers say: who they are, what is on the link, redirects
 *
 * What this room is for
 *   Reads router advertisements into two small tables, and redirects into
 *   redirect.c. When a table is full, what is in it stays: whoever floods does
 *   so with new names.
 *
 * Comes in   nd.c hands over; route.c asks.
 * Never      solicits, nor makes addresses of prefixes.
 * Lock       the stack lock is held.
 * Follows    RFC 4861 6.1.2, 6.3.4 to 6.3.6, 8.1, 8.3; RFC 4191 2.2, 3.2.
 */
#include "nd_router.h"

#include <string.h>

#include "ground/log.h"
#include "nd.h"
#include "net.h"

static const struct ip6_wire *ip_of(const struct pkt *p)
{
	return (const void *)p->l3;
}

static usecs after(const struct net *n, uint32_t seconds)
{
	return seconds == UINT32_MAX ? USECS_NEVER : n->eng->now + SEC(seconds);
}

/* RFC 4191 2.2: two bits, of which 10 means medium. */
static int preference_of(uint32_t word)
{
	switch (word >> 19 & 3) {
	case 1:
		return 1;
	case 3:
		return -1;
	default:
		return 0;
	}
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
		struct nd_router *r = &n->nd.routers[i];

		if (r->ifindex == 0 || r->until <= n->eng->now)
			return r;
	}
	return NULL;
}

static void learn_router(struct iface *ifp, const struct inet_addr *a,
			 uint32_t word)
{
	struct net *n = ifp->net;
	struct nd_router *r = find_router(n, ifp, a);
	uint32_t lifetime = word & 0xffff;
	char text[INET_TEXT_MAX];

	if (lifetime == 0) {
		nd_router_gone(ifp, a);
		return;
	}
	if (!r) {
		r = free_router(n);
		if (!r)
			return;
		log_info("%s: router %s", ifp->name, inet_print(a, text));
	}
	*r = (struct nd_router){*a, ifp->index, preference_of(word),
				n->eng->now + SEC(lifetime)};
}

void nd_router_gone(struct iface *ifp, const struct inet_addr *a)
{
	struct nd_router *r = find_router(ifp->net, ifp, a);

	if (r)
		memset(r, 0, sizeof(*r));
}

/* RFC 4861 6.3.4: only the L flag, and never the link-local prefix. */
static void learn_prefix(struct iface *ifp, const struct nd_prefix_wire *w)
{
	struct net *n = ifp->net;
	struct inet_prefix p = {w->prefix, w->bits};
	struct nd_onlink *at = NULL;

	if (w->len != sizeof(*w) / 8 || !(w->flags & ND_PREFIX_ONLINK) ||
	    w->bits > 128 || inet_is4(&w->prefix) ||
	    inet_is_link_local(&w->prefix) || inet_is_multicast(&w->prefix))
		return;
	for (size_t i = 0; i < LIMIT_ND_ROUTERS; i++) {
		struct nd_onlink *o = &n->nd.prefixes[i];

		if (o->ifindex == ifp->index && o->prefix.bits == p.bits &&
		    inet_in_prefix(&p.addr, &o->prefix)) {
			at = o;
			break;
		}
		if (!at && (o->ifindex == 0 || o->until <= n->eng->now))
			at = o;
	}
	if (at)
		*at = (struct nd_onlink){p, ifp->index,
					 after(n, be32_get(w->valid_s))};
}

/* RFC 4861 6.1.2, 6.3.4. */
enum verdict nd_router_input(struct iface *ifp, struct pkt *p)
{
	const struct nd_router_wire *w = (const void *)p->data;
	const struct inet_addr *src = &ip_of(p)->src;
	struct nd_options o;
	struct eth_addr mac;
	const uint8_t *at;

	if (p->len < sizeof(*w) || !inet_is_link_local(src))
		return DROP_ND_FORMAT;
	o = (struct nd_options){p->data + sizeof(*w), p->len - sizeof(*w)};
	if (!nd_options_are_sound(o.at, o.len))
		return DROP_ND_FORMAT;
	/* Who has no IPv6 address here does not speak IPv6. */
	if (!iface_link_local(ifp) || net_is_local(ifp->net, src))
		return DROP_ND_NOT_OURS;

	if (nd_link_address(o, ND_OPT_SOURCE_LL, &mac))
		neigh_learn(&ifp->neigh, src, &mac);
	learn_router(ifp, src, be32_get(w->icmp.word));
	auto6_on_advert(ifp, be32_get(w->icmp.word) & 0xffff);
	while ((at = nd_next_option(&o))) {
		if (at[0] == ND_OPT_PREFIX)
			learn_prefix(ifp, (const void *)at);
	}
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

/* RFC 4861 6.3.6: unreachable is who was asked in vain. */
static bool is_dead(struct net *n, const struct nd_router *r)
{
	struct neigh *neigh =
		neigh_find(&n->ifs[r->ifindex - 1].neigh, &r->addr);

	return neigh && neigh->state == NEIGH_FAILED;
}

const struct nd_router *nd_router_choose(struct net *n, uint32_t ifindex)
{
	const struct nd_router *best = NULL;
	bool best_is_dead = false;

	for (size_t i = 0; i < LIMIT_ND_ROUTERS; i++) {
		const struct nd_router *r = &n->nd.routers[i];
		bool dead;

		if (r->ifindex == 0 || r->until <= n->eng->now ||
		    (ifindex && r->ifindex != ifindex))
			continue;
		dead = is_dead(n, r);
		if (best && (dead > best_is_dead ||
			     (dead == best_is_dead &&
			      r->preference <= best->preference)))
			continue;
		best = r;
		best_is_dead = dead;
	}
	return best;
}

const struct nd_onlink *
nd_router_onlink(struct net *n, const struct inet_addr *dst, uint32_t ifindex)
{
	const struct nd_onlink *best = NULL;

	for (size_t i = 0; i < LIMIT_ND_ROUTERS; i++) {
		const struct nd_onlink *o = &n->nd.prefixes[i];

		if (o->ifindex == 0 || o->until <= n->eng->now ||
		    (ifindex && o->ifindex != ifindex) ||
		    !inet_in_prefix(dst, &o->prefix))
			continue;
		if (!best || o->prefix.bits > best->prefix.bits)
			best = o;
	}
	return best;
}
