/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sock_ioctl_set.c - ioctl on a socket: interfaces, routes and ARP are changed
 *
 * What this room is for
 *   See sock_ioctl_set.h. An interface has one IPv4 address in the eyes of
 * these calls: its first.
 *
 * Lock       the stack lock is held.
 * Follows    netdevice(7), arp(7).
 * Proved by  sock_ioctl_test.c integration/console.sh
 */
#include "sock_ioctl_set.h"

#include <errno.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <net/route.h>
#include <netinet/in.h>
#include <string.h>

#include "net/acd.h"
#include "netlink/nl_link.h"

enum { MAPPED_BITS = 96, TXQLEN = 1000 };

static struct iface *by_name(struct sock *s, const char *name)
{
	struct net *n = &s->stack->net;

	for (uint32_t i = 0; name && i < n->nifs; i++)
		if (!strncmp(n->ifs[i].name, name, IFNAMSIZ))
			return &n->ifs[i];
	return NULL;
}

static int take_in(const struct sockaddr *from, struct inet_addr *out)
{
	struct sockaddr_in in;
	struct ip4_addr a;

	memcpy(&in, from, sizeof(in));
	if (in.sin_family != AF_INET)
		return -EAFNOSUPPORT;
	memcpy(a.b, &in.sin_addr, 4);
	*out = inet_from4(a);
	return 0;
}

/* The length of a mask in the 128-bit form; -EINVAL when it has holes. */
static int mask_bits(const struct inet_addr *mask)
{
	uint32_t m = ip4_u32(inet_to4(mask));
	int bits = 0;

	while (bits < 32 && m & UINT32_C(1) << (31 - bits))
		bits++;
	if (bits < 32 && m << bits)
		return -EINVAL;
	return MAPPED_BITS + bits;
}

/* --- interfaces ----------------------------------------------------------- */

const struct inet_prefix *sock_ioctl_first4(const struct iface *ifp)
{
	for (uint32_t i = 0; i < ifp->naddrs; i++)
		if (inet_is4(&ifp->addrs[i].prefix.addr))
			return &ifp->addrs[i].prefix;
	return NULL;
}

/* Before there were masks, the first bits told (RFC 791 3.2). */
static uint8_t class_bits(const struct inet_addr *a)
{
	uint8_t first = a->b[12];

	if (first < 128)
		return MAPPED_BITS + 8;
	return (uint8_t)(first < 192 ? MAPPED_BITS + 16 : MAPPED_BITS + 24);
}

/* The first address becomes `p`; 0.0.0.0 takes it away. */
static int replace_first(struct iface *ifp, const struct inet_prefix *p)
{
	const struct inet_prefix *old = sock_ioctl_first4(ifp);
	struct inet_prefix gone;
	int ret;

	if (old) {
		gone = *old;
		ret = iface_delete_addr(ifp, &gone);
		if (ret < 0)
			return ret;
	}
	if (inet_is_any(&p->addr))
		return 0;
	ret = iface_add_addr(ifp, p);
	if (ret == 0)
		acd_watch(ifp, &p->addr);
	return ret;
}

static int set_address(struct iface *ifp, const struct ifreq *r)
{
	struct inet_prefix p;
	int ret = take_in(&r->ifr_addr, &p.addr);

	if (ret < 0)
		return ret;
	if (inet_is_multicast(&p.addr) || inet_is_broadcast4(&p.addr))
		return -EINVAL;
	p.bits = class_bits(&p.addr);
	ret = replace_first(ifp, &p);
	/* netdevice(7): an address brings the interface up. */
	if (ret == 0 && !inet_is_any(&p.addr))
		iface_set_down(ifp, false);
	return ret;
}

static int set_mask(struct iface *ifp, const struct ifreq *r)
{
	const struct inet_prefix *old = sock_ioctl_first4(ifp);
	struct inet_addr mask;
	struct inet_prefix p;
	int ret;

	if (!old)
		return -EADDRNOTAVAIL;
	ret = take_in(&r->ifr_netmask, &mask);
	if (ret == 0)
		ret = mask_bits(&mask);
	if (ret < 0)
		return ret;
	p = (struct inet_prefix){old->addr, (uint8_t)ret};
	return replace_first(ifp, &p);
}

