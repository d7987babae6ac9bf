/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_recover.c - is it lost, and what to resend
 *
 * What this room is for
 *   The episode of a loss, from its discovery to its end. While nothing is
 *   lost all of this costs a comparison or two per ACK, and no memory: the
 *   scoreboard is made when it is needed.
 *
 *   A peer without SACK is believed by counting duplicates, and repaired from
 *   the front, up to rxt_nxt.
 *
 * Comes in   tcp_ack.c with every acceptable ACK, tcp_timer.c with timeouts,
 *            tcp_icmp.c when a path became narrower.
 * Goes out   cuts to tcp_cc.h, doubts to tcp_undo.h; tcp_out.c asks what to
 *            resend.
 * Never      sends.
 * Lock       the stack lock is held.
 * Follows    RFC 5681 3.2, 6582, 6675, 8985, 9937, 3042, 2883.
 *            Deviation: a timeout keeps the scoreboard unless the peer has
 *            reneged, as Linux does (RFC 2018 8 would forget it).
 *            Pinned by Test(tcp_recover, timeout_keeps_the_scoreboard).
 */
#include "tcp_recover.h"

#include "tcp_ecn.h"
#include "tcp_priv.h"
#include "tcp_tail.h"
#include "tcp_timer.h"
#include "tcp_undo.h"

enum {
	FIRST_SPANS = 16,
	SPANS_PER_ACK = 3 * TCP_OPT_SACK_MAX, /* what blocks may cut */
};

void tcp_recover_fini(struct tcp_conn *c)
{
	arena_free(c->eng->arena, c->sack);
	c->sack = NULL;
}

/* --- the scoreboard ------------------------------------------------------ */

static uint32_t now_us(const struct tcp_conn *c)
{
	return (uint32_t)c->eng->now;
}

static struct tcp_sack *alloc_board(struct tcp_conn *c, uint32_t spans,
				    uint32_t *cap)
{
	struct arena *a = c->eng->arena;
	struct tcp_sack *s = arena_alloc(a, tcp_sack_bytes(spans), ARENA_OTHER);

	if (s)
		*cap = MIN(tcp_sack_fit(arena_block_size(a, s)),
			   (uint32_t)LIMIT_TCP_SPANS);
	return s;
}

/*
 * What left before there was a scoreboard left in order; of one segment a
 * round we know when, because its round trip is being measured, and the last
 * left at last_tx.
 */
static void make_board(struct tcp_conn *c)
{
	uint32_t cap;

	if (c->sack || !c->sack_ok || tcp_flight(c) == 0)
		return;
	c->sack = alloc_board(c, FIRST_SPANS, &cap);
	if (!c->sack)
		return;
	tcp_sack_init(c->sack, cap, c->snd_una);
	if (c->rtt_at && seq_gt(c->rtt_seq, c->snd_una) &&
	    seq_lt(c->rtt_seq, c->snd_nxt))
		tcp_sack_on_sent(c->sack, c->rtt_seq, (uint32_t)c->rtt_at);
	tcp_sack_on_sent(c->sack, c->snd_nxt, (uint32_t)c->last_tx);
	c->sack->quiet = c->snd_nxt;
	/* There was no memory when the timeout came. */
	if (c->recovery == TCP_RECOVER_RTO)
		tcp_sack_mark_all_lost(c->sack);
}

/* If it cannot grow it becomes coarser. */
static void make_room(struct tcp_conn *c, uint32_t more)
{
	struct tcp_sack *old = c->sack, *larger;
	uint32_t cap;

	if (tcp_sack_has_room(old, more) || old->cap >= LIMIT_TCP_SPANS)
		return;
	larger = alloc_board(c, 2 * old->cap, &cap);
	if (!larger)
		return;
	tcp_sack_move(larger, cap, old);
	c->sack = larger;
	arena_free(c->eng->arena, old);
}

void tcp_recover_on_sent(struct tcp_conn *c)
{
	make_room(c, 1);
	tcp_sack_on_sent(c->sack, c->snd_nxt, now_us(c));
}

void tcp_recover_on_probe(struct tcp_conn *c)
{
	make_board(c);
}

/* --- how much, and what -------------------------------------------------- */

