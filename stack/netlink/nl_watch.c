/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * nl_watch.c - what has changed since the last turn, for those who listen
 *
 * What this room is for
 *   See nl_watch.h. For each kind of thing a copy of what was told is kept;
 * what differs from it is told by nl_monitor.c, and copied.
 *
 * Lock       the stack lock is held.
 * Follows    rtnetlink(7).
 */
#include "nl_watch.h"

#include <linux/rtnetlink.h>
#include <string.h>

#include "nl_monitor.h"
#include "nl_neigh.h"
#include "nl_route.h"
#include "sock_netlink.h"

enum {
	WATCH_NEIGHS = 256,
	WATCH_ROUTES =
		LIMIT_ROUTES + NL_ADVERTISED + LIMIT_IFACES * LIMIT_IFACE_ADDRS,
};

struct told_link {
	bool is_down;
	uint32_t mtu;
	struct eth_addr mac;
};

struct told_addrs {
	uint32_t n;
	struct iface_addr a[LIMIT_IFACE_ADDRS];
};

struct told_neigh {
	struct inet_addr addr;
	struct eth_addr mac;
	uint16_t state; /* NUD_ */
	uint32_t ifindex;
	bool is_seen;
};

/* A block of kind ARENA_TABLE. */
struct nl_watch {
	uint32_t nlinks;
	struct told_link links[LIMIT_IFACES];
	struct told_addrs addrs[LIMIT_IFACES];
	uint32_t nroutes;
	struct route routes[WATCH_ROUTES];
	struct route now[WATCH_ROUTES]; /* of this turn: too long for a stack */
	uint32_t nneighs;
	struct told_neigh neighs[WATCH_NEIGHS];
	bool is_quiet; /* only copies: nobody has listened before */
};

/* --- links ---------------------------------------------------------------- */

static bool is_same_link(const struct told_link *t, const struct iface *ifp)
{
	return t->is_down == ifp->is_down && t->mtu == ifp->mtu &&
	       !memcmp(&t->mac, &ifp->mac, sizeof(t->mac));
}

static void watch_links(struct stack *st, struct nl_watch *w)
{
	for (uint32_t i = 0; i < st->net.nifs; i++) {
		const struct iface *ifp = &st->net.ifs[i];

		if (i < w->nlinks && is_same_link(&w->links[i], ifp))
			continue;
		w->links[i] =
			(struct told_link){ifp->is_down, ifp->mtu, ifp->mac};
		if (!w->is_quiet)
			nl_monitor_link(st, ifp);
	}
	w->nlinks = st->net.nifs;
}

/* --- addresses ------------------------------------------------------------ */

/* Linux keeps silent about an address that is being probed. */
static bool is_told(const struct iface_addr *a)
{
	return a->phase != ADDR_TENTATIVE;
}

static bool is_same_addr(const struct iface_addr *a, const struct iface_addr *b)
{
	return a->phase == b->phase && a->origin == b->origin &&
	       a->not_onlink == b->not_onlink &&
	       a->prefix.bits == b->prefix.bits &&
	       a->preferred_until == b->preferred_until &&
	       a->valid_until == b->valid_until;
}

static struct iface_addr *find_told(struct told_addrs *t,
				    const struct inet_addr *a)
{
	for (uint32_t i = 0; i < t->n; i++)
		if (inet_equal(&t->a[i].prefix.addr, a))
			return &t->a[i];
	return NULL;
}

static void watch_addrs(struct stack *st, struct nl_watch *w, struct iface *ifp)
{
	struct told_addrs *t = &w->addrs[ifp->index - 1];

	for (uint32_t i = 0; i < t->n; i++)
		if (!iface_find(ifp, &t->a[i].prefix.addr) && !w->is_quiet)
			nl_monitor_addr(st, RTM_DELADDR, ifp, &t->a[i]);
	for (uint32_t i = 0; i < ifp->naddrs; i++) {
		const struct iface_addr *a = &ifp->addrs[i];
		const struct iface_addr *told = find_told(t, &a->prefix.addr);

		if (is_told(a) && !(told && is_same_addr(told, a)) &&
		    !w->is_quiet)
			nl_monitor_addr(st, RTM_NEWADDR, ifp, a);
	}
	t->n = 0;
	for (uint32_t i = 0; i < ifp->naddrs; i++)
		if (is_told(&ifp->addrs[i]))
			t->a[t->n++] = ifp->addrs[i];
}

/* --- routes --------------------------------------------------------------- */

/* All that were added or advertised, or that addresses make; how many. */
static uint32_t collect_routes(struct stack *st, struct route *out)
{
	const struct route_table *t = &st->net.routes;
	struct nl_advertised a;
	uint32_t n = 0;

	for (uint32_t i = 0; i < t->count && n < LIMIT_ROUTES; i++)
		out[n++] = *route_at(t, i);
	for (uint32_t i = 0; i < NL_ADVERTISED; i++)
		if (nl_route_advertised(&st->net, i, &a))
			out[n++] = a.r;
	for (uint32_t i = 0; i < st->net.nifs; i++) {
		const struct iface *ifp = &st->net.ifs[i];

		for (uint32_t k = 0; k < ifp->naddrs; k++)
			n += nl_route_network(ifp, &ifp->addrs[k], &out[n]);
	}
	return n;
}

