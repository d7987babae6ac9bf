/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * udp6_errqueue.c - what a datagram socket hears of refusals, over IPv6
 *
 * What this app shows
 *   ECONNREFUSED connected and not; with IPV6_RECVERR the error queue: its
 *   origin, type and code, the datagram, where it went and who refused it;
 *   what is too large with and without IPV6_DONTFRAG; the same v4-mapped.
 */

#include "app6.h"

#include <linux/errqueue.h>

static char big[70000];

/* A port where nobody is. */
static in_port_t closed_port(void)
{
	int fd = bound6(SOCK_DGRAM, "::", false);
	in_port_t port = port6(fd);

	must(close(fd));
	return port;
}

static void tell(struct cmsghdr *c)
{
	struct {
		struct sock_extended_err ee;
		union any6 offender;
	} e;

	memset(&e, 0, sizeof(e));
	memcpy(&e, CMSG_DATA(c),
	       c->cmsg_len - CMSG_LEN(0) < sizeof(e) ? c->cmsg_len - CMSG_LEN(0)
						     : sizeof(e));
	say("  level %d, type %d, %zu bytes", c->cmsg_level, c->cmsg_type,
	    c->cmsg_len - CMSG_LEN(0));
	say("  %s, origin %d, type %d, code %d, info %u, data %u, from %s",
	    strerrorname_np((int)e.ee.ee_errno), e.ee.ee_origin, e.ee.ee_type,
	    e.ee.ee_code, e.ee.ee_info, e.ee.ee_data, text6(&e.offender));
}

static void take_error(int fd)
{
	union {
		char bytes[512];
		struct cmsghdr align;
	} control;
	union any6 to;
	char data[16];
	struct iovec iov = {data, sizeof(data)};
	struct msghdr msg = {.msg_name = &to,
			     .msg_namelen = sizeof(to),
			     .msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = control.bytes,
			     .msg_controllen = sizeof(control.bytes)};
	int n;

	memset(&to, 0, sizeof(to));
	n = show(recvmsg(fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT));
	if (n < 0)
		return;
	say("  to %s, flags %#x", text6(&to), (unsigned int)msg.msg_flags);
	for (struct cmsghdr *h = CMSG_FIRSTHDR(&msg); h;
	     h = CMSG_NXTHDR(&msg, h))
		tell(h);
}

static void refused(const char *to, bool connect_it, bool recverr)
{
	union any6 at = at6(to, closed_port());
	int fd = must(socket(AF_INET6, SOCK_DGRAM, 0)), on = recverr;
	int level = IPPROTO_IPV6, name = IPV6_RECVERR;
	char c;

	say("to %s%s%s", to, connect_it ? ", connected" : "",
	    recverr ? ", IPV6_RECVERR" : "");
	must(setsockopt(fd, level, name, &on, sizeof(on)));
	/* For v4-mapped it is IPv4's own that counts. */
	must(setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof(on)));
	if (connect_it)
		must(connect(fd, &at.sa, len6(&at)));
	show(sendto(fd, "hello", 5, 0, connect_it ? NULL : &at.sa,
		    connect_it ? 0 : len6(&at)));
	/* Only these are told of the refusal, which may be under way still. */
	if (connect_it || recverr)
		await_all(fd, POLLERR);
	say("then: %s", words(state(fd)));
	show(recv(fd, &c, 1, MSG_DONTWAIT));
	show(recv(fd, &c, 1, MSG_DONTWAIT));
	take_error(fd);
	take_error(fd);
	say("SO_ERROR: %s", so_error(fd));
	must(close(fd));
}

static void large(const char *to, int dontfrag)
{
	int door = bound6(SOCK_DGRAM, "::", false), on = 1;
	union any6 at = at6(to, port6(door));
	int fd = must(socket(AF_INET6, SOCK_DGRAM, 0));

	say("large, to %s, IPV6_DONTFRAG %d", to, dontfrag);
	must(setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof(on)));
	must(setsockopt(fd, IPPROTO_IPV6, IPV6_DONTFRAG, &dontfrag,
			sizeof(dontfrag)));
	must(connect(fd, &at.sa, len6(&at)));
	show(send(fd, big, 65507, 0));
	show(send(fd, big, 65508, 0));
	show(send(fd, big, 65527, 0));
	show(send(fd, big, 65528, 0));
	show(send(fd, big, 65535, 0));
	show(send(fd, big, 65536, 0));
	take_error(fd);
	must(close(fd));
	must(close(door));
}

int main(void)
{
	static const char *const to[] = {"::1", "::ffff:127.0.0.1"};

	for (size_t i = 0; i < COUNT(to); i++) {
		for (int how = 0; how < 4; how++)
			refused(to[i], how & 1, how & 2);
		large(to[i], 0);
		large(to[i], 1);
	}
	return 0;
}
