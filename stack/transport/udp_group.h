/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * udp_group.h - the multicast groups of a pcb, and whom it hears there
 *
 * What this room is for
 *   A membership is a group on one interface with a filter of sources. The
 *   calls are those of the socket options; their refusals are Linux's, which
 *   differ between the families.
 *
 * Storage    a membership is a block of its own, and each change makes a new
 *            one that takes the old one's place: whoever dies in between
 *            leaves the one or the other.
 * Lock       the stack lock is held.
 * Follows    RFC 1112 7.1, RFC 3678 4 and 5, ip(7), ipv6(7).
 */
#ifndef STACK_UDP_GROUP_H
#define STACK_UDP_GROUP_H

#include "net/mcast_group.h"
#include "udp.h"

/* A block of kind ARENA_OTHER. */
struct udp_member {
	struct udp_member *next; /* [S] of the same pcb, newest first */
	struct inet_addr group;  /* [I] */
	uint32_t ifindex;        /* [I] */
	bool exclude;            /* [I] what the sources are for */
	bool has_list;           /* [I] there were sources, if only once */
	uint32_t nsources;       /* [I] */
	struct inet_addr sources[];
};

/*
 * ifindex 0: by the routes. 0; -EINVAL (no group), -ENODEV, -EADDRINUSE (joined
 * already), -ENOBUFS, -ENOMEM; a leave without join: -EADDRNOTAVAIL.
 */
int udp_join(struct udp_pcb *pcb, const struct inet_addr *group,
	     uint32_t ifindex) MUST_CHECK;
int udp_leave(struct udp_pcb *pcb, const struct inet_addr *group,
	      uint32_t ifindex) MUST_CHECK;

enum udp_source_how {
	UDP_SOURCE_JOIN, /* joins the group for this source, or adds it */
	UDP_SOURCE_LEAVE,
	UDP_SOURCE_BLOCK, /* of a group that was joined for all */
	UDP_SOURCE_UNBLOCK,
};

/* As above; -EINVAL also for a group joined the other way. -EADDRNOTAVAIL: the
 * source is there already, or is not; -ENOBUFS: too many of them. */
int udp_source(struct udp_pcb *pcb, enum udp_source_how how,
	       const struct inet_addr *group, const struct inet_addr *source,
	       uint32_t ifindex) MUST_CHECK;

/* The whole filter at once; nothing from nobody is to leave the group. The
 * sources are at most as many as udp_group_max_sources() allows. */
int udp_set_filter(struct udp_pcb *pcb, const struct inet_addr *group,
		   uint32_t ifindex,
		   const struct mcast_filter *filter) MUST_CHECK;

uint32_t udp_group_max_sources(const struct inet_addr *group);

/* The interface that ifindex 0 stands for, with this group: its index or
 * -ENODEV. */
int udp_group_ifindex(const struct udp_pcb *pcb, const struct inet_addr *group,
		      uint32_t ifindex);

/* On exactly that interface; NULL: not joined. */
const struct udp_member *udp_group_find(const struct udp_pcb *pcb,
					const struct inet_addr *group,
					uint32_t ifindex);

/* Does the pcb hear what `source` sends to `group`? True if that is none. */
bool udp_group_wants(const struct udp_pcb *pcb, const struct inet_addr *group,
		     const struct inet_addr *source, uint32_t ifindex);

void udp_group_leave_all(struct udp_pcb *pcb);

/* After a death inside: claims the memberships of a pcb; tells net/mcast.c. */
void udp_group_claim(struct udp_pcb *pcb);
void udp_group_rebuild(struct udp_pcb *pcb);

#endif
