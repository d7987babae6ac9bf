/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * nl_neigh.c - neighbours over netlink: RTM_GETNEIGH, RTM_NEWNEIGH,
 * RTM_DELNEIGH
 *
 * What this room is for
 *   See nl_neigh.h. The states of neigh.h are those of RFC 4861, and Linux has
 *   a bit for each.
 *
 * Lock       the stack lock is held.
 * Follows    rtnetlink(7), arp(7).
 * Proved by  nl_request_test.c integration/console.sh
 */
#include "nl_neigh.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "nl_link.h"

enum { TICKS_PER_SEC = 100 /* what programs call USER_HZ */ };

uint16_t nl_neigh_state(const struct neigh *n)
{
	if (n->is_permanent)
		return NUD_PERMANENT;
	switch (neigh_state_now(n)) {
	case NEIGH_INCOMPLETE:
		return NUD_INCOMPLETE;
	case NEIGH_REACHABLE:
		return NUD_REACHABLE;
	case NEIGH_STALE:
		return NUD_STALE;
	case NEIGH_DELAY:
		return NUD_DELAY;
	case NEIGH_PROBE:
		return NUD_PROBE;
	case NEIGH_FAILED:
		return NUD_FAILED;
	}
	return NUD_NONE;
}

static uint32_t ticks_since(const struct neigh *n, usecs when)
{
	usecs now = n->table->eng->now;

	return (uint32_t)((now - MIN(when, now)) /
			  (USECS_PER_SEC / TICKS_PER_SEC));
}

bool nl_neigh_put(struct nl_buf *out, const struct nl_ask *ask, uint16_t type,
		  const struct iface *ifp, const struct neigh *n)
{
	uint16_t state = nl_neigh_state(n);
	struct nda_cacheinfo times = {
		.ndm_confirmed = ticks_since(n, n->since),
		.ndm_used = ticks_since(n, n->used),
		.ndm_updated = ticks_since(n, n->since),
	};
	struct ndmsg m = {
		.ndm_family = inet_is4(&n->addr) ? AF_INET : AF_INET6,
		.ndm_ifindex = (int)ifp->index,
		.ndm_state = state,
		.ndm_type = RTN_UNICAST,
	};

	nl_begin(out, type, ask->flags, ask->h ? ask->h->nlmsg_seq : 0,
		 ask->pid, &m, sizeof(m));
	nl_put_addr(out, NDA_DST, &n->addr);
	if (!(state & (NUD_INCOMPLETE | NUD_FAILED | NUD_NONE)))
		nl_put(out, NDA_LLADDR, n->mac.b, sizeof(n->mac.b));
	nl_put_u32(out, NDA_PROBES, n->tries);
	nl_put(out, NDA_CACHEINFO, &times, sizeof(times));
	return nl_end(out);
}

/* What a dump asks for; short or old requests ask for everything. */
struct filter {
	uint8_t family;
	uint32_t ifindex;
	bool others; /* proxies, bridges: there are none */
};

static struct filter read_filter(struct nl_ask *ask)
{
	const struct ndmsg *m = nl_fixed(ask->h, sizeof(*m));
	const struct rtgenmsg *any = nl_fixed(ask->h, sizeof(*any));
	struct filter f = {.family = any ? any->rtgen_family : 0};
	struct nl_attrs a;
	uint32_t master = 0;

	if (!m || nl_parse_after(ask->h, sizeof(*m), &a) < 0)
		return f;
	f.others = m->ndm_flags & NTF_PROXY ||
		   (nl_get_u32(&a, NDA_MASTER, &master) && master);
	nl_get_u32(&a, NDA_IFINDEX, &f.ifindex);
	if (f.ifindex || f.others)
		ask->flags |= NLM_F_DUMP_FILTERED;
	return f;
}

/* One cache from neighbour number c->at[1] on; true at its end. */
static bool dump_table(struct nl_ask *ask, struct nl_cursor *c,
		       const struct filter *f, struct iface *ifp,
		       struct nl_buf *out)
{
	uint64_t number = 0;

	list_for_each (it, &ifp->neigh.lru) {
		struct neigh *n = list_entry(it, struct neigh, lru);
		uint8_t family = inet_is4(&n->addr) ? AF_INET : AF_INET6;

		if (number++ < c->at[1])
			continue;
		if ((!f->family || f->family == family) &&
		    !nl_neigh_put(out, ask, RTM_NEWNEIGH, ifp, n))
			return false;
		c->at[1] = number;
	}
	return true;
}

