/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sock_cmsg.c - control messages of datagrams, both ways
 *
 * What this room is for
 *   IP_PKTINFO, IP_TTL, IP_TOS and RFC 3542's IPV6_PKTINFO, IPV6_HOPLIMIT,
 *   IPV6_TCLASS, IPV6_DONTFRAG; SO_TIMESTAMP; errors of IP_RECVERR. Which
 *   level counts is decided by the family of the datagram, not of the socket:
 *   an AF_INET6 socket that talks to a v4-mapped address talks IPv4.
 *
 * Comes in   sock_dgram.c.
 * Lock       the stack lock is held.
 * Follows    cmsg(3), ip(7), ipv6(7), RFC 3542 4 and 6; Linux's order and
 *            errors (udp_pktinfo.c and udp6_pktinfo.c of the test-apps).
 */
#include "sock_cmsg.h"
#include "sock_cmsg6.h"

#include <errno.h>
#include <netinet/in.h>
#include <linux/errqueue.h>
#include <linux/in6.h>
#include <string.h>
#include <sys/socket.h>

#include "link/wire.h"

/* --- from the program ----------------------------------------------------- */

static int take_pktinfo(const struct cmsghdr *c, struct udp_wish *w)
{
	struct in_pktinfo info;
	struct ip4_addr a;

	if (c->cmsg_len != CMSG_LEN(sizeof(info)))
		return -EINVAL;
	memcpy(&info, CMSG_DATA(c), sizeof(info));
	if (info.ipi_ifindex)
		w->ifindex = (uint32_t)info.ipi_ifindex;
	if (info.ipi_spec_dst.s_addr == INADDR_ANY)
		return 0;
	memcpy(a.b, &info.ipi_spec_dst, 4);
	w->src = inet_from4(a);
	return 0;
}

/* RFC 3542 6.1; for a v4-mapped destination the source must be so, too. */
static int take_pktinfo6(const struct sock *s, const struct cmsghdr *c,
			 bool is4, struct udp_wish *w)
{
	const struct net *n = &s->stack->net;
	struct in6_pktinfo info;
	struct inet_addr src;

	if (c->cmsg_len < CMSG_LEN(sizeof(info)))
		return -EINVAL;
	memcpy(&info, CMSG_DATA(c), sizeof(info));
	memcpy(&src, &info.ipi6_addr, sizeof(src));
	if (is4 && !inet_is4(&src))
		return -EINVAL;
	if (info.ipi6_ifindex && s->ifindex && info.ipi6_ifindex != s->ifindex)
		return -EINVAL;
	if (info.ipi6_ifindex > n->nifs)
		return -ENODEV;
	if (info.ipi6_ifindex)
		w->ifindex = info.ipi6_ifindex;
	if (inet_is_any(&src))
		return 0;
	if (!s->freebind && !net_is_local(n, &src))
		return is4 ? -ENETUNREACH : -EINVAL;
	w->src = src;
	return 0;
}

/* ip(7): an int, or for IP_TOS a byte as well. */
static int take_number(const struct cmsghdr *c, int low, int16_t *out)
{
	int value;

	if (c->cmsg_len >= CMSG_LEN(sizeof(value)))
		memcpy(&value, CMSG_DATA(c), sizeof(value));
	else if (c->cmsg_len >= CMSG_LEN(1) && c->cmsg_type == IP_TOS)
		value = *CMSG_DATA(c);
	else
		return -EINVAL;
	if (value < low || value > 255)
		return -EINVAL;
	*out = (int16_t)value;
	return 0;
}

/* RFC 3542 6.3, 6.5, 11.2: an int and nothing else. */
static int take_number6(const struct cmsghdr *c, int low, int high,
			int16_t *out)
{
	int value;

	if (c->cmsg_len != CMSG_LEN(sizeof(value)))
		return -EINVAL;
	memcpy(&value, CMSG_DATA(c), sizeof(value));
	if (value < low || value > high)
		return -EINVAL;
	*out = (int16_t)value;
	return 0;
}

static int take_ip(const struct cmsghdr *c, struct udp_wish *w)
{
	switch (c->cmsg_type) {
	case IP_PKTINFO:
		return take_pktinfo(c, w);
	case IP_TTL:
		return take_number(c, 1, &w->ttl);
	case IP_TOS:
		return take_number(c, 0, &w->tos);
	default:
		return -EINVAL;
	}
}

/* RFC 3542 does not know it; in Linux it overrules sin6_flowinfo. */
static int take_flow(const struct cmsghdr *c, struct udp_wish *w)
{
	uint32_t flow;

	if (c->cmsg_len < CMSG_LEN(sizeof(flow)))
		return -EINVAL;
	memcpy(&flow, CMSG_DATA(c), sizeof(flow));
	w->flow_label = ntohl(flow) & IP6_FLOW_MASK;
	return 0;
}

