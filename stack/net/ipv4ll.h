/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * ipv4ll.h - an address of 169.254/16 where nobody gives one
 *
 * What this room is for
 *   Where DHCP is asked and does not answer, hosts of one link can still talk.
 *   The address is made from the hardware address, so that a host mostly gets
 *   the same one again, probed by acd.c, and given up for another one when it
 * is somebody's. When a lease comes after all, it serves what uses it already.
 *
 * Lock       the stack lock is held.
 * Follows    RFC 3927.
 */
#ifndef STACK_IPV4LL_H
#define STACK_IPV4LL_H

#include "ground/timer.h"
#include "link/inet.h"

struct iface;

struct ipv4ll {
	struct iface *ifp;   /* [I] NULL while off */
	struct timer timer;  /* [S] TIMER_IPV4LL */
	bool is_wanted;      /* [S] there is no lease */
	uint8_t conflicts;   /* [S] since the last address that was free */
	uint32_t candidates; /* [S] given up so far: which one is next */
	usecs next;          /* [S] when to try it; USECS_NEVER */
};

/* Takes an address on `ifp` when DHCP has brought none for a moment. 0 or
 * -ENOBUFS. */
int ipv4ll_start(struct iface *ifp) MUST_CHECK;
void ipv4ll_fini(struct ipv4ll *l);

/* From dhcp4.c: a lease is there; there is none any more. */
void ipv4ll_on_lease(struct iface *ifp);
void ipv4ll_on_no_lease(struct iface *ifp);

/* From acd.c: the address is ours; it is another host's. */
void ipv4ll_on_free(struct iface *ifp);
void ipv4ll_on_taken(struct iface *ifp);

/* Ours, when it may be used; NULL: none. */
const struct inet_addr *ipv4ll_address(const struct iface *ifp);

/* After a death inside: the timer heap is new and empty. */
void ipv4ll_rebuild(struct ipv4ll *l);

/* TIMER_IPV4LL fired. */
void ipv4ll_on_timer(struct ipv4ll *l);

#endif
