/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sock_cmsg_test.c - proves sock_cmsg.c: what a program may say with a
 * datagram, and what it is told; as tables. The results are Linux's.
 */

#include "testkit/socktest.h"

#include "sock_cmsg.h"

static struct udp_headers space;

TestSuite(sock_cmsg, .init = kit_open, .fini = kit_close);

enum { ROOM = 256 };

static union {
	char bytes[ROOM];
	struct cmsghdr align;
} control;

static struct inet_addr addr(const char *text)
{
	struct inet_addr a;

	cr_assert(eq(int, inet_parse(text, &a), 0));
	return a;
}

static struct msghdr said(int level, int type, const void *data, size_t len)
{
	struct msghdr msg = {.msg_control = control.bytes,
			     .msg_controllen = CMSG_SPACE(len)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	memset(&control, 0, sizeof(control));
	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(c), data, len);
	return msg;
}

struct row {
	const char *to;
	int level, type, value;
	int result;
	int ttl, tos, dont_fragment; /* afterwards */
};

static const struct row rows[] = {
	{"::1", IPPROTO_IPV6, IPV6_HOPLIMIT, 7, 0, 7, -1, -1},
	{"::1", IPPROTO_IPV6, IPV6_HOPLIMIT, 0, 0, 0, -1, -1},
	{"::1", IPPROTO_IPV6, IPV6_HOPLIMIT, -1, 0, -1, -1, -1},
	{"::1", IPPROTO_IPV6, IPV6_HOPLIMIT, -2, -EINVAL, -1, -1, -1},
	{"::1", IPPROTO_IPV6, IPV6_HOPLIMIT, 256, -EINVAL, -1, -1, -1},
	{"::1", IPPROTO_IPV6, IPV6_TCLASS, 9, 0, -1, 9, -1},
	{"::1", IPPROTO_IPV6, IPV6_TCLASS, -1, 0, -1, 255, -1},
	{"::1", IPPROTO_IPV6, IPV6_DONTFRAG, 1, 0, -1, -1, 1},
	{"::1", IPPROTO_IPV6, IPV6_DONTFRAG, 2, -EINVAL, -1, -1, -1},
	{"::1", IPPROTO_IPV6, 999, 1, -EINVAL, -1, -1, -1},
	/* The other family's level is nobody's. */
	{"::1", IPPROTO_IP, IP_TTL, 7, 0, -1, -1, -1},
	{"::ffff:127.0.0.1", IPPROTO_IPV6, IPV6_HOPLIMIT, 7, 0, -1, -1, -1},
	{"::ffff:127.0.0.1", IPPROTO_IP, IP_TTL, 7, 0, 7, -1, -1},
	{"::ffff:127.0.0.1", IPPROTO_IP, IP_TTL, 0, -EINVAL, -1, -1, -1},
	{"::ffff:127.0.0.1", IPPROTO_IP, IP_TOS, 9, 0, -1, 9, -1},
};

Test(sock_cmsg, the_family_of_the_datagram_decides)
{
	struct sock *s = kit_socket6(SOCK_DGRAM);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row *r = &rows[i];
		struct msghdr msg = said(r->level, r->type, &r->value, 4);
		struct inet_addr to = addr(r->to);
		struct udp_wish w = udp_no_wish;
		int ret = sock_cmsg_take(s, &msg, &to, &w, &space);

		cr_expect(eq(int, ret, r->result), "row %zu", i);
		if (ret < 0)
			continue;
		cr_expect(eq(int, w.ttl, r->ttl), "row %zu", i);
		cr_expect(eq(int, w.tos, r->tos), "row %zu", i);
		cr_expect(eq(int, w.dont_fragment, r->dont_fragment), "row %zu",
			  i);
	}
}

