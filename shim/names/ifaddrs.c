/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * ifaddrs.c - getifaddrs(3), if_nametoindex(3), if_nameindex(3) and relatives
 *
 * What this room is for
 *   Shows the program the stack's interfaces instead of the host's. A list is
 *   one block, so freeing it is one free(), which is also what libc does.
 *
 * Never      reads the kernel's interfaces once the stack is up.
 * Follows    getifaddrs(3): links first (AF_PACKET, with their counters), then
 *            addresses.
 */
#include <errno.h>
#include <ifaddrs.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <stdlib.h>
#include <string.h>

#include "ground/real.h"
#include "ground/ret.h"
#include "ground/shim.h"

/* More than the stack has. */
enum { IFACES_MAX = 64 };

/* <linux/if.h> has it, but not beside <net/if.h>. */
enum { LOWER_UP = 1 << 16 };

/* One entry and all it points to. */
struct node {
	struct ifaddrs ifa;
	struct sockaddr_storage addr;
	struct sockaddr_storage mask;
	struct sockaddr_storage broadcast;
	struct rtnl_link_stats counters;
	char name[IF_NAMESIZE];
};

/* A process without a stack of its own has no interfaces; it does not get to
 * see the host's. */
static bool iface_at(size_t i, struct stack_iface_info *info)
{
	shim_need_start();
	return i < IFACES_MAX && stack_is_up() && stack_iface(i, info);
}

static size_t count_nodes(void)
{
	struct stack_iface_info info;
	size_t n = 0;

	for (size_t i = 0; iface_at(i, &info); i++)
		n += 1 + info.naddrs;
	return n;
}

static void fill_common(struct node *n, const struct stack_iface_info *info)
{
	memcpy(n->name, info->name, sizeof(n->name));
	n->name[sizeof(n->name) - 1] = '\0';
	n->ifa.ifa_name = n->name;
	n->ifa.ifa_addr = (struct sockaddr *)&n->addr;
	n->ifa.ifa_flags = IFF_UP | IFF_RUNNING | LOWER_UP;
	if (info->is_loopback)
		n->ifa.ifa_flags |= IFF_LOOPBACK;
	else
		n->ifa.ifa_flags |= IFF_BROADCAST | IFF_MULTICAST;
}

static void fill_link_addr(struct sockaddr_ll *ll,
			   const struct stack_iface_info *info)
{
	ll->sll_family = AF_PACKET;
	ll->sll_ifindex = (int)info->index;
	ll->sll_hatype = info->is_loopback ? ARPHRD_LOOPBACK : ARPHRD_ETHER;
	ll->sll_halen = sizeof(info->mac);
}

static void fill_link(struct node *n, const struct stack_iface_info *info)
{
	struct sockaddr_ll *ll = (struct sockaddr_ll *)&n->addr;
	struct sockaddr_ll *all = (struct sockaddr_ll *)&n->broadcast;

	fill_common(n, info);
	fill_link_addr(ll, info);
	memcpy(ll->sll_addr, info->mac, sizeof(info->mac));
	fill_link_addr(all, info);
	memset(all->sll_addr, info->is_loopback ? 0 : 0xff, sizeof(info->mac));
	n->ifa.ifa_broadaddr = (struct sockaddr *)&n->broadcast;
	n->counters.rx_packets = (uint32_t)info->rx_packets;
	n->counters.rx_bytes = (uint32_t)info->rx_bytes;
	n->counters.tx_packets = (uint32_t)info->tx_packets;
	n->counters.tx_bytes = (uint32_t)info->tx_bytes;
	n->ifa.ifa_data = &n->counters;
}

static void fill_mask(uint8_t *to, size_t size, unsigned int bits)
{
	for (size_t i = 0; i < size; i++, bits -= bits < 8 ? bits : 8)
		to[i] = (uint8_t)(0xff00 >> (bits < 8 ? bits : 8));
}

static void fill_addr4(struct node *n, const struct stack_iface_info *info,
		       unsigned int bits)
{
	struct sockaddr_in *addr = (struct sockaddr_in *)&n->addr;
	struct sockaddr_in *mask = (struct sockaddr_in *)&n->mask;
	struct sockaddr_in *all = (struct sockaddr_in *)&n->broadcast;

	mask->sin_family = AF_INET;
	fill_mask((uint8_t *)&mask->sin_addr, 4, bits);
	all->sin_family = AF_INET;
	all->sin_addr.s_addr = addr->sin_addr.s_addr | ~mask->sin_addr.s_addr;
	/* libc shows the own address where there is no broadcast. */
	if (info->is_loopback || bits > 30)
		all->sin_addr = addr->sin_addr;
	n->ifa.ifa_broadaddr = (struct sockaddr *)all;
}

