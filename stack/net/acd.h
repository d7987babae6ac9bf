/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * acd.h - is an IPv4 address ours alone?
 *
 * What this room is for
 *   Asks whether anybody has an address, tells everybody that it is ours, and
 *   from then on notices who uses it too. One address that is taken leaves the
 *   others as they are.
 *
 *   Whose address it is decides how. One that was configured is used and
 *   announced at once, and probed meanwhile; it is given up when that finds
 *   somebody, and defended for ever afterwards. One by DHCP is used as soon as
 *   the first probe has stayed without an answer; one of 169.254/16 after the
 *   last one. Both are defended once, and given up when that does not help.
 *
 * Lock       the stack lock is held.
 * Follows    RFC 5227.
 */
#ifndef STACK_ACD_H
#define STACK_ACD_H

#include "link/iface.h"

/* An address that has just been added by hand, and is in use: announces it and
 * watches over it. Nothing for IPv6 or the loopback. */
void acd_watch(struct iface *ifp, const struct inet_addr *a);

/*
 * Adds an address that nothing may use before it was asked for. Whose it is,
 * dhcp4.c or ipv4ll.c by `origin`, hears what came of it. 0, -EEXIST, -ENOBUFS.
 */
int acd_add(struct iface *ifp, const struct inet_prefix *p,
	    enum iface_addr_origin origin) MUST_CHECK;

/* A station `mac` has sent ARP from the address. False: it is not ours, and
 * nothing is the matter. */
bool acd_on_sender(struct iface *ifp, const struct inet_addr *a,
		   const struct eth_addr *mac);

/* A station `mac` asks whether it may take the address. True: we ask the same.
 */
bool acd_on_probe(struct iface *ifp, const struct inet_addr *a,
		  const struct eth_addr *mac);

/* The time in a->next has come; addr.c has the timer. */
void acd_on_timer(struct iface *ifp, struct iface_addr *a);

#endif
