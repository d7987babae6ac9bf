/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * icmp6.h - ICMPv6: echo, errors sent and errors believed
 *
 * What this room is for
 *   icmp4.h's twin. Neighbour discovery, which ICMPv6 carries too, is nd.h.
 *
 * Lock       the stack lock is held.
 * Follows    RFC 4443, RFC 8201, RFC 5927.
 */
#ifndef STACK_ICMP6_H
#define STACK_ICMP6_H

#include "icmp.h"
#include "ip.h"
#include "ground/pkt.h"

/* ip6.c delivers: p->l3 at the IPv6 header, data at the ICMPv6 header. */
enum verdict icmp6_input(struct iface *ifp, struct pkt *p);

/*
 * Tells p's sender. p->l3 is the offending packet's IPv6 header; `word` is the
 * MTU or the pointer, by type. Does nothing when the rules or the rate forbid
 * it.
 */
void icmp6_send_error(struct iface *ifp, const struct pkt *p, uint8_t type,
		      uint8_t code, uint32_t word);

/* Our own packet `p` (whole, from its IPv6 header) could not leave: tells the
 * transport as if a router had said `code` (ICMP6_UNREACH_*). */
void icmp6_local_error(struct net *n, const struct pkt *p, uint8_t code);

/*
 * Sends the message that t holds, checksum field zero, which how->src, not
 * any, and how->dst complete. 0 or as ip_output().
 */
int icmp6_output(struct net *n, struct tx *t,
		 const struct ip_how *how) MUST_CHECK;

#endif
