/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * arp_fuzz.c - any ARP messages at all
 *
 * What this room is for
 *   Proves that no ARP message reaches a MUST or reads too far, that we answer
 *   at most once each, and that nobody makes us believe that our own address
 *   is somewhere else. Two more addresses are being probed, and time passes.
 * The input is a list of 28-byte messages; the last one may be cut short.
 */
#include <string.h>

#include "acd.h"
#include "arp.h"
#include "testkit/testlan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
	if (!ok)
		abort();
}

static void give(struct lan *lan, const uint8_t *message, size_t len)
{
	uint32_t before = lan->nsent;
	struct pkt *p = lan_pkt(lan, message, len);

	enum verdict v = arp_input(lan->ifp, p);

	check(v == DONE || v == DROP_ARP_SHORT || v == DROP_ARP_FORMAT ||
	      v == DROP_ARP_NOT_OURS || v == DROP_ARP_OPCODE ||
	      v == DROP_ARP_SENDER || v == DROP_ARP_CONFLICT);
	check((v == DROP_ARP_SHORT) == (len < sizeof(struct arp_wire)));
	check(v == DONE || v == DROP_ARP_CONFLICT || lan->nsent == before);
	check(lan->nsent <= before + 1);
	pkt_free(lan->arena, p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lan *lan = lan_open(0);
	struct inet_addr ours = inet_from4(LAN_OUR_IP);
	struct inet_prefix watched = {inet_from4(ip4_make(10, 0, 0, 3)), 120};
	struct inet_prefix made = {inet_from4(ip4_make(10, 0, 0, 4)), 120};

	check(iface_add_addr(lan->ifp, &watched) == 0);
	acd_watch(lan->ifp, &watched.addr);
	check(acd_add(lan->ifp, &made, ADDR_LINK_LOCAL) == 0);
	do {
		size_t len = MIN(size, sizeof(struct arp_wire));

		give(lan, data, len);
		lan_advance(lan, MSEC(700));
		data += len;
		size -= len;
	} while (size > 0);
	/* The one that was never in doubt stays ours. */
	check(iface_owns(lan->ifp, &ours));
	check(!neigh_find(&lan->ifp->neigh, &ours));
	check(lan_close(lan) == 0);
	return 0;
}