/* The cursor: interface, neighbour. */
bool nl_neigh_dump(struct nl_ask *ask, struct nl_cursor *c, struct nl_buf *out)
{
	struct filter f = read_filter(ask);
	struct net *n = &ask->st->net;

	if (f.others)
		return true;
	for (; c->at[0] < n->nifs; c->at[0]++, c->at[1] = 0) {
		struct iface *ifp = &n->ifs[c->at[0]];

		if ((!f.ifindex || f.ifindex == ifp->index) &&
		    !dump_table(ask, c, &f, ifp, out))
			return false;
	}
	return true;
}

/* Interface and address that a request names. */
static int read_key(struct nl_ask *ask, struct nl_attrs *a, struct iface **ifp,
		    struct inet_addr *addr)
{
	const struct ndmsg *m = nl_fixed(ask->h, sizeof(*m));

	if (!m || nl_parse_after(ask->h, sizeof(*m), a) < 0)
		return -EINVAL;
	if (!nl_get_addr(a, NDA_DST, addr)) {
		ask->why = "Network address not specified";
		return -EINVAL;
	}
	if (m->ndm_flags & NTF_PROXY || m->ndm_family == PF_BRIDGE)
		return -EOPNOTSUPP;
	*ifp = nl_link_by_index(ask->st, (uint32_t)m->ndm_ifindex);
	if (!*ifp)
		return -ENODEV;
	if (inet_is_any(addr) || inet_is_multicast(addr))
		return -EINVAL;
	return 0;
}

int nl_neigh_get(struct nl_ask *ask, struct nl_buf *out)
{
	struct inet_addr addr;
	struct nl_attrs a;
	struct iface *ifp;
	struct neigh *n;
	int ret = read_key(ask, &a, &ifp, &addr);

	if (ret < 0)
		return ret;
	n = neigh_find(&ifp->neigh, &addr);
	if (!n)
		return -ENOENT;
	return nl_neigh_put(out, ask, RTM_NEWNEIGH, ifp, n) ? 0 : -EMSGSIZE;
}

/* How the caller's flags go with what is there. */
static int check_flags(uint16_t flags, const struct neigh *n)
{
	if (!n)
		return flags & NLM_F_CREATE ? 0 : -ENOENT;
	if (flags & NLM_F_EXCL)
		return -EEXIST;
	/* rtnetlink(7): without REPLACE an entry stays as it is. */
	return 0;
}

int nl_neigh_add(struct nl_ask *ask)
{
	const struct ndmsg *m = nl_fixed(ask->h, sizeof(*m));
	const struct nlattr *ll;
	struct inet_addr addr;
	struct nl_attrs a;
	struct iface *ifp;
	struct neigh *n;
	struct eth_addr mac;
	int ret = read_key(ask, &a, &ifp, &addr);

	if (ret < 0)
		return ret;
	n = neigh_find(&ifp->neigh, &addr);
	ret = check_flags(ask->h->nlmsg_flags, n);
	if (ret < 0)
		return ret;
	if (m->ndm_state == NUD_FAILED || m->ndm_state == NUD_NONE)
		return n ? neigh_delete(&ifp->neigh, &addr) : 0;
	ll = nl_attr(&a, NDA_LLADDR);
	if (ll && nl_len(ll) != sizeof(mac.b)) {
		ask->why = "Invalid link address";
		return -EINVAL;
	}
	if (!ll && (!n || n->state == NEIGH_INCOMPLETE)) {
		ask->why = "No link layer address given";
		return -EINVAL;
	}
	if (ll)
		memcpy(mac.b, nl_data(ll), sizeof(mac.b));
	else
		mac = n->mac;
	return neigh_set(&ifp->neigh, &addr, &mac,
			 m->ndm_state & (NUD_PERMANENT | NUD_NOARP),
			 m->ndm_state & NUD_REACHABLE);
}

int nl_neigh_delete(struct nl_ask *ask)
{
	struct inet_addr addr;
	struct nl_attrs a;
	struct iface *ifp;
	int ret = read_key(ask, &a, &ifp, &addr);

	if (ret < 0)
		return ret;
	return neigh_delete(&ifp->neigh, &addr);
}
