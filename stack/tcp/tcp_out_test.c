/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_out_test.c - proves tcp_out.c and tcp_segment.c: what leaves, and when
 *
 * Windows, Nagle, cork, silly windows, super-segments, urgent data, a full
 * device, and a path that becomes narrower.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>

#include "net/icmp.h"
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

TestSuite(tcp_out, .init = open_kit, .fini = close_kit);

#define INJECT(...) kit_inject(&kit, (struct seg){__VA_ARGS__})
#define EXPECT(...) kit_expect(&kit, (struct seg){__VA_ARGS__})
#define SILENCE() kit_expect_silence(&kit)

static ssize_t send_flags(struct tcp_conn *c, const char *text, uint32_t flags)
{
	struct iovec storage;
	struct uio from;
	ssize_t n;

	uio_flat(&from, &storage, (void *)text, strlen(text));
	n = tcp_send(c, &from, flags);
	kit_host_settle(&kit.host);
	return n;
}

/* As Linux does it: MSS, SACK, time stamps, window scale. */
Test(tcp_out, syn_offers_everything)
{
	kit_connect(&kit);
	cr_assert(eq(u16, kit.out.mss, 1460));
	cr_assert(kit.out.sack_permitted && kit.out.has_ts);
	cr_assert(kit.out.has_wscale);
	cr_assert(eq(u8, kit.out.wscale, 7));
	cr_assert(eq(u32, kit.out.wnd, 65535));
	cr_assert(eq(u32, kit.out.tsecr, 0));
}

/* RFC 9293 3.7.1: a peer that names no MSS gets 536. */
Test(tcp_out, peer_without_mss_gets_536)
{
	struct tcp_conn *c = kit_established_with(&kit, (struct seg){.len = 0});

	kit_send(&kit, c, 1000);
	EXPECT(.flags = ACK, .seq = 1, .ack = 1, .len = 536);
	EXPECT(.flags = ACK | PSH, .seq = 537, .ack = 1, .len = 464);
}

/* RFC 7323 3.2: once agreed, in every segment; and they take room. */
Test(tcp_out, time_stamps_are_in_every_segment)
{
	struct tcp_conn *c = kit_established_with(
		&kit, (struct seg){.mss = 1460, .has_ts = true, .tsval = 9});

	kit_send(&kit, c, 2000);
	EXPECT(.flags = ACK, .seq = 1, .ack = 1, .len = 1448);
	cr_assert(kit.out.has_ts);
	EXPECT(.flags = ACK, .seq = 1449, .ack = 1, .len = 552);
	cr_assert(kit.out.has_ts);
}

/* RFC 6928. */
Test(tcp_out, first_window_is_ten_segments)
{
	struct tcp_conn *c = kit_established(&kit);

	kit_send(&kit, c, 20 * 1460);
	for (uint32_t i = 0; i < 10; i++)
		EXPECT(.flags = ACK, .seq = 1 + i * 1460, .ack = 1,
		       .len = 1460);
	SILENCE();
	/* Slow start: two more for each one acknowledged. */
	INJECT(.flags = ACK, .seq = 1, .ack = 1 + 1460);
	EXPECT(.flags = ACK, .seq = 1 + 10 * 1460, .ack = 1, .len = 1460);
	EXPECT(.flags = ACK, .seq = 1 + 11 * 1460, .ack = 1, .len = 1460);
	SILENCE();
}

Test(tcp_out, peers_window_is_never_exceeded)
{
	struct tcp_conn *c;

	kit.peer_wnd = 3000;
	c = kit_established(&kit);
	kit_send(&kit, c, 10000);
	EXPECT(.flags = ACK, .seq = 1, .ack = 1, .len = 1460);
	EXPECT(.flags = ACK, .seq = 1461, .ack = 1, .len = 1460);
	SILENCE();
	INJECT(.flags = ACK, .seq = 1, .ack = 2921);
	EXPECT(.flags = ACK, .seq = 2921, .ack = 1, .len = 1460);
	EXPECT(.flags = ACK, .seq = 4381, .ack = 1, .len = 1460);
	SILENCE();
}

