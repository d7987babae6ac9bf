/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sock_opt_test.c - proves sock_opt.c, sock_opt_special.c, sock_opt_iface.c:
 * every option set, read back, refused, cut short.
 *
 * The tables were printed by a program that asks Linux.
 */

#include <limits.h>
#include <linux/tcp.h>
#include <net/if.h>
#include <sys/time.h>

#include "testkit/socktest.h"

TestSuite(sock_opt, .init = kit_open, .fini = kit_close);

#ifndef SO_BUSY_POLL
#define SO_BUSY_POLL 46
#endif

enum { PORT = 4000, UNTOUCHED = -77 };

static struct sock *tcp4, *udp4, *tcp6, *udp6;

static void make_all(void)
{
	tcp4 = kit_socket(SOCK_STREAM);
	udp4 = kit_socket(SOCK_DGRAM);
	tcp6 = kit_socket6(SOCK_STREAM);
	udp6 = kit_socket6(SOCK_DGRAM);
}

static int set(struct sock *s, int level, int name, int value)
{
	return sock_opt_set(s, level, name, &value, sizeof(value));
}

static int get(struct sock *s, int level, int name)
{
	int value = UNTOUCHED;
	socklen_t len = sizeof(value);
	int ret = sock_opt_get(s, level, name, &value, &len);

	return ret < 0 ? ret : value;
}

/* One value given to a stream and a datagram socket, and what is read then.
 * A result below zero is the error of setting. */
struct row {
	int level, name, value;
	int stream, dgram;
};

#define SAME(level, name, value, result)                                       \
	{                                                                      \
		level, name, value, result, result                             \
	}
#define BOOL(level, name)                                                      \
	SAME(level, name, 1, 1), SAME(level, name, 0, 0),                      \
		SAME(level, name, -1, 1), SAME(level, name, 256, 1)
#define TCP_ONLY(name, value, result)                                          \
	{                                                                      \
		IPPROTO_TCP, name, value, result, -ENOPROTOOPT                 \
	}

