/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * udp6_headers.c - extension headers and flow labels of datagrams (RFC 3542)
 *
 * What this app shows
 *   Hop-by-hop and destination options go with a datagram and come with it, by
 *   their names and by those of RFC 2292, alone and together; what is refused;
 * a label by IPV6_FLOWINFO_SEND, by message, and leased; IPV6_PATHMTU, when a
 * datagram is too long.
 */

#include "app6.h"

#include <linux/in6.h>

static int receiver, sender;
static union any6 at;

/* Options that are skipped by who does not know them: 0x1e is free to try. */
static uint8_t hop[16] = {0, 1, 0x1e, 6, 1, 2, 3, 4, 5, 6, 1, 4};
static uint8_t dst[8] = {0, 0, 0x1e, 4, 9, 9, 9, 9};
static uint8_t route[8] = {0, 0, 0, 0};

static void say_messages(struct msghdr *msg)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c;
	     c = CMSG_NXTHDR(msg, c)) {
		size_t len = c->cmsg_len - CMSG_LEN(0);

		if (c->cmsg_type == IPV6_PATHMTU) {
			struct ip6_mtuinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			say("  IPV6_PATHMTU of %zu bytes: %u, family %d", len,
			    info.ip6m_mtu, info.ip6m_addr.sin6_family);
			continue;
		}
		printf("  level %d, type %d, %zu bytes:", c->cmsg_level,
		       c->cmsg_type, len);
		for (size_t i = 0; i < len; i++)
			printf(" %d", CMSG_DATA(c)[i]);
		say("%s", "");
	}
}

static void take(const char *what)
{
	static char bytes[9000];
	union {
		char bytes[1024];
		struct cmsghdr align;
	} control;
	union any6 from;
	struct iovec iov = {bytes, sizeof(bytes)};
	struct msghdr msg = {.msg_name = &from,
			     .msg_namelen = sizeof(from),
			     .msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = &control,
			     .msg_controllen = sizeof(control)};

	await(receiver, POLLIN);
	say("%s: %zd bytes", what, recvmsg(receiver, &msg, 0));
	say_messages(&msg);
}

struct part {
	int type;
	const void *data;
	size_t len;
};

