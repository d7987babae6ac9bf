/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_listen_test.c - proves tcp_listen.c, tcp_cookie.c, tcp_child.c and
 * tcp_tw.c
 *
 * The ways in: SYN queue, accept queue, cookies, deferred accept, and the new
 * connection of an old tuple.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>

#include "tcp_cookie.h"
#include "tcp_listen.h"
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

TestSuite(tcp_listen, .init = open_kit, .fini = close_kit);

#define INJECT(...) kit_inject(&kit, (struct seg){__VA_ARGS__})
#define EXPECT(...) kit_expect(&kit, (struct seg){__VA_ARGS__})
#define SILENCE() kit_expect_silence(&kit)

static struct seg modern = {
	.mss = 1400,
	.has_wscale = true,
	.wscale = 5,
	.sack_permitted = true,
	.has_ts = true,
	.tsval = 1000,
};

Test(tcp_listen, syn_is_answered_with_what_it_offers)
{
	kit_listen(&kit, 5);
	INJECT(.flags = SYN, .mss = 1400, .sack_permitted = true);
	EXPECT(.flags = SYN | ACK, .ack = 1, .mss = 0);
	cr_assert(eq(u16, kit.out.mss, 1460));
	cr_assert(kit.out.sack_permitted);
	cr_assert(not(kit.out.has_wscale));
	cr_assert(not(kit.out.has_ts));
	cr_assert(eq(ptr, tcp_accept(kit.listener), NULL));
}

Test(tcp_listen, handshake_makes_a_connection)
{
	struct tcp_conn *c = kit_accepted_with(&kit, modern);

	cr_assert(eq(int, c->state, TCPS_ESTABLISHED));
	cr_assert(c->ts_ok && c->sack_ok && c->wscale_ok);
	cr_assert(eq(u8, c->snd_wscale, 5));
	cr_assert(eq(u16, c->mss, 1400 - 12));
	cr_assert(eq(u32, kit.listener->listener->nhalves, 0));
	kit_send(&kit, c, 10);
	EXPECT(.flags = ACK | PSH, .seq = 1, .ack = 1, .len = 10);
}

/* The ACK that completes the handshake may bring data, and even the FIN. */
Test(tcp_listen, ack_with_data_and_fin_is_taken_whole)
{
	struct tcp_conn *c;

	kit_listen(&kit, 5);
	INJECT(.flags = SYN, .mss = 1400);
	EXPECT(.flags = SYN | ACK, .ack = 1);
	INJECT(.flags = ACK | FIN, .seq = 1, .ack = 1, .len = 100);
	EXPECT(.flags = ACK, .seq = 1, .ack = 102);
	c = tcp_accept(kit.listener);
	cr_assert(ne(ptr, c, NULL));
	cr_assert(eq(sz, tcp_readable(c), 100));
	cr_assert(eq(int, c->state, TCPS_CLOSE_WAIT));
}

Test(tcp_listen, listener_answers_strays)
{
	kit_listen(&kit, 5);
	INJECT(.flags = ACK, .seq = 1, .ack = 77);
	EXPECT(.flags = RST, .seq = 77);
	INJECT(.flags = SYN | ACK, .seq = 1, .ack = 77);
	EXPECT(.flags = RST, .seq = 77);
	INJECT(.flags = RST, .seq = 1);
	INJECT(.flags = FIN, .seq = 1);
	INJECT(.flags = SYN | FIN, .seq = 1);
	SILENCE();
}

Test(tcp_listen, repeated_syn_gets_the_same_answer)
{
	kit_listen(&kit, 5);
	INJECT(.flags = SYN, .mss = 1400);
	EXPECT(.flags = SYN | ACK, .ack = 1);
	kit_inject_again(&kit);
	cr_assert(kit_take(&kit) != NULL);
	cr_assert(eq(u32, kit.out.seq, 0));
	cr_assert(eq(u32, kit.listener->listener->nhalves, 1));
}

