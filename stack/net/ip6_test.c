/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * ip6_test.c - proves ip6.c: what is believed, and what leaves.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "icmp6.h"
#include "testkit/nettest.h"

static struct nettest t;
static uint8_t bytes[65536];

static void open_host(void)
{
	nettest_open(&t);
	nettest_connect(&t);
	nettest_connect6(&t);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7 + i / 253);
}

static void close_host(void)
{
	nettest_close(&t);
}

/* Nobody handles this protocol: it gets as far as delivery. */
enum { UNKNOWN = 200 };

static enum verdict give(const struct nettest_ip6 *h)
{
	return nettest_give6(&t, t.eth, nettest_pkt6(&t, h, "12345678", 8));
}

HOST_TEST(ip6, every_truncation_is_dropped)
{
	struct nettest_ip6 h = {.next = UNKNOWN};

	for (uint32_t len = 0; len < 48; len++) {
		struct pkt *p = nettest_pkt6(&t, &h, "12345678", 8);

		pkt_trim(p, len);
		cr_assert(eq(int, nettest_give6(&t, t.eth, p),
			     len < 40 ? DROP_IP6_SHORT : DROP_IP6_LENGTH));
	}
	cr_assert(eq(int, give(&h), DROP_IP6_PROTOCOL));
}

HOST_TEST(ip6, another_version_is_refused)
{
	struct nettest_ip6 h = {.next = UNKNOWN};
	struct pkt *p = nettest_pkt6(&t, &h, "12345678", 8);

	p->data[0] = 0x45;
	cr_assert(eq(int, nettest_give6(&t, t.eth, p), DROP_IP6_VERSION));
}

HOST_TEST(ip6, addresses_are_looked_at)
{
	static const struct {
		const char *src, *dst;
		enum verdict v;
	} cases[] = {
		{"fd00::1", "fd00::2", DROP_IP6_PROTOCOL},
		{"fd00::1", "fd00::3", DROP_IP6_NOT_OURS},
		{"fd00::1", "::", DROP_IP6_NOT_OURS},
		{"fd00::1", "::1", DROP_IP6_LOOPBACK},
		{"fd00::1", "::ffff:10.0.0.2", DROP_IP6_NOT_OURS},
		{"::1", "fd00::2", DROP_IP6_LOOPBACK},
		{"ff02::1", "fd00::2", DROP_IP6_SOURCE},
		{"fd00::2", "fd00::2", DROP_IP6_SOURCE},
		{"::", "fd00::2", DROP_IP6_SOURCE},
		{"::ffff:10.0.0.1", "fd00::2", DROP_IP6_SOURCE},
		{"fd00::1", "ff02::1", DROP_IP6_PROTOCOL},
		{"fd00::1", "ff02::1:ff00:2", DROP_IP6_PROTOCOL},
		{"fd00::1", "ff02::1:ff00:3", DROP_IP6_NOT_OURS},
		{"fd00::1", "ff02::2", DROP_IP6_NOT_OURS},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct inet_addr src, dst;
		struct nettest_ip6 h = {&src, &dst, .next = UNKNOWN};

		cr_assert(eq(int, inet_parse(cases[i].src, &src), 0));
		cr_assert(eq(int, inet_parse(cases[i].dst, &dst), 0));
		cr_assert(eq(int, give(&h), cases[i].v), "%s to %s",
			  cases[i].src, cases[i].dst);
	}
}

/* RFC 4443 3.4: the pointer is where the unknown number stands. */
HOST_TEST(ip6, unknown_next_header_is_told)
{
	struct nettest_ip6 h = {.next = UNKNOWN};
	struct nettest_ip6 behind = {.next = IP6_NEXT_DESTINATION,
				     .headers = "\xc8\0\1\4\0\0\0\0",
				     .headers_len = 8};
	const struct icmp6_wire *icmp;

	give(&h);
	give(&behind);
	cr_assert(eq(sz, t.wire.nframes, 2));
	icmp = (const void *)(nettest_sent_ip6(&t, 0) + 1);
	cr_assert(eq(u8, icmp->type, ICMP6_PARAM_PROBLEM));
	cr_assert(eq(u8, icmp->code, ICMP6_PARAM_NEXT));
	cr_assert(eq(u32, be32_get(icmp->word), 6));
	icmp = (const void *)(nettest_sent_ip6(&t, 1) + 1);
	cr_assert(eq(u32, be32_get(icmp->word), 40));
}

