/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * udp_group.c - the multicast groups of a pcb, and whom it hears there
 *
 * What this room is for
 *   See udp_group.h. Each change of a membership is told to mcast.c as the
 *   filter that was and the filter that is.
 *
 * Goes out   mcast.c, which tells routers.
 * Lock       the stack lock is held.
 * Follows    RFC 1112 7.1, RFC 3678 4 and 5, RFC 3376 3.1, ip(7), ipv6(7).
 */
#include "udp_group.h"

#include <errno.h>

#include "net/mcast.h"
#include "net/net.h"

static struct arena *arena_of(const struct udp_pcb *pcb)
{
	return pcb->udp->eng->arena;
}

uint32_t udp_group_max_sources(const struct inet_addr *group)
{
	return inet_is4(group) ? LIMIT_MSF4 : LIMIT_MSF6;
}

static bool is_named(const struct mcast_filter *f, const struct inet_addr *a)
{
	for (uint32_t i = 0; i < f->nsources; i++)
		if (inet_equal(&f->sources[i], a))
			return true;
	return false;
}

static struct mcast_filter filter_of(const struct udp_member *m)
{
	return (struct mcast_filter){m->exclude, m->nsources, m->sources};
}

/* The pointer that leads to the membership; to NULL: not joined. */
static struct udp_member **
place_of(struct udp_pcb *pcb, const struct inet_addr *group, uint32_t ifindex)
{
	struct udp_member **at = &pcb->members;

	while (*at &&
	       ((*at)->ifindex != ifindex || !inet_equal(&(*at)->group, group)))
		at = &(*at)->next;
	return at;
}

/* ipv6(7) is silent; Linux takes the newest on any interface for 0. */
static struct udp_member **place_of_any(struct udp_pcb *pcb,
					const struct inet_addr *group,
					uint32_t ifindex)
{
	struct udp_member **at = &pcb->members;

	if (ifindex)
		return place_of(pcb, group, ifindex);
	while (*at && !inet_equal(&(*at)->group, group))
		at = &(*at)->next;
	return at;
}

const struct udp_member *udp_group_find(const struct udp_pcb *pcb,
					const struct inet_addr *group,
					uint32_t ifindex)
{
	return *place_of((struct udp_pcb *)pcb, group, ifindex);
}

int udp_group_ifindex(const struct udp_pcb *pcb, const struct inet_addr *group,
		      uint32_t ifindex)
{
	struct net *n = pcb->udp->net;
	struct path path;

	if (ifindex)
		return ifindex <= n->nifs ? (int)ifindex : -ENODEV;
	if (route_lookup(n, group, NULL, &path) < 0)
		return -ENODEV;
	return (int)path.ifp->index;
}

/* --- changes -------------------------------------------------------------- */

static struct udp_member *new_member(const struct udp_pcb *pcb,
				     const struct inet_addr *group,
				     uint32_t ifindex,
				     const struct mcast_filter *f)
{
	size_t list = f->nsources * sizeof(struct inet_addr);
	struct udp_member *m =
		arena_alloc(arena_of(pcb), sizeof(*m) + list, ARENA_OTHER);

	if (!m)
		return NULL;
	*m = (struct udp_member){.group = *group,
				 .ifindex = ifindex,
				 .exclude = f->exclude,
				 .has_list = f->nsources > 0,
				 .nsources = f->nsources};
	if (list)
		memcpy(m->sources, f->sources, list);
	return m;
}

/* What is at the place has the filter `to` from now on; there may have been
 * nothing. */
static int put(struct udp_pcb *pcb, struct udp_member **place,
	       const struct inet_addr *group, uint32_t ifindex,
	       const struct mcast_filter *to)
{
	struct udp_member *old = *place;
	struct udp_member *new = new_member(pcb, group, ifindex, to);
	struct mcast_filter from = {false, 0, NULL};
	int ret;

	if (!new)
		return -ENOBUFS;
	if (old)
		from = filter_of(old);
	ret = mcast_change(pcb->udp->net, group, ifindex, old ? &from : NULL,
			   to);
	if (ret < 0) {
		arena_free(arena_of(pcb), new);
		return ret;
	}
	new->next = old ? old->next : NULL;
	list_fence();
	*place = new;
	arena_free(arena_of(pcb), old);
	return 0;
}

