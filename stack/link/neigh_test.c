/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * neigh_test.c - proves neigh.c: each state of RFC 4861 7.3.2 with each thing
 * that may happen in it, the waiting packets, and the bounds
 */
#include <errno.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "testkit/testlan.h"

static struct lan *lan;

static void open_lan(void)
{
	lan = lan_open(LINK_CSUM | LINK_TSO4);
}

static void close_lan(void)
{
	cr_assert(eq(sz, lan_close(lan), 0));
}

TestSuite(neigh, .init = open_lan, .fini = close_lan);

static const struct eth_addr peer = {{2, 0, 0, 0, 0, 2}};
static const struct eth_addr other = {{2, 0, 0, 0, 0, 3}};

static struct inet_addr peer_addr(void)
{
	return inet_from4(LAN_PEER_IP);
}

static struct neigh *entry(void)
{
	struct inet_addr a = peer_addr();

	return neigh_find(&lan->ifp->neigh, &a);
}

/* Sends a packet of one byte that says its number; what eth said. */
static int send_to(const struct inet_addr *a, uint8_t number)
{
	struct tx t;

	tx_init(&t);
	*(uint8_t *)tx_push(&t, 1) = number;
	return eth_output_to(lan->ifp, &t, a);
}

static int send_peer(uint8_t number)
{
	struct inet_addr a = peer_addr();

	return send_to(&a, number);
}

static uint16_t type_of(uint32_t i)
{
	return (uint16_t)(lan->sent[i].b[12] << 8 | lan->sent[i].b[13]);
}

static bool is_question(uint32_t i)
{
	return type_of(i) == ETHERTYPE_ARP_FRAME;
}

static bool is_to(uint32_t i, struct eth_addr mac)
{
	return memcmp(lan->sent[i].b, mac.b, 6) == 0;
}

static void confirm(struct eth_addr mac)
{
	struct inet_addr a = peer_addr();

	neigh_confirm(&lan->ifp->neigh, &a, &mac);
}

static void learn(struct eth_addr mac)
{
	struct inet_addr a = peer_addr();

	neigh_learn(&lan->ifp->neigh, &a, &mac);
}

static void make_reachable(void)
{
	cr_assert(eq(int, send_peer(0), 0));
	confirm(peer);
	cr_assert(eq(int, entry()->state, NEIGH_REACHABLE));
	lan->nsent = 0;
}

static void make_stale(void)
{
	make_reachable();
	lan_advance(lan, LIMIT_NEIGH_REACHABLE_US);
}

static uint64_t drops(enum verdict v)
{
	return lan->eng.stats.drops[v];
}

Test(neigh, unknown_send_asks_everybody_and_waits)
{
	cr_assert(eq(int, send_peer(1), 0));
	cr_assert(eq(u32, lan->nsent, 1));
	cr_assert(is_question(0));
	cr_assert(is_to(0, ETH_BROADCAST));
	cr_assert(eq(int, entry()->state, NEIGH_INCOMPLETE));
	cr_assert(eq(u32, entry()->nwaiting, 1));
}

Test(neigh, incomplete_more_packets_ask_no_more)
{
	for (uint8_t i = 0; i < 5; i++)
		cr_assert(eq(int, send_peer(i), 0));
	cr_assert(eq(u32, lan->nsent, 1));
}

Test(neigh, incomplete_answer_sends_who_waited_in_order)
{
	for (uint8_t i = 0; i < 3; i++)
		cr_assert(eq(int, send_peer(i), 0));
	confirm(peer);
	cr_assert(eq(u32, lan->nsent, 4));
	for (uint8_t i = 0; i < 3; i++) {
		cr_assert(eq(u32, lan->sent[1 + i].len, 15));
		cr_assert(eq(u8, lan->sent[1 + i].b[14], i));
		cr_assert(is_to(1 + i, peer));
		cr_assert(eq(int, type_of(1 + i), ETHERTYPE_IP4));
	}
	cr_assert(eq(int, entry()->state, NEIGH_REACHABLE));
	cr_assert(not(timer_is_armed(&entry()->timer)));
}

Test(neigh, incomplete_full_queue_drops_the_oldest)
{
	for (uint8_t i = 0; i < LIMIT_NEIGH_QUEUE + 2; i++)
		cr_assert(eq(int, send_peer(i), 0));
	cr_assert(eq(u32, entry()->nwaiting, LIMIT_NEIGH_QUEUE));
	cr_assert(eq(u64, drops(DROP_NEIGH_FULL), 2));
	confirm(peer);
	cr_assert(eq(u8, lan->sent[1].b[14], 2));
	cr_assert(eq(u32, lan->nsent, 1 + LIMIT_NEIGH_QUEUE));
}

