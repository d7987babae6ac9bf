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

#include "drop.h"
#include "net.h"
#include "pkt.h"
#include "tx.h"

/* How to send; zero is the ordinary way. */
struct ip_how {
	struct inet_addr src; /* ours; any: choose */
	struct inet_addr dst;
	uint8_t proto; /* enum ip_proto */
	uint8_t ttl;   /* 0: IP4_TTL_DEFAULT */
	uint8_t tos;
	bool dont_fragment; /* DF; -EMSGSIZE when too long */
	bool broadcast_ok;  /* SO_BROADCAST; else -EACCES to broadcast */
	bool ignore_pmtu;   /* IP_PMTUDISC_PROBE: only the interface's MTU */
	const struct path *path; /* a lookup made before, or NULL */
};

/* An IPv4 packet with its header at p->data. The switchboard upward. */
enum verdict ip4_input(struct iface *ifp, struct pkt *p);

/*
 * Adds an IPv4 header to a transport packet and sends it. The transport
 * checksum must be partial over how->src; so a transport chooses its source
 * first (route_lookup). 0; -EMSGSIZE, -ENETUNREACH, -EHOSTUNREACH, -EACCES,
 * -ENOBUFS.
 */
int ip4_output(struct net *n, struct tx *t,
	       const struct ip_how *how) MUST_CHECK;

#endif
