/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * udp.c - UDP as a program uses it: bind, connect, send, receive
 *
 * What this room is for
 *   A pcb's life, and datagrams on their way out, which borrow the program's
 *   own buffers. What arrives is udp_in.c's, memberships are udp_group.c's.
 *
 * Comes in   sock_dgram.c calls.
 * Goes out   ip.c; raw.c where there is no UDP header.
 * Never      sleeps or knows about sockets.
 * Lock       the stack lock is held.
 * Follows    RFC 768, RFC 1122 4.1, RFC 8200 8.1, udp(7), ip(7), ipv6(7).
 */
#include "udp.h"

#include <errno.h>
#include <string.h>

#include "net/addr_select.h"
#include "link/cksum.h"
#include "net/ip.h"
#include "ground/limits.h"
#include "ground/must.h"
#include "net/net.h"
#include "raw.h"
#include "ground/tx.h"
#include "udp_err.h"
#include "udp_group.h"
#include "link/wire.h"

const struct udp_wish udp_no_wish = {.ttl = -1, .tos = -1, .dont_fragment = -1};

void udp_init(struct udp *u, struct engine *eng, struct net *net,
	      enum udp_kind kind)
{
	memset(u, 0, sizeof(*u));
	u->eng = eng;
	u->net = net;
	u->kind = kind;
	list_init(&u->raws);
	ports_init(&u->ports, eng, IP_PROTO_UDP);
}

void udp_fini(struct udp *u)
{
	ports_fini(&u->ports);
}

int udp_new(struct udp *u, struct udp_pcb **out)
{
	struct udp_pcb *pcb =
		arena_zalloc(u->eng->arena, sizeof(*pcb), ARENA_PCB);

	if (!pcb)
		return -ENOBUFS;
	binding_init(&pcb->bind);
	news_init(&pcb->news);
	list_init(&pcb->rcvq);
	list_init(&pcb->errq);
	list_init(&pcb->raw_link);
	pcb->udp = u;
	pcb->proto = IP_PROTO_UDP;
	pcb->cksum_at = -1;
	pcb->rcv_max = LIMIT_UDP_BUF;
	pcb->v4.multicast_loop = true;
	pcb->v4.multicast_all = true;
	pcb->v4.multicast_ttl = 1;
	pcb->v4.pmtudisc = UDP_PMTUDISC_WANT;
	pcb->v6 = pcb->v4;
	*out = pcb;
	return 0;
}

void udp_free(struct udp_pcb *pcb)
{
	struct udp *u = pcb->udp;

	udp_group_leave_all(pcb);
	if (u->kind == UDP_RAW)
		list_remove(&pcb->raw_link);
	else
		ports_release(&u->ports, &pcb->bind);
	pkt_free_list(u->eng->arena, &pcb->rcvq);
	udp_err_clear(pcb);
	bpf_put(u->eng->arena, pcb->filter);
	news_forget(&pcb->news);
	arena_free(u->eng->arena, pcb);
}

/* The wildcard of the socket's own family. */
static struct inet_addr wildcard_of(const struct udp_pcb *pcb)
{
	static const struct inet_addr any6;

	if (pcb->bind.flags & BINDING_IS6)
		return any6;
	return inet_from4(ip4_make(0, 0, 0, 0));
}

bool udp_claim(struct udp *u, struct udp_pcb *pcb)
{
	if (!arena_claim(u->eng->arena, pcb, ARENA_PCB))
		return false;
	pcb->rcv_count = pkt_claim_list(u->eng->arena, &pcb->rcvq);
	pcb->rcv_cost = 0;
	list_for_each (it, &pcb->rcvq)
		pcb->rcv_cost += pkt_cost(list_entry(it, struct pkt, link));
	pcb->err_count = pkt_claim_list(u->eng->arena, &pcb->errq);
	udp_group_claim(pcb);
	if (pcb->filter && !bpf_claim(u->eng->arena, pcb->filter))
		pcb->filter = NULL;
	return true;
}

/* Without a remote, the name is what bind() gave, whatever was on the way. */
static void restore_binding(struct udp_pcb *pcb)
{
	struct binding *b = &pcb->bind;

	if (!b->is_connected) {
		b->key.local = pcb->bound.addr;
		if (inet_is_any(&b->key.local))
			b->key.local = wildcard_of(pcb);
	}
	ports_restore(&pcb->udp->ports, b);
}

