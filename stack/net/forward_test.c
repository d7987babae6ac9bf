/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * forward_test.c - proves forward.c, forward_out.c and redirect_send.c: what is
 * sent on, how it looks then, and what its sender hears.
 *
 * The host has 10.0.0.2/24 (tap0) and 10.5.0.2/16 (tap1). Packets come in on
 * tap0, mostly from 10.0.0.1, and leave to 10.5.0.1; fd00::1 and fd05::1 in
 * IPv6. All of them are known neighbours.
 */
#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "testkit/nettest.h"

static struct nettest t;

static const struct ip4_addr FAR = {{10, 5, 0, 1}};
static const struct inet_addr FAR6 = {{0xfd, 5, [15] = 1}};
static const struct inet_addr OTHER6 = {{0xfd, [15] = 9}};
static const struct eth_addr FAR_MAC = {{2, 0, 0, 0, 5, 1}};

static void know(struct iface *ifp, struct inet_addr a,
		 const struct eth_addr *mac)
{
	cr_assert(eq(int, neigh_set(&ifp->neigh, &a, mac, true, true), 0));
}

static void open_host(void)
{
	struct inet_prefix p6 = {NT_US6, 64};

	nettest_open(&t);
	nettest_second(&t);
	cr_assert(eq(int, iface_add_addr(t.eth, &p6), 0));
	know(t.eth, inet_from4(NT_PEER), &NT_PEER_MAC);
	know(t.eth, NT_PEER6, &NT_PEER_MAC);
	know(t.eth2, inet_from4(FAR), &FAR_MAC);
	know(t.eth2, FAR6, &FAR_MAC);
	t.net.forwards = true;
}

static void close_host(void)
{
	nettest_close(&t);
}

static struct inet_addr addr(const char *text)
{
	struct inet_addr a;

	cr_assert(eq(int, inet_parse(text, &a), 0), "%s", text);
	return a;
}

static void add_route(const char *prefix, const char *gateway,
		      struct iface *ifp, enum route_type type)
{
	struct route r = {.type = (uint8_t)type};

	cr_assert(eq(int, inet_parse_prefix(prefix, &r.dst), 0));
	if (gateway)
		r.gateway = addr(gateway);
	r.ifindex = ifp ? ifp->index : 0;
	cr_assert(eq(int, route_add(&t.net, &r), 0));
}

/* The IP packet in recorded frame `i` of tap1. */
static const void *out(size_t i)
{
	cr_assert(lt(sz, i, t.wire2.nframes));
	return t.wire2.frames[i].data + sizeof(struct eth_wire);
}

static size_t out_len(size_t i)
{
	return t.wire2.frames[i].len - sizeof(struct eth_wire);
}

static const struct nettest_ip to_far = {
	.src = {{10, 0, 0, 1}}, .dst = {{10, 5, 0, 1}}, .proto = 77};

static enum verdict give4(const struct nettest_ip *h, size_t len)
{
	static uint8_t payload[4000];

	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t)(i * 7 + i / 256);
	return nettest_give(&t, t.eth, nettest_pkt(&t, h, payload, len));
}

/* One ICMP error went back to the sender, and nothing went on. */
static void expect_error4(uint8_t type, uint8_t code, uint32_t word)
{
	const struct icmp_wire *icmp;

	cr_assert(eq(sz, t.wire2.nframes, 0));
	cr_assert(eq(sz, t.wire.nframes, 1));
	icmp = nettest_sent_l4(&t, 0);
	cr_expect(eq(u8, icmp->type, type));
	cr_expect(eq(u8, icmp->code, code));
	cr_expect(eq(u32,
		     (uint32_t)be16_get(icmp->id) << 16 | be16_get(icmp->seq),
		     word));
	cr_expect(ip4_equal(nettest_sent_ip(&t, 0)->dst, NT_PEER));
	cr_expect(ip4_equal(nettest_sent_ip(&t, 0)->src, NT_US));
	nettest_forget_frames(&t);
}

/* --- IPv4 ----------------------------------------------------------------- */

