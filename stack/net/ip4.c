/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * ip4.c - IPv4: validate, demultiplex, build; nothing about transports
 *
 * What this room is for
 *   In: a header is believed only after version, lengths, checksum, options
 *   and both addresses were looked at; fragments go through reasm.c. Out:
 *   puts the header on, and cuts what is too long and may be cut.
 *
 * Comes in   eth.c hands over frames of type 0x0800; transports send.
 * Goes out   up to ICMP, TCP and UDP (a switchboard); down to eth.c; what is
 *            for another host to forward.c, on a router.
 * Lock       the stack lock is held.
 * Follows    RFC 791, RFC 1122 3.2, RFC 6864 (identification).
 */
#include "ip4.h"

#include <errno.h>
#include <string.h>

#include "link/cksum.h"
#include "link/eth.h"
#include "forward.h"
#include "icmp4.h"
#include "igmp.h"
#include "reasm.h"
#include "ground/must.h"
#include "transport/raw.h"
#include "tcp/tcp.h"
#include "transport/udp.h"

enum {
	IP4_PACKET_MAX = 65535,
	/* What goes in front of a fragment's payload: ours and Ethernet's. */
	HEADERS_ROOM = sizeof(struct ip4_wire) + sizeof(struct eth_wire),
};

/* Every option but END and NOP has a length; source routes are refused. */
static enum verdict check_options(const uint8_t *opt, size_t len)
{
	size_t at = 0;

	while (at < len && opt[at] != IP4_OPT_END) {
		if (opt[at] == IP4_OPT_NOP) {
			at++;
			continue;
		}
		if (opt[at] == IP4_OPT_LSRR || opt[at] == IP4_OPT_SSRR)
			return DROP_IP_SOURCE_ROUTE;
		if (len - at < 2 || opt[at + 1] < 2 || opt[at + 1] > len - at)
			return DROP_IP_OPTION;
		at += opt[at + 1];
	}
	return DONE;
}

/* RFC 1122 3.2.1: what makes a header a header. Trims p to the packet. */
static enum verdict check_header(const struct iface *ifp, struct pkt *p)
{
	const struct ip4_wire *ip = (const void *)p->data;
	size_t header, total;

	if (p->len < sizeof(*ip))
		return DROP_IP_SHORT;
	if (ip->ver_ihl >> 4 != 4)
		return DROP_IP_VERSION;
	header = ip4_wire_len(ip);
	if (header < sizeof(*ip))
		return DROP_IP_HEADER_LENGTH;
	if (header > p->len)
		return DROP_IP_SHORT;
	total = be16_get(ip->total_len);
	if (total < header || total > p->len)
		return DROP_IP_TOTAL_LENGTH;

	/* Looped back, it never was on a wire. */
	if (!(ifp->is_loopback && p->csum == PKT_CSUM_PARTIAL) &&
	    be16_get(cksum(ip, header)) != 0)
		return DROP_IP_CHECKSUM;

	pkt_trim(p, total);
	if (header == sizeof(*ip))
		return DONE;
	return check_options(p->data + sizeof(*ip), header - sizeof(*ip));
}

/*
 * RFC 1122 3.2.1.3: a source is one host. Our own address as the source of
 * something on the wire is somebody else's mistake or forgery. Only a switch
 * that asks for groups may have no address (RFC 4541 2.1.1).
 */
static enum verdict check_source(const struct iface *ifp,
				 const struct inet_addr *src, uint8_t proto)
{
	if (proto == IP_PROTO_IGMP && inet_is_any(src) && !ifp->is_loopback)
		return DONE;
	if (ifp->is_loopback)
		return net_is_local(ifp->net, src) ? DONE : DROP_IP_SOURCE;
	if (inet_is_loopback(src))
		return DROP_IP_LOOPBACK;
	if (src->b[12] == 0 || inet_is_multicast(src) ||
	    net_is_broadcast(ifp->net, src) || net_is_local(ifp->net, src))
		return DROP_IP_SOURCE;
	return DONE;
}

static bool is_all_hosts(const struct inet_addr *dst)
{
	static const struct ip4_addr all_hosts = {{224, 0, 0, 1}};

	return ip4_equal(inet_to4(dst), all_hosts);
}

static bool is_group_of_ours(const struct iface *ifp,
			     const struct inet_addr *dst)
{
	return is_all_hosts(dst) || mcast_is_joined(ifp->net, dst, ifp->index);
}

