/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_prr.h - how much may leave in recovery, for what has arrived
 *
 * What this room is for
 *   The window shrinks to ssthresh in the course of one round trip: for each
 *   byte that was delivered a share of it may leave. When more was lost than
 *   that, as much may leave as arrived, and a segment more as long as nothing
 *   else is missing.
 *
 * Never      sends, or looks at a connection.
 * Lock       the stack lock is held.
 * Follows    RFC 9937 5 and 6.
 */
#ifndef STACK_TCP_PRR_H
#define STACK_TCP_PRR_H

#include "ground/base.h"

struct tcp_prr {
	uint32_t delivered; /* [S] bytes, since the recovery began */
	uint32_t out;       /* [S] bytes that left since */
	uint32_t flight;    /* [S] RecoverFS; 0: no recovery */
};

/* An ACK in recovery. */
struct tcp_prr_ack {
	uint32_t delivered; /* bytes SACKed or acknowledged by it */
	uint32_t pipe;      /* bytes in flight after it */
	uint32_t ssthresh;  /* bytes */
	uint32_t mss;       /* bytes */
	bool is_safe;       /* una advanced and no new loss was found */
};

/* A recovery begins with so many bytes in flight. */
void tcp_prr_start(struct tcp_prr *p, uint32_t flight);

/* Something left. */
void tcp_prr_on_sent(struct tcp_prr *p, uint32_t bytes);

/* The congestion window after that ACK. */
uint32_t tcp_prr_on_ack(struct tcp_prr *p, const struct tcp_prr_ack *a);

#endif
