/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * packet_test.c - proves packet.c: who hears which frame, and what goes out
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <linux/filter.h>

#include "packet.h"
#include "testkit/nettest.h"

static struct nettest host;
static struct packets packets;
static const uint64_t wall_offset = SEC(1000000);

static void open_host(void)
{
	nettest_open(&host);
	host.lo->is_loopback = true;
	host.eth->mac = NT_MAC;
	host.lo->mac = (struct eth_addr){{0}};
	packets_init(&packets, &host.eng, &host.net, &wall_offset);
	host.net.packets = &packets;
}

static void close_host(void)
{
	cr_assert(eq(u32, host.eng.listeners, 0));
	cr_assert(list_is_empty(&packets.pcbs));
	cr_assert(eq(sz, arena_count(host.arena, ARENA_OTHER), 0));
	nettest_close(&host);
}

static struct packet_pcb *listener(bool is_cooked, uint16_t proto,
				   uint32_t ifindex)
{
	struct packet_pcb *pcb = NULL;

	cr_assert(eq(int, packet_new(&packets, is_cooked, &pcb), 0));
	pcb->news.owner = pcb;
	packet_listen(pcb, proto, ifindex);
	return pcb;
}

static void end(struct packet_pcb *pcb)
{
	news_forget(&pcb->news);
	packet_free(pcb);
}

static const struct eth_addr ELSEWHERE = {{2, 9, 9, 9, 9, 9}};

/* A frame of an EtherType that the stack does not know, with `len` bytes. */
static void arrive(struct eth_addr dst, uint16_t type, size_t len)
{
	struct pkt *p = pkt_new(host.arena, 64 + len, 0);
	struct eth_wire *wire;

	cr_assert(p != NULL);
	wire = pkt_append(p, sizeof(*wire) + len);
	*wire = (struct eth_wire){dst, NT_PEER_MAC, be16_make(type)};
	memset(wire + 1, 'x', len);
	p->stamp = host.eng.now;
	eth_input(host.eth, p);
}

static const struct packet_note *first(struct packet_pcb *pcb)
{
	struct pkt *p = packet_first(pcb);

	cr_assert(p != NULL);
	return packet_note_of(p);
}

HOST_TEST(packet, nobody_listens_until_a_protocol_is_named)
{
	struct packet_pcb *pcb = listener(false, 0, 0);

	cr_assert(eq(u32, host.eng.listeners, 0));
	arrive(NT_MAC, 0x88b5, 20);
	cr_assert(packet_first(pcb) == NULL);
	packet_listen(pcb, PACKET_PROTO_ALL, 0);
	cr_assert(eq(u32, host.eng.listeners, 1));
	arrive(NT_MAC, 0x88b5, 20);
	cr_assert(eq(u32, pcb->rcv_count, 1));
	cr_assert(pcb->news.bits & NEWS_READABLE);
	end(pcb);
}

HOST_TEST(packet, whole_frames_and_what_is_known_of_them)
{
	struct packet_pcb *raw = listener(false, PACKET_PROTO_ALL, 0);
	struct packet_pcb *cooked = listener(true, PACKET_PROTO_ALL, 0);

	arrive(NT_MAC, 0x88b5, 20);
	cr_assert(eq(u32, packet_first(raw)->len, 34));
	cr_assert(eq(u32, first(raw)->len, 34));
	cr_assert(eq(u16, first(raw)->net_at, 14));
	cr_assert(eq(u32, packet_first(cooked)->len, 20));
	cr_assert(eq(u8, packet_first(cooked)->data[0], 'x'));
	cr_assert(eq(u16, first(cooked)->net_at, 0));
	cr_assert(eq(u16, first(cooked)->proto, 0x88b5));
	cr_assert(eq(u32, first(cooked)->ifindex, host.eth->index));
	cr_assert(eq(u16, first(cooked)->hardware, 1));
	cr_assert(eth_equal(&first(cooked)->from, &NT_PEER_MAC));
	cr_assert(eq(u64, first(cooked)->stamp, host.eng.now));
	end(raw);
	end(cooked);
}