static enum verdict check_destination(const struct iface *ifp, struct pkt *p,
				      const struct inet_addr *dst)
{
	if (inet_is_loopback(dst) && !ifp->is_loopback)
		return DROP_IP_LOOPBACK;
	if (net_accepts(ifp->net, ifp, dst))
		return DONE;
	if (inet_is_multicast(dst) ? is_group_of_ours(ifp, dst)
				   : iface_is_broadcast(ifp, dst)) {
		p->to_broadcast = true;
		return DONE;
	}
	if (dhcp4_expects(ifp, p))
		return DONE;
	return net_is_local(ifp->net, dst) ? DROP_IP_OTHER_LINK
					   : DROP_IP_NOT_OURS;
}

/* A router that asks about a group is heard, whatever it sends besides. */
static bool is_wanted(const struct iface *ifp, const struct inet_addr *src,
		      const struct inet_addr *dst, uint8_t proto)
{
	return !inet_is_multicast(dst) || proto == IP_PROTO_IGMP ||
	       is_all_hosts(dst) || mcast_wants(ifp->net, dst, src, ifp->index);
}

/* The switch of the switchboard. p->data is at the transport header. */
static enum verdict deliver(struct iface *ifp, struct pkt *p)
{
	const struct ip4_wire *ip = (const void *)p->l3;
	struct inet_addr src = inet_from4(ip->src);
	struct inet_addr dst = inet_from4(ip->dst);
	struct net *n = ifp->net;
	bool taken;

	if (!is_wanted(ifp, &src, &dst, ip->proto))
		return DROP_MCAST_SOURCE;
	p->l4 = p->data;
	stats_add(&n->eng->stats, STAT_IP_IN_DELIVERS, 1);
	taken = raw_input(n, ifp, p, ip->proto, &src, &dst);
	if (ip->proto == IP_PROTO_TCP)
		return n->tcp ? tcp_input(n->tcp, ifp, p, &src, &dst)
			      : DROP_IP_PROTOCOL;
	if (ip->proto == IP_PROTO_UDP)
		return n->udp ? udp_input(n->udp, ifp, p, &src, &dst)
			      : DROP_IP_PROTOCOL;
	if (ip->proto == IP_PROTO_ICMP)
		return icmp4_input(ifp, p);
	if (ip->proto == IP_PROTO_IGMP)
		return igmp_input(ifp, p);
	if (taken)
		return DONE;
	icmp4_send_error(ifp, p, ICMP4_UNREACHABLE, ICMP4_UNREACH_PROTO, 0);
	return DROP_IP_PROTOCOL;
}

/* Delivers what the last fragment completed, under its own verdict. */
static enum verdict input_fragment(struct iface *ifp, struct pkt *p)
{
	struct engine *eng = ifp->eng;
	struct pkt *whole = NULL;
	enum verdict v;

	v = reasm_input(&ifp->net->reasm, p, &whole);
	if (v != DONE)
		return v;
	v = deliver(ifp, whole);
	if (whole == p || v == TAKEN)
		return v;
	if (v > DONE)
		eng->stats.drops[v]++;
	pkt_free(eng->arena, whole);
	return TAKEN;
}

enum verdict ip4_input(struct iface *ifp, struct pkt *p)
{
	const struct ip4_wire *ip = (const void *)p->data;
	struct inet_addr src, dst;
	enum verdict v;

	MUST_HOLD(&ifp->eng->lock);
	stats_add(&ifp->eng->stats, STAT_IP_IN_RECEIVES, 1);

	v = check_header(ifp, p);
	if (v != DONE)
		return v;
	src = inet_from4(ip->src);
	dst = inet_from4(ip->dst);
	v = check_source(ifp, &src, ip->proto);
	if (v != DONE)
		return v;
	p->l3 = p->data;
	v = check_destination(ifp, p, &dst);
	if (v == DROP_IP_NOT_OURS && ifp->net->forwards &&
	    !inet_is_multicast(&dst))
		return forward4(ifp, p);
	if (v != DONE)
		return v;

	/* RFC 1122 3.2.1.7: a TTL of 0 or 1 is no reason to refuse it. */
	p->tos = ip->tos;
	if (!pkt_pull(p, ip4_wire_len(ip)))
		return DROP_IP_SHORT;
	if (be16_get(ip->frag) & (IP4_MF | IP4_OFFSET))
		return input_fragment(ifp, p);
	return deliver(ifp, p);
}

/*
 * RFC 6864 4: what cannot be fragmented needs no identification. For the rest
 * one counter, started elsewhere for each destination and protocol, so that
 * nobody can read from it how much we send to others.
 */