static int set_mac(struct iface *ifp, const struct ifreq *r)
{
	struct eth_addr mac;

	if (ifp->is_loopback)
		return -EOPNOTSUPP;
	if (r->ifr_hwaddr.sa_family != ARPHRD_ETHER)
		return -EINVAL;
	memcpy(mac.b, r->ifr_hwaddr.sa_data, sizeof(mac.b));
	if (mac.b[0] & 1)
		return -EADDRNOTAVAIL;
	iface_set_mac(ifp, &mac);
	return 0;
}

static int on_iface(struct iface *ifp, unsigned long request, struct ifreq *r)
{
	switch (request) {
	case SIOCSIFFLAGS:
		iface_set_down(ifp, !(r->ifr_flags & IFF_UP));
		return 0;
	case SIOCSIFMTU:
		if (r->ifr_mtu < 0 ||
		    !nl_link_has_mtu(ifp, (uint32_t)r->ifr_mtu))
			return -EINVAL;
		iface_set_mtu(ifp, (uint32_t)r->ifr_mtu);
		return 0;
	case SIOCSIFHWADDR:
		return set_mac(ifp, r);
	case SIOCSIFADDR:
		return set_address(ifp, r);
	case SIOCSIFNETMASK:
		return set_mask(ifp, r);
	case SIOCGIFTXQLEN:
		r->ifr_qlen = TXQLEN;
		return 0;
	case SIOCGIFMAP:
		memset(&r->ifr_map, 0, sizeof(r->ifr_map));
		return 0;
	default: /* SIOCSIFBRDADDR: it follows from the mask */
		return 0;
	}
}

/* --- routes --------------------------------------------------------------- */

static int read_route(struct sock *s, const struct rtentry *e, struct route *r)
{
	struct inet_addr mask;
	struct iface *ifp = NULL;
	struct path path;
	int bits = 128;
	int ret = take_in(&e->rt_dst, &r->dst.addr);

	if (ret == 0 && !(e->rt_flags & RTF_HOST)) {
		ret = take_in(&e->rt_genmask, &mask);
		/* Of the default route the mask is often left out. */
		if (ret < 0 && inet_is_any(&r->dst.addr))
			ret = 0, bits = MAPPED_BITS;
		else if (ret == 0)
			ret = bits = mask_bits(&mask);
	}
	if (ret >= 0 && e->rt_flags & RTF_GATEWAY)
		ret = take_in(&e->rt_gateway, &r->gateway);
	if (ret < 0)
		return ret;
	r->dst.bits = (uint8_t)bits;
	r->metric = e->rt_metric > 0 ? (uint32_t)e->rt_metric - 1 : 0;
	if (e->rt_dev) {
		ifp = by_name(s, e->rt_dev);
		if (!ifp)
			return -ENODEV;
		r->ifindex = ifp->index;
	} else if (!inet_is_any(&r->gateway)) {
		ret = route_lookup(&s->stack->net, &r->gateway, NULL, &path);
		if (ret < 0 || !inet_equal(&path.next_hop, &r->gateway))
			return -ENETUNREACH;
		r->ifindex = path.ifp->index;
	}
	return 0;
}

static int add_route(struct sock *s, const struct rtentry *e)
{
	struct inet_prefix network;
	struct route r = {.gateway = {{0}}};
	int ret = read_route(s, e, &r);

	if (ret < 0)
		return ret;
	network = route_network(&r.dst);
	if (!inet_equal(&network.addr, &r.dst.addr))
		return -EINVAL;
	return r.ifindex ? route_add(&s->stack->net, &r) : -ENODEV;
}

