/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * auto6.h - IPv6 by what the network says: who is asked, and when
 *
 * What this room is for
 *   One interface that configures itself: it has a link-local address, asks
 *   for routers until one answers, and has temporary addresses made anew. What
 *   an advertisement says is read by nd_router.c.
 *
 * Lock       the stack lock is held.
 * Follows    RFC 4861 6.3.7; RFC 7559.
 */
#ifndef STACK_AUTO6_H
#define STACK_AUTO6_H

#include "ground/timer.h"

struct iface;

struct auto6 {
	struct iface *ifp;  /* [I] NULL while off */
	struct timer timer; /* [S] TIMER_AUTO6 */
	bool is_temporary;  /* [I] temporary addresses are wanted, too */
	bool has_advert;    /* [S] a router has answered */
	bool was_down;      /* [S] the interface, when last looked at */
	uint8_t solicits;   /* [S] questions sent */
	usecs began;        /* [S] when asking began */
	usecs pause;        /* [S] between the last two questions */
	usecs solicit_at;   /* [S] the next one; USECS_NEVER: none */
	usecs renew_at;     /* [S] a temporary address; USECS_NEVER */
	usecs usable_at;    /* [S] the program's wait found an address; 0 */
};

/* Begins on `ifp`. 0 or -ENOBUFS. */
int auto6_start(struct iface *ifp, bool wants_temporary) MUST_CHECK;
void auto6_fini(struct auto6 *a);

/* Was it asked for on this interface? */
bool auto6_is_on(const struct iface *ifp);

/* An advertisement was read, with that second word (nd_router_wire). */
void auto6_on_advert(struct iface *ifp, uint32_t word);

/* The interface is up or down now. */
void auto6_on_state(struct iface *ifp);

/* After a death inside: the timer heap is new and empty. */
void auto6_rebuild(struct auto6 *a);

/* TIMER_AUTO6 fired. */
void auto6_on_timer(struct auto6 *a);

#endif
