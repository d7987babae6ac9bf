/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * icmp4_test.c - proves icmp4.c: echo, silence, rate, and what is believed.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "icmp4.h"
#include "testkit/nettest.h"

static struct nettest t;

static void open_host(void)
{
	nettest_open_udp(&t);
}

static void close_host(void)
{
	nettest_close(&t);
}

/* An ICMP message from the peer, checksum right. */
static enum verdict give_from(struct ip4_addr src, struct ip4_addr dst,
			      uint8_t type, uint8_t code, uint32_t rest,
			      const void *body, size_t len)
{
	static uint8_t message[65536];
	struct nettest_ip h = {
		.src = src, .dst = dst, .proto = IP_PROTO_ICMP, .tos = 0x14};
	struct icmp_wire *icmp = (void *)message;

	*icmp = (struct icmp_wire){.type = type, .code = code};
	icmp->id = be16_make((uint16_t)(rest >> 16));
	icmp->seq = be16_make((uint16_t)rest);
	memcpy(icmp + 1, body, len);
	icmp->cksum = cksum(message, sizeof(*icmp) + len);
	return nettest_give(&t, t.eth,
			    nettest_pkt(&t, &h, message, sizeof(*icmp) + len));
}

static enum verdict give(uint8_t type, uint8_t code, uint32_t rest,
			 const void *body, size_t len)
{
	return give_from(NT_PEER, NT_US, type, code, rest, body, len);
}

/* What we are supposed to have sent: 10.0.0.2:4000 to 10.0.0.1:53. */
struct quote {
	struct ip4_wire ip;
	uint8_t l4[8];
};

static struct quote quote(uint8_t proto)
{
	return (struct quote){
		.ip = {.ver_ihl = 0x45,
		       .total_len = be16_make(1500),
		       .ttl = 60,
		       .proto = proto,
		       .src = NT_US,
		       .dst = NT_PEER},
		.l4 = {4000 >> 8, 4000 & 0xff, 0, 53, 1, 2, 3, 4},
	};
}

static struct udp_pcb *connected_pcb(void)
{
	struct endpoint local = {inet_from4(NT_US), 4000, 0};
	struct endpoint remote = {inet_from4(NT_PEER), 53, 0};
	struct udp_pcb *pcb;

	cr_assert(eq(int, udp_new(&t.udp, &pcb), 0));
	cr_assert(eq(int, udp_bind(pcb, &local), 0));
	cr_assert(eq(int, udp_connect(pcb, &remote), 0));
	return pcb;
}

HOST_TEST(icmp4, echo_is_answered_with_its_data_and_tos)
{
	const struct ip4_wire *ip;
	const struct icmp_wire *icmp;

	cr_assert(eq(int, give(8, 0, 0x12345678, "payload", 7), DONE));
	ip = nettest_sent_ip(&t, 0);
	icmp = nettest_sent_l4(&t, 0);
	cr_assert(eq(u8, ip->tos, 0x14));
	cr_assert(eq(u8, icmp->type, ICMP4_ECHO_REPLY));
	cr_assert(eq(u16, be16_get(icmp->id), 0x1234));
	cr_assert(eq(u16, be16_get(icmp->seq), 0x5678));
	cr_assert(eq(int, memcmp(icmp + 1, "payload", 7), 0));
	cr_assert(eq(u16, be16_get(cksum(icmp, 15)), 0));
}

/* The incremental checksum must be right for every old value. */
HOST_TEST(icmp4, echo_checksum_is_right_for_any_request)
{
	for (uint32_t n = 0; n < 65536; n += 13) {
		cr_assert(eq(int,
			     give(8, 0, n << 16 | (n * 7 & 0xffff), "x", 1),
			     DONE));
		cr_assert(
			eq(u16, be16_get(cksum(nettest_sent_l4(&t, 0), 9)), 0));
		nettest_forget_frames(&t);
	}
}

/* One's complement has two zeros, and of zeros only one of them verifies. */
HOST_TEST(icmp4, echo_of_zeros_verifies)
{
	static const uint8_t zeros[10];

	for (size_t len = 0; len <= sizeof(zeros); len++) {
		cr_assert(eq(int, give(8, 0, 0, zeros, len), DONE));
		cr_assert(eq(u16,
			     be16_get(cksum(nettest_sent_l4(&t, 0), 8 + len)),
			     0));
		nettest_forget_frames(&t);
	}
}

