/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * net.c - the network floor's state: interfaces, routes, fragments, paths
 *
 * What this room is for
 *   Makes and ends struct net, and answers the questions that concern all
 *   interfaces at once.
 *
 * Never      sends or receives; the rooms beside it do.
 * Lock       the stack lock is held.
 */
#include "net.h"

#include <string.h>

#include "addr.h"
#include "ground/limits.h"

void net_init(struct net *n, struct engine *eng)
{
	memset(n, 0, sizeof(*n));
	n->eng = eng;
	reasm_init(&n->reasm, eng, n);
	pmtu_init(&n->pmtu, eng);
	mcast_init(&n->mcast, n);
	n->icmp_tokens = LIMIT_ICMP_BURST;
	n->icmp_refill = eng->now;
	n->ip_id = rand_u32(&eng->rand);
	n->iid_key = eng->hash_key;
}

void net_fini(struct net *n)
{
	reasm_fini(&n->reasm);
	mcast_fini(&n->mcast);
	for (uint32_t i = 0; i < n->nifs; i++) {
		dhcp4_fini(&n->dhcp4[i]);
		dhcp6_fini(&n->dhcp6[i]);
		auto6_fini(&n->auto6[i]);
		ipv4ll_fini(&n->ipv4ll[i]);
		iface_fini(&n->ifs[i]);
	}
	n->nifs = 0;
}

void net_claim(struct net *n)
{
	for (uint32_t i = 0; i < n->nifs; i++)
		neigh_claim(&n->ifs[i].neigh);
}

void net_rebuild(struct net *n)
{
	reasm_init(&n->reasm, n->eng, n);
	pmtu_rebuild(&n->pmtu);
	route_table_rebuild(&n->routes);
	/* Its count may be wrong; routers will say it again. */
	memset(&n->redirects, 0, sizeof(n->redirects));
	for (uint32_t i = 0; i < n->nifs; i++) {
		neigh_rebuild(&n->ifs[i].neigh);
		addr_rebuild(&n->ifs[i]);
		dhcp4_rebuild(&n->dhcp4[i]);
		dhcp6_rebuild(&n->dhcp6[i]);
		auto6_rebuild(&n->auto6[i]);
		ipv4ll_rebuild(&n->ipv4ll[i]);
		n->ifs[i].is_stirred = true;
	}
	mcast_rebuild(&n->mcast);
}

void net_settle(struct net *n)
{
	for (uint32_t i = 0; i < n->nifs; i++) {
		if (LIKELY(!n->ifs[i].is_stirred))
			continue;
		n->ifs[i].is_stirred = false;
		mcast_sync(&n->ifs[i]);
		auto6_on_state(&n->ifs[i]);
	}
}

struct iface *net_add_iface(struct net *n, const char *name, int link)
{
	struct iface *ifp;

	if (n->nifs == LIMIT_IFACES)
		return NULL;
	ifp = &n->ifs[n->nifs];
	iface_init(ifp, n->eng, n, n->nifs + 1, name, link);
	n->nifs++;
	return ifp;
}

bool net_leave(struct net *n)
{
	bool sent = false;

	for (uint32_t i = 0; i < n->nifs; i++) {
		sent |= dhcp4_release(&n->dhcp4[i]);
		sent |= dhcp6_release(&n->dhcp6[i]);
	}
	return sent;
}

void net_resume(struct net *n)
{
	for (uint32_t i = 0; i < n->nifs; i++) {
		dhcp4_resume(&n->dhcp4[i]);
		dhcp6_resume(&n->dhcp6[i]);
	}
}

bool net_is_local(const struct net *n, const struct inet_addr *a)
{
	for (uint32_t i = 0; i < n->nifs; i++) {
		if (iface_owns(&n->ifs[i], a))
			return true;
	}
	return false;
}

uint32_t net_heard_on(const struct iface *ifp, const struct inet_addr *a)
{
	const struct net *n = ifp->net;

	if (!ifp->is_loopback || inet_is4(a))
		return ifp->index;
	for (uint32_t i = 0; i < n->nifs; i++) {
		if (iface_owns(&n->ifs[i], a))
			return n->ifs[i].index;
	}
	return ifp->index;
}

bool net_accepts(const struct net *n, const struct iface *ifp,
		 const struct inet_addr *a)
{
	if (iface_owns(ifp, a))
		return true;
	if (ifp->is_loopback || n->forwards)
		return net_is_local(n, a);
	return n->nifs > 0 && !inet_is_loopback(a) && iface_owns(&n->ifs[0], a);
}

bool net_is_broadcast(const struct net *n, const struct inet_addr *a)
{
	if (inet_is_broadcast4(a))
		return true;
	for (uint32_t i = 0; i < n->nifs; i++) {
		if (iface_is_broadcast(&n->ifs[i], a))
			return true;
	}
	return false;
}
