/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * procfs_mcast.c - multicast groups as in /proc/net
 *
 * What this room is for
 *   igmp, igmp6: the groups of each interface; mcfilter, mcfilter6: the sources
 *   that somebody names for them; dev_mcast: the same in hardware addresses.
 *   A reader's place is the interface and a number of groups on it: what comes
 *   and goes meanwhile may be told twice or not at all, as in Linux.
 *
 * Lock       the stack lock is held.
 * Follows    proc(5); the headers and widths are Linux's.
 */
#include "procfs.h"

#include <string.h>

#include "net/mcast.h"
#include "socket/turn.h"

enum {
	/* Linux's MAF_TIMER_RUNNING, MAF_LOADED, MAF_NOREPORT. */
	FLAG_TIMER = 1,
	FLAG_LOADED = 4,
	FLAG_UNREPORTED = 8,
	TICKS_PER_SEC = 100, /* USER_HZ */
	SCOPE_LINK = 2,
};

/* The number of its four bytes, as this machine reads them. */
static uint32_t number(const struct inet_addr *a)
{
	struct ip4_addr a4 = inet_to4(a);
	uint32_t n;

	memcpy(&n, &a4, sizeof(n));
	return n;
}

static struct iface *iface_at(struct stack *st, uint64_t n)
{
	return n < st->net.nifs ? &st->net.ifs[n] : NULL;
}

/* Group n of an interface in that family, newest first; NULL: no more. */
static const struct mcast_group *
group_at(struct stack *st, const struct iface *ifp, bool is4, uint64_t n)
{
	list_for_each (it, &st->net.mcast.groups.all) {
		const struct mcast_group *g =
			list_entry(it, struct mcast_group, link);

		if (g->ifindex == ifp->index && inet_is4(&g->group) == is4 &&
		    n-- == 0)
			return g;
	}
	return NULL;
}

/* The next one; at[0] its interface, at[1] how many were before it. */
static const struct mcast_group *next_group(struct stack *st,
					    struct procfs_place *p, bool is4,
					    const struct iface **ifp,
					    uint64_t *before)
{
	for (; (*ifp = iface_at(st, p->at[0])); p->at[0]++, p->at[1] = 0) {
		const struct mcast_group *g = group_at(st, *ifp, is4, p->at[1]);

		*before = p->at[1]++;
		if (g)
			return g;
	}
	return NULL;
}

/* Until the answer to a query; 0: none waits. */
static unsigned long ticks_left(const struct stack *st,
				const struct mcast_group *g)
{
	usecs now = st->eng.now;

	if (g->answer_at == USECS_NEVER || g->answer_at <= now)
		return 0;
	return (unsigned long)((g->answer_at - now) /
			       (USECS_PER_SEC / TICKS_PER_SEC));
}

static void igmp_head(struct stack *st, const struct iface *ifp,
		      struct procfs_text *t)
{
	static const char *const versions[] = {"V1", "V2", "V3"};
	uint32_t version =
		st->net.mcast.links[ifp->index - 1][MCAST_IP4].version;
	unsigned int n = 0;

	while (group_at(st, ifp, true, n))
		n++;
	procfs_print(t, "%u\t%-10s: %5u %7s\n", ifp->index, ifp->name, n,
		     versions[version - 1]);
}

bool procfs_igmp(struct stack *st, struct procfs_place *p,
		 struct procfs_text *t)
{
	const struct mcast_group *g;
	const struct iface *ifp;
	unsigned long ticks;
	uint64_t before;

	if (p->line == 0) {
		procfs_print(t, "Idx\tDevice    : Count Querier\tGroup    "
				"Users Timer\tReporter\n");
		return true;
	}
	g = next_group(st, p, true, &ifp, &before);
	if (!g)
		return false;
	if (before == 0)
		igmp_head(st, ifp, t);
	ticks = ticks_left(st, g);
	procfs_print(t, "\t\t\t\t%08X %5u %d:%08lX\t\t%d\n", number(&g->group),
		     g->include + g->exclude, ticks > 0, ticks, 0);
	return true;
}

static void print6(struct procfs_text *t, const struct inet_addr *a)
{
	for (size_t i = 0; i < sizeof(a->b); i++)
		procfs_print(t, "%02x", a->b[i]);
}

static unsigned int flags_of(const struct stack *st,
			     const struct mcast_group *g)
{
	static const struct inet_addr all_nodes = {{0xff, 2, [15] = 1}};
	bool is_here = (g->group.b[1] & 0xf) < SCOPE_LINK;
	unsigned int flags = is_here ? 0 : FLAG_LOADED;

	if (is_here || inet_equal(&g->group, &all_nodes))
		flags |= FLAG_UNREPORTED;
	return flags | (ticks_left(st, g) ? FLAG_TIMER : 0);
}

bool procfs_igmp6(struct stack *st, struct procfs_place *p,
		  struct procfs_text *t)
{
	const struct mcast_group *g;
	const struct iface *ifp;
	uint64_t before;

	g = next_group(st, p, false, &ifp, &before);
	if (!g)
		return false;
	procfs_print(t, "%-4u %-15s ", ifp->index, ifp->name);
	print6(t, &g->group);
	procfs_print(t, " %5u %08X %lu\n", g->include + g->exclude,
		     flags_of(st, g), ticks_left(st, g));
	return true;
}

