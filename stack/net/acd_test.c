/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * acd_test.c - proves acd.c: RFC 5227's counts and times, and who gives up
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "acd.h"
#include "testkit/testlan.h"

static struct lan *lan;

static void open_lan(void)
{
	lan = lan_open(0);
}

static void close_lan(void)
{
	cr_assert(eq(sz, lan_close(lan), 0));
}

TestSuite(acd, .init = open_lan, .fini = close_lan);

static const struct eth_addr peer = {{2, 0, 0, 0, 0, 2}};
static const struct ip4_addr nobody_ip = {{0, 0, 0, 0}};
static const struct ip4_addr NEW_IP = {{10, 0, 0, 7}};
static const struct ip4_addr LL_IP = {{169, 254, 7, 7}};

static struct iface_addr *entry(struct ip4_addr ip)
{
	struct inet_addr a = inet_from4(ip);

	return iface_find(lan->ifp, &a);
}

static bool is_ours(struct ip4_addr ip)
{
	struct inet_addr a = inet_from4(ip);

	return iface_owns(lan->ifp, &a);
}

/* As boot.c does with an address of NSSHIM_ADDR. */
static void configure(struct ip4_addr ip)
{
	struct inet_prefix p = {inet_from4(ip), 120};

	cr_assert(eq(int, iface_add_addr(lan->ifp, &p), 0));
	acd_watch(lan->ifp, &p.addr);
}

static void add(struct ip4_addr ip, enum iface_addr_origin origin)
{
	struct inet_prefix p = {inet_from4(ip), 120};

	cr_assert(eq(int, acd_add(lan->ifp, &p, origin), 0));
}

static void give(uint16_t op, struct ip4_addr sender, struct ip4_addr target)
{
	uint8_t frame[64];
	size_t len = lan_arp(frame, op, ETH_BROADCAST, peer, sender, target);

	lan_give(lan, frame, len);
}

static const struct arp_wire *sent(uint32_t i)
{
	return (const struct arp_wire *)(lan->sent[i].b +
					 sizeof(struct eth_wire));
}

static bool is_probe(uint32_t i, struct ip4_addr ip)
{
	return i < lan->nsent && !ip4_u32(sent(i)->sender_ip) &&
	       ip4_equal(sent(i)->target_ip, ip);
}

static bool is_announcement(uint32_t i, struct ip4_addr ip)
{
	return i < lan->nsent && ip4_equal(sent(i)->sender_ip, ip) &&
	       ip4_equal(sent(i)->target_ip, ip);
}

/* To the next thing that `a` has to do; how long that was. */
static usecs to_next(const struct iface_addr *a)
{
	usecs pause = a->next - lan->eng.now;

	lan_advance(lan, pause);
	return pause;
}

/* It is that long until the next thing. */
static void expect_next(const struct iface_addr *a, usecs from, usecs to)
{
	usecs pause = to_next(a);

	cr_expect(pause >= from && pause <= to, "%lld us", (long long)pause);
}

/* RFC 5227 1.1 and 2.1.1: PROBE_WAIT, PROBE_NUM, PROBE_MIN, PROBE_MAX,
 * ANNOUNCE_WAIT, ANNOUNCE_NUM, ANNOUNCE_INTERVAL. */
Test(acd, an_address_is_probed_three_times_and_announced_twice)
{
	struct iface_addr *a;

	add(LL_IP, ADDR_LINK_LOCAL);
	a = entry(LL_IP);
	cr_expect(zero(u32, lan->nsent), "hosts that start together wait");
	expect_next(a, 0, SEC(1));
	expect_next(a, SEC(1), SEC(2));
	expect_next(a, SEC(1), SEC(2));
	cr_assert(eq(u32, lan->nsent, 3));
	for (uint32_t i = 0; i < 3; i++)
		cr_expect(is_probe(i, LL_IP), "%u", i);
	cr_expect(not(is_ours(LL_IP)));
	expect_next(a, SEC(2), SEC(2));
	cr_expect(is_ours(LL_IP));
	expect_next(a, SEC(2), SEC(2));
	cr_assert(eq(u32, lan->nsent, 5));
	cr_expect(is_announcement(3, LL_IP));
	cr_expect(is_announcement(4, LL_IP));
	lan_advance(lan, SEC(3600));
	cr_expect(eq(u32, lan->nsent, 5), "and then it is quiet");
}

/* Two hosts with other random numbers do not keep step. */
Test(acd, pauses_are_random)
{
	usecs first, second;

	add(LL_IP, ADDR_LINK_LOCAL);
	to_next(entry(LL_IP));
	first = to_next(entry(LL_IP));
	second = to_next(entry(LL_IP));
	cr_expect(ne(i64, first, second));
}

