/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * packet_ring_test.c - proves packet_ring.c: where every byte of a ring is
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <linux/if_packet.h>

#include "packet.h"
#include "testkit/nettest.h"

static struct nettest host;
static struct packets packets;
static const uint64_t wall_offset = SEC(1000000);
static struct packet_pcb *pcb;

static void open_host(void)
{
	nettest_open(&host);
	packets_init(&packets, &host.eng, &host.net, &wall_offset);
	host.net.packets = &packets;
	cr_assert(eq(int, packet_new(&packets, false, &pcb), 0));
	pcb->news.owner = pcb;
	packet_listen(pcb, PACKET_PROTO_ALL, 0);
}

static void close_host(void)
{
	news_forget(&pcb->news);
	packet_free(pcb);
	cr_assert(eq(sz, arena_count(host.arena, ARENA_OTHER), 0));
	nettest_close(&host);
}

static int make(enum packet_ring_version version, struct packet_ring_shape s)
{
	pcb->ring.version = (uint8_t)version;
	return packet_ring_set(&pcb->ring, &host.eng, &s);
}

/* A frame of `len` bytes in all. */
static void arrive(size_t len)
{
	struct pkt *p = pkt_new(host.arena, 64 + len, 0);
	struct eth_wire *wire;

	cr_assert(p != NULL);
	wire = pkt_append(p, len);
	*wire = (struct eth_wire){NT_MAC, NT_PEER_MAC, be16_make(0x88b5)};
	memset(wire + 1, 'x', len - sizeof(*wire));
	p->stamp = host.eng.now;
	eth_input(host.eth, p);
}

static bool is_readable(void)
{
	const uint32_t *word;

	return packet_is_readable(pcb, &word);
}

/* --- shapes -------------------------------------------------------------- */

HOST_TEST(packet_ring, impossible_shapes_are_refused)
{
	static const struct packet_ring_shape wrong[] = {
		{4095, 2, 2048, 2, 0, 0}, {4096, 2, 2047, 4, 0, 0},
		{4096, 2, 32, 256, 0, 0}, {4096, 2, 2048, 5, 0, 0},
		{4096, 2, 8192, 1, 0, 0}, {0, 2, 2048, 4, 0, 0},
		{4096, 0, 0, 1, 0, 0},    {1u << 31, 2, 2048, 4, 0, 0},
	};

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		cr_assert(eq(int, make(PACKET_RING_V2, wrong[i]), -EINVAL),
			  "row %zu", i);
	cr_assert(
		eq(int,
		   make(PACKET_RING_V3,
			(struct packet_ring_shape){4096, 2, 2048, 4, 0, 4096}),
		   -EINVAL));
	cr_assert(eq(int,
		     make(PACKET_RING_V2,
			  (struct packet_ring_shape){1 << 20, 1 << 10, 1 << 20,
						     1 << 10, 0, 0}),
		     -ENOMEM));
	cr_assert(not(packet_ring_is_set(&pcb->ring)));
}

HOST_TEST(packet_ring, one_at_a_time_and_none_once_mapped)
{
	struct packet_ring_shape s = {4096, 2, 2048, 4, 0, 0}, none = {0};

	cr_assert(eq(int, make(PACKET_RING_V2, s), 0));
	cr_assert(eq(int, make(PACKET_RING_V2, s), -EBUSY));
	cr_assert(eq(int, make(PACKET_RING_V2, none), 0));
	cr_assert(eq(int, make(PACKET_RING_V2, s), 0));
	cr_assert(eq(u32, (uint32_t)((uintptr_t)pcb->ring.base % 4096), 0));
	pcb->ring.is_mapped = true;
	cr_assert(eq(int, make(PACKET_RING_V2, none), -EBUSY));
}

/* --- frames -------------------------------------------------------------- */

