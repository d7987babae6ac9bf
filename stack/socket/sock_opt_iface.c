/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sock_opt_iface.c - the socket options that name an interface
 *
 * What this room is for
 *   SO_BINDTODEVICE and IP_MULTICAST_IF: by name, by index, or by an address
 *   of the interface, which sock_opt_mcast.c reads here, too.
 *
 * Lock       the stack lock is held.
 * Follows    socket(7), ip(7).
 */

#include "sock_opt_priv.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>

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

int sock_opt_mreq_ifindex(const struct sock *s, const struct ip_mreqn *m)
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

size_t sock_opt_mreq_size(socklen_t len)
{
	return len >= sizeof(struct ip_mreqn) ? sizeof(struct ip_mreqn)
					      : sizeof(struct ip_mreq);
}

int sock_opt_multicast_if(struct sock *s, const void *value, socklen_t len)
{
	struct ip_mreqn m = {{0}, {0}, 0};
	int ifindex;

	if (!s->pcb || len < sizeof(struct in_addr))
		return -EINVAL;
	if (len >= sizeof(struct ip_mreq))
		memcpy(&m, value, sock_opt_mreq_size(len));
	else
		memcpy(&m.imr_address, value, sizeof(struct in_addr));
	ifindex = sock_opt_mreq_ifindex(s, &m);
	if (ifindex < 0)
		return -EADDRNOTAVAIL;
	s->multicast_addr = m.imr_address.s_addr;
	s->pcb->v4.multicast_if = (uint32_t)ifindex;
	return 0;
}