HOST_TEST(ip6, options_that_ask_for_it_are_told)
{
	struct inet_addr all_nodes = {{0xff, 2, [15] = 1}};
	struct nettest_ip6 h = {.next = IP6_NEXT_DESTINATION,
				.headers = "\xc8\0\xde\4\0\0\0\0",
				.headers_len = 8};
	const struct icmp6_wire *icmp;

	cr_assert(eq(int, give(&h), DROP_IP6_OPTION));
	cr_assert(eq(sz, t.wire.nframes, 1));
	icmp = (const void *)(nettest_sent_ip6(&t, 0) + 1);
	cr_assert(eq(u8, icmp->code, ICMP6_PARAM_OPTION));
	cr_assert(eq(u32, be32_get(icmp->word), 42));

	/* To a group, 11 is silent and 10 is not. */
	h.dst = &all_nodes;
	cr_assert(eq(int, give(&h), DROP_IP6_OPTION));
	cr_assert(eq(sz, t.wire.nframes, 1));
	h.headers = "\xc8\0\x9e\4\0\0\0\0";
	cr_assert(eq(int, give(&h), DROP_IP6_OPTION));
	cr_assert(eq(sz, t.wire.nframes, 2));
}

static int send_bytes(size_t len, struct ip_how *how)
{
	struct tx tx;

	how->dst = NT_PEER6;
	how->proto = IP_PROTO_UDP;
	tx_init(&tx);
	memcpy(tx_push(&tx, 8), bytes, 8);
	cr_assert(tx_add(&tx, bytes + 8, len - 8));
	return ip_output(&t.net, &tx, how);
}

static uint32_t label_of(size_t i)
{
	return be32_get(nettest_sent_ip6(&t, i)->ver_tc_flow) & IP6_FLOW_MASK;
}

/* RFC 6437 3. */
HOST_TEST(ip6, a_flow_keeps_its_label)
{
	struct ip_how how = {.tos = 0xb8};

	cr_assert(eq(int, send_bytes(100, &how), 0));
	cr_assert(eq(int, send_bytes(200, &how), 0));
	bytes[0]++; /* another port */
	cr_assert(eq(int, send_bytes(100, &how), 0));
	how.flow_label = 0x12345;
	cr_assert(eq(int, send_bytes(100, &how), 0));
	how.flow_label = 0;
	how.no_flow_label = true;
	cr_assert(eq(int, send_bytes(100, &how), 0));

	cr_assert(ne(u32, label_of(0), 0));
	cr_assert(eq(u32, label_of(0), label_of(1)));
	cr_assert(ne(u32, label_of(0), label_of(2)));
	cr_assert(eq(u32, label_of(3), 0x12345));
	cr_assert(eq(u32, label_of(4), 0));
	cr_assert(eq(u32, be32_get(nettest_sent_ip6(&t, 0)->ver_tc_flow) >> 20,
		     0x6b8));
}

/* RFC 8200 4.5; RFC 8021: what fits has no fragment header. */
HOST_TEST(ip6, fragments_add_up_to_the_packet)
{
	struct ip_how how = {0};
	uint8_t got[4096];
	size_t at = 0;
	uint32_t id = 0;

	cr_assert(eq(int, send_bytes(1460, &how), 0));
	cr_assert(eq(sz, t.wire.nframes, 1));
	cr_assert(eq(u8, nettest_sent_ip6(&t, 0)->next, IP_PROTO_UDP));
	nettest_forget_frames(&t);

	cr_assert(eq(int, send_bytes(sizeof(got), &how), 0));
	cr_assert(eq(sz, t.wire.nframes, 3));
	for (size_t i = 0; i < t.wire.nframes; i++) {
		const struct ip6_wire *ip = nettest_sent_ip6(&t, i);
		const struct ip6_frag_wire *f = (const void *)(ip + 1);
		size_t len = be16_get(ip->payload_len) - sizeof(*f);
		uint16_t more = i < 2 ? IP6_MF : 0;

		cr_assert(le(sz, t.wire.frames[i].len, 1514));
		cr_assert(eq(u8, ip->next, IP6_NEXT_FRAGMENT));
		cr_assert(eq(u8, f->next, IP_PROTO_UDP));
		cr_assert(eq(u16, be16_get(f->frag), (uint16_t)(at | more)));
		cr_assert(i == 0 || be32_get(f->id) == id);
		cr_assert(eq(u32, label_of(i), label_of(0)));
		id = be32_get(f->id);
		memcpy(got + at, f + 1, len);
		at += len;
	}
	cr_assert(eq(sz, at, sizeof(got)));
	cr_assert(eq(int, memcmp(got, bytes, sizeof(got)), 0));
}

HOST_TEST(ip6, what_may_not_be_cut_is_refused)
{
	struct ip_how how = {.dont_fragment = true};

	cr_assert(eq(int, send_bytes(1460, &how), 0));
	cr_assert(eq(int, send_bytes(1461, &how), -EMSGSIZE));
	how.dont_fragment = false;
	cr_assert(eq(int, send_bytes(65535, &how), 0));
	cr_assert(eq(int, send_bytes(65536, &how), -EMSGSIZE));
}

