/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * nl_monitor.c - what was changed, told to those who listen (`ip monitor`)
 *
 * What this room is for
 *   See nl_monitor.h. The messages are those of a dump, one at a time.
 *
 * Lock       the stack lock is held.
 * Follows    rtnetlink(7).
 */
#include "nl_monitor.h"

#include <linux/rtnetlink.h>

#include "nl_addr.h"
#include "nl_link.h"
#include "nl_neigh.h"
#include "nl_route.h"
#include "sock_netlink.h"

/* A message about an interface is the longest. */
enum { MESSAGE_MAX = 2048 };

struct message {
	struct nl_ask ask;
	struct nl_buf out;
	uint8_t data[MESSAGE_MAX] __attribute__((aligned(8)));
};

/* False: nobody listens. */
static bool begin(struct message *m, struct stack *st, uint32_t group)
{
	if (!sock_netlink_is_heard(st, group))
		return false;
	m->ask = (struct nl_ask){.st = st};
	nl_buf_init(&m->out, m->data, sizeof(m->data));
	return true;
}

static void end(struct message *m, uint32_t group)
{
	if (m->out.len)
		sock_netlink_tell(m->ask.st, group, m->data, m->out.len);
}

void nl_monitor_link(struct stack *st, const struct iface *ifp)
{
	struct message m;

	if (!begin(&m, st, RTNLGRP_LINK))
		return;
	nl_link_put(&m.out, &m.ask, RTM_NEWLINK, ifp);
	end(&m, RTNLGRP_LINK);
}

void nl_monitor_addr(struct stack *st, uint16_t type, const struct iface *ifp,
		     const struct iface_addr *a)
{
	uint32_t group = inet_is4(&a->prefix.addr) ? RTNLGRP_IPV4_IFADDR
						   : RTNLGRP_IPV6_IFADDR;
	struct message m;

	if (!begin(&m, st, group))
		return;
	nl_addr_put(&m.out, &m.ask, type, ifp, a);
	end(&m, group);
}

void nl_monitor_route(struct stack *st, uint16_t type, const struct route *r)
{
	uint32_t group = inet_is4(&r->dst.addr) ? RTNLGRP_IPV4_ROUTE
						: RTNLGRP_IPV6_ROUTE;
	struct message m;

	if (!begin(&m, st, group))
		return;
	nl_route_put(&m.out, &m.ask, type, r);
	end(&m, group);
}

void nl_monitor_neigh(struct stack *st, uint16_t type, const struct iface *ifp,
		      const struct neigh *n)
{
	struct message m;

	if (!begin(&m, st, RTNLGRP_NEIGH))
		return;
	nl_neigh_put(&m.out, &m.ask, type, ifp, n);
	end(&m, RTNLGRP_NEIGH);
}