static const struct row rows[] = {
	BOOL(SOL_SOCKET, SO_REUSEADDR),
	BOOL(SOL_SOCKET, SO_REUSEPORT),
	BOOL(SOL_SOCKET, SO_BROADCAST),
	BOOL(SOL_SOCKET, SO_DONTROUTE),
	BOOL(SOL_SOCKET, SO_DEBUG),
	BOOL(SOL_SOCKET, SO_NO_CHECK),
	BOOL(SOL_SOCKET, SO_OOBINLINE),
	BOOL(SOL_SOCKET, SO_KEEPALIVE),
	BOOL(SOL_SOCKET, SO_TIMESTAMP),
	BOOL(SOL_SOCKET, SO_TIMESTAMPNS),
	SAME(SOL_SOCKET, SO_PRIORITY, 5, 5),
	SAME(SOL_SOCKET, SO_MARK, 77, 77),
	SAME(SOL_SOCKET, SO_BUSY_POLL, 50, 50),
	SAME(SOL_SOCKET, SO_BUSY_POLL, -1, -EINVAL),
	SAME(SOL_SOCKET, SO_RCVLOWAT, 0, 1),
	SAME(SOL_SOCKET, SO_RCVLOWAT, 256, 256),
	SAME(SOL_SOCKET, SO_RCVLOWAT, -1, INT_MAX),
	SAME(SOL_SOCKET, SO_SNDBUF, 10000, 20000),
	SAME(SOL_SOCKET, SO_SNDBUF, 0, LIMIT_SOCKBUF_MIN),
	SAME(SOL_SOCKET, SO_SNDBUF, -1, LIMIT_SOCKBUF_ASK),
	SAME(SOL_SOCKET, SO_SNDBUF, INT_MAX, LIMIT_SOCKBUF_ASK),
	SAME(SOL_SOCKET, SO_RCVBUF, 10000, 20000),
	SAME(SOL_SOCKET, SO_RCVBUF, 0, LIMIT_SOCKBUF_MIN),
	SAME(SOL_SOCKET, SO_RCVBUF, -1, LIMIT_SOCKBUF_ASK),
	SAME(SOL_SOCKET, SO_SNDLOWAT, 1, -ENOPROTOOPT),
	SAME(SOL_SOCKET, SO_TYPE, 1, -ENOPROTOOPT),
	SAME(SOL_SOCKET, SO_PROTOCOL, 1, -ENOPROTOOPT),
	SAME(SOL_SOCKET, SO_DOMAIN, 1, -ENOPROTOOPT),
	SAME(SOL_SOCKET, SO_ERROR, 1, -ENOPROTOOPT),
	SAME(SOL_SOCKET, SO_ACCEPTCONN, 1, -ENOPROTOOPT),
	SAME(SOL_SOCKET, SO_COOKIE, 1, -ENOPROTOOPT),
	SAME(SOL_SOCKET, 999, 1, -ENOPROTOOPT),

	{IPPROTO_IP, IP_TOS, 1, 0, 1},
	{IPPROTO_IP, IP_TOS, 0x10, 0x10, 0x10},
	{IPPROTO_IP, IP_TOS, -1, 252, 255},
	{IPPROTO_IP, IP_TOS, 256, 0, 0},
	SAME(IPPROTO_IP, IP_TTL, 1, 1),
	SAME(IPPROTO_IP, IP_TTL, -1, 64),
	SAME(IPPROTO_IP, IP_TTL, 255, 255),
	SAME(IPPROTO_IP, IP_TTL, 0, -EINVAL),
	SAME(IPPROTO_IP, IP_TTL, 256, -EINVAL),
	SAME(IPPROTO_IP, IP_TTL, -2, -EINVAL),
	SAME(IPPROTO_IP, IP_MTU_DISCOVER, 0, 0),
	SAME(IPPROTO_IP, IP_MTU_DISCOVER, 5, 5),
	SAME(IPPROTO_IP, IP_MTU_DISCOVER, 6, -EINVAL),
	SAME(IPPROTO_IP, IP_MTU_DISCOVER, -1, -EINVAL),
	SAME(IPPROTO_IP, IP_MTU, 1500, -ENOPROTOOPT),
	BOOL(IPPROTO_IP, IP_RECVERR),
	BOOL(IPPROTO_IP, IP_PKTINFO),
	BOOL(IPPROTO_IP, IP_RECVTOS),
	BOOL(IPPROTO_IP, IP_RECVTTL),
	BOOL(IPPROTO_IP, IP_FREEBIND),
	BOOL(IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT),
	BOOL(IPPROTO_IP, IP_MULTICAST_LOOP),
	SAME(IPPROTO_IP, IP_MULTICAST_ALL, 0, 0),
	SAME(IPPROTO_IP, IP_MULTICAST_ALL, 1, 1),
	SAME(IPPROTO_IP, IP_MULTICAST_ALL, 2, -EINVAL),
	{IPPROTO_IP, IP_MULTICAST_TTL, 0, -EINVAL, 0},
	{IPPROTO_IP, IP_MULTICAST_TTL, 9, -EINVAL, 9},
	{IPPROTO_IP, IP_MULTICAST_TTL, -1, -EINVAL, 1},
	{IPPROTO_IP, IP_MULTICAST_TTL, 256, -EINVAL, -EINVAL},
	SAME(IPPROTO_IP, 999, 1, -ENOPROTOOPT),

	TCP_ONLY(TCP_NODELAY, 1, 1),
	TCP_ONLY(TCP_NODELAY, 0, 0),
	TCP_ONLY(TCP_CORK, 5, 1),
	TCP_ONLY(TCP_QUICKACK, 1, 1),
	TCP_ONLY(TCP_MAXSEG, 1000, 1000),
	TCP_ONLY(TCP_MAXSEG, 1, -EINVAL),
	TCP_ONLY(TCP_KEEPIDLE, 9, 9),
	TCP_ONLY(TCP_KEEPIDLE, 0, -EINVAL),
	TCP_ONLY(TCP_KEEPIDLE, 32768, -EINVAL),
	TCP_ONLY(TCP_KEEPINTVL, 9, 9),
	TCP_ONLY(TCP_KEEPINTVL, 0, -EINVAL),
	TCP_ONLY(TCP_KEEPCNT, 127, 127),
	TCP_ONLY(TCP_KEEPCNT, 128, -EINVAL),
	TCP_ONLY(TCP_SYNCNT, 3, 3),
	TCP_ONLY(TCP_SYNCNT, 0, -EINVAL),
	TCP_ONLY(TCP_LINGER2, 10, 10),
	TCP_ONLY(TCP_LINGER2, 0, 60),
	TCP_ONLY(TCP_LINGER2, 256, 120),
	TCP_ONLY(TCP_DEFER_ACCEPT, 1, 1),
	TCP_ONLY(TCP_USER_TIMEOUT, 5000, 5000),
	TCP_ONLY(TCP_USER_TIMEOUT, -1, -EINVAL),
	TCP_ONLY(TCP_NOTSENT_LOWAT, 4096, 4096),
	TCP_ONLY(TCP_INFO, 1, -ENOPROTOOPT),
	TCP_ONLY(999, 1, -ENOPROTOOPT),
};

