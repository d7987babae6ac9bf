/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * nd_router_test.c - proves nd_router.c: routers come, go, and are chosen.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "nd_router.h"
#include "testkit/nettest.h"

static struct nettest t;

static const struct inet_addr FAR = {{0x20, 1, 0xd, 0xb8, [15] = 1}};
static const struct inet_addr ONLINK = {{0x20, 1, 0xd, 0xb8, 0, 7, [15] = 5}};
static const struct inet_addr ONE = {{0xfe, 0x80, [15] = 1}};
static const struct inet_addr TWO = {{0xfe, 0x80, [15] = 2}};

static void open_host(void)
{
	struct inet_prefix local = {{{0xfe, 0x80, [15] = 0x55}}, 64};
	struct inet_prefix ours = {NT_US6, 64};

	nettest_open(&t);
	cr_assert(eq(int, iface_add_addr(t.eth, &local), 0));
	cr_assert(eq(int, iface_add_addr(t.eth, &ours), 0));
}

static void close_host(void)
{
	nettest_close(&t);
}

enum { HIGH = 1 << 19, LOW = 3 << 19 };

struct advert {
	struct nd_router_wire ra;
	uint8_t ll[8];
	struct nd_prefix_wire prefix;
};

static enum verdict give_cut(const struct inet_addr *from, uint32_t word,
			     uint8_t flags, uint32_t valid, size_t cut)
{
	static const struct inet_addr all_nodes = {{0xff, 2, [15] = 1}};
	struct nettest_ip6 h = {.src = from,
				.dst = &all_nodes,
				.next = IP_PROTO_ICMP6,
				.hops = 255};
	struct advert m = {
		.ra = {.icmp = {.type = ICMP6_ROUTER_ADVERT,
				.word = be32_make(word)}},
		.ll = {ND_OPT_SOURCE_LL, 1, 2, 0, 0, 0, 0, from->b[15]},
		.prefix = {.type = ND_OPT_PREFIX,
			   .len = 4,
			   .bits = 64,
			   .flags = flags,
			   .valid_s = be32_make(valid),
			   .prefix = ONLINK},
	};

	nettest_sum6(&h, &m, cut);
	return nettest_give6(&t, t.eth, nettest_pkt6(&t, &h, &m, cut));
}

static enum verdict give(const struct inet_addr *from, uint32_t word)
{
	return give_cut(from, word, 0, 0, sizeof(struct advert));
}

/* The first hop to FAR; :: when there is none. */
static struct inet_addr hop_to(const struct inet_addr *dst)
{
	struct inet_addr none = {{0}};
	struct path path;

	return route_lookup(&t.net, dst, NULL, &path) < 0 ? none
							  : path.next_hop;
}

static bool goes_by(const struct inet_addr *hop)
{
	struct inet_addr is = hop_to(&FAR);

	return inet_equal(&is, hop);
}

/* RFC 4861 6.3.4 */
HOST_TEST(nd_router, a_router_serves_for_its_lifetime)
{
	struct inet_addr none = {{0}};

	cr_assert(goes_by(&none));
	cr_assert(eq(int, give(&ONE, 1800), DONE));
	cr_assert(goes_by(&ONE));
	cr_assert(ne(ptr, neigh_find(&t.eth->neigh, &ONE), NULL));
	nettest_advance(&t, SEC(1799));
	cr_assert(goes_by(&ONE));
	nettest_advance(&t, SEC(1));
	cr_assert(goes_by(&none));
}

HOST_TEST(nd_router, lifetime_zero_removes)
{
	struct inet_addr none = {{0}};

	cr_assert(eq(int, give(&ONE, 1800), DONE));
	cr_assert(eq(int, give(&ONE, 0), DONE));
	cr_assert(goes_by(&none));
}

/* RFC 4191 3.2 */
HOST_TEST(nd_router, preference_decides)
{
	give(&ONE, 1800 | LOW);
	give(&TWO, 1800);
	cr_assert(goes_by(&TWO));
	give(&ONE, 1800 | HIGH);
	cr_assert(goes_by(&ONE));
}

