/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * nettest.h - for tests of floors 1 to 3: a host with a recording wire
 *
 * What this room is for
 *   One engine in a private arena, a loopback and one Ethernet interface whose
 *   link only records. Tests build IPv4 packets, hand them to an input
 *   function as the link would, and look at what was sent. Closing fails the
 *   test when a packet is still alive.
 *
 *            10.0.0.2/24 (us, tap0) ---- 10.0.0.1 (peer, gateway)
 *            fd00::2/64                  fd00::1   (nettest_connect6)
 *
 * Only       *_test.c and *_fuzz.c may include it.
 */
#ifndef STACK_NETTEST_H
#define STACK_NETTEST_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "net/addr.h"
#include "link/cksum.h"
#include "link/eth.h"
#include "net/ip4.h"
#include "net/ip6.h"
#include "link/link.h"
#include "ground/must.h"
#include "net/net.h"
#include "net/route.h"
#include "tcp/tcp.h"
#include "transport/udp.h"

enum { NETTEST_FRAMES = 256, NETTEST_MTU = 1500 };

struct nettest_frame {
	uint8_t *data;
	size_t len;
};

/* A recording link: on the wire frames are kept, on loopback they wait. */
struct nettest_link {
	struct link link;
	struct nettest *t;
	struct nettest_frame frames[NETTEST_FRAMES];
	size_t nframes;
	struct list looped; /* struct pkt */
	int fail;           /* -errno for every send, or 0 */
};

struct nettest {
	struct arena *arena;
	struct engine eng;
	struct net net;
	struct udp udp;
	struct iface *lo;
	struct iface *eth;
	struct nettest_link lo_link;
	struct nettest_link wire;
	struct iface *eth2; /* after nettest_second(), or NULL */
	struct nettest_link wire2;
};

/* What a packet from the wire looks like; zero is an ordinary one. */
struct nettest_ip {
	struct ip4_addr src, dst;
	uint8_t proto, tos, ttl;
	uint16_t id, frag;
	const void *options; /* padded to words by the caller */
	size_t options_len;
};

static const struct ip4_addr NT_US = {{10, 0, 0, 2}};
static const struct ip4_addr NT_PEER = {{10, 0, 0, 1}};
static const struct ip4_addr NT_BROADCAST = {{10, 0, 0, 255}};
static const struct inet_addr NT_US6 = {{0xfd, [15] = 2}};
static const struct inet_addr NT_PEER6 = {{0xfd, [15] = 1}};
static const struct eth_addr NT_MAC = {{2, 0, 0, 0, 0, 2}};
static const struct eth_addr NT_PEER_MAC = {{2, 0, 0, 0, 0, 1}};

static inline int nettest_send(struct link *l, const struct tx *t)
{
	struct nettest_link *nl = container_of(l, struct nettest_link, link);
	struct nettest_frame *f;
	size_t at = tx_head_len(t);

	if (nl->fail)
		return nl->fail;
	if (l->caps & LINK_NO_NEIGH) {
		struct pkt *p = tx_flatten(nl->t->arena, t);

		if (!p)
			return -ENOBUFS;
		list_push(&nl->looped, &p->link);
		return 0;
	}
	MUST(nl->nframes < NETTEST_FRAMES);
	f = &nl->frames[nl->nframes++];
	f->len = tx_len(t);
	f->data = malloc(f->len);
	MUST(f->data);
	memcpy(f->data, tx_head(t), at);
	for (uint32_t i = 0; i < t->npayload; i++) {
		memcpy(f->data + at, t->payload[i].iov_base,
		       t->payload[i].iov_len);
		at += t->payload[i].iov_len;
	}
	return 0;
}

static inline int nettest_recv(struct link *l, struct pkt *p)
{
	(void)l;
	(void)p;
	return -EAGAIN;
}

