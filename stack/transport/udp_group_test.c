/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * udp_group_test.c - proves udp_group.c: who has joined what, and who hears it.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "testkit/nettest.h"

static struct nettest t;
static struct udp_pcb *a, *b;
static struct inet_addr group;

static struct udp_pcb *open_pcb(void)
{
	struct endpoint any = {inet_from4(ip4_make(0, 0, 0, 0)), 5353, 0};
	struct udp_pcb *pcb;

	cr_assert(eq(int, udp_new(&t.udp, &pcb), 0));
	pcb->bind.flags = BINDING_REUSEADDR;
	cr_assert(eq(int, udp_bind(pcb, &any), 0));
	return pcb;
}

static void open_host(void)
{
	nettest_open_udp(&t);
	group = inet_from4(ip4_make(224, 0, 0, 251));
	a = open_pcb();
	b = open_pcb();
}

static void close_host(void)
{
	udp_free(a);
	udp_free(b);
	cr_assert(eq(u32, t.udp.ngroups, 0));
	nettest_close(&t);
}

static enum verdict give(void)
{
	static const uint8_t bytes[] = {0x14, 0xe9, 0x14, 0xe9, 0,
					9,    0,    0,    'x'};
	struct nettest_ip h = {NT_PEER, inet_to4(&group),
			       .proto = IP_PROTO_UDP};

	return nettest_give(&t, t.eth, nettest_pkt(&t, &h, bytes, 9));
}

HOST_TEST(udp_group, nobody_joined_nobody_hears)
{
	cr_assert(eq(int, give(), DROP_IP_NOT_OURS));
}

/* ip(7) IP_MULTICAST_ALL: joined by one, heard by all who did not opt out. */
HOST_TEST(udp_group, joined_group_is_heard)
{
	cr_assert(eq(int, udp_join(a, &group, t.eth->index), 0));
	cr_assert(eq(int, give(), DONE));
	cr_assert(eq(u32, a->rcv_count, 1));
	cr_assert(eq(u32, b->rcv_count, 1));
	b->v4.multicast_all = false;
	cr_assert(eq(int, give(), DONE));
	cr_assert(eq(u32, a->rcv_count, 2));
	cr_assert(eq(u32, b->rcv_count, 1));
	cr_assert(eq(int, udp_leave(a, &group, t.eth->index), 0));
	cr_assert(eq(int, give(), DROP_IP_NOT_OURS));
}

HOST_TEST(udp_group, memberships_are_counted_and_limited)
{
	struct inet_addr no_group = inet_from4(NT_PEER), g = group;

	cr_assert(eq(int, udp_join(a, &no_group, 2), -EINVAL));
	cr_assert(eq(int, udp_leave(a, &group, 2), -EADDRNOTAVAIL));
	cr_assert(eq(int, udp_join(a, &group, 2), 0));
	cr_assert(eq(int, udp_join(a, &group, 2), -EADDRINUSE));
	cr_assert(eq(int, udp_join(b, &group, 2), 0));
	cr_assert(eq(u32, t.udp.ngroups, 1));
	cr_assert(eq(int, udp_leave(a, &group, 2), 0));
	cr_assert(udp_is_joined(&t.udp, &group, 2));
	cr_assert(not(udp_is_joined(&t.udp, &group, 1)));
	for (int i = 0; i < UDP_GROUPS; i++) {
		g.b[15] = (uint8_t)i;
		cr_assert(eq(int, udp_join(a, &g, 0), 0));
	}
	g.b[15] = UDP_GROUPS;
	cr_assert(eq(int, udp_join(a, &g, 0), -ENOBUFS));
}

HOST_TEST(udp_group, what_we_send_to_a_group_is_heard_here_too)
{
	struct endpoint to = {group, 5353, 0};
	struct iovec storage;
	struct uio u;

	cr_assert(eq(int, udp_join(b, &group, t.eth->index), 0));
	uio_flat(&u, &storage, "hello", 5);
	cr_assert(eq(int, udp_send(a, &to, NULL, &u), 0));
	cr_assert(eq(sz, t.wire.nframes, 1));
	cr_assert(eq(u8, nettest_sent_ip(&t, 0)->ttl, 1));
	cr_assert(eq(sz, udp_next_len(b), 5));
	a->v4.multicast_loop = false;
	uio_flat(&u, &storage, "hello", 5);
	cr_assert(eq(int, udp_send(a, &to, NULL, &u), 0));
	cr_assert(eq(u32, b->rcv_count, 1));
}
