/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_fsm_test.c - proves tcp_fsm.c: every arrow of RFC 9293 figure 5
 *
 * Each test opens a kit: one engine, an invented clock, and a scripted peer.
 * Closing the kit fails the test if a packet or connection survives.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>

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

TestSuite(tcp_fsm, .init = open_kit, .fini = close_kit);

#define INJECT(...) kit_inject(&kit, (struct seg){__VA_ARGS__})
#define EXPECT(...) kit_expect(&kit, (struct seg){__VA_ARGS__})
#define SILENCE() kit_expect_silence(&kit)

Test(tcp_fsm, closed_connect_enters_syn_sent)
{
	struct tcp_conn *c = kit_connect(&kit);

	cr_assert(eq(int, c->state, TCPS_SYN_SENT));
}

Test(tcp_fsm, syn_sent_syn_ack_enters_established)
{
	struct tcp_conn *c = kit_established(&kit);

	cr_assert(eq(int, c->state, TCPS_ESTABLISHED));
}

/* The ACK of the handshake may come with the first data. */
static struct tcp_conn *just_connected(void)
{
	struct tcp_conn *c = kit_connect(&kit);

	kit.host.tcp.has_sleepers = true;
	INJECT(.flags = SYN | ACK, .seq = 0, .ack = 1);
	cr_assert(eq(int, c->state, TCPS_ESTABLISHED));
	SILENCE();
	return c;
}

Test(tcp_fsm, connected_who_speaks_at_once_acknowledges_by_that)
{
	kit_send(&kit, just_connected(), 5);
	EXPECT(.flags = ACK | PSH, .seq = 1, .ack = 1, .len = 5);
	kit_advance(&kit, MSEC(1));
	SILENCE();
}

Test(tcp_fsm, connected_who_goes_to_sleep_acknowledges_first)
{
	just_connected();
	tcp_ack_silent(&kit.host.tcp);
	tcp_flush(&kit.host.tcp);
	EXPECT(.flags = ACK, .seq = 1, .ack = 1);
	kit_advance(&kit, MSEC(1));
	SILENCE();
}

Test(tcp_fsm, connected_who_does_something_else_acknowledges_soon)
{
	just_connected();
	kit_advance(&kit, MSEC(1));
	EXPECT(.flags = ACK, .seq = 1, .ack = 1);
	tcp_ack_silent(&kit.host.tcp);
	tcp_flush(&kit.host.tcp);
	SILENCE();
}

Test(tcp_fsm, connected_that_is_gone_is_forgotten)
{
	struct tcp_conn *c = just_connected();

	tcp_abort(c);
	tcp_flush(&kit.host.tcp);
	cr_assert(kit.host.tcp.silent == NULL);
	EXPECT(.flags = RST | ACK, .seq = 1, .ack = 1);
}

Test(tcp_fsm, data_goes_both_ways)
{
	struct tcp_conn *c = kit_established(&kit);
	char buf[8] = "";

	kit_send(&kit, c, 5);
	EXPECT(.flags = ACK | PSH, .seq = 1, .ack = 1, .len = 5);
	INJECT(.flags = ACK, .seq = 1, .ack = 6, .data = "hello");
	kit_advance(&kit, LIMIT_DELACK_US);
	EXPECT(.flags = ACK, .seq = 6, .ack = 6);
	cr_assert(eq(i64, kit_recv(&kit, c, buf, sizeof(buf)), 5));
	cr_assert(eq(str, buf, "hello"));
	SILENCE();
}

/* RFC 9293 3.10.7.4: a FIN in ESTABLISHED is acknowledged at once. */
Test(tcp_fsm, established_peer_fin_enters_close_wait)
{
	struct tcp_conn *c = kit_established(&kit);

	INJECT(.flags = FIN | ACK, .seq = 1, .ack = 1);
	cr_assert(eq(int, c->state, TCPS_CLOSE_WAIT));
	EXPECT(.flags = ACK, .seq = 1, .ack = 2);
	SILENCE();
}

Test(tcp_fsm, close_wait_close_enters_last_ack_and_ends)
{
	struct tcp_conn *c = kit_established(&kit);

	INJECT(.flags = FIN | ACK, .seq = 1, .ack = 1);
	EXPECT(.flags = ACK, .seq = 1, .ack = 2);
	cr_assert(eq(int, tcp_shutdown_send(c), 0));
	cr_assert(eq(int, c->state, TCPS_LAST_ACK));
	EXPECT(.flags = FIN | ACK, .seq = 1, .ack = 2);
	INJECT(.flags = ACK, .seq = 2, .ack = 2);
	cr_assert(eq(int, c->state, TCPS_CLOSED));
	cr_assert(eq(u32, kit.host.tcp.ntime_wait, 0));
	SILENCE();
}

