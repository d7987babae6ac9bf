/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * nd.h - who has this IPv6 address on this link?
 *
 * What this room is for
 *   arp.h's twin: neighbour solicitations and advertisements. Routers are
 *   nd_router.h.
 *
 * Lock       the stack lock is held.
 * Follows    RFC 4861 4.3, 4.4, 7; RFC 4862 5.4; RFC 7527; RFC 4429.
 */
#ifndef STACK_ND_H
#define STACK_ND_H

#include "ground/drop.h"
#include "link/iface.h"
#include "ip.h"
#include "ground/pkt.h"

/* ICMPv6 of types 133 to 137, checksum verified: p->l3 at the IPv6 header,
 * data at the ICMPv6 header. */
enum verdict nd_input(struct iface *ifp, struct pkt *p);

/* Asks who has `target`; by unicast when `known` is not NULL. */
void nd_solicit(struct iface *ifp, const struct inet_addr *target,
		const struct eth_addr *known);

/* Asks whether anybody else has `a`, a tentative or optimistic address. */
void nd_probe(struct iface *ifp, const struct iface_addr *a);

/* Asks which routers are there (RFC 4861 4.1). */
void nd_solicit_routers(struct iface *ifp);

/* Says, unasked, that we have `ours` (RFC 4861 7.2.6). */
void nd_announce(struct iface *ifp, const struct inet_addr *ours);

/* A cursor over the options of a message. */
struct nd_options {
	const uint8_t *at;
	size_t len;
};

/* The next option, whole (its length byte fits), or NULL at the end. Check a
 * message with nd_options_are_sound() first. */
const uint8_t *nd_next_option(struct nd_options *o);
bool nd_options_are_sound(const uint8_t *at, size_t len);

/* The link address in the option of that type; false: there is none. */
bool nd_link_address(struct nd_options o, uint8_t type, struct eth_addr *mac);

#endif
