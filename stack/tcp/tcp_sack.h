/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_sack.h - the scoreboard: what the peer holds, and what to resend
 *
 * What this room is for
 *   Remembers the SACKed ranges between una and nxt and answers the questions
 *   of RFC 6675: is this lost, how much is in flight, what goes next.
 *   tcp_recover.c allocates one when the first block arrives and asks.
 *
 * Comes in   blocks from tcp_opt.c, judged here: they are the peer's word.
 * Never      sends, keeps time, or looks at a connection. una, nxt and mss are
 *            arguments. All sequence arithmetic is modulo 2^32, ranges are
 *            half open.
 * Lock       the stack lock is held.
 * Follows    RFC 2018, 2883 (duplicates), 6675 (its names kept).
 */
#ifndef STACK_TCP_SACK_H
#define STACK_TCP_SACK_H

#include "ground/base.h"
#include "ground/ranges.h"

enum { TCP_SACK_DUP_THRESH = 3 };

struct tcp_sack {
	struct ranges got;   /* [S] held by the peer, all in una..nxt */
	uint32_t sacked;     /* [S] sequence numbers in got */
	uint32_t high_rxt;   /* [S] holes before it were resent; RFC: HighRxt */
	uint32_t rescue_rxt; /* [S] no rescue before una passes it */
	uint32_t late;       /* [S] what is not SACKed before it is lost */
	bool has_late;       /* [S] late counts */
	bool has_high_rxt;   /* [S] high_rxt counts: recovery is on */
	bool has_rescue_rxt; /* [S] rescue_rxt counts */
};

/* What the blocks of one ACK told us. */
struct tcp_sack_news {
	uint32_t newly_sacked; /* sequence numbers SACKed for the first time */
	uint32_t highest;      /* end of the highest new one, if newly_sacked */
	bool below_high_rxt;   /* a new one lies in a hole that was resent */
	bool is_dsack;         /* the first block reports a duplicate */
	bool has_bad;          /* some block was impossible and ignored */
	struct range dsack;    /* the duplicate, if is_dsack */
};

void tcp_sack_init(struct tcp_sack *s);

/*
 * Takes the blocks of an ACK, after una moved to its acknowledgement number and
 * the scoreboard was trimmed. A block counts if una < from < to <= nxt. The
 * first may report a duplicate instead (RFC 2883 4): below una, but no further
 * than max_window below, or inside the second block. s may be NULL: then
 * only duplicates are looked for (is_dsack) and nothing is stored. Not for an
 * ACK older than una: its blocks would look like duplicates.
 */
void tcp_sack_update(struct tcp_sack *s, const struct range *blocks, uint32_t n,
		     uint32_t una, uint32_t nxt, uint32_t max_window,
		     struct tcp_sack_news *news);

/* una advanced: forgets what lies before it. */
void tcp_sack_trim(struct tcp_sack *s, uint32_t una);

/* Loss recovery starts: nothing was resent yet. Keeps the SACKed ranges. */
void tcp_sack_on_recovery(struct tcp_sack *s, uint32_t una);

/*
 * The retransmission timer fired, or the peer reneged: its word no longer
 * counts, everything from una may be resent (RFC 2018 8).
 */
void tcp_sack_clear(struct tcp_sack *s);

/*
 * The peer acknowledged up to una, yet claims to hold una: it discarded what it
 * had SACKed (or holds it and lost the ACK). Call after tcp_sack_trim().
 */
bool tcp_sack_is_reneged(const struct tcp_sack *s, uint32_t una);

/* Does the peer hold this sequence number? */
bool tcp_sack_has(const struct tcp_sack *s, uint32_t seq);

/* The end of the highest SACKed range; una if there is none. */
uint32_t tcp_sack_highest(const struct tcp_sack *s, uint32_t una);

/*
 * RFC 6675 IsLost(): three separate ranges above seq are SACKed, or more than
 * two segments' worth of bytes. False for a SACKed seq.
 */
bool tcp_sack_is_lost(const struct tcp_sack *s, uint32_t seq, uint32_t mss);

/* What stands at `seq` was sent much later than all before it, and arrived: the
 * rest of those will not (RFC 8985). */
void tcp_sack_on_late(struct tcp_sack *s, uint32_t seq);

/* RFC 6675 SetPipe(): the estimate of what is in flight. */
uint32_t tcp_sack_pipe(const struct tcp_sack *s, uint32_t una, uint32_t nxt,
		       uint32_t mss);

/* Which rule of RFC 6675 NextSeg() answered. */
enum tcp_sack_next {
	TCP_SACK_NEXT_NONE,   /* nothing may be sent */
	TCP_SACK_NEXT_LOST,   /* (1) resend: it is lost */
	TCP_SACK_NEXT_NEW,    /* (2) send new data; *seg is not set */
	TCP_SACK_NEXT_UNSURE, /* (3) resend: perhaps lost, nothing better */
	TCP_SACK_NEXT_RESCUE, /* (4) resend the tail, once per recovery */
};

/*
 * What to send next in recovery; up to mss sequence numbers in *seg, which
 * never cover SACKed ones. `can_send_new`: unsent data and window are there.
 * Changes nothing: after sending, tell tcp_sack_on_resent() or
 * tcp_sack_on_rescue().
 */
enum tcp_sack_next tcp_sack_next_seg(const struct tcp_sack *s, uint32_t una,
				     uint32_t nxt, uint32_t mss,
				     bool can_send_new, struct range *seg);

/* A segment chosen by rule 1 or 3 that ends at `to` was resent. */
void tcp_sack_on_resent(struct tcp_sack *s, uint32_t to);

/* A segment chosen by rule 4 was resent. */
void tcp_sack_on_rescue(struct tcp_sack *s, uint32_t recovery_point);

#endif
