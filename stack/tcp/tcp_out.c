/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_out.c - decide what may be sent, and send it
 *
 * What this room is for
 *   Three windows bound the sender: the peer's, the congestion window, and what
 *   there is to send. Within them manners decide: no silly small segments
 *   (Nagle as Minshall has it, RFC 1122 4.2.3.4), and super-segments as large
 *   as can be.
 *
 * Comes in   tcp_flush() after input, tcp_user.c after writing, timers.
 * Goes out   tcp_segment.c; tcp_recover.c says what to resend; deadlines
 *            to tcp_timer.c.
 * Lock       the stack lock is held.
 * Follows    RFC 9293 3.8, RFC 5681, RFC 896, RFC 1122 4.2.3.4.
 */
#define LOG_ROOM LOG_ROOM_TCP

#include "tcp_out.h"

#include <errno.h>

#include "tcp_ecn.h"
#include "tcp_fsm.h"
#include "tcp_priv.h"
#include "tcp_recover.h"
#include "tcp_segment.h"
#include "tcp_tail.h"
#include "tcp_timer.h"

/* What keeps the sender from sending more. */
enum held_by {
	HELD_BY_NOTHING, /* all was sent */
	HELD_BY_CWND,
	HELD_BY_WINDOW,
	HELD_BY_MANNERS, /* a small segment waits for company */
	HELD_BY_CORK,
	HELD_BY_LINK,
};

/* The sequence number behind the last queued byte, where our FIN stands. */
static tcp_seq data_end(const struct tcp_conn *c)
{
	return c->snd_una + (uint32_t)c->sndq.bytes;
}

/* Bytes the peer lets us send from snd_nxt on. */
static uint32_t window_room(const struct tcp_conn *c)
{
	uint32_t flight = tcp_flight(c);

	return c->snd_wnd > flight ? c->snd_wnd - flight : 0;
}

static uint32_t cwnd_room(const struct tcp_conn *c)
{
	uint32_t pipe = tcp_recover_pipe(c);

	return c->cc.cwnd > pipe ? c->cc.cwnd - pipe : 0;
}

/*
 * While ACKs are still to come, and so more room, a large window is not spent
 * in small pieces (Linux: tcp_tso_should_defer). Never near the end of what
 * is in flight: the next ACK must be certain.
 */
static bool is_better_later(const struct tcp_conn *c, uint32_t room,
			    uint32_t unsent)
{
	uint32_t most = tcp_segment_max(c);
	uint32_t window = MIN(c->cc.cwnd, c->snd_wnd);

	if (most == c->mss || c->recovery != TCP_RECOVER_NONE)
		return false;
	if (room >= unsent || room >= most || room >= window / 3)
		return false;
	return tcp_flight(c) >= 4u * c->mss;
}

/* May a segment shorter than c->mss, the last one there is, go now? */
static enum held_by judge_small(struct tcp_conn *c)
{
	bool fin = tcp_fsm_wants_fin(c);

	if (c->urg_sending || fin)
		return HELD_BY_NOTHING;
	if ((c->cork || c->send_more) && !c->cork_expired)
		return HELD_BY_CORK;
	if (!c->nodelay && tcp_flight(c) > 0 && seq_gt(c->snd_sml, c->snd_una))
		return HELD_BY_MANNERS;
	return HELD_BY_NOTHING;
}

/* How much of the unsent may go in one piece now; if none, why. */
static uint32_t decide(struct tcp_conn *c, uint32_t unsent, enum held_by *why)
{
	uint32_t wnd = window_room(c), cwnd = cwnd_room(c);
	uint32_t len = MIN(unsent, tcp_segment_max(c));

	*why = HELD_BY_NOTHING;
	if (cwnd < MIN(unsent, c->mss)) {
		*why = HELD_BY_CWND;
		return 0;
	}
	if (is_better_later(c, MIN(wnd, cwnd), unsent)) {
		*why = cwnd <= wnd ? HELD_BY_CWND : HELD_BY_WINDOW;
		return 0;
	}
	len = MIN(len, cwnd);
	if (len > wnd) {
		len = wnd;
		/* RFC 1122 4.2.3.4: a piece of a segment only if it is half
		 * of what the peer ever offered. */
		if (len < c->mss && len < MAX(c->max_wnd / 2, 1u)) {
			*why = HELD_BY_WINDOW;
			return 0;
		}
	}
	if (len == unsent && len % c->mss) {
		/* The tail: whole segments go, the rest is judged. */
		*why = judge_small(c);
		if (*why != HELD_BY_NOTHING)
			return len - len % c->mss;
		return len;
	}
	return len > c->mss ? len - len % c->mss : len;
}

/* RFC 5681 4.1: after a pause the old window says nothing about the path. */
static void restart_after_idle(struct tcp_conn *c)
{
	if (tcp_flight(c) == 0 && c->last_tx &&
	    c->eng->now - c->last_tx > tcp_rtt_rto_us(&c->rtt))
		tcp_cc_on_idle(&c->cc);
}

