/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * mcast_report.c - what is said about groups, and when
 *
 * What this room is for
 *   The timer of mcast.h: which changes and answers are due, and the records
 *   that they become. An answer waits a random time, a change is repeated
 *   after one.
 *
 * Goes out   mcast_send.c.
 * Lock       the stack lock is held.
 * Proved by  igmp_test.c mld_test.c
 * Follows    RFC 3376 4.2.12, 5, 8; RFC 3810 5.2.12, 6, 9; RFC 2236 3.
 */
#include "mcast.h"

#include "link/iface.h"
#include "mcast_priv.h"
#include "mcast_send.h"
#include "net.h"

#define REPEAT_V3_US SEC(1)  /* RFC 3376 8.11, RFC 3810 9.11 */
#define REPEAT_V2_US SEC(10) /* RFC 2236 8.10, RFC 2710 7.10 */

void mcast_rearm(struct mcast *m)
{
	timer_stop(&m->net->eng->timers, &m->timer);
	for (uint32_t i = 0; i < m->net->nifs; i++) {
		mcast_hurry(m, m->links[i][MCAST_IP4].answer_at);
		mcast_hurry(m, m->links[i][MCAST_IP6].answer_at);
	}
	list_for_each (it, &m->groups.all)
		mcast_hurry(
			m, mcast_due(list_entry(it, struct mcast_group, link)));
}

static uint32_t count_listed(const struct mcast_group *g)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < g->nsources; i++)
		n += mcast_group_lists(g, &g->sources[i]);
	return n;
}

/* The sum, whole. */
static void say_state(struct mcast_report *r, const struct mcast_group *g,
		      enum mcast_record_type type)
{
	mcast_report_add(r, type, &g->group, count_listed(g));
	for (uint32_t i = 0; i < g->nsources; i++)
		if (mcast_group_lists(g, &g->sources[i]))
			mcast_report_source(r, &g->sources[i].addr);
}

/* Sources that changed and are wanted now, or are not. */
static void say_sources(struct mcast_report *r, const struct mcast_group *g,
			enum mcast_record_type type)
{
	bool wants_listed = (type == MCAST_ALLOW) == (g->exclude == 0);
	uint32_t n = 0;

	for (uint32_t i = 0; i < g->nsources; i++)
		n += g->sources[i].left > 0 &&
		     mcast_group_lists(g, &g->sources[i]) == wants_listed;
	if (n == 0)
		return;
	mcast_report_add(r, type, &g->group, n);
	for (uint32_t i = 0; i < g->nsources; i++) {
		const struct mcast_source *s = &g->sources[i];

		if (s->left > 0 && mcast_group_lists(g, s) == wants_listed)
			mcast_report_source(r, &s->addr);
	}
}

/* Is a change to be said now? Then the next time is set. */
static bool take_change(struct mcast *m, struct mcast_group *g, usecs repeat)
{
	if (!mcast_has_change(g) || g->change_at > mcast_now(m))
		return false;
	g->change_at = mcast_within(m, repeat);
	return true;
}

static void said(struct mcast_group *g)
{
	if (g->mode_left)
		g->mode_left--;
	if (g->sources_left)
		g->sources_left--;
	for (uint32_t i = 0; i < g->nsources; i++)
		if (g->sources[i].left)
			g->sources[i].left--;
}

static void say_change(struct mcast *m, struct mcast_group *g,
		       struct mcast_report *r)
{
	if (!take_change(m, g, REPEAT_V3_US))
		return;
	if (g->mode_left) {
		say_state(r, g,
			  g->exclude ? MCAST_TO_EXCLUDE : MCAST_TO_INCLUDE);
	} else {
		say_sources(r, g, MCAST_ALLOW);
		say_sources(r, g, MCAST_BLOCK);
	}
	said(g);
}

static bool take_answer(struct mcast *m, struct mcast_group *g)
{
	if (g->answer_at > mcast_now(m))
		return false;
	g->answer_at = USECS_NEVER;
	return mcast_group_is_wanted(g);
}

/* RFC 3376 5.2, rule 4: those that were asked about and are wanted. */
static void say_asked(struct mcast_report *r, const struct mcast_group *g)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < g->nasked; i++)
		n += mcast_group_takes(g, &g->asked[i]);
	if (n == 0)
		return;
	mcast_report_add(r, MCAST_IS_INCLUDE, &g->group, n);
	for (uint32_t i = 0; i < g->nasked; i++)
		if (mcast_group_takes(g, &g->asked[i]))
			mcast_report_source(r, &g->asked[i]);
}

/* RFC 3376 5.2: of everything, when all was asked for; else of the group, or
 * of the sources that were asked about. */
static void say_v3(struct mcast *m, struct mcast_group *g, bool all,
		   struct mcast_report *r)
{
	enum mcast_record_type state =
		g->exclude ? MCAST_IS_EXCLUDE : MCAST_IS_INCLUDE;

	say_change(m, g, r);
	if (all && mcast_group_is_wanted(g))
		say_state(r, g, state);
	if (!take_answer(m, g))
		return;
	if (g->nasked)
		say_asked(r, g);
	else
		say_state(r, g, state);
	mcast_forget_answer(g);
}

static void say_old(struct mcast *m, struct mcast_group *g, struct iface *ifp)
{
	bool change = take_change(m, g, REPEAT_V2_US);

	if (change)
		said(g);
	if (change && !mcast_group_is_wanted(g))
		mcast_send_old(ifp, MCAST_OLD_LEAVE, &g->group);
	else if (take_answer(m, g) || change)
		mcast_send_old(ifp,
			       mcast_link_of(m, g)->version == 1
				       ? MCAST_OLD_V1_REPORT
				       : MCAST_OLD_REPORT,
			       &g->group);
}

static void say(struct mcast *m, struct iface *ifp, unsigned int family)
{
	struct mcast_link *l = &m->links[ifp->index - 1][family];
	struct mcast_report r;
	bool all;

	mcast_look_at_version(m, ifp->index, family);
	all = l->answer_at <= mcast_now(m);
	if (all)
		l->answer_at = USECS_NEVER;
	mcast_report_init(&r, ifp, family == MCAST_IP4);
	list_for_each (it, &m->groups.all) {
		struct mcast_group *g =
			list_entry(it, struct mcast_group, link);

		if (g->ifindex != ifp->index ||
		    mcast_family(&g->group) != family ||
		    !mcast_is_reported(m, g))
			continue;
		if (l->version == 3)
			say_v3(m, g, all, &r);
		else
			say_old(m, g, ifp);
	}
	mcast_report_flush(&r);
}

void mcast_on_timer(struct timer *t)
{
	struct mcast *m = container_of(t, struct mcast, timer);

	for (uint32_t i = 0; i < m->net->nifs; i++) {
		if (m->net->ifs[i].is_loopback)
			continue;
		say(m, &m->net->ifs[i], MCAST_IP4);
		say(m, &m->net->ifs[i], MCAST_IP6);
	}
	mcast_sweep(m);
	mcast_rearm(m);
}
