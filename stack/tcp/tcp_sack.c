/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_sack.c - the scoreboard: what left when, and what the peer holds of it
 *
 * What this room is for
 *   See tcp_sack.h. The spans lie in order in an array that is cut at the
 *   front and grows at the end; finding one is a binary search, cutting one in
 *   the middle moves what is behind it.
 *
 * Comes in   what was sent, and blocks of the peer, from tcp_recover.c.
 * Goes out   what was delivered to tcp_rack.c; what to resend.
 * Never      believes a block that lies outside what was sent.
 * Lock       the stack lock is held.
 * Follows    RFC 6675 4 (SetPipe, NextSeg), 2883 4, 2018 8.
 */
#include "tcp_sack.h"

#include <string.h>

#include "tcp_seq.h"

size_t tcp_sack_bytes(uint32_t spans)
{
	return sizeof(struct tcp_sack) + spans * sizeof(struct tcp_span);
}

uint32_t tcp_sack_fit(size_t bytes)
{
	return (uint32_t)((bytes - sizeof(struct tcp_sack)) /
			  sizeof(struct tcp_span));
}

void tcp_sack_init(struct tcp_sack *s, uint32_t cap, uint32_t una)
{
	memset(s, 0, sizeof(*s));
	s->cap = cap;
	s->una = s->quiet = una;
	tcp_rack_init(&s->rack, una);
}

void tcp_sack_move(struct tcp_sack *to, uint32_t cap,
		   const struct tcp_sack *from)
{
	*to = *from;
	to->cap = cap;
	to->first = 0;
	memcpy(to->span, &from->span[from->first],
	       from->count * sizeof(to->span[0]));
}

bool tcp_sack_has_room(const struct tcp_sack *s, uint32_t more)
{
	return s->cap - s->count >= more;
}

/* --- the array ----------------------------------------------------------- */

static uint32_t start_of(struct tcp_sack *s, uint32_t i)
{
	return i > 0 ? tcp_sack_at(s, i - 1)->end : s->una;
}

static uint32_t nxt_of(struct tcp_sack *s)
{
	return start_of(s, s->count);
}

/* The span that contains seq, which is before the end. */
static uint32_t find(struct tcp_sack *s, uint32_t seq)
{
	uint32_t low = 0, high = s->count;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (seq_gt(tcp_sack_at(s, mid)->end, seq))
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

static void remove_at(struct tcp_sack *s, uint32_t i)
{
	s->count--;
	memmove(tcp_sack_at(s, i), tcp_sack_at(s, i + 1),
		(s->count - i) * sizeof(s->span[0]));
}

/* Neighbours with one fate become one: at most half as many are left. */
static void compact(struct tcp_sack *s)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < s->count; i++) {
		struct tcp_span span = *tcp_sack_at(s, i);

		if (i + 1 < s->count &&
		    tcp_sack_at(s, i + 1)->flags == span.flags) {
			const struct tcp_span *next = tcp_sack_at(s, ++i);

			span.end = next->end;
			span.sent = seq_max(span.sent, next->sent);
		}
		*tcp_sack_at(s, kept++) = span;
	}
	s->count = kept;
}

/* Are there so many places at the end of the array? Spans may move, and be
 * joined. */
static bool make_places(struct tcp_sack *s, uint32_t n)
{
	if (!tcp_sack_has_room(s, n))
		compact(s);
	if (!tcp_sack_has_room(s, n))
		return false;
	if (s->first + s->count + n > s->cap) {
		memmove(s->span, tcp_sack_at(s, 0),
			s->count * sizeof(s->span[0]));
		s->first = 0;
	}
	return true;
}

/* Cuts the span that contains seq there. There must be a place. */
static void cut_at(struct tcp_sack *s, uint32_t seq)
{
	uint32_t i = find(s, seq);

	if (i == s->count || start_of(s, i) == seq)
		return;
	memmove(tcp_sack_at(s, i + 1), tcp_sack_at(s, i),
		(s->count - i) * sizeof(s->span[0]));
	s->count++;
	tcp_sack_at(s, i)->end = seq;
}

/* --- sending ------------------------------------------------------------- */

