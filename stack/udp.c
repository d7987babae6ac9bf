/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * udp.c - UDP as a program uses it: bind, connect, send, receive
 *
 * What this room is for
 *   A pcb's life, and datagrams on their way out, which borrow the program's
 *   own buffers. What arrives is udp_in.c's, memberships are udp_group.c's.
 *
 * Comes in   sock_dgram.c calls.
 * Goes out   ip4.c.
 * Never      sleeps or knows about sockets.
 * Lock       the stack lock is held.
 * Follows    RFC 768, RFC 1122 4.1, udp(7), ip(7).
 */
#include "udp.h"

#include <errno.h>
#include <string.h>

#include "cksum.h"
#include "ip4.h"
#include "limits.h"
#include "must.h"
#include "net.h"
#include "tx.h"
#include "udp_err.h"
#include "wire.h"

void udp_init(struct udp *u, struct engine *eng, struct net *net)
{
	memset(u, 0, sizeof(*u));
	u->eng = eng;
	u->net = net;
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
	pcb->udp = u;
	pcb->rcv_max = LIMIT_UDP_BUF;
	pcb->multicast_loop = true;
	pcb->multicast_all = true;
	pcb->multicast_ttl = 1;
	pcb->pmtudisc = UDP_PMTUDISC_WANT;
	*out = pcb;
	return 0;
}