HOST_TEST(packet, the_way_says_to_whom_it_went)
{
	static const struct {
		struct eth_addr dst;
		enum packet_way way;
	} rows[] = {
		{{{2, 0, 0, 0, 0, 2}}, PACKET_TO_US},
		{{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}, PACKET_TO_ALL},
		{{{1, 0, 0x5e, 0, 0, 1}}, PACKET_TO_GROUP},
		{{{2, 9, 9, 9, 9, 9}}, PACKET_TO_OTHERS},
	};
	struct packet_pcb *pcb = listener(false, PACKET_PROTO_ALL, 0);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		arrive(rows[i].dst, 0x88b5, 20);
		cr_assert(eq(int, first(pcb)->way, (int)rows[i].way));
		packet_drop_first(pcb);
	}
	cr_assert(eq(sz, pcb->rcv_cost, 0));
	end(pcb);
}

HOST_TEST(packet, protocol_and_interface_choose)
{
	struct packet_pcb *one = listener(false, 0x88b5, host.eth->index);
	struct packet_pcb *other = listener(false, 0x88b6, 0);
	struct packet_pcb *elsewhere =
		listener(false, PACKET_PROTO_ALL, host.lo->index);

	arrive(NT_MAC, 0x88b5, 20);
	cr_assert(eq(u32, one->rcv_count, 1));
	cr_assert(eq(u32, other->rcv_count, 0));
	cr_assert(eq(u32, elsewhere->rcv_count, 0));
	end(one);
	end(other);
	end(elsewhere);
}

HOST_TEST(packet, what_goes_is_heard_by_who_wants_everything)
{
	struct packet_pcb *all = listener(false, PACKET_PROTO_ALL, 0);
	struct packet_pcb *deaf = listener(false, PACKET_PROTO_ALL, 0);
	struct packet_pcb *arp = listener(false, ETHERTYPE_ARP_FRAME, 0);
	struct inet_addr who = inet_from4(ip4_make(10, 0, 0, 7));

	deaf->ignore_outgoing = true;
	eth_ask(host.eth, &who, NULL);
	cr_assert(eq(sz, host.wire.nframes, 1));
	cr_assert(eq(u32, all->rcv_count, 1));
	cr_assert(eq(int, first(all)->way, (int)PACKET_FROM_US));
	cr_assert(eq(u32, packet_first(all)->len, host.wire.frames[0].len));
	cr_assert(zero(memcmp(packet_first(all)->data, host.wire.frames[0].data,
			      host.wire.frames[0].len)));
	cr_assert(eq(u32, deaf->rcv_count, 0));
	cr_assert(eq(u32, arp->rcv_count, 0));
	end(all);
	end(deaf);
	end(arp);
}

HOST_TEST(packet, a_frame_that_is_sent_goes_as_it_is)
{
	uint8_t frame[40] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x88, 0xb5};
	struct packet_pcb *pcb = listener(false, PACKET_PROTO_ALL, 0);
	struct packet_pcb *other = listener(false, PACKET_PROTO_ALL, 0);
	struct iovec iov;
	struct uio u;

	uio_flat(&u, &iov, frame, sizeof(frame));
	cr_assert(eq(int, packet_send(pcb, host.eth, 0, NULL, &u), 0));
	cr_assert(eq(sz, host.wire.frames[0].len, sizeof(frame)));
	cr_assert(zero(memcmp(host.wire.frames[0].data, frame, sizeof(frame))));
	cr_assert(eq(u32, pcb->rcv_count, 0), "nobody hears himself");
	cr_assert(eq(u32, other->rcv_count, 1));
	cr_assert(eq(u16, first(other)->proto, 0x88b5));
	end(pcb);
	end(other);
}

HOST_TEST(packet, a_cooked_socket_gets_its_header_from_us)
{
	struct packet_pcb *pcb = listener(true, 0, 0);
	const struct eth_wire *wire;
	char text[] = "text";
	struct iovec iov;
	struct uio u;

	uio_flat(&u, &iov, text, 4);
	cr_assert(
		eq(int, packet_send(pcb, host.eth, 0x88b5, &ELSEWHERE, &u), 0));
	wire = (const void *)host.wire.frames[0].data;
	cr_assert(eq(sz, host.wire.frames[0].len, sizeof(*wire) + 4));
	cr_assert(eth_equal(&wire->dst, &ELSEWHERE));
	cr_assert(eth_equal(&wire->src, &NT_MAC));
	cr_assert(eq(u16, be16_get(wire->type), 0x88b5));
	cr_assert(zero(memcmp(wire + 1, text, 4)));
	end(pcb);
}

