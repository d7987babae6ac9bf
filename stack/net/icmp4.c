/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * icmp4.c - echo, and errors: the ones we send and the ones we must believe
 *
 * What this room is for
 *   Answers pings in the buffer they came in. Complains about packets, at a
 *   bounded rate and only where RFC 1122 lets a host complain. Reads what
 *   others say about our packets and hands it to the transport quoted, as an
 *   errno and a few facts, so that transports need not know ICMP.
 *
 * Comes in   ip4.c; eth.c about packets whose next hop does not answer.
 * Goes out   icmp.c, which tells the transport; pmtu.c.
 * Never      believes a quoted packet whose source is not ours.
 * Lock       the stack lock is held.
 * Follows    RFC 792, RFC 1122 3.2.2, RFC 1191, RFC 1812 4.3.2, RFC 5927.
 */
#define LOG_ROOM LOG_ROOM_ICMP

#include "icmp4.h"

#include <errno.h>
#include <string.h>

#include "link/cksum.h"
#include "ip4.h"
#include "ground/limits.h"
#include "ground/log.h"
#include "ground/must.h"

enum {
	/* RFC 1812 4.3.2.3: an error is at most 576 bytes long. */
	ERROR_PACKET_MAX = 576,
	/* RFC 1812 4.3.2.5: precedence of our errors. */
	TOS_INTERNETWORK_CONTROL = 0xc0,
	TOS_SERVICE = 0x1e,
};

/* What errors mean to a program: Linux's table. */
static const struct icmp_meaning meanings[] = {
	{ICMP4_UNREACHABLE, ICMP4_UNREACH_NET, ENETUNREACH, false},
	{ICMP4_UNREACHABLE, ICMP4_UNREACH_HOST, EHOSTUNREACH, false},
	{ICMP4_UNREACHABLE, ICMP4_UNREACH_PROTO, ENOPROTOOPT, true},
	{ICMP4_UNREACHABLE, ICMP4_UNREACH_PORT, ECONNREFUSED, true},
	{ICMP4_UNREACHABLE, ICMP4_UNREACH_FRAG, EMSGSIZE, false},
	{ICMP4_UNREACHABLE, ICMP4_UNREACH_SRCROUTE, EOPNOTSUPP, false},
	{ICMP4_UNREACHABLE, 6, ENETUNREACH, true}, /* net unknown */
	{ICMP4_UNREACHABLE, 7, EHOSTDOWN, true},   /* host unknown */
	{ICMP4_UNREACHABLE, 8, ENONET, true},      /* host isolated */
	{ICMP4_UNREACHABLE, ICMP4_UNREACH_ADMIN_NET, ENETUNREACH, true},
	{ICMP4_UNREACHABLE, ICMP4_UNREACH_ADMIN_HOST, EHOSTUNREACH, true},
	{ICMP4_UNREACHABLE, 11, ENETUNREACH, false},  /* net, for this TOS */
	{ICMP4_UNREACHABLE, 12, EHOSTUNREACH, false}, /* host, for this TOS */
	{ICMP4_UNREACHABLE, ICMP4_UNREACH_ADMIN, EHOSTUNREACH, true},
	{ICMP4_UNREACHABLE, 14, EHOSTUNREACH, true}, /* precedence */
	{ICMP4_UNREACHABLE, 15, EHOSTUNREACH, true}, /* precedence cutoff */
	{ICMP4_TIME_EXCEEDED, ICMP_ANY_CODE, EHOSTUNREACH, false},
	{ICMP4_PARAM_PROBLEM, ICMP_ANY_CODE, EPROTO, true},
};

static const struct ip4_wire *ip_of(const struct pkt *p)
{
	return (const void *)p->l3;
}

/* RFC 1122 3.2.2.6: the same data back, from the address that was asked. */
static enum verdict answer_echo(struct iface *ifp, struct pkt *p)
{
	const struct ip4_wire *ip = ip_of(p);
	struct ip_how how = {.src = inet_from4(ip->dst),
			     .dst = inet_from4(ip->src),
			     .proto = IP_PROTO_ICMP,
			     .tos = p->tos};
	struct icmp_wire *reply;
	struct icmp_wire asked;
	uint32_t sum;
	struct tx t;

	/* Deviation: RFC 1122 lets us answer; Linux does not, against floods.
	 */
	if (p->to_broadcast)
		return DROP_ICMP_BROADCAST;

