/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sock_netlink_test.c - proves sock_netlink.c: names, pieces, groups, options
 *
 * Sockets are made as socket(2) makes them, on a stack with its loopback.
 */
#include <linux/rtnetlink.h>

#include "sock_netlink.h"
#include "testkit/socktest.h"

#ifndef SOL_NETLINK
#define SOL_NETLINK 270
#endif

#define KIT_TEST(name)                                                         \
	static void name##_body(void);                                         \
	Test(sock_netlink, name)                                               \
	{                                                                      \
		kit_open();                                                    \
		name##_body();                                                 \
		kit_close();                                                   \
	}                                                                      \
	static void name##_body(void)

static struct sock *netlink(void)
{
	struct sock *s = NULL;

	cr_assert(eq(int,
		     sock_new(kit.st, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE, &s),
		     0));
	return s;
}

static ssize_t put(struct sock *s, const void *data, size_t len)
{
	struct iovec iov;
	struct uio u;

	uio_flat(&u, &iov, (void *)(uintptr_t)data, len);
	return sock_netlink_send(s, &u, NULL, 0);
}

static ssize_t get(struct sock *s, void *to, size_t len, int flags)
{
	struct iovec iov;
	struct uio u;

	uio_flat(&u, &iov, to, len);
	return sock_netlink_recv(s, &u, NULL, flags);
}

static void ask_dump(struct sock *s, uint16_t type)
{
	struct {
		struct nlmsghdr h;
		struct rtmsg m;
	} req = {.h = {.nlmsg_len = sizeof(req),
		       .nlmsg_type = type,
		       .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP}};

	cr_assert(eq(int, (int)put(s, &req, sizeof(req)), (int)sizeof(req)));
}

static uint32_t pid_of(struct sock *s)
{
	struct sockaddr_nl a;
	socklen_t len = sizeof(a);

	cr_assert(eq(int, sock_netlink_name(s, false, (void *)&a, &len), 0));
	cr_assert(eq(int, a.nl_family, AF_NETLINK));
	return a.nl_pid;
}

KIT_TEST(only_the_families_of_tcp_ip_are_ours)
{
	struct sock *s;

	cr_assert(eq(int, sock_new(kit.st, AF_NETLINK, SOCK_RAW, 16, &s),
		     -EPROTONOSUPPORT));
	cr_assert(eq(int, sock_new(kit.st, AF_NETLINK, SOCK_STREAM, 0, &s),
		     -ESOCKTNOSUPPORT));
}

KIT_TEST(bind_gives_each_socket_a_number_of_its_own)
{
	struct sockaddr_nl any = {.nl_family = AF_NETLINK};
	struct sock *a = netlink(), *b = netlink();

	cr_assert(eq(int, sock_netlink_bind(a, (void *)&any, sizeof(any)), 0));
	cr_assert(eq(int, sock_netlink_bind(b, (void *)&any, sizeof(any)), 0));
	cr_assert(ne(u32, pid_of(a), 0));
	cr_assert(ne(u32, pid_of(a), pid_of(b)));
	any.nl_pid = pid_of(a);
	cr_assert(eq(int, sock_netlink_bind(b, (void *)&any, sizeof(any)),
		     -EINVAL));
	sock_close(b);
	b = netlink();
	cr_assert(eq(int, sock_netlink_bind(b, (void *)&any, sizeof(any)),
		     -EADDRINUSE));
	cr_assert(eq(int, sock_netlink_bind(b, (void *)&any, 4), -EINVAL));
	sock_close(a);
	sock_close(b);
}

KIT_TEST(answer_is_readable_at_once_and_then_no_more)
{
	struct sock *s = netlink();
	char buf[8192];

	cr_assert(eq(int, (int)get(s, buf, sizeof(buf), 0), -EAGAIN));
	ask_dump(s, RTM_GETLINK);
	cr_assert(s->slot->ready & EPOLLIN);
	cr_assert(gt(int, (int)get(s, buf, sizeof(buf), 0), 100));
	cr_assert(not(s->slot->ready & EPOLLIN));
	cr_assert(eq(int, (int)get(s, buf, sizeof(buf), 0), -EAGAIN));
	sock_close(s);
}

/* iproute2 asks for the length first: MSG_PEEK | MSG_TRUNC with no room. */
KIT_TEST(peek_with_trunc_tells_the_length_and_takes_nothing)
{
	struct sock *s = netlink();
	char buf[8192];
	ssize_t n;

	ask_dump(s, RTM_GETADDR);
	n = get(s, NULL, 0, MSG_PEEK | MSG_TRUNC);
	cr_assert(gt(int, (int)n, 50));
	cr_assert(eq(int, (int)get(s, buf, sizeof(buf), 0), (int)n));
	sock_close(s);
}

