/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_ack.c - what an acknowledgement changes
 *
 * What this room is for
 *   SND.UNA moves: bytes leave the send queue, a round trip was measured, the
 *   congestion window grows or a loss is found, the peer's window is new, our
 *   FIN may have arrived.
 *
 * Comes in   tcp_in.c with segments that passed the steps before.
 * Goes out   to tcp_recover.c, tcp_cc.h, tcp_rtt.h, tcp_timer.c; sending is
 * left to the flush. Lock       the stack lock is held. Follows    RFC
 * 9293 3.10.7.4 (fifth), RFC 5961 5, RFC 6298 3, RFC 7323 4.1.
 * Proved by  tcp_in_test.c and tcp_recover_test.c
 */
#include "tcp_ack.h"

#include <errno.h>

#include "tcp_fsm.h"
#include "tcp_out.h"
#include "tcp_recover.h"
#include "tcp_reply.h"
#include "tcp_tail.h"
#include "tcp_timer.h"

/* RFC 5961 7: the limit itself must not be guessable. */
void tcp_ack_challenge(struct tcp_conn *c)
{
	struct tcp *t = c->tcp;
	usecs now = t->eng->now;

	if (now - t->challenge_since >= SEC(1) || !t->challenge_since) {
		t->challenge_since = now;
		t->challenge_left =
			LIMIT_CHALLENGE_ACKS / 2 +
			rand_below(&t->eng->rand, LIMIT_CHALLENGE_ACKS);
	}
	if (t->challenge_left == 0)
		return;
	t->challenge_left--;
	stats_add(&t->eng->stats, STAT_TCP_CHALLENGE_ACKS, 1);
	tcp_ack_soon(c);
}

/*
 * RFC 6298 3 (Karn) and RFC 7323 4.1: our own stopwatch first, because it is
 * finer; the echoed time stamp when the stopwatch was spoilt by a resend.
 */
static uint32_t measure(struct tcp_conn *c, const struct tcp_seg *s)
{
	usecs now = MAX(s->p ? s->p->stamp : c->eng->now, c->rtt_at);
	uint32_t ms;

	if (c->rtt_at && seq_geq(c->snd_una, c->rtt_seq)) {
		usecs us = now - c->rtt_at;

		c->rtt_at = 0;
		return (uint32_t)MIN(MAX(us, 1), SEC(60));
	}
	if (!c->rtt_at && c->ts_ok && s->opt.has_ts && s->opt.tsecr) {
		ms = tcp_ts_now(c) - s->opt.tsecr;
		if (ms <= 60 * 1000)
			return MAX(ms * 1000, 1000u);
	}
	return 0;
}

static void take_sample(struct tcp_conn *c, uint32_t rtt_us)
{
	if (rtt_us)
		tcp_rtt_on_sample(&c->rtt, c->eng->now, rtt_us);
	else
		tcp_rtt_on_progress(&c->rtt);
}

/* RFC 9293: only a segment newer than the last that told. */
static void update_window(struct tcp_conn *c, const struct tcp_seg *s)
{
	uint32_t wnd = s->flags & TCP_SYN ? s->wnd : s->wnd << c->snd_wscale;

	if (!seq_lt(c->snd_wl1, s->seq) &&
	    !(c->snd_wl1 == s->seq && seq_leq(c->snd_wl2, s->ack)))
		return;
	c->snd_wnd = wnd;
	c->snd_wl1 = s->seq;
	c->snd_wl2 = s->ack;
	c->max_wnd = MAX(c->max_wnd, wnd);
}

static void start_tuning(struct tcp_conn *c)
{
	c->drs_at = (uint32_t)c->eng->now;
	c->drs_copied = 0;
	c->drs_space = 10u * c->adv_mss;
	c->rcv_rtt_us = 0;
	c->rcv_rtt_at = 0;
}

void tcp_ack_establish(struct tcp_conn *c, const struct tcp_seg *s)
{
	c->snd_una = s->ack;
	c->snd_wl1 = s->seq;
	c->snd_wl2 = s->ack - 1;
	c->snd_wnd = 0;
	update_window(c, s);
	take_sample(c, measure(c, s));
	tcp_rtt_on_established(&c->rtt);
	tcp_timer_on_progress(c);
	tcp_timer_on_heard(c);
	tcp_fsm_on_established(c);
	tcp_timer_on_keepalive(c);
	start_tuning(c);
	c->soft_error = 0;
	c->was_connected = true;
	if (c->send_shut)
		tcp_fsm_on_close(c);
	tcp_mark_dirty(c);
	tcp_tell(c, NEWS_CONNECTED | NEWS_WRITABLE);
}

static void grow_window(struct tcp_conn *c, uint32_t acked, uint32_t rtt_us)
{
	struct tcp_cc_ack a = {
		.now = c->eng->now,
		.acked = acked,
		.una = c->snd_una,
		.nxt = c->snd_nxt,
		.rtt_us = rtt_us,
		.srtt_us = c->rtt.srtt_us,
		.cwnd_limited = c->cwnd_limited,
	};

	/* In slow start half a window in use is use enough: it is growing
	 * (Linux: tcp_is_cwnd_limited). */
	if (tcp_cc_in_slow_start(&c->cc))
		a.cwnd_limited |= c->cc.cwnd < 2 * (uint64_t)c->max_flight;
	tcp_cc_on_ack(&c->cc, &a);
}