/* What is not given matches whatever is there. */
static int delete_route(struct sock *s, const struct rtentry *e)
{
	struct route_table *t = &s->stack->net.routes;
	struct route r = {.gateway = {{0}}};
	int ret = read_route(s, e, &r);

	if (ret < 0 && ret != -ENETUNREACH)
		return ret;
	for (uint32_t i = 0; i < t->count; i++) {
		struct route have = *route_at(t, i);

		if (have.dst.bits == r.dst.bits &&
		    inet_equal(&have.dst.addr, &r.dst.addr) &&
		    (!r.metric || r.metric == have.metric) &&
		    (inet_is_any(&r.gateway) ||
		     inet_equal(&r.gateway, &have.gateway)))
			return route_delete(&s->stack->net, &have);
	}
	return -ESRCH;
}

/* --- ARP ------------------------------------------------------------------ */

/* The interface that is named, or else that the address is on the link of. */
static struct iface *arp_iface(struct sock *s, const struct arpreq *r,
			       const struct inet_addr *a)
{
	struct path path;

	if (r->arp_dev[0])
		return by_name(s, r->arp_dev);
	if (route_lookup(&s->stack->net, a, NULL, &path) < 0 ||
	    path.ifp->is_loopback)
		return NULL;
	return path.ifp;
}

static int get_arp(const struct neigh *n, struct arpreq *r)
{
	if (!n)
		return -ENXIO;
	r->arp_ha.sa_family = ARPHRD_ETHER;
	memcpy(r->arp_ha.sa_data, n->mac.b, sizeof(n->mac.b));
	r->arp_flags = n->is_permanent ? ATF_PERM | ATF_COM : ATF_COM;
	if (n->state == NEIGH_INCOMPLETE || n->state == NEIGH_FAILED)
		r->arp_flags = 0;
	memcpy(r->arp_dev, n->table->ifp->name, sizeof(r->arp_dev));
	return 0;
}

static int on_arp(struct sock *s, unsigned long request, struct arpreq *r)
{
	struct iface *ifp;
	struct inet_addr a;
	struct eth_addr mac;
	int ret = take_in(&r->arp_pa, &a);

	if (ret < 0)
		return ret;
	if (r->arp_flags & ATF_PUBL)
		return -EOPNOTSUPP;
	ifp = arp_iface(s, r, &a);
	if (!ifp)
		return -ENODEV;
	if (request == SIOCGARP)
		return get_arp(neigh_find(&ifp->neigh, &a), r);
	if (request == SIOCDARP) {
		ret = neigh_delete(&ifp->neigh, &a);
		return ret == -ENOENT ? -ENXIO : ret;
	}
	if (r->arp_ha.sa_family != ARPHRD_ETHER)
		return -EINVAL;
	memcpy(mac.b, r->arp_ha.sa_data, sizeof(mac.b));
	return neigh_set(&ifp->neigh, &a, &mac, r->arp_flags & ATF_PERM, false);
}

int sock_ioctl_set(struct sock *s, unsigned long request, void *arg)
{
	struct ifreq *r = arg;
	struct iface *ifp;

	switch (request) {
	case SIOCADDRT:
		return s->family == AF_INET ? add_route(s, arg) : -EOPNOTSUPP;
	case SIOCDELRT:
		return s->family == AF_INET ? delete_route(s, arg)
					    : -EOPNOTSUPP;
	case SIOCGARP:
	case SIOCSARP:
	case SIOCDARP:
		return on_arp(s, request, arg);
	case SIOCSIFFLAGS:
	case SIOCSIFMTU:
	case SIOCSIFHWADDR:
	case SIOCSIFADDR:
	case SIOCSIFNETMASK:
	case SIOCSIFBRDADDR:
	case SIOCSIFDSTADDR:
	case SIOCSIFTXQLEN:
	case SIOCGIFTXQLEN:
	case SIOCGIFMAP:
		ifp = by_name(s, r->ifr_name);
		return ifp ? on_iface(ifp, request, r) : -ENODEV;
	default:
		return -ENOTTY;
	}
}