HOST_TEST(forward, a_packet_leaves_with_one_hop_less)
{
	struct nettest_ip h = to_far;

	/* Every TTL: RFC 1624 has a corner for each. */
	for (int ttl = 2; ttl < 256; ttl++) {
		const struct ip4_wire *ip;

		h.ttl = (uint8_t)ttl;
		h.id = (uint16_t)(ttl * 257);
		cr_assert(eq(int, (int)give4(&h, 100), DONE));
		cr_assert(eq(sz, t.wire2.nframes, 1));
		ip = out(0);
		cr_expect(eq(u8, ip->ttl, ttl - 1));
		cr_expect(zero(u16, be16_get(cksum(ip, sizeof(*ip)))), "%d",
			  ttl);
		cr_expect(eq(sz, out_len(0), 120));
		cr_expect(
			eq(u8, ((const uint8_t *)(ip + 1))[99], 99 * 7 % 256));
		cr_expect(memcmp(t.wire2.frames[0].data, &FAR_MAC, 6) == 0);
		nettest_forget_frames(&t);
	}
	cr_expect(eq(u64, t.eng.stats.count[STAT_IP_FORWARDS], 254));
}

HOST_TEST(forward, a_host_does_nothing_of_the_kind)
{
	t.net.forwards = false;
	cr_assert(eq(int, (int)give4(&to_far, 100), DROP_IP_NOT_OURS));
	cr_assert(eq(sz, t.wire.nframes + t.wire2.nframes, 0));
}

HOST_TEST(forward, the_last_hop_is_told)
{
	struct nettest_ip h = to_far;

	h.ttl = 1;
	cr_assert(eq(int, (int)give4(&h, 100), DROP_FORWARD_HOPS));
	expect_error4(ICMP4_TIME_EXCEEDED, 0, 0);
}

HOST_TEST(forward, some_addresses_never_leave_their_link)
{
	static const struct {
		struct ip4_addr src, dst;
		int v;
	} table[] = {
		{{{10, 0, 0, 1}}, {{10, 5, 0, 1}}, DONE},
		{{{10, 0, 0, 1}},
		 {{10, 5, 255, 255}},
		 DROP_FORWARD_DESTINATION},
		{{{10, 0, 0, 1}}, {{169, 254, 1, 1}}, DROP_FORWARD_DESTINATION},
		{{{10, 0, 0, 1}}, {{240, 0, 0, 1}}, DROP_FORWARD_DESTINATION},
		{{{10, 0, 0, 1}}, {{0, 0, 0, 9}}, DROP_FORWARD_DESTINATION},
		{{{10, 0, 0, 1}}, {{127, 0, 0, 1}}, DROP_IP_LOOPBACK},
		{{{10, 0, 0, 1}}, {{224, 0, 0, 9}}, DROP_IP_NOT_OURS},
		{{{169, 254, 1, 1}}, {{10, 5, 0, 1}}, DROP_FORWARD_SOURCE},
		{{{240, 0, 0, 1}}, {{10, 5, 0, 1}}, DROP_FORWARD_SOURCE},
		{{{127, 0, 0, 1}}, {{10, 5, 0, 1}}, DROP_IP_LOOPBACK},
		{{{10, 5, 0, 1}}, {{10, 5, 0, 7}}, DROP_FORWARD_REVERSE},
		{{{8, 8, 8, 8}}, {{10, 5, 0, 1}}, DROP_FORWARD_REVERSE},
	};

	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct nettest_ip h = to_far;

		h.src = table[i].src;
		h.dst = table[i].dst;
		cr_expect(eq(int, (int)give4(&h, 10), table[i].v), "row %zu",
			  i);
		cr_expect(eq(sz, t.wire2.nframes, table[i].v == DONE),
			  "row %zu", i);
		nettest_forget_frames(&t);
	}
}

/* RFC 3704 2.3: with two ways out, what comes back may take either. */
HOST_TEST(forward, a_source_may_come_by_any_of_the_best_routes)
{
	struct nettest_ip h = to_far;
	struct route r = {.dst = {inet_from4(ip4_make(0, 0, 0, 0)), 96},
			  .gateway = inet_from4(NT_PEER),
			  .ifindex = t.eth->index,
			  .metric = 9};

	h.src = (struct ip4_addr){{8, 8, 8, 8}};
	add_route("0.0.0.0/0", "10.5.0.1", t.eth2, ROUTE_UNICAST);
	cr_expect(eq(int, (int)give4(&h, 10), DROP_FORWARD_REVERSE));
	cr_assert(eq(int, route_add(&t.net, &r), 0));
	cr_expect(eq(int, (int)give4(&h, 10), DONE));
}

