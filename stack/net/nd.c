/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * nd.c - who has this IPv6 address on this link?
 *
 * What this room is for
 *   Turns solicitations and advertisements into facts for the neighbour cache,
 *   answers questions about our addresses, and asks. What is about an address
 *   that we are still probing is news for addr.c. It remembers nothing itself.
 *
 * Comes in   icmp6.c hands over; neigh.c asks us to ask; addr.c to probe.
 * Goes out   facts to neigh.c, conflicts to addr.c, routers to nd_router.c.
 * Never      queues, ages or retries: that is neigh.c.
 * Lock       the stack lock is held.
 * Follows    RFC 4861 7.1 (validation), 7.2; RFC 4862 5.4; RFC 7527 4 (nonce);
 *            RFC 4429 3.3 (optimistic addresses).
 */
#include "nd.h"

#include <string.h>

#include "addr.h"
#include "link/eth.h"
#include "icmp6.h"
#include "ground/log.h"
#include "nd_router.h"
#include "net.h"

enum {
	ND_HOPS = 255, /* RFC 4861 6.1, 7.1: no router has touched it */
	OPTION_UNIT = 8,
	NONCE_LEN = 6,
};

static const struct inet_addr ALL_NODES = {{0xff, 2, [15] = 1}};
static const struct inet_addr ALL_ROUTERS = {{0xff, 2, [15] = 2}};

/* An option that carries an Ethernet address. */
struct ll_option {
	uint8_t type;
	uint8_t len;
	struct eth_addr mac;
};
static_assert(sizeof(struct ll_option) == OPTION_UNIT, "one unit");

static const struct ip6_wire *ip_of(const struct pkt *p)
{
	return (const void *)p->l3;
}

/* Options. */

bool nd_options_are_sound(const uint8_t *at, size_t len)
{
	while (len > 0) {
		size_t n;

		if (len < 2 || at[1] == 0)
			return false;
		n = (size_t)at[1] * OPTION_UNIT;
		if (n > len)
			return false;
		at += n;
		len -= n;
	}
	return true;
}

const uint8_t *nd_next_option(struct nd_options *o)
{
	const uint8_t *this = o->at;
	size_t n;

	if (o->len < OPTION_UNIT)
		return NULL;
	n = (size_t)this[1] * OPTION_UNIT;
	if (n == 0 || n > o->len)
		return NULL;
	o->at += n;
	o->len -= n;
	return this;
}

static const uint8_t *find_option(struct nd_options o, uint8_t type)
{
	const uint8_t *at;

	while ((at = nd_next_option(&o))) {
		if (at[0] == type)
			return at;
	}
	return NULL;
}

bool nd_link_address(struct nd_options o, uint8_t type, struct eth_addr *mac)
{
	const uint8_t *at = find_option(o, type);

	if (!at)
		return false;
	memcpy(mac->b, at + 2, sizeof(mac->b));
	return !eth_is_multicast(mac);
}

static void push_ll(struct tx *t, const struct iface *ifp, uint8_t type)
{
	struct ll_option *o = tx_push(t, sizeof(*o));

	*o = (struct ll_option){type, 1, ifp->mac};
}

/* Out. */

/* On this link, to `dst`, from how->src or, really, from nobody. */
static void send(struct iface *ifp, struct tx *t, struct ip_how *how)
{
	struct path path = {.ifp = ifp,
			    .next_hop = how->dst,
			    .source = how->src,
			    .mtu = ifp->mtu};

	how->proto = IP_PROTO_ICMP6;
	how->ttl = ND_HOPS;
	how->no_flow_label = true;
	how->path = &path;
	if (icmp6_output(ifp->net, t, how) < 0)
		log_debug("%s: neighbour discovery lost", ifp->name);
}

static void push_message(struct tx *t, uint8_t type, uint32_t flags,
			 const struct inet_addr *target)
{
	struct nd_wire *nd = tx_push(t, sizeof(*nd));

	*nd = (struct nd_wire){
		.icmp = {.type = type, .word = be32_make(flags)},
		.target = *target,
	};
}

