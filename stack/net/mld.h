/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * mld.h - multicast listener discovery: messages that arrive
 *
 * What this room is for
 *   igmp.h's twin for IPv6, whose messages ICMPv6 carries.
 *
 * Lock       the stack lock is held.
 * Follows    RFC 3810 5, 6.2, 8.1 (with the errata that RFC 9777 took in);
 *            RFC 2710 3, 4.
 */
#ifndef STACK_MLD_H
#define STACK_MLD_H

#include "ground/drop.h"
#include "link/wire.h"

struct iface;
struct pkt;

static inline bool mld_is_type(uint8_t type)
{
	return (type >= ICMP6_MLD_QUERY && type <= ICMP6_MLD_DONE) ||
	       type == ICMP6_MLD2_REPORT;
}

/* icmp6.c delivers, its checksum right: p->l3 at the IPv6 header, data at the
 * ICMPv6 header. */
enum verdict mld_input(struct iface *ifp, struct pkt *p);

#endif
