/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * mcast_group.c - which multicast groups an interface wants, and from whom
 *
 * What this room is for
 *   See mcast_group.h. Groups are found by a keyed hash, because each packet to
 *   a group asks; the sources of a group by halving a sorted array.
 *
 * Never      sends or reports: that is mcast.c.
 * Lock       the stack lock is held.
 * Follows    RFC 3376 3.2, RFC 3810 4.2.
 */
#include "mcast_group.h"

#include <errno.h>

#include "ground/must.h"

enum { FIRST_ROOM = 8 }; /* for sources */

void mcast_groups_init(struct mcast_groups *t, struct engine *eng)
{
	memset(t, 0, sizeof(*t));
	t->eng = eng;
	list_init(&t->all);
}

static struct mcast_group **bucket_of(struct mcast_groups *t,
				      const struct inet_addr *group,
				      uint32_t ifindex)
{
	struct {
		struct inet_addr group;
		uint32_t ifindex;
	} key = {*group, ifindex};

	return &t->buckets[rand_siphash(&t->eng->hash_key, &key, sizeof(key)) %
			   LIMIT_MCAST_BUCKETS];
}

struct mcast_group *mcast_group_find(const struct mcast_groups *t,
				     const struct inet_addr *group,
				     uint32_t ifindex)
{
	struct mcast_groups *table = (struct mcast_groups *)t;
	struct mcast_group *g;

	if (t->count == 0)
		return NULL;
	g = *bucket_of(table, group, ifindex);
	while (g && (g->ifindex != ifindex || !inet_equal(&g->group, group)))
		g = g->next;
	return g;
}

struct mcast_group *mcast_group_get(struct mcast_groups *t,
				    const struct inet_addr *group,
				    uint32_t ifindex)
{
	struct mcast_group *g = mcast_group_find(t, group, ifindex);
	struct mcast_group **bucket;

	if (g)
		return g;
	if (t->count == LIMIT_MCAST_GROUPS)
		return NULL;
	g = arena_zalloc(t->eng->arena, sizeof(*g), ARENA_TABLE);
	if (!g)
		return NULL;
	g->group = *group;
	g->ifindex = ifindex;
	g->answer_at = USECS_NEVER;
	bucket = bucket_of(t, group, ifindex);
	g->next = *bucket;
	*bucket = g;
	list_push_front(&t->all, &g->link);
	t->count++;
	return g;
}

static void free_group(struct mcast_groups *t, struct mcast_group *g)
{
	struct mcast_group **at = bucket_of(t, &g->group, g->ifindex);

	while (*at != g)
		at = &(*at)->next;
	*at = g->next;
	list_remove(&g->link);
	t->count--;
	arena_free(t->eng->arena, g->sources);
	arena_free(t->eng->arena, g->asked);
	arena_free(t->eng->arena, g);
}

void mcast_groups_fini(struct mcast_groups *t)
{
	struct list *first;

	while ((first = list_first(&t->all)))
		free_group(t, list_entry(first, struct mcast_group, link));
}

/* --- sources -------------------------------------------------------------- */

/* The first that is not before `a`. */
static uint32_t place_of(const struct mcast_group *g, const struct inet_addr *a)
{
	uint32_t low = 0, high = g->nsources;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (memcmp(&g->sources[mid].addr, a, sizeof(*a)) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static struct mcast_source *find_source(const struct mcast_group *g,
					const struct inet_addr *a)
{
	uint32_t at = place_of(g, a);

	if (at == g->nsources || !inet_equal(&g->sources[at].addr, a))
		return NULL;
	return &g->sources[at];
}

/* There is room: reserve(). */
static struct mcast_source *get_source(struct mcast_group *g,
				       const struct inet_addr *a)
{
	uint32_t at = place_of(g, a);
	struct mcast_source *s = &g->sources[at];

	if (at < g->nsources && inet_equal(&s->addr, a))
		return s;
	MUST(g->nsources < g->room);
	memmove(s + 1, s, (g->nsources - at) * sizeof(*s));
	*s = (struct mcast_source){.addr = *a};
	g->nsources++;
	return s;
}

/* Room for `more` sources that are not there yet. */
static int reserve(struct mcast_groups *t, struct mcast_group *g, uint32_t more)
{
	struct mcast_source *bigger;
	uint32_t room = MAX(g->room, (uint32_t)FIRST_ROOM);

	if (g->nsources + more <= g->room)
		return 0;
	if (g->nsources + more > LIMIT_MCAST_SOURCES)
		return -ENOBUFS;
	while (room < g->nsources + more)
		room *= 2;
	bigger =
		arena_alloc(t->eng->arena, room * sizeof(*bigger), ARENA_TABLE);
	if (!bigger)
		return -ENOBUFS;
	if (g->nsources)
		memcpy(bigger, g->sources, g->nsources * sizeof(*bigger));
	arena_free(t->eng->arena, g->sources);
	g->sources = bigger;
	g->room = room;
	return 0;
}

static void forget_sources(struct mcast_group *g)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < g->nsources; i++) {
		const struct mcast_source *s = &g->sources[i];

		if (s->include || s->exclude || s->left)
			g->sources[kept++] = *s;
	}
	g->nsources = kept;
}

