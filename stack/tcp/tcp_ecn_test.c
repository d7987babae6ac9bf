/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_ecn_test.c - proves tcp_ecn.c: what is agreed, marked, echoed and cut
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "testkit/testkit.h"

enum { ECE = TCP_ECE, CWR = TCP_CWR, ECT0 = 2, ECT1 = 1, CE = 3, ECN = 3 };

static struct kit kit;

static void open_kit(void)
{
	kit_open(&kit);
}

static void close_kit(void)
{
	kit_close(&kit);
}

TestSuite(tcp_ecn, .init = open_kit, .fini = close_kit);

#define INJECT(...) kit_inject(&kit, (struct seg){__VA_ARGS__})

/* The next segment has these flags of the two, and this mark. */
static void expect(uint32_t len, uint8_t flags, uint8_t mark)
{
	const struct seg *s = kit_take(&kit);

	cr_assert(ne(ptr, (void *)s, NULL), "nothing was sent");
	cr_assert(eq(u32, s->len, len));
	cr_assert(eq(u8, s->flags & (ECE | CWR), flags));
	cr_assert(eq(u8, s->tos & ECN, mark));
}

/* We ask; the answer has these flags. */
static struct tcp_conn *ask(uint8_t flags)
{
	struct tcp_conn *c;

	kit.host.tcp.ecn = TCP_ECN_ASK;
	c = kit_connect(&kit);
	cr_assert(eq(u8, kit.out.flags & (ECE | CWR), ECE | CWR));
	cr_assert(eq(u8, kit.out.tos & ECN, 0));
	INJECT(.flags = SYN | ACK | flags, .ack = OUR_SEQ, .mss = 1000,
	       .sack_permitted = true);
	kit_forget_frames(&kit);
	return c;
}

/* A peer asks our listener; the flags of the SYN-ACK. */
static uint8_t answer(uint8_t tos)
{
	kit_listen(&kit, 5);
	INJECT(.flags = SYN | ECE | CWR, .mss = 1000, .tos = tos);
	cr_assert(ne(ptr, (void *)kit_take(&kit), NULL));
	return kit.out.flags & (ECE | CWR);
}

/* RFC 3168 6.1.1. */
Test(tcp_ecn, connection_that_asked_and_was_answered_marks_its_data)
{
	struct tcp_conn *c = ask(ECE);

	cr_assert(c->ecn_ok);
	kit_send(&kit, c, 2000);
	expect(1000, 0, ECT0);
	expect(1000, 0, ECT0);
}

Test(tcp_ecn, peer_without_ecn_gets_unmarked_data)
{
	struct tcp_conn *c = ask(0);

	cr_assert(not(c->ecn_ok));
	kit_send(&kit, c, 1000);
	expect(1000, 0, 0);
}

/* 6.1.1.1: some reflect the bits that they do not know. */
Test(tcp_ecn, reflected_flags_are_no_agreement)
{
	cr_assert(not(ask(ECE | CWR)->ecn_ok));
}

Test(tcp_ecn, nobody_is_asked_unless_wished)
{
	kit.host.tcp.ecn = TCP_ECN_ANSWER;
	kit_connect(&kit);
	cr_assert(eq(u8, kit.out.flags & (ECE | CWR), 0));
	INJECT(.flags = SYN | ACK | ECE, .ack = OUR_SEQ);
	kit_forget_frames(&kit);
}

/* 6.1.1.1: perhaps somebody swallows such SYNs. */
Test(tcp_ecn, second_syn_does_not_ask)
{
	struct tcp_conn *c;

	kit.host.tcp.ecn = TCP_ECN_ASK;
	c = kit_connect(&kit);
	kit_advance(&kit, SEC(1));
	expect(0, 0, 0);
	INJECT(.flags = SYN | ACK | ECE, .ack = OUR_SEQ);
	cr_assert(not(c->ecn_ok));
	kit_forget_frames(&kit);
}

Test(tcp_ecn, listener_answers_who_asks)
{
	struct tcp_conn *c;

	cr_assert(eq(u8, answer(0), ECE));
	cr_assert(eq(u8, kit.out.tos & ECN, 0));
	INJECT(.flags = ACK, .seq = 1, .ack = 1);
	c = tcp_accept(kit.listener);
	cr_assert(c->ecn_ok);
	tcp_set_owner(c, &kit);
	kit_forget_frames(&kit);
	kit_send(&kit, c, 1000);
	expect(1000, 0, ECT0);
	tcp_abort(c);
	kit_forget_frames(&kit);
}

Test(tcp_ecn, listener_does_not_answer_when_off)
{
	kit.host.tcp.ecn = TCP_ECN_OFF;
	cr_assert(eq(u8, answer(0), 0));
}

/* A SYN is never ECN-capable; this one was not made by RFC 3168's rules. */
Test(tcp_ecn, marked_syn_is_not_answered)
{
	cr_assert(eq(u8, answer(ECT1), 0));
}

