/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * eth_test.c - proves eth.c: which frames are ours, where they go, and what a
 * frame on its way out looks like
 */
#include <errno.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

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

TestSuite(eth, .init = open_lan, .fini = close_lan);

static const struct eth_addr peer = {{2, 0, 0, 0, 0, 2}};

static uint64_t drops(enum verdict v)
{
	return lan->eng.stats.drops[v];
}

static uint64_t all_drops(void)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < DROP_COUNT; i++)
		sum += lan->eng.stats.drops[i];
	return sum;
}

static void give(struct eth_addr dst, struct eth_addr src, uint16_t type)
{
	uint8_t frame[60] = {0};
	struct eth_wire eth = {dst, src, be16_make(type)};

	memcpy(frame, &eth, sizeof(eth));
	lan_give(lan, frame, sizeof(frame));
}

Test(eth, a_frame_shorter_than_its_header_is_dropped)
{
	uint8_t frame[14] = {0};

	for (size_t len = 0; len < sizeof(frame); len++) {
		lan_give(lan, frame, len);
		cr_assert(eq(u64, drops(DROP_LINK_SHORT), len + 1));
	}
}

Test(eth, frames_to_other_stations_are_dropped)
{
	give(peer, peer, ETHERTYPE_IP4);
	cr_assert(eq(u64, drops(DROP_ETH_NOT_OURS), 1));
	cr_assert(eq(u64, all_drops(), 1));
}

Test(eth, our_unicast_and_broadcast_and_multicast_reach_ipv4)
{
	const struct eth_addr group = {{1, 0, 0x5e, 0, 0, 1}};

	give(LAN_OUR_MAC, peer, ETHERTYPE_IP4);
	give(ETH_BROADCAST, peer, ETHERTYPE_IP4);
	give(group, peer, ETHERTYPE_IP4);
	cr_assert(eq(u64, drops(DROP_ETH_NOT_OURS), 0));
	cr_assert(eq(u64, lan->eng.stats.count[STAT_IP_IN_RECEIVES], 3));
}

Test(eth, a_group_cannot_be_a_source)
{
	give(LAN_OUR_MAC, ETH_BROADCAST, ETHERTYPE_IP4);
	cr_assert(eq(u64, drops(DROP_ETH_SOURCE), 1));
}

Test(eth, unknown_types_and_lengths_are_dropped)
{
	give(LAN_OUR_MAC, peer, 0x88cc);
	give(LAN_OUR_MAC, peer, 46);
	cr_assert(eq(u64, drops(DROP_ETH_TYPE), 2));
}

Test(eth, a_frame_the_link_disbelieves_is_dropped)
{
	uint8_t frame[60] = {0};
	struct pkt *p = lan_pkt(lan, frame, sizeof(frame));

	p->csum = PKT_CSUM_BAD;
	eth_input(lan->ifp, p);
	cr_assert(eq(u64, drops(DROP_LINK_OFFLOAD), 1));
}

Test(eth, loopback_takes_frames_without_addresses_but_no_arp)
{
	struct iface *lo = &lan->net.ifs[0];
	uint8_t frame[60] = {[12] = 0x08};

	eth_input(lo, lan_pkt(lan, frame, sizeof(frame)));
	cr_assert(eq(u64, lan->eng.stats.count[STAT_IP_IN_RECEIVES], 1));
	frame[13] = 0x06;
	eth_input(lo, lan_pkt(lan, frame, sizeof(frame)));
	cr_assert(eq(u64, drops(DROP_ETH_TYPE), 1));
}

Test(eth, traffic_is_counted)
{
	struct tx t;

	give(LAN_OUR_MAC, peer, 0x88cc);
	cr_assert(eq(u64, lan->ifp->rx_packets, 1));
	cr_assert(eq(u64, lan->ifp->rx_bytes, 60));
	cr_assert(eq(u64, lan->eng.stats.count[STAT_LINK_IN_FRAMES], 1));

	tx_init(&t);
	tx_push(&t, 6);
	cr_assert(eq(int, eth_output(lan->ifp, &t, &peer, 0x88cc), 0));
	cr_assert(eq(u64, lan->ifp->tx_packets, 1));
	cr_assert(eq(u64, lan->ifp->tx_bytes, 20));
	cr_assert(eq(u64, lan->eng.stats.count[STAT_LINK_OUT_FRAMES], 1));
}

