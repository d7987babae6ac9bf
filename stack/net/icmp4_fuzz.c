/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * icmp4_fuzz.c - any ICMP messages at all
 *
 * What this room is for
 *   Proves that no ICMP message reaches a MUST or reads too far, that each is
 *   answered at most once and only when it asks, and that no path MTU falls
 *   below its floor. The input is a list of records (nettest.h); `how` says
 *   whether the checksum is put right first and to whom the message goes.
 */
#include "icmp4.h"
#include "testkit/nettest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HOW_SEAL = 1, HOW_BROADCAST = 2, HOW_TIME_SHIFT = 2 };

static void check(bool ok)
{
	if (!ok)
		abort();
}

/* When the peer was forgotten, we ask for it first. */
static bool is_question(const struct nettest *t)
{
	const struct eth_wire *eth = (void *)t->wire.frames[0].data;

	return be16_get(eth->type) == ETHERTYPE_ARP_FRAME;
}

static void give(struct nettest *t, uint8_t how, const uint8_t *bytes,
		 size_t len)
{
	struct nettest_ip h = {
		.src = NT_PEER, .dst = NT_US, .proto = IP_PROTO_ICMP};
	struct pkt *p;
	struct icmp_wire *icmp;

	if (how & HOW_BROADCAST)
		h.dst = NT_BROADCAST;
	p = nettest_pkt(t, &h, bytes, MIN(len, (size_t)1480));
	icmp = (void *)(p->data + sizeof(struct ip4_wire));
	len = p->len - sizeof(struct ip4_wire);
	if (how & HOW_SEAL && len >= sizeof(*icmp)) {
		icmp->cksum = be16_make(0);
		icmp->cksum = cksum(icmp, len);
	}
	nettest_give(t, t->eth, p);

	check(t->wire.nframes <= 1);
	if (t->wire.nframes == 1 && !is_question(t)) {
		check(len >= sizeof(*icmp) && bytes[0] == ICMP4_ECHO_REQUEST);
		check(!(how & HOW_BROADCAST));
		check(t->wire.frames[0].len ==
		      sizeof(struct eth_wire) + sizeof(struct ip4_wire) + len);
		check(be16_get(cksum(nettest_sent_l4(t, 0), len)) == 0);
	}
	nettest_forget_frames(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct nettest t;
	struct endpoint here = {inet_from4(NT_US), 4000, 0};
	struct endpoint there = {inet_from4(NT_PEER), 53, 0};
	struct udp_pcb *pcb;
	const uint8_t *bytes;
	uint8_t how;
	size_t len;

	nettest_open_udp(&t);
	check(udp_new(&t.udp, &pcb) == 0);
	check(udp_bind(pcb, &here) == 0 && udp_connect(pcb, &there) == 0);
	while ((bytes = nettest_record(&data, &size, &how, &len))) {
		give(&t, how, bytes, len);
		nettest_advance(&t, SEC(how >> HOW_TIME_SHIFT));
		nettest_forget_frames(&t);
		for (size_t i = 0; i < LIMIT_PMTU_ENTRIES; i++) {
			uint32_t mtu = t.net.pmtu.entries[i].mtu;

			check(mtu == 0 || mtu >= LIMIT_PMTU_FLOOR);
		}
		check(pcb->error >= 0 && pcb->error < 4096);
	}
	udp_free(pcb);
	nettest_close(&t);
	return 0;
}