static void fill_addr(struct node *n, const struct stack_iface_info *info,
		      size_t i)
{
	struct sockaddr_in6 *mask6 = (struct sockaddr_in6 *)&n->mask;
	unsigned int bits = info->addrs[i].prefix_len;

	fill_common(n, info);
	n->addr = info->addrs[i].addr;
	n->ifa.ifa_netmask = (struct sockaddr *)&n->mask;
	if (n->addr.ss_family == AF_INET) {
		((struct sockaddr_in *)&n->addr)->sin_port = 0;
		fill_addr4(n, info, bits);
		return;
	}
	mask6->sin6_family = AF_INET6;
	fill_mask((uint8_t *)&mask6->sin6_addr, 16, bits);
}

/* An interface may come or go between counting and filling: `max` holds. */
static size_t fill_all(struct node *nodes, size_t max)
{
	struct stack_iface_info info;
	size_t n = 0;

	for (size_t i = 0; n < max && iface_at(i, &info); i++)
		fill_link(&nodes[n++], &info);
	for (size_t i = 0; n < max && iface_at(i, &info); i++)
		for (size_t a = 0; n < max && a < info.naddrs; a++)
			fill_addr(&nodes[n++], &info, a);
	return n;
}

SHIM_EXPORT int getifaddrs(struct ifaddrs **out)
{
	struct node *nodes;
	size_t n;

	if (!shim_is_ready())
		return REAL(getifaddrs)(out);

	*out = NULL;
	n = count_nodes();
	if (n == 0)
		return 0;
	nodes = calloc(n, sizeof(*nodes));
	if (!nodes)
		return (int)shim_ret(-ENOMEM);
	n = fill_all(nodes, n);
	for (size_t i = 1; i < n; i++)
		nodes[i - 1].ifa.ifa_next = &nodes[i].ifa;
	*out = &nodes[0].ifa;
	return 0;
}

/* Ours and libc's are one block each. */
SHIM_EXPORT void freeifaddrs(struct ifaddrs *ifa)
{
	free(ifa);
}

SHIM_EXPORT unsigned int if_nametoindex(const char *name)
{
	struct stack_iface_info info;

	if (!shim_is_ready())
		return REAL(if_nametoindex)(name);

	for (size_t i = 0; iface_at(i, &info); i++)
		if (!strncmp(info.name, name, sizeof(info.name)))
			return info.index;
	shim_ret(-ENODEV);
	return 0;
}

SHIM_EXPORT char *if_indextoname(unsigned int index, char name[IF_NAMESIZE])
{
	struct stack_iface_info info;

	if (!shim_is_ready())
		return REAL(if_indextoname)(index, name);

	for (size_t i = 0; iface_at(i, &info); i++) {
		if (info.index != index)
			continue;
		memcpy(name, info.name, IF_NAMESIZE);
		return name;
	}
	shim_ret(-ENXIO);
	return NULL;
}

/* One block: the array, its end, then the names. */
SHIM_EXPORT struct if_nameindex *if_nameindex(void)
{
	struct stack_iface_info info;
	struct if_nameindex *list;
	size_t n = 0;
	char *names;

	if (!shim_is_ready())
		return REAL(if_nameindex)();

	while (iface_at(n, &info))
		n++;
	list = calloc(n + 1, sizeof(*list) + IF_NAMESIZE);
	if (!list) {
		shim_ret(-ENOBUFS);
		return NULL;
	}
	names = (char *)(list + n + 1);
	for (size_t i = 0; i < n && iface_at(i, &info); i++) {
		list[i].if_index = info.index;
		list[i].if_name = names + i * IF_NAMESIZE;
		memcpy(list[i].if_name, info.name, IF_NAMESIZE);
	}
	return list;
}

/* A list from before start-up is libc's, with a block for each name. */
SHIM_EXPORT void if_freenameindex(struct if_nameindex *list)
{
	size_t n = 0;

	if (!list)
		return;
	while (list[n].if_name)
		n++;
	if (n > 0 && list[0].if_name != (char *)(list + n + 1)) {
		REAL(if_freenameindex)(list);
		return;
	}
	free(list);
}
