/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * dhcp4.h - an IPv4 address, routes and name servers from a DHCP server
 *
 * What this room is for
 *   The client of one interface: it asks until somebody offers, takes the
 *   first offer, puts address and routes in place, and keeps them for as long
 *   as the server lets it. It works below the sockets, as it must: it sends
 *   before there is an address.
 *
 * States     who may do what:
 *     OFF         nothing was asked for;
 *     INIT        begins; what was there is taken away;
 *     SELECTING   DISCOVER was sent; the first offer is taken;
 *     REQUESTING  the offer was asked for; ACK or NAK;
 *     PROBING     it is ours, unless acd.c finds that another host has it: then
 *                 the server is told, and all begins anew ten seconds later;
 *     BOUND       the address is ours until T1;
 *     RENEWING    the server is asked for more time, until T2;
 *     REBINDING   everybody is asked, until the lease is over;
 *     RELEASED    given back; what is in place is there for the last packets
 *                 only.
 *
 * Lock       the stack lock is held.
 * Follows    RFC 2131 4.4, 4.1 (retransmission), 3.1 (5), 4.4.6.
 */
#ifndef STACK_DHCP4_H
#define STACK_DHCP4_H

#include "dhcp4_msg.h"
#include "ground/drop.h"
#include "ground/timer.h"

struct iface;
struct pkt;

enum dhcp4_state {
	DHCP4_OFF,
	DHCP4_INIT,
	DHCP4_SELECTING,
	DHCP4_REQUESTING,
	DHCP4_PROBING,
	DHCP4_BOUND,
	DHCP4_RENEWING,
	DHCP4_REBINDING,
	DHCP4_RELEASED,
};

struct dhcp4 {
	struct iface *ifp;  /* [I] NULL while off */
	struct timer timer; /* [S] TIMER_DHCP4 */
	uint8_t stage;      /* [S] enum dhcp4_state */
	uint8_t tries;      /* [S] sent in this state */
	bool has_lease;     /* [S] address and routes are in place */
	bool has_declined;  /* [S] since the last lease */
	uint32_t link_mtu;  /* [I] what it may be lowered from; 0: leave it */
	uint32_t xid;       /* [S] of the exchange */
	usecs began;        /* [S] without an address since */
	usecs asked;        /* [S] the lease counts from the first REQUEST */
	usecs due;          /* [S] the timer's */
	usecs renew, rebind, expires; /* [S] T1, T2, the end */
	struct dhcp4_answer lease;    /* [S] offered, then in force */
};

/* Begins to ask on `ifp`. A server may lower the MTU if `may_set_mtu`. 0 or
 * -ENOBUFS. */
int dhcp4_start(struct iface *ifp, bool may_set_mtu) MUST_CHECK;
void dhcp4_fini(struct dhcp4 *d);

/*
 * Nobody needs the address any more: gives it back. False: there is none. The
 * message may have to wait for the server's link address; until it is out, who
 * calls must go on driving.
 */
bool dhcp4_release(struct dhcp4 *d);

/* Somebody needs one after all. */
void dhcp4_resume(struct dhcp4 *d);

/* From acd.c: nobody else has the address that was acknowledged; or somebody
 * has it, who may also have come later. */
void dhcp4_on_free(struct iface *ifp);
void dhcp4_on_taken(struct iface *ifp);

/* Is that packet for the client, though its address may not be ours yet? `p`
 * is at an IPv4 header that was checked. */
bool dhcp4_expects(const struct iface *ifp, const struct pkt *p);

/* Does the client, and no socket, get what comes for that UDP port? */
bool dhcp4_has_port(const struct iface *ifp, uint16_t port);

/* A datagram for it, p->data at a UDP header that was checked. */
enum verdict dhcp4_input(struct iface *ifp, struct pkt *p);

/* After a death inside: the timer heap is new and empty. */
void dhcp4_rebuild(struct dhcp4 *d);

/* TIMER_DHCP4 fired. */
void dhcp4_on_timer(struct dhcp4 *d);

#endif
