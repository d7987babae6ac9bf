/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * iface.c - one interface: addresses, MTU, its neighbours
 *
 * What this room is for
 *   Starts with what the link suggests, and answers questions about its own
 *   addresses. They are few, so a walk over them is cheaper than a table.
 *
 * Lock       the stack lock is held.
 */
#include <errno.h>

#include "iface.h"

#include "link.h"
#include "ground/must.h"

void iface_init(struct iface *ifp, struct engine *eng, struct net *net,
		uint32_t index, const char *name, int link)
{
	const struct link *l = link_by_handle(link);
	size_t len = strnlen(name, sizeof(ifp->name) - 1);

	*ifp = (struct iface){
		.eng = eng,
		.net = net,
		.index = index,
		.link = link,
		.mtu = LIMIT_DEFAULT_MTU,
		.is_stirred = true,
	};
	memcpy(ifp->name, name, len);
	ifp->is_loopback = !strcmp(ifp->name, "lo");
	if (l) {
		ifp->mac = l->mac;
		ifp->mtu = l->mtu;
		ifp->caps = l->caps;
		ifp->is_loopback = l->caps & LINK_NO_NEIGH;
	}
	neigh_table_init(&ifp->neigh, eng, ifp);
	MUST(timer_init(&eng->timers, &ifp->timer, TIMER_IFACE) == 0);
}

void iface_fini(struct iface *ifp)
{
	timer_fini(&ifp->eng->timers, &ifp->timer);
	neigh_table_fini(&ifp->neigh);
}

struct iface_addr *iface_find(struct iface *ifp, const struct inet_addr *a)
{
	for (uint32_t i = 0; i < ifp->naddrs; i++) {
		if (inet_equal(&ifp->addrs[i].prefix.addr, a))
			return &ifp->addrs[i];
	}
	return NULL;
}

int iface_add(struct iface *ifp, const struct iface_addr *a)
{
	if (iface_find(ifp, &a->prefix.addr))
		return -EEXIST;
	if (ifp->naddrs == LIMIT_IFACE_ADDRS)
		return -ENOBUFS;
	/* Whoever is killed in the middle has added none. */
	ifp->addrs[ifp->naddrs] = *a;
	list_fence();
	ifp->naddrs++;
	ifp->is_stirred = true;
	return 0;
}

int iface_add_addr(struct iface *ifp, const struct inet_prefix *p)
{
	struct iface_addr a = {
		.prefix = *p,
		.phase = ADDR_PREFERRED,
		.next = USECS_NEVER,
		.preferred_until = USECS_NEVER,
		.valid_until = USECS_NEVER,
	};

	return iface_add(ifp, &a);
}

/* The order of the others stays: the first is the one for SIOCGIFADDR. */
void iface_delete(struct iface *ifp, const struct inet_addr *a)
{
	struct iface_addr *gone = iface_find(ifp, a);
	size_t at;

	if (!gone)
		return;
	at = (size_t)(gone - ifp->addrs);
	ifp->naddrs--;
	ifp->is_stirred = true;
	memmove(gone, gone + 1, (ifp->naddrs - at) * sizeof(*gone));
}

int iface_delete_addr(struct iface *ifp, const struct inet_prefix *p)
{
	struct iface_addr *a = iface_find(ifp, &p->addr);

	if (!a || a->prefix.bits != p->bits)
		return -EADDRNOTAVAIL;
	iface_delete(ifp, &p->addr);
	return 0;
}

/* Who is behind a link that was down is found out anew; as in Linux, the
 * routes of its addresses are there again. */
void iface_set_down(struct iface *ifp, bool is_down)
{
	if (ifp->is_down == is_down)
		return;
	ifp->is_down = is_down;
	ifp->is_stirred = true;
	neigh_flush(&ifp->neigh);
	for (uint32_t i = 0; i < ifp->naddrs; i++)
		ifp->addrs[i].is_unrouted = false;
}

void iface_set_mtu(struct iface *ifp, uint32_t mtu)
{
	ifp->mtu = mtu;
}