/* What had been sent behind nxt was not sent after all. */
static void take_back(struct tcp_sack *s, uint32_t nxt)
{
	while (s->count > 0 && seq_gt(nxt_of(s), nxt)) {
		struct tcp_span *last = tcp_sack_at(s, s->count - 1);
		uint32_t from = seq_max(start_of(s, s->count - 1), nxt);
		uint32_t len = last->end - from;

		s->sacked -= last->flags & TCP_SPAN_SACKED ? len : 0;
		s->lost -= last->flags & TCP_SPAN_LOST ? len : 0;
		last->end = from;
		if (start_of(s, s->count - 1) == from)
			s->count--;
	}
}

/* There is no place: the last span becomes longer, and is in flight. */
static void stretch(struct tcp_sack *s, uint32_t nxt, uint32_t now)
{
	struct tcp_span *last = tcp_sack_at(s, s->count - 1);
	uint32_t len = last->end - start_of(s, s->count - 1);

	s->sacked -= last->flags & TCP_SPAN_SACKED ? len : 0;
	s->lost -= last->flags & TCP_SPAN_LOST ? len : 0;
	*last = (struct tcp_span){nxt, now, last->flags & TCP_SPAN_RESENT};
}

void tcp_sack_on_sent(struct tcp_sack *s, uint32_t nxt, uint32_t now)
{
	struct tcp_span *last =
		s->count > 0 ? tcp_sack_at(s, s->count - 1) : NULL;

	if (UNLIKELY(seq_leq(nxt, nxt_of(s)))) {
		take_back(s, nxt);
		return;
	}
	tcp_prr_on_sent(&s->prr, nxt - nxt_of(s));
	if (last && last->flags == 0 && last->sent == now)
		last->end = nxt;
	else if (make_places(s, 1))
		*tcp_sack_at(s, s->count++) = (struct tcp_span){nxt, now, 0};
	else
		stretch(s, nxt, now);
}

static void resend_one(struct tcp_sack *s, uint32_t i, uint32_t now)
{
	struct tcp_span *span = tcp_sack_at(s, i);

	if (span->flags & TCP_SPAN_SACKED)
		return;
	if (span->flags & TCP_SPAN_LOST)
		s->lost -= span->end - start_of(s, i);
	span->flags = TCP_SPAN_RESENT;
	span->sent = now;
}

void tcp_sack_on_resent(struct tcp_sack *s, const struct range *r, uint32_t now)
{
	uint32_t i;

	tcp_prr_on_sent(&s->prr, r->to - r->from);
	if (s->count == 0 || !seq_lt(r->from, nxt_of(s)))
		return;
	s->quiet = nxt_of(s);
	/* Without room a whole span counts as resent: it waits longer. */
	if (make_places(s, 2)) {
		cut_at(s, r->from);
		cut_at(s, r->to);
	}
	i = find(s, r->from);
	while (i < s->count && seq_lt(start_of(s, i), r->to))
		resend_one(s, i++, now);

	/* With what was resent in the same moment it is one again. */
	i = find(s, r->from);
	if (i > 0 && tcp_sack_at(s, i - 1)->flags == TCP_SPAN_RESENT &&
	    tcp_sack_at(s, i)->flags == TCP_SPAN_RESENT &&
	    tcp_sack_at(s, i - 1)->sent == now)
		remove_at(s, i - 1);
}

/* --- what arrived -------------------------------------------------------- */

/* [from, to) of this span is there. */
static void deliver(struct tcp_sack *s, const struct tcp_span *span,
		    const struct range *r, const struct tcp_sack_ack *a,
		    struct tcp_sack_news *news)
{
	uint32_t len = r->to - r->from;

	news->delivered += len;
	s->lost -= span->flags & TCP_SPAN_LOST ? len : 0;
	if (span->flags & TCP_SPAN_RESENT)
		news->has_resent = true;
	else if (seq_leq(r->to, a->episode))
		news->has_original = true;
	if (tcp_rack_on_delivered(&s->rack, span, r->to, a))
		news->is_reordered = true;
}

void tcp_sack_trim(struct tcp_sack *s, const struct tcp_sack_ack *a,
		   struct tcp_sack_news *news)
{
	while (s->count > 0 && seq_lt(s->una, a->una)) {
		const struct tcp_span *span = tcp_sack_at(s, 0);
		struct range r = {s->una, seq_min(span->end, a->una)};

		if (span->flags & TCP_SPAN_SACKED)
			s->sacked -= r.to - r.from;
		else
			deliver(s, span, &r, a, news);
		s->una = r.to;
		if (r.to == span->end) {
			s->first++;
			s->count--;
		}
	}
	s->una = a->una;
	if (s->count == 0)
		s->first = 0;
	if (s->sacked == 0)
		s->sacked_segs = 0;
	/* It follows una, or it would fall 2^31 behind one day. */
	if (s->has_rescue && seq_lt(s->rescue, a->una))
		s->rescue = a->una - 1;
}

