/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_data.c - what a segment brings: urgent pointer, text, FIN
 *
 * What this room is for
 *   In-order text goes to the receive queue by reference, other text to
 *   tcp_reasm.c. Decides how soon an ACK must follow.
 *
 * Comes in   tcp_in.c, after the ACK step, with segments trimmed to the window.
 * Goes out   the pkt to c->rcvq; news to the socket floor; the ACK is left to
 *            the flush, so that a batch is answered once.
 * Lock       the stack lock is held.
 * Follows    RFC 9293 3.10.7.4 (sixth to eighth), RFC 1122 4.2.3.2,
 *            RFC 5681 4.2, RFC 6093 (urgent pointer as Linux reads it).
 * Proved by  tcp_in_test.c
 */
#include "tcp_data.h"

#include <errno.h>

#include "tcp_fsm.h"
#include "tcp_out.h"
#include "tcp_reasm.h"
#include "tcp_timer.h"
#include "tcp_window.h"

/*
 * RFC 1122 4.2.3.2: every second wire segment at once, others within 40 ms.
 * While the program has not read what came before, the ACK waits a moment for
 * it (tcp_recv() sends it): one ACK then tells both, the data and the room. A
 * moment only, because a slow program must not stop the sender's clock.
 */
static void owe_ack(struct tcp_conn *c, const struct pkt *p)
{
	uint32_t segs = MAX(p->segs, 1);

	c->last_data_rx = c->eng->now;
	c->ack_segs += segs;
	if (c->quickacks > 0 && !c->pingpong) {
		c->quickacks -= (uint8_t)MIN(segs, c->quickacks);
		tcp_ack_soon(c);
	} else if (c->ack_segs >= 2 && tcp_window_is_whole(c)) {
		tcp_ack_soon(c);
	} else if (c->ack_segs >= 2) {
		tcp_timer_on_ack_held(c);
	} else {
		tcp_timer_on_ack_owed(c);
	}
}

/* The urgent byte is kept apart when the stream reaches it. */
static void catch_urgent_byte(struct tcp_conn *c)
{
	tcp_seq first = c->rcv_nxt - (uint32_t)c->rcvq.bytes;
	struct iovec storage;
	struct uio to;

	if (!c->urg_seen || c->urg_valid || !seq_lt(c->rcv_up, c->rcv_nxt) ||
	    seq_lt(c->rcv_up, first))
		return;
	uio_flat(&to, &storage, &c->urg_byte, 1);
	if (byteq_peek(&c->rcvq, c->rcv_up - first, &to, 1) != 1)
		return;
	c->urg_valid = true;
	tcp_tell(c, NEWS_URGENT);
}

void tcp_data_urgent(struct tcp_conn *c, const struct tcp_seg *s)
{
	tcp_seq up = s->seq + s->urg - 1;

	if (!(s->flags & TCP_URG) || s->urg == 0 || !tcp_fsm_can_receive(c))
		return;
	/* Already passed, or not further than the one we know. */
	if (seq_lt(up, c->rcv_nxt) || (c->urg_seen && seq_leq(up, c->rcv_up)))
		return;
	c->urg_seen = true;
	c->urg_valid = false;
	c->rcv_up = up;
	tcp_tell(c, NEWS_URGENT);
}

/* All that came is in the queue; is the FIN next? Eighth step. */
static void check_fin(struct tcp_conn *c)
{
	if (!tcp_reasm_is_fin_next(c) || c->peer_fin)
		return;
	c->rcv_nxt++;
	c->rcv_adv = seq_max(c->rcv_adv, c->rcv_nxt);
	c->peer_fin = true;
	tcp_reasm_clear(c);
	tcp_fsm_on_peer_fin(c);
	tcp_tell(c, NEWS_END_OF_INPUT | NEWS_READABLE);
	if (c->state == TCPS_TIME_WAIT) {
		tcp_out_ack(c);
		tcp_finish(c, 0);
		return;
	}
	tcp_ack_soon(c);
}

static void append(struct tcp_conn *c, struct pkt *p)
{
	c->rcv_nxt += p->len;
	c->bytes_received += p->len;
	byteq_give(&c->rcvq, p);
}

void tcp_data_in_order(struct tcp_conn *c, const struct tcp_seg *s)
{
	owe_ack(c, s->p);
	append(c, s->p);
	tcp_window_on_received(c);
	tcp_tell(c, NEWS_READABLE);
}

/* RFC 1122 4.2.2.13: nobody will ever read it. The peer must know. */
static enum verdict refuse_after_close(struct tcp_conn *c)
{
	tcp_reset(c, 0);
	return DROP_TCP_AFTER_CLOSE;
}

static enum verdict take_in_order(struct tcp_conn *c, struct tcp_seg *s)
{
	bool fills_gap = tcp_reasm_has_holes(c);

	owe_ack(c, s->p);
	/* RFC 5681 4.2: the peer waits for the news that a gap is filled. */
	if (fills_gap || (s->flags & TCP_FIN))
		tcp_ack_soon(c);
	append(c, s->p);
	if (c->reasm)
		tcp_reasm_deliver(c);
	if (c->urg_seen)
		catch_urgent_byte(c);
	tcp_window_on_received(c);
	tcp_tell(c, NEWS_READABLE);
	return TAKEN;
}

static enum verdict take_out_of_order(struct tcp_conn *c, struct tcp_seg *s)
{
	stats_add(&c->eng->stats, STAT_TCP_OUT_OF_ORDER, 1);
	tcp_ack_soon(c);
	/* What is not next can be had again later, when there is room. */
	if (UNLIKELY(arena_room_left(c->eng->arena) != ARENA_ROOM_PLENTY))
		return DROP_NO_MEMORY;
	s->p->seq = s->seq;
	return tcp_reasm_add(c, s->p);
}

enum verdict tcp_data_text(struct tcp_conn *c, struct tcp_seg *s)
{
	enum verdict v = DONE;
	tcp_seq end = s->seq + s->len;

	if (!tcp_fsm_can_receive(c))
		return DONE; /* After its FIN a peer has nothing to say. */
	if (s->len > 0) {
		if (c->is_orphan)
			return refuse_after_close(c);
		if (tcp_window_is_overrun(c)) {
			tcp_ack_soon(c);
			return DROP_NO_MEMORY;
		}
		v = s->seq == c->rcv_nxt ? take_in_order(c, s)
					 : take_out_of_order(c, s);
	}
	if ((s->flags & TCP_FIN) && (v == TAKEN || s->len == 0)) {
		tcp_reasm_note_fin(c, end);
		if (end != c->rcv_nxt)
			tcp_ack_soon(c);
	}
	if (c->reasm)
		check_fin(c);
	return v;
}
