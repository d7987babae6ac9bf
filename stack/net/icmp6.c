/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * icmp6.c - ICMPv6: echo, errors sent and errors believed
 *
 * What this room is for
 *   Answers pings; complains about packets where RFC 4443 lets a host complain
 *   and at a bounded rate; reads what others say about our packets and hands
 *   it to the transport quoted, in words that transports know.
 *
 * Comes in   ip6.c; eth.c about packets whose next hop does not answer.
 * Goes out   icmp.c, which tells the transport; pmtu.c.
 * Never      believes a quoted packet whose source is not ours.
 * Lock       the stack lock is held.
 * Follows    RFC 4443, RFC 8201 4, RFC 5927.
 */
#define LOG_ROOM LOG_ROOM_ICMP

#include "icmp6.h"

#include <errno.h>
#include <string.h>

#include "link/cksum.h"
#include "ip6_ext.h"
#include "ground/limits.h"
#include "ground/log.h"
#include "ground/must.h"
#include "mld.h"
#include "nd.h"

/* What errors mean to a program: Linux's table. */
static const struct icmp_meaning meanings[] = {
	{ICMP6_UNREACHABLE, ICMP6_UNREACH_ROUTE, ENETUNREACH, false},
	{ICMP6_UNREACHABLE, ICMP6_UNREACH_ADMIN, EACCES, true},
	{ICMP6_UNREACHABLE, ICMP6_UNREACH_SCOPE, EHOSTUNREACH, false},
	{ICMP6_UNREACHABLE, ICMP6_UNREACH_ADDR, EHOSTUNREACH, false},
	{ICMP6_UNREACHABLE, ICMP6_UNREACH_PORT, ECONNREFUSED, true},
	{ICMP6_UNREACHABLE, ICMP6_UNREACH_POLICY, EACCES, true},
	{ICMP6_UNREACHABLE, ICMP6_UNREACH_REJECT, EACCES, true},
	{ICMP6_TOO_BIG, ICMP_ANY_CODE, EMSGSIZE, false},
	{ICMP6_TIME_EXCEEDED, ICMP_ANY_CODE, EHOSTUNREACH, false},
	{ICMP6_PARAM_PROBLEM, ICMP_ANY_CODE, EPROTO, true},
};

static const struct ip6_wire *ip_of(const struct pkt *p)
{
	return (const void *)p->l3;
}

static bool is_scoped(const struct inet_addr *a)
{
	return inet_is_link_local(a) || inet_is_multicast(a);
}

int icmp6_output(struct net *n, struct tx *t, const struct ip_how *how)
{
	uint32_t sum = cksum_pseudo(&how->src, &how->dst, IP_PROTO_ICMP6,
				    (uint32_t)tx_len(t));
	struct icmp6_wire *icmp = (void *)(t->head + t->head_at);

	icmp->cksum = be16_make(cksum_fold(sum));
	tx_set_csum(t, offsetof(struct icmp6_wire, cksum));
	stats_add(&n->eng->stats, STAT_ICMP6_OUT, 1);
	return ip_output(n, t, how);
}

/* Finds the way to how->dst, and a source if there is none yet. */
static int choose_way(struct iface *ifp, struct ip_how *how, struct path *path)
{
	int err;

	how->proto = IP_PROTO_ICMP6;
	if (is_scoped(&how->dst) && !ifp->is_loopback)
		how->ifindex = ifp->index;
	err = route_lookup_on(ifp->net, &how->dst, &how->src, how->ifindex,
			      path);
	if (err)
		return err;
	how->src = path->source;
	how->path = path;
	return 0;
}

/* RFC 4443 4.2: the same data back, from the address that was asked. */
static enum verdict answer_echo(struct iface *ifp, struct pkt *p)
{
	const struct icmp6_wire *asked = (const void *)p->data;
	struct ip_how how = {.dst = ip_of(p)->src, .tos = p->tos};
	struct icmp6_wire *reply;
	struct path path;
	struct tx t;

	if (inet_is_any(&how.dst))
		return DROP_IP6_SOURCE;
	if (!p->to_broadcast)
		how.src = ip_of(p)->dst;
	if (choose_way(ifp, &how, &path) < 0)
		return DROP_IP6_SOURCE;

	tx_init(&t);
	reply = tx_push(&t, sizeof(*reply));
	*reply = (struct icmp6_wire){.type = ICMP6_ECHO_REPLY,
				     .word = asked->word};
	if (!tx_add(&t, p->data + sizeof(*asked), p->len - sizeof(*asked)))
		return DROP_NO_MEMORY;
	if (icmp6_output(ifp->net, &t, &how) < 0)
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
	const struct ip6_wire *ip = (const void *)quote;
	struct ip6_walk w;

	if (len < sizeof(*ip) || quote[0] >> 4 != 6)
		return false;
	ip6_walk_start(&w, quote, len);
	if (!ip6_walk_skip(&w) || w.frag & IP6_FRAG_OFFSET)
		return false;

	e->local = ip->src;
	e->remote = ip->dst;
	e->proto = ip6_walk_type(&w);
	if (inet_is4(&ip->src) || inet_is4(&ip->dst) ||
	    !net_is_local(n, &e->local))
		return false;
	return icmp_read_transport(e, quote + w.at, len - w.at);
}

/*
 * RFC 8201 4: what claims less than every link must carry is not believed,
 * nor a router that refuses less than it could take, nor who cannot quote what
 * we sent, for all connections on that path would pay.
 */
