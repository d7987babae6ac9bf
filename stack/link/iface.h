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

#include "ground/engine.h"
#include "inet.h"
#include "ground/limits.h"
#include "neigh.h"
#include "wire.h"

struct net;

/* May the address be used? */
enum iface_addr_phase {
	ADDR_TENTATIVE, /* being probed: nothing is sent from or taken for it */
	ADDR_OPTIMISTIC, /* being probed, and used meanwhile (RFC 4429) */
	ADDR_PREFERRED,  /* yes */
	ADDR_DEPRECATED, /* by who uses it already; for nothing new */
	ADDR_DUPLICATE,  /* no: another host has it */
};

/* Where it comes from; who made it also takes it away. */
enum iface_addr_origin {
	ADDR_BY_CONFIG,
	ADDR_LINK_LOCAL, /* made by us, RFC 4862 5.3 or RFC 3927 */
	ADDR_BY_ROUTER,  /* SLAAC */
	ADDR_TEMPORARY,  /* RFC 8981 */
	ADDR_BY_DHCP,
};

/* What others on the link know of an IPv4 address (RFC 5227). */
enum iface_addr_claim {
	CLAIM_NONE,    /* nothing: nobody was asked or told */
	CLAIM_ASKING,  /* they are asked whether it is theirs */
	CLAIM_TELLING, /* they are told that it is ours */
	CLAIM_MADE,    /* all of them should know */
};

struct iface_addr {
	struct inet_prefix prefix; /* [I] the address, with prefix length */
	uint8_t phase;             /* [S] enum iface_addr_phase */
	uint8_t origin;            /* [I] enum iface_addr_origin */
	bool not_onlink;           /* [S] the prefix is not on the link */
	bool is_unrouted;          /* [S] it is, but its route was deleted */
	uint8_t probes;            /* [S] questions asked while tentative */
	uint8_t conflicts;         /* [S] seen so far (RFC 7217's counter) */
	uint8_t claim;             /* [S] enum iface_addr_claim */
	uint8_t announced;         /* [S] times, since it was found free */
	uint64_t nonce;            /* [S] of the last probe (RFC 7527) */
	usecs next;                /* [S] when to probe, announce next */
	usecs defended;            /* [S] against another host; 0: never */
	usecs preferred_until;     /* [S] USECS_NEVER: for ever */
	usecs valid_until;         /* [S] USECS_NEVER: for ever */
	/* Of a temporary one: nobody's lifetimes go beyond (RFC 8981 3.4). */
	usecs preferred_cap, valid_cap; /* [I] */
};

struct iface {
	struct engine *eng;  /* [I] */
	struct net *net;     /* [I] the floor above's state */
	uint32_t index;      /* [I] 1-based, as if_nametoindex */
	char name[16];       /* [I] "lo", "tap0" */
	struct eth_addr mac; /* [S] */
	uint32_t mtu;        /* [S] bytes of IP packet */
	uint32_t mtu6;       /* [S] what routers say, if less; 0 */
	uint8_t hops6;       /* [S] hop limit that routers say; 0 */
	bool uses_eui64;     /* [I] identifiers from the hardware address */
	uint32_t caps;       /* [S] enum link_caps */
	int link;            /* [I] handle, see link.h */
	bool is_loopback;    /* [I] */
	bool is_down;        /* [S] nothing goes in or out */
	bool is_stirred;     /* [S] addresses or state changed: net_settle() */
	struct iface_addr addrs[LIMIT_IFACE_ADDRS]; /* [S] */
	uint32_t naddrs;                            /* [S] */
	struct neigh_table neigh;                   /* [S] of both families */
	struct timer timer; /* [S] TIMER_IFACE: addresses */
	uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes; /* [S] */
};

/* At start-up only: there is memory for its timer. */
void iface_init(struct iface *ifp, struct engine *eng, struct net *net,
		uint32_t index, const char *name, int link);
void iface_fini(struct iface *ifp);

/* Configured, for ever, and usable at once. 0, -EEXIST, -ENOBUFS. */
int iface_add_addr(struct iface *ifp, const struct inet_prefix *p) MUST_CHECK;

/* The same address with the same length goes: 0, -EADDRNOTAVAIL. */
int iface_delete_addr(struct iface *ifp,
		      const struct inet_prefix *p) MUST_CHECK;

/* What `ip link set` may change. Down: no frame goes in or out, and nothing is
 * routed there. */
void iface_set_down(struct iface *ifp, bool is_down);
void iface_set_mtu(struct iface *ifp, uint32_t mtu);
void iface_set_mac(struct iface *ifp, const struct eth_addr *mac);

/* As above; with origin, phase and times of `a`. */
int iface_add(struct iface *ifp, const struct iface_addr *a) MUST_CHECK;
void iface_delete(struct iface *ifp, const struct inet_addr *a);

/* The entry of `a`, in whatever phase; NULL: none. */
struct iface_addr *iface_find(struct iface *ifp, const struct inet_addr *a);

/* The largest packet to `dst` that the link takes. */
static inline uint32_t iface_mtu(const struct iface *ifp,
				 const struct inet_addr *dst);

/* Preferred, deprecated or optimistic: it is ours. */
static inline bool iface_addr_is_ours(const struct iface_addr *a);

/* Does it make a route to its neighbours? */
static inline bool iface_addr_is_routed(const struct iface_addr *a);

/* Is it one of our addresses here? For loopback: all of 127/8. Those that are
 * tentative or duplicate are not ours. */
bool iface_owns(const struct iface *ifp, const struct inet_addr *a);

/* Directed broadcast of one of our prefixes, or 255.255.255.255. */
bool iface_is_broadcast(const struct iface *ifp, const struct inet_addr *a);

/* The address of ours to use towards `dst`: same prefix first; NULL: none. */
const struct inet_addr *iface_source_for(const struct iface *ifp,
					 const struct inet_addr *dst);

/* Our link-local IPv6 address here, when it may be used; NULL: none. Certain:
 * it is not being probed any more, either. */
const struct inet_addr *iface_link_local(const struct iface *ifp);
const struct inet_addr *iface_certain_link_local(const struct iface *ifp);

/* Is `group` the solicited-node group of one of our addresses, tentative ones
 * too, or ff01::1, ff02::1 (RFC 4291 2.8)? */
bool iface_is_own_group6(const struct iface *ifp,
			 const struct inet_addr *group);

/* Inline bodies. */

static inline uint32_t iface_mtu(const struct iface *ifp,
				 const struct inet_addr *dst)
{
	if (ifp->mtu6 == 0 || inet_is4(dst))
		return ifp->mtu;
	return MIN(ifp->mtu, ifp->mtu6);
}

static inline bool iface_addr_is_ours(const struct iface_addr *a)
{
	return a->phase == ADDR_PREFERRED || a->phase == ADDR_DEPRECATED ||
	       a->phase == ADDR_OPTIMISTIC;
}

static inline bool iface_addr_is_routed(const struct iface_addr *a)
{
	return !a->not_onlink && !a->is_unrouted;
}

#endif
