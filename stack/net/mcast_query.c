/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * mcast_query.c - what routers and neighbours say about groups
 *
 * What this room is for
 *   What IGMP and MLD have in common of it: the numbers in a message, which
 *   version a router speaks and for how long it is believed, and the answers
 *   that a query asks for, each after a random delay.
 *
 * Comes in   igmp.c and mld.c, which have checked the message.
 * Never      answers at once.
 * Lock       the stack lock is held.
 * Proved by  igmp_test.c mld_test.c
 * Follows    RFC 3376 4.1, 5.2, 7.2.1, 8.12; RFC 3810 5.1, 6.2, 8.2.1, 9.12.
 */
#include "mcast.h"

#include "link/iface.h"
#include "mcast_priv.h"
#include "net.h"
#include "link/wire.h"

uint32_t mcast_decode(uint32_t code, unsigned int bits)
{
	unsigned int mantissa = bits - 4;
	uint32_t low = (1u << mantissa) - 1;

	if (code < 1u << (bits - 1))
		return code;
	return ((1u << mantissa) | (code & low))
	       << ((code >> mantissa & 7) + 3);
}

bool mcast_report_is_sound(const uint8_t *report, size_t len, bool is4)
{
	const struct mcast_report_wire *head = (const void *)report;
	size_t one = is4 ? sizeof(struct ip4_addr) : sizeof(struct inet_addr);
	size_t at = sizeof(*head);
	uint32_t n;

	if (len < sizeof(*head))
		return false;
	n = be16_get(head->nrecords);
	if (n > LIMIT_MCAST_RECORDS)
		return false;
	for (uint32_t i = 0; i < n; i++) {
		const struct mcast_record_wire *r = (const void *)(report + at);
		size_t need = sizeof(*r) + one;

		if (len - at < need)
			return false;
		need += be16_get(r->nsources) * one + r->aux_words * 4u;
		if (len - at < need)
			return false;
		at += need;
	}
	return true;
}

/* RFC 3376 7.2.1: as old as the oldest. 8.12: for how long. 4.1.6, 4.1.7: zero
 * means that the router does not say. */
static void learn(struct mcast *m, struct iface *ifp, unsigned int family,
		  const struct mcast_query *q)
{
	struct mcast_link *l = &m->links[ifp->index - 1][family];
	usecs until;

	if (q->version == 3) {
		l->robustness =
			q->robustness ? q->robustness : MCAST_ROBUSTNESS;
		l->interval = q->interval_s ? SEC(q->interval_s)
					    : MCAST_QUERY_INTERVAL_US;
	}
	until = mcast_now(m) + l->robustness * l->interval + q->response;
	if (q->version == 1)
		l->v1_until = until;
	else if (q->version == 2)
		l->v2_until = until;
	mcast_look_at_version(m, ifp->index, family);
}

static struct inet_addr source_at(const struct mcast_query *q, bool is4,
				  uint32_t i)
{
	struct inet_addr a;
	struct ip4_addr a4;

	if (!is4) {
		memcpy(&a, q->sources + i * sizeof(a), sizeof(a));
		return a;
	}
	memcpy(&a4, q->sources + i * sizeof(a4), sizeof(a4));
	return inet_from4(a4);
}

/* There is a place for so many more. */
static bool has_place(struct mcast *m, struct mcast_group *g, uint32_t more)
{
	if (more > LIMIT_MCAST_ASKED - g->nasked)
		return false;
	if (!g->asked)
		g->asked = arena_alloc(m->net->eng->arena,
				       LIMIT_MCAST_ASKED * sizeof(*g->asked),
				       ARENA_TABLE);
	return g->asked != NULL;
}

/* RFC 3376 5.2, rules 3 to 5. More sources than we can remember become a
 * question about the group: Deviation, pinned by
 * igmp/too_many_sources_are_a_question_about_the_group. */
static void ask_group(struct mcast *m, struct mcast_group *g,
		      const struct mcast_query *q)
{
	bool waits = g->answer_at != USECS_NEVER;
	usecs at = mcast_within(m, q->response);

	g->answer_at = MIN(g->answer_at, at);
	if (q->nsources == 0 || (waits && g->nasked == 0) ||
	    !has_place(m, g, q->nsources)) {
		g->nasked = 0;
		return;
	}
	for (uint32_t i = 0; i < q->nsources; i++)
		g->asked[g->nasked++] = source_at(q, inet_is4(&g->group), i);
}

/* The whole of RFC 3376 5.2; older versions delay each group by itself. */
static void ask(struct mcast *m, struct iface *ifp, unsigned int family,
		const struct mcast_query *q)
{
	struct mcast_link *l = &m->links[ifp->index - 1][family];
	bool is_general = inet_is_any(&q->group);
	usecs at;

	if (is_general && l->version == 3) {
		at = mcast_within(m, q->response);
		l->answer_at = MIN(l->answer_at, at);
		return;
	}
	list_for_each (it, &m->groups.all) {
		struct mcast_group *g =
			list_entry(it, struct mcast_group, link);

		if (g->ifindex == ifp->index &&
		    mcast_family(&g->group) == family &&
		    mcast_is_reported(m, g) && mcast_group_is_wanted(g) &&
		    (is_general || inet_equal(&g->group, &q->group)))
			ask_group(m, g, q);
	}
}

void mcast_on_query(struct iface *ifp, const struct mcast_query *q)
{
	struct mcast *m = &ifp->net->mcast;
	unsigned int family = mcast_family(&q->group);

	learn(m, ifp, family, q);
	ask(m, ifp, family, q);
	mcast_rearm(m);
}

/* RFC 2236 3: another host has said it for us. Version 3 wants to hear all. */
void mcast_on_report(struct iface *ifp, const struct inet_addr *group)
{
	struct mcast *m = &ifp->net->mcast;
	struct mcast_group *g;

	mcast_look_at_version(m, ifp->index, mcast_family(group));
	g = mcast_group_find(&m->groups, group, ifp->index);
	if (g && mcast_group_is_wanted(g) && mcast_link_of(m, g)->version < 3) {
		mcast_forget_answer(g);
		mcast_forget_changes(g);
	}
	mcast_rearm(m);
}
