/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * udp_out.c - UDP: a datagram goes out
 *
 * What this room is for
 *   Finds the way, decides how the datagram is sent from what the socket and
 *   the one call wish, and builds it around the program's own bytes, which are
 *   borrowed. Raw and ping sockets take the same way without a UDP header.
 *
 * Comes in   sock_dgram.c.
 * Goes out   ip.c; udp_in.c for what is sent to many and heard here, too.
 * Lock       the stack lock is held.
 * Follows    RFC 768, RFC 1122 4.1; ip(7), udp(7).
 * Proved by  udp_test.c
 */
#include "udp_priv.h"

#include <errno.h>

#include "net/addr_select.h"
#include "link/cksum.h"
#include "net/ip.h"
#include "ground/must.h"
#include "net/net.h"
#include "raw.h"
#include "ground/tx.h"
#include "udp_err.h"
#include "link/wire.h"

struct endpoint udp_destination_of(const struct endpoint *to)
{
	struct endpoint e = *to;

	if (inet_is_any(&to->addr))
		e.addr = inet_loopback_of(&to->addr);
	return e;
}

/* The interface that was named, from the strictest to the mildest word. */
static uint32_t interface_of(struct udp_pcb *pcb, const struct endpoint *to,
			     uint32_t asked)
{
	const struct udp_manner *m = udp_manner_of(pcb, &to->addr);

	if (to->scope)
		return to->scope;
	if (asked)
		return asked;
	if (pcb->ifindex)
		return pcb->ifindex;
	return inet_is_multicast(&to->addr) ? m->multicast_if : 0;
}

int udp_find_way(struct udp_pcb *pcb, const struct endpoint *to,
		 const struct inet_addr *src, uint32_t asked, struct path *path)
{
	uint32_t ifindex = interface_of(pcb, to, asked);
	struct net *net = pcb->udp->net;
	const struct inet_addr *dst = &to->addr, *ours;
	struct iface *ifp;
	int err;

	/* Unbound it is ::, whatever the socket's family. */
	if (inet_is4(&pcb->bound.addr) && !inet_is4(dst))
		return -EAFNOSUPPORT;
	if (src && !inet_is4(src) && inet_is4(dst))
		return -ENETUNREACH;
	err = route_lookup_on(net, dst, src, ifindex, path);
	if (!err && !src && udp_manner_of(pcb, dst)->prefer_public)
		addr_select_public(net, dst, path);
	if (ifindex == 0 || !err)
		return err;
	if (ifindex > net->nifs)
		return -ENETUNREACH;

	/* As if the destination were on that link. */
	ifp = &net->ifs[ifindex - 1];
	ours = src ? src : iface_source_for(ifp, dst);
	if (!ours)
		return -ENETUNREACH;
	*path = (struct path){ifp, *dst, *ours, iface_mtu(ifp, dst)};
	return 0;
}

/* --- the datagram --------------------------------------------------------- */

/*
 * Names the uio's bytes in t. A datagram in too many pieces is copied into
 * *flat, which the caller frees.
 */
static int borrow(struct udp_pcb *pcb, struct tx *t, struct uio *from,
		  struct pkt **flat)
{
	size_t len = from->left;
	const struct iovec *iov = from->iov;
	size_t skip = from->skip;

	*flat = NULL;
	if (from->niov <= TX_IOV_MAX) {
		for (size_t left = len; left > 0; iov++, skip = 0) {
			size_t n = MIN(left, iov->iov_len - skip);

			if (!tx_add(t, (uint8_t *)iov->iov_base + skip, n))
				return -ENOBUFS;
			left -= n;
		}
		uio_skip(from, len);
		return 0;
	}

	*flat = pkt_new(pcb->udp->eng->arena, len, 0);
	if (!*flat)
		return -ENOBUFS;
	uio_read(from, pkt_append(*flat, len), len);
	return tx_add(t, (*flat)->data, len) ? 0 : -ENOBUFS;
}

/* RFC 768, with the checksum left partial for the link. */
static void push_header(struct tx *t, uint16_t sport, uint16_t dport,
			const struct ip_how *how)
{
	uint16_t len = (uint16_t)(tx_len(t) + sizeof(struct udp_wire));
	uint32_t sum = cksum_pseudo(&how->src, &how->dst, IP_PROTO_UDP, len);
	struct udp_wire *wire = tx_push(t, sizeof(*wire));

	*wire = (struct udp_wire){
		.sport = be16_make(sport),
		.dport = be16_make(dport),
		.len = be16_make(len),
		.cksum = be16_make(cksum_fold(sum)),
	};
	tx_set_csum(t, offsetof(struct udp_wire, cksum));
}