HOST_TEST(packet_ring, a_frame_is_where_programs_look_for_it)
{
	struct packet_ring_shape s = {4096, 2, 2048, 4, 0, 0};
	const struct sockaddr_ll *ll;
	const struct tpacket2_hdr *h;

	cr_assert(eq(int, make(PACKET_RING_V2, s), 0));
	cr_assert(not(is_readable()));
	arrive(60);
	cr_assert(is_readable());
	h = (const void *)pcb->ring.base;
	cr_assert(eq(u32, h->tp_status & TP_STATUS_USER, TP_STATUS_USER));
	cr_assert(eq(u32, h->tp_len, 60));
	cr_assert(eq(u32, h->tp_snaplen, 60));
	/* TPACKET_ALIGN(52 + 16) - 14: what a kernel gives, too. */
	cr_assert(eq(u16, h->tp_mac, 66));
	cr_assert(eq(u16, h->tp_net, 80));
	cr_assert(eq(u32, h->tp_sec, 1001000));
	cr_assert(eq(u8, ((const uint8_t *)h)[h->tp_net], 'x'));
	ll = (const void *)((const uint8_t *)h +
			    TPACKET_ALIGN(sizeof(struct tpacket2_hdr)));
	cr_assert(eq(u16, ll->sll_protocol, 0xb588));
	cr_assert(eq(int, ll->sll_ifindex, (int)host.eth->index));
	cr_assert(eq(int, ll->sll_halen, 6));
}

HOST_TEST(packet_ring, a_reserve_moves_the_frame)
{
	struct packet_ring_shape s = {4096, 2, 2048, 4, 0, 0};
	const struct tpacket2_hdr *h;

	pcb->ring.reserve = 4;
	cr_assert(eq(int, make(PACKET_RING_V2, s), 0));
	arrive(60);
	h = (const void *)pcb->ring.base;
	cr_assert(eq(u16, h->tp_mac, 70));
	cr_assert(eq(u16, h->tp_net, 84));
}

HOST_TEST(packet_ring, the_first_version_has_a_header_of_its_own)
{
	struct packet_ring_shape s = {4096, 2, 2048, 4, 0, 0};
	const struct tpacket_hdr *h;

	cr_assert(eq(int, make(PACKET_RING_V1, s), 0));
	arrive(60);
	h = (const void *)pcb->ring.base;
	cr_assert(eq(u64, h->tp_status & TP_STATUS_USER, TP_STATUS_USER));
	cr_assert(eq(u32, h->tp_len, 60));
	cr_assert(eq(u16, h->tp_mac, 66));
}

HOST_TEST(packet_ring, a_frame_that_is_too_long_is_cut)
{
	struct packet_ring_shape s = {4096, 2, 256, 32, 0, 0};
	const struct tpacket2_hdr *h;

	cr_assert(eq(int, make(PACKET_RING_V2, s), 0));
	arrive(1000);
	h = (const void *)pcb->ring.base;
	cr_assert(eq(u32, h->tp_len, 1000));
	cr_assert(eq(u32, h->tp_snaplen, 256 - 66));
	cr_assert(eq(u8, pcb->ring.base[256], 0));
}

HOST_TEST(packet_ring, a_full_ring_counts_and_a_place_given_back_is_used)
{
	struct packet_ring_shape s = {4096, 1, 2048, 2, 0, 0};
	struct tpacket2_hdr *h;

	cr_assert(eq(int, make(PACKET_RING_V2, s), 0));
	arrive(60);
	arrive(61);
	arrive(62);
	cr_assert(eq(u32, pcb->seen, 3));
	cr_assert(eq(u32, pcb->drops, 1));
	h = (void *)pcb->ring.base;
	h->tp_status = TP_STATUS_KERNEL;
	arrive(63);
	cr_assert(eq(u32, h->tp_len, 63));
	cr_assert(ne(u32, h->tp_status & TP_STATUS_LOSING, 0));
}

/* --- blocks -------------------------------------------------------------- */

static struct tpacket_block_desc *block(uint32_t n)
{
	return (void *)(pcb->ring.base + (size_t)n * 4096);
}

static uint32_t status(uint32_t n)
{
	return block(n)->hdr.bh1.block_status;
}

