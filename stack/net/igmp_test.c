/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * igmp_test.c - proves igmp.c, and for IPv4 mcast*.c: what routers are told,
 * and when
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "igmp.h"
#include "mcast_send.h"
#include "testkit/nettest.h"
#include "transport/udp_group.h"

struct record {
	struct mcast_record_wire head;
	struct ip4_addr group;
	struct ip4_addr sources[];
};

static struct nettest t;
static struct inet_addr group, other;
static const struct mcast_filter ALL = {.exclude = true};
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
static const struct record *record(size_t i, uint32_t n)
{
	static const struct ip4_addr routers = {{224, 0, 0, 22}};
	const struct mcast_report_wire *r;
	const uint8_t *at;
	size_t len;

	r = (const void *)message(i, &len);
	cr_assert(eq(u8, r->type, IGMP_V3_REPORT));
	cr_assert(ip4_equal(nettest_sent_ip(&t, i)->dst, routers));
	cr_assert(gt(int, be16_get(r->nrecords), (int)n));
	at = (const uint8_t *)(r + 1);
	while (n-- > 0) {
		const struct record *rec = (const void *)at;

		at += sizeof(*rec) + 4u * be16_get(rec->head.nsources);
	}
	cr_assert(le(ptr, (void *)(at + sizeof(struct record)),
		     (void *)((const uint8_t *)r + len)));
	return (const void *)at;
}

