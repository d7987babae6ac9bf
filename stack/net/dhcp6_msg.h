/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * dhcp6_msg.h - DHCPv6 messages: bytes to what they say, and back
 *
 * What this room is for
 *   What a client sends, and what of a server's message it needs. Bytes only:
 *   when to send and what to believe is dhcp6.c's.
 *
 * Follows    RFC 8415 8, 16, 21; RFC 3646 (name servers).
 */
#ifndef STACK_DHCP6_MSG_H
#define STACK_DHCP6_MSG_H

#include "ground/limits.h"
#include "link/inet.h"
#include "link/wire.h"

enum {
	DHCP6_CLIENT_PORT = 546,
	DHCP6_SERVER_PORT = 547,
	DHCP6_MSG_MAX = 256,     /* of ours */
	DHCP6_DUID_MAX = 130,    /* RFC 8415 11.1 */
	DHCP6_ADDRS_MAX = 4,     /* of one answer */
	DHCP6_DOMAINS_MAX = 512, /* bytes of names */
};

/* RFC 8415 7.3. */
enum dhcp6_type {
	DHCP6_SOLICIT = 1,
	DHCP6_ADVERTISE = 2,
	DHCP6_REQUEST = 3,
	DHCP6_RENEW = 5,
	DHCP6_REBIND = 6,
	DHCP6_REPLY = 7,
	DHCP6_RELEASE = 8,
	DHCP6_DECLINE = 9,
	DHCP6_INFORMATION = 11,
};

/* RFC 8415 21.13. */
enum dhcp6_status {
	DHCP6_SUCCESS = 0,
	DHCP6_UNSPEC_FAIL = 1,
	DHCP6_NO_ADDRS = 2,
	DHCP6_NO_BINDING = 3,
	DHCP6_NOT_ON_LINK = 4,
};

struct dhcp6_duid {
	uint8_t len; /* 0: none */
	uint8_t b[DHCP6_DUID_MAX];
};

/* What a client says. */
struct dhcp6_question {
	uint8_t type; /* enum dhcp6_type */
	uint32_t xid; /* 24 bits */
	uint16_t elapsed_cs;
	struct eth_addr mac;      /* makes the client's DUID */
	uint32_t iaid;            /* 0: no address is wanted */
	struct inet_addr addr;    /* the one it is about; any: none */
	struct dhcp6_duid server; /* whom it is for; none: everybody */
};

struct dhcp6_addr {
	struct inet_addr addr;
	uint32_t preferred_s, valid_s; /* UINT32_MAX: for ever */
};

/* What a server says; what it does not say is zero. */
struct dhcp6_answer {
	uint8_t type;
	uint32_t xid;
	struct dhcp6_duid server, client;
	bool is_rapid;     /* RFC 8415 21.14 */
	uint16_t status;   /* of all, or of the addresses */
	uint32_t iaid;     /* 0: nothing about addresses */
	uint32_t renew_s;  /* T1 */
	uint32_t rebind_s; /* T2 */
	uint32_t refresh_s;
	uint32_t most_s; /* SOL_MAX_RT or INF_MAX_RT */
	uint8_t naddrs;
	struct dhcp6_addr addrs[DHCP6_ADDRS_MAX];
	uint16_t dns_len; /* bytes; addresses of 16 each */
	uint8_t dns[LIMIT_NAMESERVERS * sizeof(struct inet_addr)];
	uint16_t domains_len;
	uint8_t domains[DHCP6_DOMAINS_MAX];
};

/* RFC 8415 11.4: out of the hardware address. */
struct dhcp6_duid dhcp6_msg_duid(const struct eth_addr *mac);

/* How many bytes it takes. */
size_t dhcp6_msg_write(const struct dhcp6_question *q,
		       uint8_t buf[DHCP6_MSG_MAX]);

/* False: that is no message of a DHCPv6 server. Only the addresses of `iaid`
 * are read. Options that make no sense are as not told. */
bool dhcp6_msg_read(const uint8_t *msg, size_t len, uint32_t iaid,
		    struct dhcp6_answer *out) MUST_CHECK;

#endif
