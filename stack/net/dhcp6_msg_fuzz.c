/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * dhcp6_msg_fuzz.c - any bytes at all as a DHCPv6 message
 *
 * What this room is for
 *   Proves that no message makes the parser read too far, and that what it
 *   says is in bounds. A valid head is put in front of the other half of the
 *   inputs, or hardly one would get as far as the addresses.
 */
#include <stdlib.h>

#include "dhcp6_msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX = 2048, IAID = 2 };

static void check(bool ok)
{
	if (!ok)
		abort();
}

/* In a block of its very size, so that a byte too far is noticed. */
static void read_exactly(const uint8_t *bytes, size_t len)
{
	struct dhcp6_answer a;
	uint8_t *block = malloc(len + !len);

	check(block);
	if (len > 0)
		memcpy(block, bytes, len);
	if (dhcp6_msg_read(block, len, IAID, &a)) {
		check(a.type == DHCP6_ADVERTISE || a.type == DHCP6_REPLY);
		check(a.xid <= 0xffffff);
		check(a.server.len > 2 && a.server.len <= DHCP6_DUID_MAX);
		check(a.client.len <= DHCP6_DUID_MAX);
		check(a.naddrs <= DHCP6_ADDRS_MAX);
		check(a.naddrs == 0 || a.iaid == IAID);
		check(a.dns_len <= sizeof(a.dns));
		check(a.domains_len <= sizeof(a.domains));
		for (uint8_t i = 0; i < a.naddrs; i++) {
			check(a.addrs[i].preferred_s <= a.addrs[i].valid_s);
			check(!inet_is_link_local(&a.addrs[i].addr));
		}
	}
	free(block);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* A reply, and who sends it. */
	uint8_t whole[MAX] = {7, 1, 2, 3, 0, 2, 0, 4, 0, 3, 0, 1};

	read_exactly(data, size);
	if (size > MAX - 28)
		return 0;
	memcpy(whole + 12, data, size);
	read_exactly(whole, size + 12);
	/* All of it inside of an association. */
	memmove(whole + 28, whole + 12, size);
	memset(whole + 12, 0, 16);
	whole[13] = 3;
	whole[14] = (uint8_t)((size + 12) >> 8);
	whole[15] = (uint8_t)(size + 12);
	whole[19] = IAID;
	read_exactly(whole, size + 28);
	return 0;
}
