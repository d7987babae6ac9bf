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