/* RFC 1122 4.2.3.4: a small piece of window is not worth a segment, unless it
 * is half of the largest. */
Test(tcp_out, small_window_is_not_filled)
{
	struct tcp_conn *c;

	kit.peer_wnd = 10000;
	c = kit_established(&kit);
	kit_send(&kit, c, 20000);
	kit_forget_frames(&kit);
	cr_assert(eq(u32, tcp_flight(c), 6 * 1460));
	INJECT(.flags = ACK, .seq = 1, .ack = 1 + 6 * 1460, .wnd = 900);
	SILENCE();
	INJECT(.flags = ACK, .seq = 1, .ack = 1 + 6 * 1460, .wnd = 2000);
	EXPECT(.flags = ACK, .seq = 1 + 6 * 1460, .ack = 1, .len = 1460);
	SILENCE();
}

/* RFC 896 as Minshall has it: one small segment outstanding. */
Test(tcp_out, nagle_keeps_the_second_small_segment)
{
	struct tcp_conn *c = kit_established(&kit);

	kit_send(&kit, c, 10);
	EXPECT(.flags = ACK | PSH, .seq = 1, .ack = 1, .len = 10);
	kit_send(&kit, c, 10);
	kit_send(&kit, c, 10);
	SILENCE();
	INJECT(.flags = ACK, .seq = 1, .ack = 11);
	EXPECT(.flags = ACK | PSH, .seq = 11, .ack = 1, .len = 20);
}

Test(tcp_out, nodelay_sends_every_small_segment)
{
	struct tcp_conn *c = kit_established(&kit);

	cr_assert(tcp_set(c, TCP_O_NODELAY, 1) == 0);
	kit_send(&kit, c, 10);
	kit_send(&kit, c, 10);
	EXPECT(.flags = ACK | PSH, .seq = 1, .ack = 1, .len = 10);
	EXPECT(.flags = ACK | PSH, .seq = 11, .ack = 1, .len = 10);
}

Test(tcp_out, setting_nodelay_lets_go)
{
	struct tcp_conn *c = kit_established(&kit);

	kit_send(&kit, c, 10);
	kit_send(&kit, c, 10);
	kit_forget_frames(&kit);
	cr_assert(tcp_set(c, TCP_O_NODELAY, 1) == 0);
	EXPECT(.flags = ACK | PSH, .seq = 11, .ack = 1, .len = 10);
}

/* tcp(7) TCP_CORK: whole segments go, the rest waits, 200 ms at most. */
Test(tcp_out, cork_holds_partial_segments)
{
	struct tcp_conn *c = kit_established(&kit);

	cr_assert(tcp_set(c, TCP_O_CORK, 1) == 0);
	kit_send(&kit, c, 100);
	SILENCE();
	kit_send(&kit, c, 1400);
	EXPECT(.flags = ACK, .seq = 1, .ack = 1, .len = 1460);
	SILENCE();
	cr_assert(tcp_set(c, TCP_O_CORK, 0) == 0);
	EXPECT(.flags = ACK | PSH, .seq = 1461, .ack = 1, .len = 40);
}

Test(tcp_out, cork_lets_go_after_200_ms)
{
	struct tcp_conn *c = kit_established(&kit);

	cr_assert(tcp_set(c, TCP_O_CORK, 1) == 0);
	kit_send(&kit, c, 100);
	kit_advance(&kit, MSEC(199));
	SILENCE();
	kit_advance(&kit, MSEC(1));
	EXPECT(.flags = ACK | PSH, .seq = 1, .ack = 1, .len = 100);
	/* And it is a cork again. */
	kit_send(&kit, c, 50);
	SILENCE();
}

Test(tcp_out, close_sends_what_the_cork_held)
{
	struct tcp_conn *c = kit_established(&kit);

	cr_assert(tcp_set(c, TCP_O_CORK, 1) == 0);
	kit_send(&kit, c, 100);
	cr_assert(tcp_shutdown_send(c) == 0);
	EXPECT(.flags = FIN | ACK | PSH, .seq = 1, .ack = 1, .len = 100);
}

