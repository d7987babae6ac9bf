/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * ip6.c - IPv6: validate, demultiplex, build; nothing about transports
 *
 * What this room is for
 *   In: a header is believed only after version, length and both addresses
 *   were looked at; then the chain of extension headers is walked to the
 *   transport. Out: puts the header on, with a flow label that is the same for
 *   all packets of a flow, and cuts what is too long and may be cut.
 *
 * Comes in   eth.c hands over frames of type 0x86dd; transports send.
 * Goes out   up to ICMPv6, TCP and UDP (a switchboard); down to eth.c.
 *            What is for another host goes to forward.c, on a router.
 * Lock       the stack lock is held.
 * Follows    RFC 8200, RFC 6437 3 (flow label), RFC 4007 9 (zones),
 *            RFC 4291 2.5, RFC 8021 (no atomic fragments).
 */
#include "ip6.h"

#include <errno.h>
#include <string.h>

#include "link/cksum.h"
#include "link/eth.h"
#include "forward.h"
#include "icmp6.h"
#include "ip6_ext.h"
#include "mld.h"
#include "ground/must.h"
#include "reasm.h"
#include "transport/raw.h"
#include "tcp/tcp.h"
#include "transport/udp.h"

enum {
	IP6_PAYLOAD_MAX = 65535,
	/* What goes in front of a fragment's payload. */
	HEADERS_ROOM = sizeof(struct eth_wire) + sizeof(struct ip6_wire) +
		       sizeof(struct ip6_frag_wire) + IP_EXT_MAX,
};

/* RFC 8200 3: what makes a header a header. Trims p to the packet. */
static enum verdict check_header(struct pkt *p)
{
	const struct ip6_wire *ip = (const void *)p->data;
	size_t total;

	if (p->len < sizeof(*ip))
		return DROP_IP6_SHORT;
	if (ip->ver_tc_flow.b[0] >> 4 != 6)
		return DROP_IP6_VERSION;
	total = sizeof(*ip) + be16_get(ip->payload_len);
	if (total > p->len)
		return DROP_IP6_LENGTH;
	pkt_trim(p, total);
	return DONE;
}

/*
 * RFC 4291 2.5, 2.7: a source is one host. What stands for IPv4 in our tables
 * must not come from the wire. Our own address may be the source of neighbour
 * discovery only, when another host has it too: icmp6.c looks at that.
 */
static enum verdict check_source(const struct iface *ifp,
				 const struct ip6_wire *ip)
{
	const struct inet_addr *src = &ip->src;

	if (ifp->is_loopback)
		return net_is_local(ifp->net, src) && !inet_is4(src)
			       ? DONE
			       : DROP_IP6_SOURCE;
	if (inet_is_loopback(src))
		return DROP_IP6_LOOPBACK;
	if (inet_is4(src) || inet_is_multicast(src))
		return DROP_IP6_SOURCE;
	return DONE;
}

static bool is_group_of_ours(const struct iface *ifp, const struct ip6_wire *ip)
{
	return iface_is_own_group6(ifp, &ip->dst) ||
	       mcast_is_joined(ifp->net, &ip->dst, ifp->index);
}

/* RFC 4007 9: an address that means something on one link only is ours only
 * on that link; the strong model keeps the others to theirs, too. */
static enum verdict check_destination(const struct iface *ifp, struct pkt *p,
				      const struct ip6_wire *ip)
{
	const struct inet_addr *dst = &ip->dst;

	if (inet_is4(dst) || inet_is_any(dst))
		return DROP_IP6_NOT_OURS;
	if (inet_is_loopback(dst) && !ifp->is_loopback)
		return DROP_IP6_LOOPBACK;
	if (inet_is_multicast(dst)) {
		p->to_broadcast = true;
		return is_group_of_ours(ifp, ip) ? DONE : DROP_IP6_NOT_OURS;
	}
	if (iface_owns(ifp, dst))
		return DONE;
	if (inet_is_link_local(dst) && !ifp->is_loopback)
		return DROP_IP6_NOT_OURS;
	if (net_accepts(ifp->net, ifp, dst))
		return DONE;
	return net_is_local(ifp->net, dst) ? DROP_IP6_OTHER_LINK
					   : DROP_IP6_NOT_OURS;
}