static int take_ip6(const struct sock *s, const struct cmsghdr *c,
		    struct udp_wish *w, struct sock_cmsg6 *h)
{
	int ret = sock_cmsg6_take(c, h);

	if (ret != SOCK_CMSG6_OTHERS)
		return ret;
	switch (c->cmsg_type) {
	case IPV6_PKTINFO:
	case IPV6_2292PKTINFO:
		return take_pktinfo6(s, c, false, w);
	case IPV6_HOPLIMIT:
	case IPV6_2292HOPLIMIT:
		return take_number6(c, -1, 255, &w->ttl);
	case IPV6_TCLASS:
		ret = take_number6(c, -1, 255, &w->tos);
		/* RFC 3542 6.5 has -1 for the default; Linux sends ones. */
		w->tos &= 255;
		return ret;
	case IPV6_FLOWINFO:
		return take_flow(c, w);
	case IPV6_DONTFRAG:
		return take_number6(c, 0, 1, &w->dont_fragment);
	default:
		return -EINVAL;
	}
}

/* A length that the control buffer cannot hold is the program's mistake. */
static bool is_whole(const struct msghdr *msg, const struct cmsghdr *c)
{
	size_t at = (size_t)((const char *)c - (const char *)msg->msg_control);

	return c->cmsg_len >= sizeof(*c) &&
	       c->cmsg_len <= msg->msg_controllen - at;
}

static int take_one(const struct sock *s, const struct cmsghdr *c, bool is4,
		    struct udp_wish *w, struct sock_cmsg6 *h)
{
	bool is_info6 =
		c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO;

	if (!is4)
		return c->cmsg_level == IPPROTO_IPV6 ? take_ip6(s, c, w, h) : 0;
	if (s->family == AF_INET6 && is_info6)
		return take_pktinfo6(s, c, true, w);
	return c->cmsg_level == IPPROTO_IP ? take_ip(c, w) : 0;
}

int sock_cmsg_take(const struct sock *s, const struct msghdr *msg,
		   const struct inet_addr *to, struct udp_wish *w,
		   struct udp_headers *space)
{
	struct sock_cmsg6 h = {0};
	struct msghdr m = *msg;
	int ret = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c && ret == 0;
	     c = CMSG_NXTHDR(&m, c)) {
		if (!is_whole(&m, c))
			return -EINVAL;
		ret = take_one(s, c, inet_is4(to), w, &h);
	}
	if (ret < 0 || (!h.hop && !h.last))
		return ret;
	w->headers = space;
	return sock_cmsg6_build(&h, space);
}

/* --- to the program ------------------------------------------------------- */

void sock_cmsg_append(struct msghdr *msg, size_t *used, int level, int type,
		      const void *data, size_t len)
{
	size_t room = msg->msg_control ? msg->msg_controllen - *used : 0;
	struct cmsghdr head = {CMSG_LEN(len), level, type};
	char *at;

	if (room < CMSG_LEN(len))
		msg->msg_flags |= MSG_CTRUNC;
	if (room < sizeof(head))
		return;
	at = (char *)msg->msg_control + *used;
	head.cmsg_len = MIN(head.cmsg_len, room);
	memcpy(at, &head, sizeof(head));
	memcpy(at + CMSG_LEN(0), data, head.cmsg_len - CMSG_LEN(0));
	*used += MIN(CMSG_SPACE(len), room);
}

void sock_cmsg_append_stamp(const struct sock *s, usecs stamp,
			    struct msghdr *msg, size_t *used)
{
	uint64_t wall = stamp + s->stack->wall_offset;
	struct timeval tv = {(time_t)(wall / USECS_PER_SEC),
			     (suseconds_t)(wall % USECS_PER_SEC)};
	struct timespec ts = {tv.tv_sec, tv.tv_usec * 1000};

	if (s->recv_stamp_nano)
		sock_cmsg_append(msg, used, SOL_SOCKET, SO_TIMESTAMPNS, &ts,
				 sizeof(ts));
	else
		sock_cmsg_append(msg, used, SOL_SOCKET, SO_TIMESTAMP, &tv,
				 sizeof(tv));
}

/* ip(7): where it was sent to, and the address of ours that answers. */
static void put_pktinfo(const struct sock *s, const struct udp_meta *meta,
			struct msghdr *msg, size_t *used)
{
	struct in_pktinfo info = {.ipi_ifindex = (int)meta->ifindex};
	struct ip4_addr to = inet_to4(&meta->to), ours = to;
	const struct inet_addr *source = NULL;
	const struct net *n = &s->stack->net;

