/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * udp_in.c - a datagram arrives, or an error about one of ours
 *
 * What this room is for
 *   Finds the pcbs an arriving datagram is for (connected before bound,
 *   address before wildcard; all of them for broadcast and multicast) and
 *   queues it there at its true cost. Turns ICMP errors into a pcb's pending
 *   error.
 *
 * Comes in   ip4.c delivers; icmp.c tells errors.
 * Goes out   news to the socket floor; "port unreachable" through icmp.c.
 * Never      wakes anybody; a full queue drops the newest.
 * Lock       the stack lock is held.
 * Follows    RFC 768, RFC 1122 4.1.3, udp(7), ip(7) IP_RECVERR.
 */
#include "udp.h"

#include <errno.h>
#include <string.h>

#include "filter.h"
#include "link/cksum.h"
#include "net/dhcp4.h"
#include "net/dhcp6.h"
#include "net/icmp.h"
#include "link/iface.h"
#include "ground/must.h"
#include "raw.h"
#include "udp_err.h"
#include "udp_group.h"
#include "link/wire.h"

static struct udp_pcb *pcb_of(struct binding *b)
{
	return container_of(b, struct udp_pcb, bind);
}

/*
 * RFC 768: the length is believed if the packet holds it; zero in the checksum
 * field says that there is none (RFC 8200 8.1 forbids that for v6).
 */
static enum verdict check(struct pkt *p, const struct inet_addr *src,
			  const struct inet_addr *dst)
{
	const struct udp_wire *wire = (const void *)p->data;
	uint32_t sum;
	uint16_t len;

	if (p->len < sizeof(*wire))
		return DROP_UDP_SHORT;
	len = be16_get(wire->len);
	if (len < sizeof(*wire) || len > p->len)
		return DROP_UDP_LENGTH;
	pkt_trim(p, len);
	if (be16_get(wire->cksum) == 0)
		return inet_is4(src) ? DONE : DROP_UDP_CHECKSUM;
	if (p->csum != PKT_CSUM_UNKNOWN)
		return DONE;
	sum = cksum_pseudo(src, dst, IP_PROTO_UDP, len);
	sum = cksum_partial(p->data, len, sum);
	return cksum_fold(sum) == 0xffff ? DONE : DROP_UDP_CHECKSUM;
}

/*
 * Where a program's offset 0 is: the UDP or ICMP header, or for a raw socket of
 * IPv4 the IP header. Both are kept whatever the program says.
 */
static bool is_wanted(const struct udp_pcb *pcb, struct pkt *p)
{
	size_t header = (size_t)(p->data - p->l3);
	bool has_ip =
		pcb->udp->kind == UDP_RAW && !(pcb->bind.flags & BINDING_IS6);
	bool wanted;

	if (LIKELY(!pcb->filter))
		return true;
	if (!has_ip)
		return filter_takes(pcb->filter, p->ifp, p,
				    pcb->udp->kind == UDP_PLAIN
					    ? sizeof(struct udp_wire)
					    : 1);
	pkt_push(p, header);
	wanted = filter_takes(pcb->filter, p->ifp, p, header);
	if (!pkt_pull(p, header))
		return false;
	return wanted;
}

/*
 * Linux's rule: one more as long as the limit is not passed. The headers stay
 * in front, and the block shrinks to what is in it.
 */
enum verdict udp_enqueue(struct udp_pcb *pcb, struct pkt *p)
{
	struct engine *eng = pcb->udp->eng;

	if (!is_wanted(pcb, p))
		return DROP_FILTERED;
	if (pcb->rcv_cost > pcb->rcv_max) {
		pcb->drops++;
		return DROP_UDP_FULL;
	}
	if (arena_room_left(eng->arena) >= ARENA_ROOM_FULL) {
		pcb->drops++;
		return DROP_NO_MEMORY;
	}
	pkt_push(p, (size_t)(p->data - p->l3));
	p = pkt_compact(eng->arena, p);
	list_push(&pcb->rcvq, &p->link);
	pcb->rcv_count++;
	pcb->rcv_cost += pkt_cost(p);
	if (pcb->udp->kind == UDP_PLAIN)
		stats_add(&eng->stats,
			  ip_is6(p) ? STAT_UDP6_IN_DATAGRAMS
				    : STAT_UDP_IN_DATAGRAMS,
			  1);
	news_leave(eng, &pcb->news, NEWS_READABLE);
	return TAKEN;
}

/* NULL when memory is out. */
struct pkt *udp_copy_of(struct arena *a, const struct pkt *p)
{
	size_t len = (size_t)(p->data + p->len - p->l3);
	struct pkt *copy = pkt_new(a, len, 0);