/* Is this a packet that TCP and UDP may see? */
static bool has_usable_source(const struct iface *ifp,
			      const struct inet_addr *src)
{
	return ifp->is_loopback ||
	       (!inet_is_any(src) && !net_is_local(ifp->net, src));
}

/* A router that asks about a group is heard, whatever it sends besides. */
static bool is_wanted(const struct iface *ifp, const struct pkt *p,
		      const struct ip6_wire *ip, uint8_t proto)
{
	return !inet_is_multicast(&ip->dst) ||
	       iface_is_own_group6(ifp, &ip->dst) ||
	       mcast_wants(ifp->net, &ip->dst, &ip->src, ifp->index) ||
	       (proto == IP_PROTO_ICMP6 && p->len && mld_is_type(p->data[0]));
}

/* The switch of the switchboard. The walk is at the transport header. */
static enum verdict deliver(struct iface *ifp, struct pkt *p,
			    const struct ip6_walk *w)
{
	const struct ip6_wire *ip = (const void *)p->l3;
	struct net *n = ifp->net;
	uint8_t proto = ip6_walk_type(w);
	bool taken;

	if (!is_wanted(ifp, p, ip, proto))
		return DROP_MCAST_SOURCE;
	p->l4 = p->data;
	stats_add(&n->eng->stats, STAT_IP6_IN_DELIVERS, 1);
	taken = raw_input(n, ifp, p, proto, &ip->src, &ip->dst);
	if (proto == IP_PROTO_ICMP6)
		return icmp6_input(ifp, p);
	if (proto == IP6_NEXT_NONE)
		return DONE;
	if (!has_usable_source(ifp, &ip->src))
		return DROP_IP6_SOURCE;
	if (proto == IP_PROTO_TCP && n->tcp)
		return tcp_input(n->tcp, ifp, p, &ip->src, &ip->dst);
	if (proto == IP_PROTO_UDP && n->udp)
		return udp_input(n->udp, ifp, p, &ip->src, &ip->dst);
	if (taken)
		return DONE;
	icmp6_send_error(ifp, p, ICMP6_PARAM_PROBLEM, ICMP6_PARAM_NEXT,
			 (uint32_t)w->next_at);
	return DROP_IP6_PROTOCOL;
}

/* Complains as the chain's walk asks. */
static void complain(struct iface *ifp, struct pkt *p,
		     const struct ip6_complaint *c)
{
	bool to_group = p->to_broadcast;

	if (!c->due || (to_group && !c->also_group))
		return;
	icmp6_send_error(ifp, p, ICMP6_PARAM_PROBLEM, c->code, c->pointer);
}

/* At the fragment header of a packet that is no atomic fragment. */
static enum verdict input_fragment(struct iface *ifp, struct pkt *p,
				   struct pkt **whole)
{
	if (!pkt_pull(p, sizeof(struct ip6_frag_wire)))
		return DROP_IP6_EXTENSION;
	return reasm_input(&ifp->net->reasm, p, whole);
}

/*
 * Walks the chain and delivers. DONE with *whole set: the packet went into a
 * datagram that is complete now, and that has to be walked in its turn.
 */
static enum verdict walk(struct iface *ifp, struct pkt *p, struct pkt **whole)
{
	struct ip6_complaint c;
	struct ip6_walk w;

	*whole = NULL;
	ip6_walk_start(&w, p->l3, (size_t)(p->data + p->len - p->l3));
	if (!pkt_pull(p, (size_t)(p->l3 + w.at - p->data)))
		return DROP_IP6_SHORT;
	while (ip6_is_extension(ip6_walk_type(&w))) {
		size_t at = w.at;
		enum verdict v;

		if (ip6_walk_at_fragment(&w))
			return input_fragment(ifp, p, whole);
		v = ip6_walk_step(&w, &c);
		if (v != DONE) {
			complain(ifp, p, &c);
			return v;
		}
		pkt_pull(p, w.at - at);
	}
	return deliver(ifp, p, &w);
}