/* una < from < to <= nxt. */
static bool is_in_flight(const struct range *b, const struct tcp_sack_ack *a)
{
	return seq_lt(a->una, b->from) && seq_lt(b->from, b->to) &&
	       seq_leq(b->to, a->nxt);
}

/* RFC 2883 4: the first block may report what arrived twice. */
static bool is_duplicate(const struct range *blocks, uint32_t n,
			 const struct tcp_sack_ack *a)
{
	const struct range *b = &blocks[0];

	if (!seq_lt(b->from, b->to))
		return false;

	/* Below the acknowledgement, but something we may have sent. */
	if (seq_leq(b->to, a->una))
		return a->una - b->from <= a->max_window;

	/* Inside the second block, which must itself be possible. */
	return n > 1 && is_in_flight(&blocks[1], a) &&
	       seq_leq(blocks[1].from, b->from) && seq_leq(b->to, blocks[1].to);
}

/* What is SACKed before span i becomes longer, up to `to`, within it. */
static void grow_into(struct tcp_sack *s, uint32_t i, uint32_t to)
{
	tcp_sack_at(s, i - 1)->end = to;
	if (tcp_sack_at(s, i)->end == to)
		remove_at(s, i);
}

static bool is_sacked(struct tcp_sack *s, uint32_t i)
{
	return i < s->count && (tcp_sack_at(s, i)->flags & TCP_SPAN_SACKED);
}

/* Marks r, which begins in span i and does not reach beyond it. False: there
 * is no room, so we have not been told. */
static bool mark_sacked(struct tcp_sack *s, uint32_t i, const struct range *r)
{
	if (i > 0 && is_sacked(s, i - 1) && start_of(s, i) == r->from) {
		grow_into(s, i, r->to);
		i--;
	} else {
		if (!make_places(s, 2))
			return false;
		cut_at(s, r->from);
		cut_at(s, r->to);
		i = find(s, r->from);
		tcp_sack_at(s, i)->flags = TCP_SPAN_SACKED;
	}
	if (is_sacked(s, i + 1))
		remove_at(s, i);
	return true;
}

static void take_block(struct tcp_sack *s, const struct range *b,
		       const struct tcp_sack_ack *a, struct tcp_sack_news *news)
{
	uint32_t at = b->from;

	while (seq_lt(at, b->to)) {
		uint32_t i = find(s, at);
		struct tcp_span span = *tcp_sack_at(s, i);
		struct range r = {at, seq_min(span.end, b->to)};
		uint32_t len = r.to - r.from;

		at = r.to;
		if ((span.flags & TCP_SPAN_SACKED) || !mark_sacked(s, i, &r))
			continue;
		s->sacked += len;
		s->sacked_segs += (len + a->mss - 1) / a->mss;
		s->quiet = a->nxt;
		news->newly_sacked += len;
		deliver(s, &span, &r, a, news);
	}
}

/* The lowest first: one ACK tells of no order among them. */
static void take_in_order(struct tcp_sack *s, struct range *b, uint32_t n,
			  const struct tcp_sack_ack *a,
			  struct tcp_sack_news *news)
{
	while (n > 0) {
		uint32_t low = 0;

		for (uint32_t i = 1; i < n; i++)
			low = seq_lt(b[i].from, b[low].from) ? i : low;
		if (seq_leq(b[low].to, nxt_of(s)))
			take_block(s, &b[low], a, news);
		b[low] = b[--n];
	}
}

void tcp_sack_update(struct tcp_sack *s, const struct range *blocks, uint32_t n,
		     const struct tcp_sack_ack *a, struct tcp_sack_news *news)
{
	struct range good[TCP_SACK_BLOCKS_MAX];
	uint32_t ngood = 0;

	if (n == 0)
		return;
	if (is_duplicate(blocks, n, a)) {
		news->is_dsack = true;
		news->dsack = blocks[0];
	}
	for (uint32_t i = news->is_dsack ? 1 : 0; i < n; i++) {
		if (!is_in_flight(&blocks[i], a))
			news->has_bad = true;
		else if (ngood < TCP_SACK_BLOCKS_MAX)
			good[ngood++] = blocks[i];
	}
	if (s)
		take_in_order(s, good, ngood, a, news);
}

