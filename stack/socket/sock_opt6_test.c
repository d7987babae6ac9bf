/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sock_opt6_test.c - proves sock_opt6.c: every option, its values and lengths,
 * and that the transports hear of it. The results are Linux's.
 */

#include "testkit/socktest.h"

#include <linux/in6.h>

TestSuite(sock_opt6, .init = kit_open, .fini = kit_close);

static int set(struct sock *s, int name, int value)
{
	return sock_opt_set(s, IPPROTO_IPV6, name, &value, sizeof(value));
}

static int get(struct sock *s, int name)
{
	int value = -77;
	socklen_t len = sizeof(value);
	int ret = sock_opt_get(s, IPPROTO_IPV6, name, &value, &len);

	return ret < 0 ? ret : value;
}

/* On or off, off at first. */
static const int switches[] = {
	IPV6_RECVPKTINFO,     IPV6_2292PKTINFO,  IPV6_RECVHOPLIMIT,
	IPV6_2292HOPLIMIT,    IPV6_RECVTCLASS,   IPV6_FLOWINFO,
	IPV6_FLOWINFO_SEND,   IPV6_RECVRTHDR,    IPV6_RECVHOPOPTS,
	IPV6_RECVDSTOPTS,     IPV6_2292RTHDR,    IPV6_2292HOPOPTS,
	IPV6_2292DSTOPTS,     IPV6_RECVPATHMTU,  IPV6_RECVERR,
	IPV6_RECVORIGDSTADDR, IPV6_RECVFRAGSIZE, IPV6_DONTFRAG,
	IPV6_FREEBIND,        IPV6_TRANSPARENT,
};

Test(sock_opt6, switches_are_off_and_go_on_and_off)
{
	struct sock *both[] = {kit_socket6(SOCK_STREAM),
			       kit_socket6(SOCK_DGRAM)};

	for (size_t k = 0; k < 2; k++) {
		for (size_t i = 0; i < ARRAY_LEN(switches); i++) {
			int name = switches[i];

			cr_expect(eq(int, get(both[k], name), 0), "%d", name);
			cr_expect(eq(int, set(both[k], name, -2), 0));
			cr_expect(eq(int, get(both[k], name), 1), "%d", name);
			cr_expect(eq(int, set(both[k], name, 0), 0));
			cr_expect(eq(int, get(both[k], name), 0), "%d", name);
		}
	}
}

Test(sock_opt6, lengths)
{
	struct sock *s = kit_socket6(SOCK_DGRAM);
	char bytes[8] = {1};

	for (socklen_t n = 0; n < 4; n++) {
		cr_expect(eq(int,
			     sock_opt_set(s, IPPROTO_IPV6, IPV6_RECVTCLASS,
					  bytes, n),
			     -EINVAL));
		cr_expect(eq(
			int,
			sock_opt_set(s, IPPROTO_IPV6, IPV6_DONTFRAG, bytes, n),
			0));
		cr_expect(eq(int, sock_opt_set(s, IPPROTO_IPV6, 9999, bytes, n),
			     -ENOPROTOOPT));
		cr_expect(
			eq(int,
			   sock_opt_set(s, IPPROTO_IPV6, IPV6_V6ONLY, bytes, n),
			   -EINVAL));
		cr_expect(not(s->v6only));
	}
}

Test(sock_opt6, address_preferences_are_told_with_their_defaults)
{
	static const struct {
		int value, result, then;
	} row[] = {{0, 0, 0x500},  {1, 0, 0x401},
		   {2, 0, 0x402},  {4, 0, 0x104},
		   {5, 0, 5},      {3, -EINVAL, 5},
		   {64, 0, 0x500}, {0x501, -EINVAL, 0x500}};
	struct sock *s = kit_socket6(SOCK_STREAM);

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		cr_expect(eq(int, set(s, IPV6_ADDR_PREFERENCES, row[i].value),
			     row[i].result),
			  "row %zu", i);
		cr_expect(eq(int, get(s, IPV6_ADDR_PREFERENCES), row[i].then),
			  "row %zu", i);
	}
}

