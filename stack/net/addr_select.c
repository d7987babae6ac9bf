/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * addr_select.c - which IPv6 address of ours to send from
 *
 * What this room is for
 *   One comparison per rule, in the order of the rules. A host has a handful
 *   of addresses, so the best is found by walking over them.
 *
 * Comes in   route.c, for every path to an IPv6 destination.
 * Never      chooses an address that is tentative or a duplicate.
 * Lock       the stack lock is held.
 * Follows    RFC 6724 2.1, 3.1, 5; RFC 5014 for what programs prefer. Rule 4 is
 * for mobile hosts; rule 5.5 would need to know which router announced a
 * prefix: neither is here.
 */
#include "addr_select.h"

#include "link/iface.h"
#include "net.h"

enum scope { SCOPE_LINK = 2, SCOPE_SITE = 5, SCOPE_GLOBAL = 14 };

/* RFC 6724 2.1, the default policy; longest prefix first. */
static const struct policy {
	struct inet_addr prefix;
	uint32_t bits;
	int label;
} policies[] = {
	{{{[15] = 1}}, 128, 0},
	{{{[10] = 0xff, [11] = 0xff}}, 96, 4},
	{{{0}}, 96, 3},
	{{{0x20, 0x01}}, 32, 5},
	{{{0x20, 0x02}}, 16, 2},
	{{{0x3f, 0xfe}}, 16, 12},
	{{{0xfe, 0xc0}}, 10, 11},
	{{{0xfc}}, 7, 13},
	{{{0}}, 0, 1},
};

/* One address, and what the rules ask about it. */
struct candidate {
	const struct inet_addr *addr;
	int scope;
	bool is_deprecated;
	bool is_out; /* on the interface that is the way out */
	bool is_temporary;
	bool has_label; /* the destination's */
	uint32_t common;
};

static uint32_t common_bits(const struct inet_addr *a,
			    const struct inet_addr *b)
{
	for (uint32_t i = 0; i < 128; i++)
		if ((a->b[i / 8] ^ b->b[i / 8]) & 0x80 >> i % 8)
			return i;
	return 128;
}

static int label_of(const struct inet_addr *a)
{
	const struct policy *p = policies;

	/* The last one takes everything. */
	while (common_bits(a, &p->prefix) < p->bits)
		p++;
	return p->label;
}

int addr_select_scope(const struct inet_addr *a)
{
	if (inet_is4(a))
		return inet_is_loopback(a) || inet_is_link_local(a)
			       ? SCOPE_LINK
			       : SCOPE_GLOBAL;
	if (inet_is_multicast(a))
		return a->b[1] & 15;
	if (inet_is_link_local(a) || inet_is_loopback(a))
		return SCOPE_LINK;
	if (a->b[0] == 0xfe && (a->b[1] & 0xc0) == 0xc0)
		return SCOPE_SITE;
	return SCOPE_GLOBAL;
}

/* Rule 2: the smallest scope that reaches `dst`, else the largest. */
static int compare_scope(int a, int b, int dst)
{
	if (a == b)
		return 0;
	if (a < b)
		return a < dst ? -1 : 1;
	return b < dst ? 1 : -1;
}

/* > 0: a is better; 0: as good. */
static int compare(const struct candidate *a, const struct candidate *b,
		   const struct inet_addr *dst, bool rather_public)
{
	int d;

	/* Rule 1: the destination itself. */
	d = inet_equal(a->addr, dst) - inet_equal(b->addr, dst);
	if (d != 0)
		return d;
	d = compare_scope(a->scope, b->scope, addr_select_scope(dst));
	if (d != 0)
		return d;
	/* Rule 3: avoid the deprecated. */
	d = b->is_deprecated - a->is_deprecated;
	if (d != 0)
		return d;
	/* Rule 5: the outgoing interface. */
	d = a->is_out - b->is_out;
	if (d != 0)
		return d;
	/* Rule 6: a matching label. */
	d = a->has_label - b->has_label;
	if (d != 0)
		return d;
	/* Rule 7: temporary rather than public, or as the program says. */
	d = a->is_temporary - b->is_temporary;
	if (d != 0)
		return rather_public ? -d : d;
	/* Rule 8: the longer prefix in common. */
	return (int)a->common - (int)b->common;
}

static struct candidate candidate_of(const struct iface_addr *a,
				     const struct inet_addr *dst, bool is_out)
{
	const struct inet_addr *addr = &a->prefix.addr;

	return (struct candidate){
		.addr = addr,
		.scope = addr_select_scope(addr),
		.is_deprecated = a->phase == ADDR_DEPRECATED,
		.is_out = is_out,
		.is_temporary = a->origin == ADDR_TEMPORARY,
		.has_label = label_of(addr) == label_of(dst),
		/* Rule 8 counts within the prefix of the source. */
		.common = MIN(common_bits(addr, dst), (uint32_t)a->prefix.bits),
	};
}

static bool may_be(const struct iface_addr *a)
{
	return iface_addr_is_ours(a) && !inet_is4(&a->prefix.addr) &&
	       !inet_is_loopback(&a->prefix.addr);
}

static void consider(const struct iface *ifp, const struct inet_addr *dst,
		     bool is_out, bool rather_public, struct candidate *best)
{
	for (uint32_t i = 0; i < ifp->naddrs; i++) {
		const struct iface_addr *a = &ifp->addrs[i];
		struct candidate c;

		if (!may_be(a))
			continue;
		c = candidate_of(a, dst, is_out);
		/* A link-local address means nothing on another link. */
		if (!is_out && c.scope == SCOPE_LINK)
			continue;
		if (!best->addr || compare(&c, best, dst, rather_public) > 0)
			*best = c;
	}
}

static const struct inet_addr *select_from(const struct net *n,
					   const struct iface *out,
					   const struct inet_addr *dst,
					   bool rather_public)
{
	bool only_out =
		addr_select_scope(dst) == SCOPE_LINK || inet_is_multicast(dst);
	struct candidate best = {.addr = NULL};

	consider(out, dst, true, rather_public, &best);
	/* RFC 6724 4: of a host, any interface's will do. */
	for (uint32_t i = 0; i < n->nifs && !only_out; i++) {
		if (&n->ifs[i] != out)
			consider(&n->ifs[i], dst, false, rather_public, &best);
	}
	return best.addr;
}

const struct inet_addr *addr_select(const struct net *n,
				    const struct iface *out,
				    const struct inet_addr *dst)
{
	return select_from(n, out, dst, false);
}

static bool is_temporary(const struct net *n, const struct inet_addr *a)
{
	for (uint32_t i = 0; i < n->nifs; i++) {
		const struct iface *ifp = &n->ifs[i];

		for (uint32_t k = 0; k < ifp->naddrs; k++)
			if (inet_equal(&ifp->addrs[k].prefix.addr, a))
				return ifp->addrs[k].origin == ADDR_TEMPORARY;
	}
	return false;
}

void addr_select_public(const struct net *n, const struct inet_addr *dst,
			struct path *path)
{
	const struct inet_addr *better;

	if (inet_is4(dst) || !is_temporary(n, &path->source))
		return;
	better = select_from(n, path->ifp, dst, true);
	if (better)
		path->source = *better;
}

uint32_t addr_select_owner(const struct net *n, const struct inet_addr *a)
{
	for (uint32_t i = 0; i < n->nifs; i++) {
		if (iface_owns(&n->ifs[i], a))
			return n->ifs[i].index;
	}
	return 0;
}