Test(tcp_listen, syn_ack_is_repeated_then_forgotten)
{
	usecs wait = SEC(1);

	kit_listen(&kit, 5);
	INJECT(.flags = SYN, .mss = 1400);
	EXPECT(.flags = SYN | ACK, .ack = 1);
	for (int i = 0; i < LIMIT_TCP_SYNACK_RETRIES; i++, wait *= 2) {
		kit_advance(&kit, wait - 1);
		SILENCE();
		kit_advance(&kit, 1);
		EXPECT(.flags = SYN | ACK, .ack = 1);
	}
	kit_advance(&kit, wait);
	SILENCE();
	cr_assert(eq(u32, kit.listener->listener->nhalves, 0));
	cr_assert(eq(u64, timer_next(&kit.host.eng.timers), USECS_NEVER));
}

/* SYN, SYN-ACK, RST: the place is free again. */
Test(tcp_listen, reset_frees_the_half_open)
{
	kit_listen(&kit, 5);
	INJECT(.flags = SYN, .mss = 1400);
	EXPECT(.flags = SYN | ACK, .ack = 1);
	INJECT(.flags = RST, .seq = 500);
	EXPECT(.flags = ACK, .seq = 1, .ack = 1);
	cr_assert(eq(u32, kit.listener->listener->nhalves, 1));
	INJECT(.flags = RST, .seq = 1);
	cr_assert(eq(u32, kit.listener->listener->nhalves, 0));
	SILENCE();
}

Test(tcp_listen, wrong_ack_of_half_open_is_reset)
{
	kit_listen(&kit, 5);
	INJECT(.flags = SYN, .mss = 1400);
	EXPECT(.flags = SYN | ACK, .ack = 1);
	INJECT(.flags = ACK, .seq = 1, .ack = 500);
	EXPECT(.flags = RST, .seq = 500);
	cr_assert(eq(u32, kit.listener->listener->nhalves, 1));
}

static void fill_accept_queue(uint32_t backlog)
{
	kit_listen(&kit, backlog);
	for (uint16_t i = 0; i <= backlog; i++) {
		INJECT(.flags = SYN, .mss = 1400, .port = (uint16_t)(2000 + i));
		EXPECT(.flags = SYN | ACK, .ack = 1);
		INJECT(.flags = ACK, .seq = 1, .ack = 1,
		       .port = (uint16_t)(2000 + i));
	}
	SILENCE();
	cr_assert(eq(u32, tcp_accept_queue(kit.listener), backlog + 1));
}

/* Full: silence, so that the peer tries again; never a reset. */
Test(tcp_listen, full_accept_queue_drops)
{
	struct tcp_conn *c;

	kit_listen(&kit, 1);
	/* Two SYNs come while there is room for both, one ACK too many. */
	for (uint16_t i = 0; i < 3; i++) {
		INJECT(.flags = SYN, .mss = 1400, .port = (uint16_t)(2000 + i));
		EXPECT(.flags = SYN | ACK, .ack = 1);
		if (i < 2) {
			kit.last_in.seq = 0;
			continue;
		}
	}
	/* our_iss is that of the last; complete it and two more of its kind. */
	INJECT(.flags = ACK, .seq = 1, .ack = 1, .port = 2002);
	cr_assert(eq(u32, tcp_accept_queue(kit.listener), 1));
	kit.our_iss = 0;
	for (struct tcp_half *h = kit.listener->listener->halves; h;) {
		struct tcp_half *next = h->hh.next;

		kit.our_iss = h->iss;
		INJECT(.flags = ACK, .seq = 1, .ack = 1, .port = h->key.rport);
		h = next;
	}
	cr_assert(eq(u32, tcp_accept_queue(kit.listener), 2));
	cr_assert(eq(u32, kit.listener->listener->nhalves, 1));
	SILENCE();
	/* A new SYN is not answered either. */
	cr_assert(eq(int, INJECT(.flags = SYN, .mss = 1400, .port = 2100),
		     DROP_TCP_LISTEN_FULL));
	SILENCE();
	/* With room again, the one that waited comes in by itself. */
	c = tcp_accept(kit.listener);
	cr_assert(ne(ptr, c, NULL));
	cr_assert(eq(u32, tcp_accept_queue(kit.listener), 2));
	cr_assert(eq(u32, kit.listener->listener->nhalves, 0));
	cr_assert(tcp_accept(kit.listener) != NULL);
	c = tcp_accept(kit.listener);
	cr_assert(ne(ptr, c, NULL));
	cr_assert(eq(int, c->state, TCPS_ESTABLISHED));
	kit_send(&kit, c, 5);
	EXPECT(.flags = ACK | PSH, .seq = 1, .ack = 1, .len = 5);
	SILENCE();
}

