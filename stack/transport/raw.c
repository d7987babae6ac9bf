/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * raw.c - raw sockets and ping sockets, as datagrams without a UDP header
 *
 * What this room is for
 *   See raw.h.
 *
 * Bounded    A packet is copied for at most LIMIT_RAW_COPIES sockets.
 * Lock       the stack lock is held.
 * Follows    raw(7), icmp(7), RFC 3542 3.
 */
#include "raw.h"

#include <errno.h>
#include <string.h>

#include "link/cksum.h"
#include "net/icmp.h"
#include "ground/limits.h"
#include "udp_err.h"
#include "udp_group.h"
#include "link/wire.h"

int raw_new(struct udp *u, int proto, bool is6, struct udp_pcb **out)
{
	struct udp_pcb *pcb;
	int err = udp_new(u, &pcb);

	if (err)
		return err;
	pcb->proto = (uint8_t)proto;
	if (u->kind == UDP_RAW) {
		/* raw(7): who names no protocol writes the header himself. */
		pcb->hdrincl = proto == IP_PROTO_RAW && !is6;
		if (proto == IP_PROTO_ICMP6)
			pcb->cksum_at = offsetof(struct icmp6_wire, cksum);
		list_push(&u->raws, &pcb->raw_link);
	}
	*out = pcb;
	return 0;
}

/* --- names --------------------------------------------------------------- */

int raw_bind(struct udp_pcb *pcb, const struct endpoint *local)
{
	pcb->bound =
		(struct endpoint){.addr = local->addr, .scope = local->scope};
	pcb->bind.key.local = local->addr;
	return 0;
}

int raw_connect(struct udp_pcb *pcb, const struct inet_addr *source,
		const struct endpoint *remote)
{
	pcb->bind.key.local = *source;
	pcb->bind.key.remote = remote->addr;
	pcb->bind.is_connected = true;
	return 0;
}

void raw_disconnect(struct udp_pcb *pcb)
{
	pcb->bind.key.local = pcb->bound.addr;
	pcb->bind.is_connected = false;
}

/* --- out ----------------------------------------------------------------- */

/* icmp(7): an echo request and nothing else; the identifier is the port. */
static int finish_echo(struct udp_pcb *pcb, struct pkt *p,
		       const struct ip_how *how)
{
	bool is4 = inet_is4(&how->dst);
	struct icmp_wire *icmp = (void *)p->data;
	uint32_t sum = 0;

	if (p->len < sizeof(*icmp) || icmp->code != 0 ||
	    icmp->type != (is4 ? ICMP4_ECHO_REQUEST : ICMP6_ECHO_REQUEST))
		return -EINVAL;
	if (how->proto != (is4 ? IP_PROTO_ICMP : IP_PROTO_ICMP6))
		return -EINVAL;
	icmp->id = be16_make(pcb->bind.key.lport);
	icmp->cksum = be16_make(0);
	if (!is4)
		sum = cksum_pseudo(&how->src, &how->dst, how->proto, p->len);
	sum = cksum_partial(p->data, p->len, sum);
	icmp->cksum = be16_make((uint16_t)~cksum_fold(sum));
	return 0;
}

/* raw(7), IP_HDRINCL: the length and the checksum are always ours, source and
 * identification where they are zero. */
static int finish_header(struct pkt *p, const struct ip_how *how)
{
	struct ip4_wire *ip = (void *)p->data;
	struct ip4_addr none = {{0}};

	if (p->len < sizeof(*ip) || ip4_wire_len(ip) < sizeof(*ip) ||
	    ip4_wire_len(ip) > p->len)
		return -EINVAL;
	ip->total_len = be16_make((uint16_t)p->len);
	if (ip4_equal(ip->src, none))
		ip->src = inet_to4(&how->src);
	if (be16_get(ip->id) == 0 && !(be16_get(ip->frag) & IP4_DF))
		ip->id = be16_make(1);
	ip->cksum = be16_make(0);
	ip->cksum = cksum(ip, ip4_wire_len(ip));
	return 0;
}

/* RFC 3542 3.1: the kernel's checksum, where the program asked for it. */
static int finish_cksum6(const struct udp_pcb *pcb, struct pkt *p,
			 const struct ip_how *how)
{
	size_t at = (size_t)pcb->cksum_at;
	be16 sum = be16_make(0);

	if (pcb->cksum_at < 0)
		return 0;
	if (at + sizeof(sum) > p->len)
		return -EINVAL;
	memcpy(p->data + at, &sum, sizeof(sum));
	sum = be16_make((uint16_t)~cksum_fold(cksum_partial(
		p->data, p->len,
		cksum_pseudo(&how->src, &how->dst, how->proto, p->len))));
	memcpy(p->data + at, &sum, sizeof(sum));
	return 0;
}

