/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * forward_out.c - a packet that came in, on its way out of another link
 *
 * What this room is for
 *   See forward_out.h. The payload is borrowed from the packet; headers are
 *   copied only where they have to be changed.
 *
 * Lock       the stack lock is held.
 * Proved by  forward_test.c
 */
#include "forward_out.h"

#include <errno.h>
#include <string.h>

#include "ground/limits.h"
#include "ip.h"
#include "ip6_ext.h"
#include "link/cksum.h"
#include "link/eth.h"
#include "link/link.h"

enum {
	/* What fits in front of a borrowed payload beside Ethernet's. */
	HEADERS_MAX = TX_HEADER_MAX - sizeof(struct eth_wire),
	IP4_HEADER_MAX = 60,
	OPTION_COPIED = 0x80, /* RFC 791 3.1: into every fragment */
};

/* --- reading -------------------------------------------------------------- */

static const uint8_t *l4_of(const struct forward *f)
{
	return f->p->data + f->net_len;
}

static uint32_t tcp_len(const struct forward *f)
{
	const struct tcp_wire *tcp = (const void *)l4_of(f);
	uint32_t left = f->p->len - f->net_len;

	if (left < sizeof(*tcp) || tcp_wire_len(tcp) < sizeof(*tcp) ||
	    tcp_wire_len(tcp) > left)
		return 0;
	return (uint32_t)tcp_wire_len(tcp);
}

static void read_l4(struct forward *f)
{
	uint32_t left = f->p->len - f->net_len;

	if (f->is_fragment)
		return;
	if (f->proto == IP_PROTO_TCP)
		f->l4_len = tcp_len(f);
	else if (f->proto == IP_PROTO_UDP && left >= sizeof(struct udp_wire))
		f->l4_len = sizeof(struct udp_wire);
}

static void read4(struct forward *f)
{
	const struct ip4_wire *ip = (const void *)f->p->data;

	f->net_len = (uint32_t)ip4_wire_len(ip);
	f->proto = ip->proto;
	f->is_fragment = be16_get(ip->frag) & (IP4_MF | IP4_OFFSET);
}

/* A chain that cannot be read has a transport that is not ours to know. */
static void read6(struct forward *f)
{
	struct ip6_walk w;

	ip6_walk_start(&w, f->p->data, f->p->len);
	f->net_len = sizeof(struct ip6_wire);
	f->proto = IP6_NEXT_NONE;
	if (!ip6_walk_skip(&w))
		return;
	f->net_len = (uint32_t)w.at;
	f->proto = ip6_walk_type(&w);
	f->is_fragment = w.is_fragment;
}

/*
 * A peer at the other end of a stream (passt) joins segments and does not say
 * so: it is cut to what that link's MTU says.
 */
static uint16_t cut_of(const struct forward *f, const struct iface *in)
{
	uint32_t headers = f->net_len + f->l4_len;

	if (f->p->gso_size)
		return f->p->gso_size;
	if (!(in->caps & LINK_MERGES) || f->proto != IP_PROTO_TCP ||
	    !f->l4_len || f->p->len <= in->mtu || headers >= in->mtu)
		return 0;
	return (uint16_t)(in->mtu - headers);
}

/* Who cuts it sums it up anew, so it has to be right before. */
static bool is_intact(const struct forward *f)
{
	struct inet_addr src = ip_src(f->p), dst = ip_dst(f->p);
	uint32_t len = f->p->len - f->net_len;
	uint32_t sum = cksum_pseudo(&src, &dst, f->proto, len);

	return f->p->csum != PKT_CSUM_UNKNOWN ||
	       cksum_fold(cksum_partial(l4_of(f), len, sum)) == 0xffff;
}

bool forward_read(struct forward *f, const struct iface *in, struct pkt *p)
{
	*f = (struct forward){.p = p};
	if (ip_is6(p))
		read6(f);
	else
		read4(f);
	read_l4(f);
	f->gso = cut_of(f, in);
	if (!f->gso && p->csum != PKT_CSUM_PARTIAL)
		return true;
	return f->l4_len && f->net_len + f->l4_len <= HEADERS_MAX &&
	       (!f->gso || (f->net_len + f->l4_len < p->len && is_intact(f)));
}

uint32_t forward_wire_len(const struct forward *f)
{
	uint32_t segment = f->net_len + f->l4_len + f->gso;

	return f->gso ? MIN(segment, f->p->len) : f->p->len;
}

/* --- building ------------------------------------------------------------- */

static uint16_t csum_field(const struct forward *f)
{
	return f->proto == IP_PROTO_TCP ? offsetof(struct tcp_wire, cksum)
					: offsetof(struct udp_wire, cksum);
}

