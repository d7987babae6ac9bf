/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * eth.h - Ethernet II: demultiplex in, frame out
 *
 * What this room is for
 *   The switchboard between links and network protocols.
 *
 * Lock       the stack lock is held.
 * Follows    RFC 894.
 */
#ifndef STACK_ETH_H
#define STACK_ETH_H

#include "ground/drop.h"
#include "iface.h"
#include "ground/pkt.h"
#include "ground/tx.h"

extern const struct eth_addr ETH_BROADCAST;

static inline bool eth_is_multicast(const struct eth_addr *a)
{
	return a->b[0] & 1;
}

bool eth_equal(const struct eth_addr *a, const struct eth_addr *b);

/* A frame as it came from the link. Frees it unless taken; counts drops. */
void eth_input(struct iface *ifp, struct pkt *p);

/* Puts the Ethernet header on and sends. 0 or -errno (frame lost). */
int eth_output(struct iface *ifp, struct tx *t, const struct eth_addr *dst,
	       uint16_t type) MUST_CHECK;

/* A frame with its header, as a program wrote it; packet sockets have been
 * told of it. 0 or -errno. */
int eth_output_frame(struct iface *ifp, struct tx *t) MUST_CHECK;

/*
 * Resolves the next hop and sends, or queues a copy while resolving. On an
 * interface without neighbours it sends at once. 0, or -EHOSTUNREACH,
 * -ENOBUFS and link errors.
 */
int eth_output_to(struct iface *ifp, struct tx *t,
		  const struct inet_addr *next_hop) MUST_CHECK;

/* Sends a queued packet, whole from its IP header, to a resolved address, and
 * frees it. */
void eth_output_pkt(struct iface *ifp, struct pkt *p,
		    const struct eth_addr *dst);

/* neigh.c wants to know who has `a`; by unicast when `known` is not NULL. */
void eth_ask(struct iface *ifp, const struct inet_addr *a,
	     const struct eth_addr *known);

/* neigh.c gave up on the next hop of this whole IP packet. Frees it. */
void eth_unreachable(struct iface *ifp, struct pkt *p);

#endif
