/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sock_cmsg6_test.c - proves sock_cmsg6.c: headers of a program's own, out and
 * in, and what does not fit
 */
#include <netinet/in.h>

#include "link/wire.h"
#include "socket/sock_cmsg6.h"
#include "testkit/socktest.h"

TestSuite(sock_cmsg6, .init = kit_open, .fini = kit_close);

static const uint8_t hop[16] = {59, 1, 0x1e, 6, 1, 2, 3, 4, 5, 6, 1, 4};
static const uint8_t dst[8] = {59, 0, 0x1e, 4, 9, 9, 9, 9};

/* One message, in storage of its own. */
static struct cmsghdr *said(int type, const void *data, size_t len)
{
	static union {
		char bytes[CMSG_SPACE(2048)];
		struct cmsghdr align;
	} all[4];
	static size_t turn;
	struct cmsghdr *c = &all[turn++ % 4].align;

	*c = (struct cmsghdr){CMSG_LEN(len), IPPROTO_IPV6, type};
	memcpy(CMSG_DATA(c), data, len);
	return c;
}

Test(sock_cmsg6, headers_stand_in_their_order_whatever_was_said_first)
{
	struct udp_headers out;
	struct sock_cmsg6 h = {0};

	cr_assert(eq(int, sock_cmsg6_take(said(IPV6_DSTOPTS, dst, 8), &h), 0));
	cr_assert(eq(int, sock_cmsg6_take(said(IPV6_HOPOPTS, hop, 16), &h), 0));
	cr_assert(eq(int, sock_cmsg6_build(&h, &out), 0));
	cr_assert(eq(int, out.len, 24));
	cr_assert(eq(int, out.first, IP6_NEXT_HOP_BY_HOP));
	cr_assert(eq(int, out.bytes[0], IP6_NEXT_DESTINATION));
	cr_assert(zero(memcmp(out.bytes + 1, hop + 1, 15)));
	cr_assert(zero(memcmp(out.bytes + 17, dst + 1, 7)));
}

Test(sock_cmsg6, what_is_no_header_is_refused)
{
	static uint8_t large[104] = {0, 12};
	struct sock_cmsg6 h = {0};
	struct udp_headers out;

	cr_assert(eq(int, sock_cmsg6_take(said(IPV6_HOPOPTS, hop, 1), &h),
		     -EINVAL));
	cr_assert(eq(int, sock_cmsg6_take(said(IPV6_HOPOPTS, hop, 8), &h),
		     -EINVAL));
	cr_assert(eq(int, sock_cmsg6_take(said(IPV6_RTHDR, dst, 8), &h),
		     -EINVAL));
	cr_assert(eq(int, sock_cmsg6_take(said(IPV6_TCLASS, dst, 8), &h),
		     SOCK_CMSG6_OTHERS));
	cr_assert(eq(int, sock_cmsg6_take(said(IPV6_HOPOPTS, hop, 16), &h), 0));
	cr_assert(eq(int, sock_cmsg6_take(said(IPV6_HOPOPTS, hop, 16), &h),
		     -EINVAL),
		  "twice");
	cr_assert(eq(
		int,
		sock_cmsg6_take(said(IPV6_DSTOPTS, large, sizeof(large)), &h),
		0));
	cr_assert(eq(int, sock_cmsg6_build(&h, &out), -ENOBUFS));
}

/* What every shorter packet would be was refused when it came. */
Test(sock_cmsg6, headers_that_came_are_told_as_far_as_they_go)
{
	struct {
		struct ip6_wire ip;
		uint8_t hop[16], dst[8];
	} packet = {.ip.next = IP6_NEXT_HOP_BY_HOP};
	struct sock *s = kit_socket6(SOCK_DGRAM);
	char control[128];

	memcpy(packet.hop, hop, sizeof(hop));
	packet.hop[0] = IP6_NEXT_DESTINATION;
	memcpy(packet.dst, dst, sizeof(dst));
	packet.dst[0] = IP_PROTO_UDP;
	s->ip6.on |= 1u << SOCK6_HOPOPTS | 1u << SOCK6_DSTOPTS;
	for (size_t len = 0; len <= sizeof(packet); len++) {
		struct udp_meta meta = {.net = (void *)&packet, .net_len = len};
		struct msghdr msg = {.msg_control = control,
				     .msg_controllen = sizeof(control)};
		size_t used = 0;

		sock_cmsg6_put(s, &meta, &msg, &used);
		cr_assert(eq(sz, used,
			     (len >= 56 ? CMSG_SPACE(16) : 0) +
				     (len >= 64 ? CMSG_SPACE(8) : 0)),
			  "%zu bytes", len);
	}
	sock_close(s);
}

Test(sock_cmsg6, a_narrow_path_is_told_once)
{
	struct sock *s = kit_socket6(SOCK_DGRAM);
	struct msghdr msg = {0};
	int on = 1;

	s->pcb->narrow = (struct udp_narrow){{.addr.b[15] = 1}, 1280};
	cr_assert(not(sock_cmsg6_put_mtu(s, &msg)));
	cr_assert(eq(int,
		     sock_opt_set(s, IPPROTO_IPV6, IPV6_RECVPATHMTU, &on, 4),
		     0));
	s->pcb->narrow = (struct udp_narrow){{.addr.b[15] = 1}, 1280};
	cr_assert(sock_cmsg6_put_mtu(s, &msg));
	cr_assert(eq(int, msg.msg_flags, MSG_CTRUNC));
	cr_assert(not(sock_cmsg6_put_mtu(s, &msg)));
	sock_close(s);
}