/* The sum of the pseudo-header for so many bytes of transport. */
static be16 pseudo(const struct forward *f, size_t len)
{
	struct inet_addr src = ip_src(f->p), dst = ip_dst(f->p);

	return be16_make(
		cksum_fold(cksum_pseudo(&src, &dst, f->proto, (uint32_t)len)));
}

/* The transport header, its checksum partial over `payload` bytes. */
static uint8_t *push_l4(struct tx *t, const struct forward *f, size_t payload)
{
	uint8_t *l4 = tx_push(t, f->l4_len);
	be16 sum = pseudo(f, f->l4_len + payload);

	memcpy(l4, l4_of(f), f->l4_len);
	memcpy(l4 + csum_field(f), &sum, sizeof(sum));
	tx_set_csum(t, csum_field(f));
	return l4;
}

static enum verdict verdict_of(int err)
{
	if (err == 0)
		return DONE;
	return err == -EHOSTUNREACH ? DROP_FORWARD_UNREACHABLE
				    : DROP_FORWARD_LOST;
}

static enum verdict leave(const struct forward *f, struct tx *t)
{
	return verdict_of(eth_output_to(f->path.ifp, t, &f->path.next_hop));
}

/* As it is; but what was never summed up, this link's peer wants to see. */
static enum verdict send_whole(const struct forward *f)
{
	size_t headers = f->net_len + f->l4_len;
	struct tx t;

	tx_init(&t);
	if (f->p->csum != PKT_CSUM_PARTIAL)
		return tx_add(&t, f->p->data, f->p->len) ? leave(f, &t)
							 : DROP_FORWARD_LOST;
	push_l4(&t, f, f->p->len - headers);
	memcpy(tx_push(&t, f->net_len), f->p->data, f->net_len);
	if (!tx_add(&t, f->p->data + headers, f->p->len - headers))
		return DROP_FORWARD_LOST;
	return leave(f, &t);
}

/* --- super-segments ------------------------------------------------------- */

static enum tx_gso kind_of(const struct forward *f)
{
	if (f->proto == IP_PROTO_UDP)
		return TX_GSO_UDP;
	return ip_is6(f->p) ? TX_GSO_TCP6 : TX_GSO_TCP4;
}

/* Does the link cut it by itself? */
static bool link_cuts(const struct forward *f)
{
	uint32_t caps = f->path.ifp->caps;

	switch (kind_of(f)) {
	case TX_GSO_TCP4:
		return caps & LINK_TSO4;
	case TX_GSO_TCP6:
		return caps & LINK_TSO6;
	case TX_GSO_UDP:
		return caps & LINK_USO;
	case TX_GSO_NONE:
		break;
	}
	return false;
}

static enum verdict send_super(const struct forward *f)
{
	size_t headers = f->net_len + f->l4_len;
	struct tx t;

	tx_init(&t);
	push_l4(&t, f, f->p->len - headers);
	memcpy(tx_push(&t, f->net_len), f->p->data, f->net_len);
	t.gso = (uint8_t)kind_of(f);
	t.gso_size = f->gso;
	if (!tx_add(&t, f->p->data + headers, f->p->len - headers))
		return DROP_FORWARD_LOST;
	return leave(f, &t);
}

/* Segment number `i`, which begins at byte `at` of the payload. */
static void fix_l4(const struct forward *f, uint8_t *l4, size_t at, size_t len,
		   bool is_last)
{
	struct tcp_wire *tcp = (void *)l4;
	struct udp_wire *udp = (void *)l4;

	if (f->proto == IP_PROTO_UDP) {
		udp->len = be16_make((uint16_t)(f->l4_len + len));
		return;
	}
	tcp->seq = be32_make(be32_get(tcp->seq) + (uint32_t)at);
	if (!is_last)
		tcp->flags &= (uint8_t) ~(TCP_FIN | TCP_PSH);
	if (at > 0)
		tcp->flags &= (uint8_t)~TCP_CWR;
}

static void push_net(struct tx *t, const struct forward *f, uint32_t i)
{
	size_t behind = tx_len(t);
	uint8_t *net = tx_push(t, f->net_len);
	struct ip6_wire *ip6 = (void *)net;
	struct ip4_wire *ip4 = (void *)net;

	memcpy(net, f->p->data, f->net_len);
	if (ip_is6(f->p)) {
		ip6->payload_len = be16_make(
			(uint16_t)(behind + f->net_len - sizeof(*ip6)));
		return;
	}
	ip4->total_len = be16_make((uint16_t)(behind + f->net_len));
	ip4->id = be16_make((uint16_t)(be16_get(ip4->id) + i));
	ip4->cksum = be16_make(0);
	ip4->cksum = cksum(ip4, f->net_len);
}

