/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sock_ioctl.c - ioctl on a socket: queues and interfaces
 *
 * What this room is for
 *   FIONREAD and its kin; the SIOCGIF* family that tools use to look at
 *   interfaces.
 *
 * Lock       the stack lock is held.
 * Follows    tcp(7), udp(7), netdevice(7).
 */

#include "netlink/nl_link.h"
#include "sock.h"
#include "link/link.h"
#include "sock_ioctl_set.h"
#include "sock_packet.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>

static int dgram_queue(const struct sock *s, unsigned long request, int *value)
{
	switch (request) {
	case FIONREAD:
		*value = (int)udp_next_len(s->pcb);
		return 0;
	case SIOCOUTQ:
		*value = 0; /* what was sent has left */
		return 0;
	default:
		return -ENOTTY;
	}
}

static int stream_queue(const struct sock *s, unsigned long request, int *value)
{
	/* tcp(7): a listener has no queue of bytes. */
	if (request != SIOCATMARK && tcp_get_state(s->conn) == TCPS_LISTEN)
		return -EINVAL;
	switch (request) {
	case FIONREAD:
		*value = (int)tcp_readable(s->conn);
		return 0;
	case SIOCOUTQ:
		*value = (int)tcp_unacked(s->conn);
		return 0;
	case SIOCOUTQNSD:
		*value = (int)tcp_unsent(s->conn);
		return 0;
	case SIOCATMARK:
		*value = tcp_at_mark(s->conn);
		return 0;
	default:
		return -ENOTTY;
	}
}

static void put_in(struct sockaddr *to, const struct inet_addr *a)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct ip4_addr a4 = inet_to4(a);

	memcpy(&in.sin_addr, a4.b, 4);
	memcpy(to, &in, sizeof(in));
}

static struct inet_addr netmask(const struct inet_prefix *p)
{
	uint32_t bits = p->bits > 96 ? p->bits - 96u : 0;

	return inet_from4(ip4_from_u32(bits ? UINT32_MAX << (32 - bits) : 0));
}

static struct inet_addr broadcast(const struct inet_prefix *p)
{
	struct inet_addr mask = netmask(p);
	uint32_t m = ip4_u32(inet_to4(&mask));

	return inet_from4(ip4_from_u32(ip4_u32(inet_to4(&p->addr)) | ~m));
}

static int give_address(const struct iface *ifp, unsigned long request,
			struct ifreq *r)
{
	const struct inet_prefix *p = sock_ioctl_first4(ifp);
	struct inet_addr a;

	if (!p)
		return -EADDRNOTAVAIL;
	if (request == SIOCGIFNETMASK)
		a = netmask(p);
	else if (request == SIOCGIFBRDADDR)
		a = broadcast(p);
	else
		a = p->addr;
	put_in(&r->ifr_addr, &a);
	return 0;
}

static short flags_of(const struct iface *ifp)
{
	/* What is above 16 bits does not fit: netdevice(7). */
	return (short)(nl_link_flags(ifp) & 0xffff);
}

static struct iface *by_request(struct sock *s, unsigned long request,
				const struct ifreq *r)
{
	struct net *n = &s->stack->net;

	for (uint32_t i = 0; i < n->nifs; i++) {
		if (request == SIOCGIFNAME
			    ? n->ifs[i].index == (uint32_t)r->ifr_ifindex
			    : strncmp(n->ifs[i].name, r->ifr_name, IFNAMSIZ) ==
				      0)
			return &n->ifs[i];
	}
	return NULL;
}

static int iface_ioctl(struct sock *s, unsigned long request, struct ifreq *r)
{
	const struct iface *ifp = by_request(s, request, r);

	if (!ifp)
		return -ENODEV;
	switch (request) {
	case SIOCGIFNAME:
		memset(r->ifr_name, 0, IFNAMSIZ);
		memcpy(r->ifr_name, ifp->name,
		       MIN(sizeof(ifp->name), (size_t)IFNAMSIZ));
		return 0;
	case SIOCGIFINDEX:
		r->ifr_ifindex = (int)ifp->index;
		return 0;
	case SIOCGIFFLAGS:
		r->ifr_flags = flags_of(ifp);
		return 0;
	case SIOCGIFMTU:
		r->ifr_mtu = (int)ifp->mtu;
		return 0;
	case SIOCGIFMETRIC:
		r->ifr_metric = 0;
		return 0;
	case SIOCGIFHWADDR:
		memset(&r->ifr_hwaddr, 0, sizeof(r->ifr_hwaddr));
		r->ifr_hwaddr.sa_family =
			ifp->is_loopback ? ARPHRD_LOOPBACK : ARPHRD_ETHER;
		memcpy(r->ifr_hwaddr.sa_data, ifp->mac.b, 6);
		return 0;
	default:
		return give_address(ifp, request, r);
	}
}

