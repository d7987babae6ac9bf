/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * mcast.h - telling routers and switches which groups we listen to
 *
 * What this room is for
 *   What IGMP and MLD have in common, which is nearly all: a change is
 *   reported at once and again, a query is answered after a random delay, and
 *   a link speaks the language of its oldest router. One timer for all of it.
 *
 * Versions   are counted as IGMP's. What MLDv1 says and does is IGMPv2's, and
 *            MLDv2 is IGMPv3 in IPv6 (RFC 3810 10): so MLD has 2 and 3 here.
 * Never      reports 224.0.0.1, ff02::1, groups of this host alone, or
 *            anything on the loopback.
 * Lock       the stack lock is held.
 * Follows    RFC 3376, RFC 2236, RFC 1112; RFC 3810, RFC 2710.
 */
#ifndef STACK_MCAST_H
#define STACK_MCAST_H

#include "link/inet.h"
#include "ground/limits.h"
#include "mcast_group.h"
#include "ground/timer.h"

struct iface;
struct net;

/* What was heard on one interface, for one family. */
struct mcast_link {
	usecs answer_at;     /* [S] to a general query; USECS_NEVER: none */
	usecs v1_until;      /* [S] a router of version 1 is there */
	usecs v2_until;      /* [S] one of version 2 is there */
	uint32_t version;    /* [S] 1 to 3: how we speak */
	uint32_t robustness; /* [S] how often a change is said */
	usecs interval;      /* [S] between the router's queries */
	bool is_ready;       /* [S] up, with an address to report from */
};

enum { MCAST_IP4, MCAST_IP6, MCAST_FAMILIES };

struct mcast {
	struct net *net;                                       /* [I] */
	struct mcast_groups groups;                            /* [S] */
	struct mcast_link links[LIMIT_IFACES][MCAST_FAMILIES]; /* [S] */
	struct timer timer; /* [S] TIMER_MCAST */
};

/* A query that igmp.c or mld.c believes. */
struct mcast_query {
	struct inet_addr group; /* any: about all */
	uint32_t version;
	usecs response;         /* answer within */
	uint32_t robustness;    /* version 3; 0: not said */
	uint32_t interval_s;    /* the same */
	uint32_t nsources;      /* 0: about the group */
	const uint8_t *sources; /* as they came, of the group's family */
};

/* At start-up only: there is memory for the timer. */
void mcast_init(struct mcast *m, struct net *n);
void mcast_fini(struct mcast *m);

/* After a death inside: nobody has joined; floor 3 brings its filters again,
 * and each is a change. */
void mcast_rebuild(struct mcast *m);

/*
 * A listener on that interface had the filter `from` for the group and has
 * `to`; NULL: none. 0; -ENOBUFS, and then nothing has changed. What is to be
 * said goes out when the turn settles.
 */
int mcast_change(struct net *n, const struct inet_addr *group, uint32_t ifindex,
		 const struct mcast_filter *from,
		 const struct mcast_filter *to) MUST_CHECK;

/* Does anybody here listen to the group on that interface? To this source? */
bool mcast_is_joined(const struct net *n, const struct inet_addr *group,
		     uint32_t ifindex);
bool mcast_wants(const struct net *n, const struct inet_addr *group,
		 const struct inet_addr *source, uint32_t ifindex);

/* Addresses or the state of the interface have changed: it joins the groups
 * that every host is in, and those by which its neighbours ask for it; and it
 * reports all anew when it can do so better than before. */
void mcast_sync(struct iface *ifp);

/* What the message says about routers and groups. */
void mcast_on_query(struct iface *ifp, const struct mcast_query *q);

/* Another host has reported the group, in an old version. */
void mcast_on_report(struct iface *ifp, const struct inet_addr *group);

/* RFC 3376 4.1.1, 4.1.7, RFC 3810 5.1.3: a small number, or three bits of
 * exponent and the rest of `bits` bits a mantissa. */
uint32_t mcast_decode(uint32_t code, unsigned int bits);

/* Do the records of a report of `len` bytes fit into it? */
bool mcast_report_is_sound(const uint8_t *report, size_t len, bool is4);

/* TIMER_MCAST fired. */
void mcast_on_timer(struct timer *t);

#endif
