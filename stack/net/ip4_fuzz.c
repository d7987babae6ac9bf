/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * ip4_fuzz.c - any IPv4 packets at all, up to UDP and ICMP
 *
 * What this room is for
 *   Proves that no sequence of packets reaches a MUST, reads too far or leaks,
 *   and that whatever is answered is itself a correct packet that fits the
 *   link. The input is a list of records (nettest.h); `how` says which
 *   interface, what the link says of the checksum, whether the header checksum
 *   is put right first, and how much time passes.
 */
#include "testkit/nettest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HOW_LOOPBACK = 1, HOW_CSUM_SHIFT = 1, HOW_SEAL = 8, HOW_TIME_SHIFT = 4 };

static void check(bool ok)
{
	if (!ok)
		abort();
}

static void check_sent(struct nettest *t)
{
	for (size_t i = 0; i < t->wire.nframes; i++) {
		const struct ip4_wire *ip = nettest_sent_ip(t, i);
		const struct eth_wire *eth = (void *)t->wire.frames[i].data;

		if (be16_get(eth->type) != ETHERTYPE_IP4)
			continue;
		check(t->wire.frames[i].len ==
		      sizeof(*eth) + be16_get(ip->total_len));
		check(be16_get(ip->total_len) <= NETTEST_MTU);
		check(be16_get(cksum(ip, sizeof(*ip))) == 0);
		check(ip4_equal(ip->src, NT_US));
	}
	nettest_forget_frames(t);
}

static void give(struct nettest *t, uint8_t how, const uint8_t *bytes,
		 size_t len)
{
	static const uint8_t csums[] = {PKT_CSUM_UNKNOWN, PKT_CSUM_VALID,
					PKT_CSUM_PARTIAL, PKT_CSUM_UNKNOWN};
	struct iface *ifp = how & HOW_LOOPBACK ? t->lo : t->eth;
	struct pkt *p = pkt_new(t->arena, 64 + len, 64);
	struct ip4_wire *ip;

	check(p != NULL);
	ip = pkt_append(p, len);
	if (len)
		memcpy(ip, bytes, len);
	if (how & HOW_SEAL && len >= sizeof(*ip) && ip4_wire_len(ip) <= len) {
		ip->cksum = be16_make(0);
		ip->cksum = cksum(ip, ip4_wire_len(ip));
	}
	p->csum = csums[how >> HOW_CSUM_SHIFT & 3];
	p->stamp = t->eng.now;
	nettest_give(t, ifp, p);
	nettest_run_loop(t);
	check_sent(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct nettest t;
	struct endpoint any = {inet_from4(ip4_make(0, 0, 0, 0)), 53, 0};
	struct udp_pcb *pcb;
	const uint8_t *bytes;
	uint8_t how;
	size_t len;

	nettest_open_udp(&t);
	check(udp_new(&t.udp, &pcb) == 0);
	check(udp_bind(pcb, &any) == 0);
	while ((bytes = nettest_record(&data, &size, &how, &len))) {
		give(&t, how, bytes, len);
		nettest_advance(&t, MSEC(how >> HOW_TIME_SHIFT) * 100);
		nettest_forget_frames(&t);
		check(t.net.reasm.cost <= LIMIT_REASM_BYTES);
	}
	udp_free(pcb);
	nettest_close(&t);
	return 0;
}