void udp_free(struct udp_pcb *pcb)
{
	struct udp *u = pcb->udp;

	while (pcb->ngroups > 0) {
		struct udp_group g = pcb->groups[pcb->ngroups - 1];

		if (udp_leave(pcb, &g.group, g.ifindex) < 0)
			break;
	}
	ports_release(&u->ports, &pcb->bind);
	pkt_free_list(u->eng->arena, &pcb->rcvq);
	udp_err_clear(pcb);
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
	u->ngroups = 0;
	while ((pcb = arena_next(u->eng->arena, ARENA_PCB, pcb))) {
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
	err = ports_bind(&pcb->udp->ports, &pcb->bind, local);
	if (!err)
		pcb->bound = *local;
	return err;
}

/* After a disconnect an address may be left that bind() gave. */
static int bind_any_port(struct udp_pcb *pcb)
{
	struct endpoint any = {.addr = pcb->bound.addr};

	if (pcb->bind.is_bound)
		return 0;
	if (inet_is_any(&any.addr))
		any.addr = wildcard_of(pcb);
	return ports_bind(&pcb->udp->ports, &pcb->bind, &any);
}

/* To 0.0.0.0 means to ourselves, as in Linux. */
static struct inet_addr destination_of(const struct endpoint *to)
{
	if (inet_is_any(&to->addr))
		return inet_from4(ip4_make(127, 0, 0, 1));
	return to->addr;
}

/* The source the program fixed, or NULL. A group is nobody's source. */
static const struct inet_addr *source_of(const struct udp_pcb *pcb,
					 const struct inet_addr *asked)
{
	const struct inet_addr *a = asked ? asked : &pcb->bind.key.local;

	if (inet_is_any(a) || inet_is_multicast(a) ||
	    net_is_broadcast(pcb->udp->net, a))
		return NULL;
	return a;
}

/* The way out; IP_MULTICAST_IF and SO_BINDTODEVICE overrule the routes. */
static int find_path(struct udp_pcb *pcb, const struct inet_addr *dst,
		     const struct inet_addr *src, struct path *path)
{
	struct net *net = pcb->udp->net;
	uint32_t ifindex = pcb->ifindex;
	const struct inet_addr *ours;
	struct iface *ifp;
	int err = route_lookup(net, dst, src, path);

	if (inet_is_multicast(dst) && pcb->multicast_if)
		ifindex = pcb->multicast_if;
	if (ifindex == 0 || (!err && path->ifp->index == ifindex))
		return err;
	if (ifindex > net->nifs)
		return -ENODEV;

	/* As if the destination were on that link. */
	ifp = &net->ifs[ifindex - 1];
	ours = src ? src : iface_source_for(ifp, dst);
	if (!ours)
		return -ENETUNREACH;
	*path = (struct path){ifp, *dst, *ours, ifp->mtu};
	return 0;
}

int udp_connect(struct udp_pcb *pcb, const struct endpoint *remote)
{
	struct udp *u = pcb->udp;
	struct endpoint to = {destination_of(remote), remote->port};
	const struct inet_addr *src = &pcb->bound.addr;
	struct path path;
	int err;

	if (!pcb->broadcast && net_is_broadcast(u->net, &to.addr))
		return -EACCES;
	if (inet_is_any(src) || inet_is_multicast(src) ||
	    net_is_broadcast(u->net, src))
		src = NULL;
	err = find_path(pcb, &to.addr, src, &path);
	if (err)
		return err;
	return ports_connect(&u->ports, &pcb->bind, &path.source, &to);
}

/* bind()'s port stays; one that nobody asked for is given back, as in Linux. */
void udp_disconnect(struct udp_pcb *pcb)
{
	struct inet_addr local = pcb->bound.addr;

	if (!udp_is_connected(pcb))
		return;
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

static void choose_how(const struct udp_pcb *pcb, const struct path *path,
		       size_t len, struct ip_how *how)
{
	size_t total = len + sizeof(struct udp_wire) + sizeof(struct ip4_wire);

	how->src = path->source;
	how->proto = IP_PROTO_UDP;
	how->ttl = inet_is_multicast(&how->dst) ? pcb->multicast_ttl : pcb->ttl;
	how->tos = pcb->tos;
	how->broadcast_ok = pcb->broadcast;
	how->path = path;
	switch ((enum udp_pmtudisc)pcb->pmtudisc) {
	case UDP_PMTUDISC_DONT:
		break;
	case UDP_PMTUDISC_WANT:
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
}

/* What was sent to many is heard here too, if anybody listens. */
static void loop_back(struct udp_pcb *pcb, const struct tx *t,
		      const struct ip_how *how)
{
	struct udp *u = pcb->udp;
	struct iface *ifp = how->path->ifp;
	struct pkt *p;

	if (inet_is_multicast(&how->dst)) {
		if (!pcb->multicast_loop ||
		    !udp_is_joined(u, &how->dst, ifp->index))
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
	if (!p->l4 || p->l4 < p->data + sizeof(struct ip4_wire)) {
		pkt_free(u->eng->arena, p);
		return;
	}
	p->l3 = p->l4 - sizeof(struct ip4_wire);
	pkt_pull(p, (size_t)(p->l4 - p->data));
	p->ifp = ifp;
	p->stamp = u->eng->now;
	p->to_broadcast = true;
	if (udp_input(u, ifp, p, &how->src, &how->dst) != TAKEN)
		pkt_free(u->eng->arena, p);
}

/* A lost frame is the network's ordinary manner; only recverr wants to know. */
static int forgive(const struct udp_pcb *pcb, int err)
{
	switch (err) {
	case -ENOBUFS:
	case -EAGAIN:
	case -EIO:
		return pcb->recverr ? -ENOBUFS : 0;
	case -EHOSTUNREACH:
		return pcb->recverr ? err : 0;
	default:
		return err;
	}
}

static int send_on(struct udp_pcb *pcb, const struct endpoint *to,
		   const struct path *path, struct uio *from)
{
	struct ip_how how = {.dst = to->addr};
	struct udp *u = pcb->udp;
	struct pkt *flat;
	struct tx t;
	int err;

	choose_how(pcb, path, from->left, &how);
	tx_init(&t);
	err = borrow(pcb, &t, from, &flat);
	if (err)
		goto free_flat;
	push_header(&t, pcb->bind.key.lport, to->port, &how);
	err = ip_output(u->net, &t, &how);
	if (!err) {
		stats_add(&u->eng->stats, STAT_UDP_OUT_DATAGRAMS, 1);
		loop_back(pcb, &t, &how);
	}
	err = forgive(pcb, err);

free_flat:
	pkt_free(u->eng->arena, flat);
	return err;
}

int udp_send(struct udp_pcb *pcb, const struct endpoint *to,
	     const struct inet_addr *src, struct uio *from)
{
	struct endpoint remote;
	struct path path;
	int err;

	MUST_HOLD(&pcb->udp->eng->lock);
	/* Linux binds first, even for a send that is then refused. */
	err = bind_any_port(pcb);
	if (err)
		return err == -EADDRINUSE ? -EAGAIN : err;
	if (from->left > UDP_PAYLOAD_MAX)
		return -EMSGSIZE;
	if (to && to->port == 0)
		return -EINVAL;
	if (!to && !udp_is_connected(pcb))
		return -EDESTADDRREQ;
	err = udp_take_error(pcb);
	if (err)
		return err;

	remote = to ? (struct endpoint){destination_of(to), to->port}
		    : (struct endpoint){pcb->bind.key.remote,
					pcb->bind.key.rport};
	if (!inet_is4(&remote.addr))
		return -ENETUNREACH;
	if (!pcb->broadcast && net_is_broadcast(pcb->udp->net, &remote.addr))
		return -EACCES;
	err = find_path(pcb, &remote.addr, source_of(pcb, src), &path);
	if (err)
		return err;
	return send_on(pcb, &remote, &path, from);
}

/* Bytes of the headers in front of a queued datagram's payload. */
static size_t headers_of(const struct pkt *p)
{
	return (size_t)(p->l4 - p->data) + sizeof(struct udp_wire);
}

static void read_meta(const struct pkt *p, struct udp_meta *meta)
{
	const struct ip4_wire *ip = (const void *)p->l3;
	const struct udp_wire *wire = (const void *)p->l4;

	*meta = (struct udp_meta){
		.from = {inet_from4(ip->src), be16_get(wire->sport)},
		.to = inet_from4(ip->dst),
		.to_port = be16_get(wire->dport),
		.ifindex = p->ifp ? p->ifp->index : 0,
		.tos = p->tos,
		.ttl = ip->ttl,
		.stamp = p->stamp,
	};
}

static struct pkt *first_of(const struct udp_pcb *pcb)
{
	struct list *link = list_first(&pcb->rcvq);

	return link ? list_entry(link, struct pkt, link) : NULL;
}

size_t udp_next_len(const struct udp_pcb *pcb)
{
	struct pkt *p = first_of(pcb);

	return p ? p->len - headers_of(p) : 0;
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

	header = headers_of(p);
	copied = uio_write(to, p->data + header, p->len - header);
	if (full_len)
		*full_len = p->len - header;
	if (meta)
		read_meta(p, meta);
	if (peek)
		return (ssize_t)copied;
	pcb->rcv_count--;
	pcb->rcv_cost -= pkt_cost(p);
	pkt_free(pcb->udp->eng->arena, p);
	return (ssize_t)copied;
}