/* --- the sum -------------------------------------------------------------- */

bool mcast_group_lists(const struct mcast_group *g,
		       const struct mcast_source *s)
{
	if (g->exclude == 0)
		return s->include > 0;
	return s->exclude == g->exclude && s->include == 0;
}

bool mcast_group_takes(const struct mcast_group *g,
		       const struct inet_addr *source)
{
	const struct mcast_source *s = find_source(g, source);
	bool is_listed = s && mcast_group_lists(g, s);

	return g->exclude > 0 ? !is_listed : is_listed;
}

bool mcast_group_is_wanted(const struct mcast_group *g)
{
	bool is_wanted = g->exclude > 0;

	for (uint32_t i = 0; !is_wanted && i < g->nsources; i++)
		is_wanted = mcast_group_lists(g, &g->sources[i]);
	return is_wanted;
}

static void count_in(struct mcast_group *g, const struct mcast_filter *f)
{
	if (f->exclude)
		g->exclude++;
	else
		g->include++;
	for (uint32_t i = 0; i < f->nsources; i++) {
		struct mcast_source *s = get_source(g, &f->sources[i]);

		if (f->exclude)
			s->exclude++;
		else
			s->include++;
	}
}

static void less(uint32_t *count)
{
	if (*count > 0)
		(*count)--;
}

static void count_out(struct mcast_group *g, const struct mcast_filter *f)
{
	less(f->exclude ? &g->exclude : &g->include);
	for (uint32_t i = 0; i < f->nsources; i++) {
		struct mcast_source *s = find_source(g, &f->sources[i]);

		if (s)
			less(f->exclude ? &s->exclude : &s->include);
	}
}

static int compare(const struct mcast_group *g, bool was_exclude,
		   bool was_wanted)
{
	bool is_wanted = mcast_group_is_wanted(g);
	int what = 0;

	if (was_exclude != (g->exclude > 0))
		what |= MCAST_MODE;
	if (was_wanted != is_wanted)
		what |= is_wanted ? MCAST_JOINED : MCAST_LEFT;
	for (uint32_t i = 0; i < g->nsources; i++) {
		const struct mcast_source *s = &g->sources[i];

		if (s->was_listed != mcast_group_lists(g, s))
			what |= MCAST_SOURCES;
	}
	return what;
}

int mcast_group_change(struct mcast_groups *t, struct mcast_group *g,
		       const struct mcast_filter *from,
		       const struct mcast_filter *to)
{
	bool was_exclude = g->exclude > 0;
	bool was_wanted = mcast_group_is_wanted(g);

	if (to && reserve(t, g, to->nsources) < 0)
		return -ENOBUFS;
	for (uint32_t i = 0; i < g->nsources; i++)
		g->sources[i].was_listed = mcast_group_lists(g, &g->sources[i]);
	if (from)
		count_out(g, from);
	if (to)
		count_in(g, to);
	return compare(g, was_exclude, was_wanted);
}

void mcast_group_tidy(struct mcast_groups *t, struct mcast_group *g)
{
	if (!g->exclude && !g->include && !g->mode_left && !g->sources_left)
		free_group(t, g);
	else
		forget_sources(g);
}