/* Without SACK every duplicate ACK tells that one segment has arrived. */
static uint32_t dup_bytes(const struct tcp_conn *c, uint32_t dupacks)
{
	uint32_t flight = tcp_flight(c);
	uint64_t bytes = (uint64_t)dupacks * c->mss;

	return flight > c->mss ? (uint32_t)MIN(bytes, flight - c->mss) : 0;
}

/* What left after the timeout, as far as no duplicate ACK tells of it. */
static uint32_t behind_recover_seq(const struct tcp_conn *c)
{
	uint64_t arrived = (uint64_t)c->dupacks * c->mss;
	uint32_t bytes = c->snd_nxt - c->recover_seq;

	return bytes - (uint32_t)MIN(arrived, (uint64_t)bytes);
}

uint32_t tcp_recover_pipe(const struct tcp_conn *c)
{
	uint32_t flight = tcp_flight(c);

	/* RFC 3042: the first two duplicates let new data out. */
	if (UNLIKELY(c->sack != NULL))
		return flight - c->sack->sacked - c->sack->lost;
	/* All between rxt_nxt and recover_seq is considered lost. */
	if (c->recovery == TCP_RECOVER_RTO)
		return c->rxt_nxt - c->snd_una + behind_recover_seq(c);
	return flight - dup_bytes(c, c->dupacks);
}

/* Without a scoreboard. RFC 6582: the one at the front, once per partial ACK;
 * after a timeout, from the front on. */
static bool next_in_order(const struct tcp_conn *c, struct range *seg)
{
	tcp_seq end =
		c->recovery == TCP_RECOVER_RTO ? c->recover_seq : c->snd_nxt;

	if (c->recovery == TCP_RECOVER_FAST && c->rxt_nxt != c->snd_una)
		return false;
	if (!seq_lt(c->rxt_nxt, end))
		return false;
	*seg = (struct range){c->rxt_nxt, seq_min(c->rxt_nxt + c->mss, end)};
	return true;
}

bool tcp_recover_next(struct tcp_conn *c, bool can_send_new, struct range *seg)
{
	enum tcp_sack_next next;

	if (c->recovery == TCP_RECOVER_NONE || c->frto_new)
		return false;
	if (!c->sack)
		return next_in_order(c, seg);
	/* A rescue is for a recovery that no timeout began. */
	next = tcp_sack_next_seg(c->sack, c->mss,
				 can_send_new || c->recovery == TCP_RECOVER_RTO,
				 seg);
	c->rxt_rescue = next == TCP_SACK_NEXT_RESCUE;
	return next == TCP_SACK_NEXT_LOST || next == TCP_SACK_NEXT_RESCUE;
}

void tcp_recover_on_resent(struct tcp_conn *c, const struct range *seg)
{
	tcp_undo_on_resent(c);
	c->rxt_force = false;
	/* Karn: what was sent twice measures nothing. */
	if (c->rtt_at && seq_lt(seg->from, c->rtt_seq))
		c->rtt_at = 0;
	c->rxt_nxt = seq_max(c->rxt_nxt, seg->to);
	if (!c->sack)
		return;
	make_room(c, 2);
	tcp_sack_on_resent(c->sack, seg, now_us(c));
	if (c->recovery == TCP_RECOVER_FAST && c->rxt_rescue)
		tcp_sack_on_rescue(c->sack, c->recover_seq);
	else if (c->recovery == TCP_RECOVER_FAST)
		tcp_sack_hold_rescue(c->sack, seg->to);
}

/* --- the episode --------------------------------------------------------- */

static void begin(struct tcp_conn *c, enum tcp_recovery how, bool is_certain)
{
	c->recovery = (uint8_t)how;
	c->recover_seq = c->snd_nxt;
	c->has_recover = true;
	c->rxt_nxt = c->snd_una;
	c->rxt_force = true;
	c->tail_out = false;
	tcp_undo_on_cut(c, is_certain);
	tcp_undo_on_rto(c, false);
	if (c->sack)
		tcp_sack_on_recovery(c->sack);
}

void tcp_recover_end(struct tcp_conn *c)
{
	c->recovery = TCP_RECOVER_NONE;
	c->rxt_force = c->frto = c->frto_new = false;
	c->dupacks = 0;
	tcp_rack_on_recovered(&c->reorder);
	if (c->sack)
		c->sack->prr.flight = 0;
}

