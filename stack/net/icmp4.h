/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * icmp4.h - echo, and errors: the ones we send and the ones we must believe
 *
 * What this room is for
 *   Answers echo requests; sends unreachable and time-exceeded, limited in
 *   rate and never about errors, broadcasts or later fragments; hands the
 *   errors about our own packets to the transport they quote.
 *
 * Lock       the stack lock is held.
 * Follows    RFC 792, RFC 1122 3.2.2, RFC 1191, RFC 1812 4.3.2, RFC 5927.
 */
#ifndef STACK_ICMP4_H
#define STACK_ICMP4_H

#include "icmp.h"
#include "ground/pkt.h"

/* ip4.c delivers: p->l3 at the IP header, data at the ICMP header. */
enum verdict icmp4_input(struct iface *ifp, struct pkt *p);

/*
 * Tells p's sender. p->l3 is the offending packet's IP header. `word` is the
 * MTU of fragmentation needed, the gateway of a redirect. Does nothing when the
 * rules or the rate forbid it.
 */
void icmp4_send_error(struct iface *ifp, const struct pkt *p, uint8_t type,
		      uint8_t code, uint32_t word);

/* Our own packet `p` (whole, from its IP header) could not leave: tells the
 * transport as if a router had said `code` (ICMP4_UNREACH_*). */
void icmp4_local_error(struct net *n, const struct pkt *p, uint8_t code);

#endif
