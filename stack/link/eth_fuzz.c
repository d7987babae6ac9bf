/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * eth_fuzz.c - any frames at all, through the whole input path
 *
 * What this room is for
 *   Proves that no sequence of frames reaches a MUST, reads too far or leaks a
 *   packet below the transports. The input is a list of frames: two bytes of
 *   length (little-endian), a byte that says how it comes (which interface,
 *   what the link says of its checksum, how much time passes), the frame.
 */
#include <string.h>

#include "testkit/testlan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
	if (!ok)
		abort();
}

static void give(struct lan *lan, uint8_t how, const uint8_t *frame, size_t len)
{
	struct iface *ifp = how & 1 ? &lan->net.ifs[0] : lan->ifp;
	struct pkt *p = lan_pkt(lan, frame, len);

	p->csum = how >> 1 & 3;
	if (how & 8)
		p->gso_size = 1000;
	lan_advance(lan, MSEC(how >> 4) * 50);
	eth_input(ifp, p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lan *lan = lan_open(0);

	while (size > 3) {
		size_t len = (size_t)(data[0] | data[1] << 8);

		len = MIN(len, size - 3);
		give(lan, data[2], data + 3, len);
		data += 3 + len;
		size -= 3 + len;
	}
	lan_advance(lan, SEC(60));
	check(lan->ifp->neigh.count <= LIMIT_NEIGHS);
	check(lan_close(lan) == 0);
	return 0;
}