/* --- sources -------------------------------------------------------------- */

/* The next source; at[1] counts all of the interface's. */
static const struct mcast_source *next_source(struct stack *st,
					      struct procfs_place *p, bool is4,
					      const struct iface **ifp,
					      const struct mcast_group **g)
{
	for (; (*ifp = iface_at(st, p->at[0])); p->at[0]++, p->at[1] = 0) {
		uint64_t skip = p->at[1]++;

		for (uint64_t i = 0; (*g = group_at(st, *ifp, is4, i)); i++) {
			if (skip < (*g)->nsources)
				return &(*g)->sources[skip];
			skip -= (*g)->nsources;
		}
	}
	return NULL;
}

bool procfs_mcfilter(struct stack *st, struct procfs_place *p,
		     struct procfs_text *t)
{
	const struct mcast_source *s;
	const struct mcast_group *g;
	const struct iface *ifp;

	if (p->line == 0) {
		procfs_print(t, "Idx Device        MCA        SRC    INC    "
				"EXC\n");
		return true;
	}
	s = next_source(st, p, true, &ifp, &g);
	if (!s)
		return false;
	procfs_print(t, "%3u %6.6s 0x%08x 0x%08x %6u %6u\n", ifp->index,
		     ifp->name, ip4_u32(inet_to4(&g->group)),
		     ip4_u32(inet_to4(&s->addr)), s->include, s->exclude);
	return true;
}

bool procfs_mcfilter6(struct stack *st, struct procfs_place *p,
		      struct procfs_text *t)
{
	const struct mcast_source *s;
	const struct mcast_group *g;
	const struct iface *ifp;

	if (p->line == 0) {
		procfs_print(t, "Idx Device                Multicast Address"
				"                   Source Address    INC    "
				"EXC\n");
		return true;
	}
	s = next_source(st, p, false, &ifp, &g);
	if (!s)
		return false;
	procfs_print(t, "%3u %6.6s ", ifp->index, ifp->name);
	print6(t, &g->group);
	procfs_print(t, " ");
	print6(t, &s->addr);
	procfs_print(t, " %6u %6u\n", s->include, s->exclude);
	return true;
}

/* --- hardware ------------------------------------------------------------- */

/* RFC 1112 6.4: 23 bits of the group; RFC 2464 7: 32 bits. */
static struct eth_addr mac_of(const struct inet_addr *g)
{
	if (inet_is4(g))
		return (struct eth_addr){{0x01, 0x00, 0x5e, g->b[13] & 0x7f,
					  g->b[14], g->b[15]}};
	return (struct eth_addr){
		{0x33, 0x33, g->b[12], g->b[13], g->b[14], g->b[15]}};
}

static bool is_in_hardware(const struct iface *ifp, const struct mcast_group *g)
{
	return g->ifindex == ifp->index &&
	       (inet_is4(&g->group) || (g->group.b[1] & 0xf) >= SCOPE_LINK);
}

/* How many groups have the address of `g`; 0: an older one told of it. */
static unsigned int users_of(struct stack *st, const struct iface *ifp,
			     const struct mcast_group *g)
{
	struct eth_addr mine = mac_of(&g->group);
	bool was_told = false;
	unsigned int n = 0;

	list_for_each (it, &st->net.mcast.groups.all) {
		const struct mcast_group *other =
			list_entry(it, struct mcast_group, link);
		struct eth_addr mac = mac_of(&other->group);

		if (!is_in_hardware(ifp, other) ||
		    memcmp(&mac, &mine, sizeof(mac)) != 0)
			continue;
		n++;
		was_told = other != g;
	}
	return was_told ? 0 : n;
}

/* From the oldest on; at[1]: how many were looked at. */
static const struct mcast_group *next_hardware(struct stack *st,
					       struct procfs_place *p,
					       const struct iface **ifp)
{
	const struct list *all = &st->net.mcast.groups.all;

	for (; (*ifp = iface_at(st, p->at[0])); p->at[0]++, p->at[1] = 0) {
		uint64_t n = 0;

		for (const struct list *it = all->prev;
		     !(*ifp)->is_loopback && it != all; it = it->prev) {
			const struct mcast_group *g =
				list_entry(it, struct mcast_group, link);

			if (n++ < p->at[1] || !is_in_hardware(*ifp, g) ||
			    users_of(st, *ifp, g) == 0)
				continue;
			p->at[1] = n;
			return g;
		}
	}
	return NULL;
}

bool procfs_dev_mcast(struct stack *st, struct procfs_place *p,
		      struct procfs_text *t)
{
	const struct iface *ifp;
	const struct mcast_group *g = next_hardware(st, p, &ifp);
	struct eth_addr mac;

	if (!g)
		return false;
	mac = mac_of(&g->group);
	procfs_print(t, "%-4u %-15s %-5u %-5u %02x%02x%02x%02x%02x%02x\n",
		     ifp->index, ifp->name, users_of(st, ifp, g), 0, mac.b[0],
		     mac.b[1], mac.b[2], mac.b[3], mac.b[4], mac.b[5]);
	return true;
}
