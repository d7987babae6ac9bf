/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sock_addr_test.c - proves sock_addr.c: address forms in and out, as tables.
 *
 * The results were taken from Linux.
 */

#include "testkit/socktest.h"

TestSuite(sock_addr, .init = kit_open, .fini = kit_close);

enum { IN = sizeof(struct sockaddr_in), IN6 = sizeof(struct sockaddr_in6) };

union any_addr {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	unsigned char bytes[64];
};

static union any_addr from_text(int family, const char *text, uint16_t port)
{
	union any_addr a;
	void *to = &a.in.sin_addr;

	memset(&a, 0, sizeof(a));
	a.in.sin_family = (sa_family_t)family;
	a.in.sin_port = htons(port); /* the same place in both */
	if (strchr(text, ':'))
		to = &a.in6.sin6_addr;
	cr_assert(
		eq(int,
		   inet_pton(strchr(text, ':') ? AF_INET6 : AF_INET, text, to),
		   1));
	return a;
}

struct row {
	int type;
	int family; /* of the socket */
	int given;  /* family in the address */
	const char *text;
	socklen_t len;
	int result;
};

static const struct row forms[] = {
	{SOCK_STREAM, AF_INET, AF_INET, "10.1.2.3", IN, 0},
	{SOCK_STREAM, AF_INET, AF_INET, "10.1.2.3", 64, 0},
	{SOCK_STREAM, AF_INET, AF_INET, "10.1.2.3", IN - 1, -EINVAL},
	{SOCK_STREAM, AF_INET, AF_INET, "10.1.2.3", 2, -EINVAL},
	{SOCK_STREAM, AF_INET, AF_INET, "10.1.2.3", 1, -EINVAL},
	{SOCK_STREAM, AF_INET, AF_INET, "10.1.2.3", 0, -EINVAL},
	{SOCK_STREAM, AF_INET, AF_INET6, "::ffff:10.1.2.3", IN6, -EAFNOSUPPORT},
	{SOCK_STREAM, AF_INET, AF_INET6, "::ffff:10.1.2.3", IN - 1, -EINVAL},
	{SOCK_STREAM, AF_INET, AF_UNIX, "10.1.2.3", IN, -EAFNOSUPPORT},
	{SOCK_STREAM, AF_INET6, AF_INET6, "::ffff:10.1.2.3", IN6, 0},
	{SOCK_STREAM, AF_INET6, AF_INET6, "::ffff:10.1.2.3", IN6 - 4, 0},
	{SOCK_STREAM, AF_INET6, AF_INET6, "::ffff:10.1.2.3", IN6 - 5, -EINVAL},
	{SOCK_STREAM, AF_INET6, AF_INET6, "2001:db8::1", IN6, 0},
	{SOCK_STREAM, AF_INET6, AF_INET, "10.1.2.3", IN, -EINVAL},
	{SOCK_STREAM, AF_INET6, AF_INET, "10.1.2.3", IN6, -EAFNOSUPPORT},
	{SOCK_DGRAM, AF_INET, AF_INET, "10.1.2.3", IN, 0},
	{SOCK_DGRAM, AF_INET, AF_INET6, "::ffff:10.1.2.3", IN6, -EAFNOSUPPORT},
	{SOCK_DGRAM, AF_INET6, AF_INET, "10.1.2.3", IN, 0},
	{SOCK_DGRAM, AF_INET6, AF_INET, "10.1.2.3", IN - 1, -EINVAL},
	{SOCK_DGRAM, AF_INET6, AF_INET6, "::ffff:10.1.2.3", IN6, 0},
};

static struct sock *socket_of(const struct row *r)
{
	return r->family == AF_INET ? kit_socket(r->type)
				    : kit_socket6(r->type);
}

Test(sock_addr, every_form_in)
{
	const struct inet_addr v4 = inet_from4(ip4_make(10, 1, 2, 3));

	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		const struct row *r = &forms[i];
		union any_addr a = from_text(r->given, r->text, 4711);
		struct endpoint e;
		int ret = sock_addr_in(socket_of(r), &a.sa, r->len, &e);

		cr_expect(eq(int, ret, r->result), "row %zu", i);
		if (ret < 0)
			continue;
		cr_expect(eq(u16, e.port, 4711), "row %zu", i);
		if (inet_is4(&e.addr))
			cr_expect(inet_equal(&e.addr, &v4), "row %zu", i);
	}
}

Test(sock_addr, no_address_at_all_is_invalid)
{
	struct endpoint e;

	cr_assert(eq(int, sock_addr_in(kit_socket(SOCK_DGRAM), NULL, IN, &e),
		     -EINVAL));
}

/* Programs lay addresses where they like. */
Test(sock_addr, an_address_need_not_be_aligned)
{
	union any_addr a = from_text(AF_INET, "127.0.0.1", 7), odd;
	struct endpoint e;

	memcpy(odd.bytes + 1, &a.in, IN);
	cr_assert(eq(int,
		     sock_bind_addr(kit_socket(SOCK_STREAM),
				    (void *)(odd.bytes + 1), IN, &e),
		     0));
	cr_assert(eq(u16, e.port, 7));
}