/* RFC 4861 6.3.6 */
HOST_TEST(nd_router, a_router_that_is_dead_is_not_chosen)
{
	struct ip_how how = {.dst = FAR, .proto = 99};
	struct tx tx;

	give(&ONE, 1800 | HIGH);
	give(&TWO, 1800);
	cr_assert(eq(int, neigh_delete(&t.eth->neigh, &ONE), 0));
	tx_init(&tx);
	memcpy(tx_push(&tx, 4), "abcd", 4);
	cr_assert(eq(int, ip_output(&t.net, &tx, &how), 0));
	for (int i = 0; i < LIMIT_NEIGH_TRIES; i++)
		nettest_advance(&t, LIMIT_NEIGH_RETRANS_US);
	cr_assert(goes_by(&TWO));
}

HOST_TEST(nd_router, only_the_l_flag_puts_a_prefix_on_the_link)
{
	struct inet_addr hop;

	give_cut(&ONE, 1800, ND_PREFIX_AUTO, 100, sizeof(struct advert));
	hop = hop_to(&ONLINK);
	cr_assert(inet_equal(&hop, &ONE));
	give_cut(&ONE, 1800, ND_PREFIX_ONLINK, 100, sizeof(struct advert));
	hop = hop_to(&ONLINK);
	cr_assert(inet_equal(&hop, &ONLINK));
	nettest_advance(&t, SEC(100));
	hop = hop_to(&ONLINK);
	cr_assert(inet_equal(&hop, &ONE));
}

HOST_TEST(nd_router, every_truncation_and_others_than_routers_are_refused)
{
	for (size_t cut = 8; cut < sizeof(struct advert); cut++) {
		if (cut == sizeof(struct nd_router_wire) ||
		    cut == sizeof(struct nd_router_wire) + 8)
			continue;
		cr_assert(eq(int, give_cut(&ONE, 1800, 0, 0, cut),
			     DROP_ND_FORMAT));
	}
	cr_assert(eq(int, give(&NT_PEER6, 1800), DROP_ND_FORMAT));
	cr_assert(eq(u32, t.eth->neigh.count, 0));
}

HOST_TEST(nd_router, a_flood_of_routers_leaves_the_first)
{
	struct inet_addr liar = {{0xfe, 0x80, [8] = 1}};

	give(&ONE, 1800);
	for (int i = 0; i < 200; i++) {
		liar.b[15] = (uint8_t)i;
		give(&liar, 1800);
	}
	cr_assert(goes_by(&ONE));
}

/* --- options and what holds for the link --------------------------------- */

/* An advertisement of ONE with one option. */
static enum verdict say(struct nd_router_wire ra, const void *option,
			size_t len)
{
	static const struct inet_addr all_nodes = {{0xff, 2, [15] = 1}};
	struct nettest_ip6 h = {.src = &ONE,
				.dst = &all_nodes,
				.next = IP_PROTO_ICMP6,
				.hops = 255};
	uint8_t m[256];

	ra.icmp.type = ICMP6_ROUTER_ADVERT;
	memcpy(m, &ra, sizeof(ra));
	if (len)
		memcpy(m + sizeof(ra), option, len);
	nettest_sum6(&h, m, sizeof(ra) + len);
	return nettest_give6(&t, t.eth,
			     nettest_pkt6(&t, &h, m, sizeof(ra) + len));
}

static void say_link(uint32_t hops, uint32_t reachable_ms, uint32_t retrans_ms)
{
	struct nd_router_wire ra = {
		.icmp = {.word = be32_make(hops << 24 | 1800)},
		.reachable_ms = be32_make(reachable_ms),
		.retrans_ms = be32_make(retrans_ms)};

	cr_assert(eq(int, say(ra, NULL, 0), DONE));
}

static void say_option(const void *option, size_t len)
{
	struct nd_router_wire ra = {.icmp = {.word = be32_make(1800)}};

	cr_assert(eq(int, say(ra, option, len), DONE));
}