/* Book-keeping for something new that left: n bytes, perhaps a FIN. */
static void on_new_sent(struct tcp_conn *c, uint32_t n, bool fin)
{
	if (n % c->mss)
		c->snd_sml = c->snd_nxt + n;
	c->snd_nxt += n + fin;
	c->fin_sent |= fin;
	if (UNLIKELY(c->sack != NULL))
		tcp_recover_on_sent(c);
	if (!c->rtt_at) {
		c->rtt_at = c->eng->now;
		c->rtt_seq = c->snd_nxt;
	}
	/* Answering within the ACK delay is what a dialogue looks like. */
	if (n > 0 && c->last_data_rx &&
	    c->eng->now - c->last_data_rx < LIMIT_DELACK_US)
		c->pingpong = true;
	c->last_tx = c->eng->now;
	c->probing = false;
	tcp_timer_on_sent(c);
	tcp_tail_on_progress(c);
}

/* Sends new data as far as all windows go. */
static enum held_by send_new(struct tcp_conn *c)
{
	enum held_by why = HELD_BY_NOTHING;
	uint32_t unsent = tcp_unsent_bytes(c);

	if (unsent > 0)
		restart_after_idle(c);
	while (unsent > 0) {
		struct tcp_shape s = {.seq = c->snd_nxt};
		bool fin;
		ssize_t n;

		s.len = decide(c, unsent, &why);
		if (s.len == 0)
			return why;
		fin = tcp_fsm_wants_fin(c) && s.len == unsent &&
		      window_room(c) > s.len;
		s.flags = (uint8_t)((s.len == unsent ? TCP_PSH : 0) |
				    (fin ? TCP_FIN : 0));
		n = tcp_segment_send(c, &s);
		if (n < 0)
			return HELD_BY_LINK;
		on_new_sent(c, (uint32_t)n, fin && (uint32_t)n == s.len);
		unsent -= (uint32_t)n;
		if (why != HELD_BY_NOTHING)
			return why;
	}
	return HELD_BY_NOTHING;
}

/* A FIN that no data carried. It needs no window (as BSD and Linux). */
static enum held_by send_fin(struct tcp_conn *c)
{
	struct tcp_shape s = {.seq = c->snd_nxt, .flags = TCP_FIN};

	if (!tcp_fsm_wants_fin(c) || c->fin_sent || tcp_unsent_bytes(c) > 0)
		return HELD_BY_NOTHING;
	if (tcp_segment_send(c, &s) < 0)
		return HELD_BY_LINK;
	on_new_sent(c, 0, true);
	return HELD_BY_NOTHING;
}

/* Sends [seg->from, seg->to) again, which may end with our FIN. */
static bool resend(struct tcp_conn *c, struct range *seg)
{
	tcp_seq end = data_end(c);
	bool fin = c->fin_sent && seq_gt(seg->to, end);
	struct tcp_shape s = {.seq = seg->from};
	ssize_t n;

	s.len = seg->to - seg->from - fin;
	s.flags = (uint8_t)((fin ? TCP_FIN : 0) |
			    (seg->to - fin == end ? TCP_PSH : 0));
	n = tcp_segment_send(c, &s);
	if (n < 0)
		return false;
	seg->to = seg->from + (uint32_t)n + (fin && (uint32_t)n == s.len);
	c->last_tx = c->eng->now;
	c->total_retrans++;
	stats_add(&c->eng->stats, STAT_TCP_RETRANS_SEGS, 1);
	tcp_recover_on_resent(c, seg);
	tcp_timer_on_sent(c);
	return true;
}

/* What is lost goes first. False: the link is full. */
static bool resend_lost(struct tcp_conn *c)
{
	struct range seg;

	while (c->recovery != TCP_RECOVER_NONE) {
		bool can_send_new =
			tcp_unsent_bytes(c) > 0 && window_room(c) > 0;

		if (!c->rxt_force && cwnd_room(c) < c->mss)
			return true;
		if (!tcp_recover_next(c, can_send_new, &seg))
			return true;
		if (!resend(c, &seg))
			return false;
	}
	return true;
}

/* RFC 5682: new data should have gone instead of resends, but nothing could. */
static bool has_frto_failed(struct tcp_conn *c)
{
	if (LIKELY(!c->frto_new) || c->snd_nxt != c->recover_seq)
		return false;
	c->frto = c->frto_new = false;
	return true;
}

/* RFC 7661: was cwnd what limited us in this round? */
static void note_usage(struct tcp_conn *c, enum held_by why)
{
	uint32_t flight = tcp_flight(c);

	if (seq_geq(c->snd_una, c->round_end) || flight > c->max_flight) {
		c->max_flight = flight;
		c->round_end = c->snd_nxt;
		c->cwnd_limited = why == HELD_BY_CWND;
	} else if (why == HELD_BY_CWND) {
		c->cwnd_limited = true;
	}
}

/* Something must always be waited for while data wait. */
static void arm(struct tcp_conn *c, enum held_by why)
{
	bool unsent = tcp_unsent_bytes(c) > 0;

	c->window_blocked = why == HELD_BY_WINDOW;
	if (unsent && tcp_flight(c) == 0 && why == HELD_BY_WINDOW)
		tcp_timer_on_blocked(c);
	else if (!c->probing)
		tcp_timer_on_unblocked(c);
	if (why == HELD_BY_CORK)
		tcp_timer_on_corked(c);
	else
		tcp_timer_on_uncorked(c);
}

