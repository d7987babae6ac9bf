/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * redirect_send.c - telling a neighbour of a shorter way
 *
 * What this room is for
 *   See redirect_send.h.
 *
 * Comes in   forward.c.
 * Goes out   icmp4.c; for IPv6 a message of neighbour discovery.
 * Lock       the stack lock is held.
 * Follows    RFC 792, RFC 1812 5.2.7.2; RFC 4861 4.5, 4.6.3, 8.2.
 * Proved by  forward_test.c
 */
#include "redirect_send.h"

#include <string.h>

#include "icmp4.h"
#include "icmp6.h"
#include "ground/limits.h"
#include "link/eth.h"
#include "link/neigh.h"

enum {
	ICMP4_REDIRECT_HOST = 1,
	ND_HOPS = 255,
	OPTION_UNIT = 8, /* lengths count in these */
	QUOTE_MAX = LIMIT_IP6_MTU_MIN - sizeof(struct ip6_wire) -
		    sizeof(struct nd_redirect_wire) - 2 * OPTION_UNIT,
};

/* Does the address lie in a network of this link? */
static bool is_neighbour(const struct iface *ifp, const struct inet_addr *a)
{
	for (uint32_t i = 0; i < ifp->naddrs; i++) {
		const struct iface_addr *own = &ifp->addrs[i];

		if (!own->not_onlink && iface_addr_is_ours(own) &&
		    inet_is4(&own->prefix.addr) == inet_is4(a) &&
		    inet_in_prefix(a, &own->prefix))
			return true;
	}
	return false;
}

/* One now and then, for whomever: who does not listen is not told for ever. */
static bool may_tell(struct net *n)
{
	if (n->eng->now < n->redirect_next)
		return false;
	n->redirect_next = n->eng->now + LIMIT_REDIRECT_GAP_US;
	return true;
}

/* RFC 4861 4.6.3: as much of the packet as fits, in units of 8 bytes. */
static bool add_quote(struct tx *t, const struct pkt *p)
{
	size_t len = MIN(p->len, (uint32_t)QUOTE_MAX) & ~(size_t)7;
	uint8_t *o = tx_push(t, OPTION_UNIT);

	memset(o, 0, OPTION_UNIT);
	o[0] = ND_OPT_REDIRECTED;
	o[1] = (uint8_t)(1 + len / OPTION_UNIT);
	return tx_add(t, p->data, len);
}

static void push_target(struct tx *t, struct iface *ifp,
			const struct inet_addr *target)
{
	struct neigh *n = neigh_find(&ifp->neigh, target);
	uint8_t *o;

	if (!n || n->state == NEIGH_INCOMPLETE || n->state == NEIGH_FAILED)
		return;
	o = tx_push(t, OPTION_UNIT);
	o[0] = ND_OPT_TARGET_LL;
	o[1] = 1;
	memcpy(o + 2, &n->mac, sizeof(n->mac));
}

/* RFC 4861 8.2: another router is named by its link-local address. */
static void send6(struct iface *ifp, const struct pkt *p,
		  const struct inet_addr *target)
{
	const struct inet_addr *ours = iface_link_local(ifp);
	struct inet_addr dst = ip_dst(p);
	struct ip_how how = {.dst = ip_src(p),
			     .proto = IP_PROTO_ICMP6,
			     .ttl = ND_HOPS,
			     .no_flow_label = true};
	struct path path = {.ifp = ifp, .next_hop = how.dst, .mtu = ifp->mtu};
	struct nd_redirect_wire *r;
	struct tx t;

	if (!ours || (!inet_is_link_local(target) && !inet_equal(target, &dst)))
		return;
	how.src = path.source = *ours;
	how.path = &path;
	tx_init(&t);
	if (!add_quote(&t, p))
		return;
	push_target(&t, ifp, target);
	r = tx_push(&t, sizeof(*r));
	*r = (struct nd_redirect_wire){.icmp = {.type = ICMP6_REDIRECT},
				       .target = *target,
				       .dst = dst};
	(void)!icmp6_output(ifp->net, &t, &how);
}

void redirect_send(struct iface *ifp, const struct pkt *p,
		   const struct inet_addr *next_hop)
{
	struct inet_addr src = ip_src(p);

	if (!is_neighbour(ifp, &src))
		return;
	if (inet_is4(next_hop)) {
		if (is_neighbour(ifp, next_hop) && may_tell(ifp->net))
			icmp4_send_error(ifp, p, ICMP4_REDIRECT,
					 ICMP4_REDIRECT_HOST,
					 ip4_u32(inet_to4(next_hop)));
		return;
	}
	if (may_tell(ifp->net))
		send6(ifp, p, next_hop);
}
