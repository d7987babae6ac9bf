/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * reasm_test.c - proves reasm.c: any order, no overlap, bounded, timed.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "icmp4.h"
#include "testkit/nettest.h"

static struct nettest t;
static uint8_t bytes[65536];

static void open_host(void)
{
	nettest_open(&t);
	nettest_connect(&t);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7 + i / 253);
}

static void close_host(void)
{
	nettest_close(&t);
}

/* Bytes [from, to) of a datagram with this id, as validated by ip4.c. */
static struct pkt *fragment(uint16_t id, size_t from, size_t to, bool more)
{
	struct nettest_ip h = {
		.src = NT_PEER,
		.dst = NT_US,
		.proto = 99,
		.id = id,
		.frag = (uint16_t)(from / 8 | (more ? IP4_MF : 0)),
	};
	struct pkt *p = nettest_pkt(&t, &h, bytes + from, to - from);

	p->l3 = p->data;
	pkt_pull(p, sizeof(struct ip4_wire));
	return p;
}

/* Gives it; frees it if it was refused. */
static enum verdict give(struct pkt *p, struct pkt **whole)
{
	enum verdict v = reasm_input(&t.net.reasm, p, whole);

	if (v > DONE)
		pkt_free(t.arena, p);
	return v;
}

static enum verdict give_one(uint16_t id, size_t from, size_t to, bool more)
{
	struct pkt *whole;
	enum verdict v = give(fragment(id, from, to, more), &whole);

	if (v == DONE)
		pkt_free(t.arena, whole);
	return v;
}

static void expect_whole(struct pkt *whole, size_t len)
{
	const struct ip4_wire *ip = (const void *)whole->l3;

	cr_assert(eq(u16, be16_get(cksum(ip, sizeof(*ip))), 0));
	cr_assert(eq(sz, be16_get(ip->total_len), len + sizeof(*ip)));
	cr_assert(eq(u16, be16_get(ip->frag), 0));
	cr_assert(eq(u32, whole->len, (uint32_t)len));
	cr_assert(eq(int, memcmp(whole->data, bytes, len), 0));
	pkt_free(t.arena, whole);
}

static void expect_empty(void)
{
	cr_assert(eq(u32, t.net.reasm.count, 0));
	cr_assert(eq(sz, t.net.reasm.cost, 0));
	cr_assert(eq(sz, arena_count(t.arena, ARENA_PKT), 0));
	cr_assert(eq(u32, t.eng.timers.count, 0));
}

HOST_TEST(reasm, four_fragments_in_every_order)
{
	static const size_t edge[] = {0, 800, 1000, 3008, 3333};
	uint16_t id = 0;

	for (int n = 0; n < 256; n++) {
		int order[] = {n & 3, n >> 2 & 3, n >> 4 & 3, n >> 6 & 3};
		int seen = 0;
		struct pkt *whole = NULL;

		for (int i = 0; i < 4; i++)
			seen |= 1 << order[i];
		if (seen != 15)
			continue;
		id++;
		for (int i = 0; i < 4; i++) {
			int k = order[i];
			enum verdict v =
				give(fragment(id, edge[k], edge[k + 1], k < 3),
				     &whole);

			cr_assert(eq(int, v, i == 3 ? DONE : TAKEN));
		}
		expect_whole(whole, 3333);
	}
	cr_assert(eq(int, id, 24));
	expect_empty();
}

HOST_TEST(reasm, duplicates_are_ignored)
{
	cr_assert(eq(int, give_one(1, 0, 800, true), TAKEN));
	cr_assert(eq(int, give_one(1, 0, 800, true), TAKEN));
	cr_assert(eq(u32, t.net.reasm.hash->nfrags, 1));
	cr_assert(eq(int, give_one(1, 800, 900, false), DONE));
	expect_empty();
}

HOST_TEST(reasm, overlap_costs_the_datagram)
{
	static const size_t rows[][2] = {
		{0, 808},     {792, 1600},  {0, 2400},
		{1600, 2408}, {1600, 1608}, {1608, 1616},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		cr_assert(eq(int, give_one(1, 0, 800, true), TAKEN));
		cr_assert(eq(int, give_one(1, 1600, 2400, true), TAKEN));
		cr_expect(eq(int, give_one(1, rows[i][0], rows[i][1], true),
			     DROP_REASM_OVERLAP),
			  "row %zu", i);
		expect_empty();
	}
}

HOST_TEST(reasm, end_that_moves_costs_the_datagram)
{
	/* Two different ends. */
	cr_assert(eq(int, give_one(1, 800, 900, false), TAKEN));
	cr_assert(eq(int, give_one(1, 904, 999, false), DROP_REASM_OVERLAP));
	expect_empty();
	/* More behind the end. */
	cr_assert(eq(int, give_one(1, 800, 896, false), TAKEN));
	cr_assert(eq(int, give_one(1, 896, 904, true), DROP_REASM_OVERLAP));
	expect_empty();
	/* An end before what is there already. */
	cr_assert(eq(int, give_one(1, 800, 896, true), TAKEN));
	cr_assert(eq(int, give_one(1, 0, 96, false), DROP_REASM_OVERLAP));
	expect_empty();
}

