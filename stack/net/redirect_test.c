/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * redirect_test.c - proves redirect.c, and who is believed: both versions.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "testkit/nettest.h"

static struct nettest t;

static const struct ip4_addr FAR = {{192, 0, 2, 1}};
static const struct ip4_addr BETTER = {{10, 0, 0, 9}};
static const struct inet_addr FAR6 = {{0x20, 1, 0xd, 0xb8, [15] = 1}};
static const struct inet_addr ROUTER6 = {{0xfe, 0x80, [15] = 1}};
static const struct inet_addr BETTER6 = {{0xfe, 0x80, [15] = 9}};

static void open_host(void)
{
	struct inet_prefix local = {{{0xfe, 0x80, [15] = 2}}, 64};
	struct route r = {.ifindex = 2, .gateway = ROUTER6};

	nettest_open(&t);
	nettest_connect(&t);
	nettest_connect6(&t);
	cr_assert(eq(int, iface_add_addr(t.eth, &local), 0));
	r.metric = 0;
	r.dst.bits = 3;
	r.dst.addr.b[0] = 0x20;
	cr_assert(eq(int, route_add(&t.net, &r), 0));
}

static void close_host(void)
{
	nettest_close(&t);
}

static struct inet_addr hop_to(const struct inet_addr *dst)
{
	struct path path;

	cr_assert(eq(int, route_lookup(&t.net, dst, NULL, &path), 0));
	return path.next_hop;
}

/* A redirect for what we sent to FAR. */
static enum verdict give4(struct ip4_addr from, struct ip4_addr hop)
{
	struct nettest_ip h = {
		.src = from, .dst = NT_US, .proto = IP_PROTO_ICMP};
	struct {
		struct icmp_wire icmp;
		struct ip4_wire ip;
		uint8_t l4[8];
	} m = {.icmp = {.type = ICMP4_REDIRECT, .code = 1},
	       .ip = {.ver_ihl = 0x45,
		      .proto = IP_PROTO_UDP,
		      .src = NT_US,
		      .dst = FAR}};

	memcpy(&m.icmp.id, hop.b, 4);
	m.icmp.cksum = cksum(&m, sizeof(m));
	return nettest_give(&t, t.eth, nettest_pkt(&t, &h, &m, sizeof(m)));
}

static enum verdict give6(const struct inet_addr *from,
			  const struct inet_addr *hop, size_t cut)
{
	struct nettest_ip6 h = {
		.src = from, .next = IP_PROTO_ICMP6, .hops = 255};
	struct {
		struct nd_redirect_wire nd;
		uint8_t option[8];
	} m = {.nd = {.icmp = {.type = ICMP6_REDIRECT},
		      .target = *hop,
		      .dst = FAR6},
	       .option = {ND_OPT_TARGET_LL, 1, 2, 0, 0, 0, 0, 9}};

	nettest_sum6(&h, &m, cut);
	return nettest_give6(&t, t.eth, nettest_pkt6(&t, &h, &m, cut));
}

enum { WHOLE6 = sizeof(struct nd_redirect_wire) + 8 };

/* RFC 1122 3.2.2.2 */
HOST_TEST(redirect, the_gateway_in_use_is_believed_for_a_while)
{
	struct inet_addr far = inet_from4(FAR), better = inet_from4(BETTER);
	struct inet_addr hop = hop_to(&far), gateway = inet_from4(NT_PEER);

	cr_assert(inet_equal(&hop, &gateway));
	cr_assert(eq(int, give4(NT_PEER, BETTER), DONE));
	hop = hop_to(&far);
	cr_assert(inet_equal(&hop, &better));
	nettest_advance(&t, LIMIT_REDIRECT_US);
	hop = hop_to(&far);
	cr_assert(inet_equal(&hop, &gateway));
}

HOST_TEST(redirect, others_and_impossible_hops_are_not_believed)
{
	static const struct ip4_addr other = {{10, 0, 0, 7}};
	static const struct ip4_addr beyond = {{10, 0, 1, 1}};

	cr_assert(eq(int, give4(other, BETTER), DROP_ICMP_REDIRECT));
	cr_assert(eq(int, give4(NT_PEER, beyond), DROP_ICMP_REDIRECT));
	cr_assert(eq(int, give4(NT_PEER, NT_US), DROP_ICMP_REDIRECT));
	cr_assert(eq(int, give4(NT_PEER, NT_BROADCAST), DROP_ICMP_REDIRECT));
	cr_assert(eq(u32, t.net.redirects.live, 0));
}

/* RFC 4861 8.1: from the router we use, and to nobody else's hop. */
HOST_TEST(redirect, ipv6_only_from_the_current_first_hop)
{
	struct inet_addr hop, global = {{0x20, 1, 0xd, 0xb8, [15] = 9}};

	cr_assert(eq(int, give6(&NT_PEER6, &BETTER6, WHOLE6), DROP_ND_FORMAT));
	cr_assert(
		eq(int, give6(&BETTER6, &BETTER6, WHOLE6), DROP_ICMP_REDIRECT));
	cr_assert(
		eq(int, give6(&ROUTER6, &global, WHOLE6), DROP_ICMP_REDIRECT));
	for (size_t cut = 8; cut < WHOLE6; cut++) {
		if (cut == sizeof(struct nd_redirect_wire))
			continue;
		cr_assert(eq(int, give6(&ROUTER6, &BETTER6, cut),
			     DROP_ND_FORMAT));
	}
	cr_assert(eq(u32, t.net.redirects.live, 0));

	cr_assert(eq(int, give6(&ROUTER6, &BETTER6, WHOLE6), DONE));
	hop = hop_to(&FAR6);
	cr_assert(inet_equal(&hop, &BETTER6));
	/* RFC 4861 8.3: its link address came along. */
	cr_assert(eq(u8, neigh_find(&t.eth->neigh, &BETTER6)->mac.b[5], 9));
	/* The destination itself may be a neighbour; now BETTER6 may say so. */
	cr_assert(eq(int, give6(&ROUTER6, &FAR6, WHOLE6), DROP_ICMP_REDIRECT));
	cr_assert(eq(int, give6(&BETTER6, &FAR6, WHOLE6), DONE));
	hop = hop_to(&FAR6);
	cr_assert(inet_equal(&hop, &FAR6));
}

HOST_TEST(redirect, a_hop_that_does_not_answer_is_forgotten)
{
	struct inet_addr far = inet_from4(FAR), gateway = inet_from4(NT_PEER);
	struct ip_how how = {.dst = far, .proto = 99};
	struct inet_addr hop;
	struct tx tx;

	cr_assert(eq(int, give4(NT_PEER, BETTER), DONE));
	tx_init(&tx);
	memcpy(tx_push(&tx, 4), "abcd", 4);
	cr_assert(eq(int, ip_output(&t.net, &tx, &how), 0));
	for (int i = 0; i < LIMIT_NEIGH_TRIES; i++)
		nettest_advance(&t, LIMIT_NEIGH_RETRANS_US);
	hop = hop_to(&far);
	cr_assert(inet_equal(&hop, &gateway));
	cr_assert(eq(u32, t.net.redirects.live, 0));
}

HOST_TEST(redirect, a_flood_stays_bounded)
{
	struct inet_addr from = inet_from4(NT_PEER), hop = inet_from4(BETTER);

	for (uint32_t i = 0; i < 10000; i++) {
		struct inet_addr dst = inet_from4(ip4_from_u32(0xc6120000 + i));

		cr_assert(redirect_learn(t.eth, &from, &dst, &hop));
	}
	cr_assert(le(u32, t.net.redirects.live, LIMIT_REDIRECTS));
}
