/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * nl_addr.c - addresses over netlink: RTM_GETADDR, RTM_NEWADDR, RTM_DELADDR
 *
 * What this room is for
 *   See nl_addr.h. The broadcast address is told wherever the stack takes one:
 *   it follows from the prefix and cannot be chosen.
 *
 * Lock       the stack lock is held.
 * Follows    rtnetlink(7).
 * Proved by  nl_request_test.c integration/console.sh
 */
#include "nl_addr.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "net/acd.h"
#include "net/addr.h"
#include "nl_link.h"

enum {
	MAPPED_BITS = 96, /* of a prefix length in the 128-bit form */
	FOR_EVER = -1,
};

static uint8_t family_of(const struct inet_addr *a)
{
	return inet_is4(a) ? AF_INET : AF_INET6;
}

static uint8_t scope_of(const struct iface_addr *a)
{
	if (inet_is_loopback(&a->prefix.addr))
		return RT_SCOPE_HOST;
	/* Linux knows the scope of an IPv4 address only as it was told; who
	 * makes one says so. */
	if (inet_is_link_local(&a->prefix.addr) &&
	    (!inet_is4(&a->prefix.addr) || a->origin == ADDR_LINK_LOCAL))
		return RT_SCOPE_LINK;
	return RT_SCOPE_UNIVERSE;
}

bool nl_addr_is_secondary(const struct iface *ifp, const struct inet_prefix *p)
{
	for (uint32_t i = 0; i < ifp->naddrs; i++) {
		const struct inet_prefix *first = &ifp->addrs[i].prefix;

		if (inet_equal(&first->addr, &p->addr) || !inet_is4(&p->addr))
			return false;
		if (first->bits == p->bits && inet_is4(&first->addr) &&
		    inet_in_prefix(&p->addr, first))
			return true;
	}
	return false;
}

static void put_broadcast(struct nl_buf *out, const struct iface *ifp,
			  const struct inet_prefix *p)
{
	uint32_t host_bits = 128u - p->bits;
	struct inet_addr all;

	if (ifp->is_loopback || host_bits < 2 || host_bits > 31)
		return;
	all = inet_from4(ip4_from_u32(ip4_u32(inet_to4(&p->addr)) |
				      ((1u << host_bits) - 1)));
	nl_put_addr(out, IFA_BROADCAST, &all);
}

uint32_t nl_addr_flags(const struct iface *ifp, const struct iface_addr *a)
{
	uint32_t flags = 0;

	if (a->valid_until == USECS_NEVER)
		flags |= IFA_F_PERMANENT;
	if (a->origin == ADDR_TEMPORARY ||
	    nl_addr_is_secondary(ifp, &a->prefix))
		flags |= IFA_F_SECONDARY;
	/* Of a router's prefix the L flag decides, as in Linux. */
	if (a->origin == ADDR_BY_ROUTER)
		flags |= IFA_F_MANAGETEMPADDR |
			 (ifp->uses_eui64 ? 0 : IFA_F_STABLE_PRIVACY);
	else if (a->not_onlink && a->origin != ADDR_TEMPORARY)
		flags |= IFA_F_NOPREFIXROUTE;
	switch ((enum iface_addr_phase)a->phase) {
	case ADDR_TENTATIVE:
		return flags | IFA_F_TENTATIVE;
	case ADDR_OPTIMISTIC:
		return flags | IFA_F_TENTATIVE | IFA_F_OPTIMISTIC;
	case ADDR_PREFERRED:
		return flags;
	case ADDR_DEPRECATED:
		return flags | IFA_F_DEPRECATED;
	case ADDR_DUPLICATE:
		return flags | IFA_F_TENTATIVE | IFA_F_DADFAILED;
	}
	return flags;
}

