/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * igmp.h - telling routers and switches which IPv4 groups we listen to
 *
 * What this room is for
 *   The groups of each interface, as floor 3 tells, and what is still to be
 *   said about them: a change is reported at once and again, a query is
 *   answered after a random delay. One timer for all of it.
 *
 * Never      reports 224.0.0.1, or anything on the loopback.
 * Lock       the stack lock is held.
 * Follows    RFC 3376; RFC 2236 and RFC 1112 towards older routers.
 */
#ifndef STACK_IGMP_H
#define STACK_IGMP_H

#include "ground/drop.h"
#include "link/inet.h"
#include "ground/limits.h"
#include "ground/pkt.h"
#include "ground/timer.h"

struct iface;
struct net;

struct igmp_group {
	struct ip4_addr group;
	uint32_t ifindex;  /* [S] */
	uint32_t refs;     /* [S] who joined; 0: left, and routers are told */
	uint32_t changes;  /* [S] reports of the last change still to be sent */
	usecs change_at;   /* [S] when the next of them */
	usecs answer_at;   /* [S] to a query; USECS_NEVER: none waits */
	uint32_t nsources; /* [S] asked about; 0: about the group itself */
	struct ip4_addr sources[LIMIT_IGMP_SOURCES]; /* [S] */
};

/* What was heard on one interface. */
struct igmp_link {
	usecs answer_at;     /* [S] to a general query; USECS_NEVER: none */
	usecs v1_until;      /* [S] an IGMPv1 router is there */
	usecs v2_until;      /* [S] an IGMPv2 router is there */
	uint32_t version;    /* [S] 1 to 3: how we speak */
	uint32_t robustness; /* [S] how often a change is said */
	usecs interval;      /* [S] between the router's queries */
};

struct igmp {
	struct net *net;                             /* [I] */
	struct igmp_group groups[LIMIT_IGMP_GROUPS]; /* [S] */
	uint32_t ngroups;                            /* [S] */
	struct igmp_link links[LIMIT_IFACES];        /* [S] by ifindex - 1 */
	struct timer timer;                          /* [S] TIMER_IGMP */
};

/* At start-up only: there is memory for the timer. */
void igmp_init(struct igmp *g, struct net *n);
void igmp_fini(struct igmp *g);

/* After a death inside: nobody has joined; floor 3 brings its groups again,
 * and what it does not bring is left. */
void igmp_rebuild(struct igmp *g);

/*
 * Somebody listens to `group` on that interface, 0: on every one, or listens
 * no longer. The calls are counted. IPv6 groups are ignored. What is to be said
 * goes out when the turn settles.
 */
void igmp_join(struct net *n, const struct inet_addr *group, uint32_t ifindex);
void igmp_leave(struct net *n, const struct inet_addr *group, uint32_t ifindex);

/* ip4.c delivers: p->l3 at the IPv4 header, data at the IGMP header. */
enum verdict igmp_input(struct iface *ifp, struct pkt *p);

/* TIMER_IGMP fired. */
void igmp_on_timer(struct timer *t);

#endif