void iface_set_mac(struct iface *ifp, const struct eth_addr *mac)
{
	ifp->mac = *mac;
}

bool iface_owns(const struct iface *ifp, const struct inet_addr *a)
{
	if (ifp->is_loopback && inet_is4(a) && inet_is_loopback(a))
		return true;
	for (uint32_t i = 0; i < ifp->naddrs; i++) {
		if (inet_equal(&ifp->addrs[i].prefix.addr, a))
			return iface_addr_is_ours(&ifp->addrs[i]);
	}
	return false;
}

bool iface_is_broadcast(const struct iface *ifp, const struct inet_addr *a)
{
	if (inet_is_broadcast4(a))
		return true;
	if (ifp->is_loopback || !inet_is4(a))
		return false;
	for (uint32_t i = 0; i < ifp->naddrs; i++) {
		if (inet_is_directed_broadcast(a, &ifp->addrs[i].prefix))
			return true;
	}
	return false;
}

/* Of two addresses of ours, is b the better source? Scope comes first (RFC
 * 6724 5, rule 2), then that it is preferred (rule 3), then the prefix. */
static bool is_better(const struct iface_addr *a, const struct iface_addr *b,
		      const struct inet_addr *dst)
{
	bool wants_local = inet_is_link_local(dst);
	bool a_fits = inet_is_link_local(&a->prefix.addr) == wants_local;
	bool b_fits = inet_is_link_local(&b->prefix.addr) == wants_local;

	/* RFC 3927 2.6.2: any address of ours will do within the link. */
	if ((!inet_is4(dst) || !wants_local) && a_fits != b_fits)
		return b_fits;
	if (a->phase != b->phase)
		return b->phase == ADDR_PREFERRED ||
		       (b->phase == ADDR_OPTIMISTIC &&
			a->phase == ADDR_DEPRECATED);
	return !inet_in_prefix(dst, &a->prefix) &&
	       inet_in_prefix(dst, &b->prefix);
}

const struct inet_addr *iface_source_for(const struct iface *ifp,
					 const struct inet_addr *dst)
{
	const struct iface_addr *best = NULL;

	for (uint32_t i = 0; i < ifp->naddrs; i++) {
		const struct iface_addr *a = &ifp->addrs[i];

		if (inet_is4(&a->prefix.addr) != inet_is4(dst) ||
		    !iface_addr_is_ours(a))
			continue;
		if (!best || is_better(best, a, dst))
			best = a;
	}
	return best ? &best->prefix.addr : NULL;
}

static const struct inet_addr *find_link_local(const struct iface *ifp,
					       bool is_certain)
{
	for (uint32_t i = 0; i < ifp->naddrs; i++) {
		const struct iface_addr *a = &ifp->addrs[i];

		if (!inet_is4(&a->prefix.addr) && iface_addr_is_ours(a) &&
		    inet_is_link_local(&a->prefix.addr) &&
		    !(is_certain && a->phase == ADDR_OPTIMISTIC))
			return &a->prefix.addr;
	}
	return NULL;
}

const struct inet_addr *iface_link_local(const struct iface *ifp)
{
	return find_link_local(ifp, false);
}

const struct inet_addr *iface_certain_link_local(const struct iface *ifp)
{
	return find_link_local(ifp, true);
}

bool iface_is_own_group6(const struct iface *ifp, const struct inet_addr *group)
{
	static const uint8_t all_nodes[14] = {0, 0, 0, 0, 0, 0, 0,
					      0, 0, 0, 0, 0, 0, 1};

	if (inet_is4(group) || group->b[0] != 0xff)
		return false;
	if ((group->b[1] == 1 || group->b[1] == 2) &&
	    !memcmp(group->b + 2, all_nodes, sizeof(all_nodes)))
		return true;
	for (uint32_t i = 0; i < ifp->naddrs; i++) {
		struct inet_addr own =
			inet_solicited_node(&ifp->addrs[i].prefix.addr);

		if (!inet_is4(&ifp->addrs[i].prefix.addr) &&
		    inet_equal(&own, group))
			return true;
	}
	return false;
}
