/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * icmp.h - what ICMP for IPv4 and for IPv6 have in common
 *
 * What this room is for
 *   An error about one of our packets, as transports see it: an errno, a few
 *   facts, and which connection; and the limit on errors that we send.
 *
 * Lock       the stack lock is held.
 * Follows    RFC 5927; RFC 1812 4.3.2.8, RFC 4443 2.4 (f).
 */
#ifndef STACK_ICMP_H
#define STACK_ICMP_H

#include "ground/drop.h"
#include "net.h"

/* What an error means to a transport; e->local tells the family. */
struct icmp_error {
	struct inet_addr local, remote; /* of the quoted packet: ours, theirs */
	uint16_t local_port, remote_port;
	uint32_t seq; /* TCP: quoted sequence number */
	uint8_t type, code;
	uint8_t proto;
	int error;    /* errno an application would see: ECONNREFUSED, ... */
	bool hard;    /* RFC 1122 4.2.3.9: protocol, port, frag with DF set */
	uint32_t mtu; /* frag needed: the path MTU now; else 0 */
	uint32_t ifindex; /* where the error came in; 0: from ourselves */
	struct inet_addr offender; /* who sent the error */
	const uint8_t *quote;      /* from its TCP or UDP header; or NULL */
	size_t quote_len;
};

/* What an error means to a program: a row of icmp4.c's or icmp6.c's table. */
struct icmp_meaning {
	uint8_t type;
	uint8_t code; /* or ICMP_ANY_CODE */
	int error;
	bool hard;
};

enum { ICMP_ANY_CODE = 0xff };

/* Fills type, code, error and hard; false for what says nothing. */
bool icmp_classify(struct icmp_error *e, const struct icmp_meaning *meanings,
		   size_t n, uint8_t type, uint8_t code) MUST_CHECK;

/* The quoted transport header: fills ports, seq and quote. False when fewer
 * than the 8 bytes are there that every error must quote. */
bool icmp_read_transport(struct icmp_error *e, const uint8_t *l4,
			 size_t len) MUST_CHECK;

/* Hands it to TCP or UDP. DONE, or DROP_ICMP_EMBEDDED. */
enum verdict icmp_tell(struct net *n, const struct icmp_error *e);

/* An echo reply whose checksum is right: to the ping socket that asked. */
enum verdict icmp_give_reply(struct iface *ifp, struct pkt *p);

/* Could the quoted packet be one that we have sent? */
bool icmp_is_ours(struct net *n, const struct icmp_error *e);

/* Nobody listens at the port of this datagram: tells its sender. */
void icmp_send_port_unreachable(struct iface *ifp, const struct pkt *p);

/* May one more error leave? Takes a token; talking to ourselves is free. */
bool icmp_take_token(struct iface *ifp);

#endif
