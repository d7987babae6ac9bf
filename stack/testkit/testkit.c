/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * testkit.c - for tests: a host with an invented clock
 *
 * What this room is for
 *   One engine, one interface, TCP, and a link that only collects. And the
 *   invariants that every step of every test must keep.
 *
 * Never      sleeps, reads a clock, or opens a descriptor.
 */
#include "testkit.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "link/eth.h"
#include "net/ip4.h"
#include "tcp/tcp_fsm.h"
#include "tcp/tcp_window.h"
#include "ground/tx.h"

static const struct eth_addr peer_mac = {{2, 0, 0, 0, 0, 9}};

/* Keeps IPv4 packets; ARP questions are answered at the end of the turn. */
static int keep_frame(struct link *l, const struct tx *t)
{
	struct kit_host *h = container_of(l, struct kit_host, link);
	size_t skip = sizeof(struct eth_wire);
	size_t len = tx_len(t) - skip;
	const struct eth_wire *eth = (const void *)tx_head(t);
	struct kit_frame *f;
	uint8_t *to;

	if (be16_get(eth->type) != ETHERTYPE_IP4) {
		h->arp_wanted = true;
		return 0;
	}
	if (h->send_error)
		return h->send_error;
	f = malloc(sizeof(*f) + len);
	cr_assert(f != NULL);
	f->len = (uint32_t)len;
	f->gso_size = t->gso == TX_GSO_NONE ? 0 : t->gso_size;
	f->csum_partial = t->csum_partial;
	f->due = 0;
	to = f->bytes;
	memcpy(to, tx_head(t) + skip, tx_head_len(t) - skip);
	to += tx_head_len(t) - skip;
	for (uint32_t i = 0; i < t->npayload; i++) {
		memcpy(to, t->payload[i].iov_base, t->payload[i].iov_len);
		to += t->payload[i].iov_len;
	}
	list_push(&h->frames, &f->link);
	h->nframes++;
	h->frames_sent++;
	return 0;
}

static int recv_nothing(struct link *l, struct pkt *p)
{
	(void)l;
	(void)p;
	return -EAGAIN;
}

static const struct link_ops kit_link_ops = {
	.send = keep_frame,
	.recv = recv_nothing,
};

static void add_address(struct kit_host *h, const char *text)
{
	struct inet_prefix p;

	cr_assert(inet_parse(text, &p.addr) == 0);
	p.bits = 96 + 24;
	h->addr = p.addr;
	cr_assert(iface_add_addr(h->ifp, &p) == 0);
}

void kit_host_open(struct kit_host *h, const struct kit_host_config *config)
{
	struct rand_key key = {config->seed, ~config->seed};
	size_t memory = config->memory ? config->memory : 256u << 20;
	int handle;

	memset(h, 0, sizeof(*h));
	cr_assert(arena_create_private(memory, &h->arena) == 0);
	engine_init(&h->eng, h->arena, &key);
	cr_assert(lock_take(&h->eng.lock) == LOCK_CLEAN);
	h->eng.now = KIT_EPOCH;
	list_init(&h->frames);
	h->link = (struct link){
		.ops = &kit_link_ops,
		.fd = -1,
		.caps = config->caps,
		.mtu = config->mtu,
		.mac = {{2, 0, 0, 0, 0, 1}},
	};
	handle = link_attach(&h->link);
	cr_assert(handle >= 0);
	net_init(&h->net, &h->eng);
	/* Index 0 is the loopback's place, even where there is none. */
	cr_assert(net_add_iface(&h->net, "lo", -1) != NULL);
	h->ifp = net_add_iface(&h->net, "kit0", handle);
	add_address(h, config->addr);
	cr_assert(inet_parse(config->peer, &h->peer) == 0);
	tcp_init(&h->tcp, &h->eng, &h->net);
	h->net.tcp = &h->tcp;
	neigh_learn(&h->ifp->neigh, &h->peer, &peer_mac);
	h->used_at_open = arena_count(h->arena, ARENA_PKT) +
			  arena_count(h->arena, ARENA_CONN);
}

void kit_host_close(struct kit_host *h)
{
	struct kit_frame *f;

	while ((f = kit_host_take(h)))
		free(f);
	tcp_fini(&h->tcp);
	cr_assert(arena_count(h->arena, ARENA_PKT) == 0,
		  "a pkt was never freed");
	cr_assert(arena_count(h->arena, ARENA_CONN) == 0);
	cr_assert(arena_count(h->arena, ARENA_OTHER) <= 1,
		  "a small object was never freed");
	cr_assert(h->tcp.nconns == 0 && h->tcp.norphans == 0);
	net_fini(&h->net);
	engine_fini(&h->eng);
	link_detach(h->ifp ? h->ifp->link : 0);
	lock_release(&h->eng.lock);
	arena_unmap(h->arena);
}

static void forget_news(struct kit_host *h)
{
	while (!list_is_empty(&h->eng.news)) {
		struct news *n =
			list_entry(h->eng.news.next, struct news, link);

		list_remove(&n->link);
		n->bits = 0;
	}
}

static void run_timers(struct kit_host *h)
{
	struct timer *t;
	int n = 0;

	while ((t = timer_pop_due(&h->eng.timers, h->eng.now))) {
		cr_assert(n++ < 100000, "timers never come to rest");
		if (t->kind == TIMER_TCP)
			tcp_on_timer(t);
		else if (t->kind == TIMER_NEIGH)
			neigh_on_timer(container_of(t, struct neigh, timer));
	}
}

