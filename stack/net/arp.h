/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * arp.h - who has this IPv4 address on this Ethernet?
 *
 * What this room is for
 *   Turns ARP frames into facts for the neighbour cache, and answers the one
 *   question others may ask us. It remembers nothing itself.
 *
 * Lock       the stack lock is held.
 * Follows    RFC 826; RFC 5227 2.1.1 for probes.
 */
#ifndef STACK_ARP_H
#define STACK_ARP_H

#include "ground/drop.h"
#include "link/iface.h"
#include "ground/pkt.h"

enum verdict arp_input(struct iface *ifp, struct pkt *p);

/* Asks who has `target`; by unicast to `known` if not NULL. */
void arp_request(struct iface *ifp, const struct inet_addr *target,
		 const struct eth_addr *known);

/* Asks whether anybody has `target`, which is not ours yet: with no address of
 * our own in it (RFC 5227 2.1.1). */
void arp_probe(struct iface *ifp, const struct inet_addr *target);

/* Tells everybody that `ours` is here (RFC 5227 2.3). */
void arp_announce(struct iface *ifp, const struct inet_addr *ours);

#endif
