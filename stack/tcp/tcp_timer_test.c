/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_timer_test.c - proves tcp_timer.c: what happens when nobody answers
 *
 * The clock is invented, so hours pass in no time.
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

TestSuite(tcp_timer, .init = open_kit, .fini = close_kit);

#define INJECT(...) kit_inject(&kit, (struct seg){__VA_ARGS__})
#define EXPECT(...) kit_expect(&kit, (struct seg){__VA_ARGS__})
#define SILENCE() kit_expect_silence(&kit)

/* RFC 6298 5.5: 1, 2, 4 ... s; then ETIMEDOUT. Linux: after 127 s. */
Test(tcp_timer, syn_is_repeated_with_back_off_then_times_out)
{
	struct tcp_conn *c = kit_connect(&kit);
	usecs wait = SEC(1);

	for (int i = 0; i < LIMIT_TCP_SYN_RETRIES; i++, wait *= 2) {
		kit_advance(&kit, wait - 1);
		SILENCE();
		kit_advance(&kit, 1);
		EXPECT(.flags = SYN);
	}
	kit_advance(&kit, wait);
	SILENCE();
	cr_assert(eq(int, c->state, TCPS_CLOSED));
	cr_assert(eq(int, tcp_take_error(c), ETIMEDOUT));
}

Test(tcp_timer, syncnt_is_honoured)
{
	struct tcp_conn *c;

	cr_assert(tcp_new(&kit.host.tcp, &kit, &c) == 0);
	cr_assert(tcp_set(c, TCP_O_SYNCNT, 2) == 0);
	cr_assert(tcp_connect(c, &(struct endpoint){.addr = kit.host.peer,
						    .port = 9}) == 0);
	kit_advance(&kit, SEC(30));
	for (int i = 0; i < 3; i++)
		EXPECT(.flags = SYN);
	SILENCE();
	cr_assert(eq(int, tcp_take_error(c), ETIMEDOUT));
}

/* RFC 6298 3 and 5.7: the wait for the answer is no round trip. */
Test(tcp_timer, after_lost_syns_the_first_timeout_is_3_s)
{
	struct tcp_conn *c = kit_connect(&kit);

	kit_advance(&kit, SEC(3));
	EXPECT(.flags = SYN);
	EXPECT(.flags = SYN);
	INJECT(.flags = SYN | ACK, .ack = 1, .mss = 1460);
	EXPECT(.flags = ACK, .seq = 1, .ack = 1);
	cr_assert(eq(u32, c->cc.cwnd, 1460), "RFC 5681: one segment");
	kit_send(&kit, c, 10);
	kit_forget_frames(&kit);
	kit_advance(&kit, SEC(3) - 1);
	SILENCE();
	kit_advance(&kit, 1);
	EXPECT(.flags = ACK | PSH, .seq = 1, .ack = 1, .len = 10);
}

/* The answer carries the ACK: whoever sleeps now need not wake up for it. */
Test(tcp_timer, before_a_sleep_the_timer_catches_up_with_the_deadlines)
{
	struct tcp_conn *c = kit_established(&kit);
	const struct timer *t = &c->timed.timer;
	usecs owed;

	c->quickacks = 0;
	INJECT(.flags = ACK | PSH, .seq = 1, .ack = 1, .len = 10);
	SILENCE();
	owed = t->when;
	cr_assert(not(tcp_timer_catch_up(&c->timed.timer)), "it is owed");
	kit_send(&kit, c, 10);
	EXPECT(.flags = ACK | PSH, .seq = 1, .ack = 11, .len = 10);
	cr_assert(eq(u64, t->when, owed), "moving it in the heap has time");
	cr_assert(tcp_timer_catch_up(&c->timed.timer));
	cr_assert(gt(u64, t->when, owed));
	cr_assert(not(tcp_timer_catch_up(&c->timed.timer)));
	INJECT(.flags = ACK, .seq = 11, .ack = 11);
	cr_assert(tcp_timer_catch_up(&c->timed.timer));
	cr_assert(not(timer_is_armed(t)), "nothing is waited for");
}

