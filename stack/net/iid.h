/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * iid.h - the host's half of an IPv6 address
 *
 * What this room is for
 *   Stable identifiers that say nothing about the hardware and differ from
 *   network to network; such that differ each time; and, for who asks for it,
 *   the hardware address.
 *
 * Follows    RFC 7217 5; RFC 8981 3.3.1; RFC 5453 (reserved identifiers);
 *            RFC 4291 2.5.1, appendix A.
 */
#ifndef STACK_IID_H
#define STACK_IID_H

#include "link/inet.h"
#include "ground/rand.h"
#include "link/wire.h"

/*
 * An address in prefix/64: the same for the same prefix, hardware address, key
 * and `conflicts`, which counts the times it was found to be taken.
 */
struct inet_addr iid_stable(const struct rand_key *key,
			    const struct inet_addr *prefix,
			    const struct eth_addr *mac, uint8_t conflicts);

/* An address in prefix/64 whose identifier is the hardware address (RFC 4291
 * appendix A), as hosts had it before RFC 7217. */
struct inet_addr iid_eui64(const struct inet_addr *prefix,
			   const struct eth_addr *mac);

/* A key out of words or bytes that are the same at the next start. */
struct rand_key iid_key_of(const void *bytes, size_t len);

/* An address in prefix/64 that nobody can guess (RFC 8981 3.3.1). */
struct inet_addr iid_random(struct rand *r, const struct inet_addr *prefix);

#endif
