/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * igmp_test.c - proves igmp.c and igmp_send.c: what routers are told, and when
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "igmp.h"
#include "igmp_send.h"
#include "testkit/nettest.h"

static struct nettest t;
static struct inet_addr group, other;
static const struct ip4_addr ALL_HOSTS = {{224, 0, 0, 1}};
static const uint8_t ROUTER_ALERT[4] = {IP4_OPT_ROUTER_ALERT, 4};

static void open_host(void)
{
	nettest_open_udp(&t);
	group = inet_from4(ip4_make(239, 1, 2, 3));
	other = inet_from4(ip4_make(239, 1, 2, 4));
}

static void close_host(void)
{
	nettest_close(&t);
}

/* What waits for now goes out, as when a turn settles. */
static void settle(void)
{
	nettest_advance(&t, 0);
}

static const uint8_t *message(size_t i, size_t *len)
{
	const struct ip4_wire *ip = nettest_sent_ip(&t, i);
	const uint8_t *m = (const uint8_t *)ip + ip4_wire_len(ip);

	*len = be16_get(ip->total_len) - ip4_wire_len(ip);
	cr_assert(eq(u8, ip->ttl, 1));
	cr_assert(eq(u8, ip->proto, IP_PROTO_IGMP));
	cr_assert(eq(sz, ip4_wire_len(ip), 24));
	cr_assert(eq(int, memcmp(ip + 1, ROUTER_ALERT, 4), 0));
	cr_assert(eq(int, be16_get(cksum(ip, 24)), 0));
	cr_assert(eq(int, be16_get(cksum(m, *len)), 0));
	return m;
}

/* Frame i is a report of version 3; its record n. */
static const struct igmp_record_wire *record(size_t i, uint32_t n)
{
	static const struct ip4_addr routers = {{224, 0, 0, 22}};
	const struct igmp_report_wire *r;
	const uint8_t *at;
	size_t len;

	r = (const void *)message(i, &len);
	cr_assert(eq(u8, r->type, IGMP_V3_REPORT));
	cr_assert(ip4_equal(nettest_sent_ip(&t, i)->dst, routers));
	cr_assert(gt(int, be16_get(r->nrecords), (int)n));
	at = (const uint8_t *)(r + 1);
	while (n-- > 0) {
		const struct igmp_record_wire *rec = (const void *)at;

		at += sizeof(*rec) + 4u * be16_get(rec->nsources);
	}
	cr_assert(le(ptr, (void *)(at + sizeof(struct igmp_record_wire)),
		     (void *)((const uint8_t *)r + len)));
	return (const void *)at;
}

static void expect_record(size_t i, int type, const struct inet_addr *g)
{
	const struct igmp_record_wire *r = record(i, 0);

	cr_assert(eq(int, r->type, type));
	cr_assert(ip4_equal(r->group, inet_to4(g)));
}

/* A message of version 1 or 2. */
static void expect_old(size_t i, int type, struct ip4_addr to)
{
	const struct igmp_wire *m;
	size_t len;

	m = (const void *)message(i, &len);
	cr_assert(eq(sz, len, sizeof(*m)));
	cr_assert(eq(int, m->type, type));
	cr_assert(ip4_equal(m->group, inet_to4(&group)));
	cr_assert(ip4_equal(nettest_sent_ip(&t, i)->dst, to));
}

struct query {
	struct ip4_addr group;
	uint8_t code, qrv, qqic;
	uint32_t nsources, claimed;
	uint8_t ttl; /* 0: 1 */
	bool no_alert, unicast;
	struct ip4_addr from;
};

static enum verdict give(const struct query *q, const void *bytes, size_t len)
{
	struct nettest_ip h = {.src = q->from,
			       .dst = ALL_HOSTS,
			       .proto = IP_PROTO_IGMP,
			       .ttl = q->ttl ? q->ttl : 1};
	uint8_t copy[256];
	be16 sum;

	memcpy(copy, bytes, len);
	if (len >= 4) {
		sum = cksum(copy, len);
		memcpy(copy + 2, &sum, 2);
	}
	if (!q->no_alert) {
		h.options = ROUTER_ALERT;
		h.options_len = 4;
	}
	if (q->unicast)
		h.dst = NT_US;
	else if (q->group.b[0])
		h.dst = q->group;
	return nettest_give(&t, t.eth, nettest_pkt(&t, &h, copy, len));
}