Test(neigh, incomplete_asks_once_a_second_and_then_gives_up)
{
	cr_assert(eq(int, send_peer(1), 0));
	lan_advance(lan, MSEC(999));
	cr_assert(eq(u32, lan->nsent, 1));
	lan_advance(lan, MSEC(1));
	cr_assert(eq(u32, lan->nsent, 2));
	lan_advance(lan, SEC(2));
	cr_assert(eq(u32, lan->nsent, LIMIT_NEIGH_TRIES));
	cr_assert(eq(int, entry()->state, NEIGH_FAILED));
	cr_assert(eq(u64, drops(DROP_NEIGH_UNREACHABLE), 1));
	cr_assert(eq(sz, arena_count(lan->arena, ARENA_PKT), 0));
}

Test(neigh, failed_refuses_for_a_second_and_then_asks_anew)
{
	cr_assert(eq(int, send_peer(1), 0));
	lan_advance(lan, SEC(3));
	lan->nsent = 0;
	cr_assert(eq(int, send_peer(2), -EHOSTUNREACH));
	lan_advance(lan, MSEC(999));
	cr_assert(eq(int, send_peer(2), -EHOSTUNREACH));
	cr_assert(eq(u32, lan->nsent, 0));
	lan_advance(lan, MSEC(1));
	cr_assert(eq(int, send_peer(3), 0));
	cr_assert(eq(u32, lan->nsent, 1));
	cr_assert(eq(int, entry()->state, NEIGH_INCOMPLETE));
}

Test(neigh, failed_that_speaks_is_usable_again)
{
	cr_assert(eq(int, send_peer(1), 0));
	lan_advance(lan, SEC(3));
	learn(peer);
	lan->nsent = 0;
	cr_assert(eq(int, send_peer(2), 0));
	cr_assert(eq(u32, lan->nsent, 1));
	cr_assert(is_to(0, peer));
}

Test(neigh, reachable_needs_no_timer_and_no_question)
{
	make_reachable();
	lan_advance(lan, LIMIT_NEIGH_REACHABLE_US - 1);
	cr_assert(eq(u64, timer_next(&lan->eng.timers), USECS_NEVER));
	cr_assert(eq(int, send_peer(1), 0));
	cr_assert(eq(int, entry()->state, NEIGH_REACHABLE));
	cr_assert(eq(u32, lan->nsent, 1));
}

Test(neigh, stale_is_sent_to_and_verified_later_by_unicast)
{
	make_stale();
	cr_assert(eq(int, send_peer(1), 0));
	cr_assert(eq(u32, lan->nsent, 1));
	cr_assert(eq(int, entry()->state, NEIGH_DELAY));
	lan_advance(lan, LIMIT_NEIGH_DELAY_US - 1);
	cr_assert(eq(u32, lan->nsent, 1));
	lan_advance(lan, 1);
	cr_assert(eq(int, entry()->state, NEIGH_PROBE));
	cr_assert(eq(u32, lan->nsent, 2));
	cr_assert(is_question(1));
	cr_assert(is_to(1, peer));
	cr_assert(eq(int, send_peer(2), 0));
	cr_assert(eq(u32, lan->nsent, 3));
}

Test(neigh, delay_upper_layer_news_makes_questions_needless)
{
	struct inet_addr a = peer_addr();

	make_stale();
	cr_assert(eq(int, send_peer(1), 0));
	neigh_reachable_hint(&lan->ifp->neigh, &a);
	cr_assert(eq(int, entry()->state, NEIGH_REACHABLE));
	lan_advance(lan, LIMIT_NEIGH_DELAY_US * 2);
	cr_assert(eq(u32, lan->nsent, 1));
}

Test(neigh, probe_answered_is_reachable)
{
	make_stale();
	cr_assert(eq(int, send_peer(1), 0));
	lan_advance(lan, LIMIT_NEIGH_DELAY_US);
	confirm(other);
	cr_assert(eq(int, entry()->state, NEIGH_REACHABLE));
	lan->nsent = 0;
	cr_assert(eq(int, send_peer(2), 0));
	cr_assert(is_to(0, other));
}

/* The deviation of neigh.c: the next packet asks everybody. */
Test(neigh, probe_without_answer_is_forgotten)
{
	make_stale();
	cr_assert(eq(int, send_peer(1), 0));
	lan_advance(lan, LIMIT_NEIGH_DELAY_US + SEC(3));
	cr_assert(eq(int, entry()->state, NEIGH_FAILED));
	cr_assert(entry()->is_dead);
	lan->nsent = 0;
	cr_assert(eq(int, send_peer(2), 0));
	cr_assert(is_question(0));
	cr_assert(is_to(0, ETH_BROADCAST));
}

