/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * slaac.h - addresses made of the prefixes that routers announce
 *
 * What this room is for
 *   For each such prefix one stable address and, where they are wanted,
 *   temporary ones, one after the other; and how long all of them live.
 *
 * Lock       the stack lock is held.
 * Follows    RFC 4862 5.5.3; RFC 8981 3.3 to 3.5.
 */
#ifndef STACK_SLAAC_H
#define STACK_SLAAC_H

#include "link/iface.h"

/* A router says that addresses may be made of prefix/64, and how long they
 * live; neither the link-local prefix nor a group. */
void slaac_on_prefix(struct iface *ifp, const struct inet_addr *prefix,
		     usecs preferred_until, usecs valid_until);

/* A temporary address for each prefix that has none, or an old one. When to
 * look again; USECS_NEVER: when a router has said something new. */
usecs slaac_regenerate(struct iface *ifp);

#endif