HOST_TEST(icmp4, largest_ping_comes_in_fragments_and_leaves_in_fragments)
{
	static uint8_t data[65507], got[65536];
	struct icmp_wire *icmp = (void *)got;
	size_t len = 0;

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 3 + i / 257);
	*icmp = (struct icmp_wire){.type = 8};
	memcpy(icmp + 1, data, sizeof(data));
	icmp->cksum = cksum(got, sizeof(data) + 8);
	for (size_t at = 0; at < sizeof(data) + 8; at += 1480) {
		size_t n = MIN((size_t)1480, sizeof(data) + 8 - at);
		struct nettest_ip h = {
			.src = NT_PEER, .dst = NT_US, .proto = IP_PROTO_ICMP};

		h.frag = (uint16_t)(at / 8);
		if (at + n < sizeof(data) + 8)
			h.frag |= IP4_MF;
		cr_assert(eq(int,
			     nettest_give(&t, t.eth,
					  nettest_pkt(&t, &h, got + at, n)),
			     TAKEN));
	}
	memset(got, 0, sizeof(got));
	for (size_t i = 0; i < t.wire.nframes; i++) {
		const struct ip4_wire *ip = nettest_sent_ip(&t, i);
		size_t n = be16_get(ip->total_len) - sizeof(*ip);

		memcpy(got + len, ip + 1, n);
		len += n;
	}
	cr_assert(eq(sz, len, sizeof(data) + 8));
	cr_assert(eq(u8, icmp->type, ICMP4_ECHO_REPLY));
	cr_assert(eq(u16, be16_get(cksum(got, len)), 0));
	cr_assert(eq(int, memcmp(icmp + 1, data, sizeof(data)), 0));
}

HOST_TEST(icmp4, every_truncation_is_dropped)
{
	struct quote q = quote(IP_PROTO_UDP);
	struct udp_pcb *pcb = connected_pcb();

	for (size_t len = 0; len < 8; len++) {
		struct nettest_ip h = {
			.src = NT_PEER, .dst = NT_US, .proto = IP_PROTO_ICMP};

		cr_expect(eq(int,
			     nettest_give(&t, t.eth,
					  nettest_pkt(&t, &h, "\3\3\0\0\0\0\0",
						      len)),
			     DROP_ICMP_SHORT));
	}
	for (size_t len = 0; len < sizeof(q); len++)
		cr_expect(eq(int, give(3, 3, 0, &q, len), DROP_ICMP_EMBEDDED),
			  "%zu bytes quoted", len);
	cr_assert(eq(int, pcb->error, 0));
	cr_assert(eq(int, give(3, 3, 0, &q, sizeof(q)), DONE));
	cr_assert(eq(int, pcb->error, ECONNREFUSED));
	udp_free(pcb);
}

HOST_TEST(icmp4, wrong_checksum_is_dropped)
{
	static const uint8_t bad[] = {8, 0, 1, 2, 3, 4, 5, 6};
	struct nettest_ip h = {
		.src = NT_PEER, .dst = NT_US, .proto = IP_PROTO_ICMP};

	cr_assert(eq(int, nettest_give(&t, t.eth, nettest_pkt(&t, &h, bad, 8)),
		     DROP_ICMP_CHECKSUM));
}

HOST_TEST(icmp4, types_nobody_handles_are_dropped)
{
	static const uint8_t types[] = {1, 2, 4, 6, 7, 9, 10, 13, 17, 255};
	struct quote q = quote(IP_PROTO_UDP);

	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		cr_expect(eq(int, give(types[i], 0, 0, &q, sizeof(q)),
			     DROP_ICMP_TYPE));
	cr_expect(eq(int, give(3, 16, 0, &q, sizeof(q)), DROP_ICMP_TYPE));
	cr_expect(eq(int, give(0, 0, 0, "", 0), DONE));
	cr_assert(eq(sz, t.wire.nframes, 0));
}

/* Linux's icmp_err_convert. */
HOST_TEST(icmp4, codes_become_errnos)
{
	static const struct {
		uint8_t type, code;
		int soft, hard; /* the error with recverr, and without */
	} rows[] = {
		{3, 0, ENETUNREACH, 0},
		{3, 1, EHOSTUNREACH, 0},
		{3, 2, ENOPROTOOPT, ENOPROTOOPT},
		{3, 3, ECONNREFUSED, ECONNREFUSED},
		{3, 4, EMSGSIZE, EMSGSIZE},
		{3, 5, EOPNOTSUPP, 0},
		{3, 6, ENETUNREACH, ENETUNREACH},
		{3, 7, EHOSTDOWN, EHOSTDOWN},
		{3, 8, ENONET, ENONET},
		{3, 9, ENETUNREACH, ENETUNREACH},
		{3, 10, EHOSTUNREACH, EHOSTUNREACH},
		{3, 11, ENETUNREACH, 0},
		{3, 12, EHOSTUNREACH, 0},
		{3, 13, EHOSTUNREACH, EHOSTUNREACH},
		{3, 14, EHOSTUNREACH, EHOSTUNREACH},
		{3, 15, EHOSTUNREACH, EHOSTUNREACH},
		{11, 0, EHOSTUNREACH, 0},
		{11, 1, EHOSTUNREACH, 0},
		{12, 0, EPROTO, EPROTO},
	};
	struct quote q = quote(IP_PROTO_UDP);
	struct udp_pcb *pcb = connected_pcb();

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		pcb->v4.recverr = true;
		cr_assert(eq(
			int,
			give(rows[i].type, rows[i].code, 1400, &q, sizeof(q)),
			DONE));
		cr_expect(eq(int, udp_take_error(pcb), -rows[i].soft),
			  "row %zu", i);
		pcb->v4.recverr = false;
		give(rows[i].type, rows[i].code, 1400, &q, sizeof(q));
		cr_expect(eq(int, udp_take_error(pcb), -rows[i].hard),
			  "row %zu", i);
	}
	udp_free(pcb);
}

