/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * udp_group_test.c - proves udp_group.c: who has joined what, and who hears it.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "net/mcast.h"
#include "testkit/nettest.h"
#include "udp_group.h"

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
	for (int i = 0; i < 4; i++)
		nettest_advance(&t, SEC(1));
	cr_assert(eq(u32, t.net.mcast.groups.count, 0));
	nettest_close(&t);
}

static enum verdict give_from(struct ip4_addr src)
{
	static const uint8_t bytes[] = {0x14, 0xe9, 0x14, 0xe9, 0,
					9,    0,    0,    'x'};
	struct nettest_ip h = {src, inet_to4(&group), .proto = IP_PROTO_UDP};

	return nettest_give(&t, t.eth, nettest_pkt(&t, &h, bytes, 9));
}

static enum verdict give(void)
{
	return give_from(NT_PEER);
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
	cr_assert(eq(int, udp_join(a, &group, 9), -ENODEV));
	cr_assert(eq(int, udp_join(a, &group, 2), 0));
	cr_assert(eq(int, udp_join(a, &group, 2), -EADDRINUSE));
	cr_assert(eq(int, udp_join(b, &group, 2), 0));
	cr_assert(eq(u32, t.net.mcast.groups.count, 1));
	cr_assert(eq(int, udp_leave(a, &group, 2), 0));
	cr_assert(mcast_is_joined(&t.net, &group, 2));
	cr_assert(not(mcast_is_joined(&t.net, &group, 1)));
	for (int i = 0; i < LIMIT_MEMBERSHIPS4; i++) {
		g.b[15] = (uint8_t)i;
		cr_assert(eq(int, udp_join(a, &g, 0), 0));
	}
	g.b[15] = LIMIT_MEMBERSHIPS4;
	cr_assert(eq(int, udp_join(a, &g, 0), -ENOBUFS));
}

/* Linux: no sysctl limits the groups of IPv6, only memory. */
HOST_TEST(udp_group, more_groups_of_ipv6_than_of_ipv4)
{
	struct inet_addr g = {{0xff, 2, [13] = 7}};

	for (int i = 0; i < LIMIT_MEMBERSHIPS6; i++) {
		g.b[14] = (uint8_t)(i >> 8);
		g.b[15] = (uint8_t)i;
		cr_assert(eq(int, udp_join(a, &g, 2), 0));
	}
	g.b[13] = 8;
	cr_assert(eq(int, udp_join(a, &g, 2), -ENOMEM));
	cr_assert(eq(int, udp_leave(a, &g, 2), -EADDRNOTAVAIL));
}

/* RFC 3678 4.1.3, RFC 3376 3.1: who is heard, by socket and by interface. */
HOST_TEST(udp_group, sources_are_filtered)
{
	struct inet_addr peer = inet_from4(NT_PEER);
	struct inet_addr third = inet_from4(ip4_make(10, 0, 0, 3));

	b->v4.multicast_all = false;
	cr_assert(eq(int, udp_source(a, UDP_SOURCE_JOIN, &group, &peer, 2), 0));
	cr_assert(eq(int, give(), DONE));
	cr_assert(eq(u32, a->rcv_count, 1));
	cr_assert(eq(u32, b->rcv_count, 0));
	cr_assert(eq(int, give_from(inet_to4(&third)), DROP_MCAST_SOURCE));
	/* The other one's wish brings it in; this one still has its own. */
	cr_assert(eq(int, udp_join(b, &group, 2), 0));
	cr_assert(eq(int, give_from(inet_to4(&third)), DONE));
	cr_assert(eq(u32, a->rcv_count, 1));
	cr_assert(eq(u32, b->rcv_count, 1));
	cr_assert(
		eq(int, udp_source(b, UDP_SOURCE_BLOCK, &group, &third, 2), 0));
	cr_assert(eq(int, give_from(inet_to4(&third)), DROP_MCAST_SOURCE));
	cr_assert(eq(int, udp_source(b, UDP_SOURCE_UNBLOCK, &group, &third, 2),
		     0));
	cr_assert(eq(int, give_from(inet_to4(&third)), DONE));
	cr_assert(eq(u32, b->rcv_count, 2));
}