Test(tcp_out, more_waits_for_the_next_send)
{
	struct tcp_conn *c = kit_established(&kit);

	send_flags(c, "head", TCP_SEND_MORE);
	SILENCE();
	send_flags(c, "body", 0);
	EXPECT(.flags = ACK | PSH, .seq = 1, .ack = 1, .data = "headbody");
}

/* RFC 9293 3.8.5 with Linux's reading: the pointer is behind the byte. */
Test(tcp_out, urgent_byte_is_pointed_at)
{
	struct tcp_conn *c = kit_established(&kit);

	send_flags(c, "abc", TCP_SEND_OOB);
	EXPECT(.flags = ACK | URG | PSH, .seq = 1, .ack = 1, .data = "abc",
	       .urg = 3);
	INJECT(.flags = ACK, .seq = 1, .ack = 4);
	send_flags(c, "d", 0);
	EXPECT(.flags = ACK | PSH, .seq = 4, .ack = 1, .data = "d");
}

/* A FIN travels with the last data. */
Test(tcp_out, fin_rides_on_the_last_segment)
{
	struct tcp_conn *c;

	kit.peer_wnd = 1460;
	c = kit_established(&kit);
	kit_send(&kit, c, 2000);
	EXPECT(.flags = ACK, .seq = 1, .ack = 1, .len = 1460);
	cr_assert(tcp_shutdown_send(c) == 0);
	SILENCE();
	INJECT(.flags = ACK, .seq = 1, .ack = 1461);
	EXPECT(.flags = FIN | ACK, .seq = 1461, .ack = 1, .len = 540);
}

/* The link takes 64 KiB: whole segments of one size, the tail apart. */
Test(tcp_out, super_segments_are_whole_segments)
{
	struct tcp_conn *c;

	kit_close(&kit);
	kit_open_with(&kit, LINK_CSUM | LINK_TSO4, KIT_MTU);
	c = kit_established(&kit);
	kit_send(&kit, c, 10 * 1460 - 100);
	EXPECT(.flags = ACK | PSH, .seq = 1, .ack = 1, .len = 10 * 1460 - 100);
	cr_assert(eq(u16, kit.out.gso_size, 1460));
	INJECT(.flags = ACK, .seq = 1, .ack = 1 + 10 * 1460 - 100);
	kit_send(&kit, c, 100);
	EXPECT(.flags = ACK | PSH, .seq = 1 + 10 * 1460 - 100, .ack = 1,
	       .len = 100);
	cr_assert(eq(u16, kit.out.gso_size, 0));
}

Test(tcp_out, super_segment_keeps_nagles_tail_back)
{
	struct tcp_conn *c;

	kit_close(&kit);
	kit_open_with(&kit, LINK_CSUM | LINK_TSO4, KIT_MTU);
	c = kit_established(&kit);
	kit_send(&kit, c, 10);
	kit_send(&kit, c, 3 * 1460 + 7);
	EXPECT(.flags = ACK, .seq = 1, .ack = 1, .len = 10);
	EXPECT(.flags = ACK, .seq = 11, .ack = 1, .len = 3 * 1460);
	SILENCE();
}

/* Many tiny writes: the iovecs of a frame run out before its bytes do. */
Test(tcp_out, scattered_payload_is_sent_whole)
{
	struct tcp_conn *c = kit_established(&kit);

	cr_assert(tcp_set(c, TCP_O_CORK, 1) == 0);
	for (int i = 0; i < 3000; i++)
		cr_assert(eq(i64, kit_send(&kit, c, 1), 1));
	cr_assert(tcp_set(c, TCP_O_CORK, 0) == 0);
	EXPECT(.flags = ACK, .seq = 1, .ack = 1, .len = 1460);
	EXPECT(.flags = ACK, .seq = 1461, .ack = 1, .len = 1460);
	EXPECT(.flags = ACK | PSH, .seq = 2921, .ack = 1, .len = 80);
}