static int finish(struct udp_pcb *pcb, struct pkt *p, const struct ip_how *how)
{
	if (pcb->udp->kind == UDP_ECHO)
		return finish_echo(pcb, p, how);
	if (how->has_header)
		return finish_header(p, how);
	return inet_is4(&how->dst) ? 0 : finish_cksum6(pcb, p, how);
}

int raw_build(struct udp_pcb *pcb, struct tx *t, struct uio *from,
	      const struct ip_how *how, struct pkt **block)
{
	size_t len = from->left;
	struct pkt *p = pkt_new(pcb->udp->eng->arena, len, 0);
	int err;

	*block = p;
	if (!p)
		return -ENOBUFS;
	uio_read(from, pkt_append(p, len), len);
	err = finish(pcb, p, how);
	if (err)
		return err;
	return len == 0 || tx_add(t, p->data, len) ? 0 : -ENOBUFS;
}

/* --- in ------------------------------------------------------------------ */

static bool is_refused(const struct udp_pcb *pcb, const struct pkt *p)
{
	uint8_t type;

	if (p->len == 0 ||
	    (pcb->proto != IP_PROTO_ICMP && pcb->proto != IP_PROTO_ICMP6))
		return false;
	type = p->l4[0];
	return pcb->icmp_refused[type / 32] >> type % 32 & 1;
}

static bool wants(const struct udp_pcb *pcb, const struct iface *ifp,
		  const struct pkt *p, uint8_t proto,
		  const struct inet_addr *src, const struct inet_addr *dst)
{
	bool is6 = pcb->bind.flags & BINDING_IS6;
	const struct ports_tuple *key = &pcb->bind.key;

	if (pcb->proto != proto || is6 == inet_is4(dst) ||
	    !udp_is_open_to(pcb, net_heard_on(ifp, dst)) ||
	    !udp_group_wants(pcb, dst, src, ifp->index))
		return false;
	if (!inet_is_any(&key->local) && !inet_equal(&key->local, dst))
		return false;
	if (pcb->bind.is_connected && !inet_equal(&key->remote, src))
		return false;
	return !is_refused(pcb, p);
}

bool raw_input(struct net *n, struct iface *ifp, struct pkt *p, uint8_t proto,
	       const struct inet_addr *src, const struct inet_addr *dst)
{
	int copies = 0;

	if (!n->raw || LIKELY(list_is_empty(&n->raw->raws)))
		return false;
	p->ifp = ifp;
	list_for_each (it, &n->raw->raws) {
		struct udp_pcb *pcb = list_entry(it, struct udp_pcb, raw_link);
		struct pkt *copy;

		if (copies == LIMIT_RAW_COPIES)
			break;
		if (!wants(pcb, ifp, p, proto, src, dst))
			continue;
		copy = udp_copy_of(n->eng->arena, p);
		copies++;
		if (copy && udp_enqueue(pcb, copy) != TAKEN)
			pkt_free(n->eng->arena, copy);
	}
	return copies > 0;
}

enum verdict raw_echo_reply(struct iface *ifp, struct pkt *p)
{
	const struct icmp_wire *icmp = (const void *)p->data;
	struct udp *echo = ifp->net->echo;
	struct ports_tuple key = {ip_dst(p), ip_src(p), be16_get(icmp->id), 0};
	struct udp_pcb *pcb =
		echo ? udp_find(echo, &key, net_heard_on(ifp, &key.local))
		     : NULL;

	if (!pcb || !udp_is_open_to(pcb, net_heard_on(ifp, &key.local)))
		return DONE;
	p->ifp = ifp;
	return udp_enqueue(pcb, p);
}

/* --- errors -------------------------------------------------------------- */

/* raw(7): only who is connected, or has asked for errors. */
static bool wants_error(struct udp_pcb *pcb, const struct icmp_error *e)
{
	bool is6 = pcb->bind.flags & BINDING_IS6;

	if (pcb->proto != e->proto || is6 == inet_is4(&e->remote))
		return false;
	if (pcb->bind.is_connected &&
	    !inet_equal(&pcb->bind.key.remote, &e->remote))
		return false;
	if (udp_manner_of(pcb, &e->remote)->recverr)
		return true;
	return pcb->bind.is_connected && e->hard;
}

bool raw_icmp_error(struct net *n, const struct icmp_error *e)
{
	bool is_echo = e->proto == IP_PROTO_ICMP || e->proto == IP_PROTO_ICMP6;
	int told = 0;

	if (n->echo && is_echo) {
		udp_icmp_error(n->echo, e);
		told++;
	}
	if (!n->raw)
		return told > 0;
	list_for_each (it, &n->raw->raws) {
		struct udp_pcb *pcb = list_entry(it, struct udp_pcb, raw_link);

		if (told == LIMIT_RAW_COPIES)
			break;
		if (!wants_error(pcb, e))
			continue;
		told++;
		pcb->error = e->error;
		if (udp_manner_of(pcb, &e->remote)->recverr)
			udp_err_note(pcb, e);
		news_leave(n->eng, &pcb->news, NEWS_ERROR);
	}
	return told > 0;
}
