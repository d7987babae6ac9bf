/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * net.h - the network floor's state: interfaces, routes, fragments, paths
 *
 * What this room is for
 *   One struct that the rooms of this floor share, and the pointers up to the
 *   transports that the switchboards (ip4.c, icmp4.c) need.
 *
 * Lock       the stack lock is held.
 */
#ifndef STACK_NET_H
#define STACK_NET_H

#include "auto6.h"
#include "dhcp4.h"
#include "dhcp6.h"
#include "ground/engine.h"
#include "link/iface.h"
#include "ipv4ll.h"
#include "mcast.h"
#include "nameservers.h"
#include "reasm.h"
#include "nd_route.h"
#include "nd_router.h"
#include "pmtu.h"
#include "redirect.h"
#include "route.h"

struct packets;
struct tcp;
struct udp;

struct net {
	struct engine *eng;             /* [I] */
	struct tcp *tcp;                /* [I] the floor above; NULL in tests */
	struct udp *udp;                /* [I] */
	struct udp *echo, *raw;         /* [I] ping and raw sockets, or NULL */
	struct packets *packets;        /* [I] packet sockets, or NULL */
	struct iface ifs[LIMIT_IFACES]; /* [S] ifs[0] is loopback */
	uint32_t nifs;                  /* [S] */
	struct dhcp4 dhcp4[LIMIT_IFACES];   /* [S] of the same index */
	struct auto6 auto6[LIMIT_IFACES];   /* [S] of the same index */
	struct dhcp6 dhcp6[LIMIT_IFACES];   /* [S] of the same index */
	struct ipv4ll ipv4ll[LIMIT_IFACES]; /* [S] of the same index */
	struct route_table routes;          /* [S] */
	struct reasm_table reasm;           /* [S] */
	struct pmtu_table pmtu;             /* [S] */
	struct redirect_table redirects;    /* [S] */
	struct nd_routers nd;               /* [S] */
	struct nd_routes nd_routes;         /* [S] */
	struct nameservers nameservers;     /* [S] */
	struct rand_key iid_key; /* [I] of our half of IPv6 addresses */
	struct mcast mcast;      /* [S] */
	uint32_t icmp_tokens;    /* [S] errors we may still send */
	usecs icmp_refill;       /* [S] when tokens were last added */
	usecs redirect_next;     /* [S] when we may send another one */
	bool forwards;   /* [S] a router: packets of others are passed on */
	bool is_leaving; /* [S] only the keeper is left: nothing is defended */
	uint32_t ip_id;  /* [S] counter mixed per destination */
};

void net_init(struct net *n, struct engine *eng);
void net_fini(struct net *n);

/* After a death inside, before and after the sweep. Datagrams that are being
 * put together are given up, as if a fragment had been lost. */
void net_claim(struct net *n);
void net_rebuild(struct net *n);

/* At the end of each turn: what follows from changed addresses. */
void net_settle(struct net *n);

/* Appends an interface; NULL when LIMIT_IFACES exist. */
struct iface *net_add_iface(struct net *n, const char *name, int link);

/*
 * Nobody is left: what the network lent goes back. True: that was sent now, or
 * waits for a link address, and who calls must drive on for a moment.
 */
bool net_leave(struct net *n);

/* Somebody came after that: asks again. */
void net_resume(struct net *n);

/* Is `a` an address of this host, on any interface? */
bool net_is_local(const struct net *n, const struct inet_addr *a);

/*
 * The interface on which sockets that are bound to one hear a packet to `a`
 * that came in on `ifp`: for an IPv6 address of ours that went over the
 * loopback, the interface that has it, as in Linux (link-local listeners are
 * bound to theirs).
 */
uint32_t net_heard_on(const struct iface *ifp, const struct inet_addr *a);

/*
 * May a packet to `a` come in on `ifp`? RFC 1122 3.3.4.2, the strong model: an
 * address is its link's, but those of the loopback are the host's; a router
 * takes what is for any of its addresses (RFC 1812 5.2.3).
 */
bool net_accepts(const struct net *n, const struct iface *ifp,
		 const struct inet_addr *a);

/* Broadcast (limited or directed) of any interface. */
bool net_is_broadcast(const struct net *n, const struct inet_addr *a);

#endif
