/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * addr.h - the life of an interface's address: probed, used, aged, gone
 *
 * What this room is for
 *   An IPv6 address is used only when nobody else answers for it, is announced,
 *   grows old by its lifetimes and is taken away. One timer per interface
 *   serves all of its addresses.
 *
 * Lock       the stack lock is held.
 * Follows    RFC 4862 5.4, 5.5.4; RFC 7527; RFC 4429.
 */
#ifndef STACK_ADDR_H
#define STACK_ADDR_H

#include "link/iface.h"

/*
 * Adds an IPv6 address and has it probed: `is_optimistic` lets it be used at
 * once, as long as nobody contradicts. 0, -EEXIST, -ENOBUFS.
 */
int addr_add6(struct iface *ifp, const struct inet_prefix *p,
	      enum iface_addr_origin origin, bool is_optimistic) MUST_CHECK;

/* New times for an address (USECS_NEVER: for ever); wakes the timer. */
void addr_set_lifetimes(struct iface *ifp, struct iface_addr *a,
			usecs preferred_until, usecs valid_until);

/*
 * Adds an address of like->prefix/64 with an identifier of ours: stable (of
 * the hardware address where ifp->uses_eui64), or random for a temporary one.
 * Its origin, lifetimes and caps are those of `like`; it is optimistic unless
 * it is deprecated already. When another host has it, it is made anew a few
 * times. 0 or as addr_add6().
 */
int addr_make6(struct iface *ifp, const struct iface_addr *like) MUST_CHECK;

/*
 * fe80::/64 with an identifier by RFC 7217, unless there is one. Nothing for
 * the loopback. 0 or as addr_add6().
 */
int addr_add_link_local(struct iface *ifp) MUST_CHECK;

/* Another host has the address `a` too; `mac` is its link address, or NULL. */
void addr_on_conflict(struct iface *ifp, struct iface_addr *a,
		      const struct eth_addr *mac);

/* Some address's `next` has changed. */
void addr_schedule(struct iface *ifp);

/* After a death inside: the timer heap is new and empty. */
void addr_rebuild(struct iface *ifp);

/* TIMER_IFACE fired. */
void addr_on_timer(struct iface *ifp);

#endif
