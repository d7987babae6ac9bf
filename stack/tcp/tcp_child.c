/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_child.c - a connection made from a half-open peer
 *
 * What this room is for
 *   Gives a new conn what the listener would have it be, and what was agreed
 *   on while it was only half open.
 *
 * Comes in   tcp_listen.c, when the ACK of our SYN-ACK came.
 * Lock       the stack lock is held.
 * Follows    RFC 9293 3.10.7.2 and 3.10.7.4; tcp(7) on what is inherited.
 * Proved by  tcp_listen_test.c
 */
#include "tcp_child.h"

#include "tcp_filter.h"
#include "tcp_fsm.h"
#include "tcp_listen.h"
#include "tcp_priv.h"

static void inherit(struct tcp_conn *c, const struct tcp_conn *from)
{
	c->nodelay = from->nodelay;
	c->cork = from->cork;
	c->keepalive = from->keepalive;
	c->oobinline = from->oobinline;
	c->linger_reset = from->linger_reset;
	c->sndbuf = from->sndbuf;
	c->rcvbuf = from->rcvbuf;
	c->sndbuf_fixed = from->sndbuf_fixed;
	c->rcvbuf_fixed = from->rcvbuf_fixed;
	c->notsent_lowat = from->notsent_lowat;
	c->window_clamp = from->window_clamp;
	c->user_mss = from->user_mss;
	c->user_timeout_ms = from->user_timeout_ms;
	c->keepidle = from->keepidle;
	c->keepintvl = from->keepintvl;
	c->keepcnt = from->keepcnt;
	c->syncnt = from->syncnt;
	c->linger2 = from->linger2;
	c->v4 = from->v4;
	c->v6 = from->v6;
	c->ifindex = from->ifindex;
	c->b.ifindex = from->b.ifindex;
	c->b.flags = from->b.flags & ~(uint32_t)BINDING_LISTENING;
	c->b.user = from->b.user;
}

static void take_numbers(struct tcp_conn *c, const struct tcp_half *h)
{
	c->iss = c->snd_una = h->iss;
	c->snd_nxt = c->rtt_seq = h->iss + 1;
	c->snd_sml = h->iss;
	c->round_end = c->snd_nxt;
	c->irs = h->irs;
	c->rcv_nxt = c->last_ack_sent = h->irs + 1;
	c->rcv_adv = c->rcv_nxt + MIN(c->rcvbuf, 65535u);
	c->adv_mss = h->adv_mss;
	c->rcv_wscale = h->rcv_wscale;
	c->ts_offset = h->ts_offset;
	c->snd_wnd = c->max_wnd = h->wnd;
	c->snd_wl1 = h->irs;
	c->snd_wl2 = h->iss;
	c->ecn_ok = h->has_ecn;
	c->quickacks = TCP_QUICKACKS;
	/* Karn: only an unrepeated SYN-ACK was timed. */
	c->rtt_at = h->tries == 0 ? h->sent_at : 0;
}

struct tcp_conn *tcp_child_new(struct tcp_conn *listener,
			       const struct tcp_half *h)
{
	struct tcp *t = listener->tcp;
	struct tcp_conn *c;

	if (tcp_new(t, NULL, &c) != 0)
		return NULL;
	inherit(c, listener);
	if (tcp_filter_inherit(c, listener) != 0 ||
	    ports_adopt(&t->ports, &c->b, &h->key) != 0)
		goto free_conn;
	take_numbers(c, h);
	if (tcp_refresh_path(c, true) != 0)
		goto free_conn;
	tcp_fsm_on_peer_syn(c);
	tcp_cc_init(&c->cc, TCP_CC_CUBIC, c->mss);
	tcp_apply_syn_options(c, &h->opt);
	c->ts_recent = h->ts_recent;
	if (h->tries > 0) {
		tcp_rtt_on_syn_timeout(&c->rtt);
		tcp_cc_on_syn_lost(&c->cc);
	}
	stats_add(&c->eng->stats, STAT_TCP_PASSIVE_OPENS, 1);
	return c;

free_conn:
	c->is_orphan = true;
	tcp_mark_dirty(c); /* state CLOSED: the flush frees it */
	return NULL;
}
