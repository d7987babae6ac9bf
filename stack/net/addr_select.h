/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * addr_select.h - which IPv6 address of ours to send from
 *
 * What this room is for
 *   The default source address towards a destination, when the program has
 *   bound none. (Which destination to try first is the shim's question.)
 *
 * Lock       the stack lock is held.
 * Follows    RFC 6724 5.
 */
#ifndef STACK_ADDR_SELECT_H
#define STACK_ADDR_SELECT_H

#include "link/inet.h"

struct iface;
struct net;
struct path;

/*
 * The best of the addresses of `out`, by rules 1 to 8; when it has none that
 * fits, of the other links. NULL: none.
 */
const struct inet_addr *addr_select(const struct net *n,
				    const struct iface *out,
				    const struct inet_addr *dst);

/* RFC 5014: the same, but rather a public address than a temporary one, for a
 * path whose source was chosen as above. */
void addr_select_public(const struct net *n, const struct inet_addr *dst,
			struct path *path);

/* The interface that has our address `a`: its index; 0: none. What we send to
 * ourselves passes through the loopback, but belongs to that one. */
uint32_t addr_select_owner(const struct net *n, const struct inet_addr *a);

/* RFC 6724 3.1: the scope of a multicast address, or what compares to it. */
int addr_select_scope(const struct inet_addr *a);

#endif
