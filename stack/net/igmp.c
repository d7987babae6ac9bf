/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * igmp.c - telling routers and switches which IPv4 groups we listen to
 *
 * What this room is for
 *   See igmp.h. All that is sent is sent by the timer, which a change arms for
 *   this very turn: so several changes share a report, and nothing goes out in
 *   the middle of somebody's call.
 *
 * Comes in   udp_group.c joins and leaves; ip4.c delivers messages.
 * Goes out   igmp_send.c.
 * Never      filters sources: a group is wanted from everybody.
 * Lock       the stack lock is held.
 * Follows    RFC 3376 5 (hosts), 7.2 (older versions), 8 (times), 9.1 (what a
 *            query must look like); RFC 2236 3, 6.
 */
#include "igmp.h"

#include <string.h>

#include "link/cksum.h"
#include "link/iface.h"
#include "igmp_send.h"
#include "ground/must.h"
#include "net.h"
#include "ground/rand.h"
#include "link/wire.h"

enum {
	ROBUSTNESS = 2,     /* RFC 3376 8.1 */
	ROBUSTNESS_MAX = 7, /* three bits of a query */
	/* RFC 2236 4: a query of version 1 gives ten seconds. */
	V1_RESPONSE_TENTHS = 100,
};

#define QUERY_INTERVAL_US SEC(125) /* RFC 3376 8.2 */
#define TENTH_US MSEC(100)
#define REPEAT_V3_US SEC(1)  /* RFC 3376 8.11 */
#define REPEAT_V2_US SEC(10) /* RFC 2236 8.10 */

static const struct ip4_addr ALL_HOSTS = {{224, 0, 0, 1}};

static usecs now_of(const struct igmp *g)
{
	return g->net->eng->now;
}

/* At some time within `span`, so that hosts do not speak all at once. */
static usecs within(struct igmp *g, usecs span)
{
	uint32_t bound = (uint32_t)MIN(MAX(span, (usecs)1), (usecs)UINT32_MAX);

	return now_of(g) + rand_below(&g->net->eng->rand, bound);
}

/* --- what waits ------------------------------------------------------------
 */

static void rearm(struct igmp *g)
{
	usecs next = USECS_NEVER;

	for (uint32_t i = 0; i < g->net->nifs; i++)
		next = MIN(next, g->links[i].answer_at);
	for (uint32_t i = 0; i < g->ngroups; i++) {
		const struct igmp_group *e = &g->groups[i];

		next = MIN(next, e->answer_at);
		if (e->changes > 0)
			next = MIN(next, e->change_at);
	}
	if (next == USECS_NEVER)
		timer_stop(&g->net->eng->timers, &g->timer);
	else
		timer_start(&g->net->eng->timers, &g->timer, next);
}

/* Forgets what was left and has been said. */
static void sweep(struct igmp *g)
{
	uint32_t i = 0;

	while (i < g->ngroups) {
		if (g->groups[i].refs == 0 && g->groups[i].changes == 0)
			g->groups[i] = g->groups[--g->ngroups];
		else
			i++;
	}
}

static void forget_answer(struct igmp_group *e)
{
	e->answer_at = USECS_NEVER;
	e->nsources = 0;
}

/* RFC 3376 7.2.1: who speaks another version from now on has nothing left to
 * say in the old one. */
static void set_version(struct igmp *g, uint32_t ifindex, uint32_t version)
{
	struct igmp_link *l = &g->links[ifindex - 1];

	if (l->version == version)
		return;
	l->version = version;
	l->answer_at = USECS_NEVER;
	for (uint32_t i = 0; i < g->ngroups; i++) {
		struct igmp_group *e = &g->groups[i];

		if (e->ifindex != ifindex)
			continue;
		forget_answer(e);
		e->changes = 0;
	}
	sweep(g);
}

/* As old as the oldest router that was heard lately. */
static void look_at_version(struct igmp *g, uint32_t ifindex)
{
	const struct igmp_link *l = &g->links[ifindex - 1];
	usecs now = now_of(g);

	set_version(g, ifindex,
		    now < l->v1_until   ? 1
		    : now < l->v2_until ? 2
					: 3);
}

/* --- joining and leaving ---------------------------------------------------
 */