/* A full device: nothing is lost, and it is tried again soon, not at once. */
Test(tcp_out, full_device_is_tried_again)
{
	struct tcp_conn *c = kit_established(&kit);

	kit.host.send_error = -EAGAIN;
	cr_assert(eq(i64, kit_send(&kit, c, 100), 100));
	cr_assert(eq(u32, tcp_flight(c), 0));
	kit_advance(&kit, MSEC(10));
	kit.host.send_error = 0;
	kit_advance(&kit, MSEC(20));
	EXPECT(.flags = ACK | PSH, .seq = 1, .ack = 1, .len = 100);
	SILENCE();
}

/* Any other refusal is a loss like others: the timer finds it. */
Test(tcp_out, refused_frame_counts_as_lost)
{
	struct tcp_conn *c = kit_established(&kit);

	kit.host.send_error = -EIO;
	cr_assert(eq(i64, kit_send(&kit, c, 100), 100));
	cr_assert(eq(u32, tcp_flight(c), 100));
	kit.host.send_error = 0;
	kit_advance(&kit, SEC(2));
	EXPECT(.flags = ACK | PSH, .seq = 1, .ack = 1, .len = 100);
}

Test(tcp_out, writer_waits_and_is_woken)
{
	struct tcp_conn *c = kit_established(&kit);
	ssize_t n, total = 0;

	while ((n = kit_send(&kit, c, 60000)) > 0)
		total += n;
	cr_assert(eq(i64, n, -EAGAIN));
	cr_assert(eq(i64, total, c->sndbuf));
	cr_assert(not(tcp_is_writable(c)));
	kit_forget_frames(&kit);
	kit_give(&kit, (struct seg){.flags = ACK, .seq = 1, .ack = 14601});
	tcp_flush(&kit.host.tcp);
	cr_assert(not(tcp_is_writable(c)), "not yet a third");
	cr_assert(eq(u32, c->news.bits & NEWS_WRITABLE, 0));
	kit_give(&kit, (struct seg){.flags = ACK, .seq = 1, .ack = 30001});
	tcp_flush(&kit.host.tcp);
	cr_assert(tcp_is_writable(c));
	cr_assert(ne(u32, c->news.bits & NEWS_WRITABLE, 0));
	kit_host_settle(&kit.host);
}

static void narrow_path(struct tcp_conn *c, tcp_seq seq, uint32_t mtu)
{
	struct icmp_error e = {
		.local = c->b.key.local,
		.remote = c->b.key.remote,
		.local_port = c->b.key.lport,
		.remote_port = c->b.key.rport,
		.seq = seq,
		.proto = IP_PROTO_TCP,
		.error = EMSGSIZE,
		.mtu = mtu,
	};

	if (tcp_icmp_is_ours(&kit.host.tcp, &e))
		pmtu_learn(&kit.host.net.pmtu, &c->b.key.remote, mtu, 1500);
	tcp_icmp_error(&kit.host.tcp, &e);
	kit_host_settle(&kit.host);
}

/* RFC 1191: smaller segments, at once, without cutting cwnd. */
Test(tcp_out, narrower_path_resends_at_once)
{
	struct tcp_conn *c = kit_established(&kit);
	uint32_t cwnd = c->cc.cwnd;

	kit_send(&kit, c, 2920);
	kit_forget_frames(&kit);
	narrow_path(c, c->snd_una, 1000);
	EXPECT(.flags = ACK, .seq = 1, .ack = 1, .len = 960);
	EXPECT(.flags = ACK, .seq = 961, .ack = 1, .len = 960);
	EXPECT(.flags = ACK, .seq = 1921, .ack = 1, .len = 960);
	EXPECT(.flags = ACK, .seq = 2881, .ack = 1, .len = 40);
	SILENCE();
	cr_assert(ge(u32, c->cc.cwnd, cwnd / 2));
}

