/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * nl_link.c - interfaces over netlink: RTM_GETLINK, RTM_NEWLINK, RTM_SETLINK
 *
 * What this room is for
 *   See nl_link.h. The attributes are those that iproute2, busybox and
 *   pyroute2 print, in the kernel's order.
 *
 * Lock       the stack lock is held.
 * Follows    rtnetlink(7), netdevice(7).
 * Proved by  nl_request_test.c integration/console.sh
 */
#include "nl_link.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "link/link.h"

enum {
	/* Linux's default queue of a device; nothing queues here. */
	TXQLEN = 1000,
};

unsigned int nl_link_flags(const struct iface *ifp)
{
	unsigned int flags = 0;

	flags |= ifp->is_loopback ? IFF_LOOPBACK : IFF_BROADCAST;
	flags |= ifp->is_loopback ? 0 : IFF_MULTICAST;
	if (!ifp->is_down)
		flags |= IFF_UP | IFF_RUNNING | IFF_LOWER_UP;
	return flags;
}

struct iface *nl_link_by_index(struct stack *st, uint32_t index)
{
	if (index == 0 || index > st->net.nifs)
		return NULL;
	return &st->net.ifs[index - 1];
}

bool nl_link_has_mtu(const struct iface *ifp, uint32_t mtu)
{
	const struct link *l = link_by_handle(ifp->link);

	return mtu >= LIMIT_IP4_MTU_MIN && (!l || mtu <= MAX(l->mtu, ifp->mtu));
}

static struct iface *by_name(struct stack *st, const struct nl_attrs *a)
{
	for (uint32_t i = 0; i < st->net.nifs; i++)
		if (nl_is_text(a, IFLA_IFNAME, st->net.ifs[i].name) ||
		    nl_is_text(a, IFLA_ALT_IFNAME, st->net.ifs[i].name))
			return &st->net.ifs[i];
	return NULL;
}

static void put_stats(struct nl_buf *out, const struct iface *ifp)
{
	struct rtnl_link_stats64 wide = {
		.rx_packets = ifp->rx_packets,
		.rx_bytes = ifp->rx_bytes,
		.tx_packets = ifp->tx_packets,
		.tx_bytes = ifp->tx_bytes,
	};
	struct rtnl_link_stats narrow = {
		.rx_packets = (uint32_t)ifp->rx_packets,
		.rx_bytes = (uint32_t)ifp->rx_bytes,
		.tx_packets = (uint32_t)ifp->tx_packets,
		.tx_bytes = (uint32_t)ifp->tx_bytes,
	};

	nl_put(out, IFLA_STATS64, &wide, sizeof(wide));
	nl_put(out, IFLA_STATS, &narrow, sizeof(narrow));
}

/* RFC 2863 ifOperStatus, as Linux numbers it. */
static uint8_t oper_state(const struct iface *ifp)
{
	if (ifp->is_down)
		return 2; /* down */
	return ifp->is_loopback ? 0 /* unknown */ : 6 /* up */;
}

static void put_numbers(struct nl_buf *out, const struct iface *ifp)
{
	const struct link *l = link_by_handle(ifp->link);
	uint32_t most = l ? MAX(l->mtu, ifp->mtu) : ifp->mtu;

	nl_put_u32(out, IFLA_TXQLEN, TXQLEN);
	nl_put_u8(out, IFLA_OPERSTATE, oper_state(ifp));
	nl_put_u8(out, IFLA_LINKMODE, 0);
	nl_put_u32(out, IFLA_MTU, ifp->mtu);
	nl_put_u32(out, IFLA_MIN_MTU, ifp->is_loopback ? 0 : LIMIT_IP4_MTU_MIN);
	nl_put_u32(out, IFLA_MAX_MTU, ifp->is_loopback ? 0 : most);
	nl_put_u32(out, IFLA_GROUP, 0);
	nl_put_u32(out, IFLA_PROMISCUITY, 0);
	nl_put_u32(out, IFLA_NUM_TX_QUEUES, 1);
	nl_put_u32(out, IFLA_GSO_MAX_SEGS, UINT16_MAX);
	nl_put_u32(out, IFLA_GSO_MAX_SIZE, UINT16_MAX);
	nl_put_u32(out, IFLA_NUM_RX_QUEUES, 1);
	nl_put_u8(out, IFLA_CARRIER, !ifp->is_down);
	nl_put_text(out, IFLA_QDISC, "noqueue");
}

