/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sock_packet_test.c - proves sock_packet.c: names, messages, readiness, the
 * ring, on the loopback
 */
#include <linux/if_packet.h>
#include <net/if_arp.h>

#include "socket/sock_packet.h"
#include "testkit/socktest.h"

TestSuite(sock_packet, .init = kit_open, .fini = kit_close);

static struct sock *open_one(int type, uint16_t proto)
{
	struct sock *s = NULL;

	cr_assert(eq(int, sock_new(kit.st, AF_PACKET, type, htons(proto), &s),
		     0));
	return s;
}

static struct sockaddr_ll on_lo(uint16_t proto)
{
	return (struct sockaddr_ll){.sll_family = AF_PACKET,
				    .sll_protocol = htons(proto),
				    .sll_ifindex = 1};
}

static int bind_to(struct sock *s, struct sockaddr_ll ll)
{
	return sock_packet_bind(s, (void *)&ll, sizeof(ll));
}

static ssize_t send_to(struct sock *s, const void *bytes, size_t len,
		       struct sockaddr_ll *ll)
{
	struct msghdr msg = {.msg_name = ll,
			     .msg_namelen = ll ? sizeof(*ll) : 0};
	struct iovec iov;
	struct uio u;
	ssize_t ret;

	uio_flat(&u, &iov, (void *)(uintptr_t)bytes, len);
	ret = sock_packet_send(s, &u, &msg, 0);
	kit_settle();
	return ret;
}

static const uint8_t frame[60] = {[12] = 0x88, 0xb5, 'x'};

Test(sock_packet, types_and_protocols)
{
	struct sock *s = NULL;

	cr_assert(eq(int, sock_new(kit.st, AF_PACKET, SOCK_STREAM, 0, &s),
		     -ESOCKTNOSUPPORT));
	s = open_one(SOCK_RAW, 3);
	cr_assert(eq(u32, kit.st->eng.listeners, 1));
	sock_close(s);
	cr_assert(eq(u32, kit.st->eng.listeners, 0));
}

Test(sock_packet, bind_names_an_interface)
{
	struct sock *s = open_one(SOCK_RAW, 3);
	struct sockaddr_ll ll = on_lo(0), back = {0};
	socklen_t len = sizeof(back);

	ll.sll_ifindex = 77;
	cr_assert(eq(int, bind_to(s, ll), -ENODEV));
	ll.sll_family = AF_INET;
	cr_assert(eq(int, bind_to(s, ll), -EINVAL));
	ll = on_lo(0);
	cr_assert(eq(int, sock_packet_bind(s, (void *)&ll, sizeof(ll) - 1),
		     -EINVAL));
	cr_assert(eq(int, bind_to(s, ll), 0));
	cr_assert(eq(int, sock_packet_name(s, (void *)&back, &len), 0));
	cr_assert(eq(u32, len, 18));
	cr_assert(eq(int, back.sll_ifindex, 1));
	cr_assert(eq(u16, back.sll_protocol, htons(3)));
	cr_assert(eq(u16, back.sll_hatype, ARPHRD_LOOPBACK));
	sock_close(s);
}

Test(sock_packet, a_message_says_where_it_came_from)
{
	struct sock *s = open_one(SOCK_RAW, 0x88b5),
		    *from = open_one(SOCK_RAW, 0);
	struct sockaddr_ll ll = on_lo(0), got = {0};
	char control[64], bytes[16];
	struct msghdr msg = {.msg_name = &got,
			     .msg_namelen = sizeof(got),
			     .msg_control = control,
			     .msg_controllen = sizeof(control)};
	struct tpacket_auxdata aux;
	struct iovec iov;
	struct uio u;

	s->packet->auxdata = true;
	cr_assert(eq(i64, send_to(from, frame, sizeof(frame), &ll), 60));
	cr_assert(s->slot->ready & EPOLLIN);
	uio_flat(&u, &iov, bytes, sizeof(bytes));
	cr_assert(eq(i64, sock_packet_recv(s, &u, &msg, MSG_TRUNC), 60));
	cr_assert(eq(int, msg.msg_flags, MSG_TRUNC));
	cr_assert(eq(u32, msg.msg_namelen, sizeof(got)));
	cr_assert(eq(u16, got.sll_protocol, htons(0x88b5)));
	cr_assert(eq(int, got.sll_pkttype, PACKET_HOST));
	cr_assert(eq(int, CMSG_FIRSTHDR(&msg)->cmsg_type, PACKET_AUXDATA));
	memcpy(&aux, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(aux));
	cr_assert(eq(u32, aux.tp_len, 60));
	cr_assert(eq(u16, aux.tp_net, 14));
	cr_assert(not(s->slot->ready & EPOLLIN));
	cr_assert(eq(i64, sock_packet_recv(s, &u, &msg, 0), -EAGAIN));
	sock_close(s);
	sock_close(from);
}

Test(sock_packet, wrong_destinations)
{
	struct sock *s = open_one(SOCK_DGRAM, 0);
	struct sockaddr_ll ll = on_lo(0x88b5);

	cr_assert(eq(i64, send_to(s, "x", 1, NULL), -ENXIO));
	cr_assert(eq(i64, send_to(s, "x", 1, &ll), -EINVAL), "no address");
	ll.sll_halen = 6;
	cr_assert(eq(i64, send_to(s, "x", 1, &ll), 1));
	ll.sll_ifindex = 9;
	cr_assert(eq(i64, send_to(s, "x", 1, &ll), -ENXIO));
	sock_close(s);
}

/* The program gives a frame back without a call. */
Test(sock_packet, readiness_follows_the_ring)
{
	struct sock *s = open_one(SOCK_RAW, 0x88b5),
		    *from = open_one(SOCK_RAW, 0);
	struct tpacket_req req = {4096, 1, 2048, 2};
	int version = TPACKET_V2;
	struct sockaddr_ll ll = on_lo(0);
	struct tpacket2_hdr *h;
	uint64_t at = 0;

	cr_assert(eq(int,
		     sock_opt_set(s, SOL_PACKET, PACKET_VERSION, &version, 4),
		     0));
	cr_assert(eq(int, sock_packet_map(s, 4096, &at), -EINVAL));
	cr_assert(eq(
		int,
		sock_opt_set(s, SOL_PACKET, PACKET_RX_RING, &req, sizeof(req)),
		0));
	cr_assert(eq(int, sock_packet_map(s, 8192, &at), -EINVAL));
	cr_assert(eq(int, sock_packet_map(s, 4096, &at), 0));
	h = (void *)((uint8_t *)kit.arena + at);
	cr_assert(eq(u32, sock_slot_ready(s->slot) & EPOLLIN, 0));
	cr_assert(eq(i64, send_to(from, frame, sizeof(frame), &ll), 60));
	cr_assert(eq(u32, sock_slot_ready(s->slot) & EPOLLIN, EPOLLIN));
	h->tp_status = TP_STATUS_KERNEL;
	cr_assert(eq(u32, sock_slot_ready(s->slot) & EPOLLIN, 0));
	cr_assert(eq(u32, sock_slot_ready(s->slot) & EPOLLOUT, EPOLLOUT));
	cr_assert(eq(i64, send_to(from, frame, sizeof(frame), &ll), 60));
	cr_assert(eq(u32, sock_slot_ready(s->slot) & EPOLLIN, EPOLLIN));
	sock_close(s);
	sock_close(from);
}
