/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * arp_test.c - proves arp.c: RFC 826 in its order, RFC 5227's probes, and that
 * lies and fragments teach us nothing
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "arp.h"
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

TestSuite(arp, .init = open_lan, .fini = close_lan);

static const struct eth_addr peer = {{2, 0, 0, 0, 0, 2}};

static uint64_t drops(enum verdict v)
{
	return lan->eng.stats.drops[v];
}

static struct neigh *known(struct ip4_addr ip)
{
	struct inet_addr a = inet_from4(ip);

	return neigh_find(&lan->ifp->neigh, &a);
}

static void give(uint16_t op, struct ip4_addr sender, struct ip4_addr target)
{
	uint8_t frame[64];
	size_t len = lan_arp(frame, op, LAN_OUR_MAC, peer, sender, target);

	lan_give(lan, frame, len);
}

static const struct arp_wire *sent(uint32_t i)
{
	return (const struct arp_wire *)(lan->sent[i].b +
					 sizeof(struct eth_wire));
}

Test(arp, a_request_for_us_is_answered_and_the_asker_learned)
{
	give(ARP_OP_REQUEST, LAN_PEER_IP, LAN_OUR_IP);
	cr_assert(eq(u32, lan->nsent, 1));
	cr_assert(eq(u32, lan->sent[0].len, 42));
	cr_assert(eq(int, memcmp(lan->sent[0].b, peer.b, 6), 0));
	cr_assert(eq(int, be16_get(sent(0)->op), ARP_OP_REPLY));
	cr_assert(eth_equal(&sent(0)->sender_mac, &lan->ifp->mac));
	cr_assert(ip4_equal(sent(0)->sender_ip, LAN_OUR_IP));
	cr_assert(eth_equal(&sent(0)->target_mac, &peer));
	cr_assert(ip4_equal(sent(0)->target_ip, LAN_PEER_IP));
	cr_assert(eq(int, known(LAN_PEER_IP)->state, NEIGH_STALE));
	cr_assert(eq(u64, lan->eng.stats.count[STAT_ARP_IN], 1));
	cr_assert(eq(u64, lan->eng.stats.count[STAT_ARP_OUT], 1));
}

Test(arp, a_request_for_others_is_no_reason_to_learn)
{
	give(ARP_OP_REQUEST, LAN_PEER_IP, ip4_make(10, 0, 0, 77));
	cr_assert(eq(u64, drops(DROP_ARP_NOT_OURS), 1));
	cr_assert(eq(u32, lan->nsent, 0));
	cr_assert(eq(ptr, known(LAN_PEER_IP), NULL));
}

/* RFC 826: what is known already is refreshed by any frame. */
Test(arp, a_gratuitous_announcement_moves_a_known_neighbour)
{
	struct inet_addr a = inet_from4(LAN_PEER_IP);
	const struct eth_addr old = {{2, 0, 0, 0, 0, 9}};

	neigh_learn(&lan->ifp->neigh, &a, &old);
	give(ARP_OP_REQUEST, LAN_PEER_IP, LAN_PEER_IP);
	cr_assert(eth_equal(&known(LAN_PEER_IP)->mac, &peer));
}

/* RFC 5227 2.1.1: a probe has no sender address. */
Test(arp, a_probe_is_answered_and_teaches_nothing)
{
	give(ARP_OP_REQUEST, ip4_make(0, 0, 0, 0), LAN_OUR_IP);
	cr_assert(eq(u32, lan->nsent, 1));
	cr_assert(eq(int, be16_get(sent(0)->op), ARP_OP_REPLY));
	cr_assert(eq(u32, lan->ifp->neigh.count, 0));
}

Test(arp, a_reply_to_our_question_confirms)
{
	struct inet_addr a = inet_from4(LAN_PEER_IP);
	struct tx t;

	tx_init(&t);
	tx_push(&t, 20);
	cr_assert(eq(int, eth_output_to(lan->ifp, &t, &a), 0));
	cr_assert(eq(u32, lan->nsent, 1));
	give(ARP_OP_REPLY, LAN_PEER_IP, LAN_OUR_IP);
	cr_assert(eq(int, known(LAN_PEER_IP)->state, NEIGH_REACHABLE));
	cr_assert(eq(u32, lan->nsent, 2));
}

Test(arp, a_reply_to_no_question_creates_nothing)
{
	give(ARP_OP_REPLY, LAN_PEER_IP, LAN_OUR_IP);
	cr_assert(eq(u32, lan->ifp->neigh.count, 0));
	cr_assert(eq(u32, lan->nsent, 0));
}

Test(arp, every_truncation_is_dropped)
{
	uint8_t frame[64];
	size_t whole = lan_arp(frame, ARP_OP_REQUEST, LAN_OUR_MAC, peer,
			       LAN_PEER_IP, LAN_OUR_IP);

	for (size_t len = sizeof(struct eth_wire); len < whole; len++)
		lan_give(lan, frame, len);
	cr_assert(eq(u64, drops(DROP_ARP_SHORT), sizeof(struct arp_wire)));
	cr_assert(eq(u32, lan->ifp->neigh.count, 0));
	cr_assert(eq(u32, lan->nsent, 0));
}

