/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_rack.c - lost, because what was sent later has arrived
 *
 * What this room is for
 *   See tcp_rack.h. One walk over the scoreboard for each ACK that comes while
 *   there is one; it ends where what was sent later begins.
 *
 * Comes in   tcp_sack.c with what was delivered, tcp_recover.c with questions.
 * Goes out   marks on the scoreboard.
 * Lock       the stack lock is held.
 * Follows    RFC 8985 6. As in Linux a timeout leaves out what was sent less
 *            than a round trip ago (6.3).
 */
#include "tcp_rack.h"

#include "tcp_sack.h"
#include "tcp_seq.h"

/* RFC 8985 6.2, step 4: RACK.reo_wnd_persist. */
enum { PERSIST_RECOVERIES = 16 };

void tcp_rack_init(struct tcp_rack *r, uint32_t una)
{
	*r = (struct tcp_rack){.end = una, .fack = una};
}

/* Times are compared as sequence numbers are: an age is below half an hour. */
static bool is_sent_after(uint32_t t1, uint32_t end1, uint32_t t2,
			  uint32_t end2)
{
	return t1 == t2 ? seq_gt(end1, end2) : seq_gt(t1, t2);
}

/* Was it the original after all, and the resend has not arrived yet? */
static bool is_ambiguous(const struct tcp_span *span, uint32_t rtt_us,
			 const struct tcp_sack_ack *a)
{
	if (!(span->flags & TCP_SPAN_RESENT))
		return false;
	if (rtt_us < a->min_rtt_us)
		return true;
	return a->has_ts &&
	       seq_lt(a->tsecr,
		      (uint32_t)((a->now - rtt_us) / 1000) + a->ts_offset);
}

bool tcp_rack_on_delivered(struct tcp_rack *r, const struct tcp_span *span,
			   uint32_t end, const struct tcp_sack_ack *a)
{
	uint32_t rtt_us = (uint32_t)a->now - span->sent;
	bool is_reordered =
		!(span->flags & TCP_SPAN_RESENT) && seq_lt(end, r->fack);

	r->fack = seq_max(r->fack, end);
	if (is_ambiguous(span, rtt_us, a))
		return is_reordered;
	if (!r->is_known || is_sent_after(span->sent, end, r->xmit, r->end)) {
		r->xmit = span->sent;
		r->end = end;
	}
	r->rtt_us = rtt_us;
	r->is_known = true;
	return is_reordered;
}

void tcp_rack_on_dsack(struct tcp_reorder *o, uint32_t una, uint32_t nxt)
{
	/* Once in a round trip. */
	if (o->has_round && seq_lt(una, o->round) && seq_leq(o->round, nxt))
		return;
	o->has_round = true;
	o->round = nxt;
	o->wider += o->wider < UINT8_MAX;
	o->persist = PERSIST_RECOVERIES;
}

void tcp_rack_on_recovered(struct tcp_reorder *o)
{
	o->persist -= o->persist > 0;
	if (o->persist == 0)
		o->wider = 0;
}

uint32_t tcp_rack_window(const struct tcp_reorder *o, bool by_count,
			 uint32_t min_rtt_us, uint32_t srtt_us)
{
	uint64_t window = (uint64_t)(o->wider + 1u) * min_rtt_us / 4;

	if (!o->is_seen && by_count)
		return 0;
	return (uint32_t)MIN(window, (uint64_t)srtt_us);
}

/* Microseconds until it is overdue; 0 and less: it is. */
static int32_t until_overdue(const struct tcp_span *span, uint32_t now,
			     uint32_t overdue_us)
{
	return (int32_t)(span->sent + overdue_us - now);
}

uint32_t tcp_rack_detect(struct tcp_sack *s, uint32_t now, uint32_t window_us)
{
	const struct tcp_rack *r = &s->rack;
	int32_t longest = 0;

	if (!r->is_known)
		return 0;
	for (uint32_t i = 0; i < s->count; i++) {
		const struct tcp_span *span = tcp_sack_at(s, i);
		int32_t left;

		if (span->flags & (TCP_SPAN_SACKED | TCP_SPAN_LOST))
			continue;
		if (!is_sent_after(r->xmit, r->end, span->sent, span->end)) {
			/* Originals left in order: all behind it did later. */
			if (!(span->flags & TCP_SPAN_RESENT))
				break;
			continue;
		}
		left = until_overdue(span, now, r->rtt_us + window_us);
		if (left <= 0)
			tcp_sack_mark_lost(s, i);
		else
			longest = MAX(longest, left);
	}
	return (uint32_t)longest;
}

void tcp_rack_on_rto(struct tcp_sack *s, uint32_t now, uint32_t overdue_us)
{
	for (uint32_t i = 0; i < s->count; i++) {
		const struct tcp_span *span = tcp_sack_at(s, i);

		if (span->flags & (TCP_SPAN_SACKED | TCP_SPAN_LOST))
			continue;
		if (i == 0 || until_overdue(span, now, overdue_us) <= 0)
			tcp_sack_mark_lost(s, i);
	}
}