static uint8_t protocol_of(const struct iface_addr *a)
{
	switch ((enum iface_addr_origin)a->origin) {
	case ADDR_BY_ROUTER:
	case ADDR_TEMPORARY:
		return IFAPROT_KERNEL_RA;
	case ADDR_LINK_LOCAL:
		return IFAPROT_KERNEL_LL;
	case ADDR_BY_CONFIG:
	case ADDR_BY_DHCP:
		break;
	}
	return 0;
}

/* Seconds that are left, rounded up. */
static uint32_t seconds_until(const struct iface *ifp, usecs when)
{
	usecs now = ifp->eng->now;

	if (when == USECS_NEVER)
		return (uint32_t)FOR_EVER;
	if (when <= now)
		return 0;
	return (uint32_t)((when - now + USECS_PER_SEC - 1) / USECS_PER_SEC);
}

bool nl_addr_put(struct nl_buf *out, const struct nl_ask *ask, uint16_t type,
		 const struct iface *ifp, const struct iface_addr *a)
{
	const struct inet_prefix *p = &a->prefix;
	bool is4 = inet_is4(&p->addr);
	uint32_t flags = nl_addr_flags(ifp, a);
	struct ifa_cacheinfo life = {
		.ifa_prefered = seconds_until(ifp, a->preferred_until),
		.ifa_valid = seconds_until(ifp, a->valid_until)};
	struct ifaddrmsg m = {
		.ifa_family = family_of(&p->addr),
		.ifa_prefixlen =
			(uint8_t)(is4 ? p->bits - MAPPED_BITS : p->bits),
		.ifa_scope = scope_of(a),
		.ifa_index = ifp->index,
	};

	m.ifa_flags = (uint8_t)flags;
	nl_begin(out, type, ask->flags, ask->h ? ask->h->nlmsg_seq : 0,
		 ask->pid, &m, sizeof(m));
	nl_put_addr(out, IFA_ADDRESS, &p->addr);
	if (is4) {
		nl_put_addr(out, IFA_LOCAL, &p->addr);
		put_broadcast(out, ifp, p);
		nl_put_text(out, IFA_LABEL, ifp->name);
	}
	nl_put_u32(out, IFA_FLAGS, flags);
	if (protocol_of(a))
		nl_put_u8(out, IFA_PROTO, protocol_of(a));
	nl_put(out, IFA_CACHEINFO, &life, sizeof(life));
	return nl_end(out);
}

static bool is_wanted(const struct ifaddrmsg *m, const struct nl_ask *ask,
		      const struct iface *ifp, const struct inet_addr *a)
{
	if (m && m->ifa_family && m->ifa_family != family_of(a))
		return false;
	/* Old programs leave anything in the rest of the header. */
	return !m || !ask->strict || !m->ifa_index ||
	       m->ifa_index == ifp->index;
}

/* One interface, from address c->at[2] on; Linux's order is first those that
 * have their network for themselves (c->at[1] is 0), then the secondary. */
static bool dump_iface(struct nl_ask *ask, struct nl_cursor *c,
		       const struct ifaddrmsg *m, const struct iface *ifp,
		       struct nl_buf *out)
{
	for (; c->at[1] < 2; c->at[1]++, c->at[2] = 0) {
		for (; c->at[2] < ifp->naddrs; c->at[2]++) {
			const struct iface_addr *a = &ifp->addrs[c->at[2]];
			bool second = nl_addr_is_secondary(ifp, &a->prefix);

			if (second == c->at[1] &&
			    is_wanted(m, ask, ifp, &a->prefix.addr) &&
			    !nl_addr_put(out, ask, RTM_NEWADDR, ifp, a))
				return false;
		}
	}
	return true;
}

