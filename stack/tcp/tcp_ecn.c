/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_ecn.c - congestion is told by a mark, not by a loss
 *
 * What this room is for
 *   See tcp_ecn.h.
 *
 * Comes in   tcp_in.c, tcp_ack.c and tcp_listen.c with segments.
 * Goes out   cuts to tcp_cc.h; flags to tcp_segment.c.
 * Never      marks a resend, a bare ACK, a SYN, or a window probe.
 * Lock       the stack lock is held.
 * Follows    RFC 3168 6.1. A cut for an echo is not taken back, and there is
 *            one in a round trip, whatever it was for.
 */
#include "tcp_ecn.h"

#include "tcp_priv.h"
#include "tcp_segment.h"

enum {
	ECN_MASK = 3,
	ECN_ECT0 = 2,
	ECN_CE = 3,
	SETUP = TCP_ECE | TCP_CWR,
};

uint8_t tcp_ecn_syn_flags(struct tcp_conn *c)
{
	/* RFC 3168 6.1.1.1: perhaps somebody swallows such SYNs. */
	c->ecn_asked = c->tcp->ecn == TCP_ECN_ASK && c->retries == 0;
	return c->ecn_asked ? SETUP : 0;
}

/* 6.1.1: a SYN is never marked; one that is was made by who knows whom. */
bool tcp_ecn_is_asked(const struct tcp_seg *syn)
{
	return syn->tcp->ecn != TCP_ECN_OFF && (syn->flags & TCP_SYN) &&
	       (syn->flags & SETUP) == SETUP && !(syn->p->tos & ECN_MASK);
}

void tcp_ecn_on_syn_ack(struct tcp_conn *c, const struct tcp_seg *s)
{
	c->ecn_ok = c->ecn_asked && (s->flags & SETUP) == TCP_ECE;
}

bool tcp_ecn_is_marked(const struct tcp_seg *s)
{
	return (s->p->tos & ECN_MASK) == ECN_CE;
}

/* 6.1.3. Both changes are told at once: the sender waits for them. */
void tcp_ecn_on_segment(struct tcp_conn *c, const struct tcp_seg *s)
{
	if (s->len == 0)
		return;
	if (s->flags & TCP_CWR) {
		c->ecn_echo = false;
		tcp_ack_soon(c);
	}
	if (tcp_ecn_is_marked(s)) {
		stats_add(&c->eng->stats, STAT_TCP_CE_SEGS, 1);
		c->ecn_echo = true;
		tcp_ack_soon(c);
	}
}

static bool is_cut_already(const struct tcp_conn *c)
{
	/* What was in flight at the cut is not acknowledged yet. */
	return c->recovery != TCP_RECOVER_NONE ||
	       (c->ecn_cut && c->ecn_end - c->snd_una - 1 < tcp_flight(c));
}

void tcp_ecn_on_cut(struct tcp_conn *c)
{
	c->ecn_cut = c->ecn_cwr = true;
	c->ecn_end = c->snd_nxt;
}

/* 6.1.2. */
void tcp_ecn_on_ack(struct tcp_conn *c, const struct tcp_seg *s,
		    uint32_t in_flight)
{
	if (!(s->flags & TCP_ECE) || is_cut_already(c))
		return;
	stats_add(&c->eng->stats, STAT_TCP_ECN_CUTS, 1);
	tcp_cc_on_loss(&c->cc, c->eng->now, in_flight);
	tcp_cc_on_recovery_exit(&c->cc);
	tcp_cc_forget_prior(&c->cc);
	c->can_undo = c->can_eifel = false;
	tcp_ecn_on_cut(c);
}

/* New data that the window has room for: no resend, no probe. */
static bool is_new_data(const struct tcp_conn *c, const struct tcp_shape *s)
{
	return s->len > 0 && s->seq == c->snd_nxt &&
	       c->snd_wnd >= tcp_flight(c) + s->len;
}

uint8_t tcp_ecn_flags(const struct tcp_conn *c, const struct tcp_shape *s,
		      uint8_t *tos)
{
	uint8_t flags = c->ecn_echo ? TCP_ECE : 0;

	*tos &= (uint8_t)~ECN_MASK;
	if (s->flags & (TCP_SYN | TCP_RST))
		return 0;
	if (!is_new_data(c, s))
		return flags;
	*tos |= ECN_ECT0;
	return flags | (c->ecn_cwr ? TCP_CWR : 0);
}

void tcp_ecn_on_left(struct tcp_conn *c, uint8_t flags)
{
	if (flags & TCP_CWR)
		c->ecn_cwr = false;
}
