/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * ip4_test.c - proves ip4.c: which headers are believed, what is sent.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "testkit/nettest.h"

static struct nettest t;

static void open_host(void)
{
	nettest_open(&t);
	nettest_connect(&t);
}

static void close_host(void)
{
	nettest_close(&t);
}

/* An echo request that is answered, when nothing else is said. */
static const uint8_t PING[] = {8, 0, 0xf7, 0xff, 0, 0, 0, 0};

static struct nettest_ip ping_header(void)
{
	return (struct nettest_ip){
		.src = NT_PEER, .dst = NT_US, .proto = IP_PROTO_ICMP};
}

static struct pkt *ping(void)
{
	struct nettest_ip h = ping_header();

	return nettest_pkt(&t, &h, PING, sizeof(PING));
}

static struct ip4_wire *header(struct pkt *p)
{
	return (void *)p->data;
}

/* Makes the checksum right again after a change. */
static struct pkt *seal(struct pkt *p)
{
	struct ip4_wire *ip = header(p);

	ip->cksum = be16_make(0);
	ip->cksum = cksum(ip, ip4_wire_len(ip));
	return p;
}

HOST_TEST(ip4, good_packet_is_delivered)
{
	cr_assert(eq(int, nettest_give(&t, t.eth, ping()), DONE));
	cr_assert(eq(sz, t.wire.nframes, 1));
	cr_assert(eq(u64, t.eng.stats.count[STAT_IP_IN_DELIVERS], 1));
}

HOST_TEST(ip4, every_truncation_is_dropped)
{
	for (size_t len = 0; len < 28; len++) {
		struct pkt *p = ping();
		enum verdict v;

		pkt_trim(p, len);
		v = nettest_give(&t, t.eth, p);
		cr_expect(eq(int, v,
			     len < 20 ? DROP_IP_SHORT : DROP_IP_TOTAL_LENGTH),
			  "%zu bytes", len);
	}
	cr_assert(eq(sz, t.wire.nframes, 0));
}

HOST_TEST(ip4, padding_behind_the_packet_is_cut)
{
	struct pkt *p = ping();

	memset(pkt_append(p, 18), 0xee, 18);
	cr_assert(eq(int, nettest_give(&t, t.eth, p), DONE));
	cr_assert(eq(sz, t.wire.frames[0].len, 14 + 28));
}

HOST_TEST(ip4, impossible_headers_are_refused)
{
	struct pkt *p;

	p = ping();
	header(p)->ver_ihl = 0x65;
	cr_expect(eq(int, nettest_give(&t, t.eth, seal(p)), DROP_IP_VERSION));
	p = ping();
	header(p)->ver_ihl = 0x44;
	cr_expect(eq(int, nettest_give(&t, t.eth, p), DROP_IP_HEADER_LENGTH));
	p = ping();
	header(p)->ver_ihl = 0x4f;
	cr_expect(eq(int, nettest_give(&t, t.eth, p), DROP_IP_SHORT));
	p = ping();
	header(p)->total_len = be16_make(19);
	cr_expect(eq(int, nettest_give(&t, t.eth, seal(p)),
		     DROP_IP_TOTAL_LENGTH));
	p = ping();
	header(p)->total_len = be16_make(29);
	cr_expect(eq(int, nettest_give(&t, t.eth, seal(p)),
		     DROP_IP_TOTAL_LENGTH));
}

HOST_TEST(ip4, every_flipped_header_bit_is_noticed)
{
	for (size_t bit = 0; bit < 20 * 8; bit++) {
		struct pkt *p = ping();

		p->data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		cr_expect(gt(int, nettest_give(&t, t.eth, p), DONE), "bit %zu",
			  bit);
	}
	cr_assert(eq(sz, t.wire.nframes, 0));
}

/* RFC 1122 3.2.1.7: TTL 0 or 1 is for routers to mind. */
HOST_TEST(ip4, low_ttl_is_no_reason_to_refuse)
{
	for (uint8_t ttl = 0; ttl < 2; ttl++) {
		struct pkt *p = ping();

		header(p)->ttl = ttl;
		cr_expect(eq(int, nettest_give(&t, t.eth, seal(p)), DONE));
	}
}