static struct igmp_group *find(struct igmp *g, struct ip4_addr group,
			       uint32_t ifindex)
{
	for (uint32_t i = 0; i < g->ngroups; i++) {
		if (g->groups[i].ifindex == ifindex &&
		    ip4_equal(g->groups[i].group, group))
			return &g->groups[i];
	}
	return NULL;
}

/* There is a place for all that floor 3 can join; what was left makes room. */
static struct igmp_group *add(struct igmp *g, struct ip4_addr group,
			      uint32_t ifindex)
{
	struct igmp_group *e = NULL;

	if (g->ngroups < LIMIT_IGMP_GROUPS)
		e = &g->groups[g->ngroups++];
	for (uint32_t i = 0; !e && i < g->ngroups; i++) {
		if (g->groups[i].refs == 0)
			e = &g->groups[i];
	}
	if (e)
		*e = (struct igmp_group){.group = group,
					 .ifindex = ifindex,
					 .answer_at = USECS_NEVER};
	return e;
}

/* RFC 3376 5.1: the first report goes at once. */
static void changed(struct igmp *g, struct igmp_group *e)
{
	e->changes = g->links[e->ifindex - 1].robustness;
	e->change_at = now_of(g);
	forget_answer(e);
}

static void join(struct igmp *g, struct ip4_addr group, uint32_t ifindex)
{
	struct igmp_group *e;

	look_at_version(g, ifindex);
	e = find(g, group, ifindex);
	if (!e)
		e = add(g, group, ifindex);
	if (e && e->refs++ == 0)
		changed(g, e);
}

/* IGMPv1 has no word for it. */
static void leave(struct igmp *g, struct ip4_addr group, uint32_t ifindex)
{
	struct igmp_group *e;

	look_at_version(g, ifindex);
	e = find(g, group, ifindex);
	if (!e || e->refs == 0 || --e->refs > 0)
		return;
	changed(g, e);
	if (g->links[ifindex - 1].version == 1)
		e->changes = 0;
	else if (g->links[ifindex - 1].version == 2)
		e->changes = 1;
}

static void on_links(struct net *n, const struct inet_addr *group,
		     uint32_t ifindex,
		     void (*what)(struct igmp *, struct ip4_addr, uint32_t))
{
	if (!inet_is4(group) || ip4_equal(inet_to4(group), ALL_HOSTS))
		return;
	for (uint32_t i = 0; i < n->nifs; i++) {
		if (!n->ifs[i].is_loopback &&
		    (ifindex == 0 || ifindex == n->ifs[i].index))
			what(&n->igmp, inet_to4(group), n->ifs[i].index);
	}
	sweep(&n->igmp);
	rearm(&n->igmp);
}

void igmp_join(struct net *n, const struct inet_addr *group, uint32_t ifindex)
{
	on_links(n, group, ifindex, join);
}

void igmp_leave(struct net *n, const struct inet_addr *group, uint32_t ifindex)
{
	on_links(n, group, ifindex, leave);
}

/* --- the timer -------------------------------------------------------------
 */

/* Is a change to be said now? Then the next time is set. */
static bool take_change(struct igmp *g, struct igmp_group *e)
{
	bool is_v3 = g->links[e->ifindex - 1].version == 3;

	if (e->changes == 0 || e->change_at > now_of(g))
		return false;
	e->changes--;
	e->change_at = within(g, is_v3 ? REPEAT_V3_US : REPEAT_V2_US);
	return true;
}

static bool take_answer(struct igmp *g, struct igmp_group *e)
{
	if (e->answer_at > now_of(g))
		return false;
	e->answer_at = USECS_NEVER;
	return e->refs > 0;
}

/* RFC 3376 5.2: of everything, when all was asked for; else of the group, or
 * of the sources that were asked about: they are wanted, as all are. */
static void say_v3(struct igmp *g, struct igmp_group *e, bool all,
		   struct igmp_report *r)
{
	if (take_change(g, e))
		igmp_report_add(r, e->refs ? IGMP_TO_EXCLUDE : IGMP_TO_INCLUDE,
				e->group, NULL, 0);
	if (all && e->refs > 0)
		igmp_report_add(r, IGMP_IS_EXCLUDE, e->group, NULL, 0);
	if (!take_answer(g, e))
		return;
	igmp_report_add(r, e->nsources ? IGMP_IS_INCLUDE : IGMP_IS_EXCLUDE,
			e->group, e->sources, e->nsources);
	forget_answer(e);
}