Test(tcp_listen, accept_takes_the_oldest)
{
	fill_accept_queue(3);
	for (uint16_t i = 0; i <= 3; i++) {
		struct tcp_conn *c = tcp_accept(kit.listener);

		cr_assert(ne(ptr, c, NULL));
		cr_assert(eq(u16, tcp_remote(c).port, (uint16_t)(2000 + i)));
	}
	cr_assert(eq(ptr, tcp_accept(kit.listener), NULL));
}

/* The peer reset it before accept(): accept() still returns it, as Linux. */
Test(tcp_listen, reset_while_queued_is_reported_later)
{
	struct tcp_conn *c;

	fill_accept_queue(0);
	INJECT(.flags = RST, .seq = 1, .port = 2000);
	c = tcp_accept(kit.listener);
	cr_assert(ne(ptr, c, NULL));
	cr_assert(eq(int, c->state, TCPS_CLOSED));
	cr_assert(eq(int, tcp_take_error(c), ECONNRESET));
	tcp_close(c);
	kit_host_settle(&kit.host);
}

Test(tcp_listen, close_resets_what_was_not_accepted)
{
	fill_accept_queue(2);
	INJECT(.flags = SYN, .mss = 1400, .port = 3000);
	tcp_close(kit.listener);
	kit_host_settle(&kit.host);
	for (int i = 0; i < 3; i++) {
		cr_assert(kit_take(&kit) != NULL);
		cr_assert(eq(u8, kit.out.flags, RST | ACK));
	}
	SILENCE();
	cr_assert(eq(u32, kit.host.tcp.nconns, 0));
}

/* TCP_DEFER_ACCEPT: the program sees it when there is something to read. */
Test(tcp_listen, deferred_accept_waits_for_data)
{
	kit_listen(&kit, 5);
	cr_assert(tcp_set(kit.listener, TCP_O_DEFER_ACCEPT, 5) == 0);
	INJECT(.flags = SYN, .mss = 1400);
	EXPECT(.flags = SYN | ACK, .ack = 1);
	INJECT(.flags = ACK, .seq = 1, .ack = 1);
	cr_assert(eq(u32, tcp_accept_queue(kit.listener), 0));
	kit_advance(&kit, SEC(2));
	SILENCE();
	INJECT(.flags = ACK, .seq = 1, .ack = 1, .len = 10);
	cr_assert(eq(u32, tcp_accept_queue(kit.listener), 1));
	kit_forget_frames(&kit);
}

/* A flood of SYNs: memory stays bounded, and a real client gets in. */
Test(tcp_listen, flooded_listener_uses_cookies)
{
	struct tcp_conn *c;

	kit_listen(&kit, 128);
	for (uint32_t i = 0; i < LIMIT_SYN_QUEUE + 500; i++)
		INJECT(.flags = SYN, .mss = 1400, .port = (uint16_t)(i + 1));
	kit_forget_frames(&kit);
	cr_assert(eq(u32, kit.listener->listener->nhalves, LIMIT_SYN_QUEUE));
	cr_assert(gt(u64, kit.host.eng.stats.count[STAT_TCP_SYN_COOKIES_SENT],
		     400));

	kit.with_ts = true;
	INJECT(.flags = SYN, .mss = 1400, .port = 9999, .has_wscale = true,
	       .wscale = 5, .sack_permitted = true);
	EXPECT(.flags = SYN | ACK, .ack = 1);
	cr_assert(kit.out.has_ts && kit.out.has_wscale);
	INJECT(.flags = ACK, .seq = 1, .ack = 1, .port = 9999);
	c = tcp_accept(kit.listener);
	cr_assert(ne(ptr, c, NULL));
	cr_assert(eq(u16, c->peer_mss, 1360));
	cr_assert(eq(u8, c->snd_wscale, 5));
	cr_assert(c->sack_ok && c->ts_ok && c->wscale_ok);
	kit_send(&kit, c, 10);
	EXPECT(.flags = ACK | PSH, .seq = 1, .ack = 1, .len = 10);
}

