/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * udp_pktinfo.c - control messages of UDP
 *
 * What this app shows
 *   IP_PKTINFO tells to which address a datagram came and chooses the one it
 *   leaves from; IP_RECVTTL, IP_RECVTOS; IP_TTL and IP_TOS for one datagram;
 *   a control buffer that is too short.
 */

#include "app.h"

static int receiver, sender;
static struct sockaddr_in at;

static void tell(struct cmsghdr *c)
{
	struct in_pktinfo info;
	char local[INET_ADDRSTRLEN], to[INET_ADDRSTRLEN];
	int ttl;

	if (c->cmsg_type == IP_PKTINFO) {
		memcpy(&info, CMSG_DATA(c), sizeof(info));
		inet_ntop(AF_INET, &info.ipi_spec_dst, local, sizeof(local));
		inet_ntop(AF_INET, &info.ipi_addr, to, sizeof(to));
		say("  IP_PKTINFO: local %s, to %s, an interface: %s", local,
		    to, info.ipi_ifindex > 0 ? "yes" : "no");
	} else if (c->cmsg_type == IP_TTL) {
		memcpy(&ttl, CMSG_DATA(c), sizeof(ttl));
		say("  IP_TTL: %d", ttl);
	} else if (c->cmsg_type == IP_TOS) {
		say("  IP_TOS: %d", *CMSG_DATA(c));
	} else {
		say("  another");
	}
}

static void take(const char *what, size_t room)
{
	union {
		char bytes[256];
		struct cmsghdr align;
	} control;
	struct sockaddr_in from;
	char c, text[INET_ADDRSTRLEN];
	struct iovec iov = {&c, 1};
	struct msghdr msg = {.msg_name = &from,
			     .msg_namelen = sizeof(from),
			     .msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = control.bytes,
			     .msg_controllen = room};

	await(receiver, POLLIN);
	must(recvmsg(receiver, &msg, 0));
	inet_ntop(AF_INET, &from.sin_addr, text, sizeof(text));
	say("%s: from %s%s", what, text,
	    msg.msg_flags & MSG_CTRUNC ? ", MSG_CTRUNC" : "");
	for (struct cmsghdr *h = CMSG_FIRSTHDR(&msg); h;
	     h = CMSG_NXTHDR(&msg, h))
		tell(h);
}

static void send_with(int type, const void *data, size_t len)
{
	union {
		char bytes[64];
		struct cmsghdr align;
	} control = {.bytes = ""};
	struct iovec iov = {&(char){'x'}, 1};
	struct msghdr msg = {.msg_name = &at,
			     .msg_namelen = sizeof(at),
			     .msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = control.bytes,
			     .msg_controllen = CMSG_SPACE(len)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = IPPROTO_IP;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(c), data, len);
	show(sendmsg(sender, &msg, 0));
}

int main(void)
{
	struct in_pktinfo from = {.ipi_spec_dst = {htonl(0x7f000003)}};
	int on = 1, ttl = 33, tos = 0x20, wrong = 300;

	receiver = must(socket(AF_INET, SOCK_DGRAM, 0));
	at = (struct sockaddr_in){.sin_family = AF_INET};
	must(bind(receiver, SA(&at), sizeof(at)));
	must(getsockname(receiver, SA(&at), &(socklen_t){sizeof(at)}));
	sender = must(socket(AF_INET, SOCK_DGRAM, 0));
	at.sin_addr.s_addr = htonl(0x7f000002);
	must(setsockopt(receiver, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on)));
	must(sendto(sender, "x", 1, 0, SA(&at), sizeof(at)));
	take("plain", 256);
	must(setsockopt(receiver, IPPROTO_IP, IP_RECVTTL, &on, sizeof(on)));
	must(setsockopt(receiver, IPPROTO_IP, IP_RECVTOS, &on, sizeof(on)));
	send_with(IP_PKTINFO, &from, sizeof(from));
	take("from 127.0.0.3", 256);
	send_with(IP_TTL, &ttl, sizeof(ttl));
	take("TTL 33", 256);
	send_with(IP_TOS, &tos, sizeof(tos));
	take("TOS 0x20", 256);
	send_with(IP_TTL, &wrong, sizeof(wrong));
	must(sendto(sender, "x", 1, 0, SA(&at), sizeof(at)));
	take("short", 8);
	return 0;
}
