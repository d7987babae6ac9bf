/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_in.c - a segment arrives: RFC 9293 3.10.7, in its order
 *
 * What this room is for
 *   Believes a header only after its lengths, checksum and addresses were
 *   looked at, finds whom it is for, and walks through the steps of the RFC,
 *   one function each. The two commonest cases, in-order data and ACKs of new
 *   data, take a short cut first (header prediction).
 *
 * Comes in   ip4.c.
 * Goes out   tcp_ack.c and tcp_data.c for the steps that change much;
 *            tcp_listen.c and tcp_tw.c for what has no connection.
 * Never      sends data: that is left to tcp_flush(), once per batch.
 * Lock       the stack lock is held.
 * Follows    RFC 9293 3.10.7, RFC 5961 3 and 4, RFC 7323 5.
 */
#include <errno.h>

#include "link/cksum.h"
#include "tcp_ack.h"
#include "tcp_child.h"
#include "tcp_data.h"
#include "tcp_ecn.h"
#include "tcp_filter.h"
#include "tcp_fsm.h"
#include "tcp_listen.h"
#include "tcp_out.h"
#include "tcp_priv.h"
#include "tcp_reasm.h"
#include "tcp_reply.h"
#include "tcp_timer.h"
#include "tcp_tw.h"

/* RFC 7323 5.5: after so long a silence the clock may have gone around. */
#define PAWS_IDLE_S (24u * 24 * 3600)

/* Answers to empty unacceptable segments (Linux: tcp_invalid_ratelimit). */
#define OOW_ACK_MS 500u

/* The options every segment of an ordinary connection has, and no other. */
static bool has_plain_ts(const uint8_t *o, size_t len)
{
	return len == TCP_OPT_TS_LEN && o[0] == TCP_OPT_NOP &&
	       o[1] == TCP_OPT_NOP && o[2] == TCP_OPT_TIMESTAMP && o[3] == 10;
}

static uint32_t u32_at(const uint8_t *b)
{
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 |
	       (uint32_t)b[2] << 8 | b[3];
}

static void read_options(struct tcp_seg *s, const uint8_t *o, size_t len)
{
	if (has_plain_ts(o, len) && !(s->flags & TCP_SYN)) {
		s->opt.has_ts = true;
		s->opt.tsval = u32_at(o + 4);
		s->opt.tsecr = u32_at(o + 8);
		return;
	}
	if (len > 0)
		(void)!tcp_opt_parse(o, len, s->flags & TCP_SYN, &s->opt);
}

static bool is_checksum_good(const struct pkt *p, const struct tcp_seg *s)
{
	uint32_t sum;

	if (p->csum != PKT_CSUM_UNKNOWN)
		return true;
	sum = cksum_pseudo(&s->key.remote, &s->key.local, IP_PROTO_TCP, p->len);
	return cksum_fold(cksum_partial(p->data, p->len, sum)) == 0xffff;
}

/* Is it a header, and may one talk to these addresses? */
static enum verdict parse(struct tcp_seg *s)
{
	struct pkt *p = s->p;
	const struct tcp_wire *h = (const void *)p->data;
	size_t len;

	if (p->len < sizeof(*h))
		return DROP_TCP_SHORT;
	len = tcp_wire_len(h);
	if (len < sizeof(*h) || len > p->len)
		return DROP_TCP_OFFSET;
	if (p->to_broadcast || inet_is_multicast(&s->key.local) ||
	    inet_is_multicast(&s->key.remote))
		return DROP_TCP_ADDRESS;
	if (!is_checksum_good(p, s))
		return DROP_TCP_CHECKSUM;

	s->key.lport = be16_get(h->dport);
	s->key.rport = be16_get(h->sport);
	s->seq = be32_get(h->seq);
	s->ack = be32_get(h->ack);
	s->wnd = be16_get(h->window);
	s->urg = be16_get(h->urgent);
	s->flags = h->flags;
	read_options(s, (const uint8_t *)(h + 1), len - sizeof(*h));
	if (!pkt_pull(p, len))
		return DROP_TCP_SHORT;
	s->len = p->len;
	p->seq = s->seq;
	return DONE;
}

/*
 * RFC 7323 5.3 R1: older than what was seen before; 5.5: unless that was so
 * long ago that the peer's clock may be half way round.
 */
static bool is_paws_old(const struct tcp_conn *c, const struct tcp_seg *s)
{
	return c->ts_ok && s->opt.has_ts &&
	       seq_lt(s->opt.tsval, c->ts_recent) &&
	       (uint32_t)(c->eng->now / USECS_PER_SEC) - c->ts_recent_at <
		       PAWS_IDLE_S;
}

