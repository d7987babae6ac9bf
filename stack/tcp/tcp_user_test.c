/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_user_test.c - proves tcp_user.c, tcp_set.c and tcp_info.c: the program's
 * side
 *
 * Results of send and recv in every situation, options there and back, and what
 * TCP_INFO says.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <linux/tcp.h>
#include <string.h>

#include "testkit/testkit.h"

static struct kit kit;

static void open_kit(void)
{
	kit_open(&kit);
}

static void close_kit(void)
{
	kit_close(&kit);
}

TestSuite(tcp_user, .init = open_kit, .fini = close_kit);

#define INJECT(...) kit_inject(&kit, (struct seg){__VA_ARGS__})
#define EXPECT(...) kit_expect(&kit, (struct seg){__VA_ARGS__})
#define SILENCE() kit_expect_silence(&kit)

static ssize_t recv_flags(struct tcp_conn *c, char *to, size_t len,
			  uint32_t flags, size_t offset)
{
	struct iovec storage;
	struct uio uio;
	ssize_t n;

	uio_flat(&uio, &storage, to, len);
	n = tcp_recv(c, &uio, flags, offset);
	kit_host_settle(&kit.host);
	return n;
}

Test(tcp_user, unconnected_socket_refuses)
{
	struct tcp_conn *c;
	char buf[4];

	cr_assert(tcp_new(&kit.host.tcp, &kit, &c) == 0);
	cr_assert(eq(i64, recv_flags(c, buf, 4, 0, 0), -ENOTCONN));
	cr_assert(eq(i64, kit_send(&kit, c, 1), -EPIPE));
	cr_assert(eq(int, tcp_shutdown_send(c), -ENOTCONN));
	cr_assert(eq(int, tcp_shutdown_recv(c), -ENOTCONN));
	tcp_close(c);
	kit_host_settle(&kit.host);
}

Test(tcp_user, connecting_socket_says_again)
{
	struct tcp_conn *c = kit_connect(&kit);
	struct endpoint to = {.addr = kit.host.peer, .port = 1};
	char buf[4];

	cr_assert(eq(i64, recv_flags(c, buf, 4, 0, 0), -EAGAIN));
	cr_assert(eq(i64, kit_send(&kit, c, 1), -EAGAIN));
	cr_assert(eq(int, tcp_connect(c, &to), -EALREADY));
	cr_assert(not(tcp_is_writable(c)));
}

Test(tcp_user, connected_socket_connects_only_once)
{
	struct tcp_conn *c = kit_established(&kit);
	struct endpoint to = {.addr = kit.host.peer, .port = 1};

	cr_assert(eq(int, tcp_connect(c, &to), -EISCONN));
	cr_assert(eq(int, tcp_listen(c, 1), -EINVAL));
	cr_assert(eq(int, tcp_bind(c, &to), -EINVAL));
}

Test(tcp_user, connect_to_the_impossible_is_refused)
{
	static const char *const where[] = {"224.0.0.1", "255.255.255.255",
					    "10.0.0.255", "99.0.0.1"};

	for (size_t i = 0; i < ARRAY_LEN(where); i++) {
		struct endpoint to = {.port = 80};
		struct tcp_conn *c;

		cr_assert(inet_parse(where[i], &to.addr) == 0);
		cr_assert(tcp_new(&kit.host.tcp, &kit, &c) == 0);
		cr_expect(eq(int, tcp_connect(c, &to), -ENETUNREACH), "%s",
			  where[i]);
		tcp_close(c);
		kit_host_settle(&kit.host);
	}
	SILENCE();
}

Test(tcp_user, bind_to_a_foreign_address_is_refused)
{
	struct endpoint at = {.addr = kit.host.peer, .port = 80};
	struct tcp_conn *c;

	cr_assert(tcp_new(&kit.host.tcp, &kit, &c) == 0);
	cr_assert(eq(int, tcp_bind(c, &at), -EADDRNOTAVAIL));
	tcp_close(c);
	kit_host_settle(&kit.host);
}

Test(tcp_user, peek_leaves_the_bytes)
{
	struct tcp_conn *c = kit_established(&kit);
	char buf[16] = "";

	INJECT(.flags = ACK, .seq = 1, .ack = 1, .data = "abcdef");
	cr_assert(eq(i64, recv_flags(c, buf, 4, TCP_RECV_PEEK, 0), 4));
	cr_assert(eq(int, memcmp(buf, "abcd", 4), 0));
	cr_assert(eq(i64, recv_flags(c, buf, 4, TCP_RECV_PEEK, 3), 3));
	cr_assert(eq(int, memcmp(buf, "def", 3), 0));
	cr_assert(eq(i64, recv_flags(c, buf, 2, TCP_RECV_DISCARD, 0), 2));
	cr_assert(eq(sz, tcp_readable(c), 4));
	cr_assert(eq(i64, recv_flags(c, buf, 16, 0, 0), 4));
	cr_assert(eq(int, memcmp(buf, "cdef", 4), 0));
	kit_forget_frames(&kit);
}