	memcpy(&asked, p->data, sizeof(asked));
	tx_init(&t);
	reply = tx_push(&t, sizeof(*reply));
	*reply = asked;
	reply->type = ICMP4_ECHO_REPLY;

	/* RFC 1624 3: only the type changed, so only that is summed again. */
	sum = (uint16_t)~be16_get(asked.cksum);
	sum += (uint16_t) ~(ICMP4_ECHO_REQUEST << 8);
	reply->cksum = cksum_finish(sum);

	/* An echo of nothing but zeros needs the other zero; both verify. */
	if (be16_get(reply->cksum) == 0)
		reply->cksum = be16_make(0xffff);

	if (!tx_add(&t, p->data + sizeof(asked), p->len - sizeof(asked)))
		return DROP_NO_MEMORY;
	stats_add(&ifp->eng->stats, STAT_ICMP_OUT, 1);
	if (ip4_output(ifp->net, &t, &how) < 0)
		log_debug("%s: echo reply lost", ifp->name);
	return DONE;
}

static bool classify(uint8_t type, uint8_t code, struct icmp_error *e)
{
	return icmp_classify(e, meanings, ARRAY_LEN(meanings), type, code);
}

/*
 * Reads the quoted packet: whose it was, which connection. RFC 5927 4: a
 * packet that we cannot have sent is no reason to do anything.
 */
static bool read_quote(struct net *n, const uint8_t *quote, size_t len,
		       struct icmp_error *e)
{
	const struct ip4_wire *ip = (const void *)quote;
	size_t header;

	if (len < sizeof(*ip) || ip->ver_ihl >> 4 != 4)
		return false;
	header = ip4_wire_len(ip);
	if (header < sizeof(*ip) || len < header)
		return false;
	if (be16_get(ip->frag) & IP4_OFFSET)
		return false;

	e->local = inet_from4(ip->src);
	e->remote = inet_from4(ip->dst);
	e->proto = ip->proto;
	if (!net_is_local(n, &e->local))
		return false;

	return icmp_read_transport(e, quote + header, len - header);
}

/*
 * RFC 1191 5: remember the path before the transport asks for it. A router
 * that claims a larger MTU than the packet it refused is not believed; nor is
 * who cannot quote what we sent, for all connections on that path would pay.
 */
static bool learn_mtu(struct iface *ifp, struct icmp_error *e, uint16_t mtu,
		      uint16_t packet_len)
{
	struct net *n = ifp->net;

	if ((mtu >= packet_len && mtu != 0) || !icmp_is_ours(n, e))
		return false;
	pmtu_learn(&n->pmtu, &e->remote, mtu, packet_len);
	e->mtu = pmtu_get(&n->pmtu, &e->remote, ifp->mtu);
	return true;
}

static enum verdict input_error(struct iface *ifp, struct pkt *p)
{
	const struct icmp_wire *icmp = (const void *)p->data;
	const struct ip4_wire *quoted = (const void *)(p->data + sizeof(*icmp));
	struct icmp_error e = {.ifindex = ifp->index,
			       .offender = inet_from4(ip_of(p)->src)};

	if (p->to_broadcast || !classify(icmp->type, icmp->code, &e))
		return DROP_ICMP_TYPE;
	if (!read_quote(ifp->net, p->data + sizeof(*icmp),
			p->len - sizeof(*icmp), &e))
		return DROP_ICMP_EMBEDDED;
	if (e.type == ICMP4_UNREACHABLE && e.code == ICMP4_UNREACH_FRAG &&
	    !learn_mtu(ifp, &e, be16_get(icmp->seq),
		       be16_get(quoted->total_len)))
		return DROP_ICMP_EMBEDDED;
	return icmp_tell(ifp->net, &e);
}

/*
 * RFC 1122 3.2.2.2: for a network as for a host. Where a router's word counts
 * for nothing more than its quote, the quote must at least be ours.
 */
static enum verdict input_redirect(struct iface *ifp, struct pkt *p)
{
	const struct icmp_wire *icmp = (const void *)p->data;
	struct inet_addr from = inet_from4(ip_of(p)->src);
	struct icmp_error e = {0};
	struct ip4_addr to;
	struct inet_addr hop;

	if (p->to_broadcast || icmp->code > ICMP4_REDIRECT_TOS_HOST)
		return DROP_ICMP_TYPE;
	if (!read_quote(ifp->net, p->data + sizeof(*icmp),
			p->len - sizeof(*icmp), &e))
		return DROP_ICMP_EMBEDDED;
	memcpy(to.b, &icmp->id, sizeof(to.b));
	hop = inet_from4(to);
	return redirect_learn(ifp, &from, &e.remote, &hop) ? DONE
							   : DROP_ICMP_REDIRECT;
}

