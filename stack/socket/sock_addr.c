/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sock_addr.c - struct sockaddr to endpoint and back
 *
 * What this room is for
 *   The application's address forms. An AF_INET6 socket speaks v4-mapped for
 *   IPv4; the rest of the stack knows one form for both (inet.h).
 *
 * Follows    ip(7), ipv6(7); RFC 3493 3.7.
 */

#include "sock.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

static int from_in(const struct sockaddr *addr, socklen_t len,
		   struct endpoint *out)
{
	struct sockaddr_in in;
	struct ip4_addr a;

	if (len < sizeof(in))
		return -EINVAL;
	memcpy(&in, addr, sizeof(in));
	memcpy(a.b, &in.sin_addr, 4);
	out->addr = inet_from4(a);
	out->port = ntohs(in.sin_port);
	out->scope = 0;
	return 0;
}

/* sin6_scope_id may be missing (RFC 2133 programs). */
enum { SHORTEST_IN6 = offsetof(struct sockaddr_in6, sin6_scope_id) };

static int from_in6(const struct sockaddr *addr, socklen_t len,
		    struct endpoint *out)
{
	struct sockaddr_in6 in6;

	if (len < SHORTEST_IN6)
		return -EINVAL;
	memset(&in6, 0, sizeof(in6));
	memcpy(&in6, addr, MIN(len, (socklen_t)sizeof(in6)));
	memcpy(out->addr.b, &in6.sin6_addr, 16);
	out->port = ntohs(in6.sin6_port);
	out->scope = 0;
	if (len >= sizeof(in6) && inet_needs_scope(&out->addr))
		out->scope = in6.sin6_scope_id;
	return 0;
}

bool sock_addr_is(const struct sockaddr *addr, socklen_t len, int family)
{
	sa_family_t given;

	if (len < sizeof(given))
		return false;
	memcpy(&given, addr, sizeof(given));
	return given == family;
}

int sock_addr_in(const struct sock *s, const struct sockaddr *addr,
		 socklen_t len, struct endpoint *out)
{
	sa_family_t family;

	if (!addr || len < sizeof(family))
		return -EINVAL;
	memcpy(&family, addr, sizeof(family));
	if (family == AF_INET6 && s->family == AF_INET6)
		return from_in6(addr, len, out);
	/* UDP over an AF_INET6 socket takes plain AF_INET, too. */
	if (family == AF_INET &&
	    (s->family == AF_INET || s->type == SOCK_DGRAM))
		return from_in(addr, len, out);
	if (s->family == AF_INET6 && len < SHORTEST_IN6)
		return -EINVAL;
	return len < sizeof(struct sockaddr_in) ? -EINVAL : -EAFNOSUPPORT;
}

void sock_addr_out(const struct sock *s, const struct endpoint *e,
		   struct sockaddr *addr, socklen_t *len)
{
	union {
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} u;
	struct ip4_addr a = inet_to4(&e->addr);
	socklen_t full;

	if (!addr || !len)
		return;
	memset(&u, 0, sizeof(u));
	if (s->family == AF_INET) {
		u.in.sin_family = AF_INET;
		u.in.sin_port = htons(e->port);
		if (!inet_is_any(&e->addr))
			memcpy(&u.in.sin_addr, a.b, 4);
		full = sizeof(u.in);
	} else {
		u.in6.sin6_family = AF_INET6;
		u.in6.sin6_port = htons(e->port);
		memcpy(&u.in6.sin6_addr, e->addr.b, 16);
		u.in6.sin6_scope_id = e->scope;
		full = sizeof(u.in6);
	}
	memcpy(addr, &u, MIN(*len, full));
	*len = full;
}

/* RFC 4007 6: the scope of what needs one, or the interface bound to. */
int sock_addr_scope(const struct sock *s, struct endpoint *e)
{
	if (!inet_needs_scope(&e->addr))
		return 0;
	if (!e->scope)
		e->scope = s->ifindex;
	if (!e->scope || (s->ifindex && s->ifindex != e->scope))
		return -EINVAL;
	return 0;
}