static int give(size_t len, const struct part *parts, size_t n)
{
	static char bytes[9000];
	union {
		char bytes[1024];
		struct cmsghdr align;
	} control = {.bytes = ""};
	struct iovec iov = {bytes, len};
	struct msghdr msg = {.msg_name = &at,
			     .msg_namelen = sizeof(at.in6),
			     .msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = &control,
			     .msg_controllen = sizeof(control)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	size_t used = 0;

	for (size_t i = 0; i < n; i++) {
		c->cmsg_level = IPPROTO_IPV6;
		c->cmsg_type = parts[i].type;
		c->cmsg_len = CMSG_LEN(parts[i].len);
		memcpy(CMSG_DATA(c), parts[i].data, parts[i].len);
		used += CMSG_SPACE(parts[i].len);
		c = (void *)(control.bytes + used);
	}
	msg.msg_controllen = used;
	return (int)sendmsg(sender, &msg, 0);
}

#define GIVE(len, ...)                                                         \
	give(len, (struct part[]){__VA_ARGS__},                                \
	     COUNT(((struct part[]){__VA_ARGS__})))

static void set(int fd, int name, int value)
{
	must(setsockopt(fd, IPPROTO_IPV6, name, &value, sizeof(value)));
}

static void headers(void)
{
	static uint8_t large[256 * 8] = {0, 255};

	show(GIVE(1, {IPV6_HOPOPTS, hop, sizeof(hop)}));
	take("nothing was asked for");
	set(receiver, IPV6_RECVHOPOPTS, 1);
	set(receiver, IPV6_RECVDSTOPTS, 1);
	set(receiver, IPV6_RECVRTHDR, 1);
	show(GIVE(1, {IPV6_HOPOPTS, hop, sizeof(hop)}));
	take("hop-by-hop");
	show(GIVE(1, {IPV6_DSTOPTS, dst, sizeof(dst)}));
	take("destination");
	show(GIVE(1, {IPV6_DSTOPTS, dst, sizeof(dst)},
		  {IPV6_HOPOPTS, hop, sizeof(hop)}));
	take("both");
	show(GIVE(1, {IPV6_RTHDRDSTOPTS, dst, sizeof(dst)}));
	take("before no routing header");
	show(GIVE(1, {IPV6_HOPOPTS, hop, 1}));
	show(GIVE(1, {IPV6_HOPOPTS, hop, 8}));
	show(GIVE(1, {IPV6_HOPOPTS, hop, sizeof(hop)},
		  {IPV6_HOPOPTS, hop, sizeof(hop)}));
	show(GIVE(1, {IPV6_RTHDR, route, sizeof(route)}));
	show(GIVE(1, {IPV6_DSTOPTS, large, 9}));
	set(receiver, IPV6_RECVHOPOPTS, 0);
	set(receiver, IPV6_RECVDSTOPTS, 0);
	set(receiver, IPV6_2292HOPOPTS, 1);
	set(receiver, IPV6_2292DSTOPTS, 1);
	show(GIVE(1, {IPV6_2292HOPOPTS, hop, sizeof(hop)},
		  {IPV6_DSTOPTS, dst, sizeof(dst)}));
	take("by the old names");
	set(receiver, IPV6_2292HOPOPTS, 0);
	set(receiver, IPV6_2292DSTOPTS, 0);
}

static void labels(void)
{
	uint32_t flow = htonl(0x12345);

	set(receiver, IPV6_FLOWINFO, 1);
	set(sender, IPV6_AUTOFLOWLABEL, 0);
	at.in6.sin6_flowinfo = htonl(0x54321);
	show(GIVE(1, {IPV6_TCLASS, &(int){0}, sizeof(int)}));
	take("not asked to send it");
	set(sender, IPV6_FLOWINFO_SEND, 1);
	show(GIVE(1, {IPV6_TCLASS, &(int){0}, sizeof(int)}));
	take("in the address");
	show(GIVE(1, {IPV6_FLOWINFO, &flow, sizeof(flow)}));
	take("by both");
	at.in6.sin6_flowinfo = 0;
	show(GIVE(1, {IPV6_FLOWINFO, &flow, sizeof(flow)}));
	take("by message");
	set(sender, IPV6_FLOWINFO_SEND, 0);
	set(receiver, IPV6_FLOWINFO, 0);
}

static int manage(int fd, uint8_t action, uint32_t label, uint8_t share,
		  uint16_t flags)
{
	struct in6_flowlabel_req r = {.flr_dst = at.in6.sin6_addr,
				      .flr_label = htonl(label),
				      .flr_action = action,
				      .flr_share = share,
				      .flr_flags = flags};

	return setsockopt(fd, IPPROTO_IPV6, IPV6_FLOWLABEL_MGR, &r, sizeof(r));
}

static void leases(void)
{
	show(manage(sender, IPV6_FL_A_GET, 0x777, IPV6_FL_S_EXCL, 0));
	show(manage(sender, IPV6_FL_A_GET, 0x777, IPV6_FL_S_EXCL, 1));
	show(manage(sender, IPV6_FL_A_GET, 0x777, IPV6_FL_S_EXCL, 3));
	show(manage(receiver, IPV6_FL_A_GET, 0x777, IPV6_FL_S_ANY, 1));
	show(manage(receiver, IPV6_FL_A_PUT, 0x777, 0, 0));
	show(manage(sender, IPV6_FL_A_RENEW, 0x777, 0, 0));
	show(manage(sender, IPV6_FL_A_PUT, 0x777, 0, 0));
	show(manage(sender, IPV6_FL_A_RENEW, 0x777, 0, 0));
	show(manage(sender, IPV6_FL_A_GET, 0x778, IPV6_FL_S_ANY, 1));
	show(manage(receiver, IPV6_FL_A_GET, 0x778, IPV6_FL_S_ANY, 0));
	show(manage(sender, IPV6_FL_A_GET, 0x779, 9, 1));
	show(manage(sender, IPV6_FL_A_GET, 0x1000000, IPV6_FL_S_ANY, 1));
	show(manage(sender, 9, 0x778, IPV6_FL_S_ANY, 1));
}

static void say_narrow(const char *what)
{
	union {
		char bytes[256];
		struct cmsghdr align;
	} control;
	char bytes[8];
	union any6 from = {.in6 = {0}};
	struct iovec iov = {bytes, sizeof(bytes)};
	struct msghdr msg = {.msg_name = &from,
			     .msg_namelen = sizeof(from),
			     .msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = &control,
			     .msg_controllen = sizeof(control)};
	ssize_t n = recvmsg(sender, &msg, MSG_DONTWAIT);

	if (n < 0) {
		say("%s: %s", what, strerrorname_np(errno));
		return;
	}
	say("%s: %zd bytes, of %s", what, n, text6(&from));
	say_messages(&msg);
}

/* The loopback takes 65,536 bytes at once. */
static void too_long(void)
{
	static char bytes[65500];

	set(sender, IPV6_DONTFRAG, 1);
	show(sendto(sender, bytes, sizeof(bytes), 0, &at.sa, len6(&at)));
	say_narrow("not asked for");
	set(sender, IPV6_RECVPATHMTU, 1);
	show(sendto(sender, bytes, sizeof(bytes), 0, &at.sa, len6(&at)));
	say_narrow("asked for");
	say_narrow("once");
}

int main(void)
{
	receiver = bound6(SOCK_DGRAM, "::1", false);
	sender = must(socket(AF_INET6, SOCK_DGRAM, 0));
	at = at6("::1", port6(receiver));
	headers();
	labels();
	leases();
	too_long();
	return 0;
}
