/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sock_packet_opt_test.c - proves sock_packet_opt.c: what is set is read again
 */
#include <linux/if_packet.h>

#include "socket/sock_packet.h"
#include "testkit/socktest.h"

TestSuite(sock_packet_opt, .init = kit_open, .fini = kit_close);

static struct sock *open_one(void)
{
	struct sock *s = NULL;

	cr_assert(eq(int, sock_new(kit.st, AF_PACKET, SOCK_RAW, htons(3), &s),
		     0));
	return s;
}

static int set_int(struct sock *s, int level, int name, int value)
{
	return sock_opt_set(s, level, name, &value, sizeof(value));
}

static int get_int(struct sock *s, int level, int name, int value)
{
	socklen_t len = sizeof(value);
	int ret = sock_opt_get(s, level, name, &value, &len);

	return ret < 0 ? ret : value;
}

Test(sock_packet_opt, numbers_are_kept)
{
	static const int names[] = {PACKET_AUXDATA, PACKET_ORIGDEV,
				    PACKET_RESERVE, PACKET_VERSION, 23};
	struct sock *s = open_one();

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		cr_assert(eq(int, get_int(s, SOL_PACKET, names[i], -7), 0));
		cr_assert(eq(int, set_int(s, SOL_PACKET, names[i], 1), 0));
		cr_assert(eq(int, get_int(s, SOL_PACKET, names[i], -7), 1));
	}
	cr_assert(eq(int, set_int(s, SOL_PACKET, PACKET_VERSION, 3), -EINVAL));
	cr_assert(eq(int, set_int(s, SOL_PACKET, PACKET_RESERVE, -1), -EINVAL));
	cr_assert(eq(int, set_int(s, SOL_PACKET, 999, 1), -ENOPROTOOPT));
	cr_assert(eq(int, set_int(s, IPPROTO_IP, 1, 1), -ENOPROTOOPT));
	sock_close(s);
}

Test(sock_packet_opt, header_lengths)
{
	struct sock *s = open_one();

	cr_assert(eq(int, get_int(s, SOL_PACKET, PACKET_HDRLEN, 1), 32));
	cr_assert(eq(int, get_int(s, SOL_PACKET, PACKET_HDRLEN, 2), 48));
	cr_assert(eq(int, get_int(s, SOL_PACKET, PACKET_HDRLEN, 3), -EINVAL));
	sock_close(s);
}

Test(sock_packet_opt, statistics_begin_anew_when_read)
{
	struct tpacket_stats_v3 st = {9, 9, 9};
	socklen_t len = sizeof(st);
	struct sock *s = open_one();

	s->packet->seen = 5;
	s->packet->drops = 2;
	cr_assert(eq(int,
		     sock_opt_get(s, SOL_PACKET, PACKET_STATISTICS, &st, &len),
		     0));
	cr_assert(eq(u32, len, 8));
	cr_assert(eq(u32, st.tp_packets, 5));
	cr_assert(eq(u32, st.tp_drops, 2));
	cr_assert(eq(int, set_int(s, SOL_PACKET, PACKET_VERSION, 2), 0));
	len = sizeof(st);
	cr_assert(eq(int,
		     sock_opt_get(s, SOL_PACKET, PACKET_STATISTICS, &st, &len),
		     0));
	cr_assert(eq(u32, len, 12));
	cr_assert(eq(u32, st.tp_packets, 0));
	sock_close(s);
}

Test(sock_packet_opt, memberships_name_an_interface)
{
	struct packet_mreq m = {.mr_ifindex = 1, .mr_type = PACKET_MR_PROMISC};
	struct sock *s = open_one();

#define JOIN() sock_opt_set(s, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &m, sizeof(m))
	cr_assert(eq(int, JOIN(), 0));
	m.mr_ifindex = 9;
	cr_assert(eq(int, JOIN(), -ENODEV));
	m.mr_ifindex = 1;
	m.mr_type = PACKET_MR_MULTICAST;
	cr_assert(eq(int, JOIN(), -EINVAL));
	m.mr_alen = 6;
	cr_assert(eq(int, JOIN(), 0));
	m.mr_alen = 60;
	cr_assert(eq(int, JOIN(), -EINVAL));
	sock_close(s);
}

Test(sock_packet_opt, buffers_and_errors_are_its_own)
{
	struct sock *s = open_one();

	cr_assert(eq(int, set_int(s, SOL_SOCKET, SO_RCVBUF, 50000), 0));
	cr_assert(eq(int, get_int(s, SOL_SOCKET, SO_RCVBUF, 0), 100000));
	cr_assert(eq(sz, s->packet->rcv_max, 100000));
	s->packet->error = ENETDOWN;
	cr_assert(eq(int, get_int(s, SOL_SOCKET, SO_ERROR, 0), ENETDOWN));
	cr_assert(eq(int, get_int(s, SOL_SOCKET, SO_ERROR, 0), 0));
	cr_assert(eq(int, get_int(s, SOL_SOCKET, SO_TYPE, 0), SOCK_RAW));
	cr_assert(eq(int, get_int(s, SOL_SOCKET, SO_DOMAIN, 0), AF_PACKET));
	cr_assert(eq(int, set_int(s, SOL_SOCKET, SO_REUSEADDR, 1), 0));
	sock_close(s);
}

Test(sock_packet_opt, a_ring_fixes_its_manner)
{
	struct tpacket_req req = {4096, 1, 2048, 2}, none = {0};
	struct sock *s = open_one();

	cr_assert(eq(int,
		     sock_opt_set(s, SOL_PACKET, PACKET_RX_RING, &req,
				  sizeof(req) - 1),
		     -EINVAL));
	cr_assert(eq(
		int,
		sock_opt_set(s, SOL_PACKET, PACKET_RX_RING, &req, sizeof(req)),
		0));
	cr_assert(eq(int, set_int(s, SOL_PACKET, PACKET_VERSION, 1), -EBUSY));
	cr_assert(eq(int,
		     sock_opt_set(s, SOL_PACKET, PACKET_RX_RING, &none,
				  sizeof(none)),
		     0));
	cr_assert(eq(int, set_int(s, SOL_PACKET, PACKET_VERSION, 1), 0));
	cr_assert(eq(
		int,
		sock_opt_set(s, SOL_PACKET, PACKET_TX_RING, &req, sizeof(req)),
		-ENOPROTOOPT));
	sock_close(s);
}