/* Takes a window probe's byte back: it is sent again with the rest. */
static void end_probing(struct tcp_conn *c)
{
	if (!c->probing || window_room(c) == 0)
		return;
	c->snd_nxt = c->snd_una;
	c->fin_sent = false;
	c->probing = false;
	c->rtt_at = 0;
	tcp_timer_on_unblocked(c);
}

void tcp_output(struct tcp_conn *c)
{
	enum held_by why = HELD_BY_NOTHING;

	if (tcp_fsm_can_output(c) && !c->fin_acked) {
		end_probing(c);
		if (!resend_lost(c))
			why = HELD_BY_LINK;
		else if (!c->probing)
			why = send_new(c);
		if (has_frto_failed(c))
			(void)!resend_lost(c);
		if (why == HELD_BY_NOTHING && !c->probing)
			why = send_fin(c);
		if (!c->probing) {
			note_usage(c, why);
			arm(c, why);
		}
		if (why == HELD_BY_NOTHING)
			c->cork_expired = false;
	}
	if (c->ack_now)
		tcp_out_ack(c);
	tcp_note_writable(c);
}

void tcp_out_ack(struct tcp_conn *c)
{
	struct tcp_shape s = {.seq = c->snd_nxt};

	/* In SYN-RCVD what acknowledges is the SYN-ACK. */
	if (c->state == TCPS_SYN_RCVD) {
		tcp_out_syn(c);
		return;
	}
	if (c->state == TCPS_CLOSED || c->state == TCPS_LISTEN ||
	    c->state == TCPS_SYN_SENT)
		return;
	/* Refused by the link: the peer will ask again; so may we. */
	if (tcp_segment_send(c, &s) < 0)
		c->ack_now = true;
}

void tcp_out_syn(struct tcp_conn *c)
{
	struct tcp_shape s = {.seq = c->iss, .flags = TCP_SYN};

	if (c->state == TCPS_SYN_SENT)
		s.flags |= tcp_ecn_syn_flags(c);
	if (tcp_segment_send(c, &s) < 0)
		log_debug("tcp: the link refused a SYN");
}

void tcp_out_reset(struct tcp_conn *c)
{
	struct tcp_shape s = {.seq = c->snd_nxt, .flags = TCP_RST};

	/* A reset with an ACK is believed in SYN-SENT, too. */
	if (tcp_fsm_is_synchronized(c) || c->state == TCPS_SYN_RCVD)
		s.flags |= TCP_ACK;
	stats_add(&c->eng->stats, STAT_TCP_OUT_RSTS, 1);
	if (tcp_segment_send(c, &s) < 0)
		log_debug("tcp: the link refused a reset");
}

void tcp_out_window_probe(struct tcp_conn *c)
{
	struct tcp_shape s = {.seq = c->snd_una, .len = 1};

	if (c->sndq.bytes == 0)
		return;
	stats_add(&c->eng->stats, STAT_TCP_ZERO_WINDOW_PROBES, 1);
	/* Some window, but too little for manners: now all of it goes. */
	if (c->snd_wnd > 0)
		s.len = MIN(MIN(c->snd_wnd, (uint32_t)c->sndq.bytes), c->mss);
	if (tcp_segment_send(c, &s) < 0)
		return;
	c->probing = true;
	c->rtt_at = 0;
	c->snd_nxt = seq_max(c->snd_nxt, c->snd_una + s.len);
}

/* New data even when the congestion window is full. */
static bool send_one_new(struct tcp_conn *c, uint32_t most, struct range *sent)
{
	struct tcp_shape s = {.seq = c->snd_nxt};
	uint32_t unsent = tcp_unsent_bytes(c);
	ssize_t n;

	s.len = MIN(MIN(unsent, most), c->mss);
	s.flags = s.len == unsent ? TCP_PSH : 0;
	n = tcp_segment_send(c, &s);
	if (n <= 0)
		return false;
	on_new_sent(c, (uint32_t)n, false);
	*sent = (struct range){s.seq, c->snd_nxt};
	return true;
}

bool tcp_out_tail_probe(struct tcp_conn *c, struct range *sent)
{
	uint32_t room = window_room(c);

	c->tail_resent = tcp_unsent_bytes(c) == 0 || room == 0;
	if (!c->tail_resent)
		return send_one_new(c, room, sent);
	*sent = (struct range){seq_max(c->snd_una, c->snd_nxt - c->mss),
			       c->snd_nxt};
	return resend(c, sent);
}

void tcp_out_keepalive(struct tcp_conn *c)
{
	struct tcp_shape s = {.seq = c->snd_una - 1};

	stats_add(&c->eng->stats, STAT_TCP_KEEPALIVE_PROBES, 1);
	if (tcp_segment_send(c, &s) < 0)
		log_debug("tcp: the link refused a keepalive");
}