bool nl_link_put(struct nl_buf *out, const struct nl_ask *ask, uint16_t type,
		 const struct iface *ifp)
{
	static const uint8_t all[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	static const uint8_t none[6];
	struct ifinfomsg m = {
		.ifi_family = AF_UNSPEC,
		.ifi_type = ifp->is_loopback ? ARPHRD_LOOPBACK : ARPHRD_ETHER,
		.ifi_index = (int)ifp->index,
		.ifi_flags = nl_link_flags(ifp),
	};

	nl_begin(out, type, ask->flags, ask->h ? ask->h->nlmsg_seq : 0,
		 ask->pid, &m, sizeof(m));
	nl_put_text(out, IFLA_IFNAME, ifp->name);
	put_numbers(out, ifp);
	nl_put(out, IFLA_ADDRESS, ifp->is_loopback ? none : ifp->mac.b, 6);
	nl_put(out, IFLA_BROADCAST, ifp->is_loopback ? none : all, 6);
	put_stats(out, ifp);
	return nl_end(out);
}

/* `ip link show type KIND` and `master DEV`: nothing here is of such a kind. */
static bool wants_others(const struct nl_ask *ask)
{
	const struct rtgenmsg *any = nl_fixed(ask->h, sizeof(*any));
	struct nl_attrs a;

	if (any && any->rtgen_family == AF_BRIDGE)
		return true;
	if (nl_parse_after(ask->h, sizeof(struct ifinfomsg), &a) < 0)
		return false;
	return nl_attr(&a, IFLA_LINKINFO) || nl_attr(&a, IFLA_MASTER);
}

bool nl_link_dump(struct nl_ask *ask, struct nl_cursor *c, struct nl_buf *out)
{
	struct net *n = &ask->st->net;

	if (wants_others(ask))
		return true;
	for (; c->at[0] < n->nifs; c->at[0]++)
		if (!nl_link_put(out, ask, RTM_NEWLINK, &n->ifs[c->at[0]]))
			return false;
	return true;
}

/* The interface that a request means: by number, else by name. */
static int find(struct nl_ask *ask, struct nl_attrs *a, struct iface **out)
{
	const struct ifinfomsg *m = nl_fixed(ask->h, sizeof(*m));

	if (!m || nl_parse_after(ask->h, sizeof(*m), a) < 0)
		return -EINVAL;
	if (m->ifi_index > 0)
		*out = nl_link_by_index(ask->st, (uint32_t)m->ifi_index);
	else if (nl_attr(a, IFLA_IFNAME) || nl_attr(a, IFLA_ALT_IFNAME))
		*out = by_name(ask->st, a);
	else /* iproute2 finds out so whether there is an RTM_NEWLINK. */
		return ask->h->nlmsg_type == RTM_NEWLINK ? -ENODEV : -EINVAL;
	return *out ? 0 : -ENODEV;
}

int nl_link_get(struct nl_ask *ask, struct nl_buf *out)
{
	struct nl_attrs a;
	struct iface *ifp;
	int ret = find(ask, &a, &ifp);

	if (ret < 0)
		return ret;
	return nl_link_put(out, ask, RTM_NEWLINK, ifp) ? 0 : -EMSGSIZE;
}

/* What a change asks for, looked at before anything is done. */
struct wish {
	bool has_mtu, has_mac, has_updown;
	bool down;
	uint32_t mtu;
	struct eth_addr mac;
};

static int read_mac(const struct nl_attrs *a, struct wish *w)
{
	const struct nlattr *mac = nl_attr(a, IFLA_ADDRESS);

	if (!mac)
		return 0;
	if (nl_len(mac) != sizeof(w->mac))
		return -EINVAL;
	memcpy(&w->mac, nl_data(mac), sizeof(w->mac));
	/* Groups and all zeroes are nobody's address. */
	if (w->mac.b[0] & 1 || !memcmp(w->mac.b, "\0\0\0\0\0", 6))
		return -EADDRNOTAVAIL;
	w->has_mac = true;
	return 0;
}

static int read_wish(struct nl_ask *ask, const struct iface *ifp,
		     const struct nl_attrs *a, struct wish *w)
{
	const struct ifinfomsg *m = nl_fixed(ask->h, sizeof(*m));
	const struct link *l = link_by_handle(ifp->link);

	*w = (struct wish){.down = !(m->ifi_flags & IFF_UP)};
	w->has_updown = m->ifi_change & IFF_UP;
	w->has_mtu = nl_get_u32(a, IFLA_MTU, &w->mtu);
	if (w->has_mtu && w->mtu < LIMIT_IP4_MTU_MIN) {
		ask->why = "mtu less than device minimum";
		return -EINVAL;
	}
	if (w->has_mtu && l && w->mtu > MAX(l->mtu, ifp->mtu)) {
		ask->why = "mtu greater than device maximum";
		return -EINVAL;
	}
	if (ifp->is_loopback && nl_attr(a, IFLA_ADDRESS))
		return -EOPNOTSUPP;
	if (nl_attr(a, IFLA_MASTER) || nl_attr(a, IFLA_LINKINFO) ||
	    nl_attr(a, IFLA_NET_NS_FD) || nl_attr(a, IFLA_NET_NS_PID)) {
		ask->why = "the stack's interfaces stand alone";
		return -EOPNOTSUPP;
	}
	return read_mac(a, w);
}

int nl_link_change(struct nl_ask *ask)
{
	struct nl_attrs a;
	struct iface *ifp;
	struct wish w;
	int ret = find(ask, &a, &ifp);

	if (ret == -ENODEV && ask->h->nlmsg_flags & NLM_F_CREATE) {
		ask->why = "the stack's interfaces are made at its start";
		return -EOPNOTSUPP;
	}
	if (ret == 0)
		ret = read_wish(ask, ifp, &a, &w);
	if (ret < 0)
		return ret;

	if (w.has_mtu)
		iface_set_mtu(ifp, w.mtu);
	if (w.has_mac)
		iface_set_mac(ifp, &w.mac);
	if (w.has_updown)
		iface_set_down(ifp, w.down);
	return 0;
}

/* --- namespaces ----------------------------------------------------------- */

int nl_link_get_nsid(struct nl_ask *ask, struct nl_buf *out)
{
	const struct rtgenmsg *m = nl_fixed(ask->h, sizeof(*m));
	struct rtgenmsg answer = {.rtgen_family = AF_UNSPEC};
	struct nl_attrs a;

	if (!m || nl_parse_after(ask->h, sizeof(*m), &a) < 0)
		return -EINVAL;
	if (!nl_attr(&a, NETNSA_PID) && !nl_attr(&a, NETNSA_FD) &&
	    !nl_attr(&a, NETNSA_NSID)) {
		ask->why = "Peer netns reference is missing";
		return -EINVAL;
	}
	nl_begin(out, RTM_NEWNSID, ask->flags, ask->h->nlmsg_seq, ask->pid,
		 &answer, sizeof(answer));
	nl_put_u32(out, NETNSA_NSID, (uint32_t)NETNSA_NSID_NOT_ASSIGNED);
	return nl_end(out) ? 0 : -ENOBUFS;
}

bool nl_link_dump_nsid(struct nl_ask *ask, struct nl_cursor *c,
		       struct nl_buf *out)
{
	(void)ask, (void)c, (void)out;
	return true;
}
