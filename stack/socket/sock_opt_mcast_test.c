/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sock_opt_mcast_test.c - proves sock_opt_mcast.c: no struct is read or written
 * beyond its length. What each call says is in test-apps/mcast_options.c.
 */
#include <stdlib.h>

#include "sock_opt_priv.h"
#include "testkit/socktest.h"
#include "transport/udp_group.h"

static struct sock *udp4, *udp6, *tcp4;

static void open_all(void)
{
	kit_open();
	udp4 = kit_socket(SOCK_DGRAM);
	udp6 = kit_socket6(SOCK_DGRAM);
	tcp4 = kit_socket(SOCK_STREAM);
}

static void close_all(void)
{
	sock_close(udp4);
	sock_close(udp6);
	sock_close(tcp4);
	kit_settle();
	kit_close();
}

#define ALL_TEST(name)                                                         \
	static void name##_body(void);                                         \
	Test(sock_opt_mcast, name)                                             \
	{                                                                      \
		open_all();                                                    \
		name##_body();                                                 \
		close_all();                                                   \
	}                                                                      \
	static void name##_body(void)

static const struct group_filter whole = {
	.gf_interface = 1,
	.gf_fmode = MCAST_EXCLUDE,
	.gf_numsrc = 3,
};

/* A value of exactly so many bytes: a sanitizer sees what is beyond. */
static int set(struct sock *s, int level, int name, const void *from,
	       size_t len)
{
	void *exact = malloc(len ? len : 1);
	int ret;

	memcpy(exact, from, len);
	ret = sock_opt_set(s, level, name, exact, (socklen_t)len);
	free(exact);
	return ret;
}

static int get(struct sock *s, int level, int name, const void *from,
	       size_t len)
{
	void *exact = malloc(len ? len : 1);
	socklen_t have = (socklen_t)len;
	int ret;

	memcpy(exact, from, len);
	ret = sock_opt_get(s, level, name, exact, &have);
	cr_assert(le(sz, have, len));
	free(exact);
	return ret;
}

/* Whatever the name: a struct that was cut is refused, but for the one that
 * may have been meant. */
ALL_TEST(every_length_of_every_option_is_safe)
{
	uint8_t bytes[600];

	for (int fill = 0; fill < 256; fill += 51) {
		memset(bytes, fill, sizeof(bytes));
		for (int name = 0; name < 60; name++) {
			for (size_t len = 0; len < sizeof(bytes); len += 3) {
				set(udp4, IPPROTO_IP, name, bytes, len);
				set(udp6, IPPROTO_IPV6, name, bytes, len);
				set(udp6, IPPROTO_IP, name, bytes, len);
				set(tcp4, IPPROTO_IP, name, bytes, len);
			}
		}
	}
}

static struct sockaddr_storage address(const char *text)
{
	struct sockaddr_storage s = {0};
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};

	if (inet_pton(AF_INET, text, &in.sin_addr) == 1) {
		memcpy(&s, &in, sizeof(in));
	} else {
		cr_assert(
			eq(int, inet_pton(AF_INET6, text, &in6.sin6_addr), 1));
		memcpy(&s, &in6, sizeof(in6));
	}
	return s;
}

static void filter_of_every_length(struct sock *s, int level, const char *group,
				   const char *source)
{
	struct {
		struct group_filter head;
		struct sockaddr_storage more[4];
	} f = {.head = whole};
	struct group_req join = {.gr_interface = 1, .gr_group = address(group)};
	struct sockaddr_storage from = address(source);

	f.head.gf_group = address(group);
	for (size_t i = 0; i < 3; i++)
		memcpy((char *)&f + GROUP_FILTER_SIZE(i), &from, sizeof(from));
	cr_assert(eq(int, set(s, level, MCAST_JOIN_GROUP, &join, sizeof(join)),
		     0));
	for (size_t len = 0; len <= GROUP_FILTER_SIZE(3); len++)
		cr_assert(eq(int, set(s, level, MCAST_MSFILTER, &f, len),
			     len < GROUP_FILTER_SIZE(3) ? -EINVAL : 0));
	for (size_t len = 0; len < sizeof(f); len++)
		cr_assert(eq(int, get(s, level, MCAST_MSFILTER, &f, len),
			     len < GROUP_FILTER_SIZE(0) ? -EINVAL : 0));
	cr_assert(eq(u32, s->pcb->members->nsources, 3));
}

ALL_TEST(a_filter_of_any_length_is_safe)
{
	filter_of_every_length(udp4, IPPROTO_IP, "239.1.2.3", "10.0.0.1");
	filter_of_every_length(udp6, IPPROTO_IPV6, "ff05::3", "fd00::1");
}

/* What stands for IPv4 in our tables is no group of IPv6. */
ALL_TEST(mapped_groups_are_none)
{
	struct group_req r = {.gr_interface = 1,
			      .gr_group = address("::ffff:239.1.2.3")};
	struct ipv6_mreq m = {.ipv6mr_interface = 1};

	cr_assert(eq(int,
		     set(udp6, IPPROTO_IPV6, MCAST_JOIN_GROUP, &r, sizeof(r)),
		     -EINVAL));
	inet_pton(AF_INET6, "::ffff:239.1.2.3", &m.ipv6mr_multiaddr);
	cr_assert(
		eq(int,
		   set(udp6, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, &m, sizeof(m)),
		   -EINVAL));
}

/* An AF_INET6 socket hears of IPv4, and so may join its groups. */
ALL_TEST(groups_of_ipv4_by_a_socket_of_ipv6)
{
	struct group_req r = {.gr_interface = 1,
			      .gr_group = address("239.1.2.3")};

	cr_assert(eq(int,
		     set(udp6, IPPROTO_IP, MCAST_JOIN_GROUP, &r, sizeof(r)),
		     0));
	cr_assert(eq(int,
		     set(udp4, IPPROTO_IPV6, MCAST_JOIN_GROUP, &r, sizeof(r)),
		     -ENOPROTOOPT));
}