/* Nobody answers for it, and nothing is sent from it. */
Test(acd, nothing_is_answered_for_an_address_that_is_probed)
{
	add(LL_IP, ADDR_LINK_LOCAL);
	give(ARP_OP_REQUEST, LAN_PEER_IP, LL_IP);
	cr_expect(zero(u32, lan->nsent));
	cr_expect(not(is_ours(LL_IP)));
}

Test(acd, an_answer_to_a_probe_is_believed)
{
	add(LL_IP, ADDR_LINK_LOCAL);
	to_next(entry(LL_IP));
	give(ARP_OP_REPLY, LL_IP, nobody_ip);
	cr_expect(eq(u64, lan->eng.stats.count[STAT_ARP_CONFLICTS], 1));
	lan_advance(lan, SEC(10));
	cr_expect(not(is_ours(LL_IP)));
	cr_expect(is_ours(LAN_OUR_IP));
}

/* RFC 5227 2.1.1: any ARP from it counts, requests for others too. */
Test(acd, a_question_from_the_address_is_believed)
{
	add(LL_IP, ADDR_LINK_LOCAL);
	give(ARP_OP_REQUEST, LL_IP, LAN_PEER_IP);
	lan_advance(lan, SEC(10));
	cr_expect(not(is_ours(LL_IP)));
}

Test(acd, another_probe_for_the_same_address_is_a_conflict)
{
	add(LL_IP, ADDR_LINK_LOCAL);
	give(ARP_OP_REQUEST, nobody_ip, LL_IP);
	lan_advance(lan, SEC(10));
	cr_expect(not(is_ours(LL_IP)));
}

/* RFC 5227 2.5: who has it says so. */
Test(acd, a_probe_for_an_address_in_use_is_answered)
{
	configure(NEW_IP);
	lan_advance(lan, SEC(30));
	lan->nsent = 0;
	give(ARP_OP_REQUEST, nobody_ip, NEW_IP);
	cr_assert(eq(u32, lan->nsent, 1));
	cr_expect(eq(int, be16_get(sent(0)->op), ARP_OP_REPLY));
	cr_expect(is_ours(NEW_IP));
}

/* A switch that sends our own frames back. */
Test(acd, our_own_probe_is_no_conflict)
{
	uint8_t frame[64];
	size_t len;

	add(LL_IP, ADDR_LINK_LOCAL);
	len = lan_arp(frame, ARP_OP_REQUEST, ETH_BROADCAST, LAN_OUR_MAC,
		      nobody_ip, LL_IP);
	lan_give(lan, frame, len);
	lan_advance(lan, SEC(10));
	cr_expect(is_ours(LL_IP));
}

/* --- a configured address ------------------------------------------------ */

Test(acd, a_configured_address_is_used_at_once_and_probed_meanwhile)
{
	configure(NEW_IP);
	cr_expect(is_ours(NEW_IP));
	cr_expect(is_announcement(0, NEW_IP));
	cr_expect(is_probe(1, NEW_IP));
	lan_advance(lan, SEC(30));
	cr_assert(eq(u32, lan->nsent, 6));
	cr_expect(is_probe(2, NEW_IP));
	cr_expect(is_probe(3, NEW_IP));
	cr_expect(is_announcement(4, NEW_IP));
	cr_expect(is_announcement(5, NEW_IP));
	cr_expect(is_ours(NEW_IP));
}

Test(acd, a_conflict_takes_one_of_several_addresses)
{
	configure(NEW_IP);
	configure(ip4_make(10, 0, 0, 8));
	give(ARP_OP_REPLY, NEW_IP, nobody_ip);
	cr_expect(not(is_ours(NEW_IP)));
	cr_expect(eq(int, entry(NEW_IP)->phase, ADDR_DUPLICATE));
	lan_advance(lan, SEC(30));
	cr_expect(is_ours(ip4_make(10, 0, 0, 8)));
	cr_expect(is_ours(LAN_OUR_IP));
	cr_expect(not(is_ours(NEW_IP)));
}

/* Whose it is can be talked to then. */
Test(acd, the_owner_of_a_lost_address_is_a_neighbour)
{
	struct inet_addr lost = inet_from4(NEW_IP);

	configure(NEW_IP);
	give(ARP_OP_REPLY, NEW_IP, nobody_ip);
	give(ARP_OP_REQUEST, NEW_IP, LAN_OUR_IP);
	cr_assert(ne(ptr, neigh_find(&lan->ifp->neigh, &lost), NULL));
}