/*
 * RFC 7323 4.3: which time stamp our next segment echoes. One that looks old
 * and passed, because the last is outdated, takes its place: or else it would
 * be echoed for another 24 days.
 */
static void note_ts(struct tcp_conn *c, const struct tcp_seg *s)
{
	if (!c->ts_ok || !s->opt.has_ts || is_paws_old(c, s) ||
	    seq_gt(s->seq, c->last_ack_sent))
		return;
	c->ts_recent = s->opt.tsval;
	c->ts_recent_at = (uint32_t)(c->eng->now / USECS_PER_SEC);
}

/*
 * An unacceptable segment is answered with an ACK. Data always, because the
 * peer waits for it; empty segments now and then, lest two hosts acknowledge
 * each other for ever.
 */
static void answer_unacceptable(struct tcp_conn *c, const struct tcp_seg *s)
{
	uint32_t now_ms = (uint32_t)(c->eng->now / 1000) | 1; /* 0: never */

	if (s->flags & TCP_RST)
		return;
	if (s->len == 0 && !(s->flags & (TCP_SYN | TCP_FIN))) {
		if (c->oow_ack_at && now_ms - c->oow_ack_at < OOW_ACK_MS)
			return;
		c->oow_ack_at = now_ms;
	}
	if (s->len > 0 && seq_lt(s->seq, c->rcv_nxt))
		tcp_reasm_on_duplicate(c, s->seq,
				       seq_min(s->seq + s->len, c->rcv_nxt));
	tcp_ack_soon(c);
}

/*
 * RFC 9293 3.10.7.4, first: the window. A segment at its very edge is let
 * through for its ACK, as Linux does: a closed window must not close the other
 * direction.
 */
static bool is_acceptable(const struct tcp_conn *c, const struct tcp_seg *s)
{
	tcp_seq edge = c->rcv_nxt + tcp_rcv_wnd(c), end = tcp_seg_end(s);

	if (s->seq == end)
		return seq_leq(c->rcv_nxt, s->seq) && seq_leq(s->seq, edge);
	return seq_gt(end, c->rcv_nxt) && seq_leq(s->seq, edge);
}

/* Cuts off what we have, and what is beyond the window. */
static void trim(struct tcp_conn *c, struct tcp_seg *s)
{
	tcp_seq edge = c->rcv_nxt + tcp_rcv_wnd(c);
	uint32_t known;

	if (seq_lt(s->seq, c->rcv_nxt)) {
		known = c->rcv_nxt - s->seq;
		if (s->flags & TCP_SYN) {
			s->flags &= (uint8_t)~TCP_SYN;
			s->seq++;
			known--;
		}
		known = MIN(known, s->len);
		pkt_pull(s->p, known);
		s->seq += known;
		s->len -= known;
	}
	if (s->len > 0 && seq_gt(s->seq + s->len, edge)) {
		s->len = edge - s->seq;
		pkt_trim(s->p, s->len);
		s->flags &= (uint8_t) ~(TCP_FIN | TCP_PSH);
		tcp_ack_soon(c);
	}
	if ((s->flags & TCP_FIN) && seq_gt(s->seq + s->len, edge))
		s->flags &= (uint8_t)~TCP_FIN;
	s->p->seq = s->seq;
}

static enum verdict check_sequence(struct tcp_conn *c, struct tcp_seg *s)
{
	if (UNLIKELY(is_paws_old(c, s)) && !(s->flags & TCP_RST)) {
		stats_add(&c->eng->stats, STAT_TCP_PAWS_REJECTED, 1);
		answer_unacceptable(c, s);
		return DROP_TCP_PAWS;
	}
	if (!is_acceptable(c, s)) {
		answer_unacceptable(c, s);
		return DROP_TCP_WINDOW;
	}
	return DONE;
}

static int reset_error(const struct tcp_conn *c)
{
	switch ((enum tcp_state)c->state) {
	case TCPS_SYN_SENT:
	case TCPS_SYN_RCVD:
		return ECONNREFUSED;
	case TCPS_CLOSE_WAIT:
		return EPIPE;
	case TCPS_ESTABLISHED:
	case TCPS_FIN_WAIT_1:
	case TCPS_FIN_WAIT_2:
		return ECONNRESET;
	case TCPS_CLOSED:
	case TCPS_LISTEN:
	case TCPS_CLOSING:
	case TCPS_LAST_ACK:
	case TCPS_TIME_WAIT:
		break;
	}
	return 0;
}