static void expect_record(size_t i, int type, const struct inet_addr *g)
{
	const struct record *r = record(i, 0);

	cr_assert(eq(int, r->head.type, type));
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

/* The last record of frame i has these sources: the last bytes of 10.0.1.x. */
static void expect_sources(size_t i, uint32_t n, const char *last)
{
	const struct record *r = record(i, n);

	cr_assert(eq(int, be16_get(r->head.nsources), (int)strlen(last)));
	for (size_t k = 0; last[k]; k++)
		cr_assert(eq(int, r->sources[k].b[3], last[k]));
}

static void join(const struct inet_addr *g, uint32_t ifindex)
{
	cr_assert(eq(int, mcast_change(&t.net, g, ifindex, NULL, &ALL), 0));
}

static void leave(const struct inet_addr *g, uint32_t ifindex)
{
	cr_assert(eq(int, mcast_change(&t.net, g, ifindex, &ALL, NULL), 0));
}

/* A listener's filter, its sources named by the last byte of 10.0.1.x; the
 * first letter says which it is: + INCLUDE, - EXCLUDE; empty: none. */
struct named {
	struct mcast_filter f;
	struct inet_addr list[80];
};

static const struct mcast_filter *filter(struct named *n, const char *text)
{
	if (!*text)
		return NULL;
	n->f = (struct mcast_filter){*text == '-', (uint32_t)strlen(text) - 1,
				     n->list};
	for (uint32_t i = 0; i < n->f.nsources; i++)
		n->list[i] =
			inet_from4(ip4_make(10, 0, 1, (uint8_t)text[i + 1]));
	return &n->f;
}

static void change(const char *from, const char *to)
{
	static struct named a, b;

	cr_assert(eq(int,
		     mcast_change(&t.net, &group, t.eth->index,
				  filter(&a, from), filter(&b, to)),
		     0));
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
	uint8_t copy[512];
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
	uint8_t bytes[512] = {IGMP_QUERY, q.code};
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
	join(&group, t.eth->index);
	cr_assert(eq(sz, t.wire.nframes, 0));
	settle();
	cr_assert(eq(sz, t.wire.nframes, 1));
	expect_record(0, MCAST_TO_EXCLUDE, &group);
	nettest_advance(&t, SEC(1));
	cr_assert(eq(sz, t.wire.nframes, 2));
	expect_record(1, MCAST_TO_EXCLUDE, &group);
	cr_assert(not(timer_is_armed(&t.net.mcast.timer)));
	nettest_advance(&t, SEC(1000));
	cr_assert(eq(sz, t.wire.nframes, 2));
}

/* The last one who leaves; and nothing is left of it here. */
HOST_TEST(igmp, a_leave_is_reported_twice_and_forgotten)
{
	join(&group, t.eth->index);
	join(&group, t.eth->index);
	nettest_advance(&t, SEC(2));
	nettest_advance(&t, SEC(2));
	nettest_forget_frames(&t);
	leave(&group, t.eth->index);
	settle();
	cr_assert(eq(sz, t.wire.nframes, 0));
	leave(&group, t.eth->index);
	settle();
	nettest_advance(&t, SEC(1));
	cr_assert(eq(sz, t.wire.nframes, 2));
	expect_record(0, MCAST_TO_INCLUDE, &group);
	expect_record(1, MCAST_TO_INCLUDE, &group);
	cr_assert(eq(u32, t.net.mcast.groups.count, 0));
	cr_assert(not(timer_is_armed(&t.net.mcast.timer)));
}

HOST_TEST(igmp, a_socket_that_joins_and_ends_is_reported)
{
	struct udp_pcb *pcb;

	cr_assert(eq(int, udp_new(&t.udp, &pcb), 0));
	cr_assert(eq(int, udp_join(pcb, &group, t.eth->index), 0));
	settle();
	expect_record(0, MCAST_TO_EXCLUDE, &group);
	udp_free(pcb);
	settle();
	expect_record(1, MCAST_TO_INCLUDE, &group);
}

HOST_TEST(igmp, all_hosts_and_loopback_are_not_reported)
{
	struct inet_addr all = inet_from4(ALL_HOSTS);

	join(&all, t.eth->index);
	join(&group, t.lo->index);
	nettest_advance(&t, SEC(20));
	cr_assert(eq(sz, t.wire.nframes, 0));
	cr_assert(list_is_empty(&t.lo_link.looped));
	leave(&all, t.eth->index);
	leave(&group, t.lo->index);
	cr_assert(eq(u32, t.net.mcast.groups.count, 0));
}

static void join_quietly(const struct inet_addr *g)
{
	join(g, t.eth->index);
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
	cr_assert(timer_is_armed(&t.net.mcast.timer));
	cr_assert(le(u64, t.net.mcast.timer.when, t.eng.now + SEC(5)));
	nettest_advance(&t, SEC(5));
	cr_assert(eq(sz, t.wire.nframes, 1));
	cr_assert(eq(int, record(0, 0)->head.type, MCAST_IS_EXCLUDE));
	cr_assert(ip4_equal(record(0, 1)->group, inet_to4(&group)));
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
		delay = t.net.mcast.timer.when - t.eng.now;
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
	expect_record(0, MCAST_IS_EXCLUDE, &other);
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
	expect_record(0, MCAST_IS_INCLUDE, &group);
	cr_assert(eq(int, be16_get(record(0, 0)->head.nsources), 3));
	cr_assert(eq(int, ((const uint8_t *)(record(0, 0) + 1))[11], 2));
}

HOST_TEST(igmp, too_many_sources_are_a_question_about_the_group)
{
	join_quietly(&group);
	ask_v3((struct query){.from = NT_PEER,
			      .group = inet_to4(&group),
			      .unicast = true,
			      .code = 10,
			      .nsources = LIMIT_MCAST_ASKED + 1});
	nettest_advance(&t, SEC(1));
	expect_record(0, MCAST_IS_EXCLUDE, &group);
}

/* RFC 3376 7.2.1, RFC 2236: join, answer, leave. */
HOST_TEST(igmp, an_old_router_is_spoken_to_in_its_language)
{
	static const struct ip4_addr routers = {{224, 0, 0, 2}};

	cr_assert(eq(int, ask_old((struct query){.from = NT_PEER, .code = 100}),
		     DONE));
	join(&group, t.eth->index);
	settle();
	expect_old(0, IGMP_V2_REPORT, inet_to4(&group));
	nettest_advance(&t, SEC(10));
	cr_assert(eq(sz, t.wire.nframes, 2));
	ask_old((struct query){.from = NT_PEER, .code = 100});
	nettest_advance(&t, SEC(10));
	cr_assert(eq(sz, t.wire.nframes, 3));
	expect_old(2, IGMP_V2_REPORT, inet_to4(&group));
	leave(&group, t.eth->index);
	settle();
	expect_old(3, IGMP_V2_LEAVE, routers);
	nettest_advance(&t, SEC(30));
	cr_assert(eq(sz, t.wire.nframes, 4));
}

HOST_TEST(igmp, the_oldest_router_hears_reports_and_no_leave)
{
	ask_old((struct query){.from = NT_PEER, .no_alert = true});
	join(&group, t.eth->index);
	settle();
	expect_old(0, IGMP_V1_REPORT, inet_to4(&group));
	leave(&group, t.eth->index);
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
	join(&other, t.eth->index);
	settle();
	cr_assert(eq(int, *(const uint8_t *)nettest_sent_l4(&t, 0),
		     IP4_OPT_ROUTER_ALERT));
	cr_assert(eq(u32, t.net.mcast.links[1][MCAST_IP4].version, 2));
	nettest_advance(&t, SEC(20));
	leave(&other, t.eth->index);
	settle();
	cr_assert(eq(u32, t.net.mcast.links[1][MCAST_IP4].version, 3));
	expect_record(t.wire.nframes - 1, MCAST_TO_INCLUDE, &other);
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
	join(&group, t.eth->index);
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
	cr_assert(not(timer_is_armed(&t.net.mcast.timer)));
}

/* Every packet fits, and every record arrives. */
HOST_TEST(igmp, a_small_link_gets_several_reports)
{
	uint32_t records = 0;
	struct inet_addr g = group;

	t.eth->mtu = LIMIT_IP4_MTU_MIN;
	for (uint8_t i = 0; i < 20; i++) {
		g.b[15] = i;
		join(&g, t.eth->index);
	}
	settle();
	for (size_t i = 0; i < t.wire.nframes; i++) {
		const struct mcast_report_wire *r;
		size_t len;

		r = (const void *)message(i, &len);
		cr_assert(le(sz, len + 24, LIMIT_IP4_MTU_MIN));
		records += be16_get(r->nrecords);
	}
	cr_assert(eq(u32, records, 20));
}

static void wait_quietly(void)
{
	for (int i = 0; i < 8; i++)
		nettest_advance(&t, SEC(1));
	cr_assert(not(timer_is_armed(&t.net.mcast.timer)));
	nettest_forget_frames(&t);
}

/* RFC 3376 5.1: from some sources only; more, and fewer of them. */
HOST_TEST(igmp, sources_are_allowed_and_blocked)
{
	change("", "+a");
	settle();
	expect_record(0, MCAST_ALLOW, &group);
	expect_sources(0, 0, "a");
	nettest_advance(&t, SEC(1));
	cr_assert(eq(sz, t.wire.nframes, 2));
	expect_sources(1, 0, "a");
	wait_quietly();

	change("+a", "+ab");
	settle();
	expect_record(0, MCAST_ALLOW, &group);
	expect_sources(0, 0, "b");
	wait_quietly();

	change("+ab", "+bc");
	settle();
	expect_record(0, MCAST_ALLOW, &group);
	expect_sources(0, 0, "c");
	cr_assert(eq(int, record(0, 1)->head.type, MCAST_BLOCK));
	expect_sources(0, 1, "a");
	wait_quietly();

	change("+bc", "");
	settle();
	expect_record(0, MCAST_BLOCK, &group);
	expect_sources(0, 0, "bc");
	wait_quietly();
	cr_assert(eq(u32, t.net.mcast.groups.count, 0));
}

/* RFC 3376 3.2: the sum of several listeners, and how it changes. */
HOST_TEST(igmp, filters_of_listeners_are_added_up)
{
	change("", "+ab");
	wait_quietly();
	change("", "-bcd");
	settle();
	expect_record(0, MCAST_TO_EXCLUDE, &group);
	expect_sources(0, 0, "cd");
	wait_quietly();

	/* Whom all of them exclude. */
	change("", "-ce");
	settle();
	expect_record(0, MCAST_ALLOW, &group);
	expect_sources(0, 0, "d");
	wait_quietly();
	change("", "+c");
	settle();
	expect_record(0, MCAST_ALLOW, &group);
	expect_sources(0, 0, "c");
	wait_quietly();

	change("-bcd", "");
	settle();
	expect_record(0, MCAST_BLOCK, &group);
	expect_sources(0, 0, "e");
	wait_quietly();
	change("-ce", "");
	settle();
	expect_record(0, MCAST_TO_INCLUDE, &group);
	expect_sources(0, 0, "abc");
	wait_quietly();
	change("+ab", "");
	change("+c", "");
	wait_quietly();
	cr_assert(eq(u32, t.net.mcast.groups.count, 0));
}

/* What changes nothing of the sum is nobody's business. */
HOST_TEST(igmp, a_change_that_makes_no_difference_is_not_reported)
{
	change("", "-");
	wait_quietly();
	change("", "+ab");
	change("", "-a");
	change("+ab", "");
	settle();
	cr_assert(eq(sz, t.wire.nframes, 0));
	change("-a", "");
	change("-", "");
	wait_quietly();
}

/* RFC 3376 5.1: a report that waits is taken up by the next change. */
HOST_TEST(igmp, a_repetition_tells_what_holds_by_then)
{
	change("", "-");
	settle();
	change("-", "-a");
	settle();
	cr_assert(eq(sz, t.wire.nframes, 2));
	expect_record(1, MCAST_TO_EXCLUDE, &group);
	expect_sources(1, 0, "a");
	nettest_advance(&t, SEC(1));
	expect_record(2, MCAST_BLOCK, &group);
	expect_sources(2, 0, "a");
	nettest_advance(&t, SEC(1));
	cr_assert(eq(sz, t.wire.nframes, 3));
	change("-a", "");
	change("", "+a");
	settle();
	expect_record(3, MCAST_TO_INCLUDE, &group);
	expect_sources(3, 0, "a");
	change("+a", "");
	wait_quietly();
}

/* RFC 3376 5.2, rule 4. */
HOST_TEST(igmp, answers_name_the_sources)
{
	struct query q = {.from = NT_PEER,
			  .group = inet_to4(&group),
			  .unicast = true,
			  .code = 10};

	change("", "+\1\2");
	wait_quietly();
	ask_v3(q);
	nettest_advance(&t, SEC(1));
	expect_record(0, MCAST_IS_INCLUDE, &group);
	expect_sources(0, 0, "\1\2");
	q.nsources = 2;
	ask_v3(q);
	nettest_advance(&t, SEC(1));
	expect_record(1, MCAST_IS_INCLUDE, &group);
	expect_sources(1, 0, "\1");
	change("", "-\1\3");
	wait_quietly();
	q.nsources = 4;
	ask_v3(q);
	nettest_advance(&t, SEC(1));
	expect_record(0, MCAST_IS_INCLUDE, &group);
	cr_assert(eq(int, be16_get(record(0, 0)->head.nsources), 3));
	ask_v3((struct query){.from = NT_PEER, .code = 10});
	nettest_advance(&t, SEC(1));
	expect_record(1, MCAST_IS_EXCLUDE, &group);
	expect_sources(1, 0, "\3");
	change("-\1\3", "");
	change("+\1\2", "");
	wait_quietly();
}

/* Whom nobody wants is not answered for. */
HOST_TEST(igmp, a_question_about_unwanted_sources_has_no_answer)
{
	change("", "+z");
	wait_quietly();
	ask_v3((struct query){.from = NT_PEER,
			      .group = inet_to4(&group),
			      .unicast = true,
			      .code = 10,
			      .nsources = 3});
	nettest_advance(&t, SEC(2));
	cr_assert(eq(sz, t.wire.nframes, 0));
	change("+z", "");
	wait_quietly();
}

/* RFC 3376 7.2.1: who does not know of sources hears of the group. */
HOST_TEST(igmp, an_old_router_is_told_of_no_sources)
{
	ask_old((struct query){.from = NT_PEER, .code = 100});
	change("", "+a");
	settle();
	expect_old(0, IGMP_V2_REPORT, inet_to4(&group));
	nettest_advance(&t, SEC(10));
	nettest_forget_frames(&t);
	change("+a", "+ab");
	change("+ab", "-");
	nettest_advance(&t, SEC(20));
	cr_assert(eq(sz, t.wire.nframes, 0));
	change("-", "");
	settle();
	expect_old(0, IGMP_V2_LEAVE, (struct ip4_addr){{224, 0, 0, 2}});
}

/* A link that was down: who is behind it has heard nothing. */
HOST_TEST(igmp, all_is_said_again_when_the_link_comes_up)
{
	join(&group, t.eth->index);
	net_settle(&t.net);
	wait_quietly();
	iface_set_down(t.eth, true);
	net_settle(&t.net);
	settle();
	cr_assert(eq(sz, t.wire.nframes, 0));
	iface_set_down(t.eth, false);
	net_settle(&t.net);
	settle();
	cr_assert(eq(sz, t.wire.nframes, 1));
	expect_record(0, MCAST_TO_EXCLUDE, &group);
	leave(&group, t.eth->index);
	wait_quietly();
}

HOST_TEST(igmp, a_long_list_of_sources_becomes_records)
{
	struct inet_addr source = inet_from4(ip4_make(10, 0, 1, 1));
	struct mcast_report r;
	int n = 0;

	t.eth->mtu = LIMIT_IP4_MTU_MIN;
	mcast_report_init(&r, t.eth, true);
	mcast_report_add(&r, MCAST_IS_INCLUDE, &group, 20);
	for (int i = 0; i < 20; i++)
		mcast_report_source(&r, &source);
	mcast_report_flush(&r);
	for (size_t i = 0; i < t.wire.nframes; i++)
		n += be16_get(record(i, 0)->head.nsources);
	cr_assert(eq(int, n, 20));
}

/* RFC 3376 4.2.16: the rest of what is not wanted would replace the first. */
HOST_TEST(igmp, a_long_list_of_unwanted_sources_is_cut)
{
	struct inet_addr source = inet_from4(ip4_make(10, 0, 1, 1));
	struct mcast_report r;

	t.eth->mtu = LIMIT_IP4_MTU_MIN;
	mcast_report_init(&r, t.eth, true);
	mcast_report_add(&r, MCAST_TO_EXCLUDE, &group, 20);
	for (int i = 0; i < 20; i++)
		mcast_report_source(&r, &source);
	mcast_report_flush(&r);
	cr_assert(eq(sz, t.wire.nframes, 1));
	cr_assert(lt(int, be16_get(record(0, 0)->head.nsources), 20));
}

/* A report whose counts say more than its length; nothing is read behind it. */
HOST_TEST(igmp, records_that_are_not_there_are_dropped)
{
	struct query to = {.from = NT_PEER};
	uint8_t bytes[16] = {
		IGMP_V3_REPORT, [7] = 1, [8] = MCAST_IS_EXCLUDE, [12] = 239};

	cr_assert(eq(int, give(&to, bytes, sizeof(bytes)), DONE));
	bytes[6] = 777 >> 8, bytes[7] = 777 & 0xff;
	cr_assert(eq(int, give(&to, bytes, sizeof(bytes)), DROP_IGMP_FORMAT));
	bytes[6] = 0, bytes[7] = 1;
	bytes[10] = 777 >> 8, bytes[11] = 777 & 0xff;
	cr_assert(eq(int, give(&to, bytes, sizeof(bytes)), DROP_IGMP_FORMAT));
	bytes[10] = 0, bytes[11] = 0, bytes[9] = 1;
	cr_assert(eq(int, give(&to, bytes, sizeof(bytes)), DROP_IGMP_FORMAT));
	bytes[9] = 0;
	for (size_t len = 8; len < sizeof(bytes); len++)
		cr_expect(eq(int, give(&to, bytes, len), DROP_IGMP_FORMAT),
			  "%zu bytes", len);
}

/* After a death inside: what sockets have joined is said again. */
HOST_TEST(igmp, rebuilt_from_what_sockets_have)
{
	struct udp_pcb *pcb;

	cr_assert(eq(int, udp_new(&t.udp, &pcb), 0));
	cr_assert(eq(int, udp_join(pcb, &group, t.eth->index), 0));
	wait_quietly();
	mcast_fini(&t.net.mcast);
	mcast_rebuild(&t.net.mcast);
	udp_group_rebuild(pcb);
	settle();
	cr_assert(eq(sz, t.wire.nframes, 1));
	expect_record(0, MCAST_TO_EXCLUDE, &group);
	udp_free(pcb);
	wait_quietly();
	cr_assert(eq(u32, t.net.mcast.groups.count, 0));
}