/* Is `a` ours, but perhaps somebody else's, too? */
static bool is_optimistic(struct iface *ifp, const struct inet_addr *a)
{
	const struct iface_addr *own = iface_find(ifp, a);

	return own && own->phase == ADDR_OPTIMISTIC;
}

void nd_solicit(struct iface *ifp, const struct inet_addr *target,
		const struct eth_addr *known)
{
	const struct inet_addr *ours = iface_source_for(ifp, target);
	struct ip_how how = {.dst = known ? *target
					  : inet_solicited_node(target)};
	struct tx t;

	/* Without an address of our own nobody could answer. */
	if (!ours)
		return;
	how.src = *ours;
	tx_init(&t);
	/* Deviation: RFC 4429 3.3 forbids it while the address is optimistic,
	 * and Linux does not answer without it: nothing would leave for the
	 * second that the probe takes (addr_test.c,
	 * optimistic_address_is_used_at_once). */
	push_ll(&t, ifp, ND_OPT_SOURCE_LL);
	push_message(&t, ICMP6_NEIGHBOR_SOLICIT, 0, target);
	send(ifp, &t, &how);
}

void nd_probe(struct iface *ifp, const struct iface_addr *a)
{
	struct ip_how how = {.dst = inet_solicited_node(&a->prefix.addr),
			     .from_nobody = true};
	uint8_t *nonce;
	struct tx t;

	tx_init(&t);
	nonce = tx_push(&t, OPTION_UNIT);
	nonce[0] = ND_OPT_NONCE;
	nonce[1] = 1;
	memcpy(nonce + 2, &a->nonce, NONCE_LEN);
	push_message(&t, ICMP6_NEIGHBOR_SOLICIT, 0, &a->prefix.addr);
	send(ifp, &t, &how);
}

/* RFC 4429 3.3: without our link address while somebody else may have ours. */
void nd_solicit_routers(struct iface *ifp)
{
	const struct inet_addr *ours = iface_link_local(ifp);
	struct ip_how how = {.dst = ALL_ROUTERS, .from_nobody = !ours};
	struct icmp6_wire *rs;
	struct tx t;

	tx_init(&t);
	if (ours) {
		how.src = *ours;
		if (!is_optimistic(ifp, ours))
			push_ll(&t, ifp, ND_OPT_SOURCE_LL);
	}
	rs = tx_push(&t, sizeof(*rs));
	*rs = (struct icmp6_wire){.type = ICMP6_ROUTER_SOLICIT};
	send(ifp, &t, &how);
}

static void advertise(struct iface *ifp, const struct inet_addr *ours,
		      const struct inet_addr *dst, uint32_t flags)
{
	struct ip_how how = {.src = *ours, .dst = *dst};
	struct tx t;

	/* RFC 4429 3.3: who has it for certain wins. */
	if (!is_optimistic(ifp, ours))
		flags |= ND_OVERRIDE;
	if (ifp->net->forwards)
		flags |= ND_ROUTER;
	tx_init(&t);
	push_ll(&t, ifp, ND_OPT_TARGET_LL);
	push_message(&t, ICMP6_NEIGHBOR_ADVERT, flags, ours);
	send(ifp, &t, &how);
}

void nd_announce(struct iface *ifp, const struct inet_addr *ours)
{
	advertise(ifp, ours, &ALL_NODES, 0);
}

/* In. */

/* RFC 4862 5.4.3: somebody asks for what we are about to use. From nobody, it
 * is another host that probes, unless it is our own question come back. */
static enum verdict on_probe(struct iface *ifp, struct iface_addr *a,
			     bool from_nobody, struct nd_options o)
{
	const uint8_t *nonce = find_option(o, ND_OPT_NONCE);

	if (!from_nobody)
		return DROP_ND_NOT_OURS;
	if (nonce && nonce[1] == 1 && !memcmp(nonce + 2, &a->nonce, NONCE_LEN))
		return DROP_ND_LOOPED;
	addr_on_conflict(ifp, a, NULL);
	return DONE;
}