static void take(struct udp_pcb *pcb, struct udp_member **place)
{
	struct udp_member *old = *place;
	struct mcast_filter from = filter_of(old);

	/* Fewer listeners need no room. */
	(void)!mcast_change(pcb->udp->net, &old->group, old->ifindex, &from,
			    NULL);
	*place = old->next;
	list_fence();
	arena_free(arena_of(pcb), old);
}

/* The newest comes first. */
static int add(struct udp_pcb *pcb, const struct inet_addr *group,
	       uint32_t ifindex, const struct mcast_filter *f)
{
	struct udp_member *first = NULL;
	int ret = put(pcb, &first, group, ifindex, f);

	if (ret < 0)
		return ret;
	first->next = pcb->members;
	list_fence();
	pcb->members = first;
	return 0;
}

static uint32_t count_of(const struct udp_pcb *pcb, bool is4)
{
	uint32_t n = 0;

	for (const struct udp_member *m = pcb->members; m; m = m->next)
		n += inet_is4(&m->group) == is4;
	return n;
}

/* In the order of each family's checks. */
static int join(struct udp_pcb *pcb, const struct inet_addr *group,
		uint32_t ifindex, const struct mcast_filter *f)
{
	bool is4 = inet_is4(group);
	int on;

	if (!inet_is_multicast(group))
		return -EINVAL;
	if (!is4 && *place_of_any(pcb, group, ifindex))
		return -EADDRINUSE;
	on = udp_group_ifindex(pcb, group, ifindex);
	if (on < 0)
		return on;
	if (*place_of(pcb, group, (uint32_t)on))
		return -EADDRINUSE;
	if (is4 && count_of(pcb, true) >= LIMIT_MEMBERSHIPS4)
		return -ENOBUFS;
	if (!is4 && count_of(pcb, false) >= LIMIT_MEMBERSHIPS6)
		return -ENOMEM;
	return add(pcb, group, (uint32_t)on, f);
}

int udp_join(struct udp_pcb *pcb, const struct inet_addr *group,
	     uint32_t ifindex)
{
	static const struct mcast_filter all = {.exclude = true};

	return join(pcb, group, ifindex, &all);
}

int udp_leave(struct udp_pcb *pcb, const struct inet_addr *group,
	      uint32_t ifindex)
{
	struct udp_member **place;
	int on = (int)ifindex;

	if (inet_is4(group)) {
		on = udp_group_ifindex(pcb, group, ifindex);
		if (on < 0 && !ifindex)
			return on;
	} else if (!inet_is_multicast(group)) {
		return -EINVAL;
	}
	place = place_of_any(pcb, group, on < 0 ? ifindex : (uint32_t)on);
	if (!*place)
		return -EADDRNOTAVAIL;
	take(pcb, place);
	return 0;
}

/* --- sources -------------------------------------------------------------- */

/* The filter of `m` with one more source, or without it; the new list is at
 * `list`, which has room for one more. */
static struct mcast_filter vary(const struct udp_member *m,
				const struct inet_addr *source, bool is_add,
				struct inet_addr *list)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < m->nsources; i++)
		if (is_add || !inet_equal(&m->sources[i], source))
			list[n++] = m->sources[i];
	if (is_add)
		list[n++] = *source;
	return (struct mcast_filter){m->exclude, n, list};
}