void udp_rebuild(struct udp *u)
{
	struct udp_pcb *pcb = NULL;

	ports_rebuild(&u->ports);
	list_init(&u->raws);
	while ((pcb = arena_next(u->eng->arena, ARENA_PCB, pcb))) {
		if (pcb->udp != u)
			continue;
		if (u->kind == UDP_RAW)
			list_push(&u->raws, &pcb->raw_link);
		else
			restore_binding(pcb);
		udp_group_rebuild(pcb);
		news_init(&pcb->news);
	}
}

int udp_bind(struct udp_pcb *pcb, const struct endpoint *local)
{
	struct net *net = pcb->udp->net;
	const struct inet_addr *a = &local->addr;
	int err;

	if (pcb->bind.is_bound)
		return -EINVAL;
	if (!inet_is_any(a) && !inet_is_multicast(a) && !net_is_local(net, a) &&
	    !net_is_broadcast(net, a))
		return -EADDRNOTAVAIL;
	if (pcb->udp->kind == UDP_RAW)
		return raw_bind(pcb, local);
	err = ports_bind(&pcb->udp->ports, &pcb->bind, local);
	if (!err)
		pcb->bound = *local;
	return err;
}

/* Bytes that we put in front of the program's. */
static size_t header_len(const struct udp_pcb *pcb)
{
	return pcb->udp->kind == UDP_PLAIN ? sizeof(struct udp_wire) : 0;
}

/* The most that one datagram holds. */
static size_t payload_max(const struct udp_pcb *pcb,
			  const struct inet_addr *dst)
{
	size_t max = inet_is4(dst) ? UDP_PAYLOAD_MAX4 : UDP_PAYLOAD_MAX6;

	if (pcb->hdrincl)
		return UINT16_MAX;
	return max + sizeof(struct udp_wire) - header_len(pcb);
}

/* After a disconnect an address may be left that bind() gave. */
static int bind_any_port(struct udp_pcb *pcb)
{
	struct endpoint any = {.addr = pcb->bound.addr};

	if (pcb->bind.is_bound || pcb->udp->kind == UDP_RAW)
		return 0;
	if (inet_is_any(&any.addr))
		any.addr = wildcard_of(pcb);
	return ports_bind(&pcb->udp->ports, &pcb->bind, &any);
}

/* To 0.0.0.0 or :: means to ourselves, as in Linux. */
static struct endpoint destination_of(const struct endpoint *to)
{
	struct endpoint e = *to;

