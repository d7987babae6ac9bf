/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_rtt.h - the round trip estimate and the retransmission timeout
 *
 * What this room is for
 *   Takes measured round trips, gives the smoothed round trip, its variation,
 *   the timeout with its back-off, and the shortest round trip of late. All
 *   in microseconds.
 *
 * Never      decides which sample counts: Karn's rule (no sample from a segment
 *            that was resent, unless a timestamp tells) is the caller's.
 * Follows    RFC 6298; RFC 8985 6.1 (a windowed minimum).
 *            Deviation: as in Linux the timeout exceeds the smoothed round trip
 *            by LIMIT_RTO_MIN_US at least; there is no minimum of 1 s. So a
 *            delayed ACK never fires it. Pinned by Test(tcp_rtt,
 * short_path_rto_is_linux_minimum).
 */
#ifndef STACK_TCP_RTT_H
#define STACK_TCP_RTT_H

#include "ground/base.h"
#include "ground/limits.h"

/* The shortest sample of one stretch of time, a third of the window. */
struct tcp_rtt_best {
	uint32_t since_ms; /* [S] when the stretch began, low bits */
	uint32_t rtt_us;   /* [S] UINT32_MAX: none */
};

struct tcp_rtt {
	uint32_t srtt_us;            /* [S] smoothed; 0: no sample yet */
	uint32_t rttvar_us;          /* [S] smoothed mean deviation */
	uint32_t base_us;            /* [S] timeout before back-off */
	uint32_t latest_us;          /* [S] the last sample; 0: none */
	uint8_t backoffs;            /* [S] doublings in force */
	bool syn_timed_out;          /* [S] RFC 6298 5.7 will apply */
	struct tcp_rtt_best best[3]; /* [S] this stretch and those before */
};

enum {
	TCP_RTT_AFTER_SYN_US = 3000000,        /* RFC 6298 5.7 */
	TCP_RTT_MIN_WINDOW_US = 300 * 1000000, /* Linux: tcp_min_rtt_wlen */
};

/* No sample: the timeout is LIMIT_RTO_INIT_US. */
void tcp_rtt_init(struct tcp_rtt *r);

/* A round trip measured at `now`. Ends the back-off. 0 counts as 1 us. */
void tcp_rtt_on_sample(struct tcp_rtt *r, usecs now, uint32_t rtt_us);

/* The timer fired: the timeout doubles, up to LIMIT_RTO_MAX_US. */
void tcp_rtt_on_timeout(struct tcp_rtt *r);

/* The timer fired while a SYN or SYN-ACK was in flight: doubles, too. */
void tcp_rtt_on_syn_timeout(struct tcp_rtt *r);

/*
 * The handshake is over. After a SYN timeout the next timeout starts at 3 s
 * (RFC 6298 5.7) unless a sample was taken (timestamps make that possible).
 */
void tcp_rtt_on_established(struct tcp_rtt *r);

/* New data were acknowledged, but there is no sample: ends the back-off. */
void tcp_rtt_on_progress(struct tcp_rtt *r);

/* The timeout now, back-off included; within the two limits. */
uint32_t tcp_rtt_rto_us(const struct tcp_rtt *r);

/* The shortest sample within TCP_RTT_MIN_WINDOW_US; 0: no sample yet. */
uint32_t tcp_rtt_min_us(const struct tcp_rtt *r);

static inline bool tcp_rtt_has_sample(const struct tcp_rtt *r);

/* Inline bodies. */

static inline bool tcp_rtt_has_sample(const struct tcp_rtt *r)
{
	return r->srtt_us != 0;
}

#endif