/*
 * Delivers what the last fragment completed, under its own verdict. It has no
 * fragment header any more, so it cannot complete another one; a second one
 * inside it is refused.
 */
static enum verdict input_whole(struct iface *ifp, struct pkt *whole)
{
	struct engine *eng = ifp->eng;
	struct pkt *again = NULL;
	enum verdict v;

	pkt_push(whole, (size_t)(whole->data - whole->l3));
	v = walk(ifp, whole, &again);
	if (again) {
		pkt_free(eng->arena, again);
		return TAKEN;
	}
	if (v == TAKEN)
		return TAKEN;
	if (v > DONE)
		eng->stats.drops[v]++;
	pkt_free(eng->arena, whole);
	return TAKEN;
}

enum verdict ip6_input(struct iface *ifp, struct pkt *p)
{
	const struct ip6_wire *ip = (const void *)p->data;
	struct pkt *whole;
	enum verdict v;

	MUST_HOLD(&ifp->eng->lock);
	stats_add(&ifp->eng->stats, STAT_IP6_IN_RECEIVES, 1);

	v = check_header(p);
	if (v == DONE)
		v = check_source(ifp, ip);
	p->l3 = p->data;
	if (v == DONE)
		v = check_destination(ifp, p, ip);
	if (v == DROP_IP6_NOT_OURS && ifp->net->forwards &&
	    !inet_is4(&ip->dst) && !inet_is_multicast(&ip->dst))
		return forward6(ifp, p);
	if (v != DONE)
		return v;

	/* RFC 8200 3: a hop limit of 0 is no reason for a host to refuse. */
	p->tos = (uint8_t)(be32_get(ip->ver_tc_flow) >> IP6_TCLASS_SHIFT);
	v = walk(ifp, p, &whole);
	return whole ? input_whole(ifp, whole) : v;
}

/* Out. */

/*
 * RFC 6437 3: from the addresses and, where there are any, the ports, keyed, so
 * that nobody can guess one flow's label from another's. Never 0.
 */
static uint32_t choose_label(struct net *n, const struct tx *t,
			     const struct ip_how *how)
{
	struct {
		struct inet_addr src, dst;
		uint8_t ports[4];
		uint8_t proto;
	} key = {how->src, how->dst, {0}, how->proto};
	uint32_t label;

	if (how->flow_label || how->no_flow_label)
		return how->flow_label & IP6_FLOW_MASK;
	if ((how->proto == IP_PROTO_TCP || how->proto == IP_PROTO_UDP) &&
	    tx_head_len(t) >= sizeof(key.ports))
		memcpy(key.ports, tx_head(t), sizeof(key.ports));
	label = (uint32_t)rand_siphash(&n->eng->hash_key, &key, sizeof(key));
	label &= IP6_FLOW_MASK;
	return label ? label : 1;
}

/* What the program wants, or what routers say (RFC 4861 6.3.2). */
static uint8_t hops_of(const struct ip_how *how, const struct iface *ifp)
{
	if (how->ttl_is_zero)
		return 0;
	if (how->ttl)
		return how->ttl;
	return ifp->hops6 ? ifp->hops6 : IP_TTL_DEFAULT;
}

/* `next` is what stands behind the last of them. */
static void push_extensions(struct tx *t, const struct ip_how *how,
			    uint8_t next)
{
	uint8_t *at;
	size_t last = 0;

	if (!how->ext_len)
		return;
	at = tx_push(t, how->ext_len);
	memcpy(at, how->ext, how->ext_len);
	while (last + 8u + 8u * at[last + 1] < how->ext_len)
		last += 8u + 8u * at[last + 1];
	at[last] = next;
}

/* In front of everything; `next` is the type of what t begins with. */
static void push_header(struct tx *t, const struct ip_how *how,
			const struct iface *ifp, uint8_t next, uint32_t label)
{
	uint16_t len = (uint16_t)tx_len(t);
	struct ip6_wire *ip = tx_push(t, sizeof(*ip));

	*ip = (struct ip6_wire){
		.ver_tc_flow = be32_make(
			6u << 28 | (uint32_t)how->tos << IP6_TCLASS_SHIFT |
			label),
		.payload_len = be16_make(len),
		.next = next,
		.hop_limit = hops_of(how, ifp),
		.src = how->src,
		.dst = how->dst,
	};
}

