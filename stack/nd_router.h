/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * nd_router.h - what routers say: who they are, what is on the link, redirects
 *
 * What this room is for
 *   The default routers of each interface and their lifetimes, the prefixes
 *   they say are on the link, and destinations that have a better first hop.
 *
 * Lock       the stack lock is held.
 * Follows    RFC 4861 6, 8; RFC 4191 (preference).
 */
#ifndef STACK_ND_ROUTER_H
#define STACK_ND_ROUTER_H

#include "drop.h"
#include "inet.h"
#include "limits.h"

struct iface;
struct pkt;

enum verdict nd_router_input(struct iface *ifp, struct pkt *p);
enum verdict nd_router_redirect(struct iface *ifp, struct pkt *p);

/* `a` says that it is no router (any more). */
void nd_router_gone(struct iface *ifp, const struct inet_addr *a);

#endif