Test(neigh, unused_for_long_is_asked_anew)
{
	make_stale();
	lan_advance(lan, LIMIT_NEIGH_STALE_US);
	cr_assert(eq(int, send_peer(1), 0));
	cr_assert(eq(int, entry()->state, NEIGH_INCOMPLETE));
	cr_assert(is_question(0));
}

Test(neigh, a_fact_that_nobody_asked_for_is_not_confirmation)
{
	learn(peer);
	cr_assert(eq(int, entry()->state, NEIGH_STALE));
	confirm(other);
	cr_assert(eq(int, entry()->state, NEIGH_STALE));
	cr_assert(eth_equal(&entry()->mac, &other));
}

Test(neigh, a_known_address_repeated_changes_nothing)
{
	make_reachable();
	learn(peer);
	cr_assert(eq(int, entry()->state, NEIGH_REACHABLE));
	learn(other);
	cr_assert(eq(int, entry()->state, NEIGH_STALE));
	cr_assert(eth_equal(&entry()->mac, &other));
}

Test(neigh, refresh_and_confirm_create_nothing)
{
	struct inet_addr a = peer_addr();

	neigh_refresh(&lan->ifp->neigh, &a, &peer);
	confirm(peer);
	neigh_reachable_hint(&lan->ifp->neigh, &a);
	cr_assert(eq(ptr, entry(), NULL));
	cr_assert(eq(u32, lan->ifp->neigh.count, 0));
}

Test(neigh, incomplete_that_speaks_first_gets_who_waits)
{
	cr_assert(eq(int, send_peer(9), 0));
	learn(peer);
	cr_assert(eq(u32, lan->nsent, 2));
	cr_assert(eq(u8, lan->sent[1].b[14], 9));
	cr_assert(eq(int, entry()->state, NEIGH_DELAY));
}

static struct inet_addr nth(uint32_t n)
{
	return inet_from4(ip4_from_u32(0x0a010000 + n));
}

Test(neigh, a_full_table_forgets_who_was_used_least_lately)
{
	struct neigh_table *t = &lan->ifp->neigh;
	struct inet_addr a = nth(0), b = nth(1);

	for (uint32_t i = 0; i < LIMIT_NEIGHS; i++) {
		a = nth(i);
		neigh_learn(t, &a, &peer);
	}
	cr_assert(eq(u32, t->count, LIMIT_NEIGHS));
	a = nth(0);
	cr_assert(eq(int, send_to(&a, 1), 0));
	learn(peer);
	cr_assert(eq(u32, t->count, LIMIT_NEIGHS));
	cr_assert(ne(ptr, neigh_find(t, &a), NULL));
	cr_assert(eq(ptr, neigh_find(t, &b), NULL));
}

Test(neigh, a_full_table_spares_who_has_packets_waiting)
{
	struct neigh_table *t = &lan->ifp->neigh;
	struct inet_addr a = nth(0), b = nth(1);

	cr_assert(eq(int, send_to(&a, 1), 0));
	for (uint32_t i = 1; i <= LIMIT_NEIGHS; i++) {
		struct inet_addr c = nth(i);

		neigh_learn(t, &c, &peer);
	}
	cr_assert(ne(ptr, neigh_find(t, &a), NULL));
	cr_assert(eq(ptr, neigh_find(t, &b), NULL));
}

Test(neigh, a_table_of_waiting_packets_stays_bounded)
{
	struct neigh_table *t = &lan->ifp->neigh;

	for (uint32_t i = 0; i < LIMIT_NEIGHS + 10; i++) {
		struct inet_addr a = nth(i);

		cr_assert(eq(int, send_to(&a, 1), 0));
	}
	cr_assert(eq(u32, t->count, LIMIT_NEIGHS));
	cr_assert(eq(u64, drops(DROP_NEIGH_FULL), 10));
}

/* TCP's checksum is partial: who waits must be complete when it leaves. */
Test(neigh, waiting_packets_have_their_checksum_finished)
{
	struct inet_addr a = peer_addr();
	struct tx t;

	tx_init(&t);
	memset(tx_push(&t, 8), 0, 8);
	tx_set_csum(&t, 6);
	cr_assert(eq(int, eth_output_to(lan->ifp, &t, &a), 0));
	confirm(peer);
	cr_assert(not(lan->last.csum_partial));
	cr_assert(eq(u8, lan->sent[1].b[14 + 6], 0xff));
}

Test(neigh, a_super_segment_cannot_wait)
{
	struct inet_addr a = peer_addr();
	struct tx t;

	tx_init(&t);
	tx_push(&t, 40);
	t.gso = TX_GSO_TCP4;
	t.gso_size = 1000;
	cr_assert(eq(int, eth_output_to(lan->ifp, &t, &a), -ENOBUFS));
	cr_assert(eq(u32, lan->nsent, 1));
	cr_assert(is_question(0));
}