/* RFC 4861 6.3.4 */
HOST_TEST(nd_router, values_for_the_link_are_taken)
{
	struct ip_how how = {.dst = NT_PEER6, .proto = 99};
	struct tx tx;

	neigh_learn(&t.eth->neigh, &NT_PEER6, &NT_PEER_MAC);
	say_link(77, 40000, 2000);
	cr_assert(eq(u64, t.eth->neigh.retrans6_us, SEC(2)));
	cr_assert(ge(u64, t.eth->neigh.reachable6_us, SEC(20)));
	cr_assert(le(u64, t.eth->neigh.reachable6_us, SEC(60)));
	say_link(0, 0, 0);
	cr_assert(eq(u64, t.eth->neigh.retrans6_us, SEC(2)));
	nettest_forget_frames(&t);
	tx_init(&tx);
	memcpy(tx_push(&tx, 4), "abcd", 4);
	cr_assert(eq(int, ip_output(&t.net, &tx, &how), 0));
	cr_assert(eq(u8, nettest_sent_ip6(&t, 0)->hop_limit, 77));
}

HOST_TEST(nd_router, values_that_would_do_harm_are_not_taken)
{
	say_link(1, 1, 1);
	say_link(2, UINT32_MAX, UINT32_MAX);
	cr_assert(eq(u8, t.eth->hops6, 0));
	cr_assert(eq(u64, t.eth->neigh.retrans6_us, LIMIT_NEIGH_RETRANS_US));
	cr_assert(
		eq(u64, t.eth->neigh.reachable6_us, LIMIT_NEIGH_REACHABLE_US));
}

HOST_TEST(nd_router, the_mtu_may_be_lowered)
{
	struct nd_mtu_wire o = {ND_OPT_MTU, 1, be16_make(0), be32_make(1400)};
	struct path path;

	say_option(&o, sizeof(o));
	cr_assert(eq(int, route_lookup(&t.net, &FAR, NULL, &path), 0));
	cr_assert(eq(u32, path.mtu, 1400));
	o.mtu = be32_make(1279);
	say_option(&o, sizeof(o));
	o.mtu = be32_make(1501);
	say_option(&o, sizeof(o));
	cr_assert(eq(int, route_lookup(&t.net, &FAR, NULL, &path), 0));
	cr_assert(eq(u32, path.mtu, 1400));
	cr_assert(eq(u32,
		     iface_mtu(t.eth, &(struct inet_addr){{[10] = 0xff, 0xff}}),
		     NETTEST_MTU));
}

struct route_option {
	struct nd_route_wire w;
	struct inet_addr prefix;
};

static struct route_option option(uint8_t len, uint8_t bits, uint8_t flags,
				  uint32_t seconds)
{
	return (struct route_option){
		{ND_OPT_ROUTE, len, bits, flags, be32_make(seconds)}, FAR};
}

/* RFC 4191 2.3, 3.1 */
HOST_TEST(nd_router, routes_behind_routers)
{
	struct route_option o = option(2, 64, 0, 100);
	struct inet_addr hop;

	give(&TWO, 1800);
	say_option(&o, 16);
	give(&ONE, 0);
	/* Not a default router, but the way to FAR. */
	cr_assert(goes_by(&ONE));
	hop = hop_to(&ONLINK);
	cr_assert(inet_equal(&hop, &TWO));
	nettest_advance(&t, SEC(100));
	cr_assert(goes_by(&TWO));
}

HOST_TEST(nd_router, a_route_of_length_zero_is_the_default_one)
{
	struct route_option o = option(1, 0, 1 << 3, 100);

	give(&TWO, 1800);
	say_option(&o, 8);
	cr_assert(goes_by(&ONE));
	nettest_advance(&t, SEC(100));
	cr_assert(goes_by(&TWO));
}

HOST_TEST(nd_router, impossible_routes_are_not_taken)
{
	static const struct {
		uint8_t len, bits, flags;
	} wrong[] = {
		{2, 65, 0}, {3, 129, 0}, {1, 1, 0},
		{4, 64, 0}, {2, 255, 0}, {2, 64, 2 << 3},
	};
	uint8_t padded[32] = {0};

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct route_option o = option(wrong[i].len, wrong[i].bits,
					       wrong[i].flags, 100);

		memcpy(padded, &o, sizeof(o));
		say_option(padded, (size_t)wrong[i].len * 8);
	}
	for (size_t i = 0; i < LIMIT_ND_ROUTES; i++)
		cr_assert(eq(u32, t.net.nd_routes.r[i].ifindex, 0));
}

