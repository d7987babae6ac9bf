/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * route_table.c - the routes that somebody has added
 *
 * What this room is for
 *   See route_table.h. A host has a handful of routes and a router some dozens:
 *   a sorted walk finds the way as fast as anything.
 *
 * Comes in   the configuration, DHCP, netlink, ioctl.
 * Lock       the stack lock is held.
 */
#include "route_table.h"

#include <errno.h>
#include <string.h>

#include "ground/list.h"
#include "ground/must.h"
#include "net.h"

static_assert(ROUTE_SLOTS <= UINT8_MAX, "order[] holds any slot");

static bool is_same(const struct route *a, const struct route *b)
{
	return a->dst.bits == b->dst.bits && a->metric == b->metric &&
	       inet_equal(&a->dst.addr, &b->dst.addr);
}

static bool comes_before(const struct route *a, const struct route *b)
{
	if (a->dst.bits != b->dst.bits)
		return a->dst.bits > b->dst.bits;
	return a->metric < b->metric;
}

struct inet_prefix route_network(const struct inet_prefix *p)
{
	struct inet_prefix net = *p;

	net.bits = MIN(net.bits, 128);
	for (int bit = net.bits; bit < 128; bit++)
		net.addr.b[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
	return net;
}

/* Equals keep the order of their slots. */
static void sort(struct route_table *t)
{
	t->count = 0;
	for (uint32_t i = 0; i < ROUTE_SLOTS; i++) {
		uint32_t at = t->count;

		if (!t->slot[i].is_used)
			continue;
		for (;
		     at > 0 && comes_before(&t->slot[i].r, route_at(t, at - 1));
		     at--)
			t->order[at] = t->order[at - 1];
		t->order[at] = (uint8_t)i;
		t->count++;
	}
}

const struct route *route_listed(const struct route_table *t, uint32_t i)
{
	uint32_t end = t->count, start;

	/* From behind, a prefix length at a time. */
	for (;; end = start) {
		MUST(end > 0);
		start = end - 1;
		while (start > 0 && route_at(t, start - 1)->dst.bits ==
					    route_at(t, end - 1)->dst.bits)
			start--;
		if (i < end - start)
			return route_at(t, start + i);
		i -= end - start;
	}
}

static void set_used(struct route_table *t, size_t slot, bool is_used)
{
	list_fence();
	t->slot[slot].is_used = is_used;
	list_fence();
}

/* The slot of what has this prefix and metric; ROUTE_SLOTS: none. */
static size_t find(const struct route_table *t, const struct route *r)
{
	size_t i = 0;

	while (i < ROUTE_SLOTS &&
	       !(t->slot[i].is_used && is_same(&t->slot[i].r, r)))
		i++;
	return i;
}

/* Into a free slot, which there always is. */
static void put(struct route_table *t, const struct route *r)
{
	size_t i = 0;

	while (t->slot[i].is_used)
		i++;
	t->slot[i].r = *r;
	set_used(t, i, true);
}

/* What has the right to be in the table. */
static int check(const struct net *n, const struct route *r)
{
	if (r->type != ROUTE_UNICAST)
		return r->ifindex <= n->nifs ? 0 : -ENODEV;
	return r->ifindex == 0 || r->ifindex > n->nifs ? -ENODEV : 0;
}

int route_add(struct net *n, const struct route *r)
{
	struct route_table *t = &n->routes;
	struct route new = *r;
	int ret = check(n, r);

	if (ret < 0)
		return ret;
	new.dst = route_network(&r->dst);
	if (find(t, &new) < ROUTE_SLOTS)
		return -EEXIST;
	if (t->count >= LIMIT_ROUTES)
		return -ENOBUFS;
	put(t, &new);
	sort(t);
	return 0;
}

/* Who is killed between both leaves two, of which one goes then. */
int route_replace(struct net *n, const struct route *r, bool may_add)
{
	struct route_table *t = &n->routes;
	struct route new = *r;
	int ret = check(n, r);
	size_t old;

	if (ret < 0)
		return ret;
	new.dst = route_network(&r->dst);
	old = find(t, &new);
	if (old == ROUTE_SLOTS)
		return may_add ? route_add(n, r) : -ENOENT;
	put(t, &new);
	set_used(t, old, false);
	sort(t);
	return 0;
}

int route_delete(struct net *n, const struct route *r)
{
	struct route_table *t = &n->routes;
	struct route gone = *r;
	size_t i;

	gone.dst = route_network(&r->dst);
	i = find(t, &gone);
	if (i == ROUTE_SLOTS)
		return -ESRCH;
	set_used(t, i, false);
	sort(t);
	return 0;
}

void route_table_rebuild(struct route_table *t)
{
	for (size_t i = 0; i < ROUTE_SLOTS; i++) {
		if (t->slot[i].is_used && find(t, &t->slot[i].r) != i)
			t->slot[i].is_used = false;
	}
	sort(t);
}