/* The usual active close: FIN-WAIT-1, FIN-WAIT-2, TIME-WAIT, gone. */
Test(tcp_fsm, established_close_walks_to_time_wait)
{
	struct tcp_conn *c = kit_established(&kit);

	cr_assert(eq(int, tcp_shutdown_send(c), 0));
	cr_assert(eq(int, c->state, TCPS_FIN_WAIT_1));
	EXPECT(.flags = FIN | ACK, .seq = 1, .ack = 1);
	INJECT(.flags = ACK, .seq = 1, .ack = 2);
	cr_assert(eq(int, c->state, TCPS_FIN_WAIT_2));
	INJECT(.flags = FIN | ACK, .seq = 1, .ack = 2);
	EXPECT(.flags = ACK, .seq = 2, .ack = 2);
	cr_assert(eq(u32, kit.host.tcp.ntime_wait, 1));
	cr_assert(eq(int, c->state, TCPS_CLOSED), "the tuple waits alone");
	kit_advance(&kit, LIMIT_TIME_WAIT_US + 1);
	cr_assert(eq(u32, kit.host.tcp.ntime_wait, 0));
	SILENCE();
}

/* Half closed: we still read what the peer sends. */
Test(tcp_fsm, fin_wait_2_still_receives)
{
	struct tcp_conn *c = kit_established(&kit);
	char buf[8] = "";

	cr_assert(eq(int, tcp_shutdown_send(c), 0));
	EXPECT(.flags = FIN | ACK, .seq = 1, .ack = 1);
	INJECT(.flags = ACK, .seq = 1, .ack = 2);
	INJECT(.flags = ACK | PSH, .seq = 1, .ack = 2, .data = "late");
	EXPECT(.flags = ACK, .seq = 2, .ack = 5);
	cr_assert(eq(i64, kit_recv(&kit, c, buf, sizeof(buf)), 4));
	cr_assert(eq(str, buf, "late"));
}

/* FIN and its ACK in one segment: two arrows at once. */
Test(tcp_fsm, fin_wait_1_fin_with_ack_enters_time_wait)
{
	struct tcp_conn *c = kit_established(&kit);

	cr_assert(eq(int, tcp_shutdown_send(c), 0));
	EXPECT(.flags = FIN | ACK, .seq = 1, .ack = 1);
	INJECT(.flags = FIN | ACK, .seq = 1, .ack = 2);
	EXPECT(.flags = ACK, .seq = 2, .ack = 2);
	cr_assert(eq(u32, kit.host.tcp.ntime_wait, 1));
}

Test(tcp_fsm, simultaneous_close_enters_closing_then_time_wait)
{
	struct tcp_conn *c = kit_established(&kit);

	cr_assert(eq(int, tcp_shutdown_send(c), 0));
	EXPECT(.flags = FIN | ACK, .seq = 1, .ack = 1);
	INJECT(.flags = FIN | ACK, .seq = 1, .ack = 1);
	cr_assert(eq(int, c->state, TCPS_CLOSING));
	EXPECT(.flags = ACK, .seq = 2, .ack = 2);
	INJECT(.flags = ACK, .seq = 2, .ack = 2);
	cr_assert(eq(u32, kit.host.tcp.ntime_wait, 1));
	SILENCE();
}

/* RFC 9293 figure 8. */
Test(tcp_fsm, simultaneous_open_establishes)
{
	struct tcp_conn *c = kit_connect(&kit);

	INJECT(.flags = SYN, .seq = 0, .mss = 1460);
	cr_assert(eq(int, c->state, TCPS_SYN_RCVD));
	EXPECT(.flags = SYN | ACK, .seq = 0, .ack = 1);
	INJECT(.flags = SYN | ACK, .seq = 0, .ack = 1, .mss = 1460);
	cr_assert(eq(int, c->state, TCPS_ESTABLISHED));
	kit_forget_frames(&kit);
	kit_send(&kit, c, 3);
	EXPECT(.flags = ACK | PSH, .seq = 1, .ack = 1, .len = 3);
}

Test(tcp_fsm, simultaneous_open_completes_with_plain_ack)
{
	struct tcp_conn *c = kit_connect(&kit);

	INJECT(.flags = SYN, .seq = 0, .mss = 1460);
	EXPECT(.flags = SYN | ACK, .seq = 0, .ack = 1);
	INJECT(.flags = ACK, .seq = 1, .ack = 1);
	cr_assert(eq(int, c->state, TCPS_ESTABLISHED));
	SILENCE();
}