/* 6.1.3: each ACK echoes, until the sender has slowed down. */
Test(tcp_ecn, mark_is_echoed_until_cwr)
{
	struct tcp_conn *c = ask(ECE);

	INJECT(.flags = ACK, .seq = 1, .ack = 1, .len = 100, .tos = ECT0);
	kit_forget_frames(&kit);
	c->quickacks = 0;
	INJECT(.flags = ACK, .seq = 101, .ack = 1, .len = 100, .tos = CE);
	expect(0, ECE, 0);
	INJECT(.flags = ACK, .seq = 201, .ack = 1, .len = 100, .tos = ECT0);
	kit_advance(&kit, SEC(1));
	expect(0, ECE, 0);
	kit_send(&kit, c, 100);
	expect(100, ECE, ECT0);
	INJECT(.flags = ACK | CWR, .seq = 301, .ack = 101, .len = 100,
	       .tos = ECT0);
	expect(0, 0, 0);
	/* Marked again in the segment that says so: it is news. */
	INJECT(.flags = ACK | CWR, .seq = 401, .ack = 101, .len = 100,
	       .tos = CE);
	expect(0, ECE, 0);
}

/* Who did not agree is not told anything. */
Test(tcp_ecn, mark_without_agreement_is_ignored)
{
	ask(0);
	INJECT(.flags = ACK, .seq = 1, .ack = 1, .len = 100, .tos = CE);
	expect(0, 0, 0);
}

/* 6.1.2: one cut in a round trip, and the peer is told with the next new data.
 */
Test(tcp_ecn, echo_cuts_once_in_a_round_trip)
{
	struct tcp_conn *c = ask(ECE);
	uint32_t cwnd;

	kit_send(&kit, c, 40000);
	kit_forget_frames(&kit);
	INJECT(.flags = ACK | ECE, .seq = 1, .ack = 1001);
	cwnd = c->cc.cwnd;
	cr_assert(le(u32, cwnd, 8000));
	cr_assert(eq(int, c->recovery, TCP_RECOVER_NONE));
	for (uint32_t ack = 2001; ack < 6001; ack += 1000)
		INJECT(.flags = ACK | ECE, .seq = 1, .ack = ack);
	cr_assert(ge(u32, c->cc.cwnd, cwnd));
	expect(1000, CWR, ECT0);
	while (kit_take(&kit)) {
		cr_assert(eq(u8, kit.out.flags & CWR, 0), "said once");
		cr_assert(eq(u8, kit.out.tos & ECN, ECT0));
	}
	INJECT(.flags = ACK | ECE, .seq = 1, .ack = c->ecn_end - kit.our_iss);
	cr_assert(lt(u32, c->cc.cwnd, cwnd));
	kit_forget_frames(&kit);
}

/* 6.1.5: resends are not marked; the cut for a loss is told, too, and is not
 * made twice. */
Test(tcp_ecn, loss_is_a_cut_as_well)
{
	struct tcp_conn *c = ask(ECE);
	uint32_t ssthresh;

	kit_send(&kit, c, 40000);
	kit_forget_frames(&kit);
	kit_advance(&kit, MSEC(10));
	kit_forget_frames(&kit); /* a tail probe */
	INJECT(.flags = ACK, .seq = 1, .ack = 1, .nsack = 1,
	       .sack = {{1001, 4001}});
	cr_assert(eq(int, c->recovery, TCP_RECOVER_FAST));
	ssthresh = c->cc.ssthresh;
	expect(1000, 0, 0);
	cr_assert(eq(u32, kit.out.seq, 1));
	INJECT(.flags = ACK | ECE, .seq = 1, .ack = 10001);
	cr_assert(eq(u32, c->cc.ssthresh, ssthresh));
	expect(1000, CWR, ECT0);
	kit_forget_frames(&kit);
}

/* Said once: a super-segment would say it in each piece. */
Test(tcp_ecn, cwr_leaves_in_a_segment_of_its_own)
{
	struct tcp_conn *c;

	kit_close(&kit);
	kit_open_with(&kit, LINK_CSUM | LINK_TSO4, KIT_MTU);
	c = ask(ECE);
	kit_send(&kit, c, 60000);
	kit_forget_frames(&kit);
	INJECT(.flags = ACK | ECE, .seq = 1, .ack = 10001);
	expect(1000, CWR, ECT0);
	cr_assert(kit_take(&kit) && kit.out.len > 1000);
	cr_assert(eq(u8, kit.out.flags & CWR, 0));
	kit_forget_frames(&kit);
}

/* 6.1.6: a window probe is not marked. */
Test(tcp_ecn, window_probe_is_not_marked)
{
	struct tcp_conn *c = ask(ECE);

	INJECT(.flags = ACK, .seq = 1, .ack = 1, .len = 1,
	       .wnd = KIT_NO_WINDOW);
	kit_forget_frames(&kit);
	kit_send(&kit, c, 1000);
	kit_advance(&kit, SEC(2));
	expect(1, 0, 0);
	kit_forget_frames(&kit);
}