/* Version 1 or 2, by the code. */
static enum verdict ask_old(struct query q)
{
	struct igmp_wire m = {.type = IGMP_QUERY, q.code, .group = q.group};

	return give(&q, &m, sizeof(m));
}

static enum verdict ask_v3(struct query q)
{
	uint8_t bytes[256] = {IGMP_QUERY, q.code};
	struct igmp_query_wire m = {
		{.type = IGMP_QUERY, .code = q.code, .group = q.group},
		q.qrv,
		q.qqic,
		be16_make((uint16_t)(q.claimed ? q.claimed : q.nsources))};
	size_t len = sizeof(m);

	memcpy(bytes, &m, sizeof(m));
	for (uint32_t i = 0; i < q.nsources; i++, len += 4)
		memcpy(bytes + len, (uint8_t[]){10, 0, 1, (uint8_t)i}, 4);
	return give(&q, bytes, len);
}

TestSuite(igmp);

/* RFC 3376 5.1: at once, and once more within a second. */
HOST_TEST(igmp, a_join_is_reported_twice)
{
	igmp_join(&t.net, &group, t.eth->index);
	cr_assert(eq(sz, t.wire.nframes, 0));
	settle();
	cr_assert(eq(sz, t.wire.nframes, 1));
	expect_record(0, IGMP_TO_EXCLUDE, &group);
	nettest_advance(&t, SEC(1));
	cr_assert(eq(sz, t.wire.nframes, 2));
	expect_record(1, IGMP_TO_EXCLUDE, &group);
	cr_assert(not(timer_is_armed(&t.net.igmp.timer)));
	nettest_advance(&t, SEC(1000));
	cr_assert(eq(sz, t.wire.nframes, 2));
}

/* The last one who leaves; and nothing is left of it here. */
HOST_TEST(igmp, a_leave_is_reported_twice_and_forgotten)
{
	igmp_join(&t.net, &group, 0);
	igmp_join(&t.net, &group, t.eth->index);
	nettest_advance(&t, SEC(2));
	nettest_advance(&t, SEC(2));
	nettest_forget_frames(&t);
	igmp_leave(&t.net, &group, 0);
	settle();
	cr_assert(eq(sz, t.wire.nframes, 0));
	igmp_leave(&t.net, &group, t.eth->index);
	settle();
	nettest_advance(&t, SEC(1));
	cr_assert(eq(sz, t.wire.nframes, 2));
	expect_record(0, IGMP_TO_INCLUDE, &group);
	expect_record(1, IGMP_TO_INCLUDE, &group);
	cr_assert(eq(u32, t.net.igmp.ngroups, 0));
	cr_assert(not(timer_is_armed(&t.net.igmp.timer)));
}

HOST_TEST(igmp, a_socket_that_joins_and_ends_is_reported)
{
	struct udp_pcb *pcb;

	cr_assert(eq(int, udp_new(&t.udp, &pcb), 0));
	cr_assert(eq(int, udp_join(pcb, &group, t.eth->index), 0));
	settle();
	expect_record(0, IGMP_TO_EXCLUDE, &group);
	udp_free(pcb);
	settle();
	expect_record(1, IGMP_TO_INCLUDE, &group);
}

HOST_TEST(igmp, all_hosts_loopback_and_ipv6_are_not_reported)
{
	struct inet_addr all = inet_from4(ALL_HOSTS);
	struct inet_addr six = {{0xff, 2, [15] = 0xfb}};

	igmp_join(&t.net, &all, t.eth->index);
	igmp_join(&t.net, &six, t.eth->index);
	igmp_join(&t.net, &group, t.lo->index);
	cr_assert(eq(u32, t.net.igmp.ngroups, 0));
	nettest_advance(&t, SEC(20));
	cr_assert(eq(sz, t.wire.nframes, 0));
	cr_assert(list_is_empty(&t.lo_link.looped));
}

static void join_quietly(const struct inet_addr *g)
{
	igmp_join(&t.net, g, t.eth->index);
	nettest_advance(&t, SEC(10));
	nettest_advance(&t, SEC(10));
	nettest_forget_frames(&t);
}

