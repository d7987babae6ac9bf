/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sock_dgram.c - socket calls on UDP
 *
 * What this room is for
 *   Where a datagram goes and what was known of it when it came; which errors
 *   a call tells; the error queue. Control messages are sock_cmsg.c's.
 *
 * Lock       the stack lock is held.
 * Follows    udp(7), ip(7), ipv6(7).
 */

#include "sock.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "link/wire.h"
#include "sock_cmsg.h"
#include "sock_cmsg6.h"

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

/* ipv6(7): may it go there at all? */
static int check_family(const struct sock *s, const struct endpoint *to)
{
	const struct inet_addr *local = &s->pcb->bind.key.local;
	bool is4 = inet_is4(&to->addr);

	if (s->v6only && is4)
		return -ENETUNREACH;
	if (s->family == AF_INET6 && !is4 && inet_is4(local))
		return -EAFNOSUPPORT;
	return 0;
}

/* What the options of the socket wish for a datagram of that family. */
static struct udp_wish usual_wish(const struct sock *s,
				  const struct inet_addr *to)
{
	const struct sock_ip6 *o = &s->ip6;
	struct udp_wish w = udp_no_wish;

	if (inet_is4(to))
		return w;
	w.src = o->sticky_src;
	if (!s->ifindex && !inet_is_multicast(to))
		w.ifindex = o->sticky_if ? o->sticky_if : o->unicast_if;
	return w;
}

/* ipv6(7), IPV6_FLOWINFO_SEND: the label in an address. */
static uint32_t flow_of(const struct sock *s, const void *addr, socklen_t len)
{
	struct sockaddr_in6 in6;

	if (!(s->ip6.on & 1u << SOCK6_FLOWINFO_SEND) || len < sizeof(in6) ||
	    !sock_addr_is(addr, len, AF_INET6))
		return 0;
	memcpy(&in6, addr, sizeof(in6));
	return ntohl(in6.sin6_flowinfo) & IP6_FLOW_MASK;
}

void sock_dgram_note_flow(struct sock *s, const struct sockaddr *addr,
			  socklen_t len)
{
	s->pcb->flow_label = flow_of(s, addr, len);
}

/* The destination, or NULL in *to for the connected one; and the wish. */
static int prepare(const struct sock *s, const struct msghdr *msg,
		   struct endpoint *space, struct endpoint **to,
		   struct udp_wish *w, struct udp_headers *headers)
{
	bool has_to = msg && msg->msg_name && msg->msg_namelen > 0;
	int ret = 0;

	*to = has_to ? space : NULL;
	space->addr = s->pcb->bind.key.remote;
	if (has_to) {
		ret = destination(s, msg, space);
		if (ret < 0)
			return ret;
		sock_addr_to_self(s, space);
		ret = check_family(s, space);
	}
	if (ret < 0)
		return ret;
	*w = usual_wish(s, &space->addr);
	if (has_to)
		w->flow_label = flow_of(s, msg->msg_name, msg->msg_namelen);
	if (msg && msg->msg_controllen > 0)
		ret = sock_cmsg_take(s, msg, &space->addr, w, headers);
	return ret;
}

ssize_t sock_dgram_send(struct sock *s, struct uio *from,
			const struct msghdr *msg, int flags)
{
	struct endpoint space, *to;
	struct udp_headers headers;
	struct udp_wish w;
	size_t len = from->left;
	int ret;

	if (flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (s->shut_write)
		return -EPIPE;
	ret = prepare(s, msg, &space, &to, &w, &headers);
	if (ret < 0)
		return ret;
	ret = udp_send(s->pcb, to, &w, from);
	sock_update(s, 0);
	return ret < 0 ? ret : (ssize_t)len;
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
	sock_cmsg_put_error(s, &r, msg);
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
	if (sock_cmsg6_put_mtu(s, msg)) {
		sock_update(s, 0);
		return 0;
	}
	ret = udp_recv(s->pcb, to, &meta, true, &full);
	sock_update(s, 0);
	/* shutdown(2) for reading ends a sleep; there is none without one. */
	if (ret == -EAGAIN && s->pcb->shut_read)
		return may_sleep(s, flags) ? 0 : -EAGAIN;
	if (ret < 0)
		return ret;

	s->last_stamp = meta.stamp;
	if (msg) {
		msg->msg_flags = full > room ? MSG_TRUNC : 0;
		if (msg->msg_name)
			sock_addr_out(s, &meta.from, msg->msg_name,
				      &msg->msg_namelen);
		sock_cmsg_put(s, &meta, msg);
	}
	if (!(flags & MSG_PEEK)) {
		udp_drop_first(s->pcb);
		sock_update(s, 0);
	}
	return flags & MSG_TRUNC ? (ssize_t)full : ret;
}

uint32_t sock_dgram_ready(const struct sock *s)
{
	uint32_t bits = EPOLLOUT | EPOLLWRNORM;

	if (!list_is_empty(&s->pcb->rcvq) || s->pcb->narrow.mtu)
		bits |= EPOLLIN | EPOLLRDNORM;
	if (s->pcb->shut_read)
		bits |= EPOLLIN | EPOLLRDNORM | EPOLLRDHUP;
	if (s->pcb->shut_read && s->shut_write)
		bits |= EPOLLHUP;
	if (s->pcb->error || s->pcb->err_count)
		bits |= EPOLLERR;
	return bits;
}
