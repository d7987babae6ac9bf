/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * icmp6_test.c - proves icmp6.c: echo, silence, rate, and what is believed.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "icmp6.h"
#include "testkit/nettest.h"

static struct nettest t;

static const struct inet_addr ALL_NODES = {{0xff, 2, [15] = 1}};

static void open_host(void)
{
	nettest_open_udp(&t);
	nettest_connect6(&t);
}

static void close_host(void)
{
	nettest_close(&t);
}

/* An ICMPv6 message, checksum right. */
static enum verdict give_to(const struct inet_addr *dst, uint8_t type,
			    uint8_t code, uint32_t word, const void *body,
			    size_t len)
{
	static uint8_t message[65536];
	struct nettest_ip6 h = {
		.dst = dst, .next = IP_PROTO_ICMP6, .tclass = 0x14};
	struct icmp6_wire *icmp = (void *)message;

	*icmp = (struct icmp6_wire){
		.type = type, .code = code, .word = be32_make(word)};
	memcpy(icmp + 1, body, len);
	nettest_sum6(&h, message, sizeof(*icmp) + len);
	return nettest_give6(
		&t, t.eth, nettest_pkt6(&t, &h, message, sizeof(*icmp) + len));
}

static enum verdict give(uint8_t type, uint8_t code, uint32_t word,
			 const void *body, size_t len)
{
	return give_to(NULL, type, code, word, body, len);
}

static const struct icmp6_wire *sent(size_t i)
{
	return (const void *)(nettest_sent_ip6(&t, i) + 1);
}

/* The checksum of what was sent is right. */
static bool verifies(size_t i)
{
	const struct ip6_wire *ip = nettest_sent_ip6(&t, i);
	uint32_t len = be16_get(ip->payload_len);
	uint32_t sum = cksum_pseudo(&ip->src, &ip->dst, IP_PROTO_ICMP6, len);

	return cksum_fold(cksum_partial(ip + 1, len, sum)) == 0xffff;
}

/* What we are supposed to have sent: fd00::2 4000 to fd00::1 53. */
struct quote {
	struct ip6_wire ip;
	uint8_t l4[8];
};

static struct quote quote(uint8_t proto)
{
	return (struct quote){
		.ip = {.ver_tc_flow = be32_make(6u << 28),
		       .payload_len = be16_make(1460),
		       .next = proto,
		       .src = NT_US6,
		       .dst = NT_PEER6},
		.l4 = {4000 >> 8, 4000 & 0xff, 0, 53, 1, 2, 3, 4},
	};
}

static struct udp_pcb *connected_pcb(void)
{
	struct endpoint local = {NT_US6, 4000, 0}, remote = {NT_PEER6, 53, 0};
	struct udp_pcb *pcb;

	cr_assert(eq(int, udp_new(&t.udp, &pcb), 0));
	cr_assert(eq(int, udp_bind(pcb, &local), 0));
	cr_assert(eq(int, udp_connect(pcb, &remote), 0));
	return pcb;
}

HOST_TEST(icmp6, echo_is_answered_with_its_data_and_class)
{
	cr_assert(eq(int, give(ICMP6_ECHO_REQUEST, 0, 0xabcd0001, "data", 4),
		     DONE));
	cr_assert(eq(sz, t.wire.nframes, 1));
	cr_assert(eq(u8, sent(0)->type, ICMP6_ECHO_REPLY));
	cr_assert(eq(u32, be32_get(sent(0)->word), 0xabcd0001));
	cr_assert(eq(int, memcmp(sent(0) + 1, "data", 4), 0));
	cr_assert(inet_equal(&nettest_sent_ip6(&t, 0)->src, &NT_US6));
	cr_assert(eq(
		u8,
		(uint8_t)(be32_get(nettest_sent_ip6(&t, 0)->ver_tc_flow) >> 20),
		0x14));
	cr_assert(verifies(0));
}

/* RFC 4443 4.2: an echo to a group is answered, from an address of ours. */
HOST_TEST(icmp6, echo_to_a_group_is_answered_by_one)
{
	cr_assert(eq(int,
		     give_to(&ALL_NODES, ICMP6_ECHO_REQUEST, 0, 1, "data", 4),
		     DONE));
	cr_assert(eq(sz, t.wire.nframes, 1));
	cr_assert(inet_equal(&nettest_sent_ip6(&t, 0)->src, &NT_US6));
	cr_assert(verifies(0));
}

