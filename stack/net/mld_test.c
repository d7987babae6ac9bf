/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * mld_test.c - proves mld.c, and for IPv6 mcast*.c: what routers are told.
 * What both families share is in igmp_test.c.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "mld.h"
#include "testkit/nettest.h"
#include "transport/udp_group.h"

struct record {
	struct mcast_record_wire head;
	struct inet_addr group;
	struct inet_addr sources[];
};

static struct nettest t;
static const struct inet_addr US = {{0xfe, 0x80, [15] = 2}};
static const struct inet_addr ROUTER = {{0xfe, 0x80, [15] = 1}};
static const struct inet_addr ALL_NODES = {{0xff, 2, [15] = 1}};
static const struct inet_addr V2_ROUTERS = {{0xff, 2, [15] = 22}};
static const struct inet_addr GROUP = {{0xff, 5, [15] = 9}};
static const struct mcast_filter ALL = {.exclude = true};
static const uint8_t ALERT[8] = {
	IP_PROTO_ICMP6, 0, IP6_OPT_ROUTER_ALERT, 2, 0, 0, IP6_OPT_PADN, 0};

/* With a link-local address, the groups of whose own were reported. */
static void open_host(void)
{
	struct inet_prefix local = {US, 64};

	nettest_open_udp(&t);
	nettest_connect6(&t);
	cr_assert(eq(int, iface_add_addr(t.eth, &local), 0));
	net_settle(&t.net);
	for (int i = 0; i < 4; i++)
		nettest_advance(&t, SEC(1));
	nettest_forget_frames(&t);
}

static void close_host(void)
{
	nettest_close(&t);
}

TestSuite(mld);

static void settle(void)
{
	nettest_advance(&t, 0);
}

/* The message in frame i, all around it as RFC 3810 5 asks. */
static const uint8_t *message(size_t i, const struct inet_addr *from,
			      size_t *len)
{
	const struct ip6_wire *ip = nettest_sent_ip6(&t, i);
	const uint8_t *m = (const uint8_t *)(ip + 1) + sizeof(ALERT);
	uint32_t sum;

	*len = be16_get(ip->payload_len) - sizeof(ALERT);
	sum = cksum_pseudo(&ip->src, &ip->dst, IP_PROTO_ICMP6, (uint32_t)*len);
	cr_assert(eq(u8, ip->hop_limit, 1));
	cr_assert(eq(u8, ip->next, IP6_NEXT_HOP_BY_HOP));
	cr_assert(eq(int, memcmp(ip + 1, ALERT, sizeof(ALERT)), 0));
	cr_assert(inet_equal(&ip->src, from));
	cr_assert(eq(int, cksum_fold(cksum_partial(m, *len, sum)), 0xffff));
	return m;
}

static const struct record *record_from(size_t i, const struct inet_addr *from,
					uint32_t n)
{
	const struct mcast_report_wire *r;
	const uint8_t *at;
	size_t len;

	r = (const void *)message(i, from, &len);
	cr_assert(eq(u8, r->type, ICMP6_MLD2_REPORT));
	cr_assert(inet_equal(&nettest_sent_ip6(&t, i)->dst, &V2_ROUTERS));
	cr_assert(gt(int, be16_get(r->nrecords), (int)n));
	at = (const uint8_t *)(r + 1);
	while (n-- > 0)
		at += sizeof(struct record) +
		      16u * be16_get(((const struct record *)(const void *)at)
					     ->head.nsources);
	return (const void *)at;
}

static const struct record *expect(size_t i, uint32_t n, int type,
				   const struct inet_addr *g)
{
	const struct record *r = record_from(i, &US, n);

	cr_assert(eq(int, r->head.type, type));
	cr_assert(inet_equal(&r->group, g));
	return r;
}

static void change(const struct mcast_filter *from,
		   const struct mcast_filter *to)
{
	cr_assert(eq(int, mcast_change(&t.net, &GROUP, t.eth->index, from, to),
		     0));
}

static void quietly(void)
{
	for (int i = 0; i < 4; i++)
		nettest_advance(&t, SEC(10));
	nettest_forget_frames(&t);
}