	if (inet_is_any(&to->addr))
		e.addr = inet_loopback_of(&to->addr);
	return e;
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

/* The interface that was named, from the strictest to the mildest word. */
static uint32_t way_out(struct udp_pcb *pcb, const struct endpoint *to,
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

/* The way out; an interface that is named overrules the routes. */
static int find_path(struct udp_pcb *pcb, const struct endpoint *to,
		     const struct inet_addr *src, uint32_t ifindex,
		     struct path *path)
{
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

int udp_connect(struct udp_pcb *pcb, const struct endpoint *remote)
{
	struct udp *u = pcb->udp;
	struct endpoint to = destination_of(remote);
	const struct inet_addr *src = &pcb->bound.addr;
	struct path path;
	int err;

	if (!pcb->broadcast && net_is_broadcast(u->net, &to.addr))
		return -EACCES;
	if (inet_is_any(src) || inet_is_multicast(src) ||
	    net_is_broadcast(u->net, src))
		src = NULL;
	err = find_path(pcb, &to, src, way_out(pcb, &to, 0), &path);
	if (err)
		return err;
	if (u->kind == UDP_RAW)
		err = raw_connect(pcb, &path.source, &to);
	else
		err = ports_connect(&u->ports, &pcb->bind, &path.source, &to,
				    NULL);
	if (!err)
		pcb->scope = to.scope;
	return err;
}

/* bind()'s port stays; one that nobody asked for is given back, as in Linux. */
void udp_disconnect(struct udp_pcb *pcb)
{
	struct inet_addr local = pcb->bound.addr;

	if (!udp_is_connected(pcb))
		return;
	if (pcb->udp->kind == UDP_RAW) {
		raw_disconnect(pcb);
		return;
	}
	if (pcb->bound.port == 0) {
		ports_release(&pcb->udp->ports, &pcb->bind);
		pcb->bind.key.local = local;
		return;
	}
	ports_disconnect(&pcb->udp->ports, &pcb->bind, &local);
}

int udp_take_error(struct udp_pcb *pcb)
{
	int error = pcb->error;

	pcb->error = 0;
	return -error;
}

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
	size_t total = len + header_len(pcb) + ip_header_len(&how->dst);
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
		return destination_of(to);
	return (struct endpoint){pcb->bind.key.remote, pcb->bind.key.rport,
				 pcb->scope};
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
	err = bind_any_port(pcb);
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
	err = find_path(pcb, &remote, source_of(pcb, &wish->src),
			way_out(pcb, &remote, wish->ifindex), &path);
	if (err)
		return err;
	if (from->left > payload_max(pcb, &remote.addr))
		return too_long(pcb, &remote, &path);
	return send_on(pcb, &remote, &path, wish, from);
}

/* Bytes of the headers in front of a queued datagram's payload. raw(7): IPv4
 * shows its own header, IPv6 does not. */
static size_t headers_of(const struct udp_pcb *pcb, const struct pkt *p)
{
	if (pcb->udp->kind == UDP_RAW && !ip_is6(p))
		return 0;
	return (size_t)(p->l4 - p->data) + header_len(pcb);
}

/* Of what loops back to an IPv6 address of ours, that address's interface. */
static uint32_t came_in_by(const struct udp_pcb *pcb, const struct pkt *p)
{
	struct inet_addr to = ip_dst(p);
	uint32_t owner = 0;

	if (!p->ifp)
		return 0;
	if (p->ifp->is_loopback && !inet_is4(&to))
		owner = addr_select_owner(pcb->udp->net, &to);
	return owner ? owner : p->ifp->index;
}

static void read_meta(const struct udp_pcb *pcb, const struct pkt *p,
		      struct udp_meta *meta)
{
	const struct udp_wire *wire = (const void *)p->l4;
	bool has_ports = pcb->udp->kind == UDP_PLAIN;

	*meta = (struct udp_meta){
		.from = {ip_src(p), has_ports ? be16_get(wire->sport) : 0, 0},
		.to = ip_dst(p),
		.to_port = has_ports ? be16_get(wire->dport) : 0,
		.ifindex = came_in_by(pcb, p),
		.tos = p->tos,
		.ttl = ip_ttl(p),
		.flow_label = ip_flow_label(p),
		.stamp = p->stamp,
		.net = p->data,
		.net_len = (size_t)(p->l4 - p->data),
	};
	if (inet_needs_scope(&meta->from.addr))
		meta->from.scope = meta->ifindex;
}

static struct pkt *first_of(const struct udp_pcb *pcb)
{
	struct list *link = list_first(&pcb->rcvq);

	return link ? list_entry(link, struct pkt, link) : NULL;
}

size_t udp_next_len(const struct udp_pcb *pcb)
{
	struct pkt *p = first_of(pcb);

	return p ? p->len - headers_of(pcb, p) : 0;
}

ssize_t udp_recv(struct udp_pcb *pcb, struct uio *to, struct udp_meta *meta,
		 bool peek, size_t *full_len)
{
	struct pkt *p = first_of(pcb);
	size_t header, copied;
	int err;

	MUST_HOLD(&pcb->udp->eng->lock);
	err = udp_take_error(pcb);
	if (err)
		return err;
	if (!p)
		return -EAGAIN;

	header = headers_of(pcb, p);
	copied = uio_write(to, p->data + header, p->len - header);
	if (full_len)
		*full_len = p->len - header;
	if (meta)
		read_meta(pcb, p, meta);
	if (!peek)
		udp_drop_first(pcb);
	return (ssize_t)copied;
}

void udp_drop_first(struct udp_pcb *pcb)
{
	struct pkt *p = list_entry(list_pop(&pcb->rcvq), struct pkt, link);

	pcb->rcv_count--;
	pcb->rcv_cost -= pkt_cost(p);
	pkt_free(pcb->udp->eng->arena, p);
}