static void expect_row(const struct row *r, struct sock *s, int want)
{
	int ret = set(s, r->level, r->name, r->value);

	if (want < 0) {
		cr_expect(eq(int, ret, want),
			  "level %d name %d value %d type %d", r->level,
			  r->name, r->value, s->type);
		return;
	}
	cr_expect(eq(int, ret, 0), "level %d name %d value %d type %d",
		  r->level, r->name, r->value, s->type);
	cr_expect(eq(int, get(s, r->level, r->name), want),
		  "level %d name %d value %d type %d", r->level, r->name,
		  r->value, s->type);
}

Test(sock_opt, every_row_set_and_read_back)
{
	make_all();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		expect_row(&rows[i], tcp4, rows[i].stream);
		expect_row(&rows[i], udp4, rows[i].dgram);
		expect_row(&rows[i], tcp6, rows[i].stream);
		expect_row(&rows[i], udp6, rows[i].dgram);
	}
}

Test(sock_opt, ipv6_options_are_for_ipv6_sockets)
{
	static const struct {
		int name, value, result;
	} row[] = {{IPV6_V6ONLY, 1, 1},
		   {IPV6_V6ONLY, 0, 0},
		   {IPV6_RECVPKTINFO, 1, 1},
		   {IPV6_UNICAST_HOPS, 7, 7},
		   {IPV6_UNICAST_HOPS, -1, 64},
		   {IPV6_UNICAST_HOPS, 256, -EINVAL},
		   {IPV6_UNICAST_HOPS, -2, -EINVAL},
		   {IPV6_TCLASS, 8, 8},
		   {IPV6_TCLASS, -1, 0},
		   {IPV6_TCLASS, 256, -EINVAL},
		   {IPV6_RECVTCLASS, 1, 1},
		   {IPV6_RECVERR, 1, 1},
		   {IPV6_MTU_DISCOVER, 2, 2},
		   {IPV6_MTU_DISCOVER, -1, -EINVAL},
		   {999, 1, -ENOPROTOOPT}};

	make_all();
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		const struct row r = {IPPROTO_IPV6, row[i].name, row[i].value,
				      row[i].result, row[i].result};

		expect_row(&r, udp6, r.dgram);
		expect_row(&r, tcp6, r.stream);
		expect_row(&r, udp4, -ENOPROTOOPT);
		expect_row(&r, tcp4, -ENOPROTOOPT);
		cr_expect(eq(int, get(udp4, IPPROTO_IPV6, row[i].name),
			     -EOPNOTSUPP));
	}
}

/* Those of multicast are no business of a stream. */
Test(sock_opt, multicast_hops_of_ipv6_are_for_datagrams)
{
	make_all();
	cr_assert(eq(int, set(udp6, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, 7), 0));
	cr_assert(eq(int, get(udp6, IPPROTO_IPV6, IPV6_MULTICAST_HOPS), 7));
	cr_assert(eq(int, set(udp6, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, -1), 0));
	cr_assert(eq(int, get(udp6, IPPROTO_IPV6, IPV6_MULTICAST_HOPS), 1));
	cr_assert(eq(int, set(tcp6, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, 7),
		     -ENOPROTOOPT));
	cr_assert(eq(int, get(tcp6, IPPROTO_IPV6, IPV6_MULTICAST_HOPS), 1));
}

Test(sock_opt, fresh_values)
{
	make_all();
	cr_assert(eq(int, get(tcp4, SOL_SOCKET, SO_TYPE), SOCK_STREAM));
	cr_assert(eq(int, get(udp6, SOL_SOCKET, SO_TYPE), SOCK_DGRAM));
	cr_assert(eq(int, get(tcp4, SOL_SOCKET, SO_DOMAIN), AF_INET));
	cr_assert(eq(int, get(udp6, SOL_SOCKET, SO_DOMAIN), AF_INET6));
	cr_assert(eq(int, get(tcp4, SOL_SOCKET, SO_PROTOCOL), IPPROTO_TCP));
	cr_assert(eq(int, get(udp4, SOL_SOCKET, SO_PROTOCOL), IPPROTO_UDP));
	cr_assert(eq(int, get(tcp4, SOL_SOCKET, SO_SNDLOWAT), 1));
	cr_assert(eq(int, get(tcp4, SOL_SOCKET, SO_RCVLOWAT), 1));
	cr_assert(eq(int, get(udp4, SOL_SOCKET, SO_RCVBUF), 212992));
	cr_assert(eq(int, get(udp4, SOL_SOCKET, SO_SNDBUF), 212992));
	cr_assert(eq(int, get(udp4, IPPROTO_IP, IP_TTL), 64));
	cr_assert(eq(int, get(udp4, IPPROTO_IP, IP_MULTICAST_TTL), 1));
	cr_assert(eq(int, get(udp4, IPPROTO_IP, IP_MULTICAST_LOOP), 1));
	cr_assert(eq(int, get(udp4, IPPROTO_IP, IP_MULTICAST_ALL), 1));
	cr_assert(eq(int, get(udp4, IPPROTO_IP, IP_MTU_DISCOVER), 1));
	cr_assert(eq(int, get(tcp6, IPPROTO_IPV6, IPV6_V6ONLY), 0));
	cr_assert(eq(int, get(tcp6, IPPROTO_IPV6, IPV6_UNICAST_HOPS), 64));
	cr_assert(eq(int, get(tcp4, IPPROTO_TCP, TCP_SYNCNT), 6));
	cr_assert(eq(int, get(tcp4, IPPROTO_TCP, TCP_KEEPIDLE), 7200));
}