static inline void nettest_link_init(struct nettest *t, struct nettest_link *nl,
				     const char *name, uint32_t caps)
{
	static const struct link_ops ops = {.send = nettest_send,
					    .recv = nettest_recv};

	*nl = (struct nettest_link){.t = t};
	nl->link = (struct link){.ops = &ops, .fd = -1, .caps = caps};
	nl->link.mtu = caps & LINK_NO_NEIGH ? LIMIT_LOOP_MTU : NETTEST_MTU;
	nl->link.mac = NT_MAC;
	memcpy(nl->link.name, name, strlen(name));
	list_init(&nl->looped);
}

static inline struct iface *nettest_iface(struct nettest *t,
					  struct nettest_link *nl,
					  struct ip4_addr a, uint8_t bits)
{
	struct inet_prefix prefix = {inet_from4(a), (uint8_t)(96 + bits)};
	int handle = link_attach(&nl->link);
	struct iface *ifp;

	MUST(handle >= 0);
	ifp = net_add_iface(&t->net, nl->link.name, handle);
	MUST(ifp);
	MUST(iface_add_addr(ifp, &prefix) == 0);
	return ifp;
}

/* Takes the stack lock and keeps it. The time is 1000 s. */
static inline void nettest_open(struct nettest *t)
{
	struct rand_key seed = {1, 2};

	memset(t, 0, sizeof(*t));
	MUST(arena_create_private(64 << 20, &t->arena) == 0);
	engine_init(&t->eng, t->arena, &seed);
	t->eng.now = SEC(1000);
	MUST(lock_take(&t->eng.lock) == LOCK_CLEAN);
	net_init(&t->net, &t->eng);
	nettest_link_init(t, &t->lo_link, "lo", LINK_NO_NEIGH | LINK_CSUM);
	nettest_link_init(t, &t->wire, "tap0", 0);
	t->lo = nettest_iface(t, &t->lo_link, ip4_make(127, 0, 0, 1), 8);
	t->eth = nettest_iface(t, &t->wire, NT_US, 24);
}

/* The peer's link address is known, and it is the way to everywhere. */
static inline void nettest_connect(struct nettest *t)
{
	struct inet_addr peer = inet_from4(NT_PEER);
	struct route everywhere = {
		.dst = {inet_from4(ip4_make(0, 0, 0, 0)), 96},
		.gateway = peer,
		.ifindex = t->eth->index};

	neigh_learn(&t->eth->neigh, &peer, &NT_PEER_MAC);
	MUST(route_add(&t->net, &everywhere) == 0);
}

/* IPv6 as well: fd00::2/64, and the peer is the way to everywhere. */
static inline void nettest_connect6(struct nettest *t)
{
	struct inet_prefix ours = {NT_US6, 64};
	struct inet_prefix loopback = {{{[15] = 1}}, 128};
	struct route everywhere = {.gateway = NT_PEER6,
				   .ifindex = t->eth->index};

	MUST(iface_add_addr(t->eth, &ours) == 0);
	MUST(iface_add_addr(t->lo, &loopback) == 0);
	neigh_learn(&t->eth->neigh, &NT_PEER6, &NT_PEER_MAC);
	MUST(route_add(&t->net, &everywhere) == 0);
}

/* UDP above. Without it ip4_input() knows no transport but ICMP. */
static inline void nettest_open_udp(struct nettest *t)
{
	nettest_open(t);
	nettest_connect(t);
	udp_init(&t->udp, &t->eng, &t->net, UDP_PLAIN);
	t->net.udp = &t->udp;
}

static inline void nettest_forget_wire(struct nettest_link *wire)
{
	for (size_t i = 0; i < wire->nframes; i++)
		free(wire->frames[i].data);
	wire->nframes = 0;
}

static inline void nettest_forget_frames(struct nettest *t)
{
	nettest_forget_wire(&t->wire);
	nettest_forget_wire(&t->wire2);
}

