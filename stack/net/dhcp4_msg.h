/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * dhcp4_msg.h - DHCPv4 messages: bytes to what they say, and back
 *
 * What this room is for
 *   What a client sends, and what of a server's message it needs. Bytes only:
 *   when to send and what to believe is dhcp4.c's.
 *
 * Follows    RFC 2131 2, 4.1; RFC 2132; RFC 3442 (classless routes); RFC 3396
 *            (long options come in pieces).
 */
#ifndef STACK_DHCP4_MSG_H
#define STACK_DHCP4_MSG_H

#include "link/inet.h"
#include "ground/limits.h"
#include "link/wire.h"

enum {
	DHCP4_SERVER_PORT = 67,
	DHCP4_CLIENT_PORT = 68,
	DHCP4_MSG_SIZE = 300, /* RFC 1542 2.1: no shorter than BOOTP's */
	DHCP4_DNS_MAX = 3,
	DHCP4_FOR_EVER = -1, /* a lease of 0xffffffff seconds */
};

/* RFC 2132 9.6. */
enum dhcp4_type {
	DHCP4_DISCOVER = 1,
	DHCP4_OFFER = 2,
	DHCP4_REQUEST = 3,
	DHCP4_DECLINE = 4,
	DHCP4_ACK = 5,
	DHCP4_NAK = 6,
	DHCP4_RELEASE = 7,
};

/* What a client says; addresses that are 0.0.0.0 are left out. */
struct dhcp4_question {
	uint8_t type; /* enum dhcp4_type; DISCOVER and REQUEST ask for options
		       */
	uint32_t xid;
	uint16_t secs;
	bool wants_broadcast; /* we have no address to send to yet */
	struct eth_addr mac;
	struct ip4_addr client; /* ciaddr: ours, in use */
	struct ip4_addr wanted; /* option 50 */
	struct ip4_addr server; /* option 54 */
};

struct dhcp4_route {
	struct ip4_addr dst;
	uint8_t bits;
	struct ip4_addr gateway; /* 0.0.0.0: on the link */
};

/* What a server says. */
struct dhcp4_answer {
	uint8_t type;
	uint32_t xid;
	struct eth_addr mac;    /* whom it is for */
	struct ip4_addr yours;  /* yiaddr */
	struct ip4_addr server; /* option 54 */
	uint8_t bits;           /* of the mask; by class when not told */
	int64_t lease_s;        /* 0: not told; DHCP4_FOR_EVER */
	uint32_t renew_s;       /* T1; 0: not told */
	uint32_t rebind_s;      /* T2; 0: not told */
	uint16_t mtu;           /* 0: not told */
	uint8_t ndns;
	uint8_t nroutes; /* with the default routes */
	struct ip4_addr dns[DHCP4_DNS_MAX];
	struct dhcp4_route routes[LIMIT_DHCP4_ROUTES];
};

/* Always DHCP4_MSG_SIZE bytes. */
void dhcp4_msg_write(const struct dhcp4_question *q,
		     uint8_t buf[DHCP4_MSG_SIZE]);

/* False: that is no message of a DHCP server. Options that make no sense are
 * taken as not told. */
bool dhcp4_msg_read(const uint8_t *msg, size_t len,
		    struct dhcp4_answer *out) MUST_CHECK;

#endif
