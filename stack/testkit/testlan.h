/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * testlan.h - for tests and fuzzers: one interface on a wire that is an array
 *
 * What this room is for
 *   An engine with invented time, a network floor without transports, the
 *   interface "tap0" with 10.0.0.1/24, and a link that keeps the frames sent.
 *   Frames come in by lan_give(). lan_close() says whether anything leaked.
 *
 * Never      is included by anything but *_test.c and *_fuzz.c of the floors
 *            1 and 2; the floors above have testkit.h.
 */
#ifndef STACK_TESTLAN_H
#define STACK_TESTLAN_H

#include <errno.h>
#include <stdlib.h>

#include "link/eth.h"
#include "link/link.h"
#include "net/addr.h"
#include "net/net.h"

enum { LAN_FRAMES = 64, LAN_FRAME_MAX = 2048 };

struct lan_frame {
	uint32_t len; /* of the frame; bytes beyond LAN_FRAME_MAX are cut */
	uint8_t b[LAN_FRAME_MAX];
};

struct lan {
	struct arena *arena;
	struct engine eng;
	struct net net;
	struct iface *ifp;
	struct link link;
	int handle;
	int send_error; /* what link_send() answers */
	struct tx last; /* the last one sent; its payload is gone */
	uint32_t nsent;
	struct lan_frame sent[LAN_FRAMES]; /* the first ones */
};

#define LAN_OUR_MAC ((struct eth_addr){{2, 0, 0, 0, 0, 1}})
#define LAN_PEER_MAC ((struct eth_addr){{2, 0, 0, 0, 0, 2}})
#define LAN_OUR_IP ip4_make(10, 0, 0, 1)
#define LAN_PEER_IP ip4_make(10, 0, 0, 2)
#define LAN_EPOCH SEC(1000)

static inline int lan_send(struct link *l, const struct tx *t)
{
	struct lan *lan = container_of(l, struct lan, link);
	struct lan_frame *f = &lan->sent[lan->nsent % LAN_FRAMES];
	uint32_t at = (uint32_t)tx_head_len(t);

	if (lan->send_error)
		return lan->send_error;
	lan->last = *t;
	lan->nsent++;
	f->len = (uint32_t)tx_len(t);
	memcpy(f->b, tx_head(t), at);
	for (uint32_t i = 0; i < t->npayload; i++) {
		size_t n = MIN(t->payload[i].iov_len, LAN_FRAME_MAX - at);

		memcpy(f->b + at, t->payload[i].iov_base, n);
		at += (uint32_t)n;
	}
	return 0;
}

static inline int lan_recv(struct link *l, struct pkt *p)
{
	(void)l;
	(void)p;
	return -EAGAIN;
}

static inline void lan_close_link(struct link *l)
{
	(void)l;
}

static const struct link_ops lan_ops = {
	.send = lan_send,
	.recv = lan_recv,
	.close = lan_close_link,
};

/* Interface 0 is the loopback, without a link. */
static inline struct lan *lan_open(uint32_t caps)
{
	static const struct rand_key seed = {1, 2};
	struct lan *lan = calloc(1, sizeof(*lan));
	struct inet_prefix lo = {inet_from4(ip4_make(127, 0, 0, 1)), 104};
	struct inet_prefix ours = {inet_from4(LAN_OUR_IP), 120};

	if (!lan || arena_create_private(64 << 20, &lan->arena) < 0)
		abort();
	engine_init(&lan->eng, lan->arena, &seed);
	if (lock_take(&lan->eng.lock) != LOCK_CLEAN)
		abort();
	lan->eng.now = LAN_EPOCH;
	lan->link = (struct link){
		.ops = &lan_ops,
		.fd = -1,
		.file = -1,
		.caps = caps,
		.mtu = LIMIT_DEFAULT_MTU,
		.mac = LAN_OUR_MAC,
		.name = "tap0",
	};
	lan->handle = link_attach(&lan->link);
	net_init(&lan->net, &lan->eng);
	if (iface_add_addr(net_add_iface(&lan->net, "lo", -1), &lo) < 0)
		abort();
	lan->ifp = net_add_iface(&lan->net, "tap0", lan->handle);
	if (iface_add_addr(lan->ifp, &ours) < 0)
		abort();
	return lan;
}

/* Packets that nobody freed. */
static inline size_t lan_close(struct lan *lan)
{
	size_t leaked;

	net_fini(&lan->net);
	leaked = arena_count(lan->arena, ARENA_PKT) + lan->eng.timers.count +
		 lan->eng.timers.reserved;
	engine_fini(&lan->eng);
	lock_release(&lan->eng.lock);
	link_detach(lan->handle);
	arena_unmap(lan->arena);
	free(lan);
	return leaked;
}

static inline struct pkt *lan_pkt(struct lan *lan, const void *bytes,
				  size_t len)
{
	struct pkt *p = pkt_new(lan->arena, len + 64, 64);

	if (!p)
		abort();
	if (len > 0)
		memcpy(pkt_append(p, len), bytes, len);
	return p;
}

/* A frame arrives. */
static inline void lan_give(struct lan *lan, const void *frame, size_t len)
{
	eth_input(lan->ifp, lan_pkt(lan, frame, len));
}

/* Time passes, and the timers of neighbours and addresses fire at theirs. */
static inline void lan_advance(struct lan *lan, usecs by)
{
	usecs end = lan->eng.now + by;
	struct timer *t;

	while (timer_next(&lan->eng.timers) <= end) {
		lan->eng.now = MAX(lan->eng.now, timer_next(&lan->eng.timers));
		t = timer_pop_due(&lan->eng.timers, lan->eng.now);
		if (t->kind == TIMER_NEIGH)
			neigh_on_timer(container_of(t, struct neigh, timer));
		else if (t->kind == TIMER_IFACE)
			addr_on_timer(container_of(t, struct iface, timer));
	}
	lan->eng.now = end;
}

/* An ARP frame from `mac`/`ip` about `target`. */
static inline size_t lan_arp(uint8_t *to, uint16_t op, struct eth_addr dst,
			     struct eth_addr mac, struct ip4_addr ip,
			     struct ip4_addr target)
{
	struct eth_wire eth = {dst, mac, be16_make(ETHERTYPE_ARP_FRAME)};
	struct arp_wire arp = {
		.hw_type = be16_make(ARP_HW_ETHERNET),
		.proto = be16_make(ETHERTYPE_IP4),
		.hw_len = 6,
		.proto_len = 4,
		.op = be16_make(op),
		.sender_mac = mac,
		.sender_ip = ip,
		.target_ip = target,
	};

	memcpy(to, &eth, sizeof(eth));
	memcpy(to + sizeof(eth), &arp, sizeof(arp));
	return sizeof(eth) + sizeof(arp);
}

#endif
