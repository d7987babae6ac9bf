/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_hystart.h - leaving slow start before the queue overflows
 *
 * What this room is for
 *   HyStart++: compares the round trips of one round with the round before; a
 *   rise means a queue builds. Then growth slows to a quarter for five
 *   rounds, and if the rise stays, slow start ends; if not, it was jitter.
 *
 * Comes in   tcp_cc_cubic.c, for every ACK in the initial slow start.
 * Never      changes cwnd itself, or reads the clock.
 * Follows    RFC 9406. Rounds are counted in sequence numbers.
 */
#ifndef STACK_TCP_HYSTART_H
#define STACK_TCP_HYSTART_H

#include "ground/base.h"

enum tcp_hystart_phase {
	TCP_HYSTART_SLOW_START, /* grow as usual */
	TCP_HYSTART_CSS,        /* conservative: a quarter of it */
	TCP_HYSTART_DONE,       /* slow start is over */
};

struct tcp_hystart {
	uint32_t window_end;   /* [S] the round ends when una passes it */
	uint32_t last_min_us;  /* [S] of the round before; UINT32_MAX: none */
	uint32_t round_min_us; /* [S] of this round; UINT32_MAX: none */
	uint32_t css_baseline_us; /* [S] what CSS was entered with */
	uint8_t samples;          /* [S] in this round, up to 255 */
	uint8_t css_rounds;       /* [S] rounds spent in CSS */
	uint8_t phase;            /* [S] enum tcp_hystart_phase */
	bool has_round;           /* [S] window_end counts */
};

enum {
	TCP_HYSTART_MIN_THRESH_US = 4000,
	TCP_HYSTART_MAX_THRESH_US = 16000,
	TCP_HYSTART_THRESH_DIVISOR = 8,
	TCP_HYSTART_SAMPLES = 8,
	TCP_HYSTART_CSS_DIVISOR = 4,
	TCP_HYSTART_CSS_ROUNDS = 5,
	TCP_HYSTART_L = 8, /* segments one ACK may add, not paced */
};

void tcp_hystart_init(struct tcp_hystart *h);

/*
 * An ACK moved una; nxt is what has been sent; rtt_us is its sample, 0 if none.
 * Returns the phase that holds for this ACK's growth.
 */
enum tcp_hystart_phase tcp_hystart_on_ack(struct tcp_hystart *h, uint32_t una,
					  uint32_t nxt, uint32_t rtt_us);

#endif