KIT_TEST(long_dump_comes_in_pieces_and_ends)
{
	struct sock *s = netlink();
	static uint8_t buf[4096] __attribute__((aligned(8)));
	size_t routes = 0, pieces = 0;
	bool is_done = false;

	for (uint8_t i = 1; i <= LIMIT_ROUTES; i++) {
		struct route r = {
			.dst = {inet_from4(ip4_make(10, i, 0, 0)), 112},
			.ifindex = 1};

		cr_assert(eq(int, route_add(&kit.st->net, &r), 0));
	}
	ask_dump(s, RTM_GETROUTE);
	while (!is_done) {
		ssize_t n = get(s, buf, sizeof(buf), 0);
		const uint8_t *at = buf;
		const struct nlmsghdr *h;
		size_t left = (size_t)n;

		cr_assert(gt(int, (int)n, 0));
		pieces++;
		while ((h = nl_next(&at, &left))) {
			routes += h->nlmsg_type == RTM_NEWROUTE;
			is_done = h->nlmsg_type == NLMSG_DONE;
		}
	}
	cr_assert(gt(sz, pieces, 1));
	cr_assert(ge(sz, routes, LIMIT_ROUTES + 2));
	sock_close(s);
}

KIT_TEST(closing_in_the_middle_of_a_dump_leaves_nothing)
{
	struct sock *s = netlink();

	ask_dump(s, RTM_GETROUTE);
	sock_close(s); /* kit_close() looks for what is left */
}

KIT_TEST(group_members_hear_and_others_do_not)
{
	struct sockaddr_nl a = {.nl_family = AF_NETLINK,
				.nl_groups = RTMGRP_IPV4_ROUTE};
	struct sock *s = netlink(), *other = netlink();
	char buf[64];

	cr_assert(eq(int, sock_netlink_bind(s, (void *)&a, sizeof(a)), 0));
	cr_assert(sock_netlink_is_heard(kit.st, RTNLGRP_IPV4_ROUTE));
	cr_assert(not(sock_netlink_is_heard(kit.st, RTNLGRP_LINK)));
	sock_netlink_tell(kit.st, RTNLGRP_IPV4_ROUTE, "what", 4);
	sock_netlink_tell(kit.st, RTNLGRP_LINK, "else", 4);
	cr_assert(eq(int, (int)get(s, buf, sizeof(buf), 0), 4));
	cr_assert(eq(int, (int)get(s, buf, sizeof(buf), 0), -EAGAIN));
	cr_assert(eq(int, (int)get(other, buf, sizeof(buf), 0), -EAGAIN));
	sock_close(s);
	sock_close(other);
}

KIT_TEST(listener_that_does_not_read_hears_enobufs_once)
{
	struct sock *s = netlink();
	int group = RTNLGRP_LINK, small = 1;
	char buf[256];

	cr_assert(eq(int,
		     sock_opt_set(s, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP,
				  &group, sizeof(group)),
		     0));
	cr_assert(eq(
		int,
		sock_opt_set(s, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)),
		0));
	memset(buf, 0, sizeof(buf));
	for (int i = 0; i < 100; i++)
		sock_netlink_tell(kit.st, RTNLGRP_LINK, buf, sizeof(buf));
	cr_assert(ne(u32, s->slot->ready & EPOLLERR, 0));
	cr_assert(eq(int, (int)get(s, buf, sizeof(buf), 0), -ENOBUFS));
	cr_assert(eq(int, (int)get(s, buf, sizeof(buf), 0), 256));
	sock_close(s);
}

KIT_TEST(requests_to_others_and_empty_ones_are_refused)
{
	struct sockaddr_nl to = {.nl_family = AF_NETLINK, .nl_pid = 5};
	struct msghdr msg = {.msg_name = &to, .msg_namelen = sizeof(to)};
	struct sock *s = netlink();
	char byte = 0;
	struct iovec iov;
	struct uio u;

	uio_flat(&u, &iov, &byte, 1);
	cr_assert(
		eq(int, (int)sock_netlink_send(s, &u, &msg, 0), -ECONNREFUSED));
	cr_assert(eq(int, (int)put(s, "", 0), -ENODATA));
	cr_assert(eq(int, (int)put(s, "x", 1), 1)); /* and nothing comes */
	cr_assert(eq(int, (int)get(s, &byte, 1, 0), -EAGAIN));
	sock_close(s);
}

KIT_TEST(options_are_kept_and_unknown_ones_refused)
{
	struct sock *s = netlink();
	int on = 1, value = 0;
	socklen_t len = sizeof(value);

	cr_assert(eq(int,
		     sock_opt_set(s, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on,
				  sizeof(on)),
		     0));
	cr_assert(eq(int,
		     sock_opt_get(s, SOL_NETLINK, NETLINK_GET_STRICT_CHK,
				  &value, &len),
		     0));
	cr_assert(eq(int, value, 1));
	cr_assert(eq(int, sock_opt_set(s, SOL_NETLINK, 99, &on, sizeof(on)),
		     -ENOPROTOOPT));
	cr_assert(eq(int, sock_opt_set(s, IPPROTO_IP, IP_TTL, &on, sizeof(on)),
		     -ENOPROTOOPT));
	cr_assert(eq(int,
		     sock_opt_set(s, SOL_SOCKET, SO_RCVBUF, &on, sizeof(on)),
		     0));
	cr_assert(
		eq(int, sock_opt_get(s, SOL_SOCKET, SO_TYPE, &value, &len), 0));
	cr_assert(eq(int, value, SOCK_RAW));
	/* What other sockets have in their transport. */
	cr_assert(eq(int,
		     sock_opt_set(s, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on)),
		     0));
	cr_assert(eq(int,
		     sock_opt_set(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)),
		     0));
	cr_assert(eq(int,
		     sock_opt_set(s, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on)),
		     0));
	sock_close(s);
}
