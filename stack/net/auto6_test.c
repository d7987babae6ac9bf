/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * auto6_test.c - proves auto6.c: when routers are asked for, in virtual time.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "testkit/nettest.h"

static struct nettest t;

static const struct inet_addr ALL_ROUTERS = {{0xff, 2, [15] = 2}};

static void open_host(void)
{
	nettest_open(&t);
}

static void close_host(void)
{
	nettest_close(&t);
}

static const struct icmp6_wire *sent(size_t i)
{
	return (const void *)(nettest_sent_ip6(&t, i) + 1);
}

static uint32_t questions(void)
{
	uint32_t n = 0;

	for (size_t i = 0; i < t.wire.nframes; i++)
		n += sent(i)->type == ICMP6_ROUTER_SOLICIT;
	return n;
}

static const struct ip6_wire *question(void)
{
	for (size_t i = 0; i < t.wire.nframes; i++)
		if (sent(i)->type == ICMP6_ROUTER_SOLICIT)
			return nettest_sent_ip6(&t, i);
	return NULL;
}

/* In small steps, so that nothing is late. */
static void pass(usecs by)
{
	for (usecs step = 0; step < by; step += MSEC(100))
		nettest_advance(&t, MSEC(100));
}

HOST_TEST(auto6, the_first_question_goes_at_once)
{
	const struct ip6_wire *ip;

	cr_assert(eq(int, auto6_start(t.eth, false), 0));
	cr_assert(eq(u32, questions(), 1));
	ip = question();
	cr_assert(inet_equal(&ip->dst, &ALL_ROUTERS));
	cr_assert(inet_equal(&ip->src, iface_link_local(t.eth)));
	cr_assert(eq(u8, ip->hop_limit, 255));
	/* RFC 4429 3.3: no link address yet. */
	cr_assert(eq(u16, be16_get(ip->payload_len), 8));
}

/* RFC 4861 6.3.7, RFC 4861 10 */
HOST_TEST(auto6, questions_are_four_seconds_apart_and_then_rarer)
{
	cr_assert(eq(int, auto6_start(t.eth, false), 0));
	pass(SEC(3));
	cr_assert(eq(u32, questions(), 2));
	nettest_forget_frames(&t);
	pass(SEC(3));
	cr_assert(eq(u32, questions(), 1));
	/* By now the address is certain. */
	cr_assert(eq(u16, be16_get(question()->payload_len), 16));
	pass(SEC(4));
	cr_assert(eq(u32, questions(), 2));
	pass(SEC(100));
	cr_assert(eq(u32, questions(), 5));
	for (int i = 0; i < 100; i++)
		nettest_advance(&t, SEC(3600));
	nettest_forget_frames(&t);
	/* RFC 7559: once an hour, for ever. */
	for (int i = 0; i < 100; i++)
		nettest_advance(&t, SEC(360));
	cr_assert(ge(u32, questions(), 9));
	cr_assert(le(u32, questions(), 12));
}

HOST_TEST(auto6, no_question_after_a_router_has_answered)
{
	cr_assert(eq(int, auto6_start(t.eth, false), 0));
	auto6_on_advert(t.eth, 1800);
	pass(SEC(30));
	cr_assert(eq(u32, questions(), 1));
	cr_assert(t.net.auto6[t.eth->index - 1].has_advert);
}

/* Who is no default router says all there is to say, too. */
HOST_TEST(auto6, few_questions_where_there_is_no_default_router)
{
	cr_assert(eq(int, auto6_start(t.eth, false), 0));
	auto6_on_advert(t.eth, 0);
	pass(SEC(100));
	cr_assert(eq(u32, questions(), LIMIT_RTR_SOLICITS + 1));
}

HOST_TEST(auto6, rebuilt_timers_go_on)
{
	cr_assert(eq(int, auto6_start(t.eth, false), 0));
	timer_heap_rebuild(&t.eng.timers);
	for (uint32_t i = 0; i < t.net.nifs; i++) {
		addr_rebuild(&t.net.ifs[i]);
		auto6_rebuild(&t.net.auto6[i]);
	}
	mcast_rebuild(&t.net.mcast);
	pass(SEC(3));
	cr_assert(eq(u32, questions(), 2));
}

/* RFC 4861 6.3.7 */
HOST_TEST(auto6, an_interface_that_comes_up_asks_again)
{
	cr_assert(eq(int, auto6_start(t.eth, false), 0));
	auto6_on_advert(t.eth, 1800);
	pass(SEC(30));
	nettest_forget_frames(&t);
	iface_set_down(t.eth, true);
	net_settle(&t.net);
	cr_assert(eq(u32, questions(), 0));
	iface_set_down(t.eth, false);
	net_settle(&t.net);
	cr_assert(eq(u32, questions(), 1));
	pass(SEC(8));
	cr_assert(ge(u32, questions(), 2));
}