static void say_old(struct igmp *g, struct igmp_group *e, struct iface *ifp)
{
	enum igmp_type report = g->links[e->ifindex - 1].version == 1
					? IGMP_V1_REPORT
					: IGMP_V2_REPORT;
	bool change = take_change(g, e);

	if (change && e->refs == 0)
		igmp_send_one(ifp, IGMP_V2_LEAVE, e->group);
	else if (take_answer(g, e) || change)
		igmp_send_one(ifp, report, e->group);
}

static void say(struct igmp *g, struct iface *ifp)
{
	struct igmp_link *l = &g->links[ifp->index - 1];
	struct igmp_report r;
	bool all;

	look_at_version(g, ifp->index);
	all = l->answer_at <= now_of(g);
	if (all)
		l->answer_at = USECS_NEVER;
	igmp_report_init(&r, ifp);
	for (uint32_t i = 0; i < g->ngroups; i++) {
		struct igmp_group *e = &g->groups[i];

		if (e->ifindex != ifp->index)
			continue;
		if (l->version == 3)
			say_v3(g, e, all, &r);
		else
			say_old(g, e, ifp);
	}
	igmp_report_flush(&r);
}

void igmp_on_timer(struct timer *t)
{
	struct igmp *g = container_of(t, struct igmp, timer);

	for (uint32_t i = 0; i < g->net->nifs; i++) {
		if (!g->net->ifs[i].is_loopback)
			say(g, &g->net->ifs[i]);
	}
	sweep(g);
	rearm(g);
}

/* --- what routers and neighbours say ----------------------------------------
 */

/* RFC 3376 4.1.1, 4.1.7: a small number, or three bits of exponent. */
static uint32_t decode(uint8_t code)
{
	if (code < 128)
		return code;
	return (uint32_t)(0x10 | (code & 0xf)) << ((code >> 4 & 7) + 3);
}

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
static bool is_credible(const struct pkt *p, const struct igmp_wire *q,
			uint32_t version)
{
	const struct ip4_wire *ip = (const void *)p->l3;
	struct inet_addr group = inet_from4(q->group);

	if (ip->ttl != 1 || (version > 1 && !has_router_alert(p)))
		return false;
	if (!inet_is_any(&group))
		return inet_is_multicast(&group);
	return ip4_equal(ip->dst, ALL_HOSTS);
}

/* RFC 3376 7.2.1: as old as the oldest. 8.12: for how long. */
static void hear_version(struct igmp *g, uint32_t ifindex, uint32_t version,
			 usecs response)
{
	struct igmp_link *l = &g->links[ifindex - 1];
	usecs until = now_of(g) + l->robustness * l->interval + response;

	if (version == 1)
		l->v1_until = until;
	else if (version == 2)
		l->v2_until = until;
	look_at_version(g, ifindex);
}

/* RFC 3376 5.2, rules 3 to 5. More sources than we can remember become a
 * question about the group: Deviation, pinned by
 * igmp/too_many_sources_are_a_question_about_the_group. */
static void ask_group(struct igmp *g, struct igmp_group *e, usecs response,
		      const struct ip4_addr *sources, uint32_t nsources)
{
	bool waits = e->answer_at != USECS_NEVER;
	usecs at = within(g, response);

	e->answer_at = MIN(e->answer_at, at);
	if (nsources == 0 || (waits && e->nsources == 0) ||
	    nsources > LIMIT_IGMP_SOURCES - e->nsources) {
		e->nsources = 0;
		return;
	}
	memcpy(e->sources + e->nsources, sources, nsources * sizeof(*sources));
	e->nsources += nsources;
}

/* The whole of RFC 3376 5.2; versions 1 and 2 delay each group by itself. */
static void ask(struct igmp *g, uint32_t ifindex, const struct igmp_wire *q,
		usecs response, const struct ip4_addr *sources,
		uint32_t nsources)
{
	struct igmp_link *l = &g->links[ifindex - 1];
	struct inet_addr group = inet_from4(q->group);
	bool is_general = inet_is_any(&group);

	if (is_general && l->version == 3) {
		l->answer_at = MIN(l->answer_at, within(g, response));
		return;
	}
	for (uint32_t i = 0; i < g->ngroups; i++) {
		struct igmp_group *e = &g->groups[i];

		if (e->ifindex == ifindex && e->refs > 0 &&
		    (is_general || ip4_equal(e->group, q->group)))
			ask_group(g, e, response, sources, nsources);
	}
}

