/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * dhcp4_msg_fuzz.c - any bytes at all as a DHCP message
 *
 * What this room is for
 *   Proves that no message makes the parser read too far, and that what it
 *   says is in bounds. A valid head is put in front of the other half of the
 *   inputs, or hardly one would get as far as the options.
 */
#include <stdlib.h>

#include "dhcp4_msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEAD = 240, MAX = 2048 };

static void check(bool ok)
{
	if (!ok)
		abort();
}

/* In a block of its very size, so that a byte too far is noticed. */
static void read_exactly(const uint8_t *bytes, size_t len)
{
	struct dhcp4_answer a;
	uint8_t *block = malloc(len + !len);

	check(block);
	if (len > 0)
		memcpy(block, bytes, len);
	if (dhcp4_msg_read(block, len, &a)) {
		check(len >= HEAD);
		check(a.bits <= 32 && a.bits > 0);
		check(a.ndns <= DHCP4_DNS_MAX);
		check(a.nroutes <= LIMIT_DHCP4_ROUTES);
		for (uint8_t i = 0; i < a.nroutes; i++)
			check(a.routes[i].bits <= 32);
	}
	free(block);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t cookie[4] = {0x63, 0x82, 0x53, 0x63};
	uint8_t whole[MAX] = {2, 1, 6};

	read_exactly(data, size);
	if (size > MAX - 44)
		return 0;
	/* The names, where options may be, are the first of the input. */
	memcpy(whole + 44, data, size);
	memcpy(whole + HEAD - 4, cookie, 4);
	read_exactly(whole, MAX < size + 44 ? MAX : size + 44);
	return 0;
}
