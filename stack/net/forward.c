/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * forward.c - packets of others: a router between our links
 *
 * What this room is for
 *   See forward.h. The rules of both versions are the same but for a few:
 *   which addresses never leave their link, whose packets are cut (IPv4's), and
 *   the words of the errors.
 *
 *   A source is believed when the best route back to it could lead out of the
 *   link that the packet came by (RFC 3704 2.3, feasible reverse path): with
 *   one link to the outside nothing can be forged from there that lives here.
 *
 * Comes in   ip4.c, ip6.c: what is for another host.
 * Goes out   forward_out.c; ICMP errors; redirect_send.c.
 * Never      forwards groups or broadcasts; sends router advertisements; looks
 *            at IPv6 hop-by-hop options (RFC 8200 4 leaves that open).
 * Lock       the stack lock is held.
 */
#include "forward.h"

#include <errno.h>
#include <string.h>

#include "forward_out.h"
#include "icmp4.h"
#include "icmp6.h"
#include "ip.h"
#include "link/cksum.h"
#include "link/eth.h"
#include "redirect_send.h"

/* What of both versions differs. */
enum complaint {
	COMPLAIN_HOPS,     /* the last hop was ours */
	COMPLAIN_NETWORK,  /* no route */
	COMPLAIN_HOST,     /* nobody there */
	COMPLAIN_PROHIBIT, /* a route says so */
	COMPLAIN_SIZE,     /* too long; with an MTU */
	COMPLAIN_SCOPE,    /* IPv6: the source means nothing out there */
};

static void complain4(struct iface *in, const struct pkt *p, enum complaint c,
		      uint32_t mtu)
{
	switch (c) {
	case COMPLAIN_HOPS:
		icmp4_send_error(in, p, ICMP4_TIME_EXCEEDED, 0, 0);
		return;
	case COMPLAIN_NETWORK:
		icmp4_send_error(in, p, ICMP4_UNREACHABLE, ICMP4_UNREACH_NET,
				 0);
		return;
	case COMPLAIN_HOST:
		icmp4_send_error(in, p, ICMP4_UNREACHABLE, ICMP4_UNREACH_HOST,
				 0);
		return;
	case COMPLAIN_PROHIBIT:
		icmp4_send_error(in, p, ICMP4_UNREACHABLE, ICMP4_UNREACH_ADMIN,
				 0);
		return;
	case COMPLAIN_SIZE:
		icmp4_send_error(in, p, ICMP4_UNREACHABLE, ICMP4_UNREACH_FRAG,
				 mtu);
		return;
	case COMPLAIN_SCOPE:
		return;
	}
}

static void complain6(struct iface *in, const struct pkt *p, enum complaint c,
		      uint32_t mtu)
{
	switch (c) {
	case COMPLAIN_HOPS:
		icmp6_send_error(in, p, ICMP6_TIME_EXCEEDED, 0, 0);
		return;
	case COMPLAIN_NETWORK:
		icmp6_send_error(in, p, ICMP6_UNREACHABLE, ICMP6_UNREACH_ROUTE,
				 0);
		return;
	case COMPLAIN_HOST:
		icmp6_send_error(in, p, ICMP6_UNREACHABLE, ICMP6_UNREACH_ADDR,
				 0);
		return;
	case COMPLAIN_PROHIBIT:
		icmp6_send_error(in, p, ICMP6_UNREACHABLE, ICMP6_UNREACH_ADMIN,
				 0);
		return;
	case COMPLAIN_SIZE:
		icmp6_send_error(in, p, ICMP6_TOO_BIG, 0, mtu);
		return;
	case COMPLAIN_SCOPE:
		icmp6_send_error(in, p, ICMP6_UNREACHABLE, ICMP6_UNREACH_SCOPE,
				 0);
		return;
	}
}

static void complain(struct iface *in, const struct pkt *p, enum complaint c,
		     uint32_t mtu)
{
	stats_add(&in->eng->stats, STAT_IP_FORWARD_REFUSED, 1);
	if (ip_is6(p))
		complain6(in, p, c, mtu);
	else
		complain4(in, p, c, mtu);
}

/* RFC 1812 5.3.7, RFC 3927 7, RFC 4291 2.5: what stays on its link, and what
 * is nobody's address. */
static bool never_leaves(const struct net *n, const struct inet_addr *a)
{
	if (inet_is_any(a) || inet_is_loopback(a) || inet_is_multicast(a) ||
	    inet_is_link_local(a) || net_is_broadcast(n, a))
		return true;
	/* This network (0/8) and class E. */
	return inet_is4(a) && (a->b[12] == 0 || a->b[12] >= 240);
}

/* One of ours that may not be used, or not yet. */
static bool is_configured(struct net *n, const struct inet_addr *a)
{
	for (uint32_t i = 0; i < n->nifs; i++) {
		if (iface_find(&n->ifs[i], a))
			return true;
	}
	return false;
}

static enum verdict check_addresses(struct iface *in, struct pkt *p)
{
	struct inet_addr src = ip_src(p), dst = ip_dst(p);
	struct net *n = in->net;

	/* RFC 1812 5.3.4: a link-layer broadcast makes no packet many. */
	if (in->is_loopback || p->to_broadcast)
		return DROP_FORWARD_LINK;
	if (never_leaves(n, &dst) || is_configured(n, &dst))
		return DROP_FORWARD_DESTINATION;
	if (!inet_is4(&src) && inet_is_link_local(&src)) {
		complain(in, p, COMPLAIN_SCOPE, 0);
		return DROP_FORWARD_SOURCE;
	}
	if (never_leaves(n, &src) || net_is_local(n, &src))
		return DROP_FORWARD_SOURCE;
	return route_is_feasible(n, &src, in->index) ? DONE
						     : DROP_FORWARD_REVERSE;
}

/* The way on, or the reason that there is none. */
static enum verdict find_way(struct iface *in, struct pkt *p, struct path *path)
{
	struct inet_addr dst = ip_dst(p);
	int err = route_lookup_through(in->net, &dst, path);

	if (err == 0)
		return path->ifp->is_loopback ? DROP_FORWARD_ROUTE : DONE;
	if (err == -ENETUNREACH)
		complain(in, p, COMPLAIN_NETWORK, 0);
	if (err == -EHOSTUNREACH)
		complain(in, p, COMPLAIN_HOST, 0);
	if (err == -EACCES)
		complain(in, p, COMPLAIN_PROHIBIT, 0);
	return DROP_FORWARD_ROUTE;
}

static bool may_be_cut(const struct pkt *p)
{
	const struct ip4_wire *ip = (const void *)p->data;

	return !ip_is6(p) && !(be16_get(ip->frag) & IP4_DF);
}

/* One hop less; RFC 1624 for the checksum, which was right before. */
static void count_hop(struct pkt *p)
{
	struct ip6_wire *ip6 = (void *)p->data;
	struct ip4_wire *ip4 = (void *)p->data;
	uint32_t sum;

	if (ip_is6(p)) {
		ip6->hop_limit--;
		return;
	}
	sum = (uint32_t)(uint16_t)~be16_get(ip4->cksum);
	sum += (uint16_t) ~(ip4->ttl << 8 | ip4->proto);
	ip4->ttl--;
	sum += (uint32_t)(ip4->ttl << 8 | ip4->proto);
	ip4->cksum = cksum_finish(sum);
}

static enum verdict send_on(struct iface *in, struct forward *f)
{
	struct iface *out = f->path.ifp;
	enum verdict v;

	if (forward_wire_len(f) > f->path.mtu && !may_be_cut(f->p)) {
		complain(in, f->p, COMPLAIN_SIZE, f->path.mtu);
		return DROP_FORWARD_SIZE;
	}
	if (out == in)
		redirect_send(in, f->p, &f->path.next_hop);
	count_hop(f->p);
	v = forward_send(f);
	if (v == DROP_FORWARD_UNREACHABLE)
		complain(in, f->p, COMPLAIN_HOST, 0);
	if (v == DONE)
		stats_add(&in->eng->stats, STAT_IP_FORWARDS, 1);
	return v;
}

static enum verdict forward(struct iface *in, struct pkt *p)
{
	struct path path;
	struct forward f;
	enum verdict v = check_addresses(in, p);

	if (v != DONE)
		return v;
	if (ip_ttl(p) <= 1) {
		complain(in, p, COMPLAIN_HOPS, 0);
		return DROP_FORWARD_HOPS;
	}
	v = find_way(in, p, &path);
	if (v != DONE)
		return v;
	if (!forward_read(&f, in, p))
		return DROP_LINK_OFFLOAD;
	f.path = path;
	return send_on(in, &f);
}

enum verdict forward4(struct iface *in, struct pkt *p)
{
	return forward(in, p);
}

enum verdict forward6(struct iface *in, struct pkt *p)
{
	return forward(in, p);
}
