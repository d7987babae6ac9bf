/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * iid.c - the host's half of an IPv6 address
 *
 * What this room is for
 *   The function F of RFC 7217, with SipHash for it, and plain random ones.
 *
 * Never      remembers: addr.c counts the conflicts.
 * Follows    RFC 7217 5; RFC 8981 3.3.1; RFC 5453.
 */
#include "iid.h"

#include <string.h>

/* RFC 5453: subnet-router anycast, and the reserved anycast addresses. */
static bool is_reserved(const uint8_t *iid)
{
	static const uint8_t zero[8];
	static const uint8_t anycast[7] = {0xfd, 0xff, 0xff, 0xff,
					   0xff, 0xff, 0xff};

	return !memcmp(iid, zero, sizeof(zero)) ||
	       (!memcmp(iid, anycast, sizeof(anycast)) && iid[7] >= 0x80);
}

struct inet_addr iid_stable(const struct rand_key *key,
			    const struct inet_addr *prefix,
			    const struct eth_addr *mac, uint8_t conflicts)
{
	struct {
		uint8_t prefix[8];
		struct eth_addr mac;
		uint8_t conflicts;
		uint8_t again;
	} in = {.mac = *mac, .conflicts = conflicts};
	struct inet_addr a = *prefix;

	memcpy(in.prefix, prefix->b, sizeof(in.prefix));
	/* A keyed hash hits what is reserved once in a blue moon. */
	for (in.again = 0; in.again < 4; in.again++) {
		uint64_t h = rand_siphash(key, &in, sizeof(in));

		memcpy(a.b + 8, &h, sizeof(h));
		if (!is_reserved(a.b + 8))
			break;
	}
	return a;
}

struct inet_addr iid_eui64(const struct inet_addr *prefix,
			   const struct eth_addr *mac)
{
	struct inet_addr a = *prefix;

	memcpy(a.b + 8, mac->b, 3);
	a.b[8] ^= 2; /* the universal bit is inverted */
	a.b[11] = 0xff;
	a.b[12] = 0xfe;
	memcpy(a.b + 13, mac->b + 3, 3);
	return a;
}

struct rand_key iid_key_of(const void *bytes, size_t len)
{
	static const struct rand_key first = {0x6e737368696d2069, 1};
	static const struct rand_key second = {0x6e737368696d2069, 2};

	return (struct rand_key){rand_siphash(&first, bytes, len),
				 rand_siphash(&second, bytes, len)};
}

struct inet_addr iid_random(struct rand *r, const struct inet_addr *prefix)
{
	struct inet_addr a = *prefix;

	for (int again = 0; again < 4; again++) {
		uint64_t h = rand_u64(r);

		memcpy(a.b + 8, &h, sizeof(h));
		if (!is_reserved(a.b + 8))
			break;
	}
	return a;
}