static const struct row binds[] = {
	{SOCK_STREAM, AF_INET, AF_INET, "127.0.0.1", IN, 0},
	{SOCK_STREAM, AF_INET, AF_INET, "127.4.5.6", IN, 0},
	{SOCK_STREAM, AF_INET, AF_INET, "0.0.0.0", IN, 0},
	{SOCK_STREAM, AF_INET, AF_INET, "0.0.0.0", 1, -EINVAL},
	{SOCK_STREAM, AF_INET, AF_UNSPEC, "0.0.0.0", IN, 0},
	{SOCK_STREAM, AF_INET, AF_UNSPEC, "0.0.0.0", IN - 1, -EINVAL},
	{SOCK_STREAM, AF_INET, AF_UNSPEC, "127.0.0.1", IN, -EAFNOSUPPORT},
	{SOCK_STREAM, AF_INET, AF_INET, "203.0.113.1", IN, -EADDRNOTAVAIL},
	{SOCK_STREAM, AF_INET, AF_INET, "224.0.0.9", IN, 0},
	{SOCK_STREAM, AF_INET, AF_INET, "255.255.255.255", IN, 0},
	{SOCK_DGRAM, AF_INET, AF_INET, "224.0.0.9", IN, 0},
	{SOCK_DGRAM, AF_INET, AF_INET, "255.255.255.255", IN, 0},
	{SOCK_DGRAM, AF_INET, AF_INET, "203.0.113.1", IN, -EADDRNOTAVAIL},
	{SOCK_STREAM, AF_INET6, AF_INET6, "::", IN6, 0},
	{SOCK_STREAM, AF_INET6, AF_INET6, "::ffff:127.0.0.1", IN6, 0},
	{SOCK_STREAM, AF_INET6, AF_INET6, "2001:db8::1", IN6, -EADDRNOTAVAIL},
	{SOCK_STREAM, AF_INET6, AF_INET6, "fe80::1", IN6, -EINVAL},
	{SOCK_STREAM, AF_INET6, AF_INET6, "ff0e::1", IN6, -EINVAL},
	{SOCK_DGRAM, AF_INET6, AF_INET6, "fe80::1", IN6, -EINVAL},
	{SOCK_DGRAM, AF_INET6, AF_INET6, "ff02::1", IN6, -EINVAL},
	{SOCK_DGRAM, AF_INET6, AF_INET6, "ff0e::1", IN6, 0},
	{SOCK_STREAM, AF_INET6, AF_UNSPEC, "0.0.0.0", IN6, -EAFNOSUPPORT},
	{SOCK_DGRAM, AF_INET6, AF_INET, "127.0.0.1", IN, -EINVAL},
	{SOCK_DGRAM, AF_INET6, AF_INET, "127.0.0.1", IN6, -EAFNOSUPPORT},
};

Test(sock_addr, every_form_of_bind)
{
	for (size_t i = 0; i < ARRAY_LEN(binds); i++) {
		const struct row *r = &binds[i];
		union any_addr a = from_text(r->given, r->text, 4711);
		struct endpoint e;

		cr_expect(eq(int,
			     sock_bind_addr(socket_of(r), &a.sa, r->len, &e),
			     r->result),
			  "row %zu", i);
	}
}

Test(sock_addr, freebind_takes_an_address_that_is_not_there_yet)
{
	struct sock *s = kit_socket(SOCK_STREAM);
	union any_addr a = from_text(AF_INET, "203.0.113.1", 80);
	struct endpoint e;

	s->freebind = true;
	cr_assert(eq(int, sock_bind_addr(s, &a.sa, IN, &e), 0));
}

Test(sock_addr, out_in_the_family_of_the_socket)
{
	struct endpoint e = {inet_from4(ip4_make(10, 1, 2, 3)), 4711, 0};
	union any_addr want4 = from_text(AF_INET, "10.1.2.3", 4711);
	union any_addr want6 = from_text(AF_INET6, "::ffff:10.1.2.3", 4711);
	union any_addr got;
	socklen_t len = sizeof(got);

	sock_addr_out(kit_socket(SOCK_STREAM), &e, &got.sa, &len);
	cr_assert(eq(int, (int)len, IN));
	cr_assert(memcmp(&got, &want4, IN) == 0, "sin_zero included");
	len = sizeof(got);
	sock_addr_out(kit_socket6(SOCK_STREAM), &e, &got.sa, &len);
	cr_assert(eq(int, (int)len, IN6));
	cr_assert(memcmp(&got, &want6, IN6) == 0);
}

