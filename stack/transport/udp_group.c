/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * udp_group.c - which multicast groups are listened to, and by whom
 *
 * What this room is for
 *   Memberships of a pcb, and their sum for the host: ip4.c takes a group's
 *   packets only when somebody joined it.
 *
 * Goes out   igmp.c, which tells routers.
 * Lock       the stack lock is held.
 * Follows    RFC 1112 7.1; ip(7) IP_ADD_MEMBERSHIP.
 */
#include "udp.h"

#include <errno.h>

#include "net/igmp.h"
#include "net/net.h"

/* igmp.c has a place for every group on every link. */
static_assert(UDP_HOST_GROUPS * (LIMIT_IFACES - 1) <= LIMIT_IGMP_GROUPS,
	      "room in igmp.c");

static struct udp_group *find_group(struct udp_group *groups, uint32_t n,
				    const struct inet_addr *group,
				    uint32_t ifindex)
{
	for (uint32_t i = 0; i < n; i++) {
		if (groups[i].ifindex == ifindex &&
		    inet_equal(&groups[i].group, group))
			return &groups[i];
	}
	return NULL;
}

static struct udp_group *get_host_group(struct udp *u,
					const struct udp_group *g)
{
	struct udp_group *host =
		find_group(u->groups, u->ngroups, &g->group, g->ifindex);

	if (!host && u->ngroups < UDP_HOST_GROUPS) {
		host = &u->groups[u->ngroups++];
		*host = (struct udp_group){g->group, g->ifindex, 0};
		igmp_join(u->net, &g->group, g->ifindex);
	}
	return host;
}

void udp_group_rebuild(struct udp_pcb *pcb)
{
	for (uint32_t i = 0; i < pcb->ngroups; i++) {
		struct udp_group *host =
			get_host_group(pcb->udp, &pcb->groups[i]);

		if (host)
			host->refs++;
	}
}

int udp_join(struct udp_pcb *pcb, const struct inet_addr *group,
	     uint32_t ifindex)
{
	struct udp *u = pcb->udp;
	struct udp_group *host;

	if (!inet_is_multicast(group))
		return -EINVAL;
	if (find_group(pcb->groups, pcb->ngroups, group, ifindex))
		return -EADDRINUSE;
	if (pcb->ngroups == UDP_GROUPS)
		return -ENOBUFS;
	host = get_host_group(u, &(struct udp_group){*group, ifindex, 0});
	if (!host)
		return -ENOBUFS;
	host->refs++;
	pcb->groups[pcb->ngroups++] = (struct udp_group){*group, ifindex, 0};
	return 0;
}

int udp_leave(struct udp_pcb *pcb, const struct inet_addr *group,
	      uint32_t ifindex)
{
	struct udp *u = pcb->udp;
	struct udp_group *mine =
		find_group(pcb->groups, pcb->ngroups, group, ifindex);
	struct udp_group *host =
		find_group(u->groups, u->ngroups, group, ifindex);

	if (!mine || !host)
		return -EADDRNOTAVAIL;
	if (--host->refs == 0) {
		*host = u->groups[--u->ngroups];
		igmp_leave(u->net, group, ifindex);
	}
	*mine = pcb->groups[--pcb->ngroups];
	return 0;
}

bool udp_is_joined(const struct udp *u, const struct inet_addr *group,
		   uint32_t ifindex)
{
	for (uint32_t i = 0; i < u->ngroups; i++) {
		const struct udp_group *g = &u->groups[i];

		if (inet_equal(&g->group, group) &&
		    (g->ifindex == 0 || g->ifindex == ifindex))
			return true;
	}
	return false;
}
