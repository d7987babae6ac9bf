/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * nl_route.c - routes over netlink: RTM_GETROUTE
 *
 * What this room is for
 *   See nl_route.h. A dump walks the routes that were added, those that routers
 *   advertise, and then for each address what follows from it, on the link and
 *   at this host.
 *
 * Lock       the stack lock is held.
 * Follows    rtnetlink(7), ip-route(8).
 * Proved by  nl_request_test.c integration/console.sh
 */
#include "nl_route.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/icmpv6.h>
#include <linux/in_route.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "nl_addr.h"
#include "nl_link.h"

enum {
	MAPPED_BITS = 96,    /* of a prefix length in the 128-bit form */
	TICKS_PER_SEC = 100, /* times are told in USER_HZ */
};

/* A route as rtnetlink(7) tells it, wherever it comes from. */
struct story {
	struct route r;
	uint32_t table;
	uint8_t kind; /* RTN_UNICAST and its relations */
	uint8_t scope;
	bool is_answer;        /* of `ip route get` */
	usecs until;           /* 0: for ever; else routers said so */
	int8_t preference;     /* RFC 4191 */
	struct inet_addr from; /* whose source address was given */
};

static bool is4(const struct inet_prefix *p)
{
	return inet_is4(&p->addr);
}

static uint8_t length_of(const struct inet_prefix *p)
{
	return (uint8_t)(is4(p) ? p->bits - MAPPED_BITS : p->bits);
}

static void put_via(struct nl_buf *out, const struct story *s)
{
	if (!inet_is_any(&s->r.source))
		nl_put_addr(out, RTA_PREFSRC, &s->r.source);
	if (!inet_is_any(&s->r.gateway))
		nl_put_addr(out, RTA_GATEWAY, &s->r.gateway);
	if (s->r.ifindex)
		nl_put_u32(out, RTA_OIF, s->r.ifindex);
}

/* A lookup lasts; IPv6 routes have a preference (RFC 4191). */
static void put_age(struct nl_buf *out, const struct nl_ask *ask,
		    const struct story *s)
{
	static const uint8_t preferences[] = {ICMPV6_ROUTER_PREF_LOW,
					      ICMPV6_ROUTER_PREF_MEDIUM,
					      ICMPV6_ROUTER_PREF_HIGH};
	struct rta_cacheinfo age = {0};

	if (s->until && s->until != USECS_NEVER)
		age.rta_expires =
			(int32_t)MIN((s->until - ask->st->eng.now) /
					     (USECS_PER_SEC / TICKS_PER_SEC),
				     (usecs)INT32_MAX);
	if (s->is_answer || !is4(&s->r.dst))
		nl_put(out, RTA_CACHEINFO, &age, sizeof(age));
	if (!is4(&s->r.dst))
		nl_put_u8(out, RTA_PREF, preferences[s->preference + 1]);
}

static bool put_story(struct nl_buf *out, const struct nl_ask *ask,
		      uint16_t type, const struct story *s)
{
	uint32_t metric = s->r.metric;
	struct rtmsg m = {
		.rtm_family = is4(&s->r.dst) ? AF_INET : AF_INET6,
		.rtm_dst_len = length_of(&s->r.dst),
		.rtm_table = (uint8_t)s->table,
		.rtm_protocol = s->r.protocol ? s->r.protocol : RTPROT_BOOT,
		.rtm_scope = s->scope,
		.rtm_type = s->kind,
		.rtm_flags = s->is_answer ? RTM_F_CLONED : 0,
	};

	if (!inet_is_any(&s->from))
		m.rtm_src_len = is4(&s->r.dst) ? 32 : 128;
	if (s->is_answer && s->kind == RTN_LOCAL)
		m.rtm_flags |= RTCF_LOCAL;

	nl_begin(out, type, ask->flags, ask->h ? ask->h->nlmsg_seq : 0,
		 ask->pid, &m, sizeof(m));
	nl_put_u32(out, RTA_TABLE, s->table);
	if (m.rtm_dst_len)
		nl_put_addr(out, RTA_DST, &s->r.dst.addr);
	if (m.rtm_src_len)
		nl_put_addr(out, RTA_SRC, &s->from);
	if (metric)
		nl_put_u32(out, RTA_PRIORITY, metric);
	put_via(out, s);
	put_age(out, ask, s);
	return nl_end(out);
}