HOST_TEST(forward, a_link_broadcast_is_not_sent_on)
{
	uint8_t payload[4] = {0};
	struct pkt *p = nettest_pkt(&t, &to_far, payload, sizeof(payload));

	p->to_broadcast = true;
	cr_assert(eq(int, (int)nettest_give(&t, t.eth, p), DROP_FORWARD_LINK));
	cr_assert(eq(sz, t.wire.nframes + t.wire2.nframes, 0));
}

HOST_TEST(forward, without_a_way_the_sender_is_told_why)
{
	struct nettest_ip h = to_far;

	h.dst = (struct ip4_addr){{9, 0, 0, 1}};
	cr_assert(eq(int, (int)give4(&h, 10), DROP_FORWARD_ROUTE));
	expect_error4(ICMP4_UNREACHABLE, ICMP4_UNREACH_NET, 0);
	add_route("9.0.0.0/8", NULL, NULL, ROUTE_UNREACHABLE);
	add_route("9.1.0.0/16", NULL, NULL, ROUTE_PROHIBIT);
	add_route("9.2.0.0/16", NULL, NULL, ROUTE_BLACKHOLE);
	cr_assert(eq(int, (int)give4(&h, 10), DROP_FORWARD_ROUTE));
	expect_error4(ICMP4_UNREACHABLE, ICMP4_UNREACH_HOST, 0);
	h.dst.b[1] = 1;
	cr_assert(eq(int, (int)give4(&h, 10), DROP_FORWARD_ROUTE));
	expect_error4(ICMP4_UNREACHABLE, ICMP4_UNREACH_ADMIN, 0);
	h.dst.b[1] = 2;
	cr_assert(eq(int, (int)give4(&h, 10), DROP_FORWARD_ROUTE));
	cr_assert(eq(sz, t.wire.nframes, 0));
}

HOST_TEST(forward, a_silent_next_hop_is_told_to_the_sender)
{
	struct nettest_ip h = to_far;

	h.dst.b[3] = 99;
	cr_assert(eq(int, (int)give4(&h, 10), DONE));
	nettest_advance(&t, LIMIT_NEIGH_RETRANS_US);
	nettest_advance(&t, LIMIT_NEIGH_RETRANS_US);
	nettest_forget_wire(&t.wire2);
	nettest_advance(&t, LIMIT_NEIGH_RETRANS_US);
	expect_error4(ICMP4_UNREACHABLE, ICMP4_UNREACH_HOST, 0);
	/* At once, as long as it counts as silent. */
	cr_assert(eq(int, (int)give4(&h, 10), DROP_FORWARD_UNREACHABLE));
	expect_error4(ICMP4_UNREACHABLE, ICMP4_UNREACH_HOST, 0);
}

HOST_TEST(forward, what_is_too_long_and_may_not_be_cut_is_told)
{
	struct nettest_ip h = to_far;

	t.eth2->mtu = 600;
	h.frag = IP4_DF;
	cr_assert(eq(int, (int)give4(&h, 581), DROP_FORWARD_SIZE));
	expect_error4(ICMP4_UNREACHABLE, ICMP4_UNREACH_FRAG, 600);
	cr_assert(eq(int, (int)give4(&h, 580), DONE));
}

/* RFC 791 3.1: copied options are in all of them, the others in the first. */
HOST_TEST(forward, fragments_add_up_to_the_packet)
{
	static const uint8_t options[] = {
		0x83 - 0x03 + 0x08, 4, 1, 2, 7, 4, 4, 0, 1, 1, 1, 0};
	struct nettest_ip h = to_far;
	uint8_t whole[1400];
	size_t got = 0;

	h.options = options;
	h.options_len = sizeof(options);
	h.id = 4711;
	h.frag = IP4_MF | 100;
	t.eth2->mtu = 600;
	cr_assert(eq(int, (int)give4(&h, sizeof(whole)), DONE));
	for (size_t i = 0; i < t.wire2.nframes; i++) {
		const struct ip4_wire *ip = out(i);
		size_t header = ip4_wire_len(ip);
		size_t len = out_len(i) - header;

		cr_assert(le(sz, out_len(i), 600));
		cr_expect(eq(sz, be16_get(ip->total_len), out_len(i)));
		cr_expect(zero(u16, be16_get(cksum(ip, header))));
		cr_expect(eq(u16, be16_get(ip->id), 4711));
		cr_expect(eq(sz, header, i ? 24 : 32));
		cr_expect(eq(u8, *(const uint8_t *)(ip + 1), options[0]));
		cr_expect(eq(u16, be16_get(ip->frag),
			     (uint16_t)(IP4_MF | (100 + got / 8))));
		memcpy(whole + got, (const uint8_t *)ip + header, len);
		got += len;
	}
	cr_assert(eq(sz, got, sizeof(whole)));
	for (size_t i = 0; i < got; i++)
		cr_assert(eq(u8, whole[i], (uint8_t)(i * 7 + i / 256)));
}

