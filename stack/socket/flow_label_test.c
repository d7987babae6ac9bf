/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * flow_label_test.c - proves flow_label.c: who gets which label
 */
#include "testkit/socktest.h"

#include <linux/in6.h>

TestSuite(flow_label, .init = kit_open, .fini = kit_close);

enum { CREATE = IPV6_FL_F_CREATE, ANY = IPV6_FL_S_ANY, EXCL = IPV6_FL_S_EXCL };

static uint32_t given; /* the label that came back */

static int ask(struct sock *s, int action, uint32_t label, int share, int flags)
{
	struct in6_flowlabel_req r = {.flr_label = htonl(label),
				      .flr_action = (uint8_t)action,
				      .flr_share = (uint8_t)share,
				      .flr_flags = (uint16_t)flags};
	int ret = sock_opt_set(s, IPPROTO_IPV6, IPV6_FLOWLABEL_MGR, &r,
			       sizeof(r));

	given = ntohl(r.flr_label);
	return ret;
}

static int get(struct sock *s, uint32_t label, int share, int flags)
{
	return ask(s, IPV6_FL_A_GET, label, share, flags);
}

static int put(struct sock *s, uint32_t label)
{
	return ask(s, IPV6_FL_A_PUT, label, 0, 0);
}

Test(flow_label, an_exclusive_one_is_nobody_elses)
{
	struct sock *a = kit_socket6(SOCK_DGRAM), *b = kit_socket6(SOCK_DGRAM);

	cr_assert(eq(int, get(a, 0x12345, EXCL, 0), -ENOENT));
	cr_assert(eq(int, get(a, 0x12345, EXCL, CREATE), 0));
	cr_assert(eq(int, get(b, 0x12345, EXCL, CREATE), -EPERM));
	cr_assert(eq(int, get(b, 0x12345, ANY, 0), -EPERM));
	cr_assert(eq(int, get(a, 0x12345, EXCL, CREATE | IPV6_FL_F_EXCL),
		     -EEXIST));
	cr_assert(eq(int, put(b, 0x12345), -ESRCH));
	cr_assert(eq(int, put(a, 0x12345), 0));
	cr_assert(eq(int, put(a, 0x12345), -ESRCH));
	cr_assert(eq(int, get(b, 0x12345, ANY, CREATE), 0));
	sock_close(a);
	sock_close(b);
}

Test(flow_label, a_shared_one_is_counted)
{
	struct sock *a = kit_socket6(SOCK_DGRAM), *b = kit_socket6(SOCK_DGRAM);

	cr_assert(eq(int, get(a, 7, ANY, CREATE), 0));
	cr_assert(eq(int, get(b, 7, ANY, 0), 0));
	cr_assert(eq(int, get(b, 7, ANY, CREATE), 0));
	cr_assert(eq(int, ask(b, IPV6_FL_A_RENEW, 7, 0, 0), 0));
	cr_assert(eq(int, put(b, 7), 0));
	cr_assert(eq(int, put(b, 7), 0));
	cr_assert(eq(int, put(b, 7), -ESRCH));
	sock_close(a);
	cr_assert(eq(int, get(b, 7, ANY, 0), -ENOENT), "it went with a");
	sock_close(b);
}

Test(flow_label, without_a_wish_any_is_given)
{
	struct sock *a = kit_socket6(SOCK_DGRAM);
	uint32_t first;

	cr_assert(eq(int, get(a, 0, ANY, CREATE), 0));
	first = given;
	cr_assert(ne(u32, first, 0));
	cr_assert(eq(int, get(a, 0, ANY, CREATE), 0));
	cr_assert(ne(u32, given, first));
	sock_close(a);
}

Test(flow_label, nonsense_and_too_many_are_refused)
{
	struct sock *a = kit_socket6(SOCK_DGRAM);
	char small[31] = "";

	cr_assert(eq(int, get(a, 0x100000, ANY, CREATE), -EINVAL));
	cr_assert(eq(int, get(a, 9, 9, CREATE), -EINVAL));
	cr_assert(eq(int, ask(a, 7, 9, ANY, CREATE), -EINVAL));
	cr_assert(eq(int,
		     sock_opt_set(a, IPPROTO_IPV6, IPV6_FLOWLABEL_MGR, small,
				  sizeof(small)),
		     -EINVAL));
	for (uint32_t i = 1; i <= FLOW_LABEL_LEASES; i++)
		cr_assert(eq(int, get(a, i, ANY, CREATE), 0));
	cr_assert(eq(int, get(a, 999, ANY, CREATE), -ENOBUFS));
	sock_close(a);
}