/* RFC 9293 3.10.4 allows the FIN to wait for the handshake. */
Test(tcp_fsm, syn_rcvd_close_sends_fin_after_the_handshake)
{
	struct tcp_conn *c = kit_connect(&kit);

	INJECT(.flags = SYN, .seq = 0, .mss = 1460);
	EXPECT(.flags = SYN | ACK, .seq = 0, .ack = 1);
	cr_assert(eq(int, tcp_shutdown_send(c), 0));
	SILENCE();
	INJECT(.flags = ACK, .seq = 1, .ack = 1);
	cr_assert(eq(int, c->state, TCPS_FIN_WAIT_1));
	EXPECT(.flags = FIN | ACK, .seq = 1, .ack = 1);
}

Test(tcp_fsm, syn_sent_reset_with_good_ack_refuses)
{
	struct tcp_conn *c = kit_connect(&kit);

	INJECT(.flags = RST | ACK, .seq = 0, .ack = 1);
	cr_assert(eq(int, c->state, TCPS_CLOSED));
	cr_assert(eq(int, tcp_take_error(c), ECONNREFUSED));
	SILENCE();
}

Test(tcp_fsm, syn_sent_reset_without_ack_is_ignored)
{
	struct tcp_conn *c = kit_connect(&kit);

	INJECT(.flags = RST, .seq = 0);
	cr_assert(eq(int, c->state, TCPS_SYN_SENT));
	SILENCE();
}

Test(tcp_fsm, syn_sent_bad_ack_is_reset)
{
	struct tcp_conn *c = kit_connect(&kit);

	INJECT(.flags = SYN | ACK, .seq = 0, .ack = 77);
	cr_assert(eq(int, c->state, TCPS_SYN_SENT));
	EXPECT(.flags = RST, .seq = 77);
	INJECT(.flags = RST | ACK, .seq = 0, .ack = 77);
	SILENCE();
	cr_assert(eq(int, c->state, TCPS_SYN_SENT));
}

/* A refused attempt may be repeated on the same object. */
Test(tcp_fsm, closed_after_refusal_connects_again)
{
	struct tcp_conn *c = kit_connect(&kit);
	struct endpoint to = {.addr = kit.host.peer, .port = KIT_PEER_PORT};

	INJECT(.flags = RST | ACK, .seq = 0, .ack = 1);
	cr_assert(eq(int, tcp_take_error(c), ECONNREFUSED));
	cr_assert(eq(int, tcp_connect(c, &to), 0));
	kit.our_port = c->b.key.lport;
	EXPECT(.flags = SYN, .seq = 0);
	INJECT(.flags = SYN | ACK, .seq = 0, .ack = 1);
	cr_assert(eq(int, c->state, TCPS_ESTABLISHED));
	EXPECT(.flags = ACK, .seq = 1, .ack = 1);
}

/* Losing our last ACK must not shorten the wait. */
Test(tcp_fsm, time_wait_repeated_fin_restarts_the_wait)
{
	struct tcp_conn *c = kit_established(&kit);

	cr_assert(eq(int, tcp_shutdown_send(c), 0));
	INJECT(.flags = FIN | ACK, .seq = 1, .ack = 2);
	kit_forget_frames(&kit);
	kit_advance(&kit, LIMIT_TIME_WAIT_US - 1);
	kit_inject_again(&kit);
	EXPECT(.flags = ACK, .seq = 2, .ack = 2);
	kit_advance(&kit, LIMIT_TIME_WAIT_US - 1);
	cr_assert(eq(u32, kit.host.tcp.ntime_wait, 1));
	kit_advance(&kit, 2);
	cr_assert(eq(u32, kit.host.tcp.ntime_wait, 0));
}

/* RFC 1337. */
Test(tcp_fsm, time_wait_reset_is_ignored)
{
	struct tcp_conn *c = kit_established(&kit);

	cr_assert(eq(int, tcp_shutdown_send(c), 0));
	INJECT(.flags = FIN | ACK, .seq = 1, .ack = 2);
	kit_forget_frames(&kit);
	INJECT(.flags = RST, .seq = 2);
	cr_assert(eq(u32, kit.host.tcp.ntime_wait, 1));
	SILENCE();
}

/* Every synchronized state ends with an exact reset, whatever it was. */
static struct tcp_conn *in_state(enum tcp_state s)
{
	struct tcp_conn *c = kit_established(&kit);
	bool peer_first = s == TCPS_CLOSE_WAIT || s == TCPS_LAST_ACK;

	if (peer_first)
		INJECT(.flags = FIN | ACK, .seq = 1, .ack = 1);
	if (s != TCPS_ESTABLISHED && s != TCPS_CLOSE_WAIT)
		cr_assert(tcp_shutdown_send(c) == 0);
	if (s == TCPS_FIN_WAIT_2)
		INJECT(.flags = ACK, .seq = 1, .ack = 2);
	if (s == TCPS_CLOSING)
		INJECT(.flags = FIN | ACK, .seq = 1, .ack = 1);
	kit_forget_frames(&kit);
	cr_assert(eq(int, c->state, s));
	return c;
}