/* RFC 4861 7.1.1, 7.2.3, 7.2.4. */
static enum verdict on_solicit(struct iface *ifp, struct pkt *p,
			       const struct nd_wire *nd, struct nd_options o)
{
	const struct inet_addr *src = &ip_of(p)->src, *dst = &ip_of(p)->dst;
	bool from_nobody = inet_is_any(src);
	struct inet_addr group = inet_solicited_node(&nd->target);
	struct iface_addr *a = iface_find(ifp, &nd->target);
	struct eth_addr mac;
	bool has_mac = nd_link_address(o, ND_OPT_SOURCE_LL, &mac);

	if (from_nobody && (!inet_equal(dst, &group) || has_mac))
		return DROP_ND_FORMAT;
	if (!a)
		return DROP_ND_NOT_OURS;
	if (a->phase == ADDR_TENTATIVE)
		return on_probe(ifp, a, from_nobody, o);
	if (a->phase == ADDR_OPTIMISTIC && from_nobody)
		return on_probe(ifp, a, true, o);
	if (!iface_addr_is_ours(a))
		return DROP_ND_NOT_OURS;

	/* Who has only last words to say does not keep it from others. */
	if (from_nobody && ifp->net->is_leaving)
		return DROP_ND_NOT_OURS;
	if (from_nobody) {
		advertise(ifp, &a->prefix.addr, &ALL_NODES, 0);
		return DONE;
	}
	if (has_mac)
		neigh_learn(&ifp->neigh, src, &mac);
	advertise(ifp, &a->prefix.addr, src, ND_SOLICITED);
	return DONE;
}

/* RFC 4861 7.1.2, 7.2.5; RFC 4862 5.4.4. */
static enum verdict on_advert(struct iface *ifp, struct pkt *p,
			      const struct nd_wire *nd, struct nd_options o)
{
	uint32_t flags = be32_get(nd->icmp.word);
	struct iface_addr *a = iface_find(ifp, &nd->target);
	struct eth_addr mac;
	bool has_mac = nd_link_address(o, ND_OPT_TARGET_LL, &mac);

	if (inet_is_multicast(&ip_of(p)->dst) && flags & ND_SOLICITED)
		return DROP_ND_FORMAT;
	/* What another host was found to have is a neighbour's address. */
	if (a && a->phase != ADDR_DUPLICATE) {
		addr_on_conflict(ifp, a, has_mac ? &mac : NULL);
		return DROP_ND_CONFLICT;
	}
	neigh_on_advert(&ifp->neigh, &nd->target, has_mac ? &mac : NULL,
			flags & ND_SOLICITED, flags & ND_OVERRIDE);
	if (!(flags & ND_ROUTER))
		nd_router_gone(ifp, &nd->target);
	return DONE;
}

enum verdict nd_input(struct iface *ifp, struct pkt *p)
{
	const struct nd_wire *nd = (const void *)p->data;
	const struct icmp6_wire *icmp = &nd->icmp;
	struct nd_options o;

	if (ip_of(p)->hop_limit != ND_HOPS)
		return DROP_ND_HOPS;
	if (ifp->is_loopback || icmp->code != 0)
		return DROP_ND_FORMAT;
	if (icmp->type == ICMP6_ROUTER_ADVERT)
		return nd_router_input(ifp, p);
	if (icmp->type == ICMP6_REDIRECT)
		return nd_router_redirect(ifp, p);
	if (icmp->type == ICMP6_ROUTER_SOLICIT)
		return DROP_ND_NOT_OURS;

	if (p->len < sizeof(*nd))
		return DROP_ND_FORMAT;
	o = (struct nd_options){p->data + sizeof(*nd), p->len - sizeof(*nd)};
	if (!nd_options_are_sound(o.at, o.len) ||
	    inet_is_multicast(&nd->target) || inet_is4(&nd->target))
		return DROP_ND_FORMAT;
	return icmp->type == ICMP6_NEIGHBOR_SOLICIT ? on_solicit(ifp, p, nd, o)
						    : on_advert(ifp, p, nd, o);
}