/* --- TCP and offload ------------------------------------------------------ */

/* A segment of `len` bytes behind its header; the checksum is partial. */
static struct pkt *tcp_pkt(size_t len, uint16_t gso)
{
	uint8_t segment[sizeof(struct tcp_wire) + 4000] = {0};
	struct tcp_wire *tcp = (void *)segment;
	struct nettest_ip h = to_far;
	struct inet_addr src = inet_from4(h.src), dst = inet_from4(h.dst);
	size_t total = sizeof(*tcp) + len;
	struct pkt *p;

	*tcp = (struct tcp_wire){
		.seq = be32_make(0xfffffc00),
		.offset = 5 << 4,
		.flags = TCP_ACK | TCP_PSH | TCP_FIN | TCP_CWR,
	};
	for (size_t i = 0; i < len; i++)
		segment[sizeof(*tcp) + i] = (uint8_t)(i * 3);
	tcp->cksum = be16_make(cksum_fold(
		cksum_pseudo(&src, &dst, IP_PROTO_TCP, (uint32_t)total)));
	h.proto = IP_PROTO_TCP;
	h.frag = IP4_DF;
	h.id = 9;
	p = nettest_pkt(&t, &h, segment, total);
	p->csum = PKT_CSUM_PARTIAL;
	p->gso_size = gso;
	return p;
}

static void expect_right_tcp(size_t i)
{
	const struct ip4_wire *ip = out(i);
	struct inet_addr src = inet_from4(ip->src), dst = inet_from4(ip->dst);
	size_t len = out_len(i) - sizeof(*ip);
	uint32_t sum = cksum_pseudo(&src, &dst, IP_PROTO_TCP, (uint32_t)len);

	cr_expect(eq(u16, cksum_fold(cksum_partial(ip + 1, len, sum)), 0xffff),
		  "frame %zu", i);
	cr_expect(zero(u16, be16_get(cksum(ip, sizeof(*ip)))));
	cr_expect(eq(sz, be16_get(ip->total_len), out_len(i)));
}

HOST_TEST(forward, a_checksum_that_was_left_open_is_completed)
{
	cr_assert(eq(int, (int)nettest_give(&t, t.eth, tcp_pkt(101, 0)), DONE));
	cr_assert(eq(sz, t.wire2.nframes, 1));
	expect_right_tcp(0);
}

HOST_TEST(forward, a_super_segment_is_cut_where_the_link_does_not)
{
	size_t got = 0;

	cr_assert(eq(int, (int)nettest_give(&t, t.eth, tcp_pkt(3300, 1000)),
		     DONE));
	cr_assert(eq(sz, t.wire2.nframes, 4));
	for (size_t i = 0; i < 4; i++) {
		const struct ip4_wire *ip = out(i);
		const struct tcp_wire *tcp = (const void *)(ip + 1);
		const uint8_t *data = (const void *)(tcp + 1);

		expect_right_tcp(i);
		cr_expect(eq(u32, be32_get(tcp->seq),
			     0xfffffc00 + (uint32_t)got));
		cr_expect(eq(u16, be16_get(ip->id), 9 + i));
		cr_expect(eq(u8, tcp->flags & (TCP_FIN | TCP_PSH),
			     i == 3 ? TCP_FIN | TCP_PSH : 0));
		cr_expect(eq(u8, tcp->flags & TCP_CWR, i ? 0 : TCP_CWR));
		cr_expect(eq(u8, data[0], (uint8_t)(got * 3)));
		got += out_len(i) - 40;
	}
	cr_assert(eq(sz, got, 3300));
}