/* RFC 3376 4.1.6, 4.1.7; zero means that the router does not say. */
static void learn(struct igmp_link *l, const struct igmp_query_wire *q)
{
	uint32_t robustness = q->s_qrv & 7, interval = decode(q->qqic);

	l->robustness = robustness ? robustness : ROBUSTNESS;
	l->interval = interval ? SEC(interval) : QUERY_INTERVAL_US;
}

/* RFC 3376 7.1: length and code tell the version. */
static enum verdict on_query(struct iface *ifp, const struct pkt *p)
{
	const struct igmp_wire *q = (const void *)p->data;
	const struct igmp_query_wire *q3 = (const void *)p->data;
	struct igmp *g = &ifp->net->igmp;
	uint32_t version = p->len >= sizeof(*q3) ? 3 : q->code ? 2 : 1;
	uint32_t tenths = q->code, nsources = 0;

	if (p->len > sizeof(*q) && p->len < sizeof(*q3))
		return DROP_IGMP_FORMAT;
	if (version == 1)
		tenths = V1_RESPONSE_TENTHS;
	if (version == 3) {
		tenths = decode(q->code);
		nsources = be16_get(q3->nsources);
		if (nsources > (p->len - sizeof(*q3)) / sizeof(*q3->sources))
			return DROP_IGMP_FORMAT;
	}
	if (!is_credible(p, q, version))
		return DROP_IGMP_FORGED;
	if (version == 3)
		learn(&g->links[ifp->index - 1], q3);
	hear_version(g, ifp->index, version, tenths * TENTH_US);
	ask(g, ifp->index, q, tenths * TENTH_US, q3->sources, nsources);
	rearm(g);
	return DONE;
}

/* RFC 2236 3: another host has said it for us. Version 3 wants to hear all. */
static enum verdict on_report(struct iface *ifp, const struct pkt *p)
{
	const struct igmp_wire *m = (const void *)p->data;
	struct igmp *g = &ifp->net->igmp;
	struct igmp_group *e;

	look_at_version(g, ifp->index);
	e = find(g, m->group, ifp->index);
	if (e && e->refs > 0 && g->links[ifp->index - 1].version < 3) {
		forget_answer(e);
		e->changes = 0;
	}
	rearm(g);
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
	case IGMP_V2_LEAVE:
	case IGMP_V3_REPORT:
		return DONE; /* For routers. */
	default:
		return DROP_IGMP_TYPE;
	}
}

/* --- the beginning, and after a death ---------------------------------------
 */

void igmp_init(struct igmp *g, struct net *n)
{
	memset(g, 0, sizeof(*g));
	g->net = n;
	for (uint32_t i = 0; i < LIMIT_IFACES; i++)
		g->links[i] = (struct igmp_link){
			.answer_at = USECS_NEVER,
			.version = 3,
			.robustness = ROBUSTNESS,
			.interval = QUERY_INTERVAL_US,
		};
	MUST(timer_init(&n->eng->timers, &g->timer, TIMER_IGMP) == 0);
}

void igmp_fini(struct igmp *g)
{
	timer_fini(&g->net->eng->timers, &g->timer);
}

/* Half-written entries are made harmless: the rest is said once too often. */
void igmp_rebuild(struct igmp *g)
{
	uint32_t kept = 0;

	timer_rebuild(&g->net->eng->timers, &g->timer);
	g->ngroups = MIN(g->ngroups, (uint32_t)LIMIT_IGMP_GROUPS);
	for (uint32_t i = 0; i < g->ngroups; i++) {
		struct igmp_group e = g->groups[i];
		struct inet_addr group = inet_from4(e.group);

		if (e.ifindex == 0 || e.ifindex > g->net->nifs ||
		    !inet_is_multicast(&group))
			continue;
		e.refs = 0;
		changed(g, &e);
		g->groups[kept++] = e;
	}
	g->ngroups = kept;
	for (uint32_t i = 0; i < LIMIT_IFACES; i++) {
		struct igmp_link *l = &g->links[i];

		if (l->robustness == 0 || l->robustness > ROBUSTNESS_MAX)
			l->robustness = ROBUSTNESS;
	}
	rearm(g);
}