/* A second link: 10.5.0.2/16 and fd05::2/64. */
static inline struct iface *nettest_second(struct nettest *t)
{
	struct inet_prefix p6 = {{{0xfd, 5, [15] = 2}}, 64};

	nettest_link_init(t, &t->wire2, "tap1", 0);
	t->eth2 = nettest_iface(t, &t->wire2, ip4_make(10, 5, 0, 2), 16);
	t->eth2->mac.b[5] = 0x22;
	MUST(iface_add_addr(t->eth2, &p6) == 0);
	return t->eth2;
}

static inline void nettest_close(struct nettest *t)
{
	nettest_forget_frames(t);
	pkt_free_list(t->arena, &t->lo_link.looped);
	if (t->net.udp)
		udp_fini(&t->udp);
	link_detach(t->lo->link);
	link_detach(t->eth->link);
	if (t->eth2)
		link_detach(t->eth2->link);
	net_fini(&t->net);
	MUST(arena_count(t->arena, ARENA_PKT) == 0);
	engine_fini(&t->eng);
	lock_release(&t->eng.lock);
	arena_unmap(t->arena);
}

/* A received packet: data at its IPv4 header, checksums right. */
static inline struct pkt *nettest_pkt(struct nettest *t,
				      const struct nettest_ip *h,
				      const void *payload, size_t len)
{
	size_t header = sizeof(struct ip4_wire) + h->options_len;
	struct pkt *p = pkt_new(t->arena, 64 + header + len, 64);
	struct ip4_wire *ip;

	MUST(p);
	ip = pkt_append(p, header + len);
	*ip = (struct ip4_wire){
		.ver_ihl = (uint8_t)(0x40 | header / 4),
		.tos = h->tos,
		.total_len = be16_make((uint16_t)(header + len)),
		.id = be16_make(h->id),
		.frag = be16_make(h->frag),
		.ttl = h->ttl ? h->ttl : 64,
		.proto = h->proto,
		.src = h->src,
		.dst = h->dst,
	};
	if (h->options_len)
		memcpy(ip + 1, h->options, h->options_len);
	if (len)
		memcpy((uint8_t *)ip + header, payload, len);
	ip->cksum = cksum(ip, header);
	p->ifp = t->eth;
	p->stamp = t->eng.now;
	return p;
}

/* What an IPv6 packet from the wire looks like; zero is an ordinary one. */
struct nettest_ip6 {
	const struct inet_addr *src, *dst; /* NULL: the peer, us */
	uint8_t next, hops, tclass;
	const void *headers; /* extension headers; `next` is the first's */
	size_t headers_len;
};

/* A received packet: data at its IPv6 header. */
static inline struct pkt *nettest_pkt6(struct nettest *t,
				       const struct nettest_ip6 *h,
				       const void *payload, size_t len)
{
	size_t total = sizeof(struct ip6_wire) + h->headers_len + len;
	struct pkt *p = pkt_new(t->arena, 64 + total, 64);
	struct ip6_wire *ip;
	uint8_t *at;

	MUST(p);
	ip = pkt_append(p, total);
	*ip = (struct ip6_wire){
		.ver_tc_flow = be32_make(6u << 28 | (uint32_t)h->tclass << 20),
		.payload_len = be16_make((uint16_t)(h->headers_len + len)),
		.next = h->next,
		.hop_limit = h->hops ? h->hops : 64,
		.src = h->src ? *h->src : NT_PEER6,
		.dst = h->dst ? *h->dst : NT_US6,
	};
	at = (uint8_t *)(ip + 1);
	if (h->headers_len)
		memcpy(at, h->headers, h->headers_len);
	if (len)
		memcpy(at + h->headers_len, payload, len);
	p->ifp = t->eth;
	p->stamp = t->eng.now;
	return p;
}

/* Puts the checksum of an ICMPv6 message at `msg` right. */
static inline void nettest_sum6(const struct nettest_ip6 *h, void *msg,
				size_t len)
{
	struct icmp6_wire *icmp = msg;
	uint32_t sum = cksum_pseudo(h->src ? h->src : &NT_PEER6,
				    h->dst ? h->dst : &NT_US6, IP_PROTO_ICMP6,
				    (uint32_t)len);

	icmp->cksum = be16_make(0);
	icmp->cksum = cksum_finish(cksum_partial(msg, len, sum));
}