/* Of a route that was added. What leads nowhere, the kernel shows with IPv6
 * as a route of the loopback. */
static struct story story_of(const struct route *r)
{
	struct story s = {.r = *r,
			  .table = RT_TABLE_MAIN,
			  .kind = r->type ? r->type : RTN_UNICAST,
			  .scope = RT_SCOPE_UNIVERSE};

	if (r->type != ROUTE_UNICAST)
		s.r.ifindex = is4(&r->dst) ? 0 : 1;
	else if (is4(&r->dst) && inet_is_any(&r->gateway))
		s.scope = RT_SCOPE_LINK;
	return s;
}

bool nl_route_put(struct nl_buf *out, const struct nl_ask *ask, uint16_t type,
		  const struct route *r)
{
	struct story s = story_of(r);

	return put_story(out, ask, type, &s);
}

/* --- dumps ---------------------------------------------------------------- */

/* What a dump asks for; only strict programs filter. */
struct filter {
	uint8_t family, protocol, kind;
	uint32_t table, ifindex;
};

static struct filter read_filter(struct nl_ask *ask)
{
	const struct rtmsg *m = nl_fixed(ask->h, sizeof(*m));
	const struct rtgenmsg *any = nl_fixed(ask->h, sizeof(*any));
	struct filter f = {.family = any ? any->rtgen_family : 0};
	struct nl_attrs a;

	if (!m || !ask->strict || nl_parse_after(ask->h, sizeof(*m), &a) < 0)
		return f;
	f.protocol = m->rtm_protocol;
	f.kind = m->rtm_type;
	f.table = m->rtm_table;
	nl_get_u32(&a, RTA_TABLE, &f.table);
	nl_get_u32(&a, RTA_OIF, &f.ifindex);
	if (f.protocol || f.kind || f.table || f.ifindex)
		ask->flags |= NLM_F_DUMP_FILTERED;
	return f;
}

static bool is_wanted(const struct filter *f, const struct story *s)
{
	uint8_t family = is4(&s->r.dst) ? AF_INET : AF_INET6;
	uint8_t protocol = s->r.protocol ? s->r.protocol : RTPROT_BOOT;

	return (!f->family || f->family == family) &&
	       (!f->protocol || f->protocol == protocol) &&
	       (!f->kind || f->kind == s->kind) &&
	       (!f->table || f->table == s->table) &&
	       (!f->ifindex || f->ifindex == s->r.ifindex);
}

static bool tell(struct nl_ask *ask, const struct filter *f, struct nl_buf *out,
		 const struct story *s)
{
	return !is_wanted(f, s) || put_story(out, ask, RTM_NEWROUTE, s);
}

/* The routes that follow from an address, in Linux's order. */
enum follower {
	FOLLOWS_NETWORK,   /* main: its neighbours are on the link */
	FOLLOWS_LOCAL_NET, /* local: 127/8 as a whole */
	FOLLOWS_LOCAL,     /* local: the address */
	FOLLOWS_BROADCAST, /* local: its directed broadcast */
	FOLLOWERS,
};

/* The host part of an IPv4 prefix all ones. */
static struct inet_addr broadcast_of(const struct inet_prefix *p)
{
	uint32_t host = (uint32_t)((UINT64_C(1) << (128 - p->bits)) - 1);

	return inet_from4(ip4_from_u32(ip4_u32(inet_to4(&p->addr)) | host));
}

/* False when there is no such route. */
static bool make_follower(const struct iface *ifp, const struct iface_addr *a,
			  enum follower which, struct story *s)
{
	const struct inet_prefix *p = &a->prefix;
	bool has_hosts = is4(p) && p->bits <= 126;
	struct inet_prefix whole = {p->addr, 128};

