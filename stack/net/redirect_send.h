/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * redirect_send.h - telling a neighbour of a shorter way
 *
 * What this room is for
 *   A router that sends a packet back to the link it came by tells its sender
 *   to leave us out next time.
 *
 * Lock       the stack lock is held.
 * Follows    RFC 1812 5.2.7.2; RFC 4861 8.2.
 */
#ifndef STACK_REDIRECT_SEND_H
#define STACK_REDIRECT_SEND_H

struct iface;
struct inet_addr;
struct pkt;

/*
 * p->l3 == p->data came in on `ifp` and leaves there to `next_hop`. Does
 * nothing unless its sender is a neighbour; limited in rate.
 */
void redirect_send(struct iface *ifp, const struct pkt *p,
		   const struct inet_addr *next_hop);

#endif