Test(tcp_timer, data_is_resent_with_back_off_then_times_out)
{
	struct tcp_conn *c = kit_established(&kit);
	usecs wait = tcp_rtt_rto_us(&c->rtt);
	int n = 0;

	kit_send(&kit, c, 100);
	EXPECT(.flags = ACK, .seq = 1, .ack = 1, .len = 100);
	kit_advance(&kit, wait - 1);
	SILENCE();
	kit_advance(&kit, 1);
	EXPECT(.flags = ACK, .seq = 1, .ack = 1, .len = 100);
	kit_advance(&kit, 2 * wait - 1);
	SILENCE();
	kit_advance(&kit, 1);
	EXPECT(.flags = ACK, .seq = 1, .ack = 1, .len = 100);
	kit_advance(&kit, SEC(3600));
	while (kit_take(&kit))
		n++;
	cr_assert(eq(int, n, LIMIT_TCP_RETRIES - 2));
	cr_assert(eq(int, c->state, TCPS_CLOSED));
	cr_assert(eq(int, tcp_take_error(c), ETIMEDOUT));
}

/* What the network said is told instead of "timed out". */
Test(tcp_timer, soft_error_explains_the_timeout)
{
	struct tcp_conn *c = kit_established(&kit);

	kit_send(&kit, c, 100);
	c->soft_error = EHOSTUNREACH;
	kit_advance(&kit, SEC(3600));
	cr_assert(eq(int, tcp_take_error(c), EHOSTUNREACH));
	kit_forget_frames(&kit);
}

/* RFC 6298 5.3: restarted by every ACK of new data; 5.2: off with the last. */
Test(tcp_timer, timer_restarts_with_progress_and_stops_at_the_end)
{
	struct tcp_conn *c = kit_established(&kit);
	usecs rto;

	kit_send(&kit, c, 2920);
	kit_forget_frames(&kit);
	rto = tcp_rtt_rto_us(&c->rtt);
	kit_advance(&kit, rto - 10);
	INJECT(.flags = ACK, .seq = 1, .ack = 1461);
	kit_advance(&kit, rto - 10);
	SILENCE();
	INJECT(.flags = ACK, .seq = 1, .ack = 2921);
	kit_advance(&kit, SEC(3600));
	SILENCE();
	cr_assert(eq(u64, timer_next(&kit.host.eng.timers), USECS_NEVER),
		  "idle means idle");
}

/* RFC 6298 3, Karn: what was resent is no measure. */
Test(tcp_timer, resent_data_gives_no_round_trip)
{
	struct tcp_conn *c = kit_established(&kit);
	uint32_t srtt = c->rtt.srtt_us;

	kit_send(&kit, c, 100);
	kit_advance(&kit, SEC(1));
	INJECT(.flags = ACK, .seq = 1, .ack = 101);
	cr_assert(eq(u32, c->rtt.srtt_us, srtt));
	kit_forget_frames(&kit);
}

/* RFC 1122 4.2.2.17: with a byte in it, with back-off, for ever. */
Test(tcp_timer, closed_window_is_probed_with_data)
{
	struct tcp_conn *c = kit_established(&kit);

	kit_send(&kit, c, 1000);
	EXPECT(.flags = ACK, .seq = 1, .ack = 1, .len = 1000);
	INJECT(.flags = ACK, .seq = 1, .ack = 1001, .wnd = KIT_NO_WINDOW);
	kit_send(&kit, c, 1000);
	SILENCE();
	for (int i = 0; i < 100; i++) {
		kit_advance(&kit, LIMIT_RTO_MAX_US);
		cr_assert(kit_take(&kit) != NULL, "probe %d", i);
		cr_assert(eq(u32, kit.out.seq, 1001));
		cr_assert(eq(u32, kit.out.len, 1));
		while (kit_take(&kit))
			;
		INJECT(.flags = ACK, .seq = 1, .ack = 1001,
		       .wnd = KIT_NO_WINDOW);
	}
	cr_assert(eq(int, c->state, TCPS_ESTABLISHED));
	INJECT(.flags = ACK, .seq = 1, .ack = 1001, .wnd = 5000);
	EXPECT(.flags = ACK | PSH, .seq = 1001, .ack = 1, .len = 1000);
	SILENCE();
}