static bool is_same_route(const struct route *a, const struct route *b)
{
	return a->dst.bits == b->dst.bits && a->metric == b->metric &&
	       a->ifindex == b->ifindex && a->protocol == b->protocol &&
	       a->type == b->type && inet_equal(&a->dst.addr, &b->dst.addr) &&
	       inet_equal(&a->gateway, &b->gateway) &&
	       inet_equal(&a->source, &b->source);
}

static bool has_route(const struct route *list, uint32_t n,
		      const struct route *r)
{
	for (uint32_t i = 0; i < n; i++)
		if (is_same_route(&list[i], r))
			return true;
	return false;
}

static void watch_routes(struct stack *st, struct nl_watch *w)
{
	struct route *now = w->now;
	uint32_t n = collect_routes(st, now);

	for (uint32_t i = 0; i < w->nroutes && !w->is_quiet; i++)
		if (!has_route(now, n, &w->routes[i]))
			nl_monitor_route(st, RTM_DELROUTE, &w->routes[i]);
	for (uint32_t i = 0; i < n && !w->is_quiet; i++)
		if (!has_route(w->routes, w->nroutes, &now[i]))
			nl_monitor_route(st, RTM_NEWROUTE, &now[i]);
	memcpy(w->routes, now, n * sizeof(now[0]));
	w->nroutes = n;
}

/* --- neighbours ----------------------------------------------------------- */

static struct told_neigh *find_neigh(struct nl_watch *w, uint32_t ifindex,
				     const struct inet_addr *a)
{
	for (uint32_t i = 0; i < w->nneighs; i++)
		if (w->neighs[i].ifindex == ifindex &&
		    inet_equal(&w->neighs[i].addr, a))
			return &w->neighs[i];
	return NULL;
}

static void watch_neigh(struct stack *st, struct nl_watch *w,
			const struct iface *ifp, const struct neigh *n)
{
	struct told_neigh *t = find_neigh(w, ifp->index, &n->addr);
	struct told_neigh now = {n->addr, n->mac, nl_neigh_state(n), ifp->index,
				 true};
	bool is_same = t && t->state == now.state &&
		       !memcmp(&t->mac, &now.mac, sizeof(now.mac));

	if (!t && w->nneighs == WATCH_NEIGHS)
		return;
	if (!t)
		t = &w->neighs[w->nneighs++];
	*t = now;
	if (!is_same && !w->is_quiet)
		nl_monitor_neigh(st, RTM_NEWNEIGH, ifp, n);
}

/* Tells of a neighbour that is not in the cache any more. */
static void tell_gone(struct stack *st, const struct told_neigh *t)
{
	struct neigh gone = {
		.addr = t->addr, .mac = t->mac, .state = NEIGH_FAILED};
	struct iface *ifp = &st->net.ifs[t->ifindex - 1];

	gone.table = &ifp->neigh;
	nl_monitor_neigh(st, RTM_DELNEIGH, ifp, &gone);
}

static void watch_neighs(struct stack *st, struct nl_watch *w)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < w->nneighs; i++)
		w->neighs[i].is_seen = false;
	for (uint32_t i = 0; i < st->net.nifs; i++) {
		const struct iface *ifp = &st->net.ifs[i];

		list_for_each (it, &ifp->neigh.lru)
			watch_neigh(st, w, ifp,
				    list_entry(it, struct neigh, lru));
	}
	for (uint32_t i = 0; i < w->nneighs; i++) {
		if (w->neighs[i].is_seen)
			w->neighs[kept++] = w->neighs[i];
		else
			tell_gone(st, &w->neighs[i]);
	}
	w->nneighs = kept;
}

/* --- the turn ------------------------------------------------------------- */

void nl_watch_end(struct stack *st)
{
	arena_free(st->eng.arena, st->watch);
	st->watch = NULL;
}

void nl_watch_settle(struct stack *st)
{
	struct nl_watch *w = st->watch;

	if (LIKELY(!sock_netlink_has_listeners(st))) {
		if (w)
			nl_watch_end(st);
		return;
	}
	if (!w) {
		w = arena_zalloc(st->eng.arena, sizeof(*w), ARENA_TABLE);
		if (!w)
			return;
		w->is_quiet = true;
		st->watch = w;
	}
	watch_links(st, w);
	for (uint32_t i = 0; i < st->net.nifs; i++)
		watch_addrs(st, w, &st->net.ifs[i]);
	watch_routes(st, w);
	watch_neighs(st, w);
	w->is_quiet = false;
}