static enum verdict send_segments(const struct forward *f)
{
	size_t headers = f->net_len + f->l4_len;
	size_t total = f->p->len - headers, at = 0;
	enum verdict v = DONE;

	if (total / f->gso >= LIMIT_FORWARD_PIECES)
		return DROP_FORWARD_SIZE;
	for (uint32_t i = 0; at < total && v == DONE; i++) {
		size_t len = MIN(total - at, (size_t)f->gso);
		struct tx t;

		tx_init(&t);
		fix_l4(f, push_l4(&t, f, len), at, len, at + len == total);
		if (!tx_add(&t, f->p->data + headers + at, len))
			return DROP_FORWARD_LOST;
		push_net(&t, f, i);
		v = leave(f, &t);
		at += len;
	}
	return v;
}

/* --- fragments of IPv4 ---------------------------------------------------- */

/* RFC 791 3.1: the header of all fragments but the first. Its length. */
static size_t copy_header(uint8_t *to, const struct forward *f)
{
	const uint8_t *from = f->p->data;
	size_t at = sizeof(struct ip4_wire), len = at;

	memcpy(to, from, len);
	while (at < f->net_len && from[at] != IP4_OPT_END) {
		size_t n = from[at] == IP4_OPT_NOP ? 1 : from[at + 1];

		if (from[at] & OPTION_COPIED) {
			memcpy(to + len, from + at, n);
			len += n;
		}
		at += n;
	}
	while (len % 4)
		to[len++] = IP4_OPT_END;
	((struct ip4_wire *)to)->ver_ihl = (uint8_t)(0x40 | len / 4);
	return len;
}

static enum verdict send_fragment(const struct forward *f, const uint8_t *head,
				  size_t head_len, size_t at, size_t len)
{
	const struct ip4_wire *whole = (const void *)f->p->data;
	uint16_t frag = be16_get(whole->frag);
	struct ip4_wire *ip;
	struct tx t;

	tx_init(&t);
	ip = tx_push(&t, head_len);
	memcpy(ip, head, head_len);
	ip->total_len = be16_make((uint16_t)(head_len + len));
	if (f->net_len + at + len < f->p->len)
		frag |= IP4_MF;
	ip->frag = be16_make((uint16_t)(frag + at / 8));
	ip->cksum = be16_make(0);
	ip->cksum = cksum(ip, head_len);
	if (!tx_add(&t, f->p->data + f->net_len + at, len))
		return DROP_FORWARD_LOST;
	stats_add(&f->path.ifp->eng->stats, STAT_IP_FRAG_CREATES, 1);
	return leave(f, &t);
}

/* Its checksum complete, and then pieces of a multiple of 8 bytes. */
static enum verdict send_fragments(const struct forward *f)
{
	size_t total = f->p->len - f->net_len, at = 0;
	uint8_t later[IP4_HEADER_MAX];
	size_t later_len = copy_header(later, f);
	enum verdict v = DONE;

	if (f->path.mtu < IP4_HEADER_MAX + 8)
		return DROP_FORWARD_SIZE;
	if (f->p->csum == PKT_CSUM_PARTIAL) {
		uint8_t *l4 = f->p->data + f->net_len;
		be16 sum = pseudo(f, total);

		memcpy(l4 + csum_field(f), &sum, sizeof(sum));
		sum = cksum(l4, total);
		if (f->proto == IP_PROTO_UDP && be16_get(sum) == 0)
			sum = be16_make(0xffff);
		memcpy(l4 + csum_field(f), &sum, sizeof(sum));
	}
	while (at < total && v == DONE) {
		const uint8_t *head = at ? later : f->p->data;
		size_t head_len = at ? later_len : f->net_len;
		size_t room = (f->path.mtu - head_len) & ~(size_t)7;
		size_t len = MIN(room, total - at);

		v = send_fragment(f, head, head_len, at, len);
		at += len;
	}
	return v;
}

enum verdict forward_send(const struct forward *f)
{
	struct forward narrow = *f;

	if (!f->gso && f->p->len <= f->path.mtu)
		return send_whole(f);
	if (!f->gso)
		return ip_is6(f->p) ? DROP_FORWARD_SIZE : send_fragments(f);
	if (f->net_len + f->l4_len >= f->path.mtu)
		return DROP_FORWARD_SIZE;
	/* TCP's segments may be made shorter at will, which is better than
	 * fragments; those that may not be cut do not come here. */
	if (forward_wire_len(f) > f->path.mtu)
		narrow.gso = (uint16_t)(f->path.mtu - f->net_len - f->l4_len);
	return link_cuts(&narrow) ? send_super(&narrow)
				  : send_segments(&narrow);
}