/* RFC 3376 5.2: one report, within the time that the query gives. */
HOST_TEST(igmp, a_general_query_is_answered_once_for_all_groups)
{
	join_quietly(&group);
	join_quietly(&other);
	cr_assert(eq(int, ask_v3((struct query){.from = NT_PEER, .code = 50}),
		     DONE));
	cr_assert(timer_is_armed(&t.net.igmp.timer));
	cr_assert(le(u64, t.net.igmp.timer.when, t.eng.now + SEC(5)));
	nettest_advance(&t, SEC(5));
	cr_assert(eq(sz, t.wire.nframes, 1));
	cr_assert(eq(int, record(0, 0)->type, IGMP_IS_EXCLUDE));
	cr_assert(ip4_equal(record(0, 1)->group, inet_to4(&other)));
	nettest_advance(&t, SEC(100));
	cr_assert(eq(sz, t.wire.nframes, 1));
}

/* Over many queries the delays differ, and none is too long. */
HOST_TEST(igmp, answers_are_spread)
{
	usecs least = USECS_NEVER, most = 0;

	join_quietly(&group);
	for (int i = 0; i < 64; i++) {
		usecs delay;

		ask_v3((struct query){.from = NT_PEER, .code = 100});
		delay = t.net.igmp.timer.when - t.eng.now;
		least = MIN(least, delay);
		most = MAX(most, delay);
		nettest_advance(&t, SEC(10));
	}
	cr_assert(eq(sz, t.wire.nframes, 64));
	cr_assert(lt(u64, least, SEC(2)));
	cr_assert(gt(u64, most, SEC(8)));
	cr_assert(le(u64, most, SEC(10)));
}

/* A switch without an address asks, too; and hosts may be asked one by one. */
HOST_TEST(igmp, queries_from_nobody_and_to_us_are_answered)
{
	join_quietly(&group);
	cr_assert(eq(int, ask_v3((struct query){.code = 1}), DONE));
	nettest_advance(&t, SEC(1));
	cr_assert(eq(sz, t.wire.nframes, 1));
	cr_assert(eq(int,
		     ask_v3((struct query){.from = NT_PEER,
					   .group = inet_to4(&group),
					   .unicast = true,
					   .code = 1}),
		     DONE));
	nettest_advance(&t, SEC(1));
	cr_assert(eq(sz, t.wire.nframes, 2));
}

HOST_TEST(igmp, a_question_about_a_group_is_answered_for_it_alone)
{
	join_quietly(&group);
	join_quietly(&other);
	ask_v3((struct query){.from = NT_PEER,
			      .group = inet_to4(&other),
			      .unicast = true,
			      .code = 10});
	nettest_advance(&t, SEC(1));
	cr_assert(eq(sz, t.wire.nframes, 1));
	expect_record(0, IGMP_IS_EXCLUDE, &other);
	nettest_advance(&t, SEC(100));
	cr_assert(eq(sz, t.wire.nframes, 1));
}

/* RFC 3376 5.2: who wants all wants each that is asked about. */
HOST_TEST(igmp, a_question_about_sources_names_them)
{
	join_quietly(&group);
	ask_v3((struct query){.from = NT_PEER,
			      .group = inet_to4(&group),
			      .unicast = true,
			      .code = 10,
			      .nsources = 3});
	nettest_advance(&t, SEC(1));
	expect_record(0, IGMP_IS_INCLUDE, &group);
	cr_assert(eq(int, be16_get(record(0, 0)->nsources), 3));
	cr_assert(eq(int, ((const uint8_t *)(record(0, 0) + 1))[11], 2));
}

HOST_TEST(igmp, too_many_sources_are_a_question_about_the_group)
{
	join_quietly(&group);
	ask_v3((struct query){.from = NT_PEER,
			      .group = inet_to4(&group),
			      .unicast = true,
			      .code = 10,
			      .nsources = LIMIT_IGMP_SOURCES + 1});
	nettest_advance(&t, SEC(1));
	expect_record(0, IGMP_IS_EXCLUDE, &group);
}