HOST_TEST(icmp4, quotes_that_are_not_ours_are_dropped)
{
	struct quote q = quote(IP_PROTO_UDP);

	q.ip.src = ip4_make(10, 0, 0, 9);
	cr_expect(eq(int, give(3, 3, 0, &q, sizeof(q)), DROP_ICMP_EMBEDDED));
	q = quote(IP_PROTO_UDP);
	q.ip.ver_ihl = 0x44;
	cr_expect(eq(int, give(3, 3, 0, &q, sizeof(q)), DROP_ICMP_EMBEDDED));
	q = quote(IP_PROTO_UDP);
	q.ip.ver_ihl = 0x65;
	cr_expect(eq(int, give(3, 3, 0, &q, sizeof(q)), DROP_ICMP_EMBEDDED));
	q = quote(IP_PROTO_UDP);
	q.ip.frag = be16_make(1);
	cr_expect(eq(int, give(3, 3, 0, &q, sizeof(q)), DROP_ICMP_EMBEDDED));
	q = quote(IP_PROTO_ICMP);
	cr_expect(eq(int, give(3, 3, 0, &q, sizeof(q)), DROP_ICMP_EMBEDDED));
}

HOST_TEST(icmp4, fragmentation_needed_teaches_the_path)
{
	struct inet_addr peer = inet_from4(NT_PEER);
	struct quote q = quote(IP_PROTO_UDP);
	struct udp_pcb *pcb = connected_pcb();

	/* More than the packet was: nobody refuses a packet for that. */
	cr_assert(eq(int, give(3, 4, 1500, &q, sizeof(q)), DROP_ICMP_EMBEDDED));
	cr_assert(eq(u32, pmtu_get(&t.net.pmtu, &peer, 1500), 1500));
	cr_assert(eq(int, give(3, 4, 1400, &q, sizeof(q)), DONE));
	cr_assert(eq(u32, pmtu_get(&t.net.pmtu, &peer, 1500), 1400));
	/* RFC 1191 7: an old router says 0. */
	q.ip.total_len = be16_make(1400);
	cr_assert(eq(int, give(3, 4, 0, &q, sizeof(q)), DONE));
	cr_assert(eq(u32, pmtu_get(&t.net.pmtu, &peer, 1500), 1006));
	udp_free(pcb);
}

/* RFC 5927 7: blindly sent, it would slow down everybody on the path. */
HOST_TEST(icmp4, fragmentation_needed_about_nothing_of_ours_teaches_nothing)
{
	struct inet_addr peer = inet_from4(NT_PEER);
	struct quote q = quote(IP_PROTO_UDP);

	cr_assert(eq(int, give(3, 4, 600, &q, sizeof(q)), DROP_ICMP_EMBEDDED));
	q = quote(IP_PROTO_TCP);
	cr_assert(eq(int, give(3, 4, 600, &q, sizeof(q)), DROP_ICMP_EMBEDDED));
	cr_assert(eq(u32, pmtu_get(&t.net.pmtu, &peer, 1500), 1500));
}

/* An error about this packet from the wire: sent, or silence. */
static bool complains(const struct nettest_ip *h, const void *body, size_t len,
		      bool to_broadcast)
{
	struct pkt *p = nettest_pkt(&t, h, body, len);
	size_t before = t.wire.nframes;

	p->l3 = p->data;
	p->to_broadcast = to_broadcast;
	pkt_pull(p, sizeof(struct ip4_wire) + h->options_len);
	icmp4_send_error(t.eth, p, ICMP4_UNREACHABLE, ICMP4_UNREACH_PORT, 0);
	pkt_free(t.arena, p);
	return t.wire.nframes > before;
}

