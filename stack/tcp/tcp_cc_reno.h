/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_cc_reno.h - congestion control as RFC 5681 has it
 *
 * What this room is for
 *   One segment per round trip more, half on loss, counted in bytes.
 *
 * Door       only tcp_cc.h and tcp_cc.c include this; others go through
 * tcp_cc.h. Follows    RFC 5681, 3465 (L = 2).
 */
#ifndef STACK_TCP_CC_RENO_H
#define STACK_TCP_CC_RENO_H

#include "ground/base.h"

struct tcp_cc;
struct tcp_cc_ack;

struct tcp_cc_reno {
	uint32_t acked; /* [S] bytes towards the next segment of cwnd */
};

void tcp_cc_reno_init(struct tcp_cc *cc);
void tcp_cc_reno_on_ack(struct tcp_cc *cc, const struct tcp_cc_ack *a);

/* The ssthresh that a loss leaves. */
uint32_t tcp_cc_reno_on_cut(struct tcp_cc *cc, uint32_t in_flight);

#endif
