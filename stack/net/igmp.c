/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * igmp.c - IGMP messages that arrive
 *
 * What this room is for
 *   See igmp.h. A query must come from this link, and its counts must fit.
 *
 * Comes in   ip4.c delivers.
 * Goes out   mcast_query.c.
 * Lock       the stack lock is held.
 * Follows    RFC 3376 4.1, 7.1, 9.1; RFC 2236 4.
 */
#include "igmp.h"

#include "link/cksum.h"
#include "link/iface.h"
#include "mcast.h"
#include "ground/pkt.h"
#include "link/wire.h"

enum {
	/* RFC 2236 4: a query of version 1 gives ten seconds. */
	V1_RESPONSE_TENTHS = 100,
};

#define TENTH_US MSEC(100)

static const struct ip4_addr ALL_HOSTS = {{224, 0, 0, 1}};

/* The options were checked by ip4.c: each that has a length fits. */
static bool has_router_alert(const struct pkt *p)
{
	const struct ip4_wire *ip = (const void *)p->l3;
	size_t at = sizeof(*ip), end = ip4_wire_len(ip);

	while (at + 1 < end && p->l3[at] != IP4_OPT_END) {
		if (p->l3[at] == IP4_OPT_NOP) {
			at++;
			continue;
		}
		if (p->l3[at] == IP4_OPT_ROUTER_ALERT)
			return true;
		at += MAX(p->l3[at + 1], 2);
	}
	return false;
}

/* RFC 3376 9.1: forged from afar it would lack one of these. */
static bool is_credible(const struct pkt *p, const struct mcast_query *q)
{
	const struct ip4_wire *ip = (const void *)p->l3;

	if (ip->ttl != 1 || (q->version > 1 && !has_router_alert(p)))
		return false;
	if (!inet_is_any(&q->group))
		return inet_is_multicast(&q->group);
	return ip4_equal(ip->dst, ALL_HOSTS);
}

/* RFC 3376 7.1: length and code tell the version. False: no such query. */
static bool read_query(const struct pkt *p, struct mcast_query *q)
{
	const struct igmp_wire *m = (const void *)p->data;
	const struct igmp_query_wire *m3 = (const void *)p->data;

	*q = (struct mcast_query){.group = inet_from4(m->group)};
	if (p->len == sizeof(*m)) {
		q->version = m->code ? 2 : 1;
		q->response =
			(m->code ? m->code : V1_RESPONSE_TENTHS) * TENTH_US;
		return true;
	}
	if (p->len < sizeof(*m3))
		return false;
	q->version = 3;
	q->response = mcast_decode(m->code, 8) * TENTH_US;
	q->robustness = m3->s_qrv & 7;
	q->interval_s = mcast_decode(m3->qqic, 8);
	q->nsources = be16_get(m3->nsources);
	q->sources = (const void *)m3->sources;
	return q->nsources <= (p->len - sizeof(*m3)) / sizeof(*m3->sources);
}

static enum verdict on_query(struct iface *ifp, const struct pkt *p)
{
	struct mcast_query q;

	if (!read_query(p, &q))
		return DROP_IGMP_FORMAT;
	if (!is_credible(p, &q))
		return DROP_IGMP_FORGED;
	mcast_on_query(ifp, &q);
	return DONE;
}

static enum verdict on_report(struct iface *ifp, const struct pkt *p)
{
	const struct igmp_wire *m = (const void *)p->data;
	struct inet_addr group = inet_from4(m->group);

	mcast_on_report(ifp, &group);
	return DONE;
}

enum verdict igmp_input(struct iface *ifp, struct pkt *p)
{
	const struct igmp_wire *m = (const void *)p->data;

	if (p->len < sizeof(*m))
		return DROP_IGMP_SHORT;
	if (be16_get(cksum(p->data, p->len)) != 0)
		return DROP_IGMP_CHECKSUM;
	if (ifp->is_loopback)
		return DROP_IGMP_FORGED;
	switch (m->type) {
	case IGMP_QUERY:
		return on_query(ifp, p);
	case IGMP_V1_REPORT:
	case IGMP_V2_REPORT:
		return on_report(ifp, p);
	case IGMP_V3_REPORT: /* For routers; ours are none. */
		return mcast_report_is_sound(p->data, p->len, true)
			       ? DONE
			       : DROP_IGMP_FORMAT;
	case IGMP_V2_LEAVE:
		return DONE;
	default:
		return DROP_IGMP_TYPE;
	}
}
