/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_listen.c - half-open and accept queues, their limits
 *
 * What this room is for
 *   LISTEN and the passive half of SYN-RECEIVED. A SYN makes a small object;
 *   the ACK of our SYN-ACK makes a connection of it. All that wait equally
 *   long for their next SYN-ACK are in one list, so the timer is that of
 *   the first in each list.
 *
 * Comes in   tcp_in.c with what no connection wanted.
 * Goes out   SYN-ACKs through tcp_reply.c; a new connection to tcp_in.c.
 * Never      resets because a queue is full. A peer that is complete but finds
 * no place comes in when accept() makes one (Linux: with its next try). Lock
 * the stack lock is held. Follows    RFC 9293 3.10.7.2, 3.10.7.4, RFC 4987, RFC
 * 5961.
 */
#include "tcp_listen.h"

#include "tcp_ack.h"
#include "tcp_child.h"
#include "tcp_cookie.h"
#include "tcp_ecn.h"
#include "tcp_reply.h"
#include "tcp_timer.h"
#include "tcp_window.h"

/* After the last cookie was sent, ACKs may still bring one back. */
#define COOKIES_US SEC(128)

static struct tcp_half *half_of(struct list *link)
{
	return list_entry(link, struct tcp_half, link);
}

static struct tcp_half *find_half(struct tcp_conn *c,
				  const struct ports_tuple *key)
{
	struct engine *eng = c->eng;
	struct tcp_half *h;

	HASH_FIND(hh, c->listener->halves, key, sizeof(*key), h);
	return h;
}

/* RFC 6298 5.5 for SYN-ACKs: 1 s, doubled with each. */
static usecs due_at(const struct tcp_half *h)
{
	return h->sent_at + (LIMIT_RTO_INIT_US << h->tries);
}

static void arm(struct tcp_conn *c)
{
	usecs next = USECS_NEVER;

	for (uint32_t i = 0; i <= LIMIT_TCP_SYNACK_RETRIES; i++) {
		struct list *first = list_first(&c->listener->waiting[i]);

		if (first)
			next = MIN(next, due_at(half_of(first)));
	}
	tcp_timer_on_half_open(c, next);
}

static void forget(struct tcp_conn *c, struct tcp_half *h)
{
	struct engine *eng = c->eng;

	list_remove(&h->link);
	list_remove(&h->in_acked);
	HASH_DEL(c->listener->halves, h);
	c->listener->nhalves--;
	arena_free(eng->arena, h);
}

static bool is_accept_full(const struct tcp_conn *c)
{
	return c->listener->naccept > c->listener->backlog;
}

/* The options of our SYN-ACK agree to what the SYN proposed. */
static void answer_options(const struct tcp_half *h, uint32_t tsval,
			   struct tcp_options *o)
{
	o->has_mss = true;
	o->mss = h->adv_mss;
	o->has_wscale = h->opt.has_wscale;
	o->wscale = h->rcv_wscale;
	o->sack_permitted = h->opt.sack_permitted;
	o->has_ts = h->opt.has_ts;
	o->tsval = tsval;
	o->tsecr = h->ts_recent;
}

static void send_syn_ack(struct tcp_conn *c, const struct tcp_half *h,
			 uint32_t tsval)
{
	struct tcp_reply r = {
		.key = h->key,
		.seq = h->iss,
		.ack = h->irs + 1,
		.flags = (uint8_t)(TCP_SYN | TCP_ACK |
				   (h->has_ecn ? TCP_ECE : 0)),
		.window = (uint16_t)MIN(c->rcvbuf, 65535u),
		.manner = *tcp_manner_of(c, &h->key.remote),
	};

	answer_options(h, tsval, &r.opt);
	tcp_reply_send(c->tcp, &r);
}

static uint32_t ts_now(const struct tcp_conn *c, const struct tcp_half *h)
{
	return (uint32_t)(c->eng->now / 1000) + h->ts_offset;
}

static void fill_half(struct tcp_conn *c, const struct tcp_seg *s,
		      struct tcp_half *h)
{
	*h = (struct tcp_half){
		.key = s->key,
		.irs = s->seq,
		.ts_recent = s->opt.tsval,
		.ts_offset = tcp_make_ts_offset(c->tcp, &s->key),
		.wnd = (uint16_t)s->wnd,
		.adv_mss = tcp_adv_mss(s->ifp, &s->key.remote, c->user_mss),
		.rcv_wscale = tcp_window_scale(c),
		.made_at = c->eng->now,
		.sent_at = c->eng->now,
		.has_ecn = tcp_ecn_is_asked(s),
		.opt = s->opt,
	};
	list_init(&h->link);
	list_init(&h->in_acked);
}

