/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * dhcp6.h - an IPv6 address and name servers from a DHCPv6 server
 *
 * What this room is for
 *   The client of one interface. Routers say whether it has anything to do:
 *   the M flag has it ask for an address, the O flag for name servers only.
 *
 * States     who may do what:
 *     OFF          no router has said that there is anything to ask for;
 *     SOLICITING   SOLICIT is sent; the first offer is taken;
 *     REQUESTING   the offer was asked for;
 *     BOUND        the address is ours until T1;
 *     RENEWING     its server is asked for more time, until T2;
 *     REBINDING    everybody is asked, until the address is gone;
 *     DECLINING    another host has the address: the server is told;
 *     RELEASED     nobody needs the address any more: given back;
 *     INFORMING    name servers are asked for;
 *     INFORMED     they are known, until it is time to ask again.
 *
 * Lock       the stack lock is held.
 * Follows    RFC 8415 6, 15, 18.2.
 */
#ifndef STACK_DHCP6_H
#define STACK_DHCP6_H

#include "dhcp6_msg.h"
#include "ground/drop.h"
#include "ground/timer.h"

struct iface;
struct pkt;

enum dhcp6_state {
	DHCP6_OFF,
	DHCP6_SOLICITING,
	DHCP6_REQUESTING,
	DHCP6_BOUND,
	DHCP6_RENEWING,
	DHCP6_REBINDING,
	DHCP6_DECLINING,
	DHCP6_RELEASED,
	DHCP6_INFORMING,
	DHCP6_INFORMED,
	DHCP6_NSTATES,
};

struct dhcp6 {
	struct iface *ifp;        /* [I] NULL while off */
	struct timer timer;       /* [S] TIMER_DHCP6 */
	uint8_t stage;            /* [S] enum dhcp6_state */
	uint8_t tries;            /* [S] sent in this state */
	uint32_t xid;             /* [S] of the exchange */
	uint32_t most_s;          /* [S] between questions to nobody known */
	usecs began;              /* [S] the exchange */
	usecs pause;              /* [S] RFC 8415 15: RT */
	usecs due;                /* [S] the timer's */
	usecs renew, rebind, end; /* [S] T1, T2, the valid lifetime's end */
	struct inet_addr addr;    /* [S] offered, then ours; any: none */
	struct dhcp6_duid server; /* [S] whose */
};

/* A router's advertisement had these flags (enum nd_router_flags). */
void dhcp6_on_flags(struct iface *ifp, uint32_t flags);
void dhcp6_fini(struct dhcp6 *d);

/* Another host has the address. */
void dhcp6_on_conflict(struct iface *ifp, const struct inet_addr *a);

/* Nobody needs the address any more: gives it back. False: there is none. */
bool dhcp6_release(struct dhcp6 *d);

/* Somebody needs one after all. */
void dhcp6_resume(struct dhcp6 *d);

/* Does the client, and no socket, get what comes for that UDP port? */
bool dhcp6_has_port(const struct iface *ifp, uint16_t port);

/* A datagram for it, p->data at a UDP header that was checked. */
enum verdict dhcp6_input(struct iface *ifp, struct pkt *p);

/* After a death inside: the timer heap is new and empty. */
void dhcp6_rebuild(struct dhcp6 *d);

/* TIMER_DHCP6 fired. */
void dhcp6_on_timer(struct dhcp6 *d);

#endif