static void choose_how(struct udp_pcb *pcb, const struct path *path,
		       const struct udp_wish *wish, size_t len,
		       struct ip_how *how)
{
	const struct udp_manner *m = udp_manner_of(pcb, &how->dst);
	bool is4 = inet_is4(&how->dst);
	size_t total = len + udp_header_len(pcb) + ip_header_len(&how->dst);
	bool to_many = inet_is_multicast(&how->dst);

	how->src = path->source;
	how->proto = pcb->proto;
	how->has_header = pcb->hdrincl && is4;
	how->ttl = to_many ? m->multicast_ttl : m->ttl;
	how->ttl_is_zero = to_many ? m->multicast_ttl == 0 : m->ttl_is_zero;
	if (wish->ttl >= 0) {
		how->ttl = (uint8_t)wish->ttl;
		how->ttl_is_zero = wish->ttl == 0;
	}
	how->tos = wish->tos >= 0 ? (uint8_t)wish->tos : m->tos;
	how->no_flow_label = m->no_flow_label;
	how->flow_label = wish->flow_label ? wish->flow_label : pcb->flow_label;
	if (wish->headers && !is4) {
		how->ext = wish->headers->bytes;
		how->ext_len = wish->headers->len;
		how->ext_first = wish->headers->first;
		total += how->ext_len;
	}
	how->broadcast_ok = pcb->broadcast;
	how->path = path;
	switch ((enum udp_pmtudisc)m->pmtudisc) {
	case UDP_PMTUDISC_DONT:
		break;
	case UDP_PMTUDISC_WANT:
		/* Routers of IPv6 never fragment: there is nothing to say. */
		how->dont_fragment = total <= path->mtu;
		break;
	case UDP_PMTUDISC_DO:
		how->dont_fragment = true;
		break;
	case UDP_PMTUDISC_PROBE:
		how->dont_fragment = true;
		how->ignore_pmtu = true;
		break;
	}
	if (wish->dont_fragment >= 0)
		how->dont_fragment |= wish->dont_fragment > 0;
	else
		how->dont_fragment |= m->dont_fragment;
}

/* Does anybody here listen to what goes out there? */
static bool is_heard_here(const struct net *n, const struct iface *ifp,
			  const struct ip_how *how)
{
	return iface_is_own_group6(ifp, &how->dst) ||
	       mcast_wants(n, &how->dst, &how->src, ifp->index);
}

/* What was sent to many is heard here too, if anybody listens. */
static void loop_back(struct udp_pcb *pcb, const struct tx *t,
		      const struct ip_how *how)
{
	size_t header = ip_header_len(&how->dst) + how->ext_len;
	struct udp *u = pcb->udp;
	struct iface *ifp = how->path->ifp;
	struct pkt *p;

	/* Through the loopback it comes back by itself. */
	if (ifp->is_loopback)
		return;
	if (inet_is_multicast(&how->dst)) {
		if (!udp_manner_of(pcb, &how->dst)->multicast_loop ||
		    !is_heard_here(u->net, ifp, how))
			return;
	} else if (!iface_is_broadcast(ifp, &how->dst)) {
		return;
	}
	/* Sent in fragments, its headers are not in t. */
	if (tx_len(t) > how->path->mtu + sizeof(struct eth_wire))
		return;
	p = tx_flatten(u->eng->arena, t);
	if (!p)
		return;
	if (!p->l4 || p->l4 < p->data + header) {
		pkt_free(u->eng->arena, p);
		return;
	}
	p->l3 = p->l4 - header;
	pkt_pull(p, (size_t)(p->l4 - p->data));
	p->ifp = ifp;
	p->stamp = u->eng->now;
	p->to_broadcast = true;
	if (udp_input(u, ifp, p, &how->src, &how->dst) != TAKEN)
		pkt_free(u->eng->arena, p);
}

/* A lost frame is the network's ordinary manner; only recverr wants to know. */
static int forgive(struct udp_pcb *pcb, const struct endpoint *to, int err)
{
	bool recverr = udp_manner_of(pcb, &to->addr)->recverr;

	switch (err) {
	case -ENOBUFS:
	case -EAGAIN:
	case -EIO:
		return recverr ? -ENOBUFS : 0;
	case -EHOSTUNREACH:
		return recverr ? err : 0;
	default:
		return err;
	}
}