/* RFC 3376 7.2.1, RFC 2236: join, answer, leave. */
HOST_TEST(igmp, an_old_router_is_spoken_to_in_its_language)
{
	static const struct ip4_addr routers = {{224, 0, 0, 2}};

	cr_assert(eq(int, ask_old((struct query){.from = NT_PEER, .code = 100}),
		     DONE));
	igmp_join(&t.net, &group, t.eth->index);
	settle();
	expect_old(0, IGMP_V2_REPORT, inet_to4(&group));
	nettest_advance(&t, SEC(10));
	cr_assert(eq(sz, t.wire.nframes, 2));
	ask_old((struct query){.from = NT_PEER, .code = 100});
	nettest_advance(&t, SEC(10));
	cr_assert(eq(sz, t.wire.nframes, 3));
	expect_old(2, IGMP_V2_REPORT, inet_to4(&group));
	igmp_leave(&t.net, &group, t.eth->index);
	settle();
	expect_old(3, IGMP_V2_LEAVE, routers);
	nettest_advance(&t, SEC(30));
	cr_assert(eq(sz, t.wire.nframes, 4));
}

HOST_TEST(igmp, the_oldest_router_hears_reports_and_no_leave)
{
	ask_old((struct query){.from = NT_PEER, .no_alert = true});
	igmp_join(&t.net, &group, t.eth->index);
	settle();
	expect_old(0, IGMP_V1_REPORT, inet_to4(&group));
	igmp_leave(&t.net, &group, t.eth->index);
	nettest_advance(&t, SEC(30));
	cr_assert(eq(sz, t.wire.nframes, 1));
}

/* RFC 3376 8.12: 2 * 125 s + 10 s after its last query. */
HOST_TEST(igmp, an_old_router_is_forgotten)
{
	join_quietly(&group);
	ask_old((struct query){.from = NT_PEER, .code = 100});
	nettest_advance(&t, SEC(259));
	nettest_forget_frames(&t);
	igmp_join(&t.net, &other, t.eth->index);
	settle();
	cr_assert(eq(int, *(const uint8_t *)nettest_sent_l4(&t, 0),
		     IP4_OPT_ROUTER_ALERT));
	cr_assert(eq(u32, t.net.igmp.links[1].version, 2));
	nettest_advance(&t, SEC(20));
	igmp_leave(&t.net, &other, t.eth->index);
	settle();
	cr_assert(eq(u32, t.net.igmp.links[1].version, 3));
	expect_record(t.wire.nframes - 1, IGMP_TO_INCLUDE, &other);
}

/* RFC 2236 3: and version 3 is not kept from it. */
HOST_TEST(igmp, anothers_report_is_enough_for_an_old_router_only)
{
	struct igmp_wire m = {.type = IGMP_V2_REPORT,
			      .group = inet_to4(&group)};
	struct query to = {.from = NT_PEER, .group = inet_to4(&group)};
	struct udp_pcb *pcb;

	cr_assert(eq(int, udp_new(&t.udp, &pcb), 0));
	cr_assert(eq(int, udp_join(pcb, &group, t.eth->index), 0));
	nettest_advance(&t, SEC(2));
	nettest_advance(&t, SEC(2));
	nettest_forget_frames(&t);
	ask_v3((struct query){.from = NT_PEER, .code = 10});
	cr_assert(eq(int, give(&to, &m, sizeof(m)), DONE));
	nettest_advance(&t, SEC(1));
	cr_assert(eq(sz, t.wire.nframes, 1));
	ask_old((struct query){.from = NT_PEER, .code = 10});
	cr_assert(eq(int, give(&to, &m, sizeof(m)), DONE));
	nettest_advance(&t, SEC(10));
	cr_assert(eq(sz, t.wire.nframes, 1));
	udp_free(pcb);
}

HOST_TEST(igmp, robustness_is_learned)
{
	ask_v3((struct query){.from = NT_PEER, .code = 1, .qrv = 4});
	igmp_join(&t.net, &group, t.eth->index);
	for (int i = 0; i < 8; i++)
		nettest_advance(&t, SEC(1));
	cr_assert(eq(sz, t.wire.nframes, 4));
}