static bool learn_mtu(struct iface *ifp, struct icmp_error *e, uint32_t mtu,
		      uint32_t packet_len)
{
	struct net *n = ifp->net;

	if (mtu < LIMIT_IP6_MTU_MIN || mtu >= packet_len || !icmp_is_ours(n, e))
		return false;
	pmtu_learn(&n->pmtu, &e->remote, mtu, packet_len);
	e->mtu = pmtu_get(&n->pmtu, &e->remote, iface_mtu(ifp, &e->remote));
	return true;
}

static enum verdict input_error(struct iface *ifp, struct pkt *p)
{
	const struct icmp6_wire *icmp = (const void *)p->data;
	const uint8_t *quote = p->data + sizeof(*icmp);
	const struct ip6_wire *quoted = (const void *)quote;
	struct icmp_error e = {.ifindex = ifp->index,
			       .offender = ip_of(p)->src};

	if (p->to_broadcast || !classify(icmp->type, icmp->code, &e))
		return DROP_ICMP_TYPE;
	if (!read_quote(ifp->net, quote, p->len - sizeof(*icmp), &e))
		return DROP_ICMP_EMBEDDED;
	if (e.type == ICMP6_TOO_BIG &&
	    !learn_mtu(ifp, &e, be32_get(icmp->word),
		       (uint32_t)sizeof(*quoted) +
			       be16_get(quoted->payload_len)))
		return DROP_ICMP_EMBEDDED;
	return icmp_tell(ifp->net, &e);
}

static bool is_checksum_right(const struct pkt *p)
{
	uint32_t sum = cksum_pseudo(&ip_of(p)->src, &ip_of(p)->dst,
				    IP_PROTO_ICMP6, p->len);

	if (p->csum != PKT_CSUM_UNKNOWN)
		return true;
	return cksum_fold(cksum_partial(p->data, p->len, sum)) == 0xffff;
}

enum verdict icmp6_input(struct iface *ifp, struct pkt *p)
{
	const struct icmp6_wire *icmp = (const void *)p->data;

	MUST_HOLD(&ifp->eng->lock);
	stats_add(&ifp->eng->stats, STAT_ICMP6_IN, 1);
	if (p->len < sizeof(*icmp))
		return DROP_ICMP_SHORT;
	if (!is_checksum_right(p))
		return DROP_ICMP_CHECKSUM;
	if (icmp->type >= ICMP6_ROUTER_SOLICIT && icmp->type <= ICMP6_REDIRECT)
		return nd_input(ifp, p);
	/* Somebody else speaks with our address. */
	if (!ifp->is_loopback && net_is_local(ifp->net, &ip_of(p)->src))
		return DROP_IP6_SOURCE;
	if (mld_is_type(icmp->type))
		return mld_input(ifp, p);

	switch (icmp->type) {
	case ICMP6_ECHO_REQUEST:
		return answer_echo(ifp, p);
	case ICMP6_ECHO_REPLY:
		return icmp_give_reply(ifp, p);
	case ICMP6_UNREACHABLE:
	case ICMP6_TOO_BIG:
	case ICMP6_TIME_EXCEEDED:
	case ICMP6_PARAM_PROBLEM:
		return input_error(ifp, p);
	default:
		return DROP_ICMP_TYPE;
	}
}

/* RFC 4443 2.4 (e): never about an error or a redirect. */
static bool is_icmp_error(const struct pkt *p)
{
	struct ip6_walk w;

	ip6_walk_start(&w, p->l3, (size_t)(p->data + p->len - p->l3));
	if (!ip6_walk_skip(&w) || ip6_walk_type(&w) != IP_PROTO_ICMP6)
		return false;
	if (w.at >= w.len)
		return true;
	return w.ip6[w.at] < ICMP6_INFORMATIONAL ||
	       w.ip6[w.at] == ICMP6_REDIRECT;
}

/* RFC 4443 2.4 (e): when to be silent. */
static bool may_complain(const struct pkt *p, uint8_t type, uint8_t code)
{
	const struct ip6_wire *ip = ip_of(p);
	bool also_group =
		type == ICMP6_TOO_BIG ||
		(type == ICMP6_PARAM_PROBLEM && code == ICMP6_PARAM_OPTION);

	if ((p->to_broadcast || inet_is_multicast(&ip->dst)) && !also_group)
		return false;
	if (inet_is_any(&ip->src) || inet_is_multicast(&ip->src))
		return false;
	return !is_icmp_error(p);
}

void icmp6_send_error(struct iface *ifp, const struct pkt *p, uint8_t type,
		      uint8_t code, uint32_t word)
{
	const struct ip6_wire *ip = ip_of(p);
	size_t have = (size_t)(p->data + p->len - p->l3);
	size_t quote = MIN(have, LIMIT_IP6_MTU_MIN - sizeof(struct ip6_wire) -
					 sizeof(struct icmp6_wire));
	struct ip_how how = {.dst = ip->src};
	struct icmp6_wire *icmp;
	struct path path;
	struct tx t;

	if (!may_complain(p, type, code) || !icmp_take_token(ifp))
		return;
	if (net_is_local(ifp->net, &ip->dst))
		how.src = ip->dst;
	if (choose_way(ifp, &how, &path) < 0)
		return;

	tx_init(&t);
	icmp = tx_push(&t, sizeof(*icmp));
	*icmp = (struct icmp6_wire){
		.type = type, .code = code, .word = be32_make(word)};
	if (!tx_add(&t, ip, quote))
		return;
	if (icmp6_output(ifp->net, &t, &how) < 0)
		log_debug("%s: ICMPv6 error lost", ifp->name);
}

void icmp6_local_error(struct net *n, const struct pkt *p, uint8_t code)
{
	struct icmp_error e = {0};

	if (!classify(ICMP6_UNREACHABLE, code, &e) ||
	    !read_quote(n, p->data, p->len, &e))
		return;
	e.offender = e.local;
	icmp_tell(n, &e);
}
