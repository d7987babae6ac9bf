/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sock_packet.c - socket calls on AF_PACKET
 *
 * What this room is for
 *   See sock_packet.h; its options are sock_packet_opt.c's.
 *
 * Lock       the stack lock is held.
 * Follows    packet(7), recv(2).
 */
#include "sock_packet.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <string.h>

#include "sock_cmsg.h"

enum { LL_FIXED = offsetof(struct sockaddr_ll, sll_addr) };

int sock_packet_check(int type, int protocol)
{
	if (type != SOCK_RAW && type != SOCK_DGRAM)
		return -ESOCKTNOSUPPORT;
	return protocol & 0xffff;
}

int sock_packet_new(struct sock *s)
{
	int ret = packet_new(&s->stack->packets, s->type == SOCK_DGRAM,
			     &s->packet);

	if (ret < 0)
		return ret;
	s->packet->news.owner = s;
	packet_listen(s->packet, ntohs((uint16_t)s->protocol), 0);
	/* What a frame must be is said by bind(2), too: no option tells it. */
	s->protocol = 0;
	return 0;
}

void sock_packet_free(struct sock *s)
{
	news_forget(&s->packet->news);
	s->slot->word = NULL;
	packet_free(s->packet);
	s->packet = NULL;
}

void sock_packet_rebuild(struct sock *s)
{
	packet_rebuild(s->packet);
	s->packet->news.owner = s;
}

/* --- names --------------------------------------------------------------- */

static struct iface *iface_of(const struct sock *s, int index)
{
	struct net *n = &s->stack->net;

	return index > 0 && (uint32_t)index <= n->nifs ? &n->ifs[index - 1]
						       : NULL;
}

int sock_packet_bind(struct sock *s, const struct sockaddr *addr, socklen_t len)
{
	struct packet_pcb *pcb = s->packet;
	struct sockaddr_ll ll;
	uint16_t proto;

	if (!addr || len < sizeof(ll))
		return -EINVAL;
	memcpy(&ll, addr, sizeof(ll));
	if (ll.sll_family != AF_PACKET)
		return -EINVAL;
	if (ll.sll_ifindex && !iface_of(s, ll.sll_ifindex))
		return -ENODEV;
	proto = ll.sll_protocol ? ntohs(ll.sll_protocol) : pcb->proto;
	packet_listen(pcb, proto, (uint32_t)ll.sll_ifindex);
	if (ll.sll_ifindex && iface_of(s, ll.sll_ifindex)->is_down)
		pcb->error = ENETDOWN;
	return 0;
}

int sock_packet_name(const struct sock *s, struct sockaddr *addr,
		     socklen_t *len)
{
	const struct packet_pcb *pcb = s->packet;
	const struct iface *ifp = iface_of(s, (int)pcb->ifindex);
	struct sockaddr_ll ll = {.sll_family = AF_PACKET,
				 .sll_ifindex = (int)pcb->ifindex,
				 .sll_protocol = htons(pcb->proto)};
	socklen_t full = LL_FIXED;

	if (ifp) {
		ll.sll_hatype =
			ifp->is_loopback ? ARPHRD_LOOPBACK : ARPHRD_ETHER;
		ll.sll_halen = sizeof(ifp->mac);
		memcpy(ll.sll_addr, &ifp->mac, sizeof(ifp->mac));
		full += (socklen_t)sizeof(ifp->mac);
	}
	memcpy(addr, &ll, MIN(*len, full));
	*len = full;
	return 0;
}

/* --- send ---------------------------------------------------------------- */

/* Where it goes: as bound, or as the message says. */
struct target {
	int ifindex;
	uint16_t proto;
	const struct eth_addr *dst; /* NULL: the program did not say */
	struct eth_addr space;
};

static int read_target(const struct sock *s, const struct msghdr *msg,
		       struct target *t)
{
	struct sockaddr_ll ll = {0};

	*t = (struct target){.ifindex = (int)s->packet->ifindex,
			     .proto = s->packet->proto};
	if (!msg || !msg->msg_name || msg->msg_namelen == 0)
		return 0;
	if (msg->msg_namelen < LL_FIXED + sizeof(t->space) ||
	    msg->msg_namelen < sizeof(ll))
		return -EINVAL;
	memcpy(&ll, msg->msg_name, sizeof(ll));
	if (msg->msg_namelen < LL_FIXED + (socklen_t)ll.sll_halen)
		return -EINVAL;
	t->ifindex = ll.sll_ifindex;
	t->proto = ntohs(ll.sll_protocol);
	if (s->type != SOCK_DGRAM)
		return 0;
	if (ll.sll_halen < sizeof(t->space))
		return -EINVAL;
	memcpy(&t->space, ll.sll_addr, sizeof(t->space));
	t->dst = &t->space;
	return 0;
}

