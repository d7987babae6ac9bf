/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sock_cmsg6.c - extension headers as control messages, both ways
 *
 * What this room is for
 *   See sock_cmsg6.h.
 *
 * Bounded    LIMIT_IP6_EXTENSIONS headers of a packet, UDP_HEADERS_MAX bytes of
 *            a program.
 * Lock       the stack lock is held.
 * Follows    RFC 3542; Linux's order and errors.
 */
#include "sock_cmsg6.h"

#include <errno.h>
#include <netinet/in.h>
#include <linux/in6.h>
#include <string.h>

#include "link/wire.h"
#include "net/ip6_ext.h"
#include "sock_cmsg.h"

/* --- from the program ----------------------------------------------------- */

/* Its own second byte says how long it is, in units of 8 but the first. */
static size_t length_of(const uint8_t *header)
{
	return 8u + 8u * header[1];
}

static int take(const struct cmsghdr *c, const struct cmsghdr **place)
{
	if (*place || c->cmsg_len < CMSG_LEN(sizeof(struct ip6_ext_wire)) ||
	    c->cmsg_len < CMSG_LEN(length_of(CMSG_DATA(c))))
		return -EINVAL;
	*place = c;
	return 0;
}

int sock_cmsg6_take(const struct cmsghdr *c, struct sock_cmsg6 *h)
{
	switch (c->cmsg_type) {
	case IPV6_HOPOPTS:
	case IPV6_2292HOPOPTS:
		return take(c, &h->hop);
	case IPV6_RTHDRDSTOPTS:
		return take(c, &h->before_route);
	case IPV6_DSTOPTS:
	case IPV6_2292DSTOPTS:
		return take(c, &h->last);
	case IPV6_RTHDR:
	case IPV6_2292RTHDR:
		return -EINVAL;
	default:
		return SOCK_CMSG6_OTHERS;
	}
}

/* The program may write to its memory meanwhile: the length is read once. */
static int append(const struct cmsghdr *c, uint8_t type, uint8_t **names_next,
		  struct udp_headers *out)
{
	uint8_t *at = out->bytes + out->len;
	size_t len, room = sizeof(out->bytes) - out->len;
	uint8_t units;

	if (!c)
		return 0;
	units = CMSG_DATA(c)[1];
	len = 8u + 8u * units;
	if (len > c->cmsg_len - CMSG_LEN(0))
		return -EINVAL;
	if (len > room)
		return -ENOBUFS;
	memcpy(at, CMSG_DATA(c), len);
	at[1] = units;
	**names_next = type;
	*names_next = at;
	out->len = (uint8_t)(out->len + len);
	return 0;
}

int sock_cmsg6_build(const struct sock_cmsg6 *h, struct udp_headers *out)
{
	uint8_t *names_next = &out->first;
	int ret;

	out->len = 0;
	ret = append(h->hop, IP6_NEXT_HOP_BY_HOP, &names_next, out);
	/* RFC 3542 9.1: without a routing header there is nothing before it. */
	if (ret == 0)
		ret = append(h->last, IP6_NEXT_DESTINATION, &names_next, out);
	return ret;
}

/* --- to the program ------------------------------------------------------- */

static bool is_on(const struct sock *s, enum sock_ip6_bit bit)
{
	return s->ip6.on & 1u << bit;
}

/* The messages of one header: by its name, and by that of RFC 2292. */
static void put_header(const struct sock *s, uint8_t type, const uint8_t *at,
		       size_t len, struct msghdr *msg, size_t *used)
{
	static const struct {
		uint8_t type;
		enum sock_ip6_bit bit;
		int name;
	} rows[] = {
		{IP6_NEXT_HOP_BY_HOP, SOCK6_HOPOPTS, IPV6_HOPOPTS},
		{IP6_NEXT_HOP_BY_HOP, SOCK6_OLD_HOPOPTS, IPV6_2292HOPOPTS},
		{IP6_NEXT_DESTINATION, SOCK6_DSTOPTS, IPV6_DSTOPTS},
		{IP6_NEXT_DESTINATION, SOCK6_OLD_DSTOPTS, IPV6_2292DSTOPTS},
		{IP6_NEXT_ROUTING, SOCK6_RTHDR, IPV6_RTHDR},
		{IP6_NEXT_ROUTING, SOCK6_OLD_RTHDR, IPV6_2292RTHDR},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].type == type && is_on(s, rows[i].bit))
			sock_cmsg_append(msg, used, IPPROTO_IPV6, rows[i].name,
					 at, len);
}

void sock_cmsg6_put(const struct sock *s, const struct udp_meta *meta,
		    struct msghdr *msg, size_t *used)
{
	const uint32_t any = 1u << SOCK6_HOPOPTS | 1u << SOCK6_OLD_HOPOPTS |
			     1u << SOCK6_DSTOPTS | 1u << SOCK6_OLD_DSTOPTS |
			     1u << SOCK6_RTHDR | 1u << SOCK6_OLD_RTHDR;
	struct ip6_walk w;

	if (!(s->ip6.on & any) || meta->net_len < sizeof(struct ip6_wire))
		return;
	ip6_walk_start(&w, meta->net, meta->net_len);
	for (int i = 0; i < LIMIT_IP6_EXTENSIONS; i++) {
		uint8_t type = ip6_walk_type(&w);
		struct ip6_complaint unused;
		size_t at = w.at;

		/* It was judged when it came: this only steps. */
		if (!ip6_is_extension(type) || w.at >= w.len ||
		    ip6_walk_step(&w, &unused) != DONE)
			break;
		put_header(s, type, meta->net + at, w.at - at, msg, used);
	}
}

bool sock_cmsg6_put_mtu(struct sock *s, struct msghdr *msg)
{
	struct udp_narrow *narrow = &s->pcb->narrow;
	struct ip6_mtuinfo info = {.ip6m_mtu = narrow->mtu};
	size_t used = 0;

	if (!narrow->mtu || !is_on(s, SOCK6_PATHMTU))
		return false;
	info.ip6m_addr.sin6_family = AF_INET6;
	memcpy(&info.ip6m_addr.sin6_addr, narrow->to.addr.b, 16);
	info.ip6m_addr.sin6_scope_id = narrow->to.scope;
	narrow->mtu = 0;
	if (!msg)
		return true;
	msg->msg_flags = 0;
	if (msg->msg_name) {
		struct endpoint to = {narrow->to.addr, 0, narrow->to.scope};

		sock_addr_out(s, &to, msg->msg_name, &msg->msg_namelen);
	}
	sock_cmsg_append(msg, &used, IPPROTO_IPV6, IPV6_PATHMTU, &info,
			 sizeof(info));
	msg->msg_controllen = used;
	return true;
}
