/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * udp6_pktinfo.c - control messages of UDP over IPv6 (RFC 3542)
 *
 * What this app shows
 *   IPV6_PKTINFO tells to which address a datagram came and chooses the one it
 *   leaves from; IPV6_HOPLIMIT and IPV6_TCLASS both ways; what a v4-mapped
 *   sender looks like; values that are refused; a buffer that is too short.
 */

#include "app6.h"

static int receiver, sender;
static union any6 at;

static void tell(struct cmsghdr *c)
{
	struct in6_pktinfo info;
	struct in_pktinfo info4;
	char to[INET6_ADDRSTRLEN], here[INET6_ADDRSTRLEN];
	int value;

	if (c->cmsg_level == IPPROTO_IPV6 &&
	    (c->cmsg_type == IPV6_PKTINFO ||
	     c->cmsg_type == IPV6_2292PKTINFO)) {
		memcpy(&info, CMSG_DATA(c), sizeof(info));
		inet_ntop(AF_INET6, &info.ipi6_addr, to, sizeof(to));
		say("  IPV6_PKTINFO %d: to %s, an interface: %s", c->cmsg_type,
		    to, info.ipi6_ifindex > 0 ? "yes" : "no");
	} else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
		memcpy(&info4, CMSG_DATA(c), sizeof(info4));
		inet_ntop(AF_INET, &info4.ipi_addr, to, sizeof(to));
		inet_ntop(AF_INET, &info4.ipi_spec_dst, here, sizeof(here));
		say("  IP_PKTINFO: to %s, here %s", to, here);
	} else if (c->cmsg_len == CMSG_LEN(sizeof(int))) {
		memcpy(&value, CMSG_DATA(c), sizeof(value));
		say("  level %d, type %d: %d", c->cmsg_level, c->cmsg_type,
		    value);
	} else {
		say("  level %d, type %d, %zu bytes: %d", c->cmsg_level,
		    c->cmsg_type, c->cmsg_len - CMSG_LEN(0), *CMSG_DATA(c));
	}
}

static void take(const char *what, size_t room)
{
	union {
		char bytes[512];
		struct cmsghdr align;
	} control;
	union any6 from;
	char c;
	struct iovec iov = {&c, 1};
	struct msghdr msg = {.msg_name = &from,
			     .msg_namelen = sizeof(from),
			     .msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = control.bytes,
			     .msg_controllen = room};

	memset(&from, 0, sizeof(from));
	await(receiver, POLLIN);
	must(recvmsg(receiver, &msg, 0));
	say("%s: from %s%s, %zu bytes of control", what, text6(&from),
	    msg.msg_flags & MSG_CTRUNC ? ", MSG_CTRUNC" : "",
	    msg.msg_controllen);
	if (room < sizeof(control.bytes))
		return;
	for (struct cmsghdr *h = CMSG_FIRSTHDR(&msg); h;
	     h = CMSG_NXTHDR(&msg, h))
		tell(h);
}

static int send_with(int level, int type, const void *data, size_t len)
{
	union {
		char bytes[128];
		struct cmsghdr align;
	} control = {.bytes = ""};
	struct iovec iov = {&(char){'x'}, 1};
	struct msghdr msg = {.msg_name = &at,
			     .msg_namelen = len6(&at),
			     .msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = control.bytes,
			     .msg_controllen = CMSG_SPACE(len)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(c), data, len);
	return show(sendmsg(sender, &msg, 0));
}

static void ints(int level, int type, const char *name)
{
	static const int values[] = {-2, -1, 0, 1, 33, 255, 256};

	for (size_t i = 0; i < COUNT(values); i++) {
		say("%s %d", name, values[i]);
		if (send_with(level, type, &values[i], sizeof(int)) == 1)
			take("it came", 512);
	}
	say("%s, short", name);
	if (send_with(level, type, &values[3], 1) == 1)
		take("it came", 512);
}

static void sources(const char *to, const char *const *from, size_t n)
{
	struct in6_pktinfo info;

	at = at6(to, port6(receiver));
	for (size_t i = 0; i < n; i++) {
		memset(&info, 0, sizeof(info));
		inet_pton(AF_INET6, from[i], &info.ipi6_addr);
		say("to %s, source %s", to, from[i]);
		if (send_with(IPPROTO_IPV6, IPV6_PKTINFO, &info,
			      sizeof(info)) == 1)
			take("it came", 512);
	}
	info.ipi6_ifindex = 12345;
	send_with(IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof(info));
	send_with(IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof(info) - 1);
}

static void switch_on(int level, int option)
{
	int on = 1;

	must(setsockopt(receiver, level, option, &on, sizeof(on)));
}

int main(void)
{
	static const char *const six[] = {"::", "::1", "2001:db8::1"};
	static const char *const four[] = {"::", "::ffff:127.0.0.3",
					   "::ffff:192.0.2.1", "::1"};
	struct in_pktinfo info4 = {.ipi_spec_dst = {htonl(0x7f000003)}};
	char junk[24] = "";

	receiver = bound6(SOCK_DGRAM, "::", false);
	sender = must(socket(AF_INET6, SOCK_DGRAM, 0));
	at = at6("::1", port6(receiver));
	switch_on(IPPROTO_IPV6, IPV6_RECVPKTINFO);
	must(sendto(sender, "x", 1, 0, &at.sa, len6(&at)));
	take("plain", 512);
	switch_on(IPPROTO_IPV6, IPV6_RECVHOPLIMIT);
	switch_on(IPPROTO_IPV6, IPV6_RECVTCLASS);
	sources("::1", six, COUNT(six));
	ints(IPPROTO_IPV6, IPV6_HOPLIMIT, "IPV6_HOPLIMIT");
	ints(IPPROTO_IPV6, IPV6_TCLASS, "IPV6_TCLASS");
	ints(IPPROTO_IPV6, IPV6_DONTFRAG, "IPV6_DONTFRAG");
	ints(IPPROTO_IP, IP_TTL, "IP_TTL");
	ints(IPPROTO_IP, IP_TOS, "IP_TOS");
	send_with(IPPROTO_IPV6, 9999, junk, 4);
	send_with(9999, 1, junk, 4);
	take("another level", 512);
	sources("::ffff:127.0.0.1", four, COUNT(four));
	ints(IPPROTO_IPV6, IPV6_HOPLIMIT, "mapped, IPV6_HOPLIMIT");
	ints(IPPROTO_IPV6, IPV6_TCLASS, "mapped, IPV6_TCLASS");
	ints(IPPROTO_IP, IP_TTL, "mapped, IP_TTL");
	switch_on(IPPROTO_IP, IP_PKTINFO);
	switch_on(IPPROTO_IP, IP_RECVTTL);
	switch_on(IPPROTO_IP, IP_RECVTOS);
	say("from IPv4's own");
	if (send_with(IPPROTO_IP, IP_PKTINFO, &info4, sizeof(info4)) == 1)
		take("mapped", 512);
	at = at6("::1", port6(receiver));
	must(sendto(sender, "x", 1, 0, &at.sa, len6(&at)));
	take("everything", 512);
	switch_on(IPPROTO_IPV6, IPV6_2292PKTINFO);
	switch_on(IPPROTO_IPV6, IPV6_2292HOPLIMIT);
	must(sendto(sender, "x", 1, 0, &at.sa, len6(&at)));
	take("RFC 2292, too", 512);
	must(sendto(sender, "x", 1, 0, &at.sa, len6(&at)));
	take("short", 8);
	must(sendto(sender, "x", 1, 0, &at.sa, len6(&at)));
	take("less short", 50);
	return 0;
}