HOST_TEST(nd_router, impossible_prefixes_are_not_taken)
{
	struct nd_prefix_wire w = {ND_OPT_PREFIX,
				   4,
				   129,
				   0xc0,
				   be32_make(1000),
				   be32_make(1000),
				   be32_make(0),
				   ONLINK};
	uint32_t naddrs;

	cr_assert(eq(int, auto6_start(t.eth, true), 0));
	naddrs = t.eth->naddrs;
	say_option(&w, sizeof(w));
	w.bits = 0;
	say_option(&w, sizeof(w));
	w.bits = 64;
	w.prefix = (struct inet_addr){{0xfe, 0x80}};
	say_option(&w, sizeof(w));
	w.prefix = (struct inet_addr){{0xff, 2}};
	say_option(&w, sizeof(w));
	cr_assert(eq(u32, t.eth->naddrs, naddrs));
	for (size_t i = 0; i < LIMIT_ND_ROUTES; i++)
		cr_assert(eq(u32, t.net.nd_routes.r[i].ifindex, 0));
}

/* Only where it was asked for. */
HOST_TEST(nd_router, the_a_flag_makes_addresses)
{
	struct nd_prefix_wire w = {ND_OPT_PREFIX,
				   4,
				   64,
				   ND_PREFIX_AUTO,
				   be32_make(1000),
				   be32_make(500),
				   be32_make(0),
				   ONLINK};
	uint32_t naddrs = t.eth->naddrs;

	say_option(&w, sizeof(w));
	cr_assert(eq(u32, t.eth->naddrs, naddrs));
	cr_assert(eq(int, auto6_start(t.eth, true), 0));
	naddrs = t.eth->naddrs;
	say_option(&w, sizeof(w));
	/* A stable and a temporary one. */
	cr_assert(eq(u32, t.eth->naddrs, naddrs + 2));
	w.flags = ND_PREFIX_ONLINK;
	w.prefix.b[5] = 9;
	say_option(&w, sizeof(w));
	cr_assert(eq(u32, t.eth->naddrs, naddrs + 2));
}

/* RFC 8106 5.1, 5.2 */
HOST_TEST(nd_router, name_servers_and_domains)
{
	static const uint8_t servers[] = {25,   3, 0,   0,    0, 0, 0, 100,
					  0x20, 1, 0xd, 0xb8, 0, 0, 0, 0,
					  0,    0, 0,   0,    0, 0, 0, 53};
	static const uint8_t names[] = {31, 2,   0,   0,   0, 0, 0, 100,
					3,  'l', 'a', 'n', 0, 0, 0, 0};
	static const uint8_t even[32] = {25, 4,   0,    0, 0,        0,
					 0,  100, 0x20, 1, [23] = 99};

	say_option(servers, sizeof(servers));
	cr_assert(eq(int, nameservers_get(&t.net, 0) != NULL, 0));
	cr_assert(eq(int, auto6_start(t.eth, false), 0));
	say_option(even, sizeof(even));
	cr_assert(eq(int, nameservers_get(&t.net, 0) != NULL, 0));
	say_option(servers, sizeof(servers));
	say_option(names, sizeof(names));
	cr_assert(eq(int, nameservers_get(&t.net, 0)->addr.b[15], 53));
	cr_assert(eq(str, (char *)nameservers_get_domain(&t.net, 0)->name,
		     "lan"));
}

/* RFC 4861 6.3 is about hosts; an uplink of a router may ask for it. */
HOST_TEST(nd_router, a_router_listens_only_where_it_was_told_to)
{
	struct inet_addr none = {{0}};

	t.net.forwards = true;
	cr_assert(eq(int, give(&ONE, 1800), DROP_ND_NOT_OURS));
	cr_assert(goes_by(&none));
	cr_assert(eq(int, auto6_start(t.eth, false), 0));
	cr_assert(eq(int, give(&ONE, 1800), DONE));
	cr_assert(goes_by(&ONE));
}