/* RFC 5927: an error about something not in flight is a lie. */
Test(tcp_out, narrower_path_with_wrong_sequence_is_ignored)
{
	struct tcp_conn *c = kit_established(&kit);

	kit_send(&kit, c, 1460);
	kit_forget_frames(&kit);
	narrow_path(c, c->snd_nxt + 1, 600);
	SILENCE();
	cr_assert(eq(u16, c->mss, 1460));
	/* Nor later, when the path is looked at again. */
	tcp_refresh_path(c, true);
	cr_assert(eq(u16, c->mss, 1460));
}

Test(tcp_out, soft_error_does_not_end_a_connection)
{
	struct tcp_conn *c = kit_established(&kit);
	struct icmp_error e = {
		.local = c->b.key.local,
		.remote = c->b.key.remote,
		.local_port = c->b.key.lport,
		.remote_port = c->b.key.rport,
		.proto = IP_PROTO_TCP,
		.error = EHOSTUNREACH,
		.hard = true,
	};

	kit_send(&kit, c, 10);
	e.seq = c->snd_una;
	tcp_icmp_error(&kit.host.tcp, &e);
	cr_assert(eq(int, c->state, TCPS_ESTABLISHED));
	cr_assert(eq(int, tcp_peek_error(c), 0));
	kit_forget_frames(&kit);
}

Test(tcp_out, icmp_error_fails_a_connect)
{
	struct tcp_conn *c = kit_connect(&kit);
	struct icmp_error e = {
		.local = c->b.key.local,
		.remote = c->b.key.remote,
		.local_port = c->b.key.lport,
		.remote_port = c->b.key.rport,
		.seq = c->iss,
		.proto = IP_PROTO_TCP,
		.error = EHOSTUNREACH,
	};

	tcp_icmp_error(&kit.host.tcp, &e);
	cr_assert(eq(int, c->state, TCPS_CLOSED));
	cr_assert(eq(int, tcp_take_error(c), EHOSTUNREACH));
}

/* RFC 6528: other tuples, other numbers; the same one later, higher. */
Test(tcp_out, initial_sequence_numbers_differ_and_grow)
{
	struct ports_tuple key = {.lport = 1, .rport = 2};
	tcp_seq a = tcp_make_iss(&kit.host.tcp, &key), b, later;

	key.rport = 3;
	b = tcp_make_iss(&kit.host.tcp, &key);
	cr_assert(ne(u32, a, b));
	kit_advance(&kit, SEC(1));
	later = tcp_make_iss(&kit.host.tcp, &key);
	cr_assert(eq(u32, later - b, 250000));
}

/* Memory is out: a writer waits, who wants something new hears of it. */
Test(tcp_out, full_arena_makes_writers_wait)
{
	struct tcp_conn *c = kit_established(&kit);
	void *hog, *hogs = NULL;

	while ((hog = arena_alloc(kit.host.arena, 1 << 16, ARENA_TABLE))) {
		*(void **)hog = hogs;
		hogs = hog;
	}
	while ((hog = arena_alloc(kit.host.arena, 64, ARENA_TABLE))) {
		*(void **)hog = hogs;
		hogs = hog;
	}
	while ((hog = arena_alloc(kit.host.arena, 4096, ARENA_TABLE))) {
		*(void **)hog = hogs;
		hogs = hog;
	}
	while ((hog = arena_alloc(kit.host.arena, 2048, ARENA_TABLE))) {
		*(void **)hog = hogs;
		hogs = hog;
	}
	cr_assert(eq(i64, kit_send(&kit, c, 5000), -EAGAIN));
	cr_assert(eq(int, tcp_new(&kit.host.tcp, NULL, &c), -ENOBUFS));
	while ((hog = hogs)) {
		hogs = *(void **)hog;
		arena_free(kit.host.arena, hog);
	}
	kit_host_settle(&kit.host);
	cr_assert(eq(i64, kit_send(&kit, kit.conn, 100), 100));
	kit_forget_frames(&kit);
}
