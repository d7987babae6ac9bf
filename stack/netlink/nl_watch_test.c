/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * nl_watch_test.c - proves nl_watch.c: what changes is told, once, and what was
 * there before is not
 */
#include <linux/rtnetlink.h>

#include "net/addr.h"
#include "nl_watch.h"
#include "sock_netlink.h"
#include "testkit/socktest.h"

enum { ALL_GROUPS = -1 };

static struct iface *eth;
static struct sock *ear;

static struct sock *listener(uint32_t groups)
{
	struct sockaddr_nl a = {.nl_family = AF_NETLINK, .nl_groups = groups};
	struct sock *s = NULL;

	cr_assert(eq(int,
		     sock_new(kit.st, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE, &s),
		     0));
	cr_assert(eq(int, sock_netlink_bind(s, (void *)&a, sizeof(a)), 0));
	return s;
}

/* The type of the next message, or 0. */
static uint16_t next(void)
{
	static struct nlmsghdr h[128];
	struct iovec iov;
	struct uio u;

	uio_flat(&u, &iov, h, sizeof(h));
	return sock_netlink_recv(ear, &u, NULL, 0) > 0 ? h->nlmsg_type : 0;
}

static void expect(const uint16_t *types)
{
	kit_settle();
	for (; *types; types++)
		cr_assert(eq(int, next(), *types));
	cr_assert(eq(int, next(), 0));
}

#define EXPECT(...) expect((const uint16_t[]){__VA_ARGS__, 0})

static void open_all(void)
{
	struct inet_prefix p = {inet_from4(ip4_make(10, 0, 0, 2)), 120};

	kit_open();
	eth = net_add_iface(&kit.st->net, "tap0", -1);
	cr_assert(eq(int, iface_add_addr(eth, &p), 0));
	kit_settle();
	ear = listener((uint32_t)ALL_GROUPS);
	EXPECT(0);
}

static void close_all(void)
{
	sock_close(ear);
	kit_settle();
	cr_assert(eq(ptr, kit.st->watch, NULL));
	kit_close();
}

#define WATCH_TEST(name)                                                       \
	static void name##_body(void);                                         \
	Test(nl_watch, name)                                                   \
	{                                                                      \
		open_all();                                                    \
		name##_body();                                                 \
		close_all();                                                   \
	}                                                                      \
	static void name##_body(void)

WATCH_TEST(an_address_comes_and_goes_with_its_network)
{
	struct inet_prefix p = {inet_from4(ip4_make(10, 9, 0, 2)), 112};

	cr_assert(eq(int, iface_add_addr(eth, &p), 0));
	EXPECT(RTM_NEWADDR, RTM_NEWROUTE);
	EXPECT(0);
	cr_assert(eq(int, iface_delete_addr(eth, &p), 0));
	EXPECT(RTM_DELADDR, RTM_DELROUTE);
}

/* As in Linux: not before nobody else has it. */
WATCH_TEST(an_address_that_is_probed_is_told_when_it_is_valid)
{
	struct inet_prefix p = {{{0xfd, 1, [15] = 2}}, 64};

	cr_assert(eq(int, addr_add6(eth, &p, ADDR_BY_CONFIG, false), 0));
	EXPECT(0);
	kit.st->eng.now += SEC(1);
	kit_settle();
	kit.st->eng.now += SEC(1);
	EXPECT(RTM_NEWADDR, RTM_NEWROUTE);
	iface_delete(eth, &p.addr);
	EXPECT(RTM_DELADDR, RTM_DELROUTE);
}

WATCH_TEST(a_link_is_told)
{
	iface_set_mtu(eth, 1400);
	EXPECT(RTM_NEWLINK);
	iface_set_down(eth, true);
	EXPECT(RTM_NEWLINK, RTM_DELROUTE);
	iface_set_down(eth, false);
	EXPECT(RTM_NEWLINK, RTM_NEWROUTE);
}

WATCH_TEST(a_route_is_told)
{
	struct route r = {.dst = {inet_from4(ip4_make(10, 1, 0, 0)), 112},
			  .gateway = inet_from4(ip4_make(10, 0, 0, 1)),
			  .ifindex = 2};

	cr_assert(eq(int, route_add(&kit.st->net, &r), 0));
	EXPECT(RTM_NEWROUTE);
	r.gateway = inet_from4(ip4_make(10, 0, 0, 3));
	cr_assert(eq(int, route_replace(&kit.st->net, &r, false), 0));
	EXPECT(RTM_DELROUTE, RTM_NEWROUTE);
	cr_assert(eq(int, route_delete(&kit.st->net, &r), 0));
	EXPECT(RTM_DELROUTE);
}

/* RFC 4861 6.3.4: nobody has added it. */
WATCH_TEST(a_router_that_announced_itself_is_told)
{
	struct nd_router *r = &kit.st->net.nd.routers[0];

	*r = (struct nd_router){.addr = {{0xfe, 0x80, [15] = 1}},
				.ifindex = 2,
				.until = kit.st->eng.now + SEC(10)};
	EXPECT(RTM_NEWROUTE);
	kit.st->eng.now += SEC(11);
	EXPECT(RTM_DELROUTE);
}

WATCH_TEST(a_neighbour_is_told_in_each_state)
{
	struct inet_addr a = inet_from4(ip4_make(10, 0, 0, 1));
	struct eth_addr mac = {{2, 0, 0, 0, 0, 1}};

	cr_assert(eq(int, neigh_set(&eth->neigh, &a, &mac, false, false), 0));
	EXPECT(RTM_NEWNEIGH);
	cr_assert(eq(int, neigh_set(&eth->neigh, &a, &mac, false, true), 0));
	EXPECT(RTM_NEWNEIGH);
	EXPECT(0);
	kit.st->eng.now += SEC(60);
	EXPECT(RTM_NEWNEIGH);
	cr_assert(eq(int, neigh_delete(&eth->neigh, &a), 0));
	EXPECT(RTM_DELNEIGH);
}

/* Who comes later hears of what changes then; and more than one may. */
WATCH_TEST(who_comes_later_is_not_told_of_the_past)
{
	struct inet_prefix p = {inet_from4(ip4_make(10, 9, 0, 2)), 112};

	sock_close(ear);
	cr_assert(eq(int, iface_add_addr(eth, &p), 0));
	kit_settle();
	ear = listener(RTMGRP_IPV4_IFADDR);
	EXPECT(0);
	cr_assert(eq(int, iface_delete_addr(eth, &p), 0));
	EXPECT(RTM_DELADDR);
}