/* Nothing is remembered: what the ACK brings back must do. */
static enum verdict answer_with_cookie(struct tcp_conn *c,
				       const struct tcp_seg *s)
{
	uint16_t mss =
		s->opt.has_mss ? s->opt.mss : tcp_mss_unsaid(&s->key.remote);
	struct tcp_half h;
	uint32_t tsval;

	fill_half(c, s, &h);
	h.has_ecn = false; /* a cookie has no room for it */
	h.iss = tcp_cookie_make(c->tcp, &s->key, s->seq, mss);
	tsval = ts_now(c, &h);
	if (s->opt.has_ts) {
		tsval = tcp_cookie_ts(tsval, &s->opt);
	} else {
		/* No time stamp to carry them. */
		h.opt.has_wscale = false;
		h.opt.sack_permitted = false;
	}
	c->listener->cookies_until = c->eng->now + COOKIES_US;
	stats_add(&c->eng->stats, STAT_TCP_SYN_COOKIES_SENT, 1);
	send_syn_ack(c, &h, tsval);
	return DONE;
}

/* RFC 9293 3.10.7.2, third: a SYN. */
static enum verdict on_syn(struct tcp_conn *c, const struct tcp_seg *s,
			   tcp_seq iss)
{
	struct tcp_listener *l = c->listener;
	struct engine *eng = c->eng;
	struct tcp_half *h;

	if (is_accept_full(c)) {
		stats_add(&eng->stats, STAT_TCP_LISTEN_OVERFLOWS, 1);
		return DROP_TCP_LISTEN_FULL;
	}
	if (l->nhalves >= LIMIT_SYN_QUEUE)
		return answer_with_cookie(c, s);
	h = arena_alloc(eng->arena, sizeof(*h), ARENA_OTHER);
	if (!h)
		return answer_with_cookie(c, s);
	fill_half(c, s, h);
	h->iss = iss ? iss : tcp_make_iss(c->tcp, &s->key);
	HASH_ADD(hh, l->halves, key, sizeof(h->key), h);
	if (!h->hh.tbl) {
		arena_free(eng->arena, h);
		return answer_with_cookie(c, s);
	}
	l->nhalves++;
	list_push(&l->waiting[0], &h->link);
	arm(c);
	send_syn_ack(c, h, ts_now(c, h));
	return DONE;
}

static uint32_t half_window(const struct tcp_conn *c)
{
	return MIN(c->rcvbuf, 65535u);
}

/* An ACK in answer to something strange from a half-open peer. */
static void ack_half(struct tcp_conn *c, struct tcp_half *h)
{
	struct tcp_reply r = {
		.key = h->key,
		.seq = h->iss + 1,
		.ack = h->irs + 1,
		.flags = TCP_ACK,
		.window = (uint16_t)(half_window(c) >> h->rcv_wscale),
	};

	r.opt.has_ts = h->opt.has_ts;
	r.opt.tsval = ts_now(c, h);
	r.opt.tsecr = h->ts_recent;
	tcp_reply_send(c->tcp, &r);
}

static void enqueue(struct tcp_conn *c, struct tcp_conn *child)
{
	list_push(&c->listener->accept, &child->in_queue);
	c->listener->naccept++;
	child->listener = c->listener;
	tcp_tell(c, NEWS_ACCEPTABLE);
}

/*
 * Everything fits: a connection is made, unless the program should not see it
 * yet (TCP_DEFER_ACCEPT) or has no room for it. Then the peer's next segment
 * tries again.
 */
static enum verdict complete(struct tcp_conn *c, struct tcp_half *h,
			     struct tcp_seg *s)
{
	struct tcp_conn *child;

	if (c->defer_accept && s->len == 0 && !(s->flags & TCP_FIN) &&
	    c->eng->now < h->made_at + SEC(c->defer_accept)) {
		h->is_acked = true;
		return DONE;
	}
	if (is_accept_full(c)) {
		h->is_acked = true;
		if (list_is_linked(&h->link) && !list_is_linked(&h->in_acked))
			list_push(&c->listener->acked, &h->in_acked);
		stats_add(&c->eng->stats, STAT_TCP_LISTEN_OVERFLOWS, 1);
		return DROP_TCP_LISTEN_FULL;
	}
	child = tcp_child_new(c, h);
	if (!child)
		return DROP_NO_MEMORY;
	enqueue(c, child);
	return tcp_child_input(child, s);
}