ssize_t sock_packet_send(struct sock *s, struct uio *from,
			 const struct msghdr *msg, int flags)
{
	static const struct eth_addr nowhere;
	size_t len = from->left;
	struct iface *ifp;
	struct target t;
	int ret;

	(void)flags;
	ret = read_target(s, msg, &t);
	if (ret < 0)
		return ret;
	ifp = iface_of(s, t.ifindex);
	if (!ifp)
		return -ENXIO;
	/* Without an address Ethernet makes no header; the loopback does. */
	if (s->type == SOCK_DGRAM && !t.dst && !ifp->is_loopback)
		return -EINVAL;
	ret = packet_send(s->packet, ifp, t.proto, t.dst ? t.dst : &nowhere,
			  from);
	sock_update(s, 0);
	return ret < 0 ? ret : (ssize_t)len;
}

/* --- receive ------------------------------------------------------------- */

static void give_name(const struct packet_note *note, struct msghdr *msg)
{
	struct sockaddr_ll ll = {.sll_family = AF_PACKET,
				 .sll_ifindex = (int)note->ifindex,
				 .sll_protocol = htons(note->proto),
				 .sll_hatype = note->hardware,
				 .sll_pkttype = note->way,
				 .sll_halen = sizeof(note->from)};

	memcpy(ll.sll_addr, &note->from, sizeof(note->from));
	memcpy(msg->msg_name, &ll, MIN(msg->msg_namelen, sizeof(ll)));
	msg->msg_namelen = sizeof(ll);
}

static void put_auxdata(const struct pkt *p, struct msghdr *msg, size_t *used)
{
	const struct packet_note *note = packet_note_of(p);
	struct tpacket_auxdata aux = {.tp_status = TP_STATUS_USER,
				      .tp_len = note->len,
				      .tp_snaplen = p->len,
				      .tp_net = note->net_at};

	if (note->csum == PKT_CSUM_PARTIAL)
		aux.tp_status |= TP_STATUS_CSUMNOTREADY;
	else if (note->csum == PKT_CSUM_VALID && note->way != PACKET_FROM_US)
		aux.tp_status |= TP_STATUS_CSUM_VALID;
	sock_cmsg_append(msg, used, SOL_PACKET, PACKET_AUXDATA, &aux,
			 sizeof(aux));
}

static void tell_about(struct sock *s, const struct pkt *p, bool is_cut,
		       struct msghdr *msg)
{
	const struct packet_note *note = packet_note_of(p);
	size_t used = 0;

	msg->msg_flags = is_cut ? MSG_TRUNC : 0;
	if (msg->msg_name)
		give_name(note, msg);
	if (s->recv_stamp)
		sock_cmsg_append_stamp(s, note->stamp, msg, &used);
	if (s->packet->auxdata)
		put_auxdata(p, msg, &used);
	msg->msg_controllen = used;
}

static int take_error(struct sock *s)
{
	int error = s->packet->error;

	s->packet->error = 0;
	sock_update(s, 0);
	return -error;
}

ssize_t sock_packet_recv(struct sock *s, struct uio *to, struct msghdr *msg,
			 int flags)
{
	size_t room = to->left, full, done;
	struct pkt *p;

	/* What the shim knows stays with it; the rest is Linux's EINVAL. */
	if (flags & MSG_OOB)
		return -EINVAL;
	if (flags & MSG_ERRQUEUE)
		return -EAGAIN;
	if (s->packet->error)
		return take_error(s);
	p = packet_first(s->packet);
	if (!p)
		return -EAGAIN;
	full = p->len;
	done = uio_write(to, p->data, MIN(full, room));
	s->last_stamp = packet_note_of(p)->stamp;
	if (msg)
		tell_about(s, p, full > room, msg);
	if (!(flags & MSG_PEEK))
		packet_drop_first(s->packet);
	sock_update(s, 0);
	return (ssize_t)(flags & MSG_TRUNC ? full : done);
}

uint32_t sock_packet_ready(const struct sock *s)
{
	uint32_t bits = EPOLLOUT | EPOLLWRNORM;
	const uint32_t *word;

	if (packet_is_readable(s->packet, &word))
		bits |= EPOLLIN | EPOLLRDNORM;
	__atomic_store_n(&s->slot->word, word, __ATOMIC_RELAXED);
	if (s->packet->error)
		bits |= EPOLLERR;
	return bits;
}

int sock_packet_queue(const struct sock *s)
{
	const struct pkt *p = packet_first(s->packet);

	return p ? (int)p->len : 0;
}

int sock_packet_map(struct sock *s, size_t len, uint64_t *at)
{
	struct packet_ring *r = &s->packet->ring;

	if (!packet_ring_is_set(r) ||
	    len != (size_t)r->shape.block_size * r->shape.blocks)
		return -EINVAL;
	r->is_mapped = true;
	*at = (uint64_t)(r->base - (uint8_t *)s->stack->eng.arena);
	return 0;
}
