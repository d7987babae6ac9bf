/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * procfs.c - interfaces, addresses, routes and neighbours as in /proc/net
 *
 * What this room is for
 *   See procfs.h. IPv4 addresses are printed as the machine's number of their
 *   four bytes, because that is what Linux does and programs undo.
 *
 * Lock       the stack lock is held.
 * Follows    proc(5).
 */
#include "procfs.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "nl_addr.h"
#include "nl_route.h"
#include "socket/turn.h"

enum {
	/* <net/route.h>, which does not go with the kernel's headers. */
	ROUTE_UP = 0x1,
	ROUTE_GATEWAY = 0x2,
	ROUTE_HOST = 0x4,
	ROUTE_REJECT = 0x200,
	ARP_COMPLETE = 0x2,
	ARP_PERMANENT = 0x4,
	ARP_ETHERNET = 1,
	ROUTE_WIDTH = 127,
	MAPPED_BITS = 96,
};

void procfs_print(struct procfs_text *t, const char *fmt, ...)
{
	size_t room = t->size - t->len;
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(t->buf + t->len, room, fmt, args);
	va_end(args);
	if (n < 0 || (size_t)n >= room)
		t->is_full = true;
	else
		t->len += (size_t)n;
}

void procfs_end_line(struct procfs_text *t, size_t from, size_t width)
{
	size_t have = t->len - from;

	procfs_print(t, "%*s\n", have < width ? (int)(width - have) : 0, "");
}

static uint32_t number(const struct inet_addr *a)
{
	struct ip4_addr a4 = inet_to4(a);
	uint32_t n;

	memcpy(&n, &a4, sizeof(n));
	return inet_is_any(a) ? 0 : n;
}

static void print6(struct procfs_text *t, const struct inet_addr *a)
{
	for (size_t i = 0; i < sizeof(a->b); i++)
		procfs_print(t, "%02x", a->b[i]);
}

/* Line n of all interfaces; NULL behind the last. */
static struct iface *iface_at(struct stack *st, uint64_t n)
{
	return n < st->net.nifs ? &st->net.ifs[n] : NULL;
}

/* --- dev ------------------------------------------------------------------ */

static bool dev(struct stack *st, struct procfs_place *p, struct procfs_text *t)
{
	const struct iface *ifp;

	if (p->line == 0) {
		procfs_print(t, "Inter-|   Receive                            "
				"                    |  Transmit\n"
				" face |bytes    packets errs drop fifo frame "
				"compressed multicast|bytes    packets errs "
				"drop fifo colls carrier compressed\n");
		return true;
	}
	ifp = iface_at(st, p->line - 1);
	if (!ifp)
		return false;
	procfs_print(t,
		     "%6s: %7llu %7llu %4u %4u %4u %5u %10u %9u %8llu %7llu "
		     "%4u %4u %4u %5u %7u %10u\n",
		     ifp->name, (unsigned long long)ifp->rx_bytes,
		     (unsigned long long)ifp->rx_packets, 0, 0, 0, 0, 0, 0,
		     (unsigned long long)ifp->tx_bytes,
		     (unsigned long long)ifp->tx_packets, 0, 0, 0, 0, 0, 0);
	return true;
}

/* --- addresses ------------------------------------------------------------ */

/* The next address: at[0] the interface, at[1] behind the address. */
static const struct iface_addr *
next_addr(struct stack *st, struct procfs_place *p, const struct iface **ifp)
{
	for (; (*ifp = iface_at(st, p->at[0])); p->at[0]++, p->at[1] = 0)
		if (p->at[1] < (*ifp)->naddrs)
			return &(*ifp)->addrs[p->at[1]++];
	return NULL;
}

static bool if_inet6(struct stack *st, struct procfs_place *p,
		     struct procfs_text *t)
{
	const struct iface_addr *entry;
	const struct inet_prefix *a;
	const struct iface *ifp;
	unsigned int scope = 0;

