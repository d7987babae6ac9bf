/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * nl_monitor_test.c - proves nl_monitor.c: who joined a group hears of changes
 */
#include <linux/rtnetlink.h>

#include "nl_monitor.h"
#include "sock_netlink.h"
#include "testkit/socktest.h"

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
static uint16_t next(struct sock *s)
{
	static struct nlmsghdr h[128];
	struct iovec iov;
	struct uio u;

	uio_flat(&u, &iov, h, sizeof(h));
	return sock_netlink_recv(s, &u, NULL, 0) > 0 ? h->nlmsg_type : 0;
}

Test(nl_monitor, each_change_goes_to_its_group)
{
	struct route r = {.dst = {inet_from4(ip4_make(10, 1, 0, 0)), 112},
			  .ifindex = 1};
	struct sock *all, *routes;
	struct iface *lo;

	kit_open();
	lo = &kit.st->net.ifs[0];
	all = listener(RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE);
	routes = listener(RTMGRP_IPV4_ROUTE);
	nl_monitor_link(kit.st, lo);
	nl_monitor_addr(kit.st, RTM_DELADDR, lo, &lo->addrs[0]);
	nl_monitor_route(kit.st, RTM_NEWROUTE, &r);
	cr_expect(eq(int, next(all), RTM_NEWLINK));
	cr_expect(eq(int, next(all), RTM_DELADDR));
	cr_expect(eq(int, next(all), RTM_NEWROUTE));
	cr_expect(eq(int, next(all), 0));
	cr_expect(eq(int, next(routes), RTM_NEWROUTE));
	cr_expect(eq(int, next(routes), 0));
	sock_close(all);
	sock_close(routes);
	kit_close();
}