/* The send buffer should hold two windows: what is in flight, and what may
 * follow. */
static void grow_sndbuf(struct tcp_conn *c)
{
	uint64_t wanted = 2 * (uint64_t)c->cc.cwnd;

	if (!c->sndbuf_fixed && wanted > c->sndbuf)
		c->sndbuf = (uint32_t)MIN(wanted, LIMIT_TCP_SNDBUF_MAX);
}

/* snd_una moves to s->ack, beyond it. Returns the bytes of data. */
static uint32_t release(struct tcp_conn *c, tcp_seq ack)
{
	uint32_t n = ack - c->snd_una;

	if (c->fin_sent && ack == c->snd_nxt) {
		c->fin_acked = true;
		n--;
	}
	byteq_drop(&c->sndq, n);
	c->snd_una = ack;
	c->bytes_acked += n;
	if (seq_lt(c->snd_sml, ack))
		c->snd_sml = ack;
	if (c->urg_sending && seq_geq(ack, c->snd_up))
		c->urg_sending = false;
	return n;
}

static void on_advance(struct tcp_conn *c, const struct tcp_seg *s,
		       struct tcp_acked *a)
{
	uint32_t rtt_us;

	a->bytes = s->ack - c->snd_una;
	release(c, s->ack);
	rtt_us = measure(c, s);
	take_sample(c, rtt_us);
	if (c->probing && tcp_flight(c) == 0)
		c->probing = false;
	c->soft_error = 0;
	tcp_timer_on_progress(c);
	tcp_tail_on_progress(c);
	if (c->recovery != TCP_RECOVER_FAST)
		grow_window(c, a->bytes, rtt_us);
	grow_sndbuf(c);
}

/* RFC 5681 2: nothing new in it but the fact that it was sent. */
static bool is_duplicate(const struct tcp_conn *c, const struct tcp_seg *s,
			 uint32_t old_wnd)
{
	return s->ack == c->snd_una && s->len == 0 &&
	       !(s->flags & (TCP_SYN | TCP_FIN)) && tcp_flight(c) > 0 &&
	       !c->probing && c->snd_wnd == old_wnd;
}

/* RFC 9293 3.10.7.4, fifth, for each state: our FIN is acknowledged. */
static void on_fin_acked(struct tcp_conn *c)
{
	bool was_last_ack = c->state == TCPS_LAST_ACK;

	if (!tcp_fsm_wants_fin(c))
		return;
	tcp_fsm_on_fin_acked(c);
	if (was_last_ack || c->state == TCPS_TIME_WAIT) {
		if (c->ack_now)
			tcp_out_ack(c);
		tcp_finish(c, 0);
		return;
	}
	if (!c->is_orphan)
		return;
	if (c->linger2 < 0)
		tcp_reset(c, 0);
	else
		tcp_timer_on_fin_wait_2(c);
}

static void process(struct tcp_conn *c, const struct tcp_seg *s)
{
	struct tcp_acked a = {.in_flight = tcp_flight(c)};
	uint32_t old_wnd = c->snd_wnd;

	/* Whoever answers is alive, whatever the window says. */
	c->retries = c->probing ? 0 : c->retries;
	update_window(c, s);
	if (seq_gt(s->ack, c->snd_una))
		on_advance(c, s, &a);
	else
		a.is_dup = is_duplicate(c, s, old_wnd);
	tcp_recover_on_ack(c, s, &a);
	if (c->fin_acked)
		on_fin_acked(c);
	tcp_mark_dirty(c);
}

void tcp_ack_new(struct tcp_conn *c, const struct tcp_seg *s)
{
	struct tcp_acked a = {.in_flight = tcp_flight(c)};

	on_advance(c, s, &a);
	c->snd_wl1 = s->seq;
	c->snd_wl2 = s->ack;
	if (UNLIKELY(c->has_recover || c->sack || c->dupacks || c->can_eifel ||
		     c->tail_out))
		tcp_recover_on_ack(c, s, &a);
	tcp_mark_dirty(c);
}

/* SYN-RECEIVED: establishes, or is refused with a reset. */
static enum verdict in_syn_rcvd(struct tcp_conn *c, const struct tcp_seg *s)
{
	if (s->ack != c->snd_nxt) {
		tcp_reply_reset(c->tcp, s);
		return DROP_TCP_ACK;
	}
	tcp_ack_establish(c, s);
	return DONE;
}

enum verdict tcp_ack_step(struct tcp_conn *c, const struct tcp_seg *s)
{
	if (c->state == TCPS_SYN_RCVD)
		return in_syn_rcvd(c, s);
	if (seq_gt(s->ack, c->snd_nxt)) {
		tcp_ack_challenge(c);
		return DROP_TCP_ACK;
	}
	/* RFC 5961 5.2: so old that no window can explain it. */
	if (seq_lt(s->ack, c->snd_una - MAX(c->max_wnd, 1u))) {
		tcp_ack_challenge(c);
		return DROP_TCP_OLD_ACK;
	}
	/* Older than what we know: its data may still be news. */
	if (seq_lt(s->ack, c->snd_una))
		return DONE;
	process(c, s);
	return DONE;
}
