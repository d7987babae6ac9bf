/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * mcast.c - telling routers and switches which groups we listen to
 *
 * What this room is for
 *   See mcast.h. Here is what changes: the listeners' filters, the groups of
 *   the interface itself, the version that is spoken. A change arms the timer
 *   for this very turn: so several of them share a report, and nothing goes
 *   out in the middle of somebody's call.
 *
 * Comes in   udp_group.c changes filters; net.c says that addresses changed.
 * Goes out   mcast_report.c says what is to be said.
 * Lock       the stack lock is held.
 * Proved by  igmp_test.c mld_test.c
 * Follows    RFC 3376 5.1, 7.2 (older versions); RFC 2236 3, 6; RFC 3810 6.1,
 *            8.2; RFC 3590 4.
 */
#include "mcast.h"

#include <errno.h>

#include "link/iface.h"
#include "mcast_priv.h"
#include "ground/must.h"
#include "net.h"
#include "ground/rand.h"

enum {
	ROBUSTNESS_MAX = 7, /* three bits of a query */
	SCOPE_LINK = 2,     /* RFC 4291 2.7 */
};

static const struct inet_addr ALL_HOSTS4 = {
	{[10] = 0xff, [11] = 0xff, [12] = 224, [15] = 1}};
static const struct inet_addr ALL_NODES6 = {{0xff, 2, [15] = 1}};
static const struct inet_addr ALL_NODES_HERE6 = {{0xff, 1, [15] = 1}};

/* Whoever joins without a word about sources. */
static const struct mcast_filter ANY_SOURCE = {.exclude = true};

/* RFC 3376 5, RFC 3810 6: every host is known to be in the first of them, and
 * nobody outside cares about the last. */
bool mcast_is_reported(const struct mcast *m, const struct mcast_group *g)
{
	if (m->net->ifs[g->ifindex - 1].is_loopback)
		return false;
	if (inet_is4(&g->group))
		return !inet_equal(&g->group, &ALL_HOSTS4);
	return !inet_equal(&g->group, &ALL_NODES6) &&
	       (g->group.b[1] & 0xf) >= SCOPE_LINK;
}

/* --- what waits ----------------------------------------------------------- */

/* Not later than that. */
void mcast_hurry(struct mcast *m, usecs when)
{
	if (when != USECS_NEVER &&
	    (!timer_is_armed(&m->timer) || when < m->timer.when))
		timer_start(&m->net->eng->timers, &m->timer, when);
}

void mcast_forget_answer(struct mcast_group *g)
{
	g->answer_at = USECS_NEVER;
	g->nasked = 0;
}

void mcast_forget_changes(struct mcast_group *g)
{
	g->mode_left = 0;
	g->sources_left = 0;
	for (uint32_t i = 0; i < g->nsources; i++)
		g->sources[i].left = 0;
}

void mcast_sweep(struct mcast *m)
{
	list_for_each_safe (it, tmp, &m->groups.all)
		mcast_group_tidy(&m->groups,
				 list_entry(it, struct mcast_group, link));
}

/* RFC 3376 7.2.1: who speaks another version from now on has nothing left to
 * say in the old one. */
static void set_version(struct mcast *m, uint32_t ifindex, unsigned int family,
			uint32_t version)
{
	struct mcast_link *l = &m->links[ifindex - 1][family];

	if (l->version == version)
		return;
	l->version = version;
	l->answer_at = USECS_NEVER;
	list_for_each (it, &m->groups.all) {
		struct mcast_group *g =
			list_entry(it, struct mcast_group, link);

		if (g->ifindex != ifindex || mcast_family(&g->group) != family)
			continue;
		mcast_forget_answer(g);
		mcast_forget_changes(g);
	}
	mcast_sweep(m);
}

/* As old as the oldest router that was heard lately. */
void mcast_look_at_version(struct mcast *m, uint32_t ifindex,
			   unsigned int family)
{
	const struct mcast_link *l = &m->links[ifindex - 1][family];
	usecs now = mcast_now(m);

	set_version(m, ifindex, family,
		    now < l->v1_until   ? 1
		    : now < l->v2_until ? 2
					: 3);
}

