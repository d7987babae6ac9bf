/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * packet.c - packet sockets: whole frames, as they come and go
 *
 * What this room is for
 *   See packet.h. A frame that goes lies in pieces, so it is put together once
 *   for all who listen.
 *
 * Lock       the stack lock is held.
 * Follows    packet(7); Linux's af_packet.c in what is told of a frame.
 */
#include "packet.h"

#include <errno.h>
#include <string.h>

#include "ground/must.h"
#include "ground/tx.h"
#include "link/eth.h"
#include "net/net.h"

/* As <net/if_arp.h> has them. */
enum { HARDWARE_ETHERNET = 1, HARDWARE_LOOPBACK = 772 };

void packets_init(struct packets *ps, struct engine *eng, struct net *net,
		  const uint64_t *wall_offset)
{
	*ps = (struct packets){
		.eng = eng, .net = net, .wall_offset = wall_offset};
	list_init(&ps->pcbs);
}

int packet_new(struct packets *ps, bool is_cooked, struct packet_pcb **out)
{
	struct packet_pcb *pcb =
		arena_zalloc(ps->eng->arena, sizeof(*pcb), ARENA_OTHER);

	if (!pcb)
		return -ENOBUFS;
	if (packet_ring_init(&pcb->ring, pcb, ps->eng) < 0) {
		arena_free(ps->eng->arena, pcb);
		return -ENOBUFS;
	}
	news_init(&pcb->news);
	pcb->packets = ps;
	pcb->is_cooked = is_cooked;
	pcb->rcv_max = LIMIT_UDP_BUF;
	list_init(&pcb->rcvq);
	list_push(&ps->pcbs, &pcb->link);
	*out = pcb;
	return 0;
}

void packet_free(struct packet_pcb *pcb)
{
	struct engine *eng = pcb->packets->eng;

	packet_listen(pcb, 0, 0);
	packet_ring_free(&pcb->ring, eng);
	pkt_free_list(eng->arena, &pcb->rcvq);
	bpf_put(eng->arena, pcb->filter);
	list_remove(&pcb->link);
	arena_free(eng->arena, pcb);
}

void packet_listen(struct packet_pcb *pcb, uint16_t proto, uint32_t ifindex)
{
	struct engine *eng = pcb->packets->eng;

	eng->listeners += (proto != 0) - (pcb->proto != 0);
	pcb->proto = proto;
	pcb->ifindex = ifindex;
}

/* --- in ------------------------------------------------------------------ */

uint16_t packet_proto_of(const struct eth_wire *wire)
{
	const uint8_t *behind = (const uint8_t *)(wire + 1);
	uint16_t type = be16_get(wire->type);

	if (type >= ETHERTYPE_MIN)
		return type;
	/* Novell's frames have no 802.2 header, but two bytes of ones. */
	if (behind[0] == 0xff && behind[1] == 0xff)
		return PACKET_PROTO_8023;
	return PACKET_PROTO_8022;
}

/* A frame whole and in one piece, and what every listener is told of it. */
struct seen {
	const struct pkt *p;
	const struct iface *ifp;
	const struct packet_pcb *sender;
	struct packet_note note;
};

static enum packet_way way_of(const struct iface *ifp,
			      const struct eth_wire *wire)
{
	if (eth_equal(&wire->dst, &ifp->mac))
		return PACKET_TO_US;
	if (eth_equal(&wire->dst, &ETH_BROADCAST))
		return PACKET_TO_ALL;
	return eth_is_multicast(&wire->dst) ? PACKET_TO_GROUP
					    : PACKET_TO_OTHERS;
}

static struct bpf_view view_of(const struct packet_pcb *pcb,
			       const struct seen *f)
{
	size_t skip = pcb->is_cooked ? sizeof(struct eth_wire) : 0;

	return (struct bpf_view){
		.data = f->p->data + skip,
		.len = f->p->len - skip,
		.net = f->p->data + sizeof(struct eth_wire),
		.link = f->p->data,
		.protocol = f->note.proto,
		.type = f->note.way,
		.ifindex = f->note.ifindex,
		.hardware = f->note.hardware,
		.random = rand_u32(&pcb->packets->eng->rand),
	};
}

static bool hears(const struct packet_pcb *pcb, const struct seen *f)
{
	bool goes = f->note.way == PACKET_FROM_US;

	if (pcb->proto == 0 || pcb == f->sender)
		return false;
	if (pcb->ifindex && pcb->ifindex != f->note.ifindex)
		return false;
	if (pcb->proto == PACKET_PROTO_ALL)
		return !goes || !pcb->ignore_outgoing;
	return pcb->proto == f->note.proto && !goes;
}

const struct packet_note *packet_note_of(const struct pkt *p)
{
	return (const struct packet_note *)(const void *)p->buf;
}

/* The note in front, the bytes behind; false when it does not fit. */
static bool enqueue(struct packet_pcb *pcb, const struct packet_note *note,
		    const uint8_t *data, size_t len)
{
	struct arena *a = pcb->packets->eng->arena;
	struct pkt *copy;

	if (pcb->rcv_cost >= pcb->rcv_max ||
	    arena_room_left(a) >= ARENA_ROOM_FULL)
		return false;
	copy = pkt_new(a, sizeof(*note) + len, sizeof(*note));
	if (!copy)
		return false;
	memcpy(copy->buf, note, sizeof(*note));
	memcpy(pkt_append(copy, len), data, len);
	list_push(&pcb->rcvq, &copy->link);
	pcb->rcv_count++;
	pcb->rcv_cost += pkt_cost(copy);
	news_leave(pcb->packets->eng, &pcb->news, NEWS_READABLE);
	return true;
}

