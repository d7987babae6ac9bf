/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * nl_route_change.c - routes over netlink: RTM_NEWROUTE, RTM_DELROUTE
 *
 * What this room is for
 *   Reads what ip-route(8) asks for, refuses what this stack does not have with
 *   a sentence, and hands the rest to the routing table. A route that an
 *   address makes can be deleted as well: then the address makes none.
 *
 * Lock       the stack lock is held.
 * Follows    rtnetlink(7), ip-route(8).
 * Proved by  nl_request_test.c integration/console.sh
 */
#include "nl_route.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "nl_link.h"

static int read_gateway(struct nl_ask *ask, const struct nl_attrs *a,
			struct route *r)
{
	struct path path;

	if (nl_attr(a, RTA_GATEWAY) &&
	    !nl_get_addr(a, RTA_GATEWAY, &r->gateway))
		return -EINVAL;
	if (inet_is_any(&r->gateway))
		return 0;
	if (inet_is4(&r->gateway) != inet_is4(&r->dst.addr))
		return -EINVAL;
	if (ask->h->nlmsg_type == RTM_DELROUTE)
		return 0;
	if (net_is_local(&ask->st->net, &r->gateway)) {
		ask->why = "Nexthop has invalid gateway";
		return -EINVAL;
	}
	if (route_lookup(&ask->st->net, &r->gateway, NULL, &path) < 0 ||
	    !inet_equal(&path.next_hop, &r->gateway) ||
	    (r->ifindex && path.ifp->index != r->ifindex)) {
		ask->why = "Nexthop has invalid gateway";
		return -ENETUNREACH;
	}
	r->ifindex = path.ifp->index;
	return 0;
}

static_assert((int)ROUTE_BLACKHOLE == (int)RTN_BLACKHOLE &&
		      (int)ROUTE_UNREACHABLE == (int)RTN_UNREACHABLE &&
		      (int)ROUTE_PROHIBIT == (int)RTN_PROHIBIT,
	      "as rtnetlink(7) numbers them");

static bool leads_nowhere(uint8_t kind)
{
	return kind == RTN_BLACKHOLE || kind == RTN_UNREACHABLE ||
	       kind == RTN_PROHIBIT;
}

/* Kinds, tables and next hops that this stack does not have. */
static int check_kind(struct nl_ask *ask, const struct rtmsg *m,
		      const struct nl_attrs *a)
{
	uint32_t table = m->rtm_table;

	nl_get_u32(a, RTA_TABLE, &table);
	if (table != RT_TABLE_MAIN && table != RT_TABLE_UNSPEC) {
		ask->why = "only table main can be changed";
		return -EOPNOTSUPP;
	}
	if (m->rtm_type != RTN_UNICAST && m->rtm_type != RTN_UNSPEC &&
	    !leads_nowhere(m->rtm_type)) {
		ask->why = "only unicast routes, and those that lead nowhere, "
			   "can be changed";
		return -EOPNOTSUPP;
	}
	if (nl_attr(a, RTA_MULTIPATH) || nl_attr(a, RTA_NH_ID) ||
	    nl_attr(a, RTA_ENCAP) || nl_attr(a, RTA_VIA)) {
		ask->why = "only routes with one gateway are known";
		return -EOPNOTSUPP;
	}
	return 0;
}

static int read_route(struct nl_ask *ask, struct route *r)
{
	const struct rtmsg *m = nl_fixed(ask->h, sizeof(*m));
	struct nl_attrs a;
	uint8_t most;
	int ret;

	if (!m || nl_parse_after(ask->h, sizeof(*m), &a) < 0)
		return -EINVAL;
	if (m->rtm_family != AF_INET && m->rtm_family != AF_INET6)
		return -EOPNOTSUPP;
	ret = check_kind(ask, m, &a);
	if (ret < 0)
		return ret;
	most = m->rtm_family == AF_INET ? 32 : 128;
	if (m->rtm_dst_len > most || m->rtm_src_len)
		return -EINVAL;
	memset(r, 0, sizeof(*r));
	if (m->rtm_family == AF_INET)
		r->dst.addr = inet_from4(ip4_make(0, 0, 0, 0));
	if (nl_attr(&a, RTA_DST) && !nl_get_addr(&a, RTA_DST, &r->dst.addr))
		return -EINVAL;
	if (inet_is4(&r->dst.addr) != (m->rtm_family == AF_INET))
		return -EINVAL;
	r->dst.bits = (uint8_t)(m->rtm_dst_len + 128 - most);
	r->protocol = m->rtm_protocol;
	nl_get_u32(&a, RTA_PRIORITY, &r->metric);
	if (leads_nowhere(m->rtm_type)) {
		r->type = m->rtm_type;
		return 0;
	}
	nl_get_u32(&a, RTA_OIF, &r->ifindex);
	if (nl_attr(&a, RTA_PREFSRC) &&
	    !nl_get_addr(&a, RTA_PREFSRC, &r->source))
		return -EINVAL;
	return read_gateway(ask, &a, r);
}