/* Second: RFC 5961 3.2, only the exact next sequence number resets. */
static enum verdict check_rst(struct tcp_conn *c, const struct tcp_seg *s)
{
	if (!(s->flags & TCP_RST))
		return DONE;
	if (s->seq != c->rcv_nxt) {
		tcp_ack_challenge(c);
		return DROP_TCP_RST;
	}
	stats_add(&c->eng->stats, STAT_TCP_ESTAB_RESETS, 1);
	tcp_finish(c, reset_error(c));
	return DONE;
}

/*
 * Fourth: RFC 5961 4.2. The peer's SYN-ACK of a simultaneous open is not a
 * surprise: its ACK counts.
 */
static enum verdict check_syn(struct tcp_conn *c, struct tcp_seg *s)
{
	if (!(s->flags & TCP_SYN))
		return DONE;
	tcp_ack_challenge(c);
	return DROP_TCP_SYN;
}

static bool is_crossing_syn_ack(const struct tcp_conn *c,
				const struct tcp_seg *s)
{
	return c->state == TCPS_SYN_RCVD && (s->flags & TCP_SYN) &&
	       (s->flags & TCP_ACK) && !(s->flags & TCP_RST) &&
	       s->seq + 1 == c->rcv_nxt && s->ack == c->snd_nxt;
}

/* RFC 9293 3.10.7.4, all other states. */
static enum verdict in_synchronized(struct tcp_conn *c, struct tcp_seg *s)
{
	uint32_t in_flight = tcp_flight(c);
	enum verdict v, text;

	if (is_crossing_syn_ack(c, s)) {
		s->flags &= (uint8_t)~TCP_SYN;
		s->seq++;
		s->p->seq++;
	}
	v = check_sequence(c, s);
	if (v != DONE)
		return v;
	v = check_rst(c, s);
	if (v != DONE || c->state == TCPS_CLOSED)
		return v;
	v = check_syn(c, s);
	if (v != DONE)
		return v;
	if (!(s->flags & TCP_ACK))
		return DROP_TCP_NO_ACK;
	note_ts(c, s);
	tcp_timer_on_heard(c);
	trim(c, s);
	if (UNLIKELY(c->ecn_ok))
		tcp_ecn_on_segment(c, s);
	v = tcp_ack_step(c, s);
	if (v != DONE || c->state == TCPS_CLOSED)
		return v;
	if (UNLIKELY(c->ecn_ok))
		tcp_ecn_on_ack(c, s, in_flight);
	tcp_data_urgent(c, s);
	text = s->len > 0 || (s->flags & TCP_FIN) ? tcp_data_text(c, s) : DONE;
	return text;
}

/* The peer's SYN: what its sequence numbers begin with. */
static void take_syn(struct tcp_conn *c, struct tcp_seg *s)
{
	c->irs = s->seq;
	/* rcv_nxt was 0 while our SYN announced a window. */
	c->rcv_adv += s->seq + 1;
	c->rcv_nxt = s->seq + 1;
	c->last_ack_sent = c->rcv_nxt;
	tcp_apply_syn_options(c, &s->opt);
}

/* See tcp_ack_silent(). Both ends in one stack may be one thread, which accepts
 * next. */
static void ack_the_syn(struct tcp_conn *c)
{
	if (!c->tcp->has_sleepers || !c->path.ifp || c->path.ifp->is_loopback) {
		tcp_ack_soon(c);
		return;
	}
	tcp_ack_silent(c->tcp);
	c->tcp->silent = c;
	tcp_timer_on_ack_held(c);
}

/* RFC 9293 3.10.7.3. */
static enum verdict in_syn_sent(struct tcp_conn *c, struct tcp_seg *s)
{
	bool acks = s->flags & TCP_ACK;

	if (acks && s->ack != c->snd_nxt) {
		tcp_reply_reset(c->tcp, s);
		return DROP_TCP_ACK;
	}
	if (s->flags & TCP_RST) {
		if (!acks)
			return DROP_TCP_RST;
		stats_add(&c->eng->stats, STAT_TCP_ATTEMPT_FAILS, 1);
		tcp_finish(c, ECONNREFUSED);
		return DONE;
	}
	if (!(s->flags & TCP_SYN))
		return DROP_TCP_STATE;

	take_syn(c, s);
	if (!acks) {
		/* Simultaneous open: our SYN goes again, with an ACK. */
		tcp_fsm_on_peer_syn(c);
		tcp_out_syn(c);
		return DONE;
	}
	tcp_ecn_on_syn_ack(c, s);
	tcp_ack_establish(c, s);
	/* A client that asks at once has a dialogue in mind (Linux). */
	c->last_data_rx = c->eng->now;
	ack_the_syn(c);