Test(sock_opt, levels_that_nobody_knows)
{
	make_all();
	cr_assert(eq(int, get(tcp4, 77, 1), -EOPNOTSUPP));
	cr_assert(eq(int, get(tcp6, 77, 1), -ENOPROTOOPT));
	cr_assert(eq(int, get(udp4, IPPROTO_TCP, TCP_NODELAY), -EOPNOTSUPP));
	cr_assert(eq(int, get(udp6, IPPROTO_TCP, TCP_NODELAY), -ENOPROTOOPT));
	cr_assert(eq(int, get(tcp4, IPPROTO_UDP, 1), -EOPNOTSUPP));
	cr_assert(eq(int, set(tcp4, 77, 1, 1), -ENOPROTOOPT));
	cr_assert(eq(int, set(tcp4, IPPROTO_UDP, 1, 1), -ENOPROTOOPT));
	cr_assert(eq(int, get(tcp4, SOL_SOCKET, SO_SNDBUFFORCE), -ENOPROTOOPT));
}

/* --- lengths ------------------------------------------------------------- */

Test(sock_opt, a_short_int_is_invalid_and_a_negative_length_too)
{
	int value = 1;

	make_all();
	for (socklen_t len = 0; len < sizeof(int); len++) {
		cr_expect(eq(int,
			     sock_opt_set(tcp4, SOL_SOCKET, SO_REUSEADDR,
					  &value, len),
			     -EINVAL));
		cr_expect(eq(int,
			     sock_opt_set(tcp4, IPPROTO_TCP, TCP_NODELAY,
					  &value, len),
			     -EINVAL));
		cr_expect(eq(int,
			     sock_opt_set(tcp6, IPPROTO_IPV6, IPV6_V6ONLY,
					  &value, len),
			     -EINVAL));
	}
	cr_assert(eq(int,
		     sock_opt_set(tcp4, SOL_SOCKET, 999, &value, (socklen_t)-1),
		     -EINVAL));
	cr_assert(eq(int, get(tcp4, SOL_SOCKET, SO_REUSEADDR), 0));
}

Test(sock_opt, an_ip_option_may_be_a_byte)
{
	unsigned char bytes[8] = {5, 0xee, 0xee, 0xee, 0xee};
	socklen_t len;

	make_all();
	for (len = 1; len < sizeof(int); len++) {
		socklen_t room = len;

		cr_expect(eq(int,
			     sock_opt_set(udp4, IPPROTO_IP, IP_TTL, bytes, len),
			     0));
		memset(bytes, 0xee, sizeof(bytes));
		cr_expect(
			eq(int,
			   sock_opt_get(udp4, IPPROTO_IP, IP_TTL, bytes, &room),
			   0));
		cr_expect(eq(int, (int)room, 1));
		cr_expect(eq(int, bytes[0], 5));
		cr_expect(eq(int, bytes[1], 0xee));
	}
	cr_assert(eq(int, sock_opt_set(udp4, IPPROTO_IP, IP_TTL, bytes, 0),
		     -EINVAL));
}

Test(sock_opt, what_is_read_is_cut_to_the_room_and_never_beyond)
{
	unsigned char bytes[8];

	make_all();
	for (socklen_t room = 0; room <= sizeof(bytes); room++) {
		socklen_t len = room;

		memset(bytes, 0xee, sizeof(bytes));
		cr_expect(
			eq(int,
			   sock_opt_get(tcp4, SOL_SOCKET, SO_TYPE, bytes, &len),
			   0));
		cr_expect(eq(int, (int)len, MIN((int)room, 4)));
		if (len < sizeof(bytes))
			cr_expect(eq(int, bytes[len], 0xee), "room %u", room);
	}
	{
		socklen_t len = (socklen_t)-1;

		cr_expect(
			eq(int,
			   sock_opt_get(tcp4, SOL_SOCKET, SO_TYPE, bytes, &len),
			   -EINVAL));
	}
}

/* --- the odd ones -------------------------------------------------------- */

