/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * ip4.h - IPv4: validate, demultiplex, build; nothing about transports
 *
 * What this room is for
 *   The switchboard between Ethernet and TCP, UDP and ICMP. Builds headers,
 *   finds the way out, fragments what is too long and may be.
 *
 * Lock       the stack lock is held.
 * Follows    RFC 791, RFC 1122 3.2, RFC 6864.
 */
#ifndef STACK_IP4_H
#define STACK_IP4_H

#include "ip.h"

/* An IPv4 packet with its header at p->data. The switchboard upward. */
enum verdict ip4_input(struct iface *ifp, struct pkt *p);

/* For ip.c: see ip_output(). */
int ip4_output(struct net *n, struct tx *t,
	       const struct ip_how *how) MUST_CHECK;

#endif