HOST_TEST(forward, a_link_that_cuts_gets_the_super_segment)
{
	t.eth2->caps = t.wire2.link.caps = LINK_CSUM | LINK_TSO4;
	cr_assert(eq(int, (int)nettest_give(&t, t.eth, tcp_pkt(3300, 1000)),
		     DONE));
	cr_assert(eq(sz, t.wire2.nframes, 1));
	cr_assert(eq(sz, out_len(0), 3340));
}

/* What counts is how long its segments are, not it. */
HOST_TEST(forward, segments_that_are_too_long_are_told)
{
	t.eth2->mtu = 1039;
	cr_assert(eq(int, (int)nettest_give(&t, t.eth, tcp_pkt(3300, 1000)),
		     DROP_FORWARD_SIZE));
	expect_error4(ICMP4_UNREACHABLE, ICMP4_UNREACH_FRAG, 1039);
}

HOST_TEST(forward, one_frame_does_not_become_thousands)
{
	cr_assert(eq(int, (int)nettest_give(&t, t.eth, tcp_pkt(3300, 1)),
		     DROP_FORWARD_SIZE));
	cr_assert(eq(sz, t.wire2.nframes, 0));
}

/* Marks that do not fit the packet are nobody's to carry on. */
HOST_TEST(forward, offload_marks_that_make_no_sense_are_refused)
{
	struct pkt *p = tcp_pkt(100, 50);

	((struct tcp_wire *)(p->data + 20))->offset = 15 << 4;
	p->len -= 90;
	((struct ip4_wire *)p->data)->total_len = be16_make((uint16_t)p->len);
	((struct ip4_wire *)p->data)->cksum = be16_make(0);
	((struct ip4_wire *)p->data)->cksum = cksum(p->data, 20);
	cr_assert(eq(int, (int)nettest_give(&t, t.eth, p), DROP_LINK_OFFLOAD));
}

/* --- redirects ------------------------------------------------------------ */

HOST_TEST(forward, a_shorter_way_is_told_now_and_then_and_the_packet_goes)
{
	struct nettest_ip h = to_far;
	const struct icmp_wire *icmp;

	know(t.eth, addr("10.0.0.9"), &FAR_MAC);
	add_route("9.0.0.0/8", "10.0.0.9", t.eth, ROUTE_UNICAST);
	h.dst = (struct ip4_addr){{9, 0, 0, 1}};
	cr_assert(eq(int, (int)give4(&h, 10), DONE));
	cr_assert(eq(sz, t.wire.nframes, 2));
	icmp = nettest_sent_l4(&t, 0);
	cr_expect(eq(u8, icmp->type, ICMP4_REDIRECT));
	cr_expect(eq(u8, icmp->code, 1));
	cr_expect(memcmp(&icmp->id, &(struct ip4_addr){{10, 0, 0, 9}}, 4) == 0);
	cr_expect(eq(u8, nettest_sent_ip(&t, 1)->ttl, 63));
	nettest_forget_frames(&t);
	cr_assert(eq(int, (int)give4(&h, 10), DONE));
	cr_assert(eq(sz, t.wire.nframes, 1), "the packet only");
	t.eng.now += LIMIT_REDIRECT_GAP_US;
	cr_assert(eq(int, (int)give4(&h, 10), DONE));
	cr_assert(eq(sz, t.wire.nframes, 3));
}

HOST_TEST(forward, a_router_believes_no_redirects)
{
	struct inet_addr from = addr("10.0.0.1"), hop = addr("10.0.0.9");
	struct inet_addr dst = addr("9.0.0.1");

	add_route("9.0.0.0/8", "10.0.0.1", t.eth, ROUTE_UNICAST);
	cr_assert(not(redirect_learn(t.eth, &from, &dst, &hop)));
	t.net.forwards = false;
	cr_assert(redirect_learn(t.eth, &from, &dst, &hop));
}

/* --- IPv6 ----------------------------------------------------------------- */

static enum verdict give6(const struct inet_addr *src,
			  const struct inet_addr *dst, uint8_t hops, size_t len)
{
	static const uint8_t payload[2000];
	struct nettest_ip6 h = {
		.src = src, .dst = dst, .next = 77, .hops = hops};

	return nettest_give6(&t, t.eth, nettest_pkt6(&t, &h, payload, len));
}