HOST_TEST(ip4, options_are_skipped_or_refused)
{
	static const struct {
		uint8_t bytes[8];
		enum verdict v;
	} rows[] = {
		{{0, 0, 0, 0, 0, 0, 0, 0}, DONE},
		{{1, 1, 1, 1, 1, 1, 1, 0}, DONE},
		{{1, 1, 1, 1, 1, 1, 1, 1}, DONE},
		{{7, 7, 4, 0, 0, 0, 0, 0}, DONE},
		{{148, 4, 0, 0, 148, 4, 0, 0}, DONE},
		{{7, 8, 4, 0, 0, 0, 0, 0}, DONE},
		{{7, 9, 4, 0, 0, 0, 0, 0}, DROP_IP_OPTION},
		{{7, 0, 4, 0, 0, 0, 0, 0}, DROP_IP_OPTION},
		{{7, 1, 4, 0, 0, 0, 0, 0}, DROP_IP_OPTION},
		{{1, 1, 1, 1, 1, 1, 1, 7}, DROP_IP_OPTION},
		{{131, 7, 4, 0, 0, 0, 0, 0}, DROP_IP_SOURCE_ROUTE},
		{{1, 137, 7, 4, 0, 0, 0, 0}, DROP_IP_SOURCE_ROUTE},
		{{0, 131, 7, 4, 0, 0, 0, 0}, DONE},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct nettest_ip h = ping_header();
		struct pkt *p;

		h.options = rows[i].bytes;
		h.options_len = 8;
		p = nettest_pkt(&t, &h, PING, sizeof(PING));
		cr_expect(eq(int, nettest_give(&t, t.eth, p), rows[i].v),
			  "row %zu", i);
	}
}

HOST_TEST(ip4, addresses_are_looked_at)
{
	static const struct {
		struct ip4_addr src, dst;
		enum verdict v;
	} rows[] = {
		{{{10, 0, 0, 1}}, {{10, 0, 0, 2}}, DONE},
		{{{8, 8, 8, 8}}, {{10, 0, 0, 2}}, DONE},
		{{{10, 0, 0, 1}}, {{10, 0, 0, 3}}, DROP_IP_NOT_OURS},
		{{{10, 0, 0, 1}}, {{8, 8, 8, 8}}, DROP_IP_NOT_OURS},
		{{{10, 0, 0, 1}}, {{0, 0, 0, 0}}, DROP_IP_NOT_OURS},
		{{{10, 0, 0, 1}}, {{127, 0, 0, 1}}, DROP_IP_LOOPBACK},
		{{{127, 0, 0, 1}}, {{10, 0, 0, 2}}, DROP_IP_LOOPBACK},
		{{{10, 0, 0, 2}}, {{10, 0, 0, 2}}, DROP_IP_SOURCE},
		{{{0, 0, 0, 0}}, {{10, 0, 0, 2}}, DROP_IP_SOURCE},
		{{{0, 1, 2, 3}}, {{10, 0, 0, 2}}, DROP_IP_SOURCE},
		{{{224, 0, 0, 1}}, {{10, 0, 0, 2}}, DROP_IP_SOURCE},
		{{{10, 0, 0, 255}}, {{10, 0, 0, 2}}, DROP_IP_SOURCE},
		{{{255, 255, 255, 255}}, {{10, 0, 0, 2}}, DROP_IP_SOURCE},
		/* Taken, and then no echo reply to a broadcast. */
		{{{10, 0, 0, 1}}, {{10, 0, 0, 255}}, DROP_ICMP_BROADCAST},
		{{{10, 0, 0, 1}}, {{255, 255, 255, 255}}, DROP_ICMP_BROADCAST},
		{{{10, 0, 0, 1}}, {{224, 0, 0, 1}}, DROP_ICMP_BROADCAST},
		{{{10, 0, 0, 1}}, {{224, 0, 0, 9}}, DROP_IP_NOT_OURS},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct nettest_ip h = ping_header();

		h.src = rows[i].src;
		h.dst = rows[i].dst;
		cr_expect(eq(int,
			     nettest_give(
				     &t, t.eth,
				     nettest_pkt(&t, &h, PING, sizeof(PING))),
			     rows[i].v),
			  "row %zu", i);
	}
}