HOST_TEST(udp_group, a_filter_is_of_one_kind)
{
	struct inet_addr peer = inet_from4(NT_PEER);
	struct inet_addr third = inet_from4(ip4_make(10, 0, 0, 3));

	cr_assert(eq(int, udp_source(a, UDP_SOURCE_BLOCK, &group, &peer, 2),
		     -EINVAL));
	cr_assert(eq(int, udp_source(a, UDP_SOURCE_JOIN, &group, &peer, 2), 0));
	cr_assert(eq(int, udp_source(a, UDP_SOURCE_JOIN, &group, &peer, 2),
		     -EADDRNOTAVAIL));
	cr_assert(eq(int, udp_source(a, UDP_SOURCE_BLOCK, &group, &third, 2),
		     -EINVAL));
	cr_assert(eq(int, udp_source(a, UDP_SOURCE_LEAVE, &group, &third, 2),
		     -EADDRNOTAVAIL));
	cr_assert(
		eq(int, udp_source(a, UDP_SOURCE_LEAVE, &group, &peer, 2), 0));
	cr_assert(eq(ptr, (void *)udp_group_find(a, &group, 2), NULL));
}

HOST_TEST(udp_group, sources_are_limited)
{
	struct inet_addr s = inet_from4(ip4_make(10, 0, 1, 0));

	for (uint8_t i = 0; i < LIMIT_MSF4; i++) {
		s.b[15] = i;
		cr_assert(eq(int, udp_source(a, UDP_SOURCE_JOIN, &group, &s, 2),
			     0));
	}
	s.b[15] = LIMIT_MSF4;
	cr_assert(eq(int, udp_source(a, UDP_SOURCE_JOIN, &group, &s, 2),
		     -ENOBUFS));
	cr_assert(eq(u32, udp_group_find(a, &group, 2)->nsources, LIMIT_MSF4));
}

/* RFC 3678 4.2.1: the whole filter; nothing from nobody leaves the group. */
HOST_TEST(udp_group, a_filter_is_set_at_once)
{
	struct inet_addr list[2] = {inet_from4(NT_PEER), inet_from4(NT_US)};
	struct mcast_filter f = {true, 2, list};
	const struct udp_member *m;

	cr_assert(eq(int, udp_set_filter(a, &group, 2, &f), -EINVAL));
	cr_assert(eq(int, udp_join(a, &group, 2), 0));
	cr_assert(eq(int, udp_set_filter(a, &group, 2, &f), 0));
	cr_assert(eq(int, give(), DROP_MCAST_SOURCE));
	f = (struct mcast_filter){false, 1, list};
	cr_assert(eq(int, udp_set_filter(a, &group, 2, &f), 0));
	cr_assert(eq(int, give(), DONE));
	m = udp_group_find(a, &group, 2);
	cr_assert(not(m->exclude));
	cr_assert(eq(u32, m->nsources, 1));
	f.nsources = 0;
	cr_assert(eq(int, udp_set_filter(a, &group, 2, &f), 0));
	cr_assert(eq(ptr, (void *)udp_group_find(a, &group, 2), NULL));
	cr_assert(eq(int, udp_set_filter(a, &group, 2, &f), -EADDRNOTAVAIL));
}

/* A death between two stores leaves a list that ends. */
HOST_TEST(udp_group, claimed_memberships_are_what_can_be_reached)
{
	struct inet_addr g = group;

	for (uint8_t i = 0; i < 3; i++) {
		g.b[15] = i;
		cr_assert(eq(int, udp_join(a, &g, 2), 0));
	}
	a->members->next->next = (void *)t.arena;
	arena_claim_begin(t.arena);
	net_claim(&t.net);
	udp_group_claim(a);
	cr_assert(eq(ptr, a->members->next->next, NULL));
	(void)!arena_claim(t.arena, a, ARENA_PCB);
	(void)!arena_claim(t.arena, b, ARENA_PCB);
	arena_sweep(t.arena);
	arena_claim_end(t.arena);
	engine_rebuild(&t.eng);
	net_rebuild(&t.net);
	udp_rebuild(&t.udp);
	cr_assert(eq(u32, t.net.mcast.groups.count, 2));
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