HOST_TEST(igmp, what_no_router_sends_is_dropped)
{
	struct query good = {.from = NT_PEER, .code = 10}, q;
	struct igmp_wire unknown = {.type = 0x99};
	uint8_t bytes[12] = {IGMP_QUERY, 10};

	q = good, q.ttl = 64;
	cr_assert(eq(int, ask_v3(q), DROP_IGMP_FORGED));
	q = good, q.no_alert = true;
	cr_assert(eq(int, ask_v3(q), DROP_IGMP_FORGED));
	q = good, q.unicast = true;
	cr_assert(eq(int, ask_v3(q), DROP_IGMP_FORGED));
	q = good, q.unicast = true, q.group = NT_PEER;
	cr_assert(eq(int, ask_v3(q), DROP_IGMP_FORGED));
	q = good, q.claimed = 5, q.nsources = 4;
	cr_assert(eq(int, ask_v3(q), DROP_IGMP_FORMAT));
	cr_assert(eq(int, give(&good, &unknown, 8), DROP_IGMP_TYPE));
	for (size_t len = 0; len < 12; len++) {
		enum verdict v = give(&good, bytes, len);

		cr_expect(eq(int, v,
			     len < 8    ? DROP_IGMP_SHORT
			     : len == 8 ? DONE
					: DROP_IGMP_FORMAT),
			  "%zu bytes", len);
	}
	bytes[4] = 1;
	cr_assert(eq(int, give(&good, bytes, 3), DROP_IGMP_SHORT));
}

HOST_TEST(igmp, a_wrong_checksum_is_dropped)
{
	struct nettest_ip h = {NT_PEER, ALL_HOSTS, .proto = IP_PROTO_IGMP,
			       .ttl = 1};
	uint8_t bytes[8] = {IGMP_QUERY, 10, 1, 1};

	cr_assert(eq(int,
		     nettest_give(&t, t.eth, nettest_pkt(&t, &h, bytes, 8)),
		     DROP_IGMP_CHECKSUM));
	cr_assert(not(timer_is_armed(&t.net.igmp.timer)));
}

/* Every packet fits, and every record arrives. */
HOST_TEST(igmp, a_small_link_gets_several_reports)
{
	uint32_t records = 0;
	struct inet_addr g = group;

	t.eth->mtu = LIMIT_IP4_MTU_MIN;
	for (uint8_t i = 0; i < 20; i++) {
		g.b[15] = i;
		igmp_join(&t.net, &g, t.eth->index);
	}
	settle();
	for (size_t i = 0; i < t.wire.nframes; i++) {
		const struct igmp_report_wire *r;
		size_t len;

		r = (const void *)message(i, &len);
		cr_assert(le(sz, len + 24, LIMIT_IP4_MTU_MIN));
		records += be16_get(r->nrecords);
	}
	cr_assert(eq(u32, records, 20));
}

HOST_TEST(igmp, a_long_list_of_sources_becomes_records)
{
	struct ip4_addr sources[20] = {{{0}}};
	struct igmp_report r;
	int n = 0;

	t.eth->mtu = LIMIT_IP4_MTU_MIN;
	igmp_report_init(&r, t.eth);
	igmp_report_add(&r, IGMP_IS_INCLUDE, inet_to4(&group), sources, 20);
	igmp_report_flush(&r);
	for (size_t i = 0; i < t.wire.nframes; i++)
		n += be16_get(record(i, 0)->nsources);
	cr_assert(eq(int, n, 20));
}

/* After a death inside: what is still joined is said again, and what is not
 * is left. */
HOST_TEST(igmp, rebuilt_from_what_sockets_have)
{
	struct udp_pcb *pcb;

	cr_assert(eq(int, udp_new(&t.udp, &pcb), 0));
	cr_assert(eq(int, udp_join(pcb, &group, t.eth->index), 0));
	igmp_join(&t.net, &other, t.eth->index);
	nettest_advance(&t, SEC(2));
	nettest_advance(&t, SEC(2));
	nettest_forget_frames(&t);
	timer_stop(&t.eng.timers, &t.net.igmp.timer);
	igmp_fini(&t.net.igmp);
	igmp_rebuild(&t.net.igmp);
	t.udp.ngroups = 0;
	udp_group_rebuild(pcb);
	settle();
	cr_assert(eq(sz, t.wire.nframes, 1));
	expect_record(0, IGMP_TO_EXCLUDE, &group);
	cr_assert(eq(int, record(0, 1)->type, IGMP_TO_INCLUDE));
	nettest_advance(&t, SEC(2));
	nettest_advance(&t, SEC(2));
	cr_assert(eq(u32, t.net.igmp.ngroups, 1));
	udp_free(pcb);
	settle();
}