/* The same SYN once more; anything else with SYN is a challenge. */
static enum verdict on_half_syn(struct tcp_conn *c, struct tcp_half *h,
				const struct tcp_seg *s)
{
	if (s->seq == h->irs && !(s->flags & TCP_ACK)) {
		send_syn_ack(c, h, ts_now(c, h));
		return DONE;
	}
	ack_half(c, h);
	return DROP_TCP_SYN;
}

/* RFC 9293 3.10.7.4 for SYN-RECEIVED, in its order. */
static enum verdict on_half(struct tcp_conn *c, struct tcp_half *h,
			    struct tcp_seg *s)
{
	bool in_window = seq_in(s->seq, h->irs + 1, half_window(c)) ||
			 seq_in(tcp_seg_end(s) - 1, h->irs + 1, half_window(c));
	enum verdict v;

	if (s->flags & TCP_RST) {
		if (s->seq == h->irs + 1) {
			forget(c, h);
			arm(c);
			return DONE;
		}
		if (in_window)
			ack_half(c, h);
		return DROP_TCP_RST;
	}
	if (s->flags & TCP_SYN)
		return on_half_syn(c, h, s);
	if (h->opt.has_ts && s->opt.has_ts &&
	    seq_lt(s->opt.tsval, h->ts_recent)) {
		ack_half(c, h);
		return DROP_TCP_PAWS;
	}
	if (!in_window) {
		ack_half(c, h);
		return DROP_TCP_WINDOW;
	}
	if (!(s->flags & TCP_ACK))
		return DROP_TCP_NO_ACK;
	if (s->ack != h->iss + 1) {
		tcp_reply_reset(c->tcp, s);
		return DROP_TCP_ACK;
	}
	v = complete(c, h, s);
	if (v == TAKEN || (v == DONE && !h->is_acked) ||
	    ports_find_tuple(&c->tcp->ports, &s->key)) {
		forget(c, h);
		arm(c);
	}
	return v;
}

/* An ACK out of the blue: perhaps of a cookie. */
static enum verdict on_ack(struct tcp_conn *c, struct tcp_seg *s)
{
	struct tcp_half h;
	uint16_t mss = 0;

	if (c->eng->now < c->listener->cookies_until)
		mss = tcp_cookie_check(c->tcp, &s->key, s->seq - 1, s->ack - 1);
	if (!mss) {
		tcp_reply_reset(c->tcp, s);
		return DROP_TCP_COOKIE;
	}
	stats_add(&c->eng->stats, STAT_TCP_SYN_COOKIES_RECV, 1);
	fill_half(c, s, &h);
	h.irs = s->seq - 1;
	h.iss = s->ack - 1;
	h.tries = 1; /* no round trip was measured */
	h.opt.has_mss = true;
	h.opt.mss = mss;
	if (s->opt.has_ts)
		tcp_cookie_read_ts(s->opt.tsecr, &h.opt);
	return complete(c, &h, s);
}

/* RFC 9293 3.10.7.2. */
enum verdict tcp_listen_input(struct tcp_conn *c, struct tcp_seg *s,
			      tcp_seq iss)
{
	struct tcp_half *h = find_half(c, &s->key);

	if (h)
		return on_half(c, h, s);
	if (s->flags & TCP_RST)
		return DROP_TCP_RST;
	if (s->flags & TCP_SYN) {
		if (s->flags & TCP_ACK) {
			tcp_reply_reset(c->tcp, s);
			return DROP_TCP_ACK;
		}
		if (s->flags & TCP_FIN)
			return DROP_TCP_STATE;
		return on_syn(c, s, iss);
	}
	if (s->flags & TCP_ACK)
		return on_ack(c, s);
	return DROP_TCP_STATE;
}

void tcp_listen_on_timer(struct tcp_conn *c)
{
	for (uint32_t i = 0; i <= LIMIT_TCP_SYNACK_RETRIES; i++) {
		struct list *waiting = &c->listener->waiting[i];

		while (!list_is_empty(waiting)) {
			struct tcp_half *h = half_of(waiting->next);

			if (due_at(h) > c->eng->now)
				break;
			if (h->tries >= LIMIT_TCP_SYNACK_RETRIES) {
				forget(c, h);
				continue;
			}
			h->tries++;
			h->sent_at = c->eng->now;
			list_remove(&h->link);
			list_push(&c->listener->waiting[h->tries], &h->link);
			/* A deferred peer has acknowledged already; it is
			 * asked again only at the end of its time (Linux). */
			if (!h->is_acked || !c->defer_accept ||
			    c->eng->now >= h->made_at + SEC(c->defer_accept))
				send_syn_ack(c, h, ts_now(c, h));
		}
	}
	arm(c);
}