Test(tcp_user, end_of_input_is_zero_again_and_again)
{
	struct tcp_conn *c = kit_established(&kit);
	char buf[16];

	INJECT(.flags = FIN | ACK, .seq = 1, .ack = 1, .data = "x");
	cr_assert(eq(i64, recv_flags(c, buf, 16, 0, 0), 1));
	cr_assert(eq(i64, recv_flags(c, buf, 16, 0, 0), 0));
	cr_assert(eq(i64, recv_flags(c, buf, 16, 0, 0), 0));
	cr_assert(tcp_input_ended(c));
	cr_assert(not(tcp_output_ended(c)));
	kit_forget_frames(&kit);
}

/* The peer closed, we answer still: half closed is not closed. */
Test(tcp_user, close_wait_still_sends)
{
	struct tcp_conn *c = kit_established(&kit);

	INJECT(.flags = FIN | ACK, .seq = 1, .ack = 1);
	EXPECT(.flags = ACK, .seq = 1, .ack = 2);
	cr_assert(eq(i64, kit_send(&kit, c, 10), 10));
	EXPECT(.flags = ACK | PSH, .seq = 1, .ack = 2, .len = 10);
}

Test(tcp_user, shut_side_is_a_broken_pipe)
{
	struct tcp_conn *c = kit_established(&kit);

	cr_assert(eq(int, tcp_shutdown_send(c), 0));
	cr_assert(eq(i64, kit_send(&kit, c, 1), -EPIPE));
	cr_assert(tcp_output_ended(c));
	cr_assert(tcp_is_writable(c), "EPIPE comes at once");
	kit_forget_frames(&kit);
}

Test(tcp_user, linger_reset_closes_with_reset)
{
	struct tcp_conn *c = kit_established(&kit);

	cr_assert(tcp_set(c, TCP_O_LINGER_RESET, 1) == 0);
	tcp_close(c);
	kit_host_settle(&kit.host);
	EXPECT(.flags = RST | ACK, .seq = 1, .ack = 1);
	cr_assert(eq(u32, kit.host.tcp.nconns, 0));
}

/* connect(AF_UNSPEC): the same object dials again. */
Test(tcp_user, disconnected_object_is_new)
{
	struct tcp_conn *c = kit_established(&kit);
	struct endpoint to = {.addr = kit.host.peer, .port = KIT_PEER_PORT};

	tcp_disconnect(c);
	EXPECT(.flags = RST | ACK, .seq = 1, .ack = 1);
	cr_assert(eq(int, tcp_get_state(c), TCPS_CLOSED));
	cr_assert(eq(u16, tcp_local(c).port, 0));
	cr_assert(eq(int, tcp_connect(c, &to), 0));
	EXPECT(.flags = SYN);
}

/* What holds data back longest: all of it is counted. */
Test(tcp_user, queues_are_told)
{
	struct tcp_conn *c;

	kit.peer_wnd = 3000;
	c = kit_established(&kit);
	kit_send(&kit, c, 5000);
	cr_assert(eq(sz, tcp_unacked(c), 5000));
	cr_assert(eq(sz, tcp_unsent(c), 5000 - 2920));
	kit_forget_frames(&kit);
}

Test(tcp_user, notsent_lowat_stops_the_writer)
{
	struct tcp_conn *c;

	kit.peer_wnd = 3000;
	c = kit_established(&kit);
	cr_assert(tcp_set(c, TCP_O_NOTSENT_LOWAT, 1000) == 0);
	cr_assert(eq(i64, kit_send(&kit, c, 5000), 5000));
	cr_assert(not(tcp_is_writable(c)));
	cr_assert(eq(i64, kit_send(&kit, c, 1), -EAGAIN));
	kit_forget_frames(&kit);
	INJECT(.flags = ACK, .seq = 1, .ack = 2921);
	cr_assert(tcp_is_writable(c));
	kit_forget_frames(&kit);
}

struct option_case {
	enum tcp_option option;
	int value, back, bad;
};

