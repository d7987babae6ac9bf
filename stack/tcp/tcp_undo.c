/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_undo.c - was it lost after all?
 *
 * What this room is for
 *   See tcp_undo.h.
 *
 * Comes in   tcp_recover.c, with what it did and what ACKs say.
 * Goes out   tcp_cc_undo(); the end of the episode.
 * Lock       the stack lock is held.
 * Follows    RFC 3522 3 (the first ACK), 4015, 3708, 5682.
 * Proved by  tcp_recover_test.c
 */
#include "tcp_undo.h"

#include "tcp_priv.h"
#include "tcp_recover.h"

void tcp_undo_on_cut(struct tcp_conn *c, bool is_certain)
{
	c->undo_rxts = 0;
	c->undo_from = c->snd_una;
	c->can_undo = c->can_eifel = !is_certain;
}

void tcp_undo_on_resent(struct tcp_conn *c)
{
	if (c->undo_rxts++ == 0)
		c->undo_ts = tcp_ts_now(c);
}

static void undo(struct tcp_conn *c)
{
	stats_add(&c->eng->stats, STAT_TCP_SPURIOUS_RTOS, 1);
	tcp_cc_undo(&c->cc);
	c->can_undo = c->can_eifel = c->frto = c->frto_new = false;
	if (c->sack)
		tcp_sack_forget_losses(c->sack);
	/* What looked lost was overtaken. */
	c->reorder.is_seen |= c->recovery == TCP_RECOVER_FAST;
	if (c->recovery != TCP_RECOVER_NONE)
		tcp_recover_end(c);
}

void tcp_undo_on_rto(struct tcp_conn *c, bool is_first)
{
	c->frto = is_first;
	c->frto_new = false;
}

/* Something that was never resent has arrived since the timeout. */
static bool is_original_there(const struct tcp_conn *c,
			      const struct tcp_acked *a,
			      const struct tcp_sack_news *news)
{
	if (c->sack)
		return news->has_original;
	/* Without SACK it may have been there before: only an ACK that begins
	 * behind what was resent tells. */
	return a->bytes > 0 && seq_geq(c->snd_una - a->bytes, c->rxt_nxt);
}

/*
 * RFC 5682 2.1 and 3.1, as Linux does it. The timeout resent the front. If its
 * ACK says that more is missing, new data go next instead of resends; what
 * comes back for them tells originals that were only late from originals that
 * were lost.
 */
void tcp_undo_on_ack(struct tcp_conn *c, const struct tcp_acked *a,
		     const struct tcp_sack_news *news)
{
	bool is_held = a->is_dup || news->newly_sacked > 0;

	if (c->recovery == TCP_RECOVER_RTO && is_original_there(c, a, news)) {
		undo(c);
		return;
	}
	if (c->frto_new || a->bytes == 0) {
		/* The new data are held behind a hole: it was a loss. */
		c->frto = c->frto && !(c->frto_new && is_held);
	} else {
		/* Only if there are new data, and room for them. */
		c->frto = tcp_unsent_bytes(c) > 0 && c->snd_wnd > tcp_flight(c);
	}
	c->frto = c->frto && c->recovery == TCP_RECOVER_RTO;
	c->frto_new = c->frto && (c->frto_new || a->bytes > 0);
}

/* RFC 3708: the resends were all unnecessary, one report for each. */
bool tcp_undo_on_dsack(struct tcp_conn *c, const struct tcp_sack_news *news)
{
	/* Linux: more of them than resends were made on the way. */
	if (c->dsacks >= c->total_retrans)
		return false;
	c->dsacks++;
	if (!c->can_undo || c->undo_rxts <= 0 ||
	    seq_leq(news->dsack.to, c->undo_from))
		return true;
	if (--c->undo_rxts == 0)
		undo(c);
	return true;
}

/*
 * Eifel (RFC 3522): the first ACK after the cut echoes a time before our
 * resend, so it is the original that arrived.
 */
static bool is_echo_older(const struct tcp_conn *c, const struct tcp_seg *s)
{
	return c->can_eifel && c->undo_rxts > 0 && c->ts_ok && s->opt.has_ts &&
	       s->opt.tsecr && seq_lt(s->opt.tsecr, c->undo_ts);
}

void tcp_undo_on_progress(struct tcp_conn *c, const struct tcp_seg *s)
{
	if (is_echo_older(c, s))
		undo(c);
	c->can_eifel = c->can_eifel && c->undo_rxts == 0;
}