/* RFC 5927: only if it quotes what we sent. */
void tcp_listen_on_icmp(struct tcp_conn *c, const struct ports_tuple *key,
			tcp_seq seq)
{
	struct tcp_half *h = find_half(c, key);

	if (!h || seq != h->iss)
		return;
	forget(c, h);
	arm(c);
}

void tcp_listen_close(struct tcp_conn *c)
{
	struct tcp_listener *l = c->listener;

	for (uint32_t i = 0; i <= LIMIT_TCP_SYNACK_RETRIES; i++) {
		while (!list_is_empty(&l->waiting[i]))
			forget(c, half_of(l->waiting[i].next));
	}
	while (!list_is_empty(&l->accept)) {
		struct tcp_conn *child =
			list_entry(l->accept.next, struct tcp_conn, in_queue);

		tcp_listen_remove(child);
		tcp_abort(child);
	}
	tcp_begin(c);
	arena_free(c->eng->arena, l);
	c->listener = NULL;
}

/* As if its ACK came once more, which the half remembers. */
static void bring_in(struct tcp_conn *c, struct tcp_half *h)
{
	struct tcp_conn *child = tcp_child_new(c, h);
	struct tcp_seg ack = {
		.tcp = c->tcp,
		.key = h->key,
		.seq = h->irs + 1,
		.ack = h->iss + 1,
		.flags = TCP_ACK,
	};

	if (!child)
		return;
	ack.wnd = (uint32_t)h->wnd >> child->snd_wscale;
	child->rtt_at = 0; /* the ACK came long ago */
	tcp_ack_establish(child, &ack);
	enqueue(c, child);
	forget(c, h);
	arm(c);
}

void tcp_listen_on_room(struct tcp_conn *c)
{
	struct list *first = list_first(&c->listener->acked);

	if (first && !is_accept_full(c))
		bring_in(c, list_entry(first, struct tcp_half, in_acked));
}

void tcp_listen_remove(struct tcp_conn *child)
{
	if (!tcp_is_queued(child))
		return;
	list_remove(&child->in_queue);
	child->listener->naccept--;
	child->listener = NULL;
}

bool tcp_listen_claim(struct tcp_conn *c)
{
	struct tcp_listener *l = c->listener;
	struct arena *a = c->eng->arena;

	if (!arena_claim(a, l, ARENA_OTHER))
		return false;
	l->nhalves = 0;
	for (uint32_t i = 0; i <= LIMIT_TCP_SYNACK_RETRIES; i++)
		l->nhalves += arena_claim_list(a, &l->waiting[i], ARENA_OTHER,
					       offsetof(struct tcp_half, link));
	l->naccept = arena_claim_list(a, &l->accept, ARENA_CONN,
				      offsetof(struct tcp_conn, in_queue));
	list_for_each (it, &l->accept)
		list_entry(it, struct tcp_conn, in_queue)->listener = l;
	return true;
}

/* Complete, without a place, and not waiting for data: see complete(). */
static bool lacks_place(const struct tcp_conn *c, const struct tcp_half *h)
{
	return h->is_acked && !c->defer_accept;
}

static void rebuild_half(struct tcp_conn *c, struct tcp_half *h)
{
	struct tcp_listener *l = c->listener;
	struct engine *eng = c->eng;

	list_init(&h->in_acked);
	/* Its conn was made, and it was to be forgotten. */
	if (ports_find_tuple(&c->tcp->ports, &h->key)) {
		list_remove(&h->link);
		l->nhalves--;
		arena_free(eng->arena, h);
		return;
	}
	HASH_ADD(hh, l->halves, key, sizeof(h->key), h);
	if (lacks_place(c, h))
		list_push(&l->acked, &h->in_acked);
}

void tcp_listen_rebuild(struct tcp_conn *c)
{
	struct tcp_listener *l = c->listener;

	l->halves = NULL;
	list_init(&l->acked);
	for (uint32_t i = 0; i <= LIMIT_TCP_SYNACK_RETRIES; i++) {
		list_for_each_safe (it, next, &l->waiting[i])
			rebuild_half(c, half_of(it));
	}
	arm(c);
}