/* ipv6(7): where a socket cannot go. */
int sock_addr_check_remote(const struct sock *s, struct endpoint *remote,
			   const struct sockaddr *addr, socklen_t len)
{
	if (s->v6only && inet_is4(&remote->addr))
		return sock_addr_is(addr, len, AF_INET) ? -EAFNOSUPPORT
							: -ENETUNREACH;
	if (s->conn && inet_is_multicast(&remote->addr))
		return -ENETUNREACH;
	return sock_addr_scope(s, remote);
}

void sock_addr_to_self(const struct sock *s, struct endpoint *e)
{
	struct inet_addr local =
		s->conn ? tcp_local(s->conn).addr : s->pcb->bind.key.local;

	if (inet_is_any(&e->addr))
		e->addr =
			inet_loopback_of(inet_is4(&local) ? &local : &e->addr);
}

static int check_bind6(const struct sock *s, struct endpoint *e)
{
	int ret;

	if (s->conn && inet_is_multicast(&e->addr))
		return -EINVAL;
	ret = sock_addr_scope(s, e);
	if (ret < 0)
		return ret;
	return e->scope > s->stack->net.nifs ? -ENODEV : 0;
}

int sock_bind_addr(const struct sock *s, const struct sockaddr *addr,
		   socklen_t len, struct endpoint *out)
{
	const struct net *n = &s->stack->net;
	int ret;

	if (!addr)
		return len ? -EFAULT : -EINVAL;
	if (s->family == AF_INET6 && len < SHORTEST_IN6)
		return -EINVAL;
	if (s->family == AF_INET6 && !sock_addr_is(addr, len, AF_INET6))
		return -EAFNOSUPPORT;
	if (s->family == AF_INET && len >= sizeof(struct sockaddr_in) &&
	    sock_addr_is(addr, len, AF_UNSPEC)) {
		ret = from_in(addr, len, out);
		if (ret == 0 && !inet_is_any(&out->addr))
			return -EAFNOSUPPORT;
	} else {
		ret = sock_addr_in(s, addr, len, out);
	}
	if (ret < 0)
		return ret;

	if (s->v6only && inet_is4(&out->addr))
		return -EINVAL;
	if (!inet_is4(&out->addr)) {
		ret = check_bind6(s, out);
		if (ret < 0)
			return ret;
	}
	if (inet_is_any(&out->addr) || s->freebind ||
	    net_is_local(n, &out->addr))
		return 0;
	/* Streams, too: nobody will ever connect there. */
	if (inet_is_multicast(&out->addr) || net_is_broadcast(n, &out->addr))
		return 0;
	return -EADDRNOTAVAIL;
}

void sock_describe_iface(const struct iface *ifp, struct stack_iface_info *out)
{
	memcpy(out->name, ifp->name, sizeof(out->name));
	memcpy(out->mac, ifp->mac.b, 6);
	out->index = ifp->index;
	out->mtu = ifp->mtu;
	out->is_loopback = ifp->is_loopback;
	out->rx_packets = ifp->rx_packets;
	out->rx_bytes = ifp->rx_bytes;
	out->tx_packets = ifp->tx_packets;
	out->tx_bytes = ifp->tx_bytes;
	for (uint32_t i = 0; i < ifp->naddrs && i < STACK_LIST_MAX; i++) {
		struct sock as = {.family = inet_is4(&ifp->addrs[i].prefix.addr)
						    ? AF_INET
						    : AF_INET6};
		struct endpoint e = {ifp->addrs[i].prefix.addr, 0, 0};
		socklen_t len = sizeof(out->addrs[i].addr);
		uint8_t mapped = as.family == AF_INET ? 96 : 0;

		if (inet_needs_scope(&e.addr))
			e.scope = ifp->index;
		sock_addr_out(&as, &e, (struct sockaddr *)&out->addrs[i].addr,
			      &len);
		out->addrs[i].prefix_len =
			(uint8_t)(ifp->addrs[i].prefix.bits - mapped);
		out->naddrs++;
	}
}