Test(sock_opt, the_error_is_told_once)
{
	struct endpoint nobody = kit_local(1);

	make_all();
	cr_assert(eq(int, sock_stream_connect(tcp4, &nobody), -EINPROGRESS));
	kit_settle();
	cr_assert(eq(int, get(tcp4, SOL_SOCKET, SO_ERROR), ECONNREFUSED));
	cr_assert(eq(int, get(tcp4, SOL_SOCKET, SO_ERROR), 0));
	cr_assert(eq(int, sock_dgram_connect(udp4, &nobody), 0));
	{
		struct iovec iov;
		struct uio u;

		uio_flat(&u, &iov, "x", 1);
		cr_assert(eq(int, udp_send(udp4->pcb, NULL, NULL, &u), 0));
	}
	kit_settle();
	cr_assert(eq(int, get(udp4, SOL_SOCKET, SO_ERROR), ECONNREFUSED));
	cr_assert(eq(int, get(udp4, SOL_SOCKET, SO_ERROR), 0));
	cr_assert(not(udp4->slot->ready & EPOLLERR));
}

Test(sock_opt, a_listener_says_so)
{
	struct sock *l = kit_listener(PORT);

	make_all();
	cr_assert(eq(int, get(l, SOL_SOCKET, SO_ACCEPTCONN), 1));
	cr_assert(eq(int, get(tcp4, SOL_SOCKET, SO_ACCEPTCONN), 0));
	cr_assert(eq(int, get(udp4, SOL_SOCKET, SO_ACCEPTCONN), 0));
}

Test(sock_opt, stamps_are_one_switch_with_two_units)
{
	make_all();
	cr_assert(eq(int, set(udp4, SOL_SOCKET, SO_TIMESTAMP, 1), 0));
	cr_assert(eq(int, set(udp4, SOL_SOCKET, SO_TIMESTAMPNS, 1), 0));
	cr_assert(eq(int, get(udp4, SOL_SOCKET, SO_TIMESTAMP), 0));
	cr_assert(eq(int, get(udp4, SOL_SOCKET, SO_TIMESTAMPNS), 1));
	cr_assert(eq(int, set(udp4, SOL_SOCKET, SO_TIMESTAMP, 0), 0));
	cr_assert(eq(int, get(udp4, SOL_SOCKET, SO_TIMESTAMPNS), 0));
}

static int set_time(struct sock *s, int name, long sec, long usec)
{
	struct timeval tv = {sec, usec};

	return sock_opt_set(s, SOL_SOCKET, name, &tv, sizeof(tv));
}

Test(sock_opt, timeouts)
{
	struct timeval tv = {1, 500000};
	socklen_t len;

	make_all();
	for (int i = 0; i < 2; i++) {
		int name = i ? SO_SNDTIMEO : SO_RCVTIMEO;
		usecs *kept = i ? &tcp4->sndtimeo : &tcp4->rcvtimeo;

		cr_expect(eq(u64, *kept, USECS_NEVER));
		cr_expect(eq(int, set_time(tcp4, name, 1, 500000), 0));
		cr_expect(eq(u64, *kept, MSEC(1500)));
		memset(&tv, 0, sizeof(tv));
		len = sizeof(tv);
		cr_expect(eq(int,
			     sock_opt_get(tcp4, SOL_SOCKET, name, &tv, &len),
			     0));
		cr_expect(eq(i64, tv.tv_sec, 1));
		cr_expect(eq(i64, tv.tv_usec, 500000));
		cr_expect(eq(int, set_time(tcp4, name, 1, 1000000), -EDOM));
		cr_expect(eq(int, set_time(tcp4, name, 1, -1), -EDOM));
		cr_expect(eq(u64, *kept, MSEC(1500)));
		cr_expect(eq(int, set_time(tcp4, name, 0, 0), 0));
		cr_expect(eq(u64, *kept, USECS_NEVER));
		cr_expect(eq(int, set_time(tcp4, name, -1, 0), 0));
		cr_expect(eq(u64, *kept, 0));
		cr_expect(eq(int, set_time(tcp4, name, LONG_MAX, 0), 0));
		cr_expect(eq(u64, *kept, USECS_NEVER));
		cr_expect(eq(int,
			     sock_opt_set(tcp4, SOL_SOCKET, name, &tv,
					  sizeof(tv) - 1),
			     -EINVAL));
	}
}

