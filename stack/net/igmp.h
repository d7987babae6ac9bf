/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * igmp.h - IGMP messages that arrive
 *
 * What this room is for
 *   Believes a query or a report, or does not, and tells mcast.c what it says.
 *
 * Lock       the stack lock is held.
 * Follows    RFC 3376 4, 7.1, 9; RFC 2236; RFC 1112.
 */
#ifndef STACK_IGMP_H
#define STACK_IGMP_H

#include "ground/drop.h"

struct iface;
struct pkt;

/* ip4.c delivers: p->l3 at the IPv4 header, data at the IGMP header. */
enum verdict igmp_input(struct iface *ifp, struct pkt *p);

#endif
