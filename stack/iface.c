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
	};
	memcpy(ifp->name, name, len);
	ifp->is_loopback = !strcmp(ifp->name, "lo");
	if (l) {
		ifp->mac = l->mac;
		ifp->mtu = l->mtu;
		ifp->caps = l->caps;
		ifp->is_loopback = l->caps & LINK_NO_NEIGH;
	}
	neigh_table_init(&ifp->neigh4, eng, ifp);
}

void iface_fini(struct iface *ifp)
{
	neigh_table_fini(&ifp->neigh4);
}

int iface_add_addr(struct iface *ifp, const struct inet_prefix *p)
{
	for (uint32_t i = 0; i < ifp->naddrs; i++) {
		if (inet_equal(&ifp->addrs[i].addr, &p->addr))
			return -EEXIST;
	}
	if (ifp->naddrs == LIMIT_IFACE_ADDRS)
		return -ENOBUFS;
	ifp->addrs[ifp->naddrs++] = *p;
	return 0;
}

int iface_delete_addr(struct iface *ifp, const struct inet_prefix *p)
{
	for (uint32_t i = 0; i < ifp->naddrs; i++) {
		if (!inet_equal(&ifp->addrs[i].addr, &p->addr) ||
		    ifp->addrs[i].bits != p->bits)
			continue;
		memmove(&ifp->addrs[i], &ifp->addrs[i + 1],
			(ifp->naddrs - i - 1) * sizeof(ifp->addrs[0]));
		ifp->naddrs--;
		return 0;
	}
	return -EADDRNOTAVAIL;
}

/* Who is behind a link that was down is found out anew. */
void iface_set_down(struct iface *ifp, bool is_down)
{
	if (ifp->is_down == is_down)
		return;
	ifp->is_down = is_down;
	neigh_flush(&ifp->neigh4);
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
		if (inet_equal(&ifp->addrs[i].addr, a))
			return true;
	}
	return false;
}

bool iface_is_broadcast(const struct iface *ifp, const struct inet_addr *a)
{
	if (inet_is_broadcast4(a))
		return true;
	if (ifp->is_loopback)
		return false;
	for (uint32_t i = 0; i < ifp->naddrs; i++) {
		if (inet_is_directed_broadcast(a, &ifp->addrs[i]))
			return true;
	}
	return false;
}

const struct inet_addr *iface_source_for(const struct iface *ifp,
					 const struct inet_addr *dst)
{
	const struct inet_addr *same_family = NULL;

	for (uint32_t i = 0; i < ifp->naddrs; i++) {
		const struct inet_prefix *p = &ifp->addrs[i];

		if (inet_is4(&p->addr) != inet_is4(dst))
			continue;
		if (inet_in_prefix(dst, p))
			return &p->addr;
		if (!same_family)
			same_family = &p->addr;
	}
	return same_family;
}