/* RFC 5227 2.4 (c): no more than one announcement in ten seconds. */
Test(acd, a_configured_address_is_defended_for_ever)
{
	configure(NEW_IP);
	lan_advance(lan, SEC(30));
	lan->nsent = 0;
	for (int i = 0; i < 100; i++) {
		give(ARP_OP_REQUEST, NEW_IP, LAN_PEER_IP);
		lan_advance(lan, MSEC(300));
	}
	cr_expect(is_ours(NEW_IP));
	cr_expect(eq(u32, lan->nsent, 3));
	cr_expect(is_announcement(0, NEW_IP));
	cr_expect(eq(u64, lan->eng.stats.count[STAT_ARP_CONFLICTS], 100));
}

/* RFC 5227 2.4 (b), for what can be replaced. */
Test(acd, a_made_address_is_defended_once_in_ten_seconds)
{
	add(LL_IP, ADDR_LINK_LOCAL);
	lan_advance(lan, SEC(30));
	lan->nsent = 0;
	give(ARP_OP_REQUEST, LL_IP, LAN_PEER_IP);
	cr_expect(is_announcement(0, LL_IP));
	lan_advance(lan, SEC(11));
	give(ARP_OP_REQUEST, LL_IP, LAN_PEER_IP);
	cr_expect(is_announcement(1, LL_IP));
	cr_expect(is_ours(LL_IP));
	lan_advance(lan, SEC(9));
	give(ARP_OP_REQUEST, LL_IP, LAN_PEER_IP);
	cr_expect(eq(u32, lan->nsent, 2));
	cr_expect(not(is_ours(LL_IP)));
}

/* --- an address that somebody waits for ---------------------------------- */

Test(acd, an_address_by_dhcp_is_used_after_half_a_second)
{
	struct iface_addr *a;

	add(NEW_IP, ADDR_BY_DHCP);
	a = entry(NEW_IP);
	cr_expect(is_probe(0, NEW_IP), "the first one at once");
	expect_next(a, MSEC(500), MSEC(500));
	cr_expect(is_ours(NEW_IP));
	cr_expect(eq(int, a->phase, ADDR_OPTIMISTIC));
	expect_next(a, MSEC(500), MSEC(1500));
	expect_next(a, SEC(1), SEC(2));
	expect_next(a, SEC(2), SEC(2));
	cr_expect(is_probe(2, NEW_IP));
	cr_expect(is_announcement(3, NEW_IP));
	cr_expect(eq(int, a->phase, ADDR_PREFERRED));
}

Test(acd, an_address_that_is_there_is_not_added_twice)
{
	struct inet_prefix p = {inet_from4(LAN_OUR_IP), 120};

	cr_expect(eq(int, acd_add(lan->ifp, &p, ADDR_BY_DHCP), -EEXIST));
	cr_expect(zero(u32, lan->nsent));
}

Test(acd, loopback_and_ipv6_are_not_asked_for)
{
	struct inet_prefix p = {{{0xfd, [15] = 7}}, 64};
	struct iface *lo = &lan->net.ifs[0];
	struct inet_addr localhost = inet_from4(ip4_make(127, 0, 0, 1));

	cr_assert(eq(int, iface_add_addr(lan->ifp, &p), 0));
	acd_watch(lan->ifp, &p.addr);
	acd_watch(lo, &localhost);
	lan_advance(lan, SEC(30));
	cr_expect(zero(u32, lan->nsent));
}

/* Only the keeper is left, with data to deliver: the next program is given the
 * same address, perhaps on a device of its own. */
Test(acd, who_is_leaving_defends_nothing)
{
	configure(NEW_IP);
	lan_advance(lan, SEC(30));
	lan->nsent = 0;
	lan->net.is_leaving = true;
	give(ARP_OP_REQUEST, nobody_ip, NEW_IP);
	give(ARP_OP_REQUEST, NEW_IP, NEW_IP);
	give(ARP_OP_REQUEST, NEW_IP, LAN_PEER_IP);
	cr_expect(zero(u32, lan->nsent));
	cr_expect(is_ours(NEW_IP), "and goes on with it");
	give(ARP_OP_REQUEST, LAN_PEER_IP, NEW_IP);
	cr_expect(eq(u32, lan->nsent, 1), "others are answered");
	lan->net.is_leaving = false;
	give(ARP_OP_REQUEST, nobody_ip, NEW_IP);
	cr_expect(eq(u32, lan->nsent, 2));
}

/* Recovery knows no timers but those that are made anew. */
Test(acd, a_death_does_not_stop_the_probes)
{
	add(LL_IP, ADDR_LINK_LOCAL);
	to_next(entry(LL_IP));
	timer_heap_rebuild(&lan->eng.timers);
	net_rebuild(&lan->net);
	lan_advance(lan, SEC(10));
	cr_expect(is_ours(LL_IP));
}
