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
	return 0;
}

/* sin6_scope_id may be missing (RFC 2133 programs). */
static int from_in6(const struct sockaddr *addr, socklen_t len,
		    struct endpoint *out)
{
	struct sockaddr_in6 in6;
	const size_t shortest = offsetof(struct sockaddr_in6, sin6_scope_id);

	if (len < shortest)
		return -EINVAL;
	memcpy(&in6, addr, shortest);
	memcpy(out->addr.b, &in6.sin6_addr, 16);
	out->port = ntohs(in6.sin6_port);
	return 0;
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
		full = sizeof(u.in6);
	}
	memcpy(addr, &u, MIN(*len, full));
	*len = full;
}