HOST_TEST(packet_ring, a_block_is_handed_over_when_its_time_is_over)
{
	struct packet_ring_shape s = {4096, 4, 2048, 8, 100, 16};
	const struct tpacket_hdr_v1 *b;
	const struct tpacket3_hdr *h;

	cr_assert(eq(int, make(PACKET_RING_V3, s), 0));
	packet_ring_on_timer(&pcb->ring);
	cr_assert(eq(u32, status(0), TP_STATUS_KERNEL), "it is empty");
	cr_assert(not(timer_is_armed(&pcb->ring.timer)));
	arrive(60);
	arrive(61);
	cr_assert(not(is_readable()));
	cr_assert(eq(u64, timer_next(&host.eng.timers),
		     host.eng.now + MSEC(100)));
	packet_ring_on_timer(&pcb->ring);
	cr_assert(is_readable());
	cr_assert(eq(u32, status(0), TP_STATUS_USER | TP_STATUS_BLK_TMO));
	b = &block(0)->hdr.bh1;
	cr_assert(eq(u32, b->num_pkts, 2));
	cr_assert(eq(u32, b->offset_to_first_pkt, 64));
	cr_assert(eq(u64, b->seq_num, 1));
	h = (const void *)(pcb->ring.base + b->offset_to_first_pkt);
	cr_assert(eq(u32, h->tp_len, 60));
	cr_assert(eq(u16, h->tp_mac, 82));
	cr_assert(eq(u32, h->tp_next_offset, 144));
	h = (const void *)((const uint8_t *)h + h->tp_next_offset);
	cr_assert(eq(u32, h->tp_len, 61));
	cr_assert(eq(u32, h->tp_next_offset, 0));
	cr_assert(eq(u32, b->blk_len, 64 + 2 * 144));
	cr_assert(not(timer_is_armed(&pcb->ring.timer)));
}

HOST_TEST(packet_ring, a_full_block_is_handed_over_at_once)
{
	struct packet_ring_shape s = {4096, 2, 2048, 4, 100, 0};

	cr_assert(eq(int, make(PACKET_RING_V3, s), 0));
	arrive(1500);
	arrive(1500);
	cr_assert(eq(u32, status(0), TP_STATUS_KERNEL));
	arrive(1500);
	cr_assert(eq(u32, status(0), TP_STATUS_USER));
	cr_assert(eq(u32, block(0)->hdr.bh1.num_pkts, 2));
	cr_assert(is_readable());
	cr_assert(eq(u32, pcb->drops, 0));
}

HOST_TEST(packet_ring, without_a_free_block_it_freezes_and_thaws)
{
	struct packet_ring_shape s = {4096, 2, 2048, 4, 100, 0};

	cr_assert(eq(int, make(PACKET_RING_V3, s), 0));
	for (int i = 0; i < 6; i++)
		arrive(1500);
	cr_assert(eq(u32, pcb->drops, 2));
	cr_assert(eq(u32, pcb->ring.freezes, 1));
	block(0)->hdr.bh1.block_status = TP_STATUS_KERNEL;
	arrive(1500);
	cr_assert(eq(u32, pcb->drops, 2));
	packet_ring_on_timer(&pcb->ring);
	cr_assert(eq(u32, block(0)->hdr.bh1.num_pkts, 1));
	cr_assert(eq(u64, block(0)->hdr.bh1.seq_num, 3));
}

HOST_TEST(packet_ring, a_program_that_scribbles_harms_itself_only)
{
	struct packet_ring_shape s = {4096, 2, 2048, 4, 100, 0};

	cr_assert(eq(int, make(PACKET_RING_V3, s), 0));
	arrive(100);
	memset(pcb->ring.base, 0xff, 8192);
	for (int i = 0; i < 20; i++) {
		arrive(1500);
		packet_ring_on_timer(&pcb->ring);
	}
	memset(pcb->ring.base, 0, 8192);
	arrive(100);
	packet_ring_on_timer(&pcb->ring);
	cr_assert(gt(u32, pcb->drops, 0));
}

HOST_TEST(packet_ring, versions_have_headers)
{
	cr_assert(eq(u32, packet_ring_header(0), 32));
	cr_assert(eq(u32, packet_ring_header(1), 32));
	cr_assert(eq(u32, packet_ring_header(2), 48));
	cr_assert(eq(u32, packet_ring_header(3), 0));
}