static int vary_at(struct udp_pcb *pcb, struct udp_member **place,
		   const struct inet_addr *source, bool exclude, bool is_add)
{
	struct inet_addr list[LIMIT_MSF6 + 1];
	struct udp_member *m = *place;
	struct mcast_filter now = filter_of(m);
	struct mcast_filter nothing = {exclude, 0, NULL}, to;
	int ret;

	/* RFC 3678 4.1.3: one way or the other. While there was no list yet,
	 * it may still be chosen; Linux lets even a refused call choose. */
	if (m->exclude != exclude && m->has_list)
		return -EINVAL;
	if (m->exclude != exclude && !is_add) {
		ret = put(pcb, place, &m->group, m->ifindex, &nothing);
		return ret < 0 ? ret : -EADDRNOTAVAIL;
	}
	if (!is_add && !is_named(&now, source))
		return -EADDRNOTAVAIL;
	if (is_add && m->nsources >= udp_group_max_sources(&m->group))
		return -ENOBUFS;
	if (is_add && is_named(&now, source))
		return -EADDRNOTAVAIL;
	if (!is_add && !exclude && m->nsources == 1) {
		take(pcb, place);
		return 0;
	}
	to = vary(m, source, is_add, list);
	to.exclude = exclude;
	ret = put(pcb, place, &m->group, m->ifindex, &to);
	if (ret == 0)
		(*place)->has_list = true;
	return ret;
}

int udp_source(struct udp_pcb *pcb, enum udp_source_how how,
	       const struct inet_addr *group, const struct inet_addr *source,
	       uint32_t ifindex)
{
	bool is_add = how == UDP_SOURCE_JOIN || how == UDP_SOURCE_BLOCK;
	bool exclude = how == UDP_SOURCE_BLOCK || how == UDP_SOURCE_UNBLOCK;
	struct mcast_filter only = {false, 1, source};
	struct udp_member **place;
	int on;

	if (!inet_is_multicast(group))
		return -EINVAL;
	if (how == UDP_SOURCE_JOIN) {
		int ret = join(pcb, group, ifindex, &only);

		if (ret != -EADDRINUSE)
			return ret;
	}
	on = udp_group_ifindex(pcb, group, ifindex);
	if (on < 0)
		return on;
	if (!inet_is4(group) && !ifindex)
		on = 0;
	place = place_of_any(pcb, group, (uint32_t)on);
	if (!*place)
		return -EINVAL;
	return vary_at(pcb, place, source, exclude, is_add);
}

int udp_set_filter(struct udp_pcb *pcb, const struct inet_addr *group,
		   uint32_t ifindex, const struct mcast_filter *filter)
{
	struct udp_member **place;
	int on;

	if (!inet_is_multicast(group))
		return -EINVAL;
	on = udp_group_ifindex(pcb, group, ifindex);
	if (on < 0)
		return on;
	if (!filter->exclude && filter->nsources == 0)
		return udp_leave(pcb, group, ifindex);
	/* Linux: in IPv6 the interface is to be named. */
	place = place_of(pcb, group, inet_is4(group) ? (uint32_t)on : ifindex);
	if (!*place)
		return -EINVAL;
	return put(pcb, place, group, (*place)->ifindex, filter);
}

/* --- who hears what ------------------------------------------------------- */

/* Linux: in IPv6 a membership on any interface counts. */
bool udp_group_wants(const struct udp_pcb *pcb, const struct inet_addr *group,
		     const struct inet_addr *source, uint32_t ifindex)
{
	struct udp_pcb *mutable = (struct udp_pcb *)pcb;
	const struct udp_member *m;
	struct mcast_filter f;

	if (!inet_is_multicast(group))
		return true;
	m = *place_of_any(mutable, group, inet_is4(group) ? ifindex : 0);
	if (!m)
		return udp_manner_of(mutable, group)->multicast_all;
	f = filter_of(m);
	return is_named(&f, source) != f.exclude;
}

void udp_group_leave_all(struct udp_pcb *pcb)
{
	while (pcb->members)
		take(pcb, &pcb->members);
}

/* --- after a death -------------------------------------------------------- */

/* A list is cut where it does not lead to a membership. */
void udp_group_claim(struct udp_pcb *pcb)
{
	struct udp_member **at = &pcb->members;

	while (*at && arena_claim(arena_of(pcb), *at, ARENA_OTHER))
		at = &(*at)->next;
	*at = NULL;
}

void udp_group_rebuild(struct udp_pcb *pcb)
{
	for (const struct udp_member *m = pcb->members; m; m = m->next) {
		struct mcast_filter f = filter_of(m);

		if (m->ifindex > 0 && m->ifindex <= pcb->udp->net->nifs)
			(void)!mcast_change(pcb->udp->net, &m->group,
					    m->ifindex, NULL, &f);
	}
}
