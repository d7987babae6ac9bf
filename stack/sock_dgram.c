/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sock_dgram.c - socket calls on UDP
 *
 * What this room is for
 *   Addresses and control messages of datagram sockets: IP_PKTINFO, IP_TOS,
 *   IP_TTL, SO_TIMESTAMP in, IP_PKTINFO out.
 *
 * Lock       the stack lock is held.
 * Follows    udp(7), ip(7), cmsg(3).
 */

#include "sock.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "udp_err.h"

int sock_dgram_connect(struct sock *s, const struct endpoint *remote)
{
	int ret = udp_connect(s->pcb, remote);

	sock_update(s, 0);
	return ret;
}

int sock_dgram_shutdown(struct sock *s, int how)
{
	if (how != SHUT_RD && how != SHUT_WR && how != SHUT_RDWR)
		return -EINVAL;
	if (how != SHUT_WR)
		s->pcb->shut_read = true;
	if (how != SHUT_RD)
		s->shut_write = true;
	sock_update(s, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLHUP);
	/* Linux: it fails, and shuts all the same, to wake who sleeps. */
	return udp_is_connected(s->pcb) ? 0 : -ENOTCONN;
}

/* What control messages ask for one datagram. */
struct wishes {
	bool has_src;
	struct inet_addr src;
	uint8_t ttl, tos;
};

static int take_pktinfo(const struct cmsghdr *c, struct wishes *w)
{
	struct in_pktinfo info;
	struct ip4_addr a;

	if (c->cmsg_len != CMSG_LEN(sizeof(info)))
		return -EINVAL;
	memcpy(&info, CMSG_DATA(c), sizeof(info));
	if (info.ipi_spec_dst.s_addr == INADDR_ANY)
		return 0;
	memcpy(a.b, &info.ipi_spec_dst, 4);
	w->src = inet_from4(a);
	w->has_src = true;
	return 0;
}

/* ip(7): an int, or for IP_TOS a byte as well. */
static int take_number(const struct cmsghdr *c, int low, uint8_t *out)
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
	*out = (uint8_t)value;
	return 0;
}

/* A length that the control buffer cannot hold is the program's mistake. */
static bool is_whole(const struct msghdr *msg, const struct cmsghdr *c)
{
	size_t at = (size_t)((const char *)c - (const char *)msg->msg_control);

	return c->cmsg_len >= sizeof(*c) &&
	       c->cmsg_len <= msg->msg_controllen - at;
}

static int take_wishes(const struct msghdr *msg, struct wishes *w)
{
	struct msghdr m = *msg;
	int ret = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c && ret == 0;
	     c = CMSG_NXTHDR(&m, c)) {
		if (!is_whole(&m, c))
			return -EINVAL;
		if (c->cmsg_level != IPPROTO_IP)
			continue;
		if (c->cmsg_type == IP_PKTINFO)
			ret = take_pktinfo(c, w);
		else if (c->cmsg_type == IP_TTL)
			ret = take_number(c, 1, &w->ttl);
		else if (c->cmsg_type == IP_TOS)
			ret = take_number(c, 0, &w->tos);
		else
			ret = -EINVAL;
	}
	return ret;
}

/* Sends with the TTL and the TOS of this one datagram. */
static int send_once(struct udp_pcb *pcb, const struct endpoint *to,
		     const struct wishes *w, struct uio *from)
{
	uint8_t ttl = pcb->ttl, tos = pcb->tos, mttl = pcb->multicast_ttl;
	int ret;

	if (w->ttl != ttl)
		pcb->multicast_ttl = w->ttl;
	pcb->ttl = w->ttl;
	pcb->tos = w->tos;
	ret = udp_send(pcb, to, w->has_src ? &w->src : NULL, from);
	pcb->ttl = ttl;
	pcb->tos = tos;
	pcb->multicast_ttl = mttl;
	return ret;
}

/* sendto(2) takes AF_UNSPEC for AF_INET: old programs never set it. */
static int destination(const struct sock *s, const struct msghdr *msg,
		       struct endpoint *to)
{
	struct sockaddr_in in;

	if (s->family != AF_INET || msg->msg_namelen < sizeof(in) ||
	    !sock_addr_is(msg->msg_name, msg->msg_namelen, AF_UNSPEC))
		return sock_addr_in(s, msg->msg_name, msg->msg_namelen, to);
	memcpy(&in, msg->msg_name, sizeof(in));
	in.sin_family = AF_INET;
	return sock_addr_in(s, (void *)&in, sizeof(in), to);
}