Test(sock_cmsg, a_source_must_be_ours_and_of_the_family)
{
	static const struct {
		const char *to, *from;
		uint32_t ifindex;
		int result;
	} info[] = {
		{"::1", "::", 0, 0},
		{"::1", "::1", 0, 0},
		{"::1", "::1", 1, 0},
		{"::1", "::1", 77, -ENODEV},
		{"::1", "2001:db8::1", 0, -EINVAL},
		{"::ffff:127.0.0.1", "::ffff:127.0.0.3", 0, 0},
		{"::ffff:127.0.0.1", "::ffff:192.0.2.1", 0, -ENETUNREACH},
		{"::ffff:127.0.0.1", "::1", 0, -EINVAL},
	};
	struct inet_prefix one = {{{[15] = 1}}, 128};
	struct sock *s = kit_socket6(SOCK_DGRAM);

	cr_assert(eq(int, iface_add_addr(&kit.st->net.ifs[0], &one), 0));
	for (size_t i = 0; i < ARRAY_LEN(info); i++) {
		struct in6_pktinfo p = {.ipi6_ifindex = info[i].ifindex};
		struct inet_addr from = addr(info[i].from),
				 to = addr(info[i].to);
		struct udp_wish w = udp_no_wish;
		struct msghdr msg;

		memcpy(&p.ipi6_addr, from.b, 16);
		msg = said(IPPROTO_IPV6, IPV6_PKTINFO, &p, sizeof(p));
		cr_expect(eq(int, sock_cmsg_take(s, &msg, &to, &w, &space),
			     info[i].result),
			  "row %zu", i);
		if (info[i].result == 0)
			cr_expect(inet_equal(&w.src, &from), "row %zu", i);
		msg = said(IPPROTO_IPV6, IPV6_PKTINFO, &p, sizeof(p) - 1);
		cr_expect(eq(int, sock_cmsg_take(s, &msg, &to, &w, &space),
			     -EINVAL));
	}
}

/* What is told of a datagram of either family, in Linux's order. */
static size_t told(struct sock *s, const char *to, int *types, size_t room)
{
	struct udp_meta meta = {.to = addr(to), .ifindex = 1, .ttl = 64};
	struct msghdr msg = {.msg_control = control.bytes,
			     .msg_controllen = room};
	size_t n = 0;

	sock_cmsg_put(s, &meta, &msg);
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c;
	     c = CMSG_NXTHDR(&msg, c))
		types[n++] = c->cmsg_level * 1000 + c->cmsg_type;
	return n;
}

Test(sock_cmsg, each_family_is_told_of_at_its_own_level)
{
	struct sock *s = kit_socket6(SOCK_DGRAM);
	int types[8];

	s->ip6.on |=
		1u << SOCK6_PKTINFO | 1u << SOCK6_HOPLIMIT | 1u << SOCK6_TCLASS;
	s->pktinfo = s->recvttl = true;
	cr_assert(eq(sz, told(s, "::1", types, ROOM), 3));
	cr_assert(eq(int, types[0], 41000 + IPV6_PKTINFO));
	cr_assert(eq(int, types[1], 41000 + IPV6_HOPLIMIT));
	cr_assert(eq(int, types[2], 41000 + IPV6_TCLASS));
	cr_assert(eq(sz, told(s, "::ffff:127.0.0.1", types, ROOM), 3));
	cr_assert(eq(int, types[0], 41000 + IPV6_PKTINFO));
	cr_assert(eq(int, types[1], IP_PKTINFO));
	cr_assert(eq(int, types[2], IP_TTL));
	/* No room for the second one's header. */
	cr_assert(eq(sz, told(s, "::1", types, 50), 1));
}

Test(sock_cmsg, refusals_name_their_origin)
{
	static const struct {
		const char *to;
		bool is_local;
		int origin;
	} row[] = {{"::1", false, 3},
		   {"::ffff:10.0.0.1", false, 2},
		   {"::1", true, 1}};
	struct sock *s = kit_socket6(SOCK_DGRAM);

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct udp_refusal r = {.error = ECONNREFUSED,
					.is_local = row[i].is_local,
					.to = {.addr = addr(row[i].to)}};
		struct msghdr msg = {.msg_control = control.bytes,
				     .msg_controllen = ROOM};
		struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

		sock_cmsg_put_error(s, &r, &msg);
		cr_expect(eq(int, c->cmsg_level, IPPROTO_IPV6));
		cr_expect(eq(sz, c->cmsg_len, CMSG_LEN(16 + 28)));
		cr_expect(eq(int, CMSG_DATA(c)[4], row[i].origin));
	}
}