static uint16_t choose_id(struct net *n, const struct ip_how *how)
{
	struct {
		struct inet_addr src, dst;
		uint8_t proto;
	} key = {how->src, how->dst, how->proto};

	if (how->dont_fragment)
		return 0;
	return (uint16_t)(rand_siphash(&n->eng->hash_key, &key, sizeof(key)) +
			  n->ip_id++);
}

static uint8_t ttl_of(const struct ip_how *how)
{
	if (how->ttl_is_zero)
		return 0;
	return how->ttl ? how->ttl : IP_TTL_DEFAULT;
}

static size_t header_len(const struct ip_how *how)
{
	return sizeof(struct ip4_wire) + (how->router_alert ? 4 : 0);
}

static void push_header(struct tx *t, const struct ip_how *how, uint16_t id,
			uint16_t frag)
{
	static const uint8_t alert[4] = {IP4_OPT_ROUTER_ALERT, 4, 0, 0};
	size_t header = header_len(how);
	uint16_t total = (uint16_t)(tx_len(t) + header);
	struct ip4_wire *ip;

	if (how->router_alert)
		memcpy(tx_push(t, sizeof(alert)), alert, sizeof(alert));
	ip = tx_push(t, sizeof(*ip));
	*ip = (struct ip4_wire){
		.ver_ihl = (uint8_t)(0x40 | header / 4),
		.tos = how->tos,
		.total_len = be16_make(total),
		.id = be16_make(id),
		.frag = be16_make(frag),
		.ttl = ttl_of(how),
		.proto = how->proto,
		.src = inet_to4(&how->src),
		.dst = inet_to4(&how->dst),
	};
	ip->cksum = cksum(ip, header);
}

/* RFC 791 3.2: pieces of a multiple of 8 bytes, the same identification. */
static int output_fragments(struct net *n, struct tx *t,
			    const struct ip_how *how, const struct path *path,
			    uint32_t mtu)
{
	size_t total = tx_len(t), at = 0;
	size_t room = (mtu - sizeof(struct ip4_wire)) & ~(size_t)7;
	struct ip_slicer s;
	uint16_t id = choose_id(n, how);

	tx_finish_csum(t);
	ip_slice_init(&s, t);
	while (at < total) {
		size_t len = MIN(room, total - at);
		uint16_t frag = (uint16_t)(at / 8);
		struct tx piece;
		int err;

		if (!ip_slice(&s, len, HEADERS_ROOM, &piece))
			return -ENOBUFS;
		if (at + len < total)
			frag |= IP4_MF;
		push_header(&piece, how, id, frag);
		stats_add(&n->eng->stats, STAT_IP_FRAG_CREATES, 1);
		err = eth_output_to(path->ifp, &piece, &path->next_hop);
		if (err)
			return err;
		at += len;
	}
	return 0;
}

/* TCP never talks to many; the others need permission. */
static bool is_forbidden(const struct iface *ifp, const struct ip_how *how)
{
	return how->proto != IP_PROTO_TCP && !how->broadcast_ok &&
	       iface_is_broadcast(ifp, &how->dst);
}

int ip4_output(struct net *n, struct tx *t, const struct ip_how *how)
{
	size_t len = tx_len(t) + (how->has_header ? 0 : header_len(how));
	const struct path *path = how->path;
	struct ip_how chosen;
	struct path found;
	uint32_t mtu;
	int err;

	stats_add(&n->eng->stats, STAT_IP_OUT_REQUESTS, 1);
	if (!path) {
		err = route_lookup_on(n, &how->dst, &how->src, how->ifindex,
				      &found);
		if (err) {
			stats_add(&n->eng->stats, STAT_IP_OUT_NO_ROUTES, 1);
			return err;
		}
		path = &found;
	}
	if (inet_is_any(&how->src)) {
		chosen = *how;
		chosen.src = path->source;
		how = &chosen;
	}
	if (UNLIKELY(is_forbidden(path->ifp, how)))
		return -EACCES;
	if (len > IP4_PACKET_MAX)
		return -EMSGSIZE;

	mtu = how->ignore_pmtu ? path->ifp->mtu : path->mtu;
	if (t->gso == TX_GSO_NONE && len > mtu) {
		if (how->dont_fragment || how->has_header ||
		    mtu < LIMIT_IP4_MTU_MIN)
			return -EMSGSIZE;
		return output_fragments(n, t, how, path, mtu);
	}
	if (!how->has_header)
		push_header(t, how, choose_id(n, how),
			    how->dont_fragment ? IP4_DF : 0);
	return eth_output_to(path->ifp, t, &path->next_hop);
}
