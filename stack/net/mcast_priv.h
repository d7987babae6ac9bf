/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * mcast_priv.h - between the rooms of mcast*.c only
 */
#ifndef STACK_MCAST_PRIV_H
#define STACK_MCAST_PRIV_H

#include "mcast.h"
#include "net.h"

enum { MCAST_ROBUSTNESS = 2 }; /* RFC 3376 8.1 */

#define MCAST_QUERY_INTERVAL_US SEC(125) /* RFC 3376 8.2 */

/* Do routers hear of this group at all? */
bool mcast_is_reported(const struct mcast *m, const struct mcast_group *g);

/* The timer fires then at the latest; or when something is due next. */
void mcast_hurry(struct mcast *m, usecs when);
void mcast_rearm(struct mcast *m);

/* Forgets what was left and has been said. */
void mcast_sweep(struct mcast *m);

/* Nothing is to be said any more. */
void mcast_forget_answer(struct mcast_group *g);
void mcast_forget_changes(struct mcast_group *g);

/* The version that is spoken from now on: as old as the oldest router that was
 * heard lately. May free groups. */
void mcast_look_at_version(struct mcast *m, uint32_t ifindex,
			   unsigned int family);

static inline usecs mcast_now(const struct mcast *m)
{
	return m->net->eng->now;
}

static inline unsigned int mcast_family(const struct inet_addr *group)
{
	return inet_is4(group) ? MCAST_IP4 : MCAST_IP6;
}

static inline struct mcast_link *mcast_link_of(struct mcast *m,
					       const struct mcast_group *g)
{
	return &m->links[g->ifindex - 1][mcast_family(&g->group)];
}

/* At some time within `span`, so that hosts do not speak all at once. */
static inline usecs mcast_within(struct mcast *m, usecs span)
{
	uint32_t bound = (uint32_t)MIN(MAX(span, (usecs)1), (usecs)UINT32_MAX);

	return mcast_now(m) + rand_below(&m->net->eng->rand, bound);
}

static inline bool mcast_has_change(const struct mcast_group *g)
{
	return g->mode_left > 0 || g->sources_left > 0;
}

/* When something is to be said about the group. */
static inline usecs mcast_due(const struct mcast_group *g)
{
	if (!mcast_has_change(g))
		return g->answer_at;
	return MIN(g->answer_at, g->change_at);
}

#endif
