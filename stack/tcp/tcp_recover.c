/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_recover.c - is it lost, and what to resend
 *
 * What this room is for
 *   The episode of a loss, from its discovery to its end. While nothing is
 *   lost all of this costs a comparison or two per ACK, and no memory.
 *
 * Comes in   tcp_ack.c with every acceptable ACK, tcp_timer.c with timeouts,
 *            tcp_icmp.c when a path became narrower.
 * Goes out   cuts and undos to tcp_cc.h; tcp_out.c asks what to resend.
 * Never      sends.
 * Lock       the stack lock is held.
 * Follows    RFC 5681 3.2, 6582, 6675, 3042, 3522 and 4015 (undo), 2883.
 *            Deviation: a timeout keeps the scoreboard unless the peer has
 *            reneged, as Linux does (RFC 2018 8 would forget it).
 *            Pinned by Test(tcp_recover, timeout_keeps_the_scoreboard).
 */
#include "tcp_recover.h"

#include "tcp_priv.h"
#include "tcp_tail.h"

void tcp_recover_fini(struct tcp_conn *c)
{
	arena_free(c->eng->arena, c->sack);
	c->sack = NULL;
}

/* Held by the peer in [from, to), says the scoreboard. */
static uint32_t sacked_in(const struct tcp_conn *c, tcp_seq from, tcp_seq to)
{
	uint32_t sum = 0;

	if (!c->sack || !seq_lt(from, to))
		return 0;
	for (uint32_t i = 0; i < c->sack->got.count; i++) {
		const struct range *r = &c->sack->got.r[i];
		tcp_seq a = seq_max(r->from, from), b = seq_min(r->to, to);

		if (seq_lt(a, b))
			sum += b - a;
	}
	return sum;
}

static bool has_sacked(const struct tcp_conn *c)
{
	return c->sack && c->sack->sacked > 0;
}

/* Without SACK every duplicate ACK tells that one segment has arrived. */
static uint32_t dup_bytes(const struct tcp_conn *c, uint32_t dupacks)
{
	uint32_t flight = tcp_flight(c);
	uint64_t bytes = (uint64_t)dupacks * c->mss;

	return flight > c->mss ? (uint32_t)MIN(bytes, flight - c->mss) : 0;
}

uint32_t tcp_recover_pipe(const struct tcp_conn *c)
{
	uint32_t flight = tcp_flight(c);

	switch ((enum tcp_recovery)c->recovery) {
	case TCP_RECOVER_NONE:
		/* RFC 3042: the first two duplicates let new data out. */
		if (has_sacked(c))
			return flight - c->sack->sacked;
		return flight - dup_bytes(c, c->dupacks);
	case TCP_RECOVER_FAST:
		if (c->sack)
			return tcp_sack_pipe(c->sack, c->snd_una, c->snd_nxt,
					     c->mss);
		return flight - dup_bytes(c, c->dupacks);
	case TCP_RECOVER_RTO:
		/* All between rxt_nxt and recover_seq is considered lost. */
		return c->rxt_nxt - c->snd_una -
		       sacked_in(c, c->snd_una, c->rxt_nxt) +
		       (c->snd_nxt - c->recover_seq) -
		       sacked_in(c, c->recover_seq, c->snd_nxt);
	}
	return flight;
}

/* After a timeout: from the front, leaving out what the peer holds. */
static bool next_after_rto(const struct tcp_conn *c, struct range *seg)
{
	struct range gap = {c->rxt_nxt, c->recover_seq};

	if (!seq_lt(c->rxt_nxt, c->recover_seq))
		return false;
	if (c->sack &&
	    !ranges_gap(&c->sack->got, c->rxt_nxt, c->recover_seq, &gap))
		return false;
	seg->from = gap.from;
	seg->to = seq_min(gap.to, gap.from + c->mss);
	return true;
}