/*
 * RFC 8200 4.5: pieces of a multiple of 8 bytes. Extension headers of ours are
 * repeated by each fragment: hop-by-hop options have to, and destination
 * options before a fragment header are looked at by the same host.
 */
static int output_fragments(struct net *n, struct tx *t,
			    const struct ip_how *how, const struct path *path,
			    uint32_t mtu, uint32_t label)
{
	size_t total = tx_len(t), at = 0;
	size_t headers = sizeof(struct ip6_wire) + how->ext_len +
			 sizeof(struct ip6_frag_wire);
	size_t room = (mtu - headers) & ~(size_t)7;
	be32 id = be32_make(rand_u32(&n->eng->rand));
	struct ip_slicer s;

	tx_finish_csum(t);
	ip_slice_init(&s, t);
	while (at < total) {
		size_t len = MIN(room, total - at);
		uint16_t more = at + len < total ? IP6_MF : 0;
		struct ip6_frag_wire *f;
		struct tx piece;
		int err;

		if (!ip_slice(&s, len, HEADERS_ROOM, &piece))
			return -ENOBUFS;
		f = tx_push(&piece, sizeof(*f));
		*f = (struct ip6_frag_wire){
			.next = how->proto,
			.frag = be16_make((uint16_t)(at | more)),
			.id = id,
		};
		push_extensions(&piece, how, IP6_NEXT_FRAGMENT);
		push_header(&piece, how, path->ifp,
			    how->ext_len ? how->ext_first : IP6_NEXT_FRAGMENT,
			    label);
		stats_add(&n->eng->stats, STAT_IP6_FRAG_CREATES, 1);
		err = eth_output_to(path->ifp, &piece, &path->next_hop);
		if (err)
			return err;
		at += len;
	}
	return 0;
}

/* The way, and with it the source. *how may be replaced by *chosen. */
static int find_way(struct net *n, const struct ip_how **how,
		    struct ip_how *chosen, const struct path **path,
		    struct path *found)
{
	int err;

	*path = (*how)->path;
	if (!*path) {
		err = route_lookup_on(n, &(*how)->dst, &(*how)->src,
				      (*how)->ifindex, found);
		if (err) {
			stats_add(&n->eng->stats, STAT_IP6_OUT_NO_ROUTES, 1);
			return err;
		}
		*path = found;
	}
	if (inet_is_any(&(*how)->src) && !(*how)->from_nobody) {
		*chosen = **how;
		chosen->src = (*path)->source;
		*how = chosen;
	}
	return 0;
}

int ip6_output(struct net *n, struct tx *t, const struct ip_how *how)
{
	const struct path *path;
	struct ip_how chosen;
	struct path found;
	uint32_t mtu, label;
	size_t len = tx_len(t) + how->ext_len;
	int err;

	MUST(how->ext_len <= IP_EXT_MAX);
	stats_add(&n->eng->stats, STAT_IP6_OUT_REQUESTS, 1);
	err = find_way(n, &how, &chosen, &path, &found);
	if (err)
		return err;
	if (len > IP6_PAYLOAD_MAX)
		return -EMSGSIZE;

	label = choose_label(n, t, how);
	mtu = how->ignore_pmtu ? iface_mtu(path->ifp, &how->dst) : path->mtu;
	if (t->gso == TX_GSO_NONE && len + sizeof(struct ip6_wire) > mtu) {
		if (how->dont_fragment || mtu < LIMIT_IP6_MTU_MIN)
			return -EMSGSIZE;
		return output_fragments(n, t, how, path, mtu, label);
	}
	push_extensions(t, how, how->proto);
	push_header(t, how, path->ifp,
		    how->ext_len ? how->ext_first : how->proto, label);
	return eth_output_to(path->ifp, t, &path->next_hop);
}