Test(tcp_timer, probe_byte_that_is_taken_is_not_sent_again)
{
	struct tcp_conn *c = kit_established(&kit);

	kit_send(&kit, c, 1000);
	INJECT(.flags = ACK, .seq = 1, .ack = 1001, .wnd = KIT_NO_WINDOW);
	kit_send(&kit, c, 1000);
	kit_forget_frames(&kit);
	kit_advance(&kit, tcp_rtt_rto_us(&c->rtt));
	EXPECT(.flags = ACK, .seq = 1001, .ack = 1, .len = 1);
	INJECT(.flags = ACK, .seq = 1, .ack = 1002, .wnd = KIT_NO_WINDOW);
	kit_advance(&kit, SEC(5));
	EXPECT(.flags = ACK, .seq = 1002, .ack = 1, .len = 1);
	kit_forget_frames(&kit);
	INJECT(.flags = ACK, .seq = 1, .ack = 1003, .wnd = 5000);
	EXPECT(.flags = ACK | PSH, .seq = 1003, .ack = 1, .len = 998);
}

Test(tcp_timer, unanswered_probes_end_the_connection)
{
	struct tcp_conn *c = kit_established(&kit);

	kit_send(&kit, c, 1000);
	INJECT(.flags = ACK, .seq = 1, .ack = 1001, .wnd = KIT_NO_WINDOW);
	kit_send(&kit, c, 1000);
	kit_advance(&kit, SEC(7200));
	cr_assert(eq(int, c->state, TCPS_CLOSED));
	cr_assert(eq(int, tcp_take_error(c), ETIMEDOUT));
	kit_forget_frames(&kit);
}

/* A window too small for good manners is used in the end. */
Test(tcp_timer, small_window_is_used_after_a_while)
{
	struct tcp_conn *c = kit_established(&kit);

	kit_send(&kit, c, 1000);
	INJECT(.flags = ACK, .seq = 1, .ack = 1001, .wnd = 100);
	kit_send(&kit, c, 1000);
	kit_forget_frames(&kit);
	kit_advance(&kit, tcp_rtt_rto_us(&c->rtt));
	EXPECT(.flags = ACK, .seq = 1001, .ack = 1, .len = 100);
	INJECT(.flags = ACK, .seq = 1, .ack = 1101, .wnd = 10000);
	EXPECT(.flags = ACK | PSH, .seq = 1101, .ack = 1, .len = 900);
}

/* RFC 1122 4.2.3.6. */
Test(tcp_timer, keepalive_is_off_by_default)
{
	kit_established(&kit);
	kit_advance(&kit, SEC(100000));
	SILENCE();
}

Test(tcp_timer, keepalive_probes_and_gives_up)
{
	struct tcp_conn *c = kit_established(&kit);

	cr_assert(tcp_set(c, TCP_O_KEEPIDLE, 100) == 0);
	cr_assert(tcp_set(c, TCP_O_KEEPINTVL, 10) == 0);
	cr_assert(tcp_set(c, TCP_O_KEEPCNT, 3) == 0);
	cr_assert(tcp_set(c, TCP_O_KEEPALIVE, 1) == 0);
	kit_advance(&kit, SEC(100) - 1);
	SILENCE();
	kit_advance(&kit, 1);
	EXPECT(.flags = ACK, .seq = 0, .ack = 1);
	/* An answer starts it all over. */
	INJECT(.flags = ACK, .seq = 1, .ack = 1);
	kit_advance(&kit, SEC(100));
	EXPECT(.flags = ACK, .seq = 0, .ack = 1);
	kit_advance(&kit, SEC(10));
	EXPECT(.flags = ACK, .seq = 0, .ack = 1);
	kit_advance(&kit, SEC(10));
	EXPECT(.flags = ACK, .seq = 0, .ack = 1);
	kit_advance(&kit, SEC(10));
	EXPECT(.flags = RST | ACK, .seq = 1, .ack = 1);
	cr_assert(eq(int, tcp_take_error(c), ETIMEDOUT));
	SILENCE();
}

/* RFC 5482, TCP_USER_TIMEOUT: to the millisecond. */
Test(tcp_timer, user_timeout_ends_unacknowledged_data)
{
	struct tcp_conn *c = kit_established(&kit);

	cr_assert(tcp_set(c, TCP_O_USER_TIMEOUT, 5000) == 0);
	kit_send(&kit, c, 100);
	kit_advance(&kit, MSEC(4999));
	cr_assert(eq(int, c->state, TCPS_ESTABLISHED));
	kit_forget_frames(&kit);
	kit_advance(&kit, MSEC(1));
	cr_assert(eq(int, c->state, TCPS_CLOSED));
	cr_assert(eq(int, tcp_take_error(c), ETIMEDOUT));
	EXPECT(.flags = RST | ACK, .seq = 101, .ack = 1);
}