/* Either family has its own; ip(7), ipv6(7). */
Test(sock_opt6, transports_hear_of_it)
{
	struct sock *udp = kit_socket6(SOCK_DGRAM);
	struct sock *tcp = kit_socket6(SOCK_STREAM);

	cr_assert(eq(int, set(udp, IPV6_UNICAST_HOPS, 0), 0));
	cr_assert(udp->pcb->v6.ttl_is_zero);
	cr_assert(eq(int, set(udp, IPV6_UNICAST_HOPS, 9), 0));
	cr_assert(eq(int, set(udp, IPV6_TCLASS, 0x21), 0));
	cr_assert(eq(int, set(udp, IPV6_RECVERR, 1), 0));
	cr_assert(eq(u8, udp->pcb->v6.ttl, 9));
	cr_assert(eq(u8, udp->pcb->v6.tos, 0x21));
	cr_assert(udp->pcb->v6.recverr);
	cr_assert(eq(u8, udp->pcb->v4.ttl, 0));
	cr_assert(not(udp->pcb->v4.recverr));

	cr_assert(eq(int, set(tcp, IPV6_UNICAST_HOPS, 9), 0));
	cr_assert(eq(int, set(tcp, IPV6_TCLASS, 0x23), 0));
	cr_assert(eq(int, set(tcp, IPV6_AUTOFLOWLABEL, 0), 0));
	/* Of a stream it can only be read back; the last two bits are TCP's. */
	cr_assert(eq(int, get(tcp, IPV6_TCLASS), 0x20));
	cr_assert(eq(int, get(tcp, IPV6_UNICAST_HOPS), 9));
}

Test(sock_opt6, interfaces_must_exist)
{
	struct sock *udp = kit_socket6(SOCK_DGRAM);

	cr_assert(eq(int, set(udp, IPV6_MULTICAST_IF, 1), 0));
	cr_assert(eq(u32, udp->pcb->v6.multicast_if, 1));
	cr_assert(eq(int, set(udp, IPV6_MULTICAST_IF, 77), -ENODEV));
	cr_assert(eq(int, set(udp, IPV6_UNICAST_IF, (int)htonl(77)),
		     -EADDRNOTAVAIL));
	cr_assert(eq(int, set(udp, IPV6_UNICAST_IF, (int)htonl(1)), 0));
	cr_assert(eq(int, get(udp, IPV6_UNICAST_IF), (int)htonl(1)));
}

/* RFC 3493 5.2. */
Test(sock_opt6, addrform_makes_an_ipv4_socket)
{
	struct sock *s = kit_socket6(SOCK_DGRAM);
	struct endpoint to = kit_local(9);

	cr_assert(eq(int, set(s, IPV6_ADDRFORM, AF_INET), -ENOTCONN));
	cr_assert(eq(int, sock_dgram_connect(s, &to), 0));
	cr_assert(eq(int, set(s, IPV6_ADDRFORM, AF_INET6), -EINVAL));
	cr_assert(eq(int, set(s, IPV6_ADDRFORM, AF_INET), 0));
	cr_assert(eq(int, s->family, AF_INET));
}

Test(sock_opt6, memberships)
{
	struct sock *udp = kit_socket6(SOCK_DGRAM);
	struct ipv6_mreq m = {.ipv6mr_interface = 1};
	socklen_t len = sizeof(m);

	cr_assert(eq(
		int,
		sock_opt_set(udp, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, &m, len),
		-EINVAL));
	m.ipv6mr_multiaddr.s6_addr[0] = 0xff;
	m.ipv6mr_multiaddr.s6_addr[1] = 5;
	cr_assert(eq(
		int,
		sock_opt_set(udp, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, &m, len),
		0));
	cr_assert(eq(
		int,
		sock_opt_set(udp, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, &m, len),
		-EADDRINUSE));
	cr_assert(eq(
		int,
		sock_opt_set(udp, IPPROTO_IPV6, IPV6_DROP_MEMBERSHIP, &m, len),
		0));
	cr_assert(eq(int,
		     sock_opt_set(kit_socket6(SOCK_STREAM), IPPROTO_IPV6,
				  IPV6_ADD_MEMBERSHIP, &m, len),
		     -EPROTO));
}
