/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_cc_cubic.h - CUBIC: the window as a cubic function of time
 *
 * What this room is for
 *   Grows fast far from the last window at which a loss occurred, slowly near
 *   it, and never slower than Reno would. Integer arithmetic only.
 *
 * Door       only tcp_cc.h and tcp_cc.c include this; others go through
 * tcp_cc.h. Follows    RFC 9438; slow start is RFC 9406 (tcp_hystart.c).
 */
#ifndef STACK_TCP_CC_CUBIC_H
#define STACK_TCP_CC_CUBIC_H

#include "ground/base.h"
#include "tcp_hystart.h"

struct tcp_cc;
struct tcp_cc_ack;

/* One growth curve; saved as a whole for undo. */
struct tcp_cc_curve {
	usecs epoch;    /* [S] when it started, app-limited time left out */
	uint32_t w_max; /* [S] bytes: the plateau; 0: none known */
	uint32_t cwnd_prior; /* [S] bytes: cwnd before the last cut */
	uint32_t origin;     /* [S] bytes: W_max of this epoch */
	uint32_t k_ms;       /* [S] milliseconds from epoch to the plateau */
	uint32_t w_est;      /* [S] bytes: what Reno would have */
	uint64_t est_credit; /* [S] remainder of w_est's last growth */
	bool has_epoch;      /* [S] epoch, origin, k_ms, w_est count */
};

struct tcp_cc_cubic {
	struct tcp_cc_curve now;    /* [S] */
	struct tcp_cc_curve before; /* [S] what undo brings back */
	struct tcp_hystart hystart; /* [S] */
	uint32_t credit;            /* [S] remainder of cwnd's last growth */
	usecs limited_since; /* [S] app-limited since; USECS_NEVER: not */
};

void tcp_cc_cubic_init(struct tcp_cc *cc);
void tcp_cc_cubic_on_ack(struct tcp_cc *cc, const struct tcp_cc_ack *a);

/* The ssthresh that a loss leaves; the epoch ends. */
uint32_t tcp_cc_cubic_on_cut(struct tcp_cc *cc, uint32_t in_flight);

/* The timer fired: the plateau is no longer known (RFC 9438 4.8). */
void tcp_cc_cubic_on_rto(struct tcp_cc *cc);

/* tcp_cc.c is about to make the first cut of an episode: remember the curve. */
void tcp_cc_cubic_save(struct tcp_cc *cc);
void tcp_cc_cubic_undo(struct tcp_cc *cc);

/* Nothing was in flight for longer than a timeout: the curve starts again. */
void tcp_cc_cubic_on_idle(struct tcp_cc *cc);

#endif
