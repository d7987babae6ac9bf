/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sock_cmsg6.h - extension headers as control messages, both ways
 *
 * What this room is for
 *   IPV6_HOPOPTS, IPV6_RTHDRDSTOPTS, IPV6_DSTOPTS go with one datagram, in the
 *   order of RFC 8200; of a received one, the headers that the program asked
 *   for. Routing headers are only received: type 0 is no more (RFC 5095), and
 *   the others are for mobile hosts and segments.
 *
 * Lock       the stack lock is held.
 * Follows    RFC 3542 6 to 9, 11.3; RFC 8200 4.1.
 */
#ifndef STACK_SOCK_CMSG6_H
#define STACK_SOCK_CMSG6_H

#include "sock.h"

/* The headers that messages of one datagram gave, in their order. */
struct sock_cmsg6 {
	const struct cmsghdr *hop, *before_route, *last; /* NULL: none */
};

/* 0; -EINVAL: no header, not whole, or given twice; SOCK_CMSG6_OTHERS. */
enum { SOCK_CMSG6_OTHERS = 1 };
int sock_cmsg6_take(const struct cmsghdr *c, struct sock_cmsg6 *h) MUST_CHECK;

/* Copies them. -ENOBUFS: there is no room for so much. */
int sock_cmsg6_build(const struct sock_cmsg6 *h,
		     struct udp_headers *out) MUST_CHECK;

/* Those of a received datagram. */
void sock_cmsg6_put(const struct sock *s, const struct udp_meta *meta,
		    struct msghdr *msg, size_t *used);

/* RFC 3542 11.3: a datagram was too long for the path. Is it told? It is taken
 * then. */
bool sock_cmsg6_put_mtu(struct sock *s, struct msghdr *msg);

#endif
