/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_tail.c - the last of what was sent is lost, and nobody says so
 *
 * What this room is for
 *   See tcp_tail.h. At most one probe is under way; until the ACK that tells
 *   its fate nothing is probed again.
 *
 *   When the probe is SACKed, all that was sent before it and is not SACKed was
 *   sent two round trips earlier: it is lost, however few segments arrived
 *   after it. tcp_rack.c finds that, because there is a scoreboard from before
 *   the probe on.
 *
 *   Deviation: a single segment is not probed for. The peer may delay its ACK
 *   by 200 ms, and by then the timeout is due, too.
 *
 * Comes in   tcp_out.c and tcp_ack.c tell of progress, tcp_recover.c of ACKs.
 * Goes out   the deadline to tcp_timer.c, the probe through tcp_out.c.
 * Lock       the stack lock is held.
 * Follows    RFC 8985 7.
 * Proved by  tcp_recover_test.c tcp_sim_test.c
 */
#include "tcp_tail.h"

#include "tcp_fsm.h"
#include "tcp_out.h"
#include "tcp_priv.h"
#include "tcp_recover.h"
#include "tcp_timer.h"

#define SLACK_US MSEC(2) /* Linux: TCP_TIMEOUT_MIN */

static bool may_probe(const struct tcp_conn *c)
{
	return c->sack_ok && c->recovery == TCP_RECOVER_NONE && !c->tail_out &&
	       !c->probing && tcp_flight(c) > c->mss &&
	       tcp_fsm_is_synchronized(c) && tcp_rtt_has_sample(&c->rtt) &&
	       !(c->sack && c->sack->sacked > 0);
}

void tcp_tail_on_progress(struct tcp_conn *c)
{
	usecs when = USECS_NEVER;

	if (may_probe(c))
		when = c->eng->now + 2 * c->rtt.srtt_us + SLACK_US;
	/* RFC 8985 7.2: not later than the timeout, which does more. */
	if (when >= c->deadline[TCP_T_REXMIT])
		when = USECS_NEVER;
	tcp_timer_on_tail(c, when);
}

void tcp_tail_on_timer(struct tcp_conn *c)
{
	struct range sent;

	if (!may_probe(c))
		return;
	tcp_recover_on_probe(c);
	if (!tcp_out_tail_probe(c, &sent))
		return;
	stats_add(&c->eng->stats, STAT_TCP_LOSS_PROBES, 1);
	c->tail_out = true;
	c->tail_end = sent.to;
	tcp_timer_on_tail_probe(c);
}

/*
 * RFC 8985 7.4.2: the probe filled the only hole. A loss it was nevertheless,
 * of the round before: what is in flight now may be little.
 */
static void on_repaired(struct tcp_conn *c, uint32_t in_flight)
{
	stats_add(&c->eng->stats, STAT_TCP_LOSS_PROBE_REPAIRS, 1);
	if (c->recovery != TCP_RECOVER_NONE)
		return;
	tcp_cc_forget_prior(&c->cc);
	tcp_cc_on_loss(&c->cc, c->eng->now, MAX(in_flight, c->max_flight));
	tcp_cc_on_recovery_exit(&c->cc);
}

void tcp_tail_on_ack(struct tcp_conn *c, const struct tcp_seg *s,
		     const struct tcp_acked *a,
		     const struct tcp_sack_news *news)
{
	if (LIKELY(!c->tail_out))
		return;
	if (seq_lt(c->snd_una, c->tail_end))
		return;
	if (!c->tail_resent || news->is_dsack) {
		c->tail_out = false; /* all was there */
	} else if (seq_gt(c->snd_una, c->tail_end)) {
		c->tail_out = false;
		on_repaired(c, a->in_flight);
	} else if (a->is_dup && s->opt.nsack == 0) {
		c->tail_out = false; /* arrived twice, says who has no DSACK */
	}
}