	*s = (struct story){
		.r = {.dst = *p, .ifindex = ifp->index, .source = p->addr},
		.table = RT_TABLE_LOCAL,
		.kind = RTN_LOCAL,
		.scope = RT_SCOPE_HOST};
	s->r.protocol = RTPROT_KERNEL;
	if (!is4(p)) {
		memset(&s->r.source, 0, sizeof(s->r.source));
		s->scope = RT_SCOPE_UNIVERSE;
	}
	switch (which) {
	case FOLLOWS_NETWORK:
		s->table = RT_TABLE_MAIN;
		s->kind = RTN_UNICAST;
		s->scope = is4(p) ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
		s->r.metric = is4(p) ? 0 : 256;
		s->r.dst = route_network(p);
		if (!iface_addr_is_routed(a) || nl_addr_is_secondary(ifp, p))
			return false;
		return (!ifp->is_loopback && p->bits < 128) ||
		       (!is4(p) && ifp->is_loopback);
	case FOLLOWS_LOCAL_NET:
		s->r.dst = route_network(p);
		return ifp->is_loopback && is4(p) && p->bits < 128;
	case FOLLOWS_LOCAL:
		s->r.dst = whole;
		return true;
	case FOLLOWS_BROADCAST:
		s->kind = RTN_BROADCAST;
		s->scope = RT_SCOPE_LINK;
		s->r.dst = whole;
		s->r.dst.addr = broadcast_of(p);
		return has_hosts;
	case FOLLOWERS:
		break;
	}
	return false;
}

bool nl_route_network(const struct iface *ifp, const struct iface_addr *a,
		      struct route *out)
{
	struct story s;

	if (ifp->is_down || !iface_addr_is_ours(a) ||
	    !make_follower(ifp, a, FOLLOWS_NETWORK, &s))
		return false;
	*out = s.r;
	return true;
}

static bool dump_added(struct nl_ask *ask, struct nl_cursor *c,
		       const struct filter *f, struct nl_buf *out)
{
	const struct route_table *t = &ask->st->net.routes;

	for (; c->at[0] < t->count; c->at[0]++) {
		const struct route *r = route_listed(t, (uint32_t)c->at[0]);
		struct story s = story_of(r);

		if (!tell(ask, f, out, &s))
			return false;
	}
	return true;
}

bool nl_route_advertised(const struct net *n, uint64_t i,
			 struct nl_advertised *out)
{
	const struct nd_router *d;
	const struct nd_route *p;

	/* As Linux has them: its metrics, and prefixes are the kernel's. */
	*out = (struct nl_advertised){
		.r = {.protocol = RTPROT_RA, .metric = 1024}};
	if (i < LIMIT_ND_ROUTERS) {
		d = &n->nd.routers[i];
		out->r.gateway = d->addr;
		out->r.ifindex = d->ifindex;
		out->preference = d->preference;
		out->until = d->until;
		return nd_router_is_valid(n, d);
	}
	p = &n->nd_routes.r[i - LIMIT_ND_ROUTERS];
	out->r.dst = p->prefix;
	out->r.gateway = p->router;
	out->r.ifindex = p->ifindex;
	out->preference = p->preference;
	out->until = p->until;
	if (inet_is_any(&p->router)) {
		out->r.protocol = RTPROT_KERNEL;
		out->r.metric = 256;
	}
	return nd_route_is_valid(n, p);
}

/* Behind the added ones, in the numbers of c->at[0]. */
static bool dump_advertised(struct nl_ask *ask, struct nl_cursor *c,
			    const struct filter *f, struct nl_buf *out)
{
	uint32_t added = ask->st->net.routes.count;

	for (; c->at[0] < added + NL_ADVERTISED; c->at[0]++) {
		struct story s = {.table = RT_TABLE_MAIN,
				  .kind = RTN_UNICAST,
				  .scope = RT_SCOPE_UNIVERSE};
		struct nl_advertised a;

		if (!nl_route_advertised(&ask->st->net, c->at[0] - added, &a))
			continue;
		s.r = a.r;
		s.until = a.until;
		s.preference = a.preference;
		if (!tell(ask, f, out, &s))
			return false;
	}
	return true;
}

/* One interface, from address c->at[2], follower c->at[3] on. */
static bool dump_followers(struct nl_ask *ask, struct nl_cursor *c,
			   const struct filter *f, const struct iface *ifp,
			   struct nl_buf *out)
{
	struct story s;

	for (; c->at[2] < ifp->naddrs; c->at[2]++, c->at[3] = 0) {
		const struct iface_addr *a = &ifp->addrs[c->at[2]];

		for (; iface_addr_is_ours(a) && c->at[3] < FOLLOWERS;
		     c->at[3]++)
			if (make_follower(ifp, a, (enum follower)c->at[3],
					  &s) &&
			    !tell(ask, f, out, &s))
				return false;
	}
	return true;
}

