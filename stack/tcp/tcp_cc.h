/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_cc.h - congestion control: what may be in flight
 *
 * What this room is for
 *   One struct per connection holds cwnd and ssthresh; the functions tell it
 *   what happened. An enum chooses the algorithm, because no function pointer
 *   may lie in the arena. Everything is in bytes.
 *
 * Comes in   tcp_in.c and tcp_recover.c report; tcp_out.c reads cwnd.
 * Never      reads the clock, or looks at a connection. Window inflation of
 *            NewReno and PRR's cwnd are tcp_recover.c's: it writes cwnd
 *            between on_loss and on_recovery_exit, nobody else writes it.
 * Lock       the stack lock is held.
 * Follows    RFC 5681, 6928 (first window), 3465, 9438, 9406.
 */
#ifndef STACK_TCP_CC_H
#define STACK_TCP_CC_H

#include "ground/base.h"
#include "tcp_cc_cubic.h"
#include "tcp_cc_reno.h"

enum tcp_cc_algo {
	TCP_CC_RENO,
	TCP_CC_CUBIC,
	TCP_CC_NALGOS,
};

enum { TCP_CC_NAME_MAX = 16, TCP_CC_DEFAULT = TCP_CC_CUBIC };

#define TCP_CC_SSTHRESH_NONE UINT32_MAX /* no loss so far: slow start */
#define TCP_CC_CWND_MAX (1u << 30)      /* no window is larger (RFC 7323) */

struct tcp_cc {
	uint8_t algo;      /* [S] enum tcp_cc_algo */
	bool is_fresh;     /* [S] no ACK, no loss: cwnd is the first window */
	bool has_prior;    /* [S] prior_* may be brought back by undo */
	bool in_recovery;  /* [S] between on_loss and on_recovery_exit */
	bool after_rto;    /* [S] slow start from one segment, until ssthresh */
	uint32_t mss;      /* [S] bytes a full segment carries */
	uint32_t cwnd;     /* [S] bytes, never below mss */
	uint32_t ssthresh; /* [S] bytes */
	uint32_t prior_cwnd;     /* [S] before the first cut of this episode */
	uint32_t prior_ssthresh; /* [S] likewise */
	union {
		struct tcp_cc_reno reno;
		struct tcp_cc_cubic cubic;
	} u; /* [S] by algo */
};

/* An ACK that acknowledged new data (SND.UNA moved). */
struct tcp_cc_ack {
	usecs now;         /* when its frame was read */
	uint32_t acked;    /* bytes una advanced */
	uint32_t una;      /* after it */
	uint32_t nxt;      /* highest sequence number sent */
	uint32_t rtt_us;   /* this ACK's round trip sample; 0: none */
	uint32_t srtt_us;  /* smoothed, this sample included; 0: none yet */
	uint32_t burst;    /* most bytes given to the link at once; 0: mss */
	bool cwnd_limited; /* cwnd was what held the sender back this round */
};

/* First window, slow start. */
void tcp_cc_init(struct tcp_cc *cc, enum tcp_cc_algo algo, uint32_t mss);

/* Another algorithm (TCP_CONGESTION): cwnd and ssthresh stay. */
void tcp_cc_switch(struct tcp_cc *cc, enum tcp_cc_algo algo);

/*
 * The MSS became known, or the path MTU changed. Before the first ACK the first
 * window is computed anew; later cwnd stays as it is, but at least one segment.
 */
void tcp_cc_set_mss(struct tcp_cc *cc, uint32_t mss);

/* The handshake needed more than one SYN: the first window is one segment. */
void tcp_cc_on_syn_lost(struct tcp_cc *cc);

/*
 * New data acknowledged outside recovery: grows cwnd, but not when the window
 * was not used (RFC 7661). Not to be called during loss recovery; in recovery
 * from a timeout (slow start from one segment) it is.
 *
 * Deviation from RFC 3465 2.2: one ACK may add as many bytes in slow start as
 * left in one piece (a->burst), not only L segments. A receiver that merges
 * segments answers a whole super-segment with one ACK, and the burst this
 * allows is not larger than the one before. Pinned by
 * Test(tcp_cc, super_segment_ack_counts_in_full).
 */
void tcp_cc_on_ack(struct tcp_cc *cc, const struct tcp_cc_ack *a);

/*
 * Fast recovery starts, or an ECN echo asks for a cut: once per episode.
 * in_flight: bytes sent and not yet acknowledged (FlightSize). Sets ssthresh,
 * and cwnd to it.
 */
void tcp_cc_on_loss(struct tcp_cc *cc, usecs now, uint32_t in_flight);

/* The recovery point was acknowledged: cwnd is ssthresh again. */
void tcp_cc_on_recovery_exit(struct tcp_cc *cc);

/*
 * The retransmission timer fired: cwnd is one segment. `first`: the segment
 * was not resent by a timeout before; only then ssthresh is cut (RFC 5681
 * eq. 4 and the note below it).
 */
void tcp_cc_on_rto(struct tcp_cc *cc, usecs now, uint32_t in_flight,
		   bool first);

/*
 * The last cut was a mistake (DSACK, Eifel, F-RTO): takes it back. Harmless
 * when there is nothing to take back.
 */
void tcp_cc_undo(struct tcp_cc *cc);

/* All of the last episode is behind una, and it was right: forget prior_*. */
void tcp_cc_forget_prior(struct tcp_cc *cc);

/* About to send after nothing was sent for longer than the timeout. */
void tcp_cc_on_idle(struct tcp_cc *cc);

/* RFC 6928: min(10 segments, max(2 segments, 14600 bytes)). */
uint32_t tcp_cc_initial_window(uint32_t mss);

static inline bool tcp_cc_in_slow_start(const struct tcp_cc *cc);

/* "reno", "cubic". */
const char *tcp_cc_name(enum tcp_cc_algo algo);

/* From a name of `len` bytes, NUL or not: the enum, or -ENOENT (tcp(7)). */
int tcp_cc_find(const char *name, size_t len) MUST_CHECK;

/*
 * Slow start for one ACK, for the algorithms: adds at most `limit` bytes, not
 * beyond ssthresh. Returns the acked bytes that are left for avoidance.
 */
uint32_t tcp_cc_slow_start(struct tcp_cc *cc, uint32_t acked, uint32_t limit);

/* Inline bodies. */

static inline bool tcp_cc_in_slow_start(const struct tcp_cc *cc)
{
	return cc->cwnd < cc->ssthresh;
}

#endif