/* Each byte of the fixed part matters. */
Test(arp, other_hardware_protocols_and_lengths_are_dropped)
{
	for (size_t i = 0; i < 6; i++) {
		uint8_t frame[64];
		size_t len = lan_arp(frame, ARP_OP_REQUEST, LAN_OUR_MAC, peer,
				     LAN_PEER_IP, LAN_OUR_IP);

		frame[sizeof(struct eth_wire) + i] ^= 0x40;
		lan_give(lan, frame, len);
	}
	cr_assert(eq(u64, drops(DROP_ARP_FORMAT), 6));
}

Test(arp, unknown_operations_are_dropped_and_teach_nothing)
{
	give(0, LAN_PEER_IP, LAN_OUR_IP);
	give(3, LAN_PEER_IP, LAN_OUR_IP);
	give(0x0100, LAN_PEER_IP, LAN_OUR_IP);
	cr_assert(eq(u64, drops(DROP_ARP_OPCODE), 3));
	cr_assert(eq(u32, lan->ifp->neigh.count, 0));
}

Test(arp, impossible_senders_are_dropped)
{
	const struct ip4_addr wrong[] = {
		ip4_make(255, 255, 255, 255), ip4_make(10, 0, 0, 255),
		ip4_make(224, 0, 0, 1), ip4_make(127, 0, 0, 1)};

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		give(ARP_OP_REQUEST, wrong[i], LAN_OUR_IP);
	cr_assert(eq(u64, drops(DROP_ARP_SENDER), ARRAY_LEN(wrong)));
	cr_assert(eq(u32, lan->ifp->neigh.count, 0));
	cr_assert(eq(u32, lan->nsent, 0));
}

/* What is done about it is acd_test.c's. */
Test(arp, who_has_our_address_teaches_nothing)
{
	struct inet_addr ours = inet_from4(LAN_OUR_IP);

	give(ARP_OP_REQUEST, LAN_OUR_IP, LAN_OUR_IP);
	give(ARP_OP_REPLY, LAN_OUR_IP, LAN_PEER_IP);
	cr_assert(eq(u64, drops(DROP_ARP_CONFLICT), 2));
	cr_assert(eq(u32, lan->ifp->neigh.count, 0));
	cr_assert(iface_owns(lan->ifp, &ours));
}

Test(arp, impossible_sender_hardware_is_dropped)
{
	const struct eth_addr wrong[] = {
		{{0}}, {{1, 0, 0x5e, 0, 0, 1}}, LAN_OUR_MAC};

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct arp_wire msg;
		uint8_t frame[64];
		size_t len = lan_arp(frame, ARP_OP_REQUEST, LAN_OUR_MAC, peer,
				     LAN_PEER_IP, LAN_OUR_IP);

		memcpy(&msg, frame + sizeof(struct eth_wire), sizeof(msg));
		msg.sender_mac = wrong[i];
		memcpy(frame + sizeof(struct eth_wire), &msg, sizeof(msg));
		lan_give(lan, frame, len);
	}
	cr_assert(eq(u64, drops(DROP_ARP_SENDER), 3));
}

Test(arp, without_an_address_we_ask_nobody)
{
	struct inet_addr a = inet_from4(LAN_PEER_IP);

	lan->ifp->naddrs = 0;
	arp_request(lan->ifp, &a, NULL);
	cr_assert(eq(u32, lan->nsent, 0));
}

Test(arp, a_question_comes_from_our_address_in_that_prefix)
{
	struct inet_prefix second = {inet_from4(ip4_make(10, 9, 0, 1)), 112};
	struct inet_addr a = inet_from4(ip4_make(10, 9, 3, 3));

	cr_assert(eq(int, iface_add_addr(lan->ifp, &second), 0));
	arp_request(lan->ifp, &a, &peer);
	cr_assert(eq(int, memcmp(lan->sent[0].b, peer.b, 6), 0));
	cr_assert(ip4_equal(sent(0)->sender_ip, ip4_make(10, 9, 0, 1)));
	cr_assert(ip4_equal(sent(0)->target_ip, ip4_make(10, 9, 3, 3)));
}

Test(arp, a_probe_of_ours_has_no_sender_address)
{
	struct inet_addr wanted = inet_from4(ip4_make(10, 0, 0, 9));

	arp_probe(lan->ifp, &wanted);
	cr_assert(eq(int, memcmp(lan->sent[0].b, ETH_BROADCAST.b, 6), 0));
	cr_assert(eq(int, be16_get(sent(0)->op), ARP_OP_REQUEST));
	cr_assert(zero(u32, ip4_u32(sent(0)->sender_ip)));
	cr_assert(eth_equal(&sent(0)->sender_mac, &lan->ifp->mac));
	cr_assert(ip4_equal(sent(0)->target_ip, ip4_make(10, 0, 0, 9)));
}

Test(arp, an_announcement_has_us_as_sender_and_target)
{
	struct inet_addr ours = inet_from4(LAN_OUR_IP);

	arp_announce(lan->ifp, &ours);
	cr_assert(eq(int, memcmp(lan->sent[0].b, ETH_BROADCAST.b, 6), 0));
	cr_assert(eq(int, be16_get(sent(0)->op), ARP_OP_REQUEST));
	cr_assert(ip4_equal(sent(0)->sender_ip, LAN_OUR_IP));
	cr_assert(ip4_equal(sent(0)->target_ip, LAN_OUR_IP));
}
