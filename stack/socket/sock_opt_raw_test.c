/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sock_opt_raw_test.c - proves sock_opt_raw.c
 */
#include "testkit/socktest.h"

TestSuite(sock_opt_raw, .init = kit_open, .fini = kit_close);

enum { RAW = 255, FILTER = 1 };

static struct sock *open_raw(int family, int protocol)
{
	struct sock *s = NULL;

	cr_assert(eq(int, sock_new(kit.st, family, SOCK_RAW, protocol, &s), 0));
	return s;
}

static int get_int(struct sock *s, int level, int name)
{
	int value = -77;
	socklen_t len = sizeof(value);
	int ret = sock_opt_get(s, level, name, &value, &len);

	return ret < 0 ? ret : value;
}

static int set_int(struct sock *s, int level, int name, int value)
{
	return sock_opt_set(s, level, name, &value, sizeof(value));
}

Test(sock_opt_raw, icmp_filters_are_kept)
{
	struct sock *s = open_raw(AF_INET, IPPROTO_ICMP);
	uint32_t bits[8] = {1, 2, 3, 4, 5, 6, 7, 8}, back[8] = {0};
	socklen_t len = sizeof(back);
	struct sock *six;

	cr_assert(eq(int, set_int(s, RAW, FILTER, 0x101), 0));
	cr_assert(eq(int, get_int(s, RAW, FILTER), 0x101));
	cr_assert(eq(u32, s->pcb->icmp_refused[0], 0x101));
	six = open_raw(AF_INET6, IPPROTO_ICMPV6);
	cr_assert(eq(
		int,
		sock_opt_set(six, IPPROTO_ICMPV6, FILTER, bits, sizeof(bits)),
		0));
	cr_assert(eq(int, sock_opt_get(six, IPPROTO_ICMPV6, FILTER, back, &len),
		     0));
	cr_assert(zero(memcmp(bits, back, sizeof(bits))));
	sock_close(s);
	sock_close(six);
}

Test(sock_opt_raw, hdrincl_is_on_for_ipproto_raw)
{
	struct sock *s = open_raw(AF_INET, IPPROTO_ICMP);
	struct sock *own = open_raw(AF_INET, IPPROTO_RAW);

	cr_assert(eq(int, get_int(s, IPPROTO_IP, IP_HDRINCL), 0));
	cr_assert(eq(int, set_int(s, IPPROTO_IP, IP_HDRINCL, 1), 0));
	cr_assert(eq(int, get_int(s, IPPROTO_IP, IP_HDRINCL), 1));
	cr_assert(eq(int, get_int(own, IPPROTO_IP, IP_HDRINCL), 1));
	sock_close(s);
	sock_close(own);
}

Test(sock_opt_raw, ipv6_checksums)
{
	struct sock *s = open_raw(AF_INET6, 99);
	struct sock *icmp = open_raw(AF_INET6, IPPROTO_ICMPV6);

	cr_assert(eq(int, get_int(s, RAW, IPV6_CHECKSUM), -1));
	cr_assert(eq(int, set_int(s, RAW, IPV6_CHECKSUM, 4), 0));
	cr_assert(eq(int, get_int(s, IPPROTO_IPV6, IPV6_CHECKSUM), 4));
	cr_assert(eq(int, set_int(s, RAW, IPV6_CHECKSUM, 3), -EINVAL));
	cr_assert(eq(int, set_int(icmp, RAW, IPV6_CHECKSUM, 4), -EINVAL));
	cr_assert(eq(int, set_int(icmp, RAW, IPV6_CHECKSUM, 2), 0));
	sock_close(s);
	sock_close(icmp);
}

Test(sock_opt_raw, others_do_not_have_them)
{
	struct sock *s = kit_socket(SOCK_DGRAM);

	cr_assert(eq(int, set_int(s, IPPROTO_IP, IP_HDRINCL, 1), -ENOPROTOOPT));
	cr_assert(lt(int, get_int(s, RAW, FILTER), 0));
	sock_close(s);
}