	if (!copy)
		return NULL;
	memcpy(pkt_append(copy, len), p->l3, len);
	copy->l3 = copy->data;
	copy->l4 = copy->data + (p->l4 - p->l3);
	copy->ifp = p->ifp;
	copy->stamp = p->stamp;
	copy->tos = p->tos;
	copy->to_broadcast = p->to_broadcast;
	copy->csum = PKT_CSUM_VALID;
	pkt_pull(copy, (size_t)(copy->l4 - copy->data));
	return copy;
}

void udp_set_ifindex(struct udp_pcb *pcb, uint32_t ifindex)
{
	pcb->ifindex = ifindex;
	pcb->bind.ifindex = (uint8_t)ifindex;
}

bool udp_is_open_to(const struct udp_pcb *pcb, uint32_t ifindex)
{
	return pcb->ifindex == 0 || pcb->ifindex == ifindex;
}

/* Everybody gets a copy; the original is freed by the caller. */
static enum verdict deliver_to_all(struct udp *u, struct iface *ifp,
				   struct pkt *p, const struct ports_tuple *key)
{
	enum verdict v = DROP_UDP_PORT;
	struct binding *b = NULL;

	while ((b = ports_next_bound(&u->ports, key, b))) {
		struct udp_pcb *pcb = pcb_of(b);
		struct pkt *copy;

		if (!udp_is_open_to(pcb, ifp->index) ||
		    !udp_group_wants(pcb, &key->local, &key->remote,
				     ifp->index))
			continue;
		copy = udp_copy_of(u->eng->arena, p);
		if (!copy)
			return DROP_NO_MEMORY;
		v = udp_enqueue(pcb, copy);
		if (v == TAKEN)
			v = DONE;
		else
			pkt_free(u->eng->arena, copy);
	}
	return v;
}

struct udp_pcb *udp_find(struct udp *u, const struct ports_tuple *key,
			 uint32_t ifindex)
{
	struct binding *b = ports_find_tuple(&u->ports, key);

	if (!b)
		b = ports_find_bound(&u->ports, key, ifindex, false);
	return b ? pcb_of(b) : NULL;
}

enum verdict udp_input(struct udp *u, struct iface *ifp, struct pkt *p,
		       const struct inet_addr *src, const struct inet_addr *dst)
{
	const struct udp_wire *wire = (const void *)p->data;
	struct ports_tuple key;
	struct udp_pcb *pcb;
	uint32_t heard_on;
	enum verdict v;

	MUST_HOLD(&u->eng->lock);
	v = check(p, src, dst);
	if (v != DONE)
		return v;
	p->l4 = p->data;
	p->ifp = ifp;
	key = (struct ports_tuple){*dst, *src, be16_get(wire->dport),
				   be16_get(wire->sport)};
	if (dhcp4_has_port(ifp, be16_get(wire->dport)))
		return dhcp4_input(ifp, p);
	if (dhcp6_has_port(ifp, be16_get(wire->dport)) && !inet_is4(dst) &&
	    !inet_is_multicast(dst))
		return dhcp6_input(ifp, p);
	if (inet_is_multicast(dst) || iface_is_broadcast(ifp, dst))
		return deliver_to_all(u, ifp, p, &key);

	heard_on = net_heard_on(ifp, dst);
	pcb = udp_find(u, &key, heard_on);
	if (pcb && udp_is_open_to(pcb, heard_on))
		return udp_enqueue(pcb, p);
	stats_add(&u->eng->stats,
		  inet_is4(dst) ? STAT_UDP_NO_PORTS : STAT_UDP6_NO_PORTS, 1);
	if (!pcb)
		icmp_send_port_unreachable(ifp, p);
	return DROP_UDP_PORT;
}

/*
 * Linux's rule: a connected pcb hears of hard errors, and of a path that is
 * too narrow unless it lets its datagrams be fragmented; with recverr it hears
 * of everything.
 */
static bool wants_error(struct udp_pcb *pcb, const struct icmp_error *e)
{
	const struct udp_manner *m = udp_manner_of(pcb, &e->remote);

	if (m->recverr)
		return true;
	if (!udp_is_connected(pcb))
		return false;
	if (e->error == EMSGSIZE)
		return m->pmtudisc != UDP_PMTUDISC_DONT;
	return e->hard;
}

bool udp_icmp_is_ours(struct udp *u, const struct icmp_error *e)
{
	struct ports_tuple key = {e->local, e->remote, e->local_port,
				  e->remote_port};

	return udp_find(u, &key, 0) != NULL;
}

void udp_icmp_error(struct udp *u, const struct icmp_error *e)
{
	struct ports_tuple key = {e->local, e->remote, e->local_port,
				  e->remote_port};
	struct udp_pcb *pcb;

	MUST_HOLD(&u->eng->lock);
	pcb = udp_find(u, &key, 0);
	if (!pcb || !wants_error(pcb, e))
		return;
	pcb->error = e->error;
	if (udp_manner_of(pcb, &e->remote)->recverr)
		udp_err_note(pcb, e);
	news_leave(u->eng, &pcb->news, NEWS_ERROR);
}