/* How a message comes; zero is as it should be. */
struct how {
	const struct inet_addr *src, *dst;
	uint8_t hops;
	bool no_alert;
};

static enum verdict give(const struct how *how, const void *bytes, size_t len)
{
	struct nettest_ip6 h = {.src = how->src ? how->src : &ROUTER,
				.dst = how->dst ? how->dst : &ALL_NODES,
				.next = IP6_NEXT_HOP_BY_HOP,
				.hops = how->hops ? how->hops : 1,
				.headers = ALERT,
				.headers_len = sizeof(ALERT)};
	uint8_t copy[1500];

	if (how->no_alert) {
		h.next = IP_PROTO_ICMP6;
		h.headers_len = 0;
	}
	memcpy(copy, bytes, len);
	if (len >= sizeof(struct icmp6_wire))
		nettest_sum6(&h, copy, len);
	return nettest_give6(&t, t.eth, nettest_pkt6(&t, &h, copy, len));
}

struct query {
	struct inet_addr group;
	uint16_t code;
	uint32_t nsources, claimed;
};

/* Sources are ff05::9's last byte on: fd::0, fd::1, ... */
static enum verdict ask(const struct how *how, struct query q)
{
	uint8_t bytes[1500];
	struct mld_query_wire m = {
		.base = {.icmp = {.type = ICMP6_MLD_QUERY,
				  .word = be32_make((uint32_t)q.code << 16)},
			 .group = q.group},
		.nsources = be16_make(
			(uint16_t)(q.claimed ? q.claimed : q.nsources)),
	};
	size_t len = sizeof(m);

	memcpy(bytes, &m, sizeof(m));
	for (uint32_t i = 0; i < q.nsources; i++, len += 16) {
		struct inet_addr a = {{0xfd, [15] = (uint8_t)i}};

		memcpy(bytes + len, &a, sizeof(a));
	}
	return give(how, bytes, len);
}

static enum verdict ask_old(struct inet_addr group, uint16_t code)
{
	struct mld_wire m = {.icmp = {.type = ICMP6_MLD_QUERY,
				      .word = be32_make((uint32_t)code << 16)},
			     .group = group};

	return give(&(struct how){0}, &m, sizeof(m));
}

/* RFC 3810 6.1: at once, and once more within a second. */
HOST_TEST(mld, a_join_and_a_leave_are_reported_twice)
{
	change(NULL, &ALL);
	settle();
	expect(0, 0, MCAST_TO_EXCLUDE, &GROUP);
	nettest_advance(&t, SEC(1));
	expect(1, 0, MCAST_TO_EXCLUDE, &GROUP);
	nettest_advance(&t, SEC(10));
	cr_assert(eq(sz, t.wire.nframes, 2));
	change(&ALL, NULL);
	settle();
	nettest_advance(&t, SEC(1));
	expect(2, 0, MCAST_TO_INCLUDE, &GROUP);
	expect(3, 0, MCAST_TO_INCLUDE, &GROUP);
	cr_assert(not(timer_is_armed(&t.net.mcast.timer)));
}

HOST_TEST(mld, sources_are_reported)
{
	struct inet_addr list[2] = {{{0xfd, [15] = 7}}, {{0xfd, [15] = 8}}};
	struct mcast_filter one = {false, 1, list}, two = {false, 2, list};
	const struct record *r;

	change(NULL, &two);
	settle();
	r = expect(0, 0, MCAST_ALLOW, &GROUP);
	cr_assert(eq(int, be16_get(r->head.nsources), 2));
	cr_assert(inet_equal(&r->sources[1], &list[1]));
	quietly();
	change(&two, &one);
	settle();
	r = expect(0, 0, MCAST_BLOCK, &GROUP);
	cr_assert(eq(int, be16_get(r->head.nsources), 1));
	cr_assert(inet_equal(&r->sources[0], &list[1]));
	change(&one, NULL);
	quietly();
}

/* RFC 4861 7.2.1, RFC 4862 5.4.2: neighbours ask for an address by its
 * solicited-node group, so a snooping switch must know of it. */