Test(sock_opt, linger)
{
	struct linger l = {1, 30};
	socklen_t len = sizeof(l);
	int reset = -1;

	make_all();
	cr_assert(eq(int, sock_opt_set(tcp4, SOL_SOCKET, SO_LINGER, &l, 8), 0));
	cr_assert(eq(u64, tcp4->linger, SEC(30)));
	memset(&l, 0, sizeof(l));
	cr_assert(eq(int, sock_opt_get(tcp4, SOL_SOCKET, SO_LINGER, &l, &len),
		     0));
	cr_assert(eq(int, l.l_onoff, 1));
	cr_assert(eq(int, l.l_linger, 30));
	cr_assert(eq(int, tcp_get(tcp4->conn, TCP_O_LINGER_RESET, &reset), 0));
	cr_assert(eq(int, reset, 0));

	l.l_linger = 0;
	cr_assert(eq(int, sock_opt_set(tcp4, SOL_SOCKET, SO_LINGER, &l, 8), 0));
	cr_assert(eq(int, tcp_get(tcp4->conn, TCP_O_LINGER_RESET, &reset), 0));
	cr_assert(eq(int, reset, 1));
	l = (struct linger){0, 0};
	cr_assert(eq(int, sock_opt_set(tcp4, SOL_SOCKET, SO_LINGER, &l, 8), 0));
	cr_assert(eq(u64, tcp4->linger, USECS_NEVER));
	cr_assert(eq(int, tcp_get(tcp4->conn, TCP_O_LINGER_RESET, &reset), 0));
	cr_assert(eq(int, reset, 0));
	l = (struct linger){1, -1};
	cr_assert(eq(int, sock_opt_set(tcp4, SOL_SOCKET, SO_LINGER, &l, 8), 0));
	cr_assert(eq(u64, tcp4->linger, SEC(INT_MAX)));
	cr_assert(eq(int, sock_opt_set(tcp4, SOL_SOCKET, SO_LINGER, &l, 7),
		     -EINVAL));
	cr_assert(eq(int, sock_opt_set(udp4, SOL_SOCKET, SO_LINGER, &l, 8), 0));
}

Test(sock_opt, v6only_is_settled_when_bound)
{
	struct endpoint any = {.port = PORT};

	make_all();
	cr_assert(eq(int, udp_bind(udp6->pcb, &any), 0));
	cr_assert(eq(int, set(udp6, IPPROTO_IPV6, IPV6_V6ONLY, 1), -EINVAL));
	cr_assert(eq(int, tcp_bind(tcp6->conn, &any), 0));
	cr_assert(eq(int, set(tcp6, IPPROTO_IPV6, IPV6_V6ONLY, 1), -EINVAL));
	cr_assert(eq(int, get(tcp6, IPPROTO_IPV6, IPV6_V6ONLY), 0));
}

Test(sock_opt, two_with_reuseport_may_have_the_same_port)
{
	struct endpoint at = kit_local(PORT);
	struct sock *a = kit_socket(SOCK_DGRAM), *b = kit_socket(SOCK_DGRAM);

	cr_assert(eq(int, set(a, SOL_SOCKET, SO_REUSEPORT, 1), 0));
	cr_assert(eq(int, udp_bind(a->pcb, &at), 0));
	cr_assert(eq(int, udp_bind(b->pcb, &at), -EADDRINUSE));
	cr_assert(eq(int, set(b, SOL_SOCKET, SO_REUSEPORT, 1), 0));
	cr_assert(eq(int, udp_bind(b->pcb, &at), 0));
}

/* socket(7): to keep others from taking one's port. */
Test(sock_opt, another_user_may_not_share_a_port)
{
	int types[] = {SOCK_DGRAM, SOCK_STREAM};
	struct endpoint at = kit_local(PORT);

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		struct sock *a = kit_socket(types[i]);
		struct sock *b = kit_socket(types[i]);
		bool tcp = types[i] == SOCK_STREAM;

		sock_set_user(a, 1000);
		sock_set_user(b, 1001);
		cr_assert(eq(int, set(a, SOL_SOCKET, SO_REUSEPORT, 1), 0));
		cr_assert(eq(int, set(b, SOL_SOCKET, SO_REUSEPORT, 1), 0));
		cr_assert(
			eq(int,
			   tcp ? tcp_bind(a->conn, &at) : udp_bind(a->pcb, &at),
			   0));
		cr_assert(
			eq(int,
			   tcp ? tcp_bind(b->conn, &at) : udp_bind(b->pcb, &at),
			   -EADDRINUSE));
		sock_set_user(b, 1000);
		cr_assert(
			eq(int,
			   tcp ? tcp_bind(b->conn, &at) : udp_bind(b->pcb, &at),
			   0));
	}
}