void kit_host_settle(struct kit_host *h)
{
	run_timers(h);
	tcp_flush(&h->tcp);
	if (h->arp_wanted) {
		h->arp_wanted = false;
		neigh_confirm(&h->ifp->neigh, &h->peer, &peer_mac);
	}
	tcp_flush(&h->tcp);
	kit_check(h);
	forget_news(h);
}

void kit_host_set_time(struct kit_host *h, usecs now)
{
	cr_assert(now >= h->eng.now);
	h->eng.now = now;
}

struct kit_frame *kit_host_take(struct kit_host *h)
{
	struct list *first = list_pop(&h->frames);

	if (!first)
		return NULL;
	h->nframes--;
	return list_entry(first, struct kit_frame, link);
}

void kit_host_receive(struct kit_host *h, const struct kit_frame *f)
{
	struct pkt *p = pkt_new(h->arena, f->len + 64, 64);
	enum verdict v;

	if (!p) {
		h->eng.stats.drops[DROP_NO_MEMORY]++;
		return;
	}
	memcpy(pkt_append(p, f->len), f->bytes, f->len);
	p->ifp = h->ifp;
	p->stamp = h->eng.now;
	p->csum = f->csum_partial ? PKT_CSUM_PARTIAL : PKT_CSUM_UNKNOWN;
	p->gso_size = f->gso_size;
	p->segs = 1;
	if (f->gso_size)
		p->segs = (uint16_t)((f->len - 52 + f->gso_size - 1) /
				     f->gso_size);
	v = ip4_input(h->ifp, p);
	if (v == TAKEN)
		return;
	if (v != DONE)
		h->eng.stats.drops[v]++;
	pkt_free(h->arena, p);
}

static bool waits(const struct tcp_conn *c, enum tcp_deadline which)
{
	return c->deadline[which] != USECS_NEVER;
}

/* The right edge of the receive window never retreats. */
static void check_edge(struct kit_host *h, const struct tcp_conn *c)
{
	struct kit_shadow *s = &h->shadow[((uintptr_t)c >> 6) % KIT_SHADOWS];

	if (s->c == c && s->iss == c->iss)
		cr_assert(seq_geq(c->rcv_adv, s->edge),
			  "the right edge moved left");
	*s = (struct kit_shadow){c, c->iss, c->rcv_adv};
}

static void check_sending(const struct tcp_conn *c)
{
	uint32_t flight = tcp_flight(c);

	cr_assert(seq_leq(c->snd_una, c->snd_nxt));
	cr_assert(flight <= c->max_wnd + 2, "flight %u of a window of %u",
		  flight, c->max_wnd);
	if (flight > 0)
		cr_assert(waits(c, TCP_T_REXMIT) || waits(c, TCP_T_PERSIST),
			  "something is in flight and nothing is waited for");
	if (tcp_fsm_can_output(c) && flight == 0 && c->sndq.bytes > 0)
		cr_assert(waits(c, TCP_T_PERSIST) || waits(c, TCP_T_CORK) ||
				  waits(c, TCP_T_RETRY),
			  "data wait for nothing");
	if (tcp_fsm_can_output(c) && c->snd_wnd == 0 && flight == 0 &&
	    c->sndq.bytes > 0)
		cr_assert(waits(c, TCP_T_PERSIST) || waits(c, TCP_T_RETRY));
	cr_assert(!(c->was_full && tcp_is_writable(c)),
		  "a writer was not woken");
	cr_assert(c->cc.cwnd >= c->mss || !tcp_fsm_is_synchronized(c));
}

static void check_receiving(const struct tcp_conn *c)
{
	if (!tcp_fsm_can_receive(c) || waits(c, TCP_T_RETRY) ||
	    c->rcv_nxt == c->irs + 1)
		return;
	/* An ACK that is owed will say it, too. */
	cr_assert(waits(c, TCP_T_DELACK) || !tcp_window_is_update_due(c),
		  "an opened window was not announced");
	if (c->ack_segs >= 2)
		cr_assert(c->ack_now || c->deadline[TCP_T_DELACK] <=
						c->eng->now + MSEC(1),
			  "an ACK is overdue");
	if (c->ack_segs > 0)
		cr_assert(waits(c, TCP_T_DELACK) || c->ack_now);
}

static void check_conn(struct kit_host *h, const struct tcp_conn *c)
{
	if (c->state == TCPS_CLOSED) {
		cr_assert(!c->is_orphan, "a dead conn was not freed");
		cr_assert(c->sndq.bytes == 0 && !c->reasm && !c->sack);
		return;
	}
	cr_assert(c->state != TCPS_TIME_WAIT, "TIME-WAIT needs no conn");
	if (c->state == TCPS_LISTEN)
		return;
	for (int i = 0; i < TCP_NTIMERS; i++) {
		if (!waits(c, (enum tcp_deadline)i))
			continue;
		cr_assert(timer_is_armed(&c->timed.timer) &&
				  c->timed.timer.when <= c->deadline[i],
			  "deadline %d has no timer", i);
	}
	if (c->is_orphan)
		cr_assert(waits(c, TCP_T_LINGER), "an orphan without an end");
	if (c->state == TCPS_SYN_SENT || c->state == TCPS_SYN_RCVD)
		return;
	check_edge(h, c);
	check_sending(c);
	check_receiving(c);
}

void kit_check(struct kit_host *h)
{
	struct tcp_conn *c = NULL;

	while ((c = arena_next(h->arena, ARENA_CONN, c)))
		check_conn(h, c);
	cr_assert(h->tcp.ntime_wait <= LIMIT_TIME_WAIT);
	cr_assert(h->tcp.norphans <= LIMIT_ORPHANS);
}
