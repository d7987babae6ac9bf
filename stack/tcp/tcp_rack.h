/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_rack.h - lost, because what was sent later has arrived
 *
 * What this room is for
 *   Of what was delivered, the segment that left last tells: whatever left
 *   before it should be here as well, within a reordering window. The window
 *   is a quarter of the shortest round trip, wider after duplicates were
 *   reported, and nothing as long as the path never reordered and three
 *   segments say that something is missing.
 *
 * Never      sends, reads a clock, or looks at a connection.
 * Lock       the stack lock is held.
 * Follows    RFC 8985 6.
 */
#ifndef STACK_TCP_RACK_H
#define STACK_TCP_RACK_H

#include "ground/base.h"

struct tcp_sack;
struct tcp_sack_ack;
struct tcp_span;

/* Of one scoreboard. Times are the low bits of microseconds. */
struct tcp_rack {
	uint32_t xmit;   /* [S] of the delivered, the last left then */
	uint32_t end;    /* [S] and ended there */
	uint32_t rtt_us; /* [S] of what was delivered last */
	uint32_t fack;   /* [S] end of the highest that was delivered */
	bool is_known;   /* [S] something was delivered */
};

/* What a connection knows about its path for longer than a scoreboard. */
struct tcp_reorder {
	uint32_t round;  /* [S] the window was widened for what is below */
	bool has_round;  /* [S] round counts */
	bool is_seen;    /* [S] something overtook something */
	uint8_t wider;   /* [S] quarters of a round trip, beyond the first */
	uint8_t persist; /* [S] recoveries until `wider` is forgotten */
};

void tcp_rack_init(struct tcp_rack *r, uint32_t una);

/* 6.2, steps 2 and 3: [.., end) of this span was delivered, says this ACK.
 * True: what was sent later came before it. */
bool tcp_rack_on_delivered(struct tcp_rack *r, const struct tcp_span *span,
			   uint32_t end, const struct tcp_sack_ack *a);

/* 6.2, step 4. A duplicate was reported; una passed the end of a recovery. */
void tcp_rack_on_dsack(struct tcp_reorder *o, uint32_t una, uint32_t nxt);
void tcp_rack_on_recovered(struct tcp_reorder *o);

/* The reordering window; `by_count`: three segments, or a recovery that is
 * under way, would do if the path did not reorder. */
uint32_t tcp_rack_window(const struct tcp_reorder *o, bool by_count,
			 uint32_t min_rtt_us, uint32_t srtt_us);

/*
 * 6.2, step 5: marks what is lost. Returns in how many microseconds more may
 * be, if nothing is heard until then; 0: no more.
 */
uint32_t tcp_rack_detect(struct tcp_sack *s, uint32_t now, uint32_t window_us);

/* 6.3: the retransmission timeout. The front is lost, and what is overdue. */
void tcp_rack_on_rto(struct tcp_sack *s, uint32_t now, uint32_t overdue_us);

#endif