/* RFC 1122 3.2.2. */
HOST_TEST(icmp4, errors_are_not_sent_where_they_must_not_be)
{
	static const uint8_t echo[8] = {8}, unreach[8] = {3}, other[8] = {200};
	const struct nettest_ip good = {
		.src = NT_PEER, .dst = NT_US, .proto = IP_PROTO_UDP};
	struct nettest_ip h = good;

	cr_expect(complains(&h, echo, 8, false));
	cr_expect(not(complains(&h, echo, 8, true)), "link broadcast");
	h.dst = NT_BROADCAST;
	cr_expect(not(complains(&h, echo, 8, false)), "to a broadcast");
	h.dst = ip4_make(224, 0, 0, 1);
	cr_expect(not(complains(&h, echo, 8, false)), "to a group");
	h = good;
	h.src = ip4_make(0, 0, 0, 0);
	cr_expect(not(complains(&h, echo, 8, false)), "from nobody");
	h.src = NT_BROADCAST;
	cr_expect(not(complains(&h, echo, 8, false)), "from everybody");
	h.src = ip4_make(127, 0, 0, 1);
	cr_expect(not(complains(&h, echo, 8, false)), "from loopback");
	h = good;
	h.frag = 1;
	cr_expect(not(complains(&h, echo, 8, false)), "later fragment");
	h.frag = IP4_MF;
	cr_expect(complains(&h, echo, 8, false), "first fragment");
	h = good;
	h.proto = IP_PROTO_ICMP;
	cr_expect(complains(&h, echo, 8, false), "about a ping");
	cr_expect(not(complains(&h, unreach, 8, false)), "about an error");
	cr_expect(not(complains(&h, other, 8, false)), "about who knows what");
	cr_expect(not(complains(&h, "", 0, false)), "about nothing");
}

HOST_TEST(icmp4, error_quotes_at_most_576_bytes_in_all)
{
	static const uint8_t body[1400];
	const struct nettest_ip h = {.src = NT_PEER,
				     .dst = NT_US,
				     .proto = IP_PROTO_UDP,
				     .tos = 0x08};
	const struct ip4_wire *ip;

	cr_assert(complains(&h, body, sizeof(body), false));
	ip = nettest_sent_ip(&t, 0);
	cr_assert(eq(u16, be16_get(ip->total_len), 576));
	cr_assert(eq(u8, ip->tos, 0xc8));
	cr_assert(eq(u16, be16_get(cksum(ip + 1, 556)), 0));
	cr_assert(complains(&h, body, 20, false));
	cr_assert(eq(u16, be16_get(nettest_sent_ip(&t, 1)->total_len), 68));
}

/* RFC 1812 4.3.2.8: a burst, then so many per second; pings are not counted. */
HOST_TEST(icmp4, errors_are_limited_and_echo_is_not)
{
	const struct nettest_ip h = {
		.src = NT_PEER, .dst = NT_US, .proto = IP_PROTO_UDP};
	size_t sent = 0;

	for (int i = 0; i < 200; i++)
		sent += complains(&h, "12345678", 8, false);
	cr_assert(eq(sz, sent, LIMIT_ICMP_BURST));
	cr_assert(eq(u64, t.eng.stats.count[STAT_ICMP_OUT_LIMITED],
		     200 - LIMIT_ICMP_BURST));
	cr_assert(eq(int, give(8, 0, 0, "", 0), DONE));
	cr_assert(eq(sz, t.wire.nframes, sent + 1));

	t.eng.now += 3 * USECS_PER_SEC / LIMIT_ICMP_PER_SEC;
	for (sent = 0; complains(&h, "12345678", 8, false); sent++)
		;
	cr_assert(eq(sz, sent, 3));
	/* Time that is not worth a token yet is not lost. */
	for (sent = 0; sent < 4; sent++) {
		t.eng.now += USECS_PER_SEC / LIMIT_ICMP_PER_SEC / 2;
		cr_assert(complains(&h, "12345678", 8, false) == sent % 2);
	}
	t.eng.now += SEC(3600);
	for (sent = 0; complains(&h, "12345678", 8, false); sent++)
		;
	cr_assert(eq(sz, sent, LIMIT_ICMP_BURST));
}

/* What neigh.c could not deliver is told as if a router had said so. */
HOST_TEST(icmp4, local_error_reaches_the_transport)
{
	struct udp_pcb *pcb = connected_pcb();
	struct quote q = quote(IP_PROTO_UDP);
	struct nettest_ip h = {
		.src = NT_US, .dst = NT_PEER, .proto = IP_PROTO_UDP};
	struct pkt *p = nettest_pkt(&t, &h, q.l4, 8);

	pcb->v4.recverr = true;
	icmp4_local_error(&t.net, p, ICMP4_UNREACH_HOST);
	cr_assert(eq(int, udp_take_error(pcb), -EHOSTUNREACH));
	pkt_free(t.arena, p);
	udp_free(pcb);
}