static void deliver(struct packet_pcb *pcb, const struct seen *f)
{
	struct bpf_view v = view_of(pcb, f);
	struct packet_note note = f->note;
	size_t keep = v.len;
	bool fits;

	if (pcb->filter)
		keep = MIN(keep, (size_t)bpf_run(pcb->filter, &v));
	if (keep == 0 && pcb->filter)
		return;
	note.len = (uint32_t)v.len;
	note.net_at = (uint16_t)(v.net - v.data);
	pcb->seen++;
	if (packet_ring_is_set(&pcb->ring))
		fits = packet_ring_put(&pcb->ring, &note, v.data, keep);
	else
		fits = enqueue(pcb, &note, v.data, keep);
	if (fits)
		return;
	pcb->drops++;
	pcb->all_drops++;
}

static void tell(struct iface *ifp, const struct pkt *p, bool goes,
		 const struct packet_pcb *sender)
{
	const struct eth_wire *wire = (const void *)p->data;
	struct packets *ps = ifp->net ? ifp->net->packets : NULL;
	struct seen f = {.p = p, .ifp = ifp, .sender = sender};

	if (!ps || p->len < sizeof(*wire) + 2)
		return;
	f.note = (struct packet_note){
		.stamp = goes ? ps->eng->now : p->stamp,
		.ifindex = ifp->index,
		.proto = packet_proto_of(wire),
		.hardware = ifp->is_loopback ? HARDWARE_LOOPBACK
					     : HARDWARE_ETHERNET,
		.way = (uint8_t)(goes ? PACKET_FROM_US : way_of(ifp, wire)),
		.csum = p->csum,
		.from = wire->src,
	};
	list_for_each (it, &ps->pcbs) {
		struct packet_pcb *pcb =
			list_entry(it, struct packet_pcb, link);

		if (hears(pcb, &f))
			deliver(pcb, &f);
	}
}

void packet_tap_in(struct iface *ifp, const struct pkt *p)
{
	tell(ifp, p, false, NULL);
}

static void tell_of_sent(struct iface *ifp, const struct tx *t,
			 const struct packet_pcb *sender)
{
	struct arena *a = ifp->eng->arena;
	struct pkt *p = tx_flatten(a, t);

	if (!p)
		return;
	tell(ifp, p, true, sender);
	pkt_free(a, p);
}

void packet_tap_out(struct iface *ifp, const struct tx *t)
{
	tell_of_sent(ifp, t, NULL);
}

/* --- out ----------------------------------------------------------------- */

/* The rest of the frame behind its header, which is in `t` already. */
static int send_frame(struct packet_pcb *pcb, struct iface *ifp, struct tx *t,
		      struct uio *from)
{
	struct arena *a = ifp->eng->arena;
	size_t len = from->left;
	struct pkt *p = pkt_new(a, len, 0);
	int err = -ENOBUFS;

	if (!p)
		return err;
	uio_read(from, pkt_append(p, len), len);
	if (len == 0 || tx_add(t, p->data, len)) {
		tell_of_sent(ifp, t, pcb);
		err = eth_output_frame(ifp, t);
	}
	pkt_free(a, p);
	return err;
}

int packet_send(struct packet_pcb *pcb, struct iface *ifp, uint16_t proto,
		const struct eth_addr *dst, struct uio *from)
{
	size_t header = pcb->is_cooked ? 0 : sizeof(struct eth_wire);
	struct eth_wire *wire;
	struct tx t;

	if (from->left < header)
		return -EINVAL;
	if (from->left - header > ifp->mtu)
		return -EMSGSIZE;
	if (ifp->is_down)
		return -ENETDOWN;
	tx_init(&t);
	wire = tx_push(&t, sizeof(*wire));
	if (pcb->is_cooked)
		*wire = (struct eth_wire){*dst, ifp->mac, be16_make(proto)};
	else
		uio_read(from, wire, sizeof(*wire));
	return send_frame(pcb, ifp, &t, from);
}

/* --- to the program ------------------------------------------------------ */

struct pkt *packet_first(struct packet_pcb *pcb)
{
	struct list *first = list_first(&pcb->rcvq);

	return first ? list_entry(first, struct pkt, link) : NULL;
}

void packet_drop_first(struct packet_pcb *pcb)
{
	struct pkt *p = list_entry(list_pop(&pcb->rcvq), struct pkt, link);

	pcb->rcv_count--;
	pcb->rcv_cost -= pkt_cost(p);
	pkt_free(pcb->packets->eng->arena, p);
}

bool packet_is_readable(const struct packet_pcb *pcb, const uint32_t **word)
{
	*word = NULL;
	if (!list_is_empty(&pcb->rcvq))
		return true;
	if (!packet_ring_is_set(&pcb->ring))
		return false;
	*word = packet_ring_word(&pcb->ring);
	return __atomic_load_n(*word, __ATOMIC_ACQUIRE) != 0;
}

/* --- after a death inside ------------------------------------------------ */

bool packet_claim(struct arena *a, struct packet_pcb *pcb)
{
	if (!arena_claim(a, pcb, ARENA_OTHER))
		return false;
	pcb->rcv_count = pkt_claim_list(a, &pcb->rcvq);
	pcb->rcv_cost = 0;
	list_for_each (it, &pcb->rcvq)
		pcb->rcv_cost += pkt_cost(list_entry(it, struct pkt, link));
	if (pcb->filter && !bpf_claim(a, pcb->filter))
		pcb->filter = NULL;
	packet_ring_claim(&pcb->ring, a);
	return true;
}

void packet_rebuild(struct packet_pcb *pcb)
{
	struct packets *ps = pcb->packets;

	news_init(&pcb->news);
	list_init(&pcb->link);
	list_push(&ps->pcbs, &pcb->link);
	ps->eng->listeners += pcb->proto != 0;
	packet_ring_rebuild(&pcb->ring, ps->eng);
}
