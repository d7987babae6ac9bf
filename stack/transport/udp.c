/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * udp.c - UDP as a program uses it: bind, connect, receive
 *
 * What this room is for
 *   A pcb's life, its two ends, and the queue that the program reads. What
 *   arrives is udp_in.c's, what is sent udp_out.c's, memberships are
 *   udp_group.c's.
 *
 * Comes in   sock_dgram.c calls.
 * Goes out   raw.c where there is no UDP header.
 * Never      sleeps or knows about sockets.
 * Lock       the stack lock is held.
 * Follows    RFC 768, RFC 1122 4.1, RFC 8200 8.1, udp(7), ip(7), ipv6(7).
 */
#include "udp.h"

#include <errno.h>
#include <string.h>

#include "net/addr_select.h"
#include "net/ip.h"
#include "ground/limits.h"
#include "ground/must.h"
#include "net/net.h"
#include "raw.h"
#include "udp_err.h"
#include "udp_group.h"
#include "udp_priv.h"
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

int udp_bind_any(struct udp_pcb *pcb)
{
	struct endpoint any = {.addr = pcb->bound.addr};

	if (pcb->bind.is_bound || pcb->udp->kind == UDP_RAW)
		return 0;
	if (inet_is_any(&any.addr))
		any.addr = wildcard_of(pcb);
	return ports_bind(&pcb->udp->ports, &pcb->bind, &any);
}

int udp_connect(struct udp_pcb *pcb, const struct endpoint *remote)
{
	struct udp *u = pcb->udp;
	struct endpoint to = udp_destination_of(remote);
	const struct inet_addr *src = &pcb->bound.addr;
	struct path path;
	int err;

	if (!pcb->broadcast && net_is_broadcast(u->net, &to.addr))
		return -EACCES;
	if (inet_is_any(src) || inet_is_multicast(src) ||
	    net_is_broadcast(u->net, src))
		src = NULL;
	err = udp_find_way(pcb, &to, src, 0, &path);
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

/* Bytes of the headers in front of a queued datagram's payload. raw(7): IPv4
 * shows its own header, IPv6 does not. */
static size_t headers_of(const struct udp_pcb *pcb, const struct pkt *p)
{
	if (pcb->udp->kind == UDP_RAW && !ip_is6(p))
		return 0;
	return (size_t)(p->l4 - p->data) + udp_header_len(pcb);
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
