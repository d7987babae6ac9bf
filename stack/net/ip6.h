/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * ip6.h - IPv6: validate, demultiplex, build; nothing about transports
 *
 * What this room is for
 *   ip4.h's twin: the switchboard between Ethernet and TCP, UDP and ICMPv6.
 *
 * Lock       the stack lock is held.
 * Follows    RFC 8200, RFC 6437, RFC 4007, RFC 8021.
 */
#ifndef STACK_IP6_H
#define STACK_IP6_H

#include "ip.h"

/* An IPv6 packet with its header at p->data. The switchboard upward. */
enum verdict ip6_input(struct iface *ifp, struct pkt *p);

/* For ip.c: see ip_output(). */
int ip6_output(struct net *n, struct tx *t,
	       const struct ip_how *how) MUST_CHECK;

#endif