Test(tcp_timer, orphan_in_fin_wait_2_is_forgotten)
{
	struct tcp_conn *c = kit_established(&kit);

	tcp_close(c);
	kit_host_settle(&kit.host);
	INJECT(.flags = ACK, .seq = 1, .ack = 2);
	cr_assert(eq(u32, kit.host.tcp.norphans, 1));
	kit_forget_frames(&kit);
	kit_advance(&kit, LIMIT_FIN_WAIT_2_US - 1);
	cr_assert(eq(u32, kit.host.tcp.nconns, 1));
	kit_advance(&kit, 2);
	cr_assert(eq(u32, kit.host.tcp.nconns, 0));
	cr_assert(eq(u32, kit.host.tcp.norphans, 0));
	SILENCE();
}

Test(tcp_timer, held_conn_in_fin_wait_2_waits_for_ever)
{
	struct tcp_conn *c = kit_established(&kit);

	cr_assert(tcp_shutdown_send(c) == 0);
	INJECT(.flags = ACK, .seq = 1, .ack = 2);
	kit_advance(&kit, SEC(100000));
	cr_assert(eq(int, c->state, TCPS_FIN_WAIT_2));
	kit_forget_frames(&kit);
}

/* close() with data and a window that stays closed: an end is certain. */
Test(tcp_timer, orphan_before_a_closed_window_is_ended)
{
	struct tcp_conn *c = kit_established(&kit);

	kit_send(&kit, c, 1000);
	INJECT(.flags = ACK, .seq = 1, .ack = 1001, .wnd = KIT_NO_WINDOW);
	kit_send(&kit, c, 1000);
	tcp_close(c);
	kit_host_settle(&kit.host);
	cr_assert(eq(int, c->state, TCPS_FIN_WAIT_1));
	for (int i = 0; i < 200 && kit.host.tcp.nconns > 0; i++) {
		kit_advance(&kit, SEC(1));
		kit_forget_frames(&kit);
		if (kit.host.tcp.nconns > 0)
			INJECT(.flags = ACK, .seq = 1, .ack = 1001,
			       .wnd = KIT_NO_WINDOW);
	}
	cr_assert(eq(u32, kit.host.tcp.nconns, 0));
	kit_forget_frames(&kit);
}

Test(tcp_timer, lost_fin_is_resent)
{
	struct tcp_conn *c = kit_established(&kit);

	cr_assert(tcp_shutdown_send(c) == 0);
	EXPECT(.flags = FIN | ACK, .seq = 1, .ack = 1);
	kit_advance(&kit, SEC(2));
	EXPECT(.flags = FIN | ACK, .seq = 1, .ack = 1);
	kit_forget_frames(&kit);
	INJECT(.flags = ACK, .seq = 1, .ack = 2);
	cr_assert(eq(int, c->state, TCPS_FIN_WAIT_2));
}

/* Many connections in TIME-WAIT share one timer and are all forgotten. */
Test(tcp_timer, time_wait_ends_in_order)
{
	kit_listen(&kit, 128);
	for (uint16_t port = 1000; port < 1100; port++) {
		struct tcp_conn *c = kit_accepted_with(
			&kit, (struct seg){.mss = 1460, .port = port});

		cr_assert(tcp_shutdown_send(c) == 0);
		INJECT(.flags = FIN | ACK, .seq = 1, .ack = 2, .port = port);
		tcp_close(c);
		kit_advance(&kit, MSEC(100));
		kit_forget_frames(&kit);
	}
	kit.conn = NULL;
	cr_assert(eq(u32, kit.host.tcp.ntime_wait, 100));
	kit_advance(&kit, LIMIT_TIME_WAIT_US - SEC(5));
	cr_assert(gt(u32, kit.host.tcp.ntime_wait, 40));
	cr_assert(lt(u32, kit.host.tcp.ntime_wait, 60));
	kit_advance(&kit, SEC(6));
	cr_assert(eq(u32, kit.host.tcp.ntime_wait, 0));
}