/* The cursor: added or advertised route, interface, address, follower. */
bool nl_route_dump(struct nl_ask *ask, struct nl_cursor *c, struct nl_buf *out)
{
	struct filter f = read_filter(ask);
	struct net *n = &ask->st->net;

	if (!dump_added(ask, c, &f, out) || !dump_advertised(ask, c, &f, out))
		return false;
	for (; c->at[1] < n->nifs; c->at[1]++, c->at[2] = 0)
		if (!n->ifs[c->at[1]].is_down &&
		    !dump_followers(ask, c, &f, &n->ifs[c->at[1]], out))
			return false;
	return true;
}

/* The policy that never changes: local, main and, for IPv4, default. */
bool nl_route_dump_rules(struct nl_ask *ask, struct nl_cursor *c,
			 struct nl_buf *out)
{
	static const struct {
		uint8_t family, table;
		uint32_t priority;
	} rules[] = {
		{AF_INET, RT_TABLE_LOCAL, 0},
		{AF_INET, RT_TABLE_MAIN, 32766},
		{AF_INET, RT_TABLE_DEFAULT, 32767},
		{AF_INET6, RT_TABLE_LOCAL, 0},
		{AF_INET6, RT_TABLE_MAIN, 32766},
	};
	const struct rtgenmsg *any = nl_fixed(ask->h, sizeof(*any));
	uint8_t family = any ? any->rtgen_family : 0;

	for (; c->at[0] < ARRAY_LEN(rules); c->at[0]++) {
		struct fib_rule_hdr m = {.family = rules[c->at[0]].family,
					 .table = rules[c->at[0]].table,
					 .action = FR_ACT_TO_TBL};

		if (family && family != m.family)
			continue;
		nl_begin(out, RTM_NEWRULE, ask->flags, ask->h->nlmsg_seq,
			 ask->pid, &m, sizeof(m));
		nl_put_u32(out, FRA_TABLE, m.table);
		nl_put_u32(out, FRA_SUPPRESS_PREFIXLEN, UINT32_MAX);
		if (rules[c->at[0]].priority)
			nl_put_u32(out, FRA_PRIORITY, rules[c->at[0]].priority);
		if (!nl_end(out))
			return false;
	}
	return true;
}

/* --- ip route get --------------------------------------------------------- */

int nl_route_get(struct nl_ask *ask, struct nl_buf *out)
{
	const struct rtmsg *m = nl_fixed(ask->h, sizeof(*m));
	struct inet_addr dst = {{0}}, src = {{0}};
	struct story s = {.table = RT_TABLE_MAIN, .is_answer = true};
	struct nl_attrs a;
	struct path path;
	int ret;

	if (!m || nl_parse_after(ask->h, sizeof(*m), &a) < 0)
		return -EINVAL;
	if (!nl_get_addr(&a, RTA_DST, &dst))
		return -EINVAL;
	nl_get_addr(&a, RTA_SRC, &src);
	ret = route_lookup(&ask->st->net, &dst, &src, &path);
	/* ip-route(8) knows an address that is not ours as EINVAL. */
	if (ret < 0)
		return ret == -EADDRNOTAVAIL ? -EINVAL : ret;

	s.kind = RTN_UNICAST;
	if (net_is_local(&ask->st->net, &dst)) {
		s.kind = RTN_LOCAL;
	} else if (inet_is_multicast(&dst)) {
		s.kind = RTN_MULTICAST;
	} else if (net_is_broadcast(&ask->st->net, &dst)) {
		s.kind = RTN_BROADCAST;
	}
	s.r.dst = (struct inet_prefix){dst, 128};
	if (inet_is_any(&src))
		s.r.source = path.source;
	s.from = src;
	s.r.ifindex = path.ifp->index;
	s.r.protocol = RTPROT_UNSPEC;
	if (!inet_equal(&path.next_hop, &dst))
		s.r.gateway = path.next_hop;
	return put_story(out, ask, RTM_NEWROUTE, &s) ? 0 : -EMSGSIZE;
}