HOST_TEST(ip4, unknown_protocol_is_answered_without_transports)
{
	struct nettest_ip h = ping_header();
	const struct icmp_wire *icmp;

	h.proto = 99;
	cr_assert(eq(int, nettest_give(&t, t.eth, nettest_pkt(&t, &h, PING, 8)),
		     DROP_IP_PROTOCOL));
	icmp = nettest_sent_l4(&t, 0);
	cr_assert(eq(u8, icmp->type, ICMP4_UNREACHABLE));
	cr_assert(eq(u8, icmp->code, ICMP4_UNREACH_PROTO));

	h.proto = IP_PROTO_TCP;
	cr_assert(eq(int, nettest_give(&t, t.eth, nettest_pkt(&t, &h, PING, 8)),
		     DROP_IP_PROTOCOL));
	cr_assert(eq(sz, t.wire.nframes, 1));
}

/* Out. */

static struct ip_how to_peer(void)
{
	return (struct ip_how){.dst = inet_from4(NT_PEER), .proto = 99};
}

static int send_bytes(const struct ip_how *how, const void *data, size_t len)
{
	struct tx tx;

	tx_init(&tx);
	memcpy(tx_push(&tx, 8), "headerXX", 8);
	cr_assert(tx_add(&tx, data, len));
	return ip4_output(&t.net, &tx, how);
}

HOST_TEST(ip4, output_builds_a_correct_header)
{
	struct ip_how how = to_peer();
	const struct ip4_wire *ip;

	how.tos = 0x10;
	how.ttl = 7;
	cr_assert(eq(int, send_bytes(&how, "abcdef", 6), 0));
	ip = nettest_sent_ip(&t, 0);
	cr_assert(eq(u16, be16_get(cksum(ip, sizeof(*ip))), 0));
	cr_assert(eq(u8, ip->ver_ihl, 0x45));
	cr_assert(eq(u8, ip->tos, 0x10));
	cr_assert(eq(u8, ip->ttl, 7));
	cr_assert(eq(u8, ip->proto, 99));
	cr_assert(eq(u16, be16_get(ip->total_len), 34));
	cr_assert(eq(u16, be16_get(ip->frag), 0));
	cr_assert(ip4_equal(ip->src, NT_US));
	cr_assert(ip4_equal(ip->dst, NT_PEER));
	cr_assert(eq(int, memcmp(ip + 1, "headerXXabcdef", 14), 0));
}

HOST_TEST(ip4, output_without_fragmenting_says_so)
{
	static const uint8_t big[1500];
	struct ip_how how = to_peer();

	how.dont_fragment = true;
	cr_assert(eq(int, send_bytes(&how, big, 1472), 0));
	cr_assert(eq(u16, be16_get(nettest_sent_ip(&t, 0)->frag), IP4_DF));
	cr_assert(eq(u16, be16_get(nettest_sent_ip(&t, 0)->id), 0));
	cr_assert(eq(int, send_bytes(&how, big, 1473), -EMSGSIZE));
}

/* RFC 6864 4.2: no repetition within the lifetime of a datagram. */
HOST_TEST(ip4, identifications_differ)
{
	static uint8_t seen[65536];
	struct ip_how how = to_peer();

	for (int i = 0; i < 200; i++) {
		uint16_t id;

		cr_assert(eq(int, send_bytes(&how, "x", 1), 0));
		id = be16_get(nettest_sent_ip(&t, 0)->id);
		cr_assert(eq(int, seen[id]++, 0));
		nettest_forget_frames(&t);
	}
}