HOST_TEST(ip6, extension_headers_go_in_front)
{
	struct ip_how how = {.ext = "\x11\0\5\2\0\0\1\0",
			     .ext_len = 8,
			     .ext_first = IP6_NEXT_HOP_BY_HOP};
	const struct ip6_wire *ip;

	cr_assert(eq(int, send_bytes(16, &how), 0));
	ip = nettest_sent_ip6(&t, 0);
	cr_assert(eq(u8, ip->next, IP6_NEXT_HOP_BY_HOP));
	cr_assert(eq(u16, be16_get(ip->payload_len), 24));
	cr_assert(eq(int, memcmp(ip + 1, how.ext, 8), 0));
	cr_assert(eq(int, memcmp((const uint8_t *)(ip + 1) + 8, bytes, 16), 0));
}

/* RFC 8200 4.5: each of them has the headers, and names the fragment header. */
HOST_TEST(ip6, fragments_repeat_extension_headers)
{
	struct ip_how how = {.ext = "\0\0\5\2\0\0\1\0\0\0\1\4\0\0\0\0",
			     .ext_len = 16,
			     .ext_first = IP6_NEXT_HOP_BY_HOP};

	cr_assert(eq(int, send_bytes(3000, &how), 0));
	cr_assert(eq(sz, t.wire.nframes, 3));
	for (size_t i = 0; i < 3; i++) {
		const struct ip6_wire *ip = nettest_sent_ip6(&t, i);
		const uint8_t *ext = (const uint8_t *)(ip + 1);

		cr_assert(le(sz, t.wire.frames[i].len, NETTEST_MTU + 14));
		cr_assert(eq(u8, ip->next, IP6_NEXT_HOP_BY_HOP));
		cr_assert(eq(u8, ext[0], 0));
		cr_assert(eq(u8, ext[8], IP6_NEXT_FRAGMENT));
		cr_assert(eq(u8, ext[16], IP_PROTO_UDP));
	}
}

/* Fragments out and in again. */
HOST_TEST(ip6, fragmented_echo_is_answered_whole)
{
	struct nettest_ip6 h = {.next = IP_PROTO_ICMP6};
	struct icmp6_wire *echo = (void *)bytes;
	enum { LEN = 3000, PIECE = 1400 };

	*echo = (struct icmp6_wire){.type = ICMP6_ECHO_REQUEST};
	nettest_sum6(&h, bytes, LEN);
	h.next = IP6_NEXT_FRAGMENT;
	h.headers_len = sizeof(struct ip6_frag_wire);
	for (size_t at = 0; at < LEN; at += PIECE) {
		size_t len = MIN((size_t)PIECE, LEN - at);
		uint16_t more = at + len < LEN ? IP6_MF : 0;
		struct ip6_frag_wire f = {
			.next = IP_PROTO_ICMP6,
			.frag = be16_make((uint16_t)(at | more)),
			.id = be32_make(77)};

		h.headers = &f;
		cr_assert(
			eq(int,
			   nettest_give6(&t, t.eth,
					 nettest_pkt6(&t, &h, bytes + at, len)),
			   TAKEN));
	}
	cr_assert(eq(sz, t.wire.nframes, 3));
	cr_assert(eq(u8, nettest_sent_ip6(&t, 0)->next, IP6_NEXT_FRAGMENT));
}

/* RFC 6946: also while others with the same identification wait. */
HOST_TEST(ip6, atomic_fragments_are_processed_alone)
{
	struct ip6_frag_wire first = {.next = IP_PROTO_ICMP6,
				      .frag = be16_make(IP6_MF),
				      .id = be32_make(77)};
	struct ip6_frag_wire atomic = {.next = IP_PROTO_ICMP6,
				       .id = be32_make(77)};
	struct nettest_ip6 h = {.next = IP6_NEXT_FRAGMENT,
				.headers = &first,
				.headers_len = sizeof(first)};
	struct icmp6_wire echo = {.type = ICMP6_ECHO_REQUEST};
	struct pkt *p = nettest_pkt6(&t, &h, bytes, 80);

	cr_assert(eq(int, nettest_give6(&t, t.eth, p), TAKEN));
	nettest_sum6(&h, &echo, sizeof(echo));
	h.headers = &atomic;
	p = nettest_pkt6(&t, &h, &echo, sizeof(echo));
	cr_assert(eq(int, nettest_give6(&t, t.eth, p), DONE));
	cr_assert(eq(sz, t.wire.nframes, 1));
	cr_assert(eq(u32, t.net.reasm.count, 1));
}

HOST_TEST(ip6, loopback_stays_here)
{
	struct inet_addr self = {{[15] = 1}};
	struct icmp6_wire *echo;
	struct ip_how how = {.src = self, .dst = self, .proto = IP_PROTO_ICMP6};
	struct tx tx;

	tx_init(&tx);
	echo = tx_push(&tx, sizeof(*echo));
	*echo = (struct icmp6_wire){.type = ICMP6_ECHO_REQUEST};
	cr_assert(eq(int, icmp6_output(&t.net, &tx, &how), 0));
	nettest_run_loop(&t);
	cr_assert(eq(sz, t.wire.nframes, 0));
	cr_assert(eq(u64, t.eng.stats.count[STAT_ICMP6_IN], 2));
}