HOST_TEST(reasm, impossible_fragments_are_refused)
{
	cr_expect(eq(int, give_one(1, 0, 0, true), DROP_REASM_BOUNDS));
	cr_expect(eq(int, give_one(1, 8, 8, false), DROP_REASM_BOUNDS));
	cr_expect(eq(int, give_one(1, 0, 801, true), DROP_REASM_BOUNDS));
	/* The ping of death: 65528 + 9 bytes. */
	cr_expect(eq(int, give_one(1, 65528, 65536, false), DROP_REASM_BOUNDS));
	cr_expect(eq(int, give_one(1, 65520, 65528, true), DROP_REASM_BOUNDS));
	expect_empty();
}

HOST_TEST(reasm, largest_datagram_fits)
{
	enum { LEN = 65535 - 20 };
	struct pkt *whole = NULL;

	for (size_t at = 0; at < LEN; at += 1480) {
		size_t to = MIN(at + 1480, (size_t)LEN);

		give(fragment(1, at, to, to < LEN), &whole);
	}
	cr_assert(ne(ptr, whole, NULL));
	expect_whole(whole, LEN);
	expect_empty();
}

HOST_TEST(reasm, datagrams_do_not_mix)
{
	cr_assert(eq(int, give_one(1, 0, 800, true), TAKEN));
	cr_assert(eq(int, give_one(2, 800, 900, false), TAKEN));
	cr_assert(eq(u32, t.net.reasm.count, 2));
	cr_assert(eq(int, give_one(2, 0, 800, true), DONE));
	cr_assert(eq(int, give_one(1, 800, 900, false), DONE));
	expect_empty();
}

/* Runs the clock; true when a reassembly timer fired. */
static bool expire(usecs after)
{
	struct timer *timer;
	bool fired = false;

	t.eng.now += after;
	while ((timer = timer_pop_due(&t.eng.timers, t.eng.now))) {
		if (timer->kind != TIMER_REASM)
			continue;
		reasm_on_timer(container_of(timer, struct reasm, timer));
		fired = true;
	}
	return fired;
}

HOST_TEST(reasm, timeout_after_the_first_fragment_is_told)
{
	const struct icmp_wire *icmp;

	give_one(1, 0, 800, true);
	cr_assert(not(expire(LIMIT_REASM_US - 1)));
	cr_assert(expire(1));
	cr_assert(eq(sz, t.wire.nframes, 1));
	icmp = nettest_sent_l4(&t, 0);
	cr_assert(eq(u8, icmp->type, ICMP4_TIME_EXCEEDED));
	cr_assert(eq(u8, icmp->code, ICMP4_EXCEEDED_REASM));
	cr_assert(eq(u64, t.eng.stats.drops[DROP_REASM_TIMEOUT], 1));
	cr_assert(eq(u32, t.net.reasm.count, 0));
}

HOST_TEST(reasm, timeout_without_the_first_fragment_is_silent)
{
	give_one(1, 800, 900, false);
	cr_assert(expire(LIMIT_REASM_US));
	cr_assert(eq(sz, t.wire.nframes, 0));
	cr_assert(eq(u32, t.net.reasm.count, 0));
}

HOST_TEST(reasm, too_many_datagrams_push_out_the_oldest)
{
	for (uint16_t id = 0; id < LIMIT_REASM_DATAGRAMS + 10; id++)
		cr_assert(eq(int, give_one(id, 0, 8, true), TAKEN));
	cr_assert(eq(u32, t.net.reasm.count, LIMIT_REASM_DATAGRAMS));
	cr_assert(eq(u64, t.eng.stats.drops[DROP_REASM_FULL], 10));
	cr_assert(eq(int, give_one(10, 8, 16, false), DONE));
	cr_assert(eq(int, give_one(9, 8, 16, false), TAKEN));
}

HOST_TEST(reasm, memory_is_capped)
{
	for (uint16_t id = 0; id < 200; id++) {
		give_one(id, 0, 32000, true);
		cr_assert(le(sz, t.net.reasm.cost, LIMIT_REASM_BYTES));
		cr_assert(le(sz, arena_used(t.arena), 16 << 20));
	}
	cr_assert(gt(u64, t.eng.stats.drops[DROP_REASM_FULL], 0));
}

HOST_TEST(reasm, too_many_fragments_cost_the_datagram)
{
	enum verdict v = TAKEN;

	for (size_t i = 0; i < LIMIT_REASM_FRAGMENTS; i++) {
		v = give_one(1, i * 16, i * 16 + 8, true);
		cr_assert(eq(int, v, TAKEN));
	}
	cr_assert(eq(int, give_one(1, 60000, 60008, true), DROP_REASM_FULL));
	expect_empty();
}

/* RFC 3168 5.3. */
HOST_TEST(reasm, congestion_mark_of_any_fragment_counts)
{
	struct pkt *first = fragment(1, 0, 800, true);
	struct pkt *last = fragment(1, 800, 900, false);
	struct pkt *whole;

	first->tos = 0x12;
	last->tos = 0x13;
	give(first, &whole);
	cr_assert(eq(int, give(last, &whole), DONE));
	cr_assert(eq(u8, whole->tos, 0x13));
	pkt_free(t.arena, whole);
}

