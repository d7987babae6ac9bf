/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sock_opt_iface.c - the socket options that name an interface
 *
 * What this room is for
 *   SO_BINDTODEVICE, IP_MULTICAST_IF, and joining and leaving groups: by name,
 *   by index, or by an address of the interface.
 *
 * Lock       the stack lock is held.
 * Follows    socket(7), ip(7).
 */

#include "sock_opt_priv.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>

#include "transport/udp_group.h"

static struct iface *iface_by_name(struct sock *s, const char *name)
{
	for (uint32_t i = 0; i < s->stack->net.nifs; i++)
		if (strcmp(s->stack->net.ifs[i].name, name) == 0)
			return &s->stack->net.ifs[i];
	return NULL;
}

int sock_opt_set_device(struct sock *s, const void *value, socklen_t len)
{
	char name[IFNAMSIZ] = "";
	struct iface *ifp;

	if (len)
		memcpy(name, value, MIN(len, (socklen_t)sizeof(name) - 1));
	ifp = iface_by_name(s, name);
	if (name[0] && !ifp)
		return -ENODEV;
	sock_set_ifindex(s, ifp ? ifp->index : 0);
	return 0;
}

int sock_opt_get_device(const struct sock *s, void *value, socklen_t *len)
{
	const char *name;

	if (!s->ifindex) {
		*len = 0;
		return 0;
	}
	if (*len < IFNAMSIZ)
		return -EINVAL;
	name = s->stack->net.ifs[s->ifindex - 1].name;
	return sock_opt_give(value, len, name, strlen(name) + 1);
}

/*
 * ip_mreq, ip_mreqn and a bare address say which interface in their ways: its
 * index, 0 for any, or -ENODEV.
 */
static int mreq_ifindex(const struct sock *s, const struct ip_mreqn *m)
{
	const struct net *n = &s->stack->net;
	struct inet_addr a;
	struct ip4_addr a4;

	if (m->imr_ifindex)
		return (uint32_t)m->imr_ifindex <= n->nifs ? m->imr_ifindex
							   : -ENODEV;
	if (m->imr_address.s_addr == INADDR_ANY)
		return 0;
	memcpy(a4.b, &m->imr_address, 4);
	a = inet_from4(a4);
	for (uint32_t i = 0; i < n->nifs; i++)
		if (iface_owns(&n->ifs[i], &a))
			return (int)n->ifs[i].index;
	return -ENODEV;
}

/* Between the two structs there is nothing. */
static size_t mreq_size(socklen_t len)
{
	return len >= sizeof(struct ip_mreqn) ? sizeof(struct ip_mreqn)
					      : sizeof(struct ip_mreq);
}

int sock_opt_membership(struct sock *s, int name, const void *value,
			socklen_t len)
{
	struct ip_mreqn m = {{0}, {0}, 0};
	struct inet_addr group;
	struct ip4_addr a4;
	int ifindex;

	if (!s->pcb)
		return -EPROTO;
	if (len < sizeof(struct ip_mreq))
		return -EINVAL;
	memcpy(&m, value, mreq_size(len));
	ifindex = mreq_ifindex(s, &m);
	if (ifindex < 0)
		return ifindex;
	memcpy(a4.b, &m.imr_multiaddr, 4);
	group = inet_from4(a4);
	if (name == IP_ADD_MEMBERSHIP)
		return udp_join(s->pcb, &group, (uint32_t)ifindex);
	return udp_leave(s->pcb, &group, (uint32_t)ifindex);
}

int sock_opt_membership6(struct sock *s, bool join, const void *value,
			 socklen_t len)
{
	struct ipv6_mreq m;
	struct inet_addr group;

	if (!s->pcb)
		return -EPROTO;
	if (len < sizeof(m))
		return -EINVAL;
	memcpy(&m, value, sizeof(m));
	memcpy(&group, &m.ipv6mr_multiaddr, sizeof(group));
	if (inet_is4(&group) || !inet_is_multicast(&group))
		return -EINVAL;
	if (m.ipv6mr_interface > s->stack->net.nifs)
		return -ENODEV;
	if (join)
		return udp_join(s->pcb, &group, m.ipv6mr_interface);
	return udp_leave(s->pcb, &group, m.ipv6mr_interface);
}

int sock_opt_multicast_if(struct sock *s, const void *value, socklen_t len)
{
	struct ip_mreqn m = {{0}, {0}, 0};
	int ifindex;

	if (!s->pcb || len < sizeof(struct in_addr))
		return -EINVAL;
	if (len >= sizeof(struct ip_mreq))
		memcpy(&m, value, mreq_size(len));
	else
		memcpy(&m.imr_address, value, sizeof(struct in_addr));
	ifindex = mreq_ifindex(s, &m);
	if (ifindex < 0)
		return -EADDRNOTAVAIL;
	s->multicast_addr = m.imr_address.s_addr;
	s->pcb->v4.multicast_if = (uint32_t)ifindex;
	return 0;
}