Test(sock_opt, tcp_info_in_every_length)
{
	unsigned char whole[sizeof(struct tcp_info)], part[sizeof(whole) + 1];
	struct sock *a, *b;
	socklen_t len = sizeof(whole);

	kit_pair(PORT, &a, &b);
	cr_assert(eq(int, sock_opt_get(a, IPPROTO_TCP, TCP_INFO, whole, &len),
		     0));
	cr_assert(eq(int, (int)len, (int)sizeof(whole)));
	cr_assert(eq(int, whole[0], 1), "TCP_ESTABLISHED of linux/tcp.h");
	for (socklen_t room = 0; room <= sizeof(whole); room += 4) {
		len = room;
		memset(part, 0xee, sizeof(part));
		cr_expect(eq(int,
			     sock_opt_get(a, IPPROTO_TCP, TCP_INFO, part, &len),
			     0));
		cr_expect(eq(int, (int)len, (int)room));
		cr_expect(memcmp(part, whole, room) == 0);
		cr_expect(eq(int, part[room], 0xee));
	}
	len = 4096;
	{
		static unsigned char lots[4096];

		cr_expect(eq(int,
			     sock_opt_get(a, IPPROTO_TCP, TCP_INFO, lots, &len),
			     0));
		cr_expect(eq(int, (int)len, (int)sizeof(whole)));
	}
}

Test(sock_opt, congestion_control_by_name)
{
	char word[20] = "";
	socklen_t len = sizeof(word);

	make_all();
	cr_assert(eq(int,
		     sock_opt_set(tcp4, IPPROTO_TCP, TCP_CONGESTION, "reno", 4),
		     0));
	cr_assert(
		eq(int,
		   sock_opt_get(tcp4, IPPROTO_TCP, TCP_CONGESTION, word, &len),
		   0));
	cr_assert(eq(str, word, "reno"));
	cr_assert(eq(int, (int)len, 16));
	cr_assert(eq(
		int,
		sock_opt_set(tcp4, IPPROTO_TCP, TCP_CONGESTION, "cubic\0xx", 8),
		0));
	len = 3;
	memset(word, 0, sizeof(word));
	cr_assert(
		eq(int,
		   sock_opt_get(tcp4, IPPROTO_TCP, TCP_CONGESTION, word, &len),
		   0));
	cr_assert(eq(str, word, "cub"));
	cr_assert(eq(int,
		     sock_opt_set(tcp4, IPPROTO_TCP, TCP_CONGESTION, "nix", 3),
		     -ENOENT));
	cr_assert(eq(int,
		     sock_opt_set(tcp4, IPPROTO_TCP, TCP_CONGESTION, "", 0),
		     -EINVAL));
	cr_assert(eq(int,
		     sock_opt_set(udp4, IPPROTO_TCP, TCP_CONGESTION, "reno", 4),
		     -ENOPROTOOPT));
}

Test(sock_opt, the_path_mtu_of_who_is_connected)
{
	struct endpoint to = kit_local(PORT);
	struct sock *a, *b;

	make_all();
	cr_assert(eq(int, get(udp4, IPPROTO_IP, IP_MTU), -ENOTCONN));
	cr_assert(eq(int, get(tcp4, IPPROTO_IP, IP_MTU), -ENOTCONN));
	cr_assert(eq(int, sock_dgram_connect(udp4, &to), 0));
	cr_assert(eq(int, get(udp4, IPPROTO_IP, IP_MTU), UINT16_MAX));
	kit_pair(PORT, &a, &b);
	cr_assert(eq(int, get(a, IPPROTO_IP, IP_MTU), UINT16_MAX));
}

Test(sock_opt, the_cookie_is_the_number_whole_or_not_at_all)
{
	uint64_t cookie = 0;
	socklen_t len = sizeof(cookie);

	make_all();
	cr_assert(eq(int,
		     sock_opt_get(tcp4, SOL_SOCKET, SO_COOKIE, &cookie, &len),
		     0));
	cr_assert(eq(u64, cookie, tcp4->id));
	len = 4;
	cr_assert(eq(int,
		     sock_opt_get(tcp4, SOL_SOCKET, SO_COOKIE, &cookie, &len),
		     -EINVAL));
}

/* --- those that name an interface ---------------------------------------- */

Test(sock_opt, a_device_by_name)
{
	char name[IFNAMSIZ * 2] = "?";
	socklen_t len = sizeof(name);

	make_all();
	cr_assert(
		eq(int,
		   sock_opt_get(udp4, SOL_SOCKET, SO_BINDTODEVICE, name, &len),
		   0));
	cr_assert(eq(int, (int)len, 0));
	cr_assert(eq(int,
		     sock_opt_set(udp4, SOL_SOCKET, SO_BINDTODEVICE, "nix", 4),
		     -ENODEV));
	for (int i = 0; i < 2; i++) {
		struct sock *s = i ? tcp4 : udp4;

		cr_expect(eq(
			int,
			sock_opt_set(s, SOL_SOCKET, SO_BINDTODEVICE, "lo", 2),
			0));
		len = sizeof(name);
		cr_expect(eq(int,
			     sock_opt_get(s, SOL_SOCKET, SO_BINDTODEVICE, name,
					  &len),
			     0));
		cr_expect(eq(str, name, "lo"));
		cr_expect(eq(int, (int)len, 3));
		len = IFNAMSIZ - 1;
		cr_expect(eq(int,
			     sock_opt_get(s, SOL_SOCKET, SO_BINDTODEVICE, name,
					  &len),
			     -EINVAL));
	}
	cr_assert(eq(u32, udp4->pcb->ifindex, 1));
	cr_assert(eq(int,
		     sock_opt_set(udp4, SOL_SOCKET, SO_BINDTODEVICE, NULL, 0),
		     0));
	cr_assert(eq(u32, udp4->pcb->ifindex, 0));
	memset(name, 'x', sizeof(name));
	cr_assert(eq(int,
		     sock_opt_set(udp4, SOL_SOCKET, SO_BINDTODEVICE, name,
				  sizeof(name)),
		     -ENODEV));
}