HOST_TEST(icmp6, every_truncation_and_flipped_bit_is_dropped)
{
	struct nettest_ip6 h = {.next = IP_PROTO_ICMP6};
	uint8_t m[12] = {ICMP6_ECHO_REQUEST, [8] = 'd', 'a', 't', 'a'};

	nettest_sum6(&h, m, sizeof(m));
	for (size_t len = 0; len < 8; len++)
		cr_assert(eq(
			int,
			nettest_give6(&t, t.eth, nettest_pkt6(&t, &h, m, len)),
			DROP_ICMP_SHORT));
	for (size_t bit = 0; bit < 8 * sizeof(m); bit++) {
		m[bit / 8] ^= (uint8_t)(1 << bit % 8);
		cr_assert(eq(int,
			     nettest_give6(&t, t.eth,
					   nettest_pkt6(&t, &h, m, sizeof(m))),
			     DROP_ICMP_CHECKSUM));
		m[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	cr_assert(eq(sz, t.wire.nframes, 0));
}

HOST_TEST(icmp6, codes_become_errnos)
{
	static const struct {
		uint8_t type, code;
		int error;
	} cases[] = {
		{ICMP6_UNREACHABLE, ICMP6_UNREACH_PORT, ECONNREFUSED},
		{ICMP6_UNREACHABLE, ICMP6_UNREACH_ADMIN, EACCES},
		{ICMP6_PARAM_PROBLEM, ICMP6_PARAM_NEXT, EPROTO},
	};
	struct udp_pcb *pcb = connected_pcb();
	struct quote q = quote(IP_PROTO_UDP);

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		cr_assert(
			eq(int,
			   give(cases[i].type, cases[i].code, 0, &q, sizeof(q)),
			   DONE));
		cr_assert(eq(int, udp_take_error(pcb), -cases[i].error));
	}
	udp_free(pcb);
}

HOST_TEST(icmp6, quotes_that_are_not_ours_are_dropped)
{
	struct udp_pcb *pcb = connected_pcb();
	struct quote q = quote(IP_PROTO_UDP);

	for (size_t len = 0; len < sizeof(q); len++)
		cr_assert(eq(int, give(ICMP6_UNREACHABLE, 4, 0, &q, len),
			     DROP_ICMP_EMBEDDED));
	q.ip.src.b[15] = 77;
	cr_assert(eq(int, give(ICMP6_UNREACHABLE, 4, 0, &q, sizeof(q)),
		     DROP_ICMP_EMBEDDED));
	cr_assert(eq(int, udp_take_error(pcb), 0));
	udp_free(pcb);
}

/* RFC 8201 4: never below 1280, and only from who knows what we sent. */
HOST_TEST(icmp6, packet_too_big_teaches_the_path)
{
	struct udp_pcb *pcb = connected_pcb();
	struct quote q = quote(IP_PROTO_UDP);
	struct path path;

	cr_assert(eq(int, give(ICMP6_TOO_BIG, 0, 1279, &q, sizeof(q)),
		     DROP_ICMP_EMBEDDED));
	cr_assert(eq(int, give(ICMP6_TOO_BIG, 0, 1500, &q, sizeof(q)),
		     DROP_ICMP_EMBEDDED));
	q.l4[1]++;
	cr_assert(eq(int, give(ICMP6_TOO_BIG, 0, 1400, &q, sizeof(q)),
		     DROP_ICMP_EMBEDDED));
	cr_assert(eq(int, route_lookup(&t.net, &NT_PEER6, NULL, &path), 0));
	cr_assert(eq(u32, path.mtu, 1500));

	q.l4[1]--;
	cr_assert(eq(int, give(ICMP6_TOO_BIG, 0, 1400, &q, sizeof(q)), DONE));
	cr_assert(eq(int, route_lookup(&t.net, &NT_PEER6, NULL, &path), 0));
	cr_assert(eq(u32, path.mtu, 1400));
	cr_assert(eq(int, give(ICMP6_TOO_BIG, 0, 1280, &q, sizeof(q)), DONE));
	cr_assert(eq(int, route_lookup(&t.net, &NT_PEER6, NULL, &path), 0));
	cr_assert(eq(u32, path.mtu, 1280));
	udp_free(pcb);
}

HOST_TEST(icmp6, errors_are_not_sent_where_they_must_not_be)
{
	struct inet_addr any = {{0}}, us = NT_US6, group = ALL_NODES;
	struct nettest_ip6 cases[] = {
		{.dst = &group, .next = 200},
		{.src = &any, .next = 200},
	};
	uint8_t error[8] = {ICMP6_UNREACHABLE}, redirect[8] = {ICMP6_REDIRECT};
	struct nettest_ip6 h = {.dst = &us, .next = IP6_NEXT_DESTINATION};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		nettest_give6(&t, t.eth,
			      nettest_pkt6(&t, &cases[i], "12345678", 8));
	/* Behind an option that asks for an answer, an error, or a redirect. */
	h.headers = "\x3a\0\x9e\4\0\0\0\0";
	h.headers_len = 8;
	nettest_give6(&t, t.eth, nettest_pkt6(&t, &h, error, 8));
	nettest_give6(&t, t.eth, nettest_pkt6(&t, &h, redirect, 8));
	cr_assert(eq(sz, t.wire.nframes, 0));
}

HOST_TEST(icmp6, errors_quote_what_fits_and_are_limited)
{
	static uint8_t big[1400];
	struct nettest_ip6 h = {.next = 200};

	for (int i = 0; i < LIMIT_ICMP_BURST + 10; i++)
		nettest_give6(&t, t.eth,
			      nettest_pkt6(&t, &h, big, sizeof(big)));
	cr_assert(eq(sz, t.wire.nframes, LIMIT_ICMP_BURST));
	cr_assert(eq(sz, t.wire.frames[0].len, 14 + 1280));
	cr_assert(verifies(0));
	cr_assert(eq(u64, t.eng.stats.count[STAT_ICMP_OUT_LIMITED], 10));
}

HOST_TEST(icmp6, closed_port_is_answered)
{
	struct nettest_ip6 h = {.next = IP_PROTO_UDP};
	struct udp_wire u = {.sport = be16_make(9),
			     .dport = be16_make(10),
			     .len = be16_make(8)};
	uint32_t sum = cksum_pseudo(&NT_PEER6, &NT_US6, IP_PROTO_UDP, 8);

	u.cksum = cksum_finish(cksum_partial(&u, sizeof(u), sum));
	nettest_give6(&t, t.eth, nettest_pkt6(&t, &h, &u, sizeof(u)));
	cr_assert(eq(sz, t.wire.nframes, 1));
	cr_assert(eq(u8, sent(0)->type, ICMP6_UNREACHABLE));
	cr_assert(eq(u8, sent(0)->code, ICMP6_UNREACH_PORT));
}