/* --- changes -------------------------------------------------------------- */

/* RFC 3376 5.1: a change of the mode says all; else each source is said, as
 * often as routers may lose it. */
static void note_v3(struct mcast_group *g, int what, uint32_t times)
{
	if (what & MCAST_MODE) {
		mcast_forget_changes(g);
		g->mode_left = times;
		return;
	}
	if (!(what & MCAST_SOURCES))
		return;
	g->sources_left = times;
	for (uint32_t i = 0; i < g->nsources; i++) {
		struct mcast_source *s = &g->sources[i];

		if (s->was_listed != mcast_group_lists(g, s))
			s->left = times;
	}
}

/* Older versions know no sources, and version 1 has no word for leaving. */
static void note_old(struct mcast_group *g, int what,
		     const struct mcast_link *l)
{
	if (!(what & (MCAST_JOINED | MCAST_LEFT)))
		return;
	mcast_forget_changes(g);
	if (what & MCAST_JOINED)
		g->mode_left = l->robustness;
	else if (l->version == 2)
		g->mode_left = 1;
}

/* The first report goes at once. */
static void note(struct mcast *m, struct mcast_group *g, int what)
{
	const struct mcast_link *l = mcast_link_of(m, g);

	if (what == 0 || !mcast_is_reported(m, g))
		return;
	if (l->version == 3)
		note_v3(g, what, l->robustness);
	else
		note_old(g, what, l);
	if (what & (MCAST_JOINED | MCAST_LEFT))
		mcast_forget_answer(g);
	if (mcast_has_change(g))
		g->change_at = mcast_now(m);
	mcast_hurry(m, mcast_due(g));
}

int mcast_change(struct net *n, const struct inet_addr *group, uint32_t ifindex,
		 const struct mcast_filter *from, const struct mcast_filter *to)
{
	struct mcast *m = &n->mcast;
	struct mcast_group *g;
	int what;

	MUST(ifindex > 0 && ifindex <= n->nifs);
	mcast_look_at_version(m, ifindex, mcast_family(group));
	g = to ? mcast_group_get(&m->groups, group, ifindex)
	       : mcast_group_find(&m->groups, group, ifindex);
	if (!g)
		return to ? -ENOBUFS : 0;
	what = mcast_group_change(&m->groups, g, from, to);
	if (what > 0)
		note(m, g, what);
	mcast_group_tidy(&m->groups, g);
	return MIN(what, 0);
}

bool mcast_is_joined(const struct net *n, const struct inet_addr *group,
		     uint32_t ifindex)
{
	const struct mcast_group *g =
		mcast_group_find(&n->mcast.groups, group, ifindex);

	return g && mcast_group_is_wanted(g);
}

bool mcast_wants(const struct net *n, const struct inet_addr *group,
		 const struct inet_addr *source, uint32_t ifindex)
{
	const struct mcast_group *g =
		mcast_group_find(&n->mcast.groups, group, ifindex);

	return g && mcast_group_takes(g, source);
}

/* --- the interface's own groups ------------------------------------------- */

static bool is_own(const struct iface *ifp, const struct inet_addr *group)
{
	if (inet_is4(group))
		return inet_equal(group, &ALL_HOSTS4);
	return iface_is_own_group6(ifp, group);
}

/* Without memory it is tried again with the next change; ip4.c and ip6.c take
 * packets to these groups even so. */
static void set_own(struct iface *ifp, const struct inet_addr *group, bool own)
{
	struct mcast_groups *t = &ifp->net->mcast.groups;
	struct mcast_group *g = mcast_group_find(t, group, ifp->index);

	if (own == (g && g->is_own))
		return;
	if (mcast_change(ifp->net, group, ifp->index, own ? NULL : &ANY_SOURCE,
			 own ? &ANY_SOURCE : NULL) < 0)
		return;
	g = mcast_group_find(t, group, ifp->index);
	if (g)
		g->is_own = own;
}