Test(tcp_listen, cookie_of_somebody_else_is_reset)
{
	kit_listen(&kit, 128);
	for (uint32_t i = 0; i < LIMIT_SYN_QUEUE; i++)
		INJECT(.flags = SYN, .mss = 1400, .port = (uint16_t)(i + 1));
	kit_forget_frames(&kit);
	INJECT(.flags = SYN, .mss = 1400, .port = 9999);
	EXPECT(.flags = SYN | ACK, .ack = 1);
	INJECT(.flags = ACK, .seq = 1, .ack = 1, .port = 9998);
	EXPECT(.flags = RST, .seq = 1);
	INJECT(.flags = ACK, .seq = 2, .ack = 1, .port = 9999);
	EXPECT(.flags = RST, .seq = 1);
	/* Two minutes later it is worth nothing. */
	kit_advance(&kit, SEC(200));
	kit_forget_frames(&kit);
	kit.our_iss = 0;
	cr_assert(eq(u32, tcp_accept_queue(kit.listener), 0));
}

Test(tcp_listen, cookies_keep_what_they_are_given)
{
	static const uint16_t mss[] = {1, 536, 1000, 1360, 1460, 9000};
	static const uint16_t back[] = {216, 536, 536, 1360, 1460, 8960};
	struct ports_tuple key = {.lport = 80, .rport = 7};
	struct tcp *t = &kit.host.tcp;
	tcp_seq cookie;

	for (size_t i = 0; i < ARRAY_LEN(mss); i++) {
		cookie = tcp_cookie_make(t, &key, 55, mss[i]);
		cr_expect(eq(u16, tcp_cookie_check(t, &key, 55, cookie),
			     back[i]));
		cr_expect(eq(u16, tcp_cookie_check(t, &key, 56, cookie), 0));
		cr_expect(
			eq(u16, tcp_cookie_check(t, &key, 55, cookie + 1), 0));
	}
	cookie = tcp_cookie_make(t, &key, 55, 1460);
	kit_advance(&kit, SEC(63));
	cr_expect(eq(u16, tcp_cookie_check(t, &key, 55, cookie), 1460));
	kit_advance(&kit, SEC(130));
	cr_expect(eq(u16, tcp_cookie_check(t, &key, 55, cookie), 0));
}

static void close_actively(struct tcp_conn *c)
{
	cr_assert(tcp_shutdown_send(c) == 0);
	INJECT(.flags = FIN | ACK, .seq = 1, .ack = 2);
	tcp_close(c);
	kit_host_settle(&kit.host);
	kit_forget_frames(&kit);
	kit.conn = NULL;
	cr_assert(eq(u32, kit.host.tcp.ntime_wait, 1));
}

/* RFC 6191: a SYN with a younger time stamp begins a new connection. */
Test(tcp_listen, time_wait_gives_way_to_a_newer_syn)
{
	close_actively(kit_accepted_with(&kit, modern));
	kit_advance(&kit, MSEC(10));
	INJECT(.flags = SYN, .seq = 5000, .mss = 1400);
	EXPECT(.flags = SYN | ACK, .ack = 5001);
	cr_assert(eq(u32, kit.host.tcp.ntime_wait, 0));
}

Test(tcp_listen, time_wait_does_not_give_way_to_an_old_syn)
{
	close_actively(kit_accepted_with(&kit, modern));
	INJECT(.flags = SYN, .seq = 5000, .mss = 1400, .has_ts = true,
	       .tsval = 1);
	EXPECT(.flags = ACK, .seq = 2, .ack = 2);
	cr_assert(eq(u32, kit.host.tcp.ntime_wait, 1));
}

/* Without time stamps the sequence number must be higher. */
Test(tcp_listen, time_wait_without_time_stamps_compares_numbers)
{
	close_actively(kit_accepted_with(&kit, (struct seg){.mss = 1400}));
	INJECT(.flags = SYN, .seq = 1, .mss = 1400);
	EXPECT(.flags = ACK, .seq = 2, .ack = 2);
	INJECT(.flags = SYN, .seq = 100, .mss = 1400);
	EXPECT(.flags = SYN | ACK, .ack = 101);
}

Test(tcp_listen, second_listener_on_the_port_is_refused)
{
	struct endpoint at = {.addr = kit.host.addr, .port = KIT_PORT};
	struct tcp_conn *c;

	kit_listen(&kit, 5);
	cr_assert(tcp_new(&kit.host.tcp, NULL, &c) == 0);
	cr_assert(eq(int, tcp_bind(c, &at), -EADDRINUSE));
}