HOST_TEST(mld, the_groups_of_addresses_are_reported)
{
	struct inet_prefix p = {{{0xfd, [13] = 1, 2, 3}}, 64};
	struct inet_addr solicited = inet_solicited_node(&p.addr);

	cr_assert(eq(int, iface_add_addr(t.eth, &p), 0));
	net_settle(&t.net);
	settle();
	expect(0, 0, MCAST_TO_EXCLUDE, &solicited);
	quietly();
	iface_delete(t.eth, &p.addr);
	net_settle(&t.net);
	settle();
	expect(0, 0, MCAST_TO_INCLUDE, &solicited);
	quietly();
	cr_assert(not(mcast_is_joined(&t.net, &solicited, t.eth->index)));
}

/* The same group of two addresses, and of a program. */
HOST_TEST(mld, a_group_is_left_by_its_last_listener)
{
	struct inet_prefix p = {{{0xfd, 1, [15] = 2}}, 64};
	struct inet_addr solicited = inet_solicited_node(&p.addr);

	cr_assert(eq(int, iface_add_addr(t.eth, &p), 0));
	net_settle(&t.net);
	iface_delete(t.eth, &p.addr);
	net_settle(&t.net);
	iface_delete(t.eth, &NT_US6);
	net_settle(&t.net);
	settle();
	cr_assert(eq(sz, t.wire.nframes, 0));
	iface_delete(t.eth, &US);
	net_settle(&t.net);
	nettest_advance(&t, SEC(3));
	cr_assert(eq(int,
		     record_from(0, &(struct inet_addr){{0}}, 0)->head.type,
		     MCAST_TO_INCLUDE));
	cr_assert(not(mcast_is_joined(&t.net, &solicited, t.eth->index)));
}

/* RFC 3590 4: from :: while no address is certain; and again, when one is. */
HOST_TEST(mld, all_is_reported_again_when_the_address_is_certain)
{
	static const struct inet_addr nobody;
	struct inet_prefix p = {{{0xfe, 0x80, [13] = 5, 6, 7}}, 64};
	struct inet_addr solicited = inet_solicited_node(&p.addr);
	size_t n;

	iface_delete(t.eth, &US);
	net_settle(&t.net);
	change(NULL, &ALL);
	quietly();
	cr_assert(eq(int, addr_add6(t.eth, &p, ADDR_LINK_LOCAL, true), 0));
	nettest_forget_frames(&t);
	net_settle(&t.net);
	settle();
	cr_assert(inet_equal(&record_from(0, &nobody, 0)->group, &solicited));
	for (int i = 0; i < 3; i++)
		nettest_advance(&t, SEC(1));
	nettest_forget_frames(&t);
	net_settle(&t.net);
	settle();
	n = t.wire.nframes;
	cr_assert(eq(sz, n, 1));
	cr_assert(eq(int, record_from(0, &p.addr, 2)->head.type,
		     MCAST_TO_EXCLUDE));
	change(&ALL, NULL);
	quietly();
}

HOST_TEST(mld, groups_of_this_host_alone_are_not_reported)
{
	struct inet_addr here = {{0xff, 1, [15] = 9}};

	cr_assert(eq(int, mcast_change(&t.net, &here, 2, NULL, &ALL), 0));
	cr_assert(eq(int, mcast_change(&t.net, &ALL_NODES, 2, NULL, &ALL), 0));
	cr_assert(eq(int, mcast_change(&t.net, &GROUP, 1, NULL, &ALL), 0));
	nettest_advance(&t, SEC(20));
	cr_assert(eq(sz, t.wire.nframes, 0));
	cr_assert(list_is_empty(&t.lo_link.looped));
}