static void sync_own(struct iface *ifp)
{
	list_for_each_safe (it, tmp, &ifp->net->mcast.groups.all) {
		struct mcast_group *g =
			list_entry(it, struct mcast_group, link);

		if (g->ifindex == ifp->index && g->is_own &&
		    !is_own(ifp, &g->group))
			set_own(ifp, &g->group, false);
	}
	set_own(ifp, &ALL_HOSTS4, true);
	set_own(ifp, &ALL_NODES_HERE6, true);
	set_own(ifp, &ALL_NODES6, true);
	for (uint32_t i = 0; i < ifp->naddrs && !ifp->is_loopback; i++) {
		const struct inet_addr *a = &ifp->addrs[i].prefix.addr;
		struct inet_addr group = inet_solicited_node(a);

		if (!inet_is4(a))
			set_own(ifp, &group, true);
	}
}

/* RFC 3590 4: what was said from :: no router has believed. And what was said
 * while the link was down, nobody has heard. */
static void sync_ready(struct iface *ifp, unsigned int family, bool is_ready)
{
	struct mcast *m = &ifp->net->mcast;
	struct mcast_link *l = &m->links[ifp->index - 1][family];

	if (l->is_ready == is_ready)
		return;
	l->is_ready = is_ready;
	if (!is_ready)
		return;
	list_for_each (it, &m->groups.all) {
		struct mcast_group *g =
			list_entry(it, struct mcast_group, link);

		if (g->ifindex == ifp->index &&
		    mcast_family(&g->group) == family &&
		    mcast_group_is_wanted(g))
			note(m, g, MCAST_JOINED | MCAST_MODE);
	}
}

void mcast_sync(struct iface *ifp)
{
	/* Once here, it does not change while the groups are walked. */
	mcast_look_at_version(&ifp->net->mcast, ifp->index, MCAST_IP4);
	mcast_look_at_version(&ifp->net->mcast, ifp->index, MCAST_IP6);
	sync_own(ifp);
	sync_ready(ifp, MCAST_IP4, !ifp->is_down);
	sync_ready(ifp, MCAST_IP6,
		   !ifp->is_down && iface_certain_link_local(ifp));
}

/* --- the beginning, and after a death ------------------------------------- */

static const struct mcast_link silent_link = {
	.answer_at = USECS_NEVER,
	.version = 3,
	.robustness = MCAST_ROBUSTNESS,
	.interval = MCAST_QUERY_INTERVAL_US,
};

void mcast_init(struct mcast *m, struct net *n)
{
	memset(m, 0, sizeof(*m));
	m->net = n;
	mcast_groups_init(&m->groups, n->eng);
	for (uint32_t i = 0; i < LIMIT_IFACES; i++) {
		m->links[i][MCAST_IP4] = silent_link;
		m->links[i][MCAST_IP4].is_ready = true;
		m->links[i][MCAST_IP6] = silent_link;
	}
	MUST(timer_init(&n->eng->timers, &m->timer, TIMER_MCAST) == 0);
}

void mcast_fini(struct mcast *m)
{
	mcast_groups_fini(&m->groups);
	timer_fini(&m->net->eng->timers, &m->timer);
}

/* The groups' blocks are free already, as all tables are. */
void mcast_rebuild(struct mcast *m)
{
	timer_rebuild(&m->net->eng->timers, &m->timer);
	mcast_groups_init(&m->groups, m->net->eng);
	for (uint32_t i = 0; i < LIMIT_IFACES * MCAST_FAMILIES; i++) {
		struct mcast_link *l = &m->links[0][0] + i;

		if (l->robustness == 0 || l->robustness > ROBUSTNESS_MAX)
			l->robustness = MCAST_ROBUSTNESS;
		if (l->version == 0 || l->version > 3)
			l->version = 3;
	}
	mcast_rearm(m);
}
