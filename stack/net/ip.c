/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * ip.c - what both versions of IP have in common
 *
 * What this room is for
 *   Chooses the version by the destination, reads a header of either, and cuts
 *   a packet into the payloads of fragments.
 *
 * Comes in   transports send; they ask about packets they were given.
 * Goes out   ip4.c or ip6.c.
 * Lock       the stack lock is held.
 */
#include "ip.h"

#include <errno.h>
#include <string.h>

#include "ip4.h"
#include "ip6.h"

int ip_output(struct net *n, struct tx *t, const struct ip_how *how)
{
	bool is4 = inet_is4(&how->dst);

	if (!inet_is_any(&how->src) && inet_is4(&how->src) != is4)
		return -EINVAL;
	return is4 ? ip4_output(n, t, how) : ip6_output(n, t, how);
}

static const struct ip4_wire *as4(const struct pkt *p)
{
	return (const void *)p->l3;
}

static const struct ip6_wire *as6(const struct pkt *p)
{
	return (const void *)p->l3;
}

struct inet_addr ip_src(const struct pkt *p)
{
	return ip_is6(p) ? as6(p)->src : inet_from4(as4(p)->src);
}

struct inet_addr ip_dst(const struct pkt *p)
{
	return ip_is6(p) ? as6(p)->dst : inet_from4(as4(p)->dst);
}

uint8_t ip_ttl(const struct pkt *p)
{
	return ip_is6(p) ? as6(p)->hop_limit : as4(p)->ttl;
}

uint32_t ip_flow_label(const struct pkt *p)
{
	return ip_is6(p) ? be32_get(as6(p)->ver_tc_flow) & IP6_FLOW_MASK : 0;
}

void ip_slice_init(struct ip_slicer *s, const struct tx *t)
{
	*s = (struct ip_slicer){.t = t, .head_at = t->head_at};
}

bool ip_slice(struct ip_slicer *s, size_t len, size_t spare, struct tx *out)
{
	size_t room = TX_HEADER_MAX - spare;
	size_t n = MIN(MIN(len, TX_HEADER_MAX - s->head_at), room);

	tx_init(out);
	memcpy(tx_push(out, n), s->t->head + s->head_at, n);
	s->head_at += n;
	/* What did not fit stays where it is, and is borrowed. */
	if (len > n && s->head_at < TX_HEADER_MAX) {
		size_t more = MIN(len - n, TX_HEADER_MAX - s->head_at);

		if (!tx_add(out, s->t->head + s->head_at, more))
			return false;
		s->head_at += more;
		n += more;
	}
	for (len -= n; len > 0; len -= n) {
		const struct iovec *v = &s->t->payload[s->piece];

		n = MIN(len, v->iov_len - s->skip);
		if (!tx_add(out, (const uint8_t *)v->iov_base + s->skip, n))
			return false;
		s->skip += n;
		if (s->skip == v->iov_len) {
			s->piece++;
			s->skip = 0;
		}
	}
	return true;
}