int nl_route_add(struct nl_ask *ask)
{
	uint16_t flags = ask->h->nlmsg_flags;
	struct inet_prefix network;
	struct route r;
	int ret = read_route(ask, &r);

	if (ret < 0)
		return ret;
	network = route_network(&r.dst);
	if (!inet_is_any(&r.source) &&
	    !net_is_local(&ask->st->net, &r.source)) {
		ask->why = "Invalid prefsrc address";
		return -EINVAL;
	}
	if (!inet_equal(&network.addr, &r.dst.addr)) {
		ask->why = "Invalid prefix for given prefix length";
		return -EINVAL;
	}
	if (!r.ifindex && r.type == ROUTE_UNICAST) {
		ask->why = "Nexthop device required for non-onlink route";
		return -ENODEV;
	}
	if (r.ifindex && !nl_link_by_index(ask->st, r.ifindex))
		return -ENODEV;
	if (flags & NLM_F_REPLACE)
		ret = route_replace(&ask->st->net, &r, flags & NLM_F_CREATE);
	else if (flags & NLM_F_CREATE)
		ret = route_add(&ask->st->net, &r);
	else
		ret = -ENOENT;
	return ret;
}

/* ip-route(8): what is not given matches whatever is there. */
static bool is_meant(const struct route *r, const struct route *have)
{
	return r->dst.bits == have->dst.bits &&
	       inet_equal(&r->dst.addr, &have->dst.addr) &&
	       (!r->metric || r->metric == have->metric) &&
	       (!r->type || r->type == have->type) &&
	       (!r->ifindex || r->ifindex == have->ifindex) &&
	       (!r->protocol || r->protocol == have->protocol) &&
	       (inet_is_any(&r->gateway) ||
		inet_equal(&r->gateway, &have->gateway)) &&
	       (inet_is_any(&r->source) ||
		inet_equal(&r->source, &have->source));
}

static bool is_of_network(const struct iface_addr *a,
			  const struct inet_prefix *network)
{
	return inet_is4(&a->prefix.addr) == inet_is4(&network->addr) &&
	       a->prefix.bits == network->bits &&
	       inet_in_prefix(&a->prefix.addr, network);
}

/* One of its addresses makes such a route. */
static bool has_network(const struct iface *ifp, const struct route *r,
			const struct inet_prefix *network)
{
	struct route made;

	for (uint32_t i = 0; i < ifp->naddrs; i++)
		if (is_of_network(&ifp->addrs[i], network) &&
		    nl_route_network(ifp, &ifp->addrs[i], &made) &&
		    is_meant(r, &made))
			return true;
	return false;
}

/* The route that addresses make: without it, their neighbours are strangers,
 * until the link goes down and up. */
static int delete_network(struct net *n, const struct route *r)
{
	struct inet_prefix network = route_network(&r->dst);

	for (uint32_t i = 0; i < n->nifs; i++) {
		struct iface *ifp = &n->ifs[i];

		if (!has_network(ifp, r, &network))
			continue;
		for (uint32_t k = 0; k < ifp->naddrs; k++)
			if (is_of_network(&ifp->addrs[k], &network))
				ifp->addrs[k].is_unrouted = true;
		return 0;
	}
	return -ESRCH;
}

int nl_route_delete(struct nl_ask *ask)
{
	struct net *n = &ask->st->net;
	struct route r;
	int ret = read_route(ask, &r);

	if (ret < 0)
		return ret;
	for (uint32_t i = 0; i < n->routes.count; i++) {
		struct route have = *route_at(&n->routes, i);

		if (!is_meant(&r, &have))
			continue;
		return route_delete(n, &have);
	}
	return delete_network(n, &r);
}