/* RFC 3810 6.2; the groups of addresses are answered for as well. */
HOST_TEST(mld, queries_are_answered)
{
	struct query q = {.code = 1000};
	const struct record *r;

	change(NULL, &ALL);
	quietly();
	cr_assert(eq(int, ask(&(struct how){0}, q), DONE));
	cr_assert(le(u64, t.net.mcast.timer.when, t.eng.now + SEC(1)));
	nettest_advance(&t, SEC(1));
	cr_assert(eq(sz, t.wire.nframes, 1));
	expect(0, 0, MCAST_IS_EXCLUDE, &GROUP);
	cr_assert(eq(int, record_from(0, &US, 1)->head.type, MCAST_IS_EXCLUDE));
	nettest_forget_frames(&t);

	q.group = GROUP;
	cr_assert(eq(int, ask(&(struct how){.dst = &GROUP}, q), DONE));
	nettest_advance(&t, SEC(1));
	expect(0, 0, MCAST_IS_EXCLUDE, &GROUP);
	q.nsources = 3;
	cr_assert(eq(int, ask(&(struct how){.dst = &GROUP}, q), DONE));
	nettest_advance(&t, SEC(1));
	r = expect(1, 0, MCAST_IS_INCLUDE, &GROUP);
	cr_assert(eq(int, be16_get(r->head.nsources), 3));
	cr_assert(eq(u8, r->sources[2].b[15], 2));
	change(&ALL, NULL);
	quietly();
}

/* Who filters sources still hears the router that asks about the group. */
HOST_TEST(mld, a_router_needs_not_be_in_the_filter)
{
	struct inet_addr list[1] = {{{0xfd, [15] = 7}}};
	struct mcast_filter one = {false, 1, list};

	change(NULL, &one);
	quietly();
	cr_assert(eq(int,
		     ask(&(struct how){.dst = &GROUP},
			 (struct query){.group = GROUP, .code = 10}),
		     DONE));
	nettest_advance(&t, SEC(1));
	expect(0, 0, MCAST_IS_INCLUDE, &GROUP);
	change(&one, NULL);
	quietly();
}

/* RFC 3810 5.1.3: 16 bits, of which the first says that three are an
 * exponent. */
HOST_TEST(mld, long_times_are_decoded)
{
	cr_assert(eq(u32, mcast_decode(0x7fff, 16), 32767));
	cr_assert(eq(u32, mcast_decode(0x8000, 16), 0x1000 << 3));
	cr_assert(eq(u32, mcast_decode(0xffff, 16), 0x1fff << 10));
	cr_assert(eq(u32, mcast_decode(127, 8), 127));
	cr_assert(eq(u32, mcast_decode(0x80, 8), 16 << 3));
	cr_assert(eq(u32, mcast_decode(0xff, 8), 31 << 10));
}

/* RFC 3810 8.2.1, RFC 2710: join, answer, done. */
HOST_TEST(mld, an_old_router_is_spoken_to_in_its_language)
{
	static const struct inet_addr routers = {{0xff, 2, [15] = 2}};
	const struct mld_wire *m;
	size_t len;

	cr_assert(eq(int, ask_old((struct inet_addr){{0}}, 10), DONE));
	quietly();
	change(NULL, &ALL);
	settle();
	m = (const void *)message(0, &US, &len);
	cr_assert(eq(sz, len, sizeof(*m)));
	cr_assert(eq(int, m->icmp.type, ICMP6_MLD_REPORT));
	cr_assert(inet_equal(&m->group, &GROUP));
	cr_assert(inet_equal(&nettest_sent_ip6(&t, 0)->dst, &GROUP));
	quietly();
	cr_assert(eq(int, ask_old(GROUP, 10), DONE));
	settle();
	nettest_advance(&t, SEC(1));
	cr_assert(eq(sz, t.wire.nframes, 1));
	change(&ALL, NULL);
	settle();
	m = (const void *)message(1, &US, &len);
	cr_assert(eq(int, m->icmp.type, ICMP6_MLD_DONE));
	cr_assert(inet_equal(&nettest_sent_ip6(&t, 1)->dst, &routers));
	nettest_advance(&t, SEC(260));
	change(NULL, &ALL);
	nettest_forget_frames(&t);
	settle();
	expect(0, 0, MCAST_TO_EXCLUDE, &GROUP);
	change(&ALL, NULL);
	quietly();
}