HOST_TEST(ip4, output_needs_a_way_and_permission)
{
	struct ip_how how = to_peer();

	how.dst = inet_from4(NT_BROADCAST);
	cr_assert(eq(int, send_bytes(&how, "x", 1), -EACCES));
	how.broadcast_ok = true;
	cr_assert(eq(int, send_bytes(&how, "x", 1), 0));
	t.net.routes.count = 0;
	how.dst = inet_from4(ip4_make(8, 8, 8, 8));
	cr_assert(eq(int, send_bytes(&how, "x", 1), -ENETUNREACH));
	cr_assert(eq(u64, t.eng.stats.count[STAT_IP_OUT_NO_ROUTES], 1));
}

/* A super-segment is the transport's business, not to be fragmented. */
HOST_TEST(ip4, super_segment_passes_whole)
{
	static const uint8_t big[60000];
	struct ip_how how = to_peer();
	struct tx tx;

	t.wire.link.caps |= LINK_TSO4 | LINK_CSUM;
	tx_init(&tx);
	tx_push(&tx, 20);
	tx.gso = TX_GSO_TCP4;
	tx.gso_size = 1460;
	cr_assert(tx_add(&tx, big, sizeof(big)));
	how.dont_fragment = true;
	cr_assert(eq(int, ip4_output(&t.net, &tx, &how), 0));
	cr_assert(eq(u16, be16_get(nettest_sent_ip(&t, 0)->total_len), 60040));
}

/* Puts recorded fragments together; returns the payload's length. */
static size_t collect(uint8_t *out)
{
	size_t end = 0;

	for (size_t i = 0; i < t.wire.nframes; i++) {
		const struct ip4_wire *ip = nettest_sent_ip(&t, i);
		size_t at = (size_t)(be16_get(ip->frag) & IP4_OFFSET) * 8;
		size_t len = be16_get(ip->total_len) - sizeof(*ip);
		bool more = be16_get(ip->frag) & IP4_MF;

		cr_assert(eq(u16, be16_get(cksum(ip, sizeof(*ip))), 0));
		cr_assert(le(int, be16_get(ip->total_len), 1500));
		cr_assert(more == (i + 1 < t.wire.nframes));
		cr_assert(eq(sz, at, end));
		cr_assert(eq(int, be16_get(ip->id),
			     be16_get(nettest_sent_ip(&t, 0)->id)));
		memcpy(out + at, ip + 1, len);
		end = at + len;
	}
	return end;
}

/* Every length around the edges, the payload in pieces of odd lengths. */
HOST_TEST(ip4, fragments_add_up_to_the_packet)
{
	static const size_t lens[] = {1473, 1480, 1481, 2952,
				      2953, 9000, 65507};
	static uint8_t data[65507], got[70000];

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 31 + i / 251);
	for (size_t i = 0; i < ARRAY_LEN(lens); i++) {
		struct ip_how how = to_peer();
		size_t half = lens[i] / 2 | 1;
		struct tx tx;

		tx_init(&tx);
		memcpy(tx_push(&tx, 8), "headerXX", 8);
		cr_assert(tx_add(&tx, data, 3));
		cr_assert(tx_add(&tx, data + 3, half - 3));
		cr_assert(tx_add(&tx, data + half, lens[i] - half));
		cr_assert(eq(int, ip4_output(&t.net, &tx, &how), 0));
		cr_assert(eq(sz, collect(got), lens[i] + 8));
		cr_assert(eq(int, memcmp(got, "headerXX", 8), 0));
		cr_assert(eq(int, memcmp(got + 8, data, lens[i]), 0));
		nettest_forget_frames(&t);
	}
}

HOST_TEST(ip4, packet_above_64k_is_refused)
{
	static const uint8_t data[65508];
	struct ip_how how = to_peer();

	cr_assert(eq(int, send_bytes(&how, data, sizeof(data)), -EMSGSIZE));
}

HOST_TEST(ip4, packet_to_ourselves_comes_back_through_loopback)
{
	struct ip_how how = {.dst = inet_from4(NT_US), .proto = 99};

	cr_assert(eq(int, send_bytes(&how, "x", 1), 0));
	cr_assert(eq(sz, t.wire.nframes, 0));
	nettest_run_loop(&t);
	cr_assert(eq(u64, t.eng.stats.drops[DROP_IP_PROTOCOL], 1));
}