	do {
		entry = next_addr(st, p, &ifp);
		if (!entry)
			return false;
		a = &entry->prefix;
	} while (inet_is4(&a->addr));
	if (inet_is_loopback(&a->addr))
		scope = 0x10;
	else if (inet_is_link_local(&a->addr))
		scope = 0x20;
	print6(t, &a->addr);
	procfs_print(t, " %02x %02x %02x %02x %8s\n", ifp->index, a->bits,
		     scope, nl_addr_flags(ifp, entry), ifp->name);
	return true;
}

/* --- routes --------------------------------------------------------------- */

/*
 * The next route: those that were added, least specific first, then what
 * follows from addresses. at[0] counts the first, and behind them interfaces.
 */
static bool next_route(struct stack *st, struct procfs_place *p, bool is4,
		       struct route *out)
{
	const struct route_table *table = &st->net.routes;
	uint32_t before = table->count + (is4 ? 0 : NL_ADVERTISED);
	struct procfs_place at = *p;
	const struct iface_addr *entry;
	struct nl_advertised said;
	const struct iface *ifp;

	while (p->at[0] < table->count) {
		*out = *route_listed(table, (uint32_t)p->at[0]++);
		if (inet_is4(&out->dst.addr) == is4)
			return true;
	}
	while (p->at[0] < before) {
		if (nl_route_advertised(&st->net, p->at[0]++ - table->count,
					&said)) {
			*out = said.r;
			return true;
		}
	}
	at.at[0] = p->at[0] - before;
	while ((entry = next_addr(st, &at, &ifp))) {
		const struct inet_prefix *a = &entry->prefix;

		p->at[0] = at.at[0] + before;
		p->at[1] = at.at[1];
		if (inet_is4(&a->addr) != is4 || (is4 && ifp->is_loopback) ||
		    !iface_addr_is_routed(entry) || ifp->is_down ||
		    nl_addr_is_secondary(ifp, a))
			continue;
		*out = (struct route){.dst = route_network(a),
				      .ifindex = ifp->index,
				      .metric = is4 ? 0 : 256};
		return true;
	}
	return false;
}

static const char *name_of(struct stack *st, uint32_t ifindex)
{
	const struct iface *ifp = iface_at(st, ifindex - 1);

	return ifp ? ifp->name : "*";
}

static unsigned int flags_of(const struct route *r)
{
	unsigned int flags = ROUTE_UP;

	if (!inet_is_any(&r->gateway))
		flags |= ROUTE_GATEWAY;
	if (r->dst.bits == 128)
		flags |= ROUTE_HOST;
	if (r->type != ROUTE_UNICAST)
		flags |= ROUTE_REJECT;
	return flags;
}

static bool route(struct stack *st, struct procfs_place *p,
		  struct procfs_text *t)
{
	size_t from = t->len;
	struct inet_prefix ones = {inet_from4(ip4_make(255, 255, 255, 255)), 0};
	struct inet_prefix mask;
	struct route r;

	if (p->line == 0) {
		procfs_print(t, "Iface\tDestination\tGateway \tFlags\tRefCnt\t"
				"Use\tMetric\tMask\t\tMTU\tWindow\tIRTT");
		procfs_end_line(t, from, ROUTE_WIDTH);
		return true;
	}
	if (!next_route(st, p, true, &r))
		return false;
	ones.bits = r.dst.bits;
	mask = route_network(&ones);
	procfs_print(t, "%s\t%08X\t%08X\t%04X\t%d\t%u\t%d\t%08X\t%d\t%u\t%u",
		     name_of(st, r.ifindex), number(&r.dst.addr),
		     number(&r.gateway), flags_of(&r), 0, 0, (int)r.metric,
		     r.dst.bits == MAPPED_BITS ? 0 : number(&mask.addr), 0, 0,
		     0);
	procfs_end_line(t, from, ROUTE_WIDTH);
	return true;
}

static bool ipv6_route(struct stack *st, struct procfs_place *p,
		       struct procfs_text *t)
{
	static const struct inet_addr none;
	struct route r;

	if (!next_route(st, p, false, &r))
		return false;
	print6(t, &r.dst.addr);
	procfs_print(t, " %02x ", r.dst.bits);
	print6(t, &none);
	procfs_print(t, " %02x ", 0);
	print6(t, &r.gateway);
	procfs_print(t, " %08x %08x %08x %08x %8s\n", r.metric, 1, 0,
		     flags_of(&r), name_of(st, r.ifindex));
	return true;
}

