/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * icmp6_fuzz.c - any IPv6 packets from the wire
 *
 * What this room is for
 *   The input is a list of records (nettest_record). Each is an IPv6 packet;
 *   `how` says whether its addresses, its length and its ICMPv6 checksum are
 *   put right, so that the fuzzer gets behind those doors, and whether time
 *   passes. Proves that nothing crashes or leaks, and that what we send in
 *   answer stays bounded.
 */
#include "ip6_ext.h"
#include "testkit/nettest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FIX_ADDRESSES = 1, FIX_LENGTH = 2, FIX_CHECKSUM = 4, TIME_PASSES = 8 };

static void fix_checksum(uint8_t *bytes, size_t len)
{
	struct ip6_wire *ip = (void *)bytes;
	struct icmp6_wire *icmp;
	struct ip6_walk w;
	uint32_t sum;

	ip6_walk_start(&w, bytes, len);
	if (!ip6_walk_skip(&w) || ip6_walk_type(&w) != IP_PROTO_ICMP6 ||
	    len - w.at < sizeof(*icmp))
		return;
	icmp = (void *)(bytes + w.at);
	icmp->cksum = be16_make(0);
	sum = cksum_pseudo(&ip->src, &ip->dst, IP_PROTO_ICMP6,
			   (uint32_t)(len - w.at));
	icmp->cksum = cksum_finish(cksum_partial(icmp, len - w.at, sum));
}

static void give(struct nettest *t, const uint8_t *bytes, size_t len,
		 uint8_t how)
{
	struct pkt *p = pkt_new(t->arena, 64 + len, 64);
	struct ip6_wire *ip = pkt_append(p, len);

	memcpy(ip, bytes, len);
	if (len >= sizeof(*ip)) {
		ip->ver_tc_flow.b[0] |= 0x60;
		ip->ver_tc_flow.b[0] &= 0x6f;
		if (how & FIX_ADDRESSES) {
			ip->src = NT_PEER6;
			ip->dst = NT_US6;
		}
		if (how & FIX_LENGTH)
			ip->payload_len =
				be16_make((uint16_t)(len - sizeof(*ip)));
		if (how & FIX_CHECKSUM)
			fix_checksum((uint8_t *)ip, len);
	}
	p->ifp = t->eth;
	p->stamp = t->eng.now;
	nettest_give6(t, t->eth, p);
	if (how & TIME_PASSES)
		nettest_advance(t, SEC(1));
	/* No packet is worth more than its fragments in answers. */
	if (t->wire.nframes > 64)
		abort();
	nettest_forget_frames(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct nettest t;
	const uint8_t *record;
	uint8_t how;
	size_t len;

	nettest_open_udp(&t);
	nettest_connect6(&t);
	while ((record = nettest_record(&data, &size, &how, &len)))
		give(&t, record, len, how);
	nettest_advance(&t, LIMIT_REASM6_US);
	if (t.net.reasm.count != 0)
		abort();
	nettest_close(&t);
	return 0;
}