Test(eth, a_frame_out_has_its_header)
{
	static const uint8_t want[16] = {2, 0, 0, 0, 0,    2,    2,   0,
					 0, 0, 0, 1, 0x88, 0xcc, 'h', 'i'};
	struct tx t;

	tx_init(&t);
	memcpy(tx_push(&t, 1), "h", 1);
	cr_assert(tx_add(&t, "i", 1));
	cr_assert(eq(int, eth_output(lan->ifp, &t, &peer, 0x88cc), 0));
	cr_assert(eq(u32, lan->sent[0].len, 16));
	cr_assert(eq(int, memcmp(lan->sent[0].b, want, 16), 0));
}

Test(eth, a_link_that_refuses_is_an_error_and_counted)
{
	struct tx t;

	lan->send_error = -EAGAIN;
	tx_init(&t);
	cr_assert(eq(int, eth_output(lan->ifp, &t, &peer, 0x88cc), -EAGAIN));
	cr_assert(eq(u64, lan->eng.stats.count[STAT_LINK_OUT_ERRORS], 1));
	cr_assert(eq(u64, lan->ifp->tx_packets, 0));
}

Test(eth, without_a_link_in_this_process_nothing_leaves)
{
	struct tx t;

	tx_init(&t);
	cr_assert(eq(int,
		     eth_output(&lan->net.ifs[0], &t, &peer, ETHERTYPE_IP4),
		     -ENETDOWN));
}

static void push_partial(struct tx *t)
{
	tx_init(t);
	memset(tx_push(t, 8), 0, 8);
	tx_set_csum(t, 6);
}

Test(eth, a_link_without_checksums_gets_finished_ones)
{
	struct tx t;

	push_partial(&t);
	cr_assert(eq(int, eth_output(lan->ifp, &t, &peer, 0x88cc), 0));
	cr_assert(not(lan->last.csum_partial));

	lan->link.caps = LINK_CSUM;
	push_partial(&t);
	cr_assert(eq(int, eth_output(lan->ifp, &t, &peer, 0x88cc), 0));
	cr_assert(lan->last.csum_partial);
}

Test(eth, a_super_segment_needs_a_link_that_takes_it)
{
	struct tx t;

	push_partial(&t);
	t.gso = TX_GSO_TCP4;
	t.gso_size = 100;
	lan->link.caps = LINK_CSUM;
	cr_assert(eq(int, eth_output(lan->ifp, &t, &peer, 0x88cc), -EMSGSIZE));
	cr_assert(eq(u32, lan->nsent, 0));
	lan->link.caps = LINK_CSUM | LINK_TSO4;
	push_partial(&t);
	t.gso = TX_GSO_TCP4;
	cr_assert(eq(int, eth_output(lan->ifp, &t, &peer, 0x88cc), 0));
}

static bool goes_to(const char *next_hop, struct eth_addr mac)
{
	struct inet_addr a;
	struct tx t;

	cr_assert(eq(int, inet_parse(next_hop, &a), 0));
	tx_init(&t);
	*(uint8_t *)tx_push(&t, 1) = 0x45;
	lan->nsent = 0;
	cr_assert(eq(int, eth_output_to(lan->ifp, &t, &a), 0));
	return lan->nsent == 1 && !memcmp(lan->sent[0].b, mac.b, 6);
}

Test(eth, broadcasts_and_groups_need_no_question)
{
	cr_assert(goes_to("255.255.255.255", ETH_BROADCAST));
	cr_assert(goes_to("10.0.0.255", ETH_BROADCAST));
	cr_assert(goes_to("224.129.2.3",
			  (struct eth_addr){{1, 0, 0x5e, 1, 2, 3}}));
	cr_assert(goes_to("ff02::1:2",
			  (struct eth_addr){{0x33, 0x33, 0, 1, 0, 2}}));
	cr_assert(eq(u32, lan->ifp->neigh.count, 0));
}