/* The recovery point is acknowledged. */
static void on_repaired(struct tcp_conn *c)
{
	if (c->recovery == TCP_RECOVER_FAST)
		tcp_cc_on_recovery_exit(&c->cc);
	tcp_recover_end(c);
}

static void enter_fast(struct tcp_conn *c, uint32_t in_flight)
{
	stats_add(&c->eng->stats, STAT_TCP_FAST_RETRANS, 1);
	tcp_cc_forget_prior(&c->cc);
	tcp_cc_on_loss(&c->cc, c->eng->now, in_flight);
	begin(c, TCP_RECOVER_FAST, false);
	if (c->ecn_ok)
		tcp_ecn_on_cut(c);
}

/* What is overdue when a timeout comes: sent before the last round trip. */
static uint32_t overdue_us(const struct tcp_conn *c)
{
	const struct tcp_rack *r = &c->sack->rack;

	return (r->is_known ? r->rtt_us : c->rtt.latest_us) +
	       tcp_rack_window(&c->reorder, true, tcp_rtt_min_us(&c->rtt),
			       c->rtt.srtt_us);
}

void tcp_recover_on_rto(struct tcp_conn *c)
{
	bool first = c->retries <= 1;
	bool is_new = c->recovery == TCP_RECOVER_NONE;
	bool is_reneged;

	make_board(c);
	is_reneged = c->sack && tcp_sack_is_reneged(c->sack);
	if (is_reneged)
		tcp_sack_forget_blocks(c->sack);
	if (c->sack)
		tcp_rack_on_rto(c->sack, now_us(c), overdue_us(c));
	if (is_new)
		tcp_cc_forget_prior(&c->cc);
	tcp_cc_on_rto(&c->cc, c->eng->now, tcp_flight(c), first);
	c->dupacks = 0;
	/* A second timeout says that the resends were needed, or that the path
	 * is gone: nothing to take back. */
	begin(c, TCP_RECOVER_RTO, !first);
	tcp_undo_on_rto(c, first && is_new && !is_reneged);
	if (c->ecn_ok)
		tcp_ecn_on_cut(c);
}

void tcp_recover_on_mtu(struct tcp_conn *c)
{
	if (tcp_flight(c) == 0)
		return;
	make_board(c);
	if (c->sack)
		tcp_sack_mark_all_lost(c->sack);
	begin(c, TCP_RECOVER_RTO, true);
}

/* --- ACKs ---------------------------------------------------------------- */

static void take_blocks(struct tcp_conn *c, const struct tcp_seg *s,
			struct tcp_sack_news *news)
{
	struct tcp_sack_ack a = {
		.now = c->eng->now,
		.una = c->snd_una,
		.nxt = c->snd_nxt,
		.mss = c->mss,
		.max_window = c->max_wnd,
		.episode = c->recover_seq,
		.min_rtt_us = tcp_rtt_min_us(&c->rtt),
		.has_ts = c->ts_ok && s->opt.has_ts && s->opt.tsecr,
		.tsecr = s->opt.tsecr,
		.ts_offset = c->ts_offset,
	};