/* --- losses -------------------------------------------------------------- */

void tcp_sack_mark_lost(struct tcp_sack *s, uint32_t i)
{
	struct tcp_span *span = tcp_sack_at(s, i);

	if (span->flags & (TCP_SPAN_SACKED | TCP_SPAN_LOST))
		return;
	span->flags |= TCP_SPAN_LOST;
	s->lost += span->end - start_of(s, i);
}

void tcp_sack_mark_all_lost(struct tcp_sack *s)
{
	for (uint32_t i = 0; i < s->count; i++)
		tcp_sack_mark_lost(s, i);
}

void tcp_sack_forget_losses(struct tcp_sack *s)
{
	for (uint32_t i = 0; i < s->count; i++)
		tcp_sack_at(s, i)->flags &= ~(uint32_t)TCP_SPAN_LOST;
	s->lost = 0;
}

void tcp_sack_forget_blocks(struct tcp_sack *s)
{
	for (uint32_t i = 0; i < s->count; i++)
		tcp_sack_at(s, i)->flags &= ~(uint32_t)TCP_SPAN_SACKED;
	s->sacked = s->sacked_segs = 0;
}

bool tcp_sack_is_reneged(const struct tcp_sack *s)
{
	return s->count > 0 && (s->span[s->first].flags & TCP_SPAN_SACKED);
}

uint32_t tcp_sack_pipe(const struct tcp_sack *s)
{
	uint32_t flight =
		s->count ? s->span[s->first + s->count - 1].end - s->una : 0;

	return flight - s->sacked - s->lost;
}

/* --- what next ----------------------------------------------------------- */

/* The first run of lost spans, at most mss of it. */
static bool lost_seg(const struct tcp_sack *s, uint32_t mss, struct range *seg)
{
	uint32_t from = s->una;
	bool is_found = false;

	for (uint32_t i = 0; i < s->count; i++) {
		const struct tcp_span *span = &s->span[s->first + i];
		bool is_lost = span->flags & TCP_SPAN_LOST;

		if (is_found && (!is_lost || seg->to - seg->from >= mss))
			break;
		if (is_lost) {
			seg->from = is_found ? seg->from : from;
			seg->to = span->end;
			is_found = true;
		}
		from = span->end;
	}
	if (is_found)
		seg->to = seg->from + MIN(mss, seg->to - seg->from);
	return is_found;
}

/* Rule 4: at most mss bytes that end with the highest hole. */
static bool rescue_seg(const struct tcp_sack *s, uint32_t mss,
		       struct range *seg)
{
	const struct tcp_span *span = &s->span[s->first];
	uint32_t i = s->count;

	if (s->has_rescue && !seq_lt(s->rescue, s->una))
		return false;
	while (i > 0 && (span[i - 1].flags & TCP_SPAN_SACKED))
		i--;
	if (i == 0)
		return false;
	seg->to = span[i - 1].end;
	while (i > 0 && !(span[i - 1].flags & TCP_SPAN_SACKED))
		i--;
	seg->from = i > 0 ? span[i - 1].end : s->una;
	seg->from = seg->to - MIN(mss, seg->to - seg->from);
	return true;
}

enum tcp_sack_next tcp_sack_next_seg(const struct tcp_sack *s, uint32_t mss,
				     bool can_send_new, struct range *seg)
{
	if (s->lost > 0 && lost_seg(s, mss, seg))
		return TCP_SACK_NEXT_LOST;
	if (can_send_new)
		return TCP_SACK_NEXT_NEW;
	if (rescue_seg(s, mss, seg))
		return TCP_SACK_NEXT_RESCUE;
	return TCP_SACK_NEXT_NONE;
}

void tcp_sack_on_recovery(struct tcp_sack *s)
{
	s->has_rescue = false;
}

/* RFC 6675 5 (4.3): the first resend holds a premature rescue back. */
void tcp_sack_hold_rescue(struct tcp_sack *s, uint32_t to)
{
	if (s->has_rescue)
		return;
	s->has_rescue = true;
	s->rescue = to;
}

void tcp_sack_on_rescue(struct tcp_sack *s, uint32_t recovery_point)
{
	s->has_rescue = true;
	s->rescue = recovery_point;
}