static const enum tcp_state synchronized[] = {
	TCPS_ESTABLISHED, TCPS_FIN_WAIT_1, TCPS_FIN_WAIT_2,
	TCPS_CLOSING,     TCPS_CLOSE_WAIT, TCPS_LAST_ACK,
};

static const int error_after_reset[] = {
	ECONNRESET, ECONNRESET, ECONNRESET, 0, EPIPE, 0,
};

static struct seg next_from_peer(const struct tcp_conn *c, uint8_t flags)
{
	return (struct seg){
		.flags = flags,
		.seq = c->rcv_nxt - kit.peer_iss,
		.ack = c->snd_nxt - kit.our_iss,
	};
}

Test(tcp_fsm, any_state_exact_reset_ends_it)
{
	for (size_t i = 0; i < ARRAY_LEN(synchronized); i++) {
		struct tcp_conn *c = in_state(synchronized[i]);

		kit_inject(&kit, next_from_peer(c, RST));
		cr_expect(eq(int, c->state, TCPS_CLOSED));
		cr_expect(eq(int, tcp_take_error(c), error_after_reset[i]));
		SILENCE();
		tcp_close(c);
		kit_host_settle(&kit.host);
	}
}

/* RFC 5961 3.2: in the window, but not exact. */
Test(tcp_fsm, any_state_inexact_reset_is_challenged)
{
	for (size_t i = 0; i < ARRAY_LEN(synchronized); i++) {
		struct tcp_conn *c = in_state(synchronized[i]);
		struct seg s = next_from_peer(c, RST);

		s.seq += 5;
		kit_inject(&kit, s);
		cr_expect(eq(int, c->state, synchronized[i]));
		cr_assert(kit_take(&kit) != NULL);
		cr_expect(eq(u8, kit.out.flags, ACK));
		SILENCE();
		s.seq -= 100000;
		kit_inject(&kit, s);
		cr_expect(eq(int, c->state, synchronized[i]));
		SILENCE();
		tcp_abort(c);
		kit_host_settle(&kit.host);
		kit_forget_frames(&kit);
	}
}

/* RFC 5961 4.2. */
Test(tcp_fsm, any_state_syn_is_challenged)
{
	for (size_t i = 0; i < ARRAY_LEN(synchronized); i++) {
		struct tcp_conn *c = in_state(synchronized[i]);

		kit_inject(&kit, next_from_peer(c, SYN));
		cr_expect(eq(int, c->state, synchronized[i]));
		cr_assert(kit_take(&kit) != NULL);
		cr_expect(eq(u8, kit.out.flags, ACK));
		SILENCE();
		tcp_abort(c);
		kit_host_settle(&kit.host);
		kit_forget_frames(&kit);
	}
}

/* An ACK for what was never sent, or older than any window (RFC 5961 5.2). */
Test(tcp_fsm, any_state_impossible_ack_is_challenged)
{
	for (size_t i = 0; i < ARRAY_LEN(synchronized); i++) {
		struct tcp_conn *c = in_state(synchronized[i]);
		struct seg s = next_from_peer(c, ACK);

		s.ack += 1000;
		cr_expect(eq(int, kit_inject(&kit, s), DROP_TCP_ACK));
		cr_assert(kit_take(&kit) != NULL);
		s.ack -= 1000 + 70000;
		cr_expect(eq(int, kit_inject(&kit, s), DROP_TCP_OLD_ACK));
		cr_assert(kit_take(&kit) != NULL);
		cr_expect(eq(int, c->state, synchronized[i]));
		SILENCE();
		tcp_abort(c);
		kit_host_settle(&kit.host);
		kit_forget_frames(&kit);
	}
}

/* Nothing without ACK counts after the handshake. */
Test(tcp_fsm, any_state_segment_without_ack_is_dropped)
{
	for (size_t i = 0; i < ARRAY_LEN(synchronized); i++) {
		struct tcp_conn *c = in_state(synchronized[i]);
		struct seg s = next_from_peer(c, 0);

		s.len = 10;
		cr_expect(eq(int, kit_inject(&kit, s), DROP_TCP_NO_ACK));
		SILENCE();
		tcp_abort(c);
		kit_host_settle(&kit.host);
		kit_forget_frames(&kit);
	}
}

/* RFC 9293 3.10.7.1, and a reset is never answered. */
Test(tcp_fsm, closed_answers_with_reset_but_not_to_reset)
{
	INJECT(.flags = SYN, .seq = 0);
	EXPECT(.flags = RST | ACK, .seq = -kit.our_iss, .ack = 1);
	INJECT(.flags = ACK, .seq = 5, .ack = 9);
	EXPECT(.flags = RST, .seq = 9);
	INJECT(.flags = RST, .seq = 5);
	INJECT(.flags = RST | ACK, .seq = 5, .ack = 9);
	SILENCE();
}