ssize_t sock_dgram_send(struct sock *s, struct uio *from,
			const struct msghdr *msg, int flags)
{
	struct endpoint to;
	struct wishes w = {.ttl = s->pcb->ttl, .tos = s->pcb->tos};
	bool has_to = msg && msg->msg_name && msg->msg_namelen > 0;
	size_t len = from->left;
	int ret;

	if (flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (s->shut_write)
		return -EPIPE;
	if (has_to) {
		ret = destination(s, msg, &to);
		if (ret < 0)
			return ret;
		if (!inet_is4(&to.addr) && !inet_is_any(&to.addr))
			return -ENETUNREACH;
	}
	if (msg && msg->msg_controllen > 0) {
		ret = take_wishes(msg, &w);
		if (ret < 0)
			return ret;
	}
	ret = send_once(s->pcb, has_to ? &to : NULL, &w, from);
	sock_update(s, 0);
	return ret < 0 ? ret : (ssize_t)len;
}

/*
 * Appends one control message. What does not fit is cut off, as Linux does it,
 * down to a bare header; MSG_CTRUNC tells.
 */
static void put_control(struct msghdr *msg, size_t *used, int level, int type,
			const void *data, size_t len)
{
	size_t room = msg->msg_control ? msg->msg_controllen - *used : 0;
	char *at = (char *)msg->msg_control + *used;
	struct cmsghdr head = {CMSG_LEN(len), level, type};

	if (room < CMSG_LEN(len))
		msg->msg_flags |= MSG_CTRUNC;
	if (room < sizeof(head))
		return;
	head.cmsg_len = MIN(head.cmsg_len, room);
	memcpy(at, &head, sizeof(head));
	memcpy(at + CMSG_LEN(0), data, head.cmsg_len - CMSG_LEN(0));
	*used += MIN(CMSG_SPACE(len), room);
}

static void put_stamp(const struct sock *s, const struct udp_meta *meta,
		      struct msghdr *msg, size_t *used)
{
	uint64_t wall = meta->stamp + s->stack->wall_offset;
	struct timeval tv = {(time_t)(wall / USECS_PER_SEC),
			     (suseconds_t)(wall % USECS_PER_SEC)};
	struct timespec ts = {tv.tv_sec, tv.tv_usec * 1000};

	if (s->recv_stamp_nano)
		put_control(msg, used, SOL_SOCKET, SO_TIMESTAMPNS, &ts,
			    sizeof(ts));
	else
		put_control(msg, used, SOL_SOCKET, SO_TIMESTAMP, &tv,
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
	put_control(msg, used, IPPROTO_IP, IP_PKTINFO, &info, sizeof(info));
}

static void put_pktinfo6(const struct udp_meta *meta, struct msghdr *msg,
			 size_t *used)
{
	struct in6_pktinfo info = {.ipi6_ifindex = meta->ifindex};

	memcpy(&info.ipi6_addr, meta->to.b, 16);
	put_control(msg, used, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof(info));
}

/* In Linux's order. */
static void put_controls(const struct sock *s, const struct udp_meta *meta,
			 struct msghdr *msg)
{
	size_t used = 0;
	int ttl = meta->ttl;

	if (s->recv_stamp)
		put_stamp(s, meta, msg, &used);
	if (s->pktinfo6)
		put_pktinfo6(meta, msg, &used);
	if (s->pktinfo)
		put_pktinfo(s, meta, msg, &used);
	if (s->recvttl)
		put_control(msg, &used, IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl));
	if (s->recvtos)
		put_control(msg, &used, IPPROTO_IP, IP_TOS, &meta->tos, 1);
	msg->msg_controllen = used;
}

/* What an IP_RECVERR control message holds: ip(7). */
struct told_error {
	struct sock_extended_err ee;
	struct sockaddr_in offender;
};

static void put_error(const struct udp_refusal *r, struct msghdr *msg)
{
	struct told_error told = {
		.ee = {.ee_errno = (uint32_t)r->error,
		       .ee_origin = SO_EE_ORIGIN_ICMP,
		       .ee_type = r->type,
		       .ee_code = r->code,
		       .ee_info = r->info},
		.offender = {.sin_family = AF_INET},
	};
	struct ip4_addr a = inet_to4(&r->offender);
	size_t used = 0;

	memcpy(&told.offender.sin_addr, a.b, 4);
	put_control(msg, &used, IPPROTO_IP, IP_RECVERR, &told, sizeof(told));
	msg->msg_controllen = used;
}

/* MSG_ERRQUEUE: the error, with the datagram and where it was going. */
static ssize_t recv_error(struct sock *s, struct uio *to, struct msghdr *msg)
{
	struct udp_refusal r;
	size_t full;
	ssize_t ret = udp_err_take(s->pcb, to, &r, &full);

	sock_update(s, 0);
	if (ret < 0 || !msg)
		return ret;
	msg->msg_flags = MSG_ERRQUEUE;
	if ((size_t)ret < full)
		msg->msg_flags |= MSG_TRUNC;
	if (msg->msg_name)
		sock_addr_out(s, &r.to, msg->msg_name, &msg->msg_namelen);
	put_error(&r, msg);
	return ret;
}

static bool may_sleep(const struct sock *s, int flags)
{
	return !(flags & MSG_DONTWAIT) && !s->slot->nonblocking;
}

ssize_t sock_dgram_recv(struct sock *s, struct uio *to, struct msghdr *msg,
			int flags)
{
	struct udp_meta meta;
	size_t room = to->left;
	size_t full = 0;
	ssize_t ret;

	if (flags & MSG_ERRQUEUE)
		return recv_error(s, to, msg);
	ret = udp_recv(s->pcb, to, &meta, (flags & MSG_PEEK) != 0, &full);
	sock_update(s, 0);
	/* shutdown(2) for reading ends a sleep; there is none without one. */
	if (ret == -EAGAIN && s->pcb->shut_read)
		return may_sleep(s, flags) ? 0 : -EAGAIN;
	if (ret < 0)
		return ret;

	if (msg) {
		msg->msg_flags = full > room ? MSG_TRUNC : 0;
		if (msg->msg_name)
			sock_addr_out(s, &meta.from, msg->msg_name,
				      &msg->msg_namelen);
		put_controls(s, &meta, msg);
	}
	return flags & MSG_TRUNC ? (ssize_t)full : ret;
}

uint32_t sock_dgram_ready(const struct sock *s)
{
	uint32_t bits = EPOLLOUT | EPOLLWRNORM;

	if (!list_is_empty(&s->pcb->rcvq))
		bits |= EPOLLIN | EPOLLRDNORM;
	if (s->pcb->shut_read)
		bits |= EPOLLIN | EPOLLRDNORM | EPOLLRDHUP;
	if (s->pcb->shut_read && s->shut_write)
		bits |= EPOLLHUP;
	if (s->pcb->error || s->pcb->err_count)
		bits |= EPOLLERR;
	return bits;
}