	/* Text and FIN that came along, behind the SYN. */
	s->flags &= (uint8_t)~TCP_SYN;
	s->seq++;
	if (s->len == 0 && !(s->flags & TCP_FIN))
		return DONE;
	trim(c, s);
	return tcp_data_text(c, s);
}

/*
 * Header prediction (Jacobson): nothing is lost, nothing is urgent, the window
 * is as before, and the segment is the very next one.
 */
static bool is_predicted(const struct tcp_conn *c, const struct tcp_seg *s)
{
	return c->state == TCPS_ESTABLISHED &&
	       (s->flags & ~TCP_PSH) == TCP_ACK && s->seq == c->rcv_nxt &&
	       s->opt.nsack == 0 && !c->reasm && !c->urg_seen &&
	       c->recovery == TCP_RECOVER_NONE && !c->probing &&
	       !(c->ecn_ok && tcp_ecn_is_marked(s)) &&
	       s->wnd << c->snd_wscale == c->snd_wnd &&
	       (!c->ts_ok || !s->opt.has_ts ||
		seq_geq(s->opt.tsval, c->ts_recent));
}

static bool on_predicted(struct tcp_conn *c, struct tcp_seg *s, enum verdict *v)
{
	if (s->len == 0) {
		if (!seq_gt(s->ack, c->snd_una) || seq_gt(s->ack, c->snd_nxt))
			return false;
		note_ts(c, s);
		tcp_timer_on_heard(c);
		tcp_ack_new(c, s);
		*v = DONE;
		return true;
	}
	if (s->ack != c->snd_una || s->len > tcp_rcv_wnd(c) ||
	    c->rcvq.cost > c->rcvbuf ||
	    arena_room_left(c->eng->arena) >= ARENA_ROOM_FULL)
		return false;
	note_ts(c, s);
	tcp_timer_on_heard(c);
	tcp_data_in_order(c, s);
	*v = TAKEN;
	return true;
}

static enum verdict conn_input(struct tcp_conn *c, struct tcp_seg *s)
{
	enum verdict v;

	c->segs_in += MAX(s->p->segs, 1);
	c->heard = c->tcp->eng->cause;
	if (is_predicted(c, s) && on_predicted(c, s, &v))
		return v;
	if (c->state == TCPS_SYN_SENT)
		return in_syn_sent(c, s);
	return in_synchronized(c, s);
}

enum verdict tcp_child_input(struct tcp_conn *child, struct tcp_seg *s)
{
	tcp_begin(child);
	return in_synchronized(child, s);
}

/* The segment is c's, be it a listener or not. */
static enum verdict input_to(struct tcp_conn *c, struct tcp_seg *s, tcp_seq iss)
{
	enum verdict v;

	if (UNLIKELY(c->is_filtered) && !tcp_filter_takes(c, s))
		return DROP_FILTERED;
	tcp_begin(c);
	v = c->state == TCPS_LISTEN ? tcp_listen_input(c, s, iss)
				    : conn_input(c, s);
	tcp_work_on(s->tcp, NULL);
	return v;
}

/* Nobody's: RFC 9293 3.10.7.1. */
static enum verdict to_nobody(struct tcp *t, const struct tcp_seg *s)
{
	tcp_reply_reset(t, s);
	return DROP_TCP_PORT;
}

enum verdict tcp_input(struct tcp *t, struct iface *ifp, struct pkt *p,
		       const struct inet_addr *src, const struct inet_addr *dst)
{
	struct tcp_seg s = {
		.tcp = t,
		.ifp = ifp,
		.p = p,
		.key = {.local = *dst, .remote = *src},
	};
	struct binding *b;
	tcp_seq iss = 0;
	enum verdict v;

	MUST_HOLD(&t->eng->lock);
	v = parse(&s);
	if (v != DONE)
		return v;
	stats_add(&t->eng->stats, STAT_TCP_IN_SEGS, MAX(p->segs, 1));

	b = ports_find_tuple(&t->ports, &s.key);
	if (b && (b->flags & BINDING_TIME_WAIT)) {
		bool reopen;

		v = tcp_tw_input(t, b, &s, &reopen, &iss);
		if (!reopen)
			return v;
		b = NULL;
	}
	if (b)
		return input_to(container_of(b, struct tcp_conn, b), &s, 0);
	b = ports_find_bound(&t->ports, &s.key, net_heard_on(ifp, dst), true);
	if (!b)
		return to_nobody(t, &s);
	return input_to(container_of(b, struct tcp_conn, b), &s, iss);
}
