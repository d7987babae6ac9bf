/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * neigh.h - the neighbour cache: next hop to link address
 *
 * What this room is for
 *   The states of RFC 4861 7.3.2, used for IPv4 too; ageing; the packets that
 *   wait for an answer. Questions and failures go through the switchboard:
 *   eth_ask() has arp.c or nd.c send the question, eth_unreachable()
 *   tells the network floor about packets that will never leave.
 *
 * Lock       the stack lock is held.
 * Follows    RFC 4861 7.3; RFC 1122 2.3.2 (queue, flood limit).
 */
#ifndef STACK_NEIGH_H
#define STACK_NEIGH_H

#include "ground/engine.h"
#include "inet.h"
#include "ground/list.h"
#include "ground/pkt.h"
#include "ground/tx.h"
#include "wire.h"

#include <uthash.h>

struct iface;

enum neigh_state {
	NEIGH_INCOMPLETE, /* asked; packets wait */
	NEIGH_REACHABLE,  /* confirmed lately: send */
	NEIGH_STALE,      /* old: send, and then verify */
	NEIGH_DELAY,      /* sent while stale: wait for upper-layer news */
	NEIGH_PROBE,      /* asking by unicast: send meanwhile */
	NEIGH_FAILED,     /* did not answer: packets get EHOSTUNREACH */
};

struct neigh {
	struct inet_addr addr; /* [I] key */
	struct eth_addr mac;   /* [S] valid except INCOMPLETE, FAILED */
	uint8_t state;         /* [S] enum neigh_state */
	uint8_t tries;         /* [S] questions asked in this round */
	bool is_permanent;     /* [S] a program said so: never asked */
	bool is_dead;          /* [S] silent, and not heard of since */
	struct timer timer;    /* [S] TIMER_NEIGH */
	usecs used;            /* [S] last time a packet was sent to it */
	usecs since;         /* [S] confirmed (REACHABLE), given up (FAILED) */
	struct list waiting; /* [S] struct pkt, whole IP packets */
	uint32_t nwaiting;   /* [S] */
	struct neigh_table *table; /* [I] */
	struct list lru;           /* [S] table->lru, least recent first */
	UT_hash_handle hh;         /* [S] */
};

struct neigh_table {
	struct engine *eng; /* [I] */
	struct iface *ifp;  /* [I] */
	struct neigh *hash; /* [S] by addr */
	struct list lru;    /* [S] */
	uint32_t count;     /* [S] at most LIMIT_NEIGHS */
	/* Of IPv6 neighbours, as routers say (RFC 4861 6.3.2). */
	usecs reachable6_us; /* [S] how long a confirmation lasts */
	usecs retrans6_us;   /* [S] between questions */
};

void neigh_table_init(struct neigh_table *t, struct engine *eng,
		      struct iface *ifp);
void neigh_table_fini(struct neigh_table *t);

/* After a death inside: claims the neighbours and what waits for them; then,
 * after the sweep, makes the table and the timers anew. */
void neigh_claim(struct neigh_table *t);
void neigh_rebuild(struct neigh_table *t);
struct neigh *neigh_find(struct neigh_table *t, const struct inet_addr *a);

/*
 * The link address for a packet to `a` that lies in `t` without its Ethernet
 * header. True: *mac is set, send. False: the packet was copied and waits (or
 * was dropped); *err is 0, -EHOSTUNREACH (did not answer) or -ENOBUFS.
 */
bool neigh_resolve(struct neigh_table *table, const struct inet_addr *a,
		   const struct tx *t, struct eth_addr *mac,
		   int *err) MUST_CHECK;

/* What a program knows: for ever, or as if it were learned and perhaps
 * confirmed just now. 0 or -ENOBUFS. */
int neigh_set(struct neigh_table *t, const struct inet_addr *a,
	      const struct eth_addr *mac, bool is_permanent,
	      bool is_confirmed) MUST_CHECK;

/* 0, -ENOENT. Packets that wait are dropped. */
int neigh_delete(struct neigh_table *t, const struct inet_addr *a) MUST_CHECK;

/* All of them, but for what programs said is for ever. */
void neigh_flush(struct neigh_table *t);

/* The state with what time has made of it; changes nothing. */
enum neigh_state neigh_state_now(const struct neigh *n);

/* Facts from ARP/ND. learn creates; refresh only changes what is known. */
void neigh_learn(struct neigh_table *t, const struct inet_addr *a,
		 const struct eth_addr *mac);
void neigh_refresh(struct neigh_table *t, const struct inet_addr *a,
		   const struct eth_addr *mac);
/* As neigh_refresh, and the answer was to our question: REACHABLE. */
void neigh_confirm(struct neigh_table *t, const struct inet_addr *a,
		   const struct eth_addr *mac);
/*
 * RFC 4861 7.2.5: an advertisement, with the neighbour's link address or NULL.
 * Changes only what is known; an address that differs needs `override`.
 */
void neigh_on_advert(struct neigh_table *t, const struct inet_addr *a,
		     const struct eth_addr *mac, bool solicited, bool override);
/* Upper-layer news: the peer is alive (a TCP ACK advanced). */
void neigh_reachable_hint(struct neigh_table *t, const struct inet_addr *a);

/*
 * Was it asked in vain, and not heard of since? Then it is asked again, now and
 * then: who prefers another gateway learns so that this one is back.
 */
bool neigh_is_dead(struct neigh_table *t, const struct inet_addr *a);

/* TIMER_NEIGH fired. May free n. */
void neigh_on_timer(struct neigh *n);

#endif