/* Through ip4.c: every truncation of a fragment, and nothing stays. */
HOST_TEST(reasm, every_truncation_is_dropped)
{
	struct nettest_ip h = {
		.src = NT_PEER, .dst = NT_US, .proto = 99, .frag = IP4_MF};

	for (size_t len = 0; len < 36; len++) {
		struct pkt *p = nettest_pkt(&t, &h, bytes, 16);

		pkt_trim(p, len);
		cr_expect(gt(int, nettest_give(&t, t.eth, p), DONE), "%zu",
			  len);
	}
	expect_empty();
}

/* IPv6: bytes [from, to) behind a fragment header, as ip6.c hands it over. */
static struct pkt *fragment6(uint32_t id, uint8_t next, size_t from, size_t to,
			     bool more)
{
	struct ip6_frag_wire f = {
		.next = next,
		.frag = be16_make((uint16_t)(from | (more ? IP6_MF : 0))),
		.id = be32_make(id)};
	struct nettest_ip6 h = {.next = IP6_NEXT_FRAGMENT,
				.headers = &f,
				.headers_len = sizeof(f)};
	struct pkt *p = nettest_pkt6(&t, &h, bytes + from, to - from);

	p->l3 = p->data;
	pkt_pull(p, sizeof(struct ip6_wire) + sizeof(f));
	return p;
}

static enum verdict give6(size_t from, size_t to, bool more)
{
	struct pkt *whole;
	enum verdict v =
		give(fragment6(7, IP_PROTO_UDP, from, to, more), &whole);

	if (v == DONE)
		pkt_free(t.arena, whole);
	return v;
}

HOST_TEST(reasm, ip6_fragments_make_a_packet_without_fragment_header)
{
	const struct ip6_wire *ip;
	struct pkt *whole;

	nettest_connect6(&t);
	cr_assert(eq(int, give6(800, 1600, true), TAKEN));
	cr_assert(eq(int, give6(1600, 2001, false), TAKEN));
	cr_assert(eq(int,
		     give(fragment6(7, IP_PROTO_UDP, 0, 800, true), &whole),
		     DONE));
	ip = (const void *)whole->l3;
	cr_assert(eq(u8, ip->next, IP_PROTO_UDP));
	cr_assert(eq(u16, be16_get(ip->payload_len), 2001));
	cr_assert(eq(u32, whole->len, 2001));
	cr_assert(eq(int, memcmp(whole->data, bytes, 2001), 0));
	pkt_free(t.arena, whole);
	expect_empty();
}

/* RFC 5722 4: also what comes later, and nobody is told. */
HOST_TEST(reasm, ip6_overlap_spoils_what_is_still_to_come)
{
	nettest_connect6(&t);
	cr_assert(eq(int, give6(0, 800, true), TAKEN));
	cr_assert(eq(int, give6(792, 1600, true), DROP_REASM_OVERLAP));
	cr_assert(eq(int, give6(800, 1600, false), DROP_REASM_OVERLAP));
	cr_assert(eq(int, give6(0, 800, true), DROP_REASM_OVERLAP));
	cr_assert(eq(sz, t.net.reasm.cost, 0));
	nettest_advance(&t, LIMIT_REASM6_US);
	cr_assert(eq(sz, t.wire.nframes, 0));
	expect_empty();
}

/* RFC 8200 4.5: after a minute, if the first had come. */
HOST_TEST(reasm, ip6_timeout_after_the_first_fragment_is_told)
{
	const struct icmp6_wire *icmp;

	nettest_connect6(&t);
	cr_assert(eq(int, give6(0, 800, true), TAKEN));
	nettest_advance(&t, LIMIT_REASM6_US - 1);
	cr_assert(eq(sz, t.wire.nframes, 0));
	nettest_advance(&t, 1);
	cr_assert(eq(sz, t.wire.nframes, 1));
	icmp = (const void *)(nettest_sent_ip6(&t, 0) + 1);
	cr_assert(eq(u8, icmp->type, ICMP6_TIME_EXCEEDED));
	cr_assert(eq(u8, icmp->code, ICMP6_EXCEEDED_REASM));
	cr_assert(eq(u32, t.net.reasm.count, 0));
}

/* RFC 7112 5 */
HOST_TEST(reasm, ip6_first_fragment_holds_all_headers)
{
	const struct icmp6_wire *icmp;
	struct pkt *whole;

	nettest_connect6(&t);
	cr_assert(eq(int, give(fragment6(8, IP_PROTO_TCP, 0, 16, true), &whole),
		     DROP_REASM_BOUNDS));
	cr_assert(eq(sz, t.wire.nframes, 1));
	icmp = (const void *)(nettest_sent_ip6(&t, 0) + 1);
	cr_assert(eq(u8, icmp->type, ICMP6_PARAM_PROBLEM));
	cr_assert(eq(u8, icmp->code, ICMP6_PARAM_FIRST_FRAGMENT));
	cr_assert(eq(u32, t.net.reasm.count, 0));
}