/* RFC 2710 4: and version 2 is not kept from it. */
HOST_TEST(mld, anothers_report_is_enough_for_an_old_router)
{
	struct mld_wire m = {.icmp.type = ICMP6_MLD_REPORT, .group = GROUP};

	change(NULL, &ALL);
	quietly();
	ask_old(GROUP, 10);
	cr_assert(eq(int, give(&(struct how){.dst = &GROUP}, &m, sizeof(m)),
		     DONE));
	nettest_advance(&t, SEC(10));
	cr_assert(eq(sz, t.wire.nframes, 0));
	change(&ALL, NULL);
	quietly();
}

/* RFC 3810 5.1.14, 5.2.13, 6.2. */
HOST_TEST(mld, what_no_neighbour_sends_is_dropped)
{
	static const struct inet_addr nobody;
	struct how how = {.hops = 64};
	struct query q = {.code = 10};
	uint8_t report[8] = {ICMP6_MLD2_REPORT};

	cr_assert(eq(int, ask(&how, q), DROP_MLD_FORGED));
	how = (struct how){.no_alert = true};
	cr_assert(eq(int, ask(&how, q), DROP_MLD_FORGED));
	how = (struct how){.src = &NT_PEER6};
	cr_assert(eq(int, ask(&how, q), DROP_MLD_FORGED));
	cr_assert(eq(int, give(&how, report, 8), DROP_MLD_FORGED));
	how = (struct how){.src = &nobody};
	cr_assert(eq(int, ask(&how, q), DROP_MLD_FORGED));
	cr_assert(eq(int, give(&how, report, 8), DONE));
	how = (struct how){.dst = &US};
	cr_assert(eq(int, ask(&how, q), DROP_MLD_FORGED));
	q.group = US;
	cr_assert(eq(int, ask(&how, q), DROP_MLD_FORGED));
	cr_assert(not(timer_is_armed(&t.net.mcast.timer)));
}

/* More sources or records than bytes, up to 777 of them. */
HOST_TEST(mld, what_is_not_there_is_dropped)
{
	struct how how = {0};
	uint8_t bytes[28] = {
		ICMP6_MLD2_REPORT, [7] = 1, [8] = MCAST_IS_EXCLUDE, [12] = 0xff,
		5};

	cr_assert(eq(int,
		     ask(&how, (struct query){.nsources = 4, .claimed = 777}),
		     DROP_MLD_FORMAT));
	cr_assert(eq(int, give(&how, bytes, sizeof(bytes)), DONE));
	bytes[6] = 777 >> 8, bytes[7] = 777 & 0xff;
	cr_assert(eq(int, give(&how, bytes, sizeof(bytes)), DROP_MLD_FORMAT));
	bytes[6] = 0, bytes[7] = 1;
	bytes[10] = 777 >> 8, bytes[11] = 777 & 0xff;
	cr_assert(eq(int, give(&how, bytes, sizeof(bytes)), DROP_MLD_FORMAT));
	bytes[10] = 0, bytes[11] = 0;
	for (size_t len = 8; len < sizeof(bytes); len++)
		cr_expect(eq(int, give(&how, bytes, len), DROP_MLD_FORMAT),
			  "report of %zu", len);
}

/* RFC 3810 8.1: 24 bytes are version 1, 28 and more version 2. */
HOST_TEST(mld, every_truncation_is_dropped)
{
	uint8_t bytes[28] = {ICMP6_MLD_QUERY};

	for (uint8_t type = ICMP6_MLD_QUERY; type <= ICMP6_MLD_DONE; type++) {
		bytes[0] = type;
		for (size_t len = 8; len < sizeof(struct mld_wire); len++)
			cr_expect(eq(int, give(&(struct how){0}, bytes, len),
				     DROP_MLD_FORMAT),
				  "type %d, %zu bytes", type, len);
	}
	bytes[0] = ICMP6_MLD_QUERY;
	for (size_t len = 24; len <= 28; len++)
		cr_expect(eq(int, give(&(struct how){0}, bytes, len),
			     len == 24 || len == 28 ? DONE : DROP_MLD_FORMAT),
			  "query of %zu", len);
}
