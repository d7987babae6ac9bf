/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * addr_order.h - which of a host's addresses to try first
 *
 * What this room is for
 *   Destination address selection for getaddrinfo(): each destination comes
 *   with the source address that would be used for it, or none when it cannot
 *   be reached; better ones go to the front, equal ones keep their order.
 *
 * Never      opens a socket to find the source: the caller did.
 * Follows    RFC 6724 6, rules 1, 2, 5, 6, 8 and 9, with the table of 2.1 as
 *            glibc has it. Deviation: rule 9 is for IPv6 only, because for
 *            IPv4 it would undo a name server's rotation.
 */
#ifndef SHIM_ADDR_ORDER_H
#define SHIM_ADDR_ORDER_H

#include "hosts.h"

struct addr_order {
	struct host_addr to;
	struct in6_addr_bytes {
		uint8_t b[16]; /* v4 in v4-mapped form */
	} source;
	bool is_usable; /* there is a source */
};

void addr_order_sort(struct addr_order *list, size_t n);

#endif