/* --- arp ------------------------------------------------------------------ */

static const struct neigh *next_neigh(struct stack *st, struct procfs_place *p,
				      struct iface **ifp)
{
	for (; (*ifp = iface_at(st, p->at[0])); p->at[0]++, p->at[1] = 0) {
		uint64_t n = 0;

		list_for_each (it, &(*ifp)->neigh.lru) {
			const struct neigh *found =
				list_entry(it, struct neigh, lru);

			if (n++ < p->at[1] || !inet_is4(&found->addr))
				continue;
			p->at[1] = n;
			return found;
		}
	}
	return NULL;
}

static bool arp(struct stack *st, struct procfs_place *p, struct procfs_text *t)
{
	static const struct eth_addr zero;
	const struct eth_addr *mac;
	char text[INET_TEXT_MAX];
	const struct neigh *n;
	unsigned int flags;
	struct iface *ifp;

	if (p->line == 0) {
		procfs_print(t, "IP address       HW type     Flags       HW "
				"address            Mask     Device\n");
		return true;
	}
	n = next_neigh(st, p, &ifp);
	if (!n)
		return false;
	flags = n->is_permanent ? ARP_PERMANENT | ARP_COMPLETE : ARP_COMPLETE;
	if (n->state == NEIGH_INCOMPLETE || n->state == NEIGH_FAILED)
		flags = 0;
	mac = flags ? &n->mac : &zero;
	procfs_print(t,
		     "%-16s 0x%-10x0x%-10x%02x:%02x:%02x:%02x:%02x:%02x     "
		     "*        %s\n",
		     inet_print(&n->addr, text), ARP_ETHERNET, flags, mac->b[0],
		     mac->b[1], mac->b[2], mac->b[3], mac->b[4], mac->b[5],
		     ifp->name);
	return true;
}

/* --- the table ------------------------------------------------------------ */

static const struct {
	const char *name;
	bool (*line)(struct stack *st, struct procfs_place *p,
		     struct procfs_text *t);
} files[] = {
	{"arp", arp},
	{"dev", dev},
	{"dev_mcast", procfs_dev_mcast},
	{"if_inet6", if_inet6},
	{"igmp", procfs_igmp},
	{"igmp6", procfs_igmp6},
	{"ipv6_route", ipv6_route},
	{"mcfilter", procfs_mcfilter},
	{"mcfilter6", procfs_mcfilter6},
	{"netstat", procfs_netstat},
	{"nsshim", procfs_nsshim},
	{"raw", procfs_raw},
	{"raw6", procfs_raw6},
	{"route", route},
	{"snmp", procfs_snmp},
	{"snmp6", procfs_snmp6},
	{"sockstat", procfs_sockstat},
	{"sockstat6", procfs_sockstat6},
	{"tcp", procfs_tcp},
	{"tcp6", procfs_tcp6},
	{"udp", procfs_udp},
	{"udp6", procfs_udp6},
};

ssize_t procfs_read(struct stack *st, const char *name,
		    struct procfs_place *place, char *buf, size_t size)
{
	struct procfs_text t = {.buf = buf, .size = size};
	size_t which = 0;

	while (which < ARRAY_LEN(files) && strcmp(files[which].name, name))
		which++;
	if (which == ARRAY_LEN(files))
		return -ENOENT;
	for (;;) {
		struct procfs_place before = *place;
		size_t len = t.len;

		if (!files[which].line(st, place, &t))
			return (ssize_t)t.len;
		if (t.is_full) {
			*place = before;
			return (ssize_t)len;
		}
		place->line++;
	}
}

ssize_t stack_proc_read(const char *name, struct stack_proc_place *place,
			char *buf, size_t size)
{
	struct procfs_place p;
	struct stack *st;
	ssize_t ret;

	static_assert(sizeof(p) <= sizeof(*place), "a place has room");
	if (!turn_stack)
		return -ENOENT;
	memcpy(&p, place, sizeof(p));
	st = turn_enter();
	ret = procfs_read(st, name, &p, buf, size);
	turn_leave(st);
	memcpy(place, &p, sizeof(p));
	return ret;
}