enum verdict icmp4_input(struct iface *ifp, struct pkt *p)
{
	const struct icmp_wire *icmp = (const void *)p->data;

	MUST_HOLD(&ifp->eng->lock);
	stats_add(&ifp->eng->stats, STAT_ICMP_IN, 1);
	if (p->len < sizeof(*icmp))
		return DROP_ICMP_SHORT;
	if (be16_get(cksum(p->data, p->len)) != 0)
		return DROP_ICMP_CHECKSUM;

	switch (icmp->type) {
	case ICMP4_ECHO_REQUEST:
		return answer_echo(ifp, p);
	case ICMP4_ECHO_REPLY:
		return icmp_give_reply(ifp, p);
	case ICMP4_UNREACHABLE:
	case ICMP4_TIME_EXCEEDED:
	case ICMP4_PARAM_PROBLEM:
		return input_error(ifp, p);
	case ICMP4_REDIRECT:
		return input_redirect(ifp, p);
	default:
		return DROP_ICMP_TYPE;
	}
}

/* RFC 1122 3.2.2: never about an ICMP error. Unknown types count as one. */
static bool is_icmp_error(const struct pkt *p)
{
	const struct ip4_wire *ip = ip_of(p);
	const uint8_t *type = p->l3 + ip4_wire_len(ip);

	if (ip->proto != IP_PROTO_ICMP)
		return false;
	if (type >= p->data + p->len)
		return true;
	return *type != ICMP4_ECHO_REQUEST && *type != ICMP4_ECHO_REPLY;
}

/* RFC 1122 3.2.2: the five occasions to be silent. */
static bool may_complain(const struct iface *ifp, const struct pkt *p)
{
	const struct ip4_wire *ip = ip_of(p);
	struct inet_addr src = inet_from4(ip->src);
	struct inet_addr dst = inet_from4(ip->dst);

	if (p->to_broadcast || inet_is_multicast(&dst) ||
	    net_is_broadcast(ifp->net, &dst))
		return false;
	if (be16_get(ip->frag) & IP4_OFFSET)
		return false;
	if (inet_is_any(&src) || inet_is_multicast(&src) ||
	    net_is_broadcast(ifp->net, &src))
		return false;
	if (inet_is_loopback(&src) && !ifp->is_loopback)
		return false;
	return !is_icmp_error(p);
}

void icmp4_send_error(struct iface *ifp, const struct pkt *p, uint8_t type,
		      uint8_t code, uint32_t word)
{
	const struct ip4_wire *ip = ip_of(p);
	size_t have = (size_t)(p->data + p->len - p->l3);
	size_t quote = MIN(have, ERROR_PACKET_MAX - sizeof(struct ip4_wire) -
					 sizeof(struct icmp_wire));
	struct ip_how how = {.dst = inet_from4(ip->src),
			     .proto = IP_PROTO_ICMP,
			     .tos = (ip->tos & TOS_SERVICE) |
				    TOS_INTERNETWORK_CONTROL};
	struct icmp_wire *icmp;
	struct inet_addr asked = inet_from4(ip->dst);
	uint32_t sum;
	struct tx t;

	if (!may_complain(ifp, p) || !icmp_take_token(ifp))
		return;
	if (net_is_local(ifp->net, &asked))
		how.src = asked;

	tx_init(&t);
	icmp = tx_push(&t, sizeof(*icmp));
	*icmp = (struct icmp_wire){.type = type,
				   .code = code,
				   .id = be16_make((uint16_t)(word >> 16)),
				   .seq = be16_make((uint16_t)word)};
	sum = cksum_partial(icmp, sizeof(*icmp), 0);
	icmp->cksum = cksum_finish(cksum_partial(ip, quote, sum));
	if (!tx_add(&t, ip, quote))
		return;
	stats_add(&ifp->eng->stats, STAT_ICMP_OUT, 1);
	if (ip4_output(ifp->net, &t, &how) < 0)
		log_debug("%s: ICMP error lost", ifp->name);
}

void icmp4_local_error(struct net *n, const struct pkt *p, uint8_t code)
{
	struct icmp_error e = {0};

	if (!classify(ICMP4_UNREACHABLE, code, &e) ||
	    !read_quote(n, p->data, p->len, &e))
		return;
	e.offender = e.local;
	icmp_tell(n, &e);
}
