/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * mld.c - multicast listener discovery: messages that arrive
 *
 * What this room is for
 *   See mld.h. What no neighbour sends is dropped, and so is a message that
 *   says it has more sources or records than it has bytes for.
 *
 * Comes in   icmp6.c delivers.
 * Goes out   mcast_query.c.
 * Lock       the stack lock is held.
 * Follows    RFC 3810 5.1, 5.2, 6.2, 8.1; RFC 2710 4.
 */
#include "mld.h"

#include "link/iface.h"
#include "ip6_ext.h"
#include "mcast.h"
#include "ground/pkt.h"

#define MILLI_US MSEC(1)

static const struct inet_addr ALL_NODES = {{0xff, 2, [15] = 1}};

static const struct ip6_wire *ip_of(const struct pkt *p)
{
	return (const void *)p->l3;
}

/* The chain was walked by ip6.c: each option fits. */
static bool has_router_alert(const struct pkt *p)
{
	const struct ip6_ext_wire *ext = (const void *)(ip_of(p) + 1);
	const uint8_t *at = (const uint8_t *)(ext + 1), *end;

	if (ip_of(p)->next != IP6_NEXT_HOP_BY_HOP)
		return false;
	end = (const uint8_t *)ext + 8 + 8u * ext->len;
	while (at + 1 < end) {
		if (at[0] == IP6_OPT_ROUTER_ALERT)
			return true;
		at += at[0] == IP6_OPT_PAD1 ? 1 : 2 + at[1];
	}
	return false;
}

/* RFC 3810 5.1.14, 5.2.13, 6.2: from a neighbour, through no router. Only a
 * host that has no address yet may report from ::. */
static bool is_credible(const struct pkt *p)
{
	const struct inet_addr *src = &ip_of(p)->src;
	const struct icmp6_wire *icmp = (const void *)p->data;
	bool may_be_any = icmp->type != ICMP6_MLD_QUERY;

	return ip_of(p)->hop_limit == 1 && has_router_alert(p) &&
	       (inet_is_link_local(src) || (may_be_any && inet_is_any(src)));
}

/* RFC 3810 5.1.15: a general query goes to all; one about a group is about a
 * group. */
static bool has_right_group(const struct pkt *p, const struct mcast_query *q)
{
	if (!inet_is_any(&q->group))
		return !inet_is4(&q->group) && inet_is_multicast(&q->group);
	return q->nsources == 0 && inet_equal(&ip_of(p)->dst, &ALL_NODES);
}

/* RFC 3810 8.1: the length tells the version. False: no such query. */
static bool read_query(const struct pkt *p, struct mcast_query *q)
{
	const struct mld_wire *m = (const void *)p->data;
	const struct mld_query_wire *m2 = (const void *)p->data;
	uint32_t code;

	if (p->len < sizeof(*m))
		return false;
	code = be32_get(m->icmp.word) >> 16;
	*q = (struct mcast_query){.group = m->group, .version = 2};
	q->response = code * MILLI_US;
	if (p->len == sizeof(*m))
		return true;
	if (p->len < sizeof(*m2))
		return false;
	q->version = 3;
	q->response = mcast_decode(code, 16) * MILLI_US;
	q->robustness = m2->s_qrv & 7;
	q->interval_s = mcast_decode(m2->qqic, 8);
	q->nsources = be16_get(m2->nsources);
	q->sources = (const void *)m2->sources;
	return q->nsources <= (p->len - sizeof(*m2)) / sizeof(*m2->sources);
}

static enum verdict on_query(struct iface *ifp, const struct pkt *p)
{
	struct mcast_query q;

	if (!read_query(p, &q))
		return DROP_MLD_FORMAT;
	if (!is_credible(p) || !has_right_group(p, &q))
		return DROP_MLD_FORGED;
	mcast_on_query(ifp, &q);
	return DONE;
}

static enum verdict on_old(struct iface *ifp, const struct pkt *p)
{
	const struct mld_wire *m = (const void *)p->data;

	if (p->len < sizeof(*m) || inet_is4(&m->group) ||
	    !inet_is_multicast(&m->group))
		return DROP_MLD_FORMAT;
	if (!is_credible(p))
		return DROP_MLD_FORGED;
	if (m->icmp.type == ICMP6_MLD_REPORT)
		mcast_on_report(ifp, &m->group);
	return DONE;
}

enum verdict mld_input(struct iface *ifp, struct pkt *p)
{
	const struct icmp6_wire *icmp = (const void *)p->data;

	if (ifp->is_loopback)
		return DROP_MLD_FORGED;
	if (icmp->type == ICMP6_MLD_QUERY)
		return on_query(ifp, p);
	if (icmp->type != ICMP6_MLD2_REPORT)
		return on_old(ifp, p);
	/* For routers; ours are none. */
	if (!mcast_report_is_sound(p->data, p->len, false))
		return DROP_MLD_FORMAT;
	return is_credible(p) ? DONE : DROP_MLD_FORGED;
}
