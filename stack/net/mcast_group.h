/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * mcast_group.h - which multicast groups an interface wants, and from whom
 *
 * What this room is for
 *   Each socket has a filter for each group that it joined: from these sources
 *   only (INCLUDE), or from all but these (EXCLUDE). Here they are added up for
 *   each group of each interface, by counting, so that the sum follows any
 *   change of one of them. What is still to be reported about a group is kept
 *   beside it, for mcast.c.
 *
 * Sum        somebody excludes: EXCLUDE what all of those exclude and nobody
 *            includes; else: INCLUDE what anybody includes.
 * Derived    all of it, from the sockets' filters: recovery makes it anew.
 * Bounded    by LIMIT_MCAST_GROUPS and LIMIT_MCAST_SOURCES.
 * Lock       the stack lock is held.
 * Follows    RFC 3376 3.2, RFC 3810 4.2.
 */
#ifndef STACK_MCAST_GROUP_H
#define STACK_MCAST_GROUP_H

#include "ground/engine.h"
#include "link/inet.h"
#include "ground/limits.h"
#include "ground/list.h"

/* What one listener wants; no listener is a NULL. */
struct mcast_filter {
	bool exclude;
	uint32_t nsources;
	const struct inet_addr *sources;
};

struct mcast_source {
	struct inet_addr addr;
	uint32_t include; /* listeners that name it so */
	uint32_t exclude; /* [S] */
	uint32_t left;    /* [S] reports of its change still to be sent */
	bool was_listed;  /* [S] before the change that is being made */
};

struct mcast_group {
	struct list link;             /* [S] in mcast_groups.all */
	struct mcast_group *next;     /* [S] of the same bucket */
	struct inet_addr group;       /* [I] */
	uint32_t ifindex;             /* [I] */
	uint32_t include, exclude;    /* [S] listeners, by what they do */
	bool is_own;                  /* [S] the interface is one of them */
	uint32_t nsources, room;      /* [S] of sources */
	struct mcast_source *sources; /* [S] sorted */

	/* For mcast.c. */
	uint32_t mode_left;      /* [S] reports of a change of the mode */
	uint32_t sources_left;   /* [S] reports of changes of sources: the most
				  * of any source */
	usecs change_at;         /* [S] when the next of them goes */
	usecs answer_at;         /* [S] to a query; USECS_NEVER: none waits */
	uint32_t nasked;         /* [S] sources asked about; 0: the group */
	struct inet_addr *asked; /* [S] room for LIMIT_MCAST_ASKED, or NULL */
};

struct mcast_groups {
	struct engine *eng; /* [I] */
	struct list all;    /* [S] struct mcast_group, newest first */
	uint32_t count;     /* [S] */
	struct mcast_group *buckets[LIMIT_MCAST_BUCKETS]; /* [S] */
};

/* What a change of one listener did to the sum. */
enum mcast_changed {
	MCAST_MODE = 1 << 0,    /* INCLUDE is EXCLUDE now, or the reverse */
	MCAST_SOURCES = 1 << 1, /* the list; see was_listed */
	MCAST_JOINED = 1 << 2,  /* something is wanted, and was not before */
	MCAST_LEFT = 1 << 3,    /* the reverse */
};

void mcast_groups_init(struct mcast_groups *t, struct engine *eng);
void mcast_groups_fini(struct mcast_groups *t);

/* NULL: nobody listens. */
struct mcast_group *mcast_group_find(const struct mcast_groups *t,
				     const struct inet_addr *group,
				     uint32_t ifindex);

/* The group, empty when it is new; NULL: there are too many. */
struct mcast_group *mcast_group_get(struct mcast_groups *t,
				    const struct inet_addr *group,
				    uint32_t ifindex);

/*
 * A listener had the filter `from` and has `to`; either may be NULL. Bits of
 * enum mcast_changed, or -ENOBUFS, and then nothing has changed.
 */
int mcast_group_change(struct mcast_groups *t, struct mcast_group *g,
		       const struct mcast_filter *from,
		       const struct mcast_filter *to) MUST_CHECK;

/* Frees it if nobody listens and nothing is to be said; else forgets sources
 * that nobody names any more. */
void mcast_group_tidy(struct mcast_groups *t, struct mcast_group *g);

/* Is the source in the list of the sum? */
bool mcast_group_lists(const struct mcast_group *g,
		       const struct mcast_source *s);

/* Does the interface want what `source` sends to the group? */
bool mcast_group_takes(const struct mcast_group *g,
		       const struct inet_addr *source);

/* Does it want anything? A listener may want nothing from nobody. */
bool mcast_group_is_wanted(const struct mcast_group *g);

#endif