static inline enum verdict nettest_give6(struct nettest *t, struct iface *ifp,
					 struct pkt *p)
{
	enum verdict v;

	p->ifp = ifp;
	v = ip6_input(ifp, p);
	if (v != TAKEN)
		pkt_free(t->arena, p);
	return v;
}

/* As eth.c does: input, then free and count by the verdict. */
static inline enum verdict nettest_give(struct nettest *t, struct iface *ifp,
					struct pkt *p)
{
	enum verdict v;

	p->ifp = ifp;
	v = ip4_input(ifp, p);
	if (v != TAKEN)
		pkt_free(t->arena, p);
	return v;
}

/* Frames that loop back are received, until there are none. */
static inline void nettest_run_loop(struct nettest *t)
{
	struct list *link;

	while ((link = list_pop(&t->lo_link.looped)))
		eth_input(t->lo, list_entry(link, struct pkt, link));
}

/* The IPv4 header in recorded frame i. */
static inline const struct ip4_wire *nettest_sent_ip(const struct nettest *t,
						     size_t i)
{
	MUST(i < t->wire.nframes);
	return (const void *)(t->wire.frames[i].data + sizeof(struct eth_wire));
}

/* Behind its IPv4 header (ours have no options). */
static inline const void *nettest_sent_l4(const struct nettest *t, size_t i)
{
	return nettest_sent_ip(t, i) + 1;
}

static inline const struct ip6_wire *nettest_sent_ip6(const struct nettest *t,
						      size_t i)
{
	MUST(i < t->wire.nframes);
	return (const void *)(t->wire.frames[i].data + sizeof(struct eth_wire));
}

/*
 * For fuzzers: the next record of the input, which is two bytes of length
 * (little-endian), a byte `how`, and so many bytes. NULL at the end.
 */
static inline const uint8_t *nettest_record(const uint8_t **data, size_t *size,
					    uint8_t *how, size_t *len)
{
	const uint8_t *at = *data;

	if (*size < 3)
		return NULL;
	*how = at[2];
	*len = MIN((size_t)(at[0] | at[1] << 8), *size - 3);
	*data += 3 + *len;
	*size -= 3 + *len;
	return at + 3;
}

/* Time passes: reassembly and neighbour timers fire. */
static inline void nettest_advance(struct nettest *t, usecs by)
{
	struct timer *timer;

	t->eng.now += by;
	while ((timer = timer_pop_due(&t->eng.timers, t->eng.now))) {
		if (timer->kind == TIMER_REASM)
			reasm_on_timer(
				container_of(timer, struct reasm, timer));
		else if (timer->kind == TIMER_NEIGH)
			neigh_on_timer(
				container_of(timer, struct neigh, timer));
		else if (timer->kind == TIMER_IFACE)
			addr_on_timer(container_of(timer, struct iface, timer));
		else if (timer->kind == TIMER_MCAST)
			mcast_on_timer(timer);
		else if (timer->kind == TIMER_DHCP6)
			dhcp6_on_timer(
				container_of(timer, struct dhcp6, timer));
		else if (timer->kind == TIMER_AUTO6)
			auto6_on_timer(
				container_of(timer, struct auto6, timer));
	}
}

/*
 * A test between the file's own open_host() and close_host(). Criterion does
 * not count what fails in .fini, so closing is part of the test.
 */
#define HOST_TEST(suite, name)                                                 \
	static void suite##_##name##_body(void);                               \
	Test(suite, name)                                                      \
	{                                                                      \
		open_host();                                                   \
		suite##_##name##_body();                                       \
		close_host();                                                  \
	}                                                                      \
	static void suite##_##name##_body(void)

#endif