static void expect_error6(uint8_t type, uint8_t code, uint32_t word)
{
	const struct icmp6_wire *icmp;

	cr_assert(eq(sz, t.wire2.nframes, 0));
	cr_assert(eq(sz, t.wire.nframes, 1));
	icmp = (const void *)(nettest_sent_ip6(&t, 0) + 1);
	cr_expect(eq(u8, icmp->type, type));
	cr_expect(eq(u8, icmp->code, code));
	cr_expect(eq(u32, be32_get(icmp->word), word));
	nettest_forget_frames(&t);
}

HOST_TEST(forward, ipv6_leaves_with_one_hop_less)
{
	const struct ip6_wire *ip;

	cr_assert(eq(int, (int)give6(&NT_PEER6, &FAR6, 2, 100), DONE));
	cr_assert(eq(sz, t.wire2.nframes, 1));
	ip = out(0);
	cr_expect(eq(u8, ip->hop_limit, 1));
	cr_expect(eq(sz, out_len(0), 140));
}

HOST_TEST(forward, ipv6_says_why_not)
{
	struct inet_addr nowhere = addr("2001:db8::1");
	struct inet_addr local = addr("fe80::1");

	cr_expect(eq(int, (int)give6(&NT_PEER6, &FAR6, 1, 10),
		     DROP_FORWARD_HOPS));
	expect_error6(ICMP6_TIME_EXCEEDED, 0, 0);
	cr_expect(eq(int, (int)give6(&NT_PEER6, &nowhere, 9, 10),
		     DROP_FORWARD_ROUTE));
	expect_error6(ICMP6_UNREACHABLE, ICMP6_UNREACH_ROUTE, 0);
	t.eth2->mtu = 1300;
	cr_expect(eq(int, (int)give6(&NT_PEER6, &FAR6, 9, 1261),
		     DROP_FORWARD_SIZE));
	expect_error6(ICMP6_TOO_BIG, 0, 1300);
	know(t.eth, local, &NT_PEER_MAC);
	cr_expect(
		eq(int, (int)give6(&local, &FAR6, 9, 10), DROP_FORWARD_SOURCE));
	cr_expect(eq(sz, t.wire2.nframes, 0));
	cr_expect(eq(int, (int)give6(&NT_PEER6, &local, 9, 10),
		     DROP_FORWARD_DESTINATION));
	cr_expect(eq(sz, t.wire2.nframes, 0));
}

/* RFC 4861 8.2. */
HOST_TEST(forward, ipv6_shorter_way_is_told)
{
	struct inet_prefix ll = {addr("fe80::2"), 64};
	const struct nd_redirect_wire *r;
	const struct ip6_wire *ip;
	size_t len;
	uint32_t sum;

	cr_assert(eq(int, iface_add_addr(t.eth, &ll), 0));
	know(t.eth, OTHER6, &FAR_MAC);
	cr_assert(eq(int, (int)give6(&NT_PEER6, &OTHER6, 9, 100), DONE));
	cr_assert(eq(sz, t.wire.nframes, 2));
	ip = nettest_sent_ip6(&t, 0);
	r = (const void *)(ip + 1);
	len = t.wire.frames[0].len - sizeof(struct eth_wire) - sizeof(*ip);
	sum = cksum_pseudo(&ip->src, &ip->dst, IP_PROTO_ICMP6, (uint32_t)len);
	cr_expect(eq(u16, cksum_fold(cksum_partial(r, len, sum)), 0xffff));
	cr_expect(eq(u8, r->icmp.type, ICMP6_REDIRECT));
	cr_expect(eq(u8, ip->hop_limit, 255));
	cr_expect(inet_equal(&ip->src, &ll.addr));
	cr_expect(inet_equal(&ip->dst, &NT_PEER6));
	cr_expect(inet_equal(&r->target, &OTHER6));
	cr_expect(inet_equal(&r->dst, &OTHER6));
	cr_expect(memcmp((const uint8_t *)(r + 1) + 2, &FAR_MAC, 6) == 0);
	/* Target's address, 8 bytes; the packet, 8 and 136 of its 140. */
	cr_expect(eq(sz, len, sizeof(*r) + 8 + 8 + 136));
}
