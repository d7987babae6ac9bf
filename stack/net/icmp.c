/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * icmp.c - what ICMP for IPv4 and for IPv6 have in common
 *
 * What this room is for
 *   What an error means, by the tables of both versions; which transport a
 *   quoted packet belongs to; and a token bucket for the errors of both
 *   together.
 *
 * Comes in   icmp4.c, icmp6.c.
 * Goes out   up to TCP and UDP (a switchboard).
 * Lock       the stack lock is held.
 * Proved by  icmp4_test.c and icmp6_test.c
 * Follows    RFC 5927 4; RFC 1812 4.3.2.8, RFC 4443 2.4 (f).
 */
#include "icmp.h"

#include "icmp4.h"
#include "icmp6.h"
#include "ground/limits.h"
#include "transport/raw.h"
#include "tcp/tcp.h"
#include "transport/udp.h"

/* RFC 792: a quoted transport header has at least this much. */
enum { QUOTED_MIN = 8 };

bool icmp_classify(struct icmp_error *e, const struct icmp_meaning *meanings,
		   size_t n, uint8_t type, uint8_t code)
{
	for (size_t i = 0; i < n; i++) {
		const struct icmp_meaning *m = &meanings[i];

		if (m->type != type ||
		    (m->code != code && m->code != ICMP_ANY_CODE))
			continue;
		e->type = type;
		e->code = code;
		e->error = m->error;
		e->hard = m->hard;
		return true;
	}
	return false;
}

bool icmp_read_transport(struct icmp_error *e, const uint8_t *l4, size_t len)
{
	if (len < QUOTED_MIN)
		return false;
	e->quote = l4;
	e->quote_len = len;

	if (e->proto == IP_PROTO_ICMP || e->proto == IP_PROTO_ICMP6) {
		/* Of an echo: its identifier, which is a port to raw.c. */
		e->local_port = (uint16_t)(l4[4] << 8 | l4[5]);
		return true;
	}
	/* TCP and UDP begin with the same two ports. */
	e->local_port = (uint16_t)(l4[0] << 8 | l4[1]);
	e->remote_port = (uint16_t)(l4[2] << 8 | l4[3]);
	if (e->proto == IP_PROTO_TCP)
		e->seq = (uint32_t)l4[4] << 24 | (uint32_t)l4[5] << 16 |
			 (uint32_t)l4[6] << 8 | l4[7];
	return true;
}

enum verdict icmp_tell(struct net *n, const struct icmp_error *e)
{
	bool heard = raw_icmp_error(n, e);

	if (e->proto == IP_PROTO_TCP && n->tcp) {
		tcp_icmp_error(n->tcp, e);
		return DONE;
	}
	if (e->proto == IP_PROTO_UDP && n->udp) {
		udp_icmp_error(n->udp, e);
		return DONE;
	}
	return heard ? DONE : DROP_ICMP_EMBEDDED;
}

enum verdict icmp_give_reply(struct iface *ifp, struct pkt *p)
{
	return raw_echo_reply(ifp, p);
}

bool icmp_is_ours(struct net *n, const struct icmp_error *e)
{
	if (e->proto == IP_PROTO_TCP && n->tcp)
		return tcp_icmp_is_ours(n->tcp, e);
	return e->proto == IP_PROTO_UDP && n->udp &&
	       udp_icmp_is_ours(n->udp, e);
}

void icmp_send_port_unreachable(struct iface *ifp, const struct pkt *p)
{
	if (ip_is6(p))
		icmp6_send_error(ifp, p, ICMP6_UNREACHABLE, ICMP6_UNREACH_PORT,
				 0);
	else
		icmp4_send_error(ifp, p, ICMP4_UNREACHABLE, ICMP4_UNREACH_PORT,
				 0);
}

bool icmp_take_token(struct iface *ifp)
{
	struct net *n = ifp->net;
	usecs now = n->eng->now;
	usecs each = USECS_PER_SEC / LIMIT_ICMP_PER_SEC;
	uint64_t fresh =
		now > n->icmp_refill ? (now - n->icmp_refill) / each : 0;

	if (ifp->is_loopback)
		return true;
	n->icmp_refill += fresh * each;
	n->icmp_tokens = (uint32_t)MIN(n->icmp_tokens + fresh,
				       (uint64_t)LIMIT_ICMP_BURST);
	if (n->icmp_tokens == 0) {
		stats_add(&n->eng->stats, STAT_ICMP_OUT_LIMITED, 1);
		return false;
	}
	n->icmp_tokens--;
	return true;
}