	if (!net_is_local(n, &meta->to) && meta->ifindex - 1 < n->nifs)
		source = iface_source_for(&n->ifs[meta->ifindex - 1],
					  &meta->from.addr);
	if (source)
		ours = inet_to4(source);
	memcpy(&info.ipi_addr, to.b, 4);
	memcpy(&info.ipi_spec_dst, ours.b, 4);
	sock_cmsg_append(msg, used, IPPROTO_IP, IP_PKTINFO, &info,
			 sizeof(info));
}

static void put_pktinfo6(const struct udp_meta *meta, int type,
			 struct msghdr *msg, size_t *used)
{
	struct in6_pktinfo info = {.ipi6_ifindex = meta->ifindex};

	memcpy(&info.ipi6_addr, meta->to.b, 16);
	sock_cmsg_append(msg, used, IPPROTO_IPV6, type, &info, sizeof(info));
}

static void put_ip(const struct sock *s, const struct udp_meta *meta,
		   struct msghdr *msg, size_t *used)
{
	int ttl = meta->ttl;

	if (s->pktinfo)
		put_pktinfo(s, meta, msg, used);
	if (s->recvttl)
		sock_cmsg_append(msg, used, IPPROTO_IP, IP_TTL, &ttl,
				 sizeof(ttl));
	if (s->recvtos)
		sock_cmsg_append(msg, used, IPPROTO_IP, IP_TOS, &meta->tos, 1);
}

static bool is_on(const struct sock *s, enum sock_ip6_bit bit)
{
	return s->ip6.on & 1u << bit;
}

static void put_int6(int type, int value, struct msghdr *msg, size_t *used)
{
	sock_cmsg_append(msg, used, IPPROTO_IPV6, type, &value, sizeof(value));
}

static void put_ip6(const struct sock *s, const struct udp_meta *meta,
		    struct msghdr *msg, size_t *used)
{
	uint32_t flow = htonl((uint32_t)meta->tos << 20 | meta->flow_label);

	if (is_on(s, SOCK6_HOPLIMIT))
		put_int6(IPV6_HOPLIMIT, meta->ttl, msg, used);
	if (is_on(s, SOCK6_TCLASS))
		put_int6(IPV6_TCLASS, meta->tos, msg, used);
	if (is_on(s, SOCK6_FLOWINFO) && flow)
		sock_cmsg_append(msg, used, IPPROTO_IPV6, IPV6_FLOWINFO, &flow,
				 sizeof(flow));
	sock_cmsg6_put(s, meta, msg, used);
	if (is_on(s, SOCK6_OLD_PKTINFO))
		put_pktinfo6(meta, IPV6_2292PKTINFO, msg, used);
	if (is_on(s, SOCK6_OLD_HOPLIMIT))
		put_int6(IPV6_2292HOPLIMIT, meta->ttl, msg, used);
}

void sock_cmsg_put(const struct sock *s, const struct udp_meta *meta,
		   struct msghdr *msg)
{
	bool is4 = inet_is4(&meta->to);
	size_t used = 0;

	if (s->recv_stamp)
		sock_cmsg_append_stamp(s, meta->stamp, msg, &used);
	if (s->family == AF_INET6 && is_on(s, SOCK6_PKTINFO))
		put_pktinfo6(meta, IPV6_PKTINFO, msg, &used);
	if (is4)
		put_ip(s, meta, msg, &used);
	else
		put_ip6(s, meta, msg, &used);
	msg->msg_controllen = used;
}

/* What IP_RECVERR and IPV6_RECVERR messages hold: ip(7). */
struct told_error {
	struct sock_extended_err ee;
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} offender;
};

static uint8_t origin_of(const struct udp_refusal *r)
{
	if (r->is_local)
		return SO_EE_ORIGIN_LOCAL;
	return inet_is4(&r->to.addr) ? SO_EE_ORIGIN_ICMP : SO_EE_ORIGIN_ICMP6;
}

void sock_cmsg_put_error(const struct sock *s, const struct udp_refusal *r,
			 struct msghdr *msg)
{
	bool is4 = s->family == AF_INET;
	struct told_error told;
	socklen_t len =
		is4 ? sizeof(told.offender.in) : sizeof(told.offender.in6);
	size_t used = 0;

	memset(&told, 0, sizeof(told));
	told.ee = (struct sock_extended_err){
		.ee_errno = (uint32_t)r->error,
		.ee_origin = origin_of(r),
		.ee_type = r->type,
		.ee_code = r->code,
		.ee_info = r->info,
	};
	if (!r->is_local)
		sock_addr_out(s, &r->offender, &told.offender.sa,
			      &(socklen_t){len});
	sock_cmsg_append(msg, &used, is4 ? IPPROTO_IP : IPPROTO_IPV6,
			 is4 ? IP_RECVERR : IPV6_RECVERR, &told,
			 sizeof(told.ee) + len);
	msg->msg_controllen = used;
}