/* The cursor: interface, secondary or not, address. */
bool nl_addr_dump(struct nl_ask *ask, struct nl_cursor *c, struct nl_buf *out)
{
	struct net *n = &ask->st->net;
	const struct ifaddrmsg *m = nl_fixed(ask->h, sizeof(*m));
	const struct rtgenmsg *any = nl_fixed(ask->h, sizeof(*any));
	struct ifaddrmsg short_form = {.ifa_family =
					       any ? any->rtgen_family : 0};

	if (!m)
		m = &short_form;
	if (ask->strict && m->ifa_index)
		ask->flags |= NLM_F_DUMP_FILTERED;
	for (; c->at[0] < n->nifs; c->at[0]++, c->at[1] = 0)
		if (!dump_iface(ask, c, m, &n->ifs[c->at[0]], out))
			return false;
	return true;
}

/* The interface and the prefix that a change is about. */
static int read_change(struct nl_ask *ask, struct iface **ifp,
		       struct inet_prefix *p, struct nl_attrs *a)
{
	const struct ifaddrmsg *m = nl_fixed(ask->h, sizeof(*m));
	uint8_t most = m && m->ifa_family == AF_INET ? 32 : 128;

	if (!m || nl_parse_after(ask->h, sizeof(*m), a) < 0)
		return -EINVAL;
	if (m->ifa_family != AF_INET && m->ifa_family != AF_INET6)
		return -EOPNOTSUPP;
	if (!nl_get_addr(a, IFA_LOCAL, &p->addr) &&
	    !nl_get_addr(a, IFA_ADDRESS, &p->addr)) {
		ask->why = "no address";
		return -EINVAL;
	}
	if (family_of(&p->addr) != m->ifa_family || m->ifa_prefixlen > most)
		return -EINVAL;
	p->bits = (uint8_t)(m->ifa_prefixlen + 128 - most);
	*ifp = nl_link_by_index(ask->st, m->ifa_index);
	return *ifp ? 0 : -ENODEV;
}

/* Linux's words name the family of IPv4 only. */
static size_t skip_family(const struct inet_prefix *p)
{
	return inet_is4(&p->addr) ? 0 : strlen("ipv4: ");
}

/* RFC 4862 5.4: an IPv6 address is probed, unless the program forbids it. */
static int add(const struct nl_ask *ask, const struct nl_attrs *a,
	       struct iface *ifp, const struct inet_prefix *p)
{
	const struct ifaddrmsg *m = nl_fixed(ask->h, sizeof(*m));
	uint32_t flags = m->ifa_flags;
	int ret;

	nl_get_u32(a, IFA_FLAGS, &flags);
	if (!inet_is4(&p->addr) && !ifp->is_loopback && !(flags & IFA_F_NODAD))
		return addr_add6(ifp, p, ADDR_BY_CONFIG,
				 flags & IFA_F_OPTIMISTIC);
	ret = iface_add_addr(ifp, p);
	if (ret == 0)
		acd_watch(ifp, &p->addr);
	return ret;
}

int nl_addr_add(struct nl_ask *ask)
{
	struct inet_prefix p;
	struct nl_attrs a;
	struct iface *ifp;
	int ret = read_change(ask, &ifp, &p, &a);

	if (ret < 0)
		return ret;
	if (inet_is_any(&p.addr) || inet_is_multicast(&p.addr) ||
	    inet_is_broadcast4(&p.addr)) {
		ask->why = "not an address that a host can have";
		return -EINVAL;
	}
	ret = add(ask, &a, ifp, &p);
	if (ret == -EEXIST)
		ask->why = &"ipv4: Address already assigned"[skip_family(&p)];
	if (ret == -EEXIST && ask->h->nlmsg_flags & NLM_F_REPLACE)
		return 0;
	return ret;
}

int nl_addr_delete(struct nl_ask *ask)
{
	struct inet_prefix p;
	struct nl_attrs a;
	struct iface *ifp;
	int ret = read_change(ask, &ifp, &p, &a);

	if (ret < 0)
		return ret;
	ret = iface_delete_addr(ifp, &p);
	if (ret < 0)
		ask->why = &"ipv4: Address not found"[skip_family(&p)];
	return ret;
}
