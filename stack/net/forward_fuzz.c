/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * forward_fuzz.c - any packets at all, through a router between two links
 *
 * What this room is for
 *   Proves that no packet that is sent on reaches a MUST, reads too far, leaks,
 *   or becomes more than it may: what leaves is a correct packet that fits its
 *   link and has a hop left. The input is a list of records (nettest.h); `how`
 *   says by which link it comes, what of it is put right first, what the link
 *   says of checksum and segments, and how narrow the other link is.
 */
#include "testkit/nettest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	HOW_SECOND = 1,
	HOW_ADDRESSES = 2,
	HOW_SEAL = 4,
	HOW_PARTIAL = 8,
	HOW_SEGMENTS = 16,
	HOW_NARROW = 32,
	HOW_CUTS = 64,
	HOW_TIME = 128,
};

static const struct inet_addr FAR6 = {{0xfd, 5, [15] = 1}};

static void check(bool ok)
{
	if (!ok)
		abort();
}

static void check_packet(const struct nettest_frame *f, uint32_t mtu,
			 bool is_super)
{
	const uint8_t *at = f->data + sizeof(struct eth_wire);
	size_t len = f->len - sizeof(struct eth_wire);
	const struct ip6_wire *ip6 = (const void *)at;
	const struct ip4_wire *ip4 = (const void *)at;

	if (be16_get(((struct eth_wire *)f->data)->type) == ETHERTYPE_ARP_FRAME)
		return;
	check(len <= mtu || is_super);
	if (at[0] >> 4 == 6) {
		check(len == sizeof(*ip6) + be16_get(ip6->payload_len));
		check(ip6->hop_limit > 0);
		return;
	}
	check(at[0] >> 4 == 4 && len == be16_get(ip4->total_len));
	check(be16_get(cksum(ip4, ip4_wire_len(ip4))) == 0);
	check(ip4->ttl > 0);
}

static void check_sent(struct nettest *t, bool is_super)
{
	for (size_t i = 0; i < t->wire.nframes; i++)
		check_packet(&t->wire.frames[i], t->eth->mtu, is_super);
	for (size_t i = 0; i < t->wire2.nframes; i++)
		check_packet(&t->wire2.frames[i], t->eth2->mtu, is_super);
	nettest_forget_frames(t);
}

/* Addresses that are sent on, and checksums that are believed. */
static void mend(uint8_t *at, size_t len, uint8_t how)
{
	struct ip6_wire *ip6 = (void *)at;
	struct ip4_wire *ip4 = (void *)at;
	bool second = how & HOW_SECOND;

	if (len >= sizeof(*ip6) && at[0] >> 4 == 6 && how & HOW_ADDRESSES) {
		ip6->src = second ? FAR6 : NT_PEER6;
		ip6->dst = second ? NT_PEER6 : FAR6;
		ip6->payload_len = be16_make((uint16_t)(len - sizeof(*ip6)));
	}
	if (len < sizeof(*ip4) || at[0] >> 4 != 4)
		return;
	if (how & HOW_ADDRESSES) {
		ip4->src = second ? (struct ip4_addr){{10, 5, 0, 1}} : NT_PEER;
		ip4->dst = second ? NT_PEER : (struct ip4_addr){{10, 5, 0, 1}};
		ip4->total_len = be16_make((uint16_t)len);
	}
	if (how & HOW_SEAL && ip4_wire_len(ip4) <= len) {
		ip4->cksum = be16_make(0);
		ip4->cksum = cksum(ip4, ip4_wire_len(ip4));
	}
}

static void give(struct nettest *t, uint8_t how, const uint8_t *bytes,
		 size_t len)
{
	struct iface *in = how & HOW_SECOND ? t->eth2 : t->eth;
	struct iface *out = how & HOW_SECOND ? t->eth : t->eth2;
	struct nettest_link *l = how & HOW_SECOND ? &t->wire : &t->wire2;
	struct pkt *p = pkt_new(t->arena, 64 + len, 64);
	uint8_t *at;

	check(p != NULL);
	at = pkt_append(p, len);
	if (len)
		memcpy(at, bytes, len);
	mend(at, len, how);
	if (how & HOW_PARTIAL)
		p->csum = PKT_CSUM_PARTIAL;
	if (how & HOW_SEGMENTS)
		p->gso_size = (uint16_t)(1 + (len > 40 ? at[len - 1] : 0));
	out->mtu = how & HOW_NARROW ? 100 : NETTEST_MTU;
	out->caps = l->link.caps =
		how & HOW_CUTS ? LINK_CSUM | LINK_TSO4 | LINK_TSO6 | LINK_USO
			       : 0;
	p->stamp = t->eng.now;
	if (len && at[0] >> 4 == 6)
		nettest_give6(t, in, p);
	else
		nettest_give(t, in, p);
	check_sent(t, how & HOW_CUTS);
	out->mtu = NETTEST_MTU;
	out->caps = l->link.caps = 0;
}

static void know(struct iface *ifp, struct inet_addr a)
{
	check(neigh_set(&ifp->neigh, &a, &NT_PEER_MAC, true, true) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct nettest t;
	const uint8_t *bytes;
	uint8_t how;
	size_t len;

	nettest_open_udp(&t);
	nettest_connect6(&t);
	nettest_second(&t);
	t.net.forwards = true;
	know(t.eth, inet_from4(NT_PEER));
	know(t.eth, NT_PEER6);
	know(t.eth2, inet_from4(ip4_make(10, 5, 0, 1)));
	know(t.eth2, FAR6);
	while ((bytes = nettest_record(&data, &size, &how, &len))) {
		give(&t, how, bytes, MIN(len, (size_t)8000));
		if (how & HOW_TIME)
			nettest_advance(&t, SEC(1));
		nettest_forget_frames(&t);
	}
	nettest_close(&t);
	return 0;
}