Test(sock_addr, out_is_cut_to_the_room_there_is_and_tells_the_true_length)
{
	struct endpoint e = {inet_from4(ip4_make(10, 1, 2, 3)), 4711, 0};
	struct sock *s = kit_socket6(SOCK_STREAM);
	union any_addr whole, got;
	socklen_t len = sizeof(whole);

	sock_addr_out(s, &e, &whole.sa, &len);
	for (socklen_t room = 0; room <= IN6; room++) {
		memset(&got, 0xee, sizeof(got));
		len = room;
		sock_addr_out(s, &e, &got.sa, &len);
		cr_expect(eq(int, (int)len, IN6));
		cr_expect(memcmp(&got, &whole, room) == 0);
		cr_expect(eq(int, got.bytes[room], 0xee), "room %u", room);
	}
}

Test(sock_addr, out_to_nowhere_is_nothing)
{
	struct endpoint e = kit_local(1);
	struct sock *s = kit_socket(SOCK_STREAM);
	union any_addr got = {.bytes = {0xee}};
	socklen_t len = sizeof(got);

	sock_addr_out(s, &e, NULL, &len);
	sock_addr_out(s, &e, &got.sa, NULL);
	cr_assert(eq(int, got.bytes[0], 0xee));
	cr_assert(eq(int, (int)len, sizeof(got)));
}

Test(sock_addr, the_wildcard_is_zeros_in_both_families)
{
	struct sock *s = kit_socket6(SOCK_STREAM);
	struct endpoint e = {.port = 0};
	union any_addr got;
	socklen_t len = sizeof(got);

	sock_addr_out(kit_socket(SOCK_STREAM), &e, &got.sa, &len);
	cr_assert(eq(u32, got.in.sin_addr.s_addr, INADDR_ANY));
	len = sizeof(got);
	sock_addr_out(s, &e, &got.sa, &len);
	cr_assert(memcmp(&got.in6.sin6_addr, &in6addr_any, 16) == 0);
}

Test(sock_addr, an_interface_is_described_with_its_prefixes)
{
	struct iface *lo = &kit.st->net.ifs[0];
	struct inet_prefix more = {inet_from4(ip4_make(10, 0, 0, 2)), 120};
	struct stack_iface_info info;
	struct sockaddr_in in;

	cr_assert(eq(int, iface_add_addr(lo, &more), 0));
	memset(&info, 0, sizeof(info));
	sock_describe_iface(lo, &info);
	cr_assert(eq(str, info.name, "lo"));
	cr_assert(eq(u32, info.index, 1));
	cr_assert(eq(u32, info.mtu, LIMIT_LOOP_MTU));
	cr_assert(info.is_loopback);
	cr_assert(eq(sz, info.naddrs, 2));
	memcpy(&in, &info.addrs[0].addr, sizeof(in));
	cr_assert(eq(u32, in.sin_addr.s_addr, htonl(INADDR_LOOPBACK)));
	cr_assert(eq(int, info.addrs[0].prefix_len, 8));
	memcpy(&in, &info.addrs[1].addr, sizeof(in));
	cr_assert(eq(u32, in.sin_addr.s_addr, htonl(0x0a000002)));
	cr_assert(eq(int, info.addrs[1].prefix_len, 24));
}

/* RFC 4007 6: which interface, where the address does not say. */
Test(sock_addr, scopes)
{
	union any_addr a = from_text(AF_INET6, "fe80::1", 7);
	struct sock *s = kit_socket6(SOCK_DGRAM);
	struct endpoint e;
	socklen_t len = IN6;

	a.in6.sin6_scope_id = 1;
	cr_assert(eq(int, sock_addr_in(s, &a.sa, IN6, &e), 0));
	cr_assert(eq(u32, e.scope, 1));
	cr_assert(eq(int, sock_addr_scope(s, &e), 0));
	/* In the short form there is none. */
	cr_assert(eq(int, sock_addr_in(s, &a.sa, IN6 - 4, &e), 0));
	cr_assert(eq(u32, e.scope, 0));
	cr_assert(eq(int, sock_addr_scope(s, &e), -EINVAL));
	sock_set_ifindex(s, 1);
	cr_assert(eq(int, sock_addr_scope(s, &e), 0));
	cr_assert(eq(u32, e.scope, 1));
	sock_addr_out(s, &e, &a.sa, &len);
	cr_assert(eq(u32, a.in6.sin6_scope_id, 1));
	e.scope = 2;
	cr_assert(eq(int, sock_addr_scope(s, &e), -EINVAL));
	/* Others need none, and what is said counts for nothing. */
	a = from_text(AF_INET6, "2001:db8::1", 7);
	a.in6.sin6_scope_id = 77;
	cr_assert(eq(int, sock_addr_in(s, &a.sa, IN6, &e), 0));
	cr_assert(eq(u32, e.scope, 0));
	/* An interface that is not there. */
	a = from_text(AF_INET6, "fe80::1", 7);
	a.in6.sin6_scope_id = 77;
	s = kit_socket6(SOCK_DGRAM);
	cr_assert(eq(int, sock_bind_addr(s, &a.sa, IN6, &e), -ENODEV));
}