bool tcp_recover_next(struct tcp_conn *c, bool can_send_new, struct range *seg)
{
	switch ((enum tcp_recovery)c->recovery) {
	case TCP_RECOVER_NONE:
		return false;
	case TCP_RECOVER_RTO:
		return next_after_rto(c, seg);
	case TCP_RECOVER_FAST:
		break;
	}
	if (c->sack) {
		enum tcp_sack_next next;

		next = tcp_sack_next_seg(c->sack, c->snd_una, c->snd_nxt,
					 c->mss, can_send_new, seg);
		c->rxt_rescue = next == TCP_SACK_NEXT_RESCUE;
		return next != TCP_SACK_NEXT_NONE && next != TCP_SACK_NEXT_NEW;
	}
	/* RFC 6582: the one at the front, once per partial ACK. */
	if (c->rxt_nxt != c->snd_una)
		return false;
	seg->from = c->snd_una;
	seg->to = seq_min(c->snd_una + c->mss, c->snd_nxt);
	return true;
}

void tcp_recover_on_resent(struct tcp_conn *c, const struct range *seg)
{
	if (c->undo_rxts++ == 0)
		c->undo_ts = tcp_ts_now(c);
	c->rxt_force = false;
	/* Karn: what was sent twice measures nothing. */
	if (c->rtt_at && seq_lt(seg->from, c->rtt_seq))
		c->rtt_at = 0;

	if (c->recovery == TCP_RECOVER_FAST && c->sack) {
		if (c->rxt_rescue)
			tcp_sack_on_rescue(c->sack, c->recover_seq);
		else
			tcp_sack_on_resent(c->sack, seg->to);
	}
	c->rxt_nxt = seq_max(c->rxt_nxt, seg->to);
}

static void begin(struct tcp_conn *c, enum tcp_recovery how)
{
	c->recovery = (uint8_t)how;
	c->recover_seq = c->snd_nxt;
	c->has_recover = true;
	c->rxt_nxt = c->snd_una;
	c->rxt_force = true;
	c->undo_rxts = 0;
	c->can_undo = c->can_eifel = true;
	c->tail_out = false;
	if (c->sack)
		tcp_sack_on_recovery(c->sack, c->snd_una);
}

static void end(struct tcp_conn *c)
{
	if (c->recovery == TCP_RECOVER_FAST)
		tcp_cc_on_recovery_exit(&c->cc);
	c->recovery = TCP_RECOVER_NONE;
	c->rxt_force = false;
	c->dupacks = 0;
}

static void enter_fast(struct tcp_conn *c, uint32_t in_flight)
{
	stats_add(&c->eng->stats, STAT_TCP_FAST_RETRANS, 1);
	tcp_cc_forget_prior(&c->cc);
	tcp_cc_on_loss(&c->cc, c->eng->now, in_flight);
	begin(c, TCP_RECOVER_FAST);
}

void tcp_recover_on_rto(struct tcp_conn *c)
{
	bool first = c->retries <= 1;

	if (c->sack && tcp_sack_is_reneged(c->sack, c->snd_una))
		tcp_sack_clear(c->sack);
	if (c->recovery == TCP_RECOVER_NONE)
		tcp_cc_forget_prior(&c->cc);
	tcp_cc_on_rto(&c->cc, c->eng->now, tcp_flight(c), first);
	c->dupacks = 0;
	begin(c, TCP_RECOVER_RTO);
	/* A second timeout says that the resends were needed, or that the path
	 * is gone: nothing to take back. */
	c->can_undo = c->can_eifel = first;
}

void tcp_recover_on_mtu(struct tcp_conn *c)
{
	if (tcp_flight(c) == 0)
		return;
	begin(c, TCP_RECOVER_RTO);
	c->can_undo = c->can_eifel = false;
}

/*
 * Was the cut a mistake? Eifel (RFC 3522): the first ACK after it echoes a
 * time before our resend, so it is the original that arrived.
 */
static bool is_spurious(const struct tcp_conn *c, const struct tcp_seg *s)
{
	return c->can_eifel && c->undo_rxts > 0 && c->ts_ok && s->opt.has_ts &&
	       s->opt.tsecr && seq_lt(s->opt.tsecr, c->undo_ts);
}