/* Too long for IP, or for the path: recverr hears what would fit. */
static int too_long(struct udp_pcb *pcb, const struct endpoint *to,
		    const struct path *path)
{
	const struct udp_manner *m = udp_manner_of(pcb, &to->addr);

	if (m->recverr)
		udp_err_note_local(pcb, EMSGSIZE, to, path->mtu);
	if (m->tell_mtu)
		pcb->narrow = (struct udp_narrow){*to, path->mtu};
	return -EMSGSIZE;
}

static int send_on(struct udp_pcb *pcb, const struct endpoint *to,
		   const struct path *path, const struct udp_wish *wish,
		   struct uio *from)
{
	struct ip_how how = {.dst = to->addr};
	struct udp *u = pcb->udp;
	struct pkt *flat;
	struct tx t;
	int err;

	choose_how(pcb, path, wish, from->left, &how);
	tx_init(&t);
	if (u->kind == UDP_PLAIN)
		err = borrow(pcb, &t, from, &flat);
	else
		err = raw_build(pcb, &t, from, &how, &flat);
	if (err)
		goto free_flat;
	if (u->kind == UDP_PLAIN)
		push_header(&t, pcb->bind.key.lport, to->port, &how);
	err = ip_output(u->net, &t, &how);
	if (!err && u->kind == UDP_PLAIN) {
		stats_add(&u->eng->stats,
			  inet_is4(&how.dst) ? STAT_UDP_OUT_DATAGRAMS
					     : STAT_UDP6_OUT_DATAGRAMS,
			  1);
		loop_back(pcb, &t, &how);
	}
	if (err == -EMSGSIZE)
		err = too_long(pcb, to, path);
	err = forgive(pcb, to, err);

free_flat:
	pkt_free(u->eng->arena, flat);
	return err;
}

/* Where to, when `to` does not say: the connected remote. */
static struct endpoint remote_of(const struct udp_pcb *pcb,
				 const struct endpoint *to)
{
	if (to)
		return udp_destination_of(to);
	return (struct endpoint){pcb->bind.key.remote, pcb->bind.key.rport,
				 pcb->scope};
}

/* The most that one datagram holds. */
static size_t payload_max(const struct udp_pcb *pcb,
			  const struct inet_addr *dst)
{
	size_t max = inet_is4(dst) ? UDP_PAYLOAD_MAX4 : UDP_PAYLOAD_MAX6;

	if (pcb->hdrincl)
		return UINT16_MAX;
	return max + sizeof(struct udp_wire) - udp_header_len(pcb);
}

/* The source the program fixed, or NULL. A group is nobody's source. */
static const struct inet_addr *source_of(const struct udp_pcb *pcb,
					 const struct inet_addr *asked)
{
	const struct inet_addr *a =
		inet_is_any(asked) ? &pcb->bind.key.local : asked;

	if (inet_is_any(a) || inet_is_multicast(a) ||
	    net_is_broadcast(pcb->udp->net, a))
		return NULL;
	return a;
}

int udp_send(struct udp_pcb *pcb, const struct endpoint *to,
	     const struct udp_wish *wish, struct uio *from)
{
	struct endpoint remote;
	struct path path;
	int err;

	MUST_HOLD(&pcb->udp->eng->lock);
	if (!wish)
		wish = &udp_no_wish;
	/* Linux binds first, even for a send that is then refused. */
	err = udp_bind_any(pcb);
	if (err)
		return err == -EADDRINUSE ? -EAGAIN : err;
	if (from->left > UINT16_MAX)
		return -EMSGSIZE;
	if (to && to->port == 0 && pcb->udp->kind == UDP_PLAIN)
		return -EINVAL;
	if (!to && !udp_is_connected(pcb))
		return -EDESTADDRREQ;
	/* As in Linux, raw and ping sockets leave it for who receives. */
	if (pcb->udp->kind == UDP_PLAIN || pcb->hdrincl) {
		err = udp_take_error(pcb);
		if (err)
			return err;
	}

	remote = remote_of(pcb, to);
	if (!pcb->broadcast && net_is_broadcast(pcb->udp->net, &remote.addr))
		return -EACCES;
	err = udp_find_way(pcb, &remote, source_of(pcb, &wish->src),
			   wish->ifindex, &path);
	if (err)
		return err;
	if (from->left > payload_max(pcb, &remote.addr))
		return too_long(pcb, &remote, &path);
	return send_on(pcb, &remote, &path, wish, from);
}
