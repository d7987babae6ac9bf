/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * eth.c - Ethernet II: demultiplex in, frame out
 *
 * What this room is for
 *   The switchboard between links and network protocols: each frame goes to
 *   the room its EtherType names, each packet gets the link address of its
 *   next hop. Here too neigh.c finds the protocol that can ask.
 *
 * Lock       the stack lock is held.
 * Follows    RFC 894; RFC 1112 6.4 (multicast addresses); RFC 2464 7.
 */
#define LOG_ROOM LOG_ROOM_LINK

#include <errno.h>

#include "eth.h"

#include "net/arp.h"
#include "net/icmp4.h"
#include "net/icmp6.h"
#include "net/ip4.h"
#include "net/ip6.h"
#include "net/nd.h"
#include "link.h"
#include "ground/log.h"
#include "transport/packet.h"
#include "transport/packet_log.h"

const struct eth_addr ETH_BROADCAST = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};

bool eth_equal(const struct eth_addr *a, const struct eth_addr *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

/* In. */

/* Is the frame meant for us? Loopback frames have no addresses. */
static enum verdict check_addresses(const struct iface *ifp,
				    const struct eth_wire *wire, struct pkt *p)
{
	if (ifp->is_loopback)
		return DONE;
	if (eth_is_multicast(&wire->src))
		return DROP_ETH_SOURCE;
	p->to_broadcast = eth_is_multicast(&wire->dst);
	if (!p->to_broadcast && !eth_equal(&wire->dst, &ifp->mac))
		return DROP_ETH_NOT_OURS;
	return DONE;
}

static enum verdict demultiplex(struct iface *ifp, struct pkt *p)
{
	const struct eth_wire *wire;
	enum verdict v;

	if (p->csum == PKT_CSUM_BAD)
		return DROP_LINK_OFFLOAD;
	wire = pkt_pull(p, sizeof(*wire));
	if (!wire)
		return DROP_LINK_SHORT;
	v = check_addresses(ifp, wire, p);
	if (v != DONE)
		return v;

	switch (be16_get(wire->type)) {
	case ETHERTYPE_IP4:
		return ip4_input(ifp, p);
	case ETHERTYPE_IP6:
		return ip6_input(ifp, p);
	case ETHERTYPE_ARP_FRAME:
		return ifp->is_loopback ? DROP_ETH_TYPE : arp_input(ifp, p);
	default:
		return DROP_ETH_TYPE;
	}
}

/* What passes by on a shared wire is worth no line but the last level's. */
static void count_drop(struct iface *ifp, enum verdict v)
{
	bool passes_by = v == DROP_ETH_NOT_OURS || v == DROP_ETH_TYPE;
	struct engine *eng = ifp->eng;

	eng->stats.drops[v]++;
	log_room_at(LOG_ROOM_DROP, passes_by ? LOG_DEBUG : LOG_INFO,
		    "%s: #%u refused: %s (%s)", ifp->name, eng->cause,
		    drop_name(v), drop_text(v));
}

void eth_input(struct iface *ifp, struct pkt *p)
{
	struct engine *eng = ifp->eng;
	enum verdict v;

	p->ifp = ifp;
	ifp->rx_packets++;
	ifp->rx_bytes += p->len;
	stats_add(&eng->stats, STAT_LINK_IN_FRAMES, 1);
	if (packet_log_is_on())
		packet_log_in(eng, ifp->name, p);
	if (UNLIKELY(eng->listeners) && !ifp->is_down)
		packet_tap_in(ifp, p);

	v = ifp->is_down ? DROP_LINK_DOWN : demultiplex(ifp, p);
	if (v != TAKEN && v != DONE)
		count_drop(ifp, v);
	packet_log_done(eng);
	if (v != TAKEN)
		pkt_free(eng->arena, p);
}

/* Out. */

/* Does what the link cannot; super-segments it cannot take are lost. */
static int lower(const struct link *l, struct tx *t)
{
	static const uint32_t needed[] = {
		[TX_GSO_NONE] = 0,
		[TX_GSO_TCP4] = LINK_TSO4,
		[TX_GSO_TCP6] = LINK_TSO6,
		[TX_GSO_UDP] = LINK_USO,
	};

	if ((l->caps & needed[t->gso]) != needed[t->gso])
		return -EMSGSIZE;
	if (t->csum_partial && !(l->caps & LINK_CSUM))
		tx_finish_csum(t);
	return 0;
}

static int send_frame(struct iface *ifp, struct tx *t)
{
	struct link *l = link_by_handle(ifp->link);
	int err;

	if (!l)
		return -ENETDOWN;
	err = lower(l, t);
	if (err < 0)
		return err;
	return link_send(l, t, ifp->eng->now);
}

int eth_output_frame(struct iface *ifp, struct tx *t)
{
	struct stats *stats = &ifp->eng->stats;
	int err;

	if (packet_log_is_on())
		packet_log_out(ifp->eng, ifp->name, t);
	err = ifp->is_down ? -ENETDOWN : send_frame(ifp, t);
	if (err < 0) {
		stats_add(stats, STAT_LINK_OUT_ERRORS, 1);
		return err;
	}
	stats_add(stats, STAT_LINK_OUT_FRAMES, 1);
	ifp->tx_packets++;
	ifp->tx_bytes += tx_len(t);
	return 0;
}

int eth_output(struct iface *ifp, struct tx *t, const struct eth_addr *dst,
	       uint16_t type)
{
	struct eth_wire *wire = tx_push(t, sizeof(*wire));

	wire->dst = *dst;
	wire->src = ifp->mac;
	wire->type = be16_make(type);
	if (UNLIKELY(ifp->eng->listeners) && !ifp->is_down)
		packet_tap_out(ifp, t);
	return eth_output_frame(ifp, t);
}

/* RFC 1112 6.4: 23 bits of the group; RFC 2464 7: 32 bits. */
static void multicast_mac(const struct inet_addr *group, struct eth_addr *mac)
{
	if (inet_is4(group)) {
		*mac = (struct eth_addr){{0x01, 0x00, 0x5e, group->b[13] & 0x7f,
					  group->b[14], group->b[15]}};
		return;
	}
	*mac = (struct eth_addr){{0x33, 0x33, group->b[12], group->b[13],
				  group->b[14], group->b[15]}};
}

/* True when no question is needed. */
static bool is_known_address(const struct iface *ifp,
			     const struct inet_addr *next_hop,
			     struct eth_addr *mac)
{
	if (ifp->is_loopback) {
		*mac = (struct eth_addr){{0}};
		return true;
	}
	if (iface_is_broadcast(ifp, next_hop)) {
		*mac = ETH_BROADCAST;
		return true;
	}
	if (inet_is_multicast(next_hop)) {
		multicast_mac(next_hop, mac);
		return true;
	}
	return false;
}

int eth_output_to(struct iface *ifp, struct tx *t,
		  const struct inet_addr *next_hop)
{
	bool is4 = inet_is4(next_hop);
	struct eth_addr mac;
	int err;

	if (is_known_address(ifp, next_hop, &mac))
		return eth_output(ifp, t, &mac,
				  is4 ? ETHERTYPE_IP4 : ETHERTYPE_IP6);

	if (!neigh_resolve(&ifp->neigh, next_hop, t, &mac, &err))
		return err;
	return eth_output(ifp, t, &mac, is4 ? ETHERTYPE_IP4 : ETHERTYPE_IP6);
}

void eth_output_pkt(struct iface *ifp, struct pkt *p,
		    const struct eth_addr *dst)
{
	bool is6 = p->len > 0 && p->data[0] >> 4 == 6;
	int err = -ENOBUFS;
	struct tx t;

	tx_init(&t);
	if (tx_add(&t, p->data, p->len))
		err = eth_output(ifp, &t, dst,
				 is6 ? ETHERTYPE_IP6 : ETHERTYPE_IP4);
	if (err < 0)
		log_debug("%s: waiting packet lost: %d", ifp->name, err);
	pkt_free(ifp->eng->arena, p);
}

/* For neigh.c. */

void eth_ask(struct iface *ifp, const struct inet_addr *a,
	     const struct eth_addr *known)
{
	if (inet_is4(a))
		arp_request(ifp, a, known);
	else
		nd_solicit(ifp, a, known);
}

/* A packet that we have forwarded: its sender is another host. */
static bool is_forwarded(const struct net *n, const struct pkt *p)
{
	struct inet_addr src;

	if (!n->forwards || p->len < (ip_is6(p) ? sizeof(struct ip6_wire)
						: sizeof(struct ip4_wire)))
		return false;
	src = ip_src(p);
	return !net_is_local(n, &src);
}

static void tell_sender(struct iface *ifp, struct pkt *p)
{
	if (ip_is6(p))
		icmp6_send_error(ifp, p, ICMP6_UNREACHABLE, ICMP6_UNREACH_ADDR,
				 0);
	else
		icmp4_send_error(ifp, p, ICMP4_UNREACHABLE, ICMP4_UNREACH_HOST,
				 0);
}

static void tell_transport(struct iface *ifp, struct pkt *p)
{
	if (ip_is6(p))
		icmp6_local_error(ifp->net, p, ICMP6_UNREACH_ADDR);
	else
		icmp4_local_error(ifp->net, p, ICMP4_UNREACH_HOST);
}

void eth_unreachable(struct iface *ifp, struct pkt *p)
{
	p->ifp = ifp;
	p->l3 = p->data;
	if (ifp->net && p->len > 0 && is_forwarded(ifp->net, p))
		tell_sender(ifp, p);
	else if (ifp->net && p->len > 0)
		tell_transport(ifp, p);
	pkt_free(ifp->eng->arena, p);
}