static void undo(struct tcp_conn *c)
{
	stats_add(&c->eng->stats, STAT_TCP_SPURIOUS_RTOS, 1);
	tcp_cc_undo(&c->cc);
	c->can_undo = c->can_eifel = false;
	c->recovery = TCP_RECOVER_NONE;
	c->rxt_force = false;
	c->dupacks = 0;
}

/* The scoreboard is made when the first block comes in. */
static void take_blocks(struct tcp_conn *c, const struct tcp_seg *s,
			struct tcp_sack_news *news)
{
	if (c->sack)
		tcp_sack_trim(c->sack, c->snd_una);
	if (!c->sack_ok || s->opt.nsack == 0)
		return;
	if (!c->sack && tcp_flight(c) > 0) {
		c->sack = arena_alloc(c->eng->arena, sizeof(*c->sack),
				      ARENA_OTHER);
		if (c->sack)
			tcp_sack_init(c->sack);
	}
	tcp_sack_update(c->sack, s->opt.sack, s->opt.nsack, c->snd_una,
			c->snd_nxt, c->max_wnd, news);
}

/* RFC 2883: the resends were all unnecessary, one report for each. */
static void on_dsack(struct tcp_conn *c)
{
	if (!c->can_undo || c->undo_rxts <= 0)
		return;
	if (--c->undo_rxts == 0)
		undo(c);
}

/* The front moved, but not as far as the episode reaches. */
static void on_partial_ack(struct tcp_conn *c, const struct tcp_acked *a)
{
	uint32_t arrived = a->bytes / MAX(c->mss, 1);

	c->rxt_nxt = seq_max(c->rxt_nxt, c->snd_una);
	if (c->recovery != TCP_RECOVER_FAST || c->sack)
		return;
	/* RFC 6582 3.2: those that had arrived are acknowledged now, and the
	 * next hole begins where this ACK ends. */
	c->dupacks -= MIN(c->dupacks, arrived > 0 ? arrived - 1 : 0);
	c->rxt_nxt = c->snd_una;
	c->rxt_force = true;
}

static void on_duplicate(struct tcp_conn *c, const struct tcp_acked *a)
{
	c->dupacks++;
	stats_add(&c->eng->stats, STAT_TCP_DUP_ACKS_IN, 1);
	if (c->recovery != TCP_RECOVER_NONE)
		return;
	/* RFC 6582 3.2 (2): not again for what the last episode sent. */
	if (c->has_recover && seq_lt(c->snd_una, c->recover_seq))
		return;
	if (c->dupacks >= TCP_DUP_THRESH ||
	    (has_sacked(c) && tcp_sack_is_lost(c->sack, c->snd_una, c->mss)))
		enter_fast(c, a->in_flight);
}

/* A peer that can SACK does so with every duplicate ACK that counts. */
static bool does_sack(const struct tcp_conn *c, const struct tcp_seg *s)
{
	return c->sack_ok && (c->sack || s->opt.nsack == 0);
}

void tcp_recover_on_ack(struct tcp_conn *c, const struct tcp_seg *s,
			const struct tcp_acked *a)
{
	struct tcp_sack_news news = {.newly_sacked = 0};

	take_blocks(c, s, &news);
	tcp_tail_on_ack(c, s, a, &news);
	if (news.is_dsack)
		on_dsack(c);

	if (a->bytes > 0) {
		if (is_spurious(c, s))
			undo(c);
		/* Only the first ACK can tell by its time stamp. */
		c->can_eifel = c->can_eifel && c->undo_rxts == 0;
		if (c->recovery == TCP_RECOVER_NONE)
			c->dupacks = 0;
		else if (seq_geq(c->snd_una, c->recover_seq))
			end(c);
		else
			on_partial_ack(c, a);
	}
	if (does_sack(c, s) ? news.newly_sacked > 0 : a->is_dup)
		on_duplicate(c, a);

	if (c->sack && tcp_flight(c) == 0)
		tcp_recover_fini(c);
	if (c->has_recover && seq_geq(c->snd_una, c->recover_seq) &&
	    c->recovery == TCP_RECOVER_NONE)
		c->has_recover = false;
}