static int ifconf(struct sock *s, struct ifconf *c)
{
	struct net *n = &s->stack->net;
	int used = 0;

	for (uint32_t i = 0; i < n->nifs; i++) {
		struct ifreq r;

		const struct inet_prefix *first = sock_ioctl_first4(&n->ifs[i]);

		if (!first)
			continue;
		if (c->ifc_buf) {
			if (used + (int)sizeof(r) > c->ifc_len)
				break;
			memset(&r, 0, sizeof(r));
			memcpy(r.ifr_name, n->ifs[i].name,
			       sizeof(n->ifs[i].name));
			put_in(&r.ifr_addr, &first->addr);
			memcpy(c->ifc_buf + used, &r, sizeof(r));
		}
		used += (int)sizeof(r);
	}
	c->ifc_len = used;
	return 0;
}

static int packet_queue(const struct sock *s, unsigned long request, int *value)
{
	if (request != FIONREAD && request != SIOCOUTQ)
		return -EINVAL;
	*value = request == FIONREAD ? sock_packet_queue(s) : 0;
	return 0;
}

/* socket(7): when the packet that was read last has come. */
static int last_stamp(const struct sock *s, unsigned long request, void *arg)
{
	uint64_t wall = s->last_stamp + s->stack->wall_offset;
	struct timeval tv = {(time_t)(wall / USECS_PER_SEC),
			     (suseconds_t)(wall % USECS_PER_SEC)};
	struct timespec ts = {tv.tv_sec, tv.tv_usec * 1000};

	if (!s->last_stamp)
		return -ENOENT;
	if (request == SIOCGSTAMP_OLD)
		memcpy(arg, &tv, sizeof(tv));
	else
		memcpy(arg, &ts, sizeof(ts));
	return 0;
}

/* What libpcap asks: do frames come and go in one piece that the wire cuts? */
static int ethtool(struct sock *s, struct ifreq *r)
{
	const struct iface *ifp = by_request(s, SIOCETHTOOL, r);
	struct ethtool_value v;

	if (!ifp)
		return -ENODEV;
	memcpy(&v.cmd, r->ifr_data, sizeof(v.cmd));
	switch (v.cmd) {
	case ETHTOOL_GTSO:
		v.data = (ifp->caps & LINK_TSO4) != 0;
		break;
	case ETHTOOL_GGSO:
	case ETHTOOL_GGRO:
		v.data = (ifp->caps & (LINK_TSO4 | LINK_MERGES)) != 0;
		break;
	case ETHTOOL_GUFO:
	case ETHTOOL_GFLAGS:
		v.data = 0;
		break;
	case ETHTOOL_GLINK:
		v.data = !ifp->is_down;
		break;
	default:
		return -EOPNOTSUPP;
	}
	memcpy(r->ifr_data, &v, sizeof(v));
	return 0;
}

int sock_ioctl(struct sock *s, unsigned long request, void *arg)
{
	switch (request) {
	case SIOCETHTOOL:
		return ethtool(s, arg);
	case SIOCGSTAMP_OLD:
	case SIOCGSTAMPNS_OLD:
		return last_stamp(s, request, arg);
	case FIONREAD:
	case SIOCOUTQ:
	case SIOCOUTQNSD:
	case SIOCATMARK:
		if (s->nl)
			return -ENOTTY;
		if (s->packet)
			return packet_queue(s, request, arg);
		return s->conn ? stream_queue(s, request, arg)
			       : dgram_queue(s, request, arg);
	case SIOCGIFCONF:
		return ifconf(s, arg);
	case SIOCGIFNAME:
	case SIOCGIFINDEX:
	case SIOCGIFFLAGS:
	case SIOCGIFMTU:
	case SIOCGIFMETRIC:
	case SIOCGIFHWADDR:
	case SIOCGIFADDR:
	case SIOCGIFDSTADDR:
	case SIOCGIFNETMASK:
	case SIOCGIFBRDADDR:
		return iface_ioctl(s, request, arg);
	default:
		return sock_ioctl_set(s, request, arg);
	}
}