static int multicast_if(struct sock *s, const void *value, socklen_t len)
{
	return sock_opt_set(s, IPPROTO_IP, IP_MULTICAST_IF, value, len);
}

Test(sock_opt, the_multicast_interface_by_address_or_index)
{
	struct in_addr a = {htonl(INADDR_LOOPBACK)};
	struct ip_mreqn by_index = {.imr_ifindex = 1};
	socklen_t len = sizeof(a);

	make_all();
	cr_assert(eq(int, multicast_if(udp4, &a, sizeof(a)), 0));
	cr_assert(eq(u32, udp4->pcb->v4.multicast_if, 1));
	a.s_addr = 0;
	cr_assert(eq(int,
		     sock_opt_get(udp4, IPPROTO_IP, IP_MULTICAST_IF, &a, &len),
		     0));
	cr_assert(eq(u32, a.s_addr, htonl(INADDR_LOOPBACK)));
	a.s_addr = 0;
	cr_assert(eq(int, multicast_if(udp4, &a, sizeof(a)), 0));
	cr_assert(eq(u32, udp4->pcb->v4.multicast_if, 0));
	cr_assert(eq(int, multicast_if(udp4, &by_index, sizeof(by_index)), 0));
	cr_assert(eq(u32, udp4->pcb->v4.multicast_if, 1));

	by_index.imr_ifindex = 77;
	cr_assert(eq(int, multicast_if(udp4, &by_index, sizeof(by_index)),
		     -EADDRNOTAVAIL));
	by_index.imr_ifindex = -1;
	cr_assert(eq(int, multicast_if(udp4, &by_index, sizeof(by_index)),
		     -EADDRNOTAVAIL));
	a.s_addr = inet_addr("203.0.113.9");
	cr_assert(eq(int, multicast_if(udp4, &a, sizeof(a)), -EADDRNOTAVAIL));
	cr_assert(eq(int, multicast_if(udp4, &a, 3), -EINVAL));
	cr_assert(eq(int, multicast_if(tcp4, &a, sizeof(a)), -EINVAL));
}

static int group(struct sock *s, int name, const char *where,
		 const char *by_address, int ifindex, socklen_t len)
{
	struct ip_mreqn m = {
		{inet_addr(where)}, {inet_addr(by_address)}, ifindex};

	return sock_opt_set(s, IPPROTO_IP, name, &m, len);
}

Test(sock_opt, groups_are_joined_and_left)
{
	enum { JOIN = IP_ADD_MEMBERSHIP, LEAVE = IP_DROP_MEMBERSHIP };
	const socklen_t len = sizeof(struct ip_mreqn);
	const char *any = "0.0.0.0", *lo = "127.0.0.1", *g = "224.1.2.3";

	make_all();
	cr_assert(eq(int, group(tcp4, JOIN, g, lo, 0, len), -EPROTO));
	cr_assert(eq(int, group(udp4, JOIN, g, lo, 0, 7), -EINVAL));
	cr_assert(eq(int, group(udp4, JOIN, lo, lo, 0, len), -EINVAL));
	cr_assert(eq(int, group(udp4, JOIN, g, any, 77, len), -ENODEV));
	cr_assert(
		eq(int, group(udp4, JOIN, g, "203.0.113.9", 0, len), -ENODEV));
	cr_assert(eq(int, group(udp4, LEAVE, g, lo, 0, len), -EADDRNOTAVAIL));
	cr_assert(eq(int, group(udp4, JOIN, g, lo, 0, 8), 0), "an ip_mreq");
	cr_assert(eq(int, group(udp4, JOIN, g, any, 1, len), -EADDRINUSE));
	cr_assert(eq(int, group(udp4, LEAVE, g, any, 1, len), 0));
	cr_assert(eq(int, group(udp4, LEAVE, g, any, 1, len), -EADDRNOTAVAIL));
}