	if (c->sack)
		tcp_sack_trim(c->sack, &a, news);
	/* What came out of order is echoed by nothing (RFC 7323 4.3). */
	a.has_ts = false;
	if (!c->sack_ok || s->opt.nsack == 0)
		return;
	make_board(c);
	if (c->sack)
		make_room(c, SPANS_PER_ACK);
	tcp_sack_update(c->sack, s->opt.sack, s->opt.nsack, &a, news);
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

static void on_progress(struct tcp_conn *c, const struct tcp_seg *s,
			const struct tcp_acked *a)
{
	tcp_undo_on_progress(c, s);
	if (c->recovery == TCP_RECOVER_NONE)
		c->dupacks = 0;
	else if (seq_geq(c->snd_una, c->recover_seq))
		on_repaired(c);
	else
		on_partial_ack(c, a);
}

/* RFC 5681 3.2, for who does not SACK. */
static void count_duplicate(struct tcp_conn *c, const struct tcp_acked *a)
{
	c->dupacks++;
	stats_add(&c->eng->stats, STAT_TCP_DUP_ACKS_IN, 1);
	if (c->recovery != TCP_RECOVER_NONE)
		return;
	/* RFC 6582 3.2 (2): not again for what the last episode sent. */
	if (c->has_recover && seq_lt(c->snd_una, c->recover_seq))
		return;
	if (c->dupacks >= TCP_DUP_THRESH)
		enter_fast(c, a->in_flight);
}

/* RFC 8985 6.2, steps 4 and 5. */
static void find_losses(struct tcp_conn *c, uint32_t in_flight)
{
	bool by_count = c->recovery != TCP_RECOVER_NONE ||
			c->sack->sacked_segs >= TCP_DUP_THRESH;
	uint32_t window = tcp_rack_window(
		&c->reorder, by_count, tcp_rtt_min_us(&c->rtt), c->rtt.srtt_us);

	tcp_timer_on_late(c, tcp_rack_detect(c->sack, now_us(c), window));
	if (c->sack->lost > 0 && c->recovery == TCP_RECOVER_NONE)
		enter_fast(c, in_flight);
}

/* RFC 9937: the window of a recovery, after each ACK. */
static void reduce(struct tcp_conn *c, const struct tcp_acked *a,
		   const struct tcp_sack_news *news, bool is_safe)
{
	struct tcp_prr *prr = &c->sack->prr;
	struct tcp_prr_ack ack = {
		.delivered = news->delivered,
		.pipe = tcp_recover_pipe(c),
		.ssthresh = c->cc.ssthresh,
		.mss = c->mss,
		.is_safe = is_safe && a->bytes > 0,
	};
	uint32_t cwnd;

	if (!prr->flight)
		tcp_prr_start(prr, tcp_flight(c) - c->sack->sacked +
					   news->delivered);
	else if (news->delivered == 0)
		return;
	cwnd = tcp_prr_on_ack(prr, &ack);
	c->cc.cwnd = MAX(cwnd, c->mss);
}

/* RFC 8985 6.2, step 4. A tail probe is resent for another reason. */
static void on_dsack(struct tcp_conn *c, const struct tcp_sack_news *news)
{
	bool is_probe = c->tail_resent && news->dsack.to == c->tail_end;

	if (tcp_undo_on_dsack(c, news) && !is_probe)
		tcp_rack_on_dsack(&c->reorder, c->snd_una, c->snd_nxt);
}

static void judge(struct tcp_conn *c, const struct tcp_acked *a,
		  const struct tcp_sack_news *news)
{
	uint32_t lost = c->sack->lost;

	if (news->newly_sacked > 0) {
		c->dupacks++;
		stats_add(&c->eng->stats, STAT_TCP_DUP_ACKS_IN, 1);
	}
	if (news->is_dsack)
		on_dsack(c, news);
	find_losses(c, a->in_flight);
	if (c->recovery == TCP_RECOVER_FAST)
		reduce(c, a, news, c->sack->lost <= lost);
}

void tcp_recover_on_late(struct tcp_conn *c)
{
	struct tcp_acked a = {.in_flight = tcp_flight(c)};
	struct tcp_sack_news news = {.delivered = 0};

	if (!c->sack)
		return;
	judge(c, &a, &news);
	tcp_mark_dirty(c);
}

/* Nothing is missing, and a round trip brought nothing out of order. */
static bool is_quiet(const struct tcp_conn *c)
{
	return tcp_flight(c) == 0 ||
	       (c->recovery == TCP_RECOVER_NONE && !c->tail_out &&
		c->sack->sacked == 0 && c->sack->lost == 0 &&
		seq_geq(c->snd_una, c->sack->quiet));
}

void tcp_recover_on_ack(struct tcp_conn *c, const struct tcp_seg *s,
			const struct tcp_acked *a)
{
	struct tcp_sack_news news = {.delivered = 0};

	take_blocks(c, s, &news);
	c->reorder.is_seen |= news.is_reordered;
	tcp_tail_on_ack(c, s, a, &news);
	if (UNLIKELY(c->frto))
		tcp_undo_on_ack(c, a, &news);
	if (a->bytes > 0)
		on_progress(c, s, a);
	if (c->sack)
		judge(c, a, &news);
	else if (news.is_dsack)
		on_dsack(c, &news);
	else if (a->is_dup)
		count_duplicate(c, a);

	if (c->sack && is_quiet(c)) {
		tcp_timer_on_late(c, 0);
		tcp_recover_fini(c);
	}
	if (c->has_recover && seq_geq(c->snd_una, c->recover_seq) &&
	    c->recovery == TCP_RECOVER_NONE)
		c->has_recover = false;
}