Test(tcp_user, options_come_back)
{
	static const struct option_case cases[] = {
		{TCP_O_NODELAY, 5, 1, 0},
		{TCP_O_CORK, 1, 1, 0},
		{TCP_O_MAXSEG, 1000, 1000, 40000},
		{TCP_O_KEEPALIVE, 1, 1, 0},
		{TCP_O_KEEPIDLE, 60, 60, 32768},
		{TCP_O_KEEPINTVL, 61, 61, -1},
		{TCP_O_KEEPCNT, 3, 3, 128},
		{TCP_O_SYNCNT, 3, 3, 128},
		{TCP_O_LINGER2, -5, -1, 0},
		{TCP_O_DEFER_ACCEPT, 7, 7, 0},
		{TCP_O_USER_TIMEOUT, 1234, 1234, -1},
		{TCP_O_SNDBUF, 100000, 100000, 0},
		{TCP_O_RCVBUF, 1, LIMIT_SOCKBUF_MIN, 0},
		{TCP_O_NOTSENT_LOWAT, 500, 500, 0},
		{TCP_O_TOS, 16, 16, 256},
		{TCP_O_TTL, 9, 9, 256},
		{TCP_O_PMTUDISC, 2, 2, 6},
		{TCP_O_OOBINLINE, 1, 1, 0},
		{TCP_O_REUSE, BINDING_REUSEADDR, BINDING_REUSEADDR, 0},
		{TCP_O_LINGER_RESET, 1, 1, 0},
	};
	struct tcp_conn *c;
	int value;

	cr_assert(tcp_new(&kit.host.tcp, &kit, &c) == 0);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct option_case *o = &cases[i];

		cr_expect(eq(int, tcp_set(c, o->option, o->value), 0));
		cr_expect(eq(int, tcp_get(c, o->option, &value), 0));
		cr_expect(eq(int, value, o->back), "option %d", o->option);
		if (o->bad)
			cr_expect(
				eq(int, tcp_set(c, o->option, o->bad), -EINVAL),
				"option %d", o->option);
	}
	cr_expect(eq(int, tcp_set(c, (enum tcp_option)99, 1), -ENOPROTOOPT));
	cr_expect(
		eq(int, tcp_get(c, (enum tcp_option)99, &value), -ENOPROTOOPT));
	tcp_close(c);
	kit_host_settle(&kit.host);
}

/* TCP_MAXSEG bounds both what we say and what we send. */
Test(tcp_user, maxseg_bounds_both_directions)
{
	struct endpoint to = {.addr = kit.host.peer, .port = KIT_PEER_PORT};
	struct tcp_conn *c;

	cr_assert(tcp_new(&kit.host.tcp, &kit, &c) == 0);
	cr_assert(tcp_set(c, TCP_O_MAXSEG, 700) == 0);
	cr_assert(tcp_connect(c, &to) == 0);
	kit.our_port = c->b.key.lport;
	EXPECT(.flags = SYN);
	cr_assert(eq(u16, kit.out.mss, 700));
	INJECT(.flags = SYN | ACK, .ack = 1, .mss = 1460);
	EXPECT(.flags = ACK, .seq = 1, .ack = 1);
	kit_send(&kit, c, 1000);
	EXPECT(.flags = ACK, .seq = 1, .ack = 1, .len = 700);
	kit_forget_frames(&kit);
}

Test(tcp_user, tcp_info_describes_the_connection)
{
	struct seg syn = {.mss = 1460,
			  .sack_permitted = true,
			  .has_wscale = true,
			  .wscale = 3};
	struct tcp_conn *c = kit_established_with(&kit, syn);
	struct tcp_info info;

	kit_send(&kit, c, 2920);
	kit_forget_frames(&kit);
	tcp_get_info(c, &info);
	cr_assert(eq(u8, info.tcpi_state, 1));
	cr_assert(eq(u8, info.tcpi_options, TCPI_OPT_SACK | TCPI_OPT_WSCALE));
	cr_assert(eq(u32, info.tcpi_unacked, 2));
	cr_assert(eq(u32, info.tcpi_snd_mss, 1460));
	cr_assert(eq(u32, info.tcpi_snd_cwnd, 10));
	cr_assert(eq(u8, info.tcpi_snd_wscale, 3));
	cr_assert(eq(u32, info.tcpi_pmtu, KIT_MTU));
	kit_advance(&kit, SEC(1));
	tcp_get_info(c, &info);
	cr_assert(eq(u8, info.tcpi_ca_state, TCP_CA_Loss));
	cr_assert(gt(u32, info.tcpi_total_retrans, 0));
	kit_forget_frames(&kit);
}
