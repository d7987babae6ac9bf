/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * iface.h - one interface: addresses, MTU, its neighbours
 *
 * What this room is for
 *   What the host has on one link. Interface 0 is always the loopback.
 *
 * Lock       the stack lock is held.
 */
#ifndef STACK_IFACE_H
#define STACK_IFACE_H

#include "engine.h"
#include "inet.h"
#include "limits.h"
#include "neigh.h"
#include "wire.h"

struct net;

struct iface {
	struct engine *eng;  /* [I] */
	struct net *net;     /* [I] the floor above's state */
	uint32_t index;      /* [I] 1-based, as if_nametoindex */
	char name[16];       /* [I] "lo", "tap0" */
	struct eth_addr mac; /* [S] */
	uint32_t mtu;        /* [S] bytes of IP packet */
	uint32_t caps;       /* [S] enum link_caps */
	int link;            /* [I] handle, see link.h */
	bool is_loopback;    /* [I] */
	bool is_down;        /* [S] nothing goes in or out */
	struct inet_prefix
		addrs[LIMIT_IFACE_ADDRS]; /* [S] with prefix length */
	uint32_t naddrs;                  /* [S] */
	struct neigh_table neigh4;        /* [S] */
	uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes; /* [S] */
};

void iface_init(struct iface *ifp, struct engine *eng, struct net *net,
		uint32_t index, const char *name, int link);
void iface_fini(struct iface *ifp);

/* 0, -EEXIST, -ENOBUFS. */
int iface_add_addr(struct iface *ifp, const struct inet_prefix *p) MUST_CHECK;

/* The same address with the same length goes: 0, -EADDRNOTAVAIL. */
int iface_delete_addr(struct iface *ifp,
		      const struct inet_prefix *p) MUST_CHECK;

/* What `ip link set` may change. Down: no frame goes in or out, and nothing is
 * routed there. */
void iface_set_down(struct iface *ifp, bool is_down);
void iface_set_mtu(struct iface *ifp, uint32_t mtu);
void iface_set_mac(struct iface *ifp, const struct eth_addr *mac);

/* Is it one of our addresses here? For loopback: all of 127/8. */
bool iface_owns(const struct iface *ifp, const struct inet_addr *a);

/* Directed broadcast of one of our prefixes, or 255.255.255.255. */
bool iface_is_broadcast(const struct iface *ifp, const struct inet_addr *a);

/* The address of ours to use towards `dst`: same prefix first; NULL: none. */
const struct inet_addr *iface_source_for(const struct iface *ifp,
					 const struct inet_addr *dst);

#endif