HOST_TEST(packet, what_cannot_be_sent_is_refused)
{
	static uint8_t frame[NETTEST_MTU + 15];
	struct packet_pcb *pcb = listener(false, 0, 0);
	struct iovec iov;
	struct uio u;

	uio_flat(&u, &iov, frame, 13);
	cr_assert(eq(int, packet_send(pcb, host.eth, 0, NULL, &u), -EINVAL));
	uio_flat(&u, &iov, frame, sizeof(frame));
	cr_assert(eq(int, packet_send(pcb, host.eth, 0, NULL, &u), -EMSGSIZE));
	iface_set_down(host.eth, true);
	uio_flat(&u, &iov, frame, 60);
	cr_assert(eq(int, packet_send(pcb, host.eth, 0, NULL, &u), -ENETDOWN));
	iface_set_down(host.eth, false);
	cr_assert(eq(sz, host.wire.nframes, 0));
	end(pcb);
}

HOST_TEST(packet, a_filter_says_what_is_kept)
{
	struct sock_filter steps[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_TO_OTHERS, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0), BPF_STMT(BPF_RET | BPF_K, 16)};
	struct packet_pcb *pcb = listener(false, PACKET_PROTO_ALL, 0);

	cr_assert(eq(int,
		     bpf_new(host.arena, (const void *)steps, 4, &pcb->filter),
		     0));
	arrive(ELSEWHERE, 0x88b5, 20);
	cr_assert(eq(u32, pcb->rcv_count, 0));
	cr_assert(eq(u32, pcb->seen, 0));
	arrive(NT_MAC, 0x88b5, 20);
	cr_assert(eq(u32, packet_first(pcb)->len, 16));
	cr_assert(eq(u32, first(pcb)->len, 34));
	end(pcb);
}

HOST_TEST(packet, a_full_queue_counts)
{
	struct packet_pcb *pcb = listener(false, PACKET_PROTO_ALL, 0);
	uint32_t n = 0;

	pcb->rcv_max = 4096;
	while (pcb->drops == 0 && n++ < 1000)
		arrive(NT_MAC, 0x88b5, 500);
	cr_assert(lt(sz, pcb->rcv_cost, 8192));
	cr_assert(gt(u32, pcb->rcv_count, 2));
	cr_assert(eq(u32, pcb->seen, pcb->rcv_count + 1));
	packet_drop_first(pcb);
	arrive(NT_MAC, 0x88b5, 500);
	cr_assert(eq(u32, pcb->drops, 1));
	end(pcb);
}

HOST_TEST(packet, the_loopback_is_heard_twice)
{
	struct packet_pcb *pcb =
		listener(false, PACKET_PROTO_ALL, host.lo->index);
	uint8_t frame[60] = {0};
	struct packet_pcb *sender = listener(false, 0, 0);
	struct iovec iov;
	struct uio u;

	uio_flat(&u, &iov, frame, sizeof(frame));
	cr_assert(eq(int, packet_send(sender, host.lo, 0, NULL, &u), 0));
	nettest_run_loop(&host);
	cr_assert(eq(u32, pcb->rcv_count, 2));
	cr_assert(eq(int, first(pcb)->way, (int)PACKET_FROM_US));
	packet_drop_first(pcb);
	cr_assert(eq(int, first(pcb)->way, (int)PACKET_TO_US));
	cr_assert(eq(u16, first(pcb)->hardware, 772));
	end(pcb);
	end(sender);
}

HOST_TEST(packet, frames_without_a_type_have_linuxs_numbers)
{
	struct packet_pcb *pcb = listener(false, PACKET_PROTO_ALL, 0);

	arrive(NT_MAC, 46, 46);
	cr_assert(eq(u16, first(pcb)->proto, PACKET_PROTO_8022));
	end(pcb);
}
