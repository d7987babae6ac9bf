/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_sack.h - the scoreboard: what left when, and what the peer holds of it
 *
 * What this room is for
 *   All that is in flight, in spans that left at one time and have one fate:
 *   in flight, SACKed, or lost. tcp_recover.c makes one when the first block
 *   arrives, or a probe or a timeout is due, and drops it when a round trip
 *   brought no news; so what arrives in order costs nothing.
 *
 *   When a span left is known exactly for what left since the scoreboard was
 *   made, and not later than it says for what left before.
 *
 * Comes in   blocks from tcp_opt.c, judged here: they are the peer's word.
 * Never      sends, allocates, keeps time, or looks at a connection. All
 *            sequence arithmetic is modulo 2^32, ranges are half open.
 * Bounded    by its capacity. When it is full, neighbours with one fate become
 *            one span with the later time, and at last a block is as if we had
 *            not been told.
 * Lock       the stack lock is held.
 * Follows    RFC 2018, 2883 (duplicates), 6675 (pipe, NextSeg), 8985 5.
 */
#ifndef STACK_TCP_SACK_H
#define STACK_TCP_SACK_H

#include "ground/base.h"
#include "tcp_seq.h"
#include "tcp_prr.h"
#include "tcp_rack.h"

enum { TCP_SACK_BLOCKS_MAX = 4 }; /* in one ACK */

enum tcp_span_flags {
	TCP_SPAN_SACKED = 1 << 0, /* the peer holds it */
	TCP_SPAN_LOST = 1 << 1,   /* it does not, nor is it on its way */
	TCP_SPAN_RESENT = 1 << 2, /* more than once on its way */
};

/* It begins where the one before it ends. */
struct tcp_span {
	uint32_t end;   /* [S] */
	uint32_t sent;  /* [S] us, low bits: when it left last */
	uint32_t flags; /* [S] enum tcp_span_flags */
};

struct tcp_sack {
	uint32_t una;         /* [S] where the first span begins */
	uint32_t first;       /* [S] its place in span[] */
	uint32_t count;       /* [S] spans; 0: nothing is in flight */
	uint32_t cap;         /* [I] places in span[] */
	uint32_t sacked;      /* [S] sequence numbers SACKed */
	uint32_t lost;        /* [S] sequence numbers lost */
	uint32_t sacked_segs; /* [S] segments SACKed since none was, at most */
	uint32_t rescue;      /* [S] no rescue before una passes it */
	uint32_t quiet;       /* [S] when una is there, it was quiet a round */
	bool has_rescue;      /* [S] rescue counts */
	struct tcp_rack rack; /* [S] */
	struct tcp_prr prr;   /* [S] */
	struct tcp_span span[];
};

/* An ACK. */
struct tcp_sack_ack {
	usecs now;           /* when it came */
	uint32_t una, nxt;   /* after it */
	uint32_t mss;        /* bytes of a full segment */
	uint32_t max_window; /* the largest the peer ever offered */
	uint32_t episode;    /* end of the recovery that is under way */
	uint32_t min_rtt_us; /* 0: not known */
	uint32_t tsecr;      /* with has_ts: our clock, echoed */
	uint32_t ts_offset;  /* our clock is ms plus that */
	bool has_ts;
};

/* What it told us. */
struct tcp_sack_news {
	uint32_t delivered;    /* SACKed or acknowledged for the first time */
	uint32_t newly_sacked; /* of those, SACKed */
	bool has_original;     /* among them, never resent, of the episode */
	bool has_resent;       /* among them, resent */
	bool is_reordered;     /* what was sent later came before them */
	bool is_dsack;         /* the first block reports a duplicate */
	bool has_bad;          /* some block was impossible and ignored */
	struct range dsack;    /* the duplicate, if is_dsack */
};

/* Bytes for so many spans, and how many fit. */
size_t tcp_sack_bytes(uint32_t spans);
uint32_t tcp_sack_fit(size_t bytes);

/* Of that capacity, 2 at least; una..nxt left at `sent`. */
void tcp_sack_init(struct tcp_sack *s, uint32_t cap, uint32_t una);

/* All of it, into a larger one. */
void tcp_sack_move(struct tcp_sack *to, uint32_t cap,
		   const struct tcp_sack *from);

/* Is there room for so many more spans? */
bool tcp_sack_has_room(const struct tcp_sack *s, uint32_t more);

/* All up to nxt has left now, what is not known yet. It may be less than is
 * known: a window probe was taken back. */
void tcp_sack_on_sent(struct tcp_sack *s, uint32_t nxt, uint32_t now);

/* It left once more. */
void tcp_sack_on_resent(struct tcp_sack *s, const struct range *r,
			uint32_t now);

/* una advanced. Before tcp_sack_update(), with the same ACK. */
void tcp_sack_trim(struct tcp_sack *s, const struct tcp_sack_ack *a,
		   struct tcp_sack_news *news);

/*
 * Takes the blocks. One counts if una < from < to <= nxt. The first may report
 * a duplicate instead (RFC 2883 4): below una, but no further than max_window
 * below, or inside the second block. s may be NULL: then only duplicates are
 * looked for. Not for an ACK older than una: its blocks would look like
 * duplicates.
 */
void tcp_sack_update(struct tcp_sack *s, const struct range *blocks, uint32_t n,
		     const struct tcp_sack_ack *a, struct tcp_sack_news *news);

/* Span number i is lost. */
void tcp_sack_mark_lost(struct tcp_sack *s, uint32_t i);

/* All that the peer does not hold is lost: the path became narrower. */
void tcp_sack_mark_all_lost(struct tcp_sack *s);

/* Nothing is lost: that was a mistake. */
void tcp_sack_forget_losses(struct tcp_sack *s);

/* Nothing is held: the peer has taken back its word (RFC 2018 8). */
void tcp_sack_forget_blocks(struct tcp_sack *s);

/*
 * The peer acknowledged up to una, yet claims to hold una: it discarded what it
 * had SACKed (or holds it and lost the ACK).
 */
bool tcp_sack_is_reneged(const struct tcp_sack *s);

/* RFC 6675 SetPipe(): what is in flight. */
uint32_t tcp_sack_pipe(const struct tcp_sack *s);

/* Which rule of RFC 6675 NextSeg() answered. Rule 3, what may be lost, is left
 * to time. */
enum tcp_sack_next {
	TCP_SACK_NEXT_NONE,   /* nothing may be sent */
	TCP_SACK_NEXT_LOST,   /* (1) resend: it is lost */
	TCP_SACK_NEXT_NEW,    /* (2) send new data; *seg is not set */
	TCP_SACK_NEXT_RESCUE, /* (4) resend the tail, once per recovery */
};

/*
 * What to send next in recovery; up to mss sequence numbers in *seg, which
 * never cover SACKed ones. `can_send_new`: unsent data and window are there.
 * Changes nothing.
 */
enum tcp_sack_next tcp_sack_next_seg(const struct tcp_sack *s, uint32_t mss,
				     bool can_send_new, struct range *seg);

/* A recovery begins; its first resend ends at `to`; rule 4 was followed. */
void tcp_sack_on_recovery(struct tcp_sack *s);
void tcp_sack_hold_rescue(struct tcp_sack *s, uint32_t to);
void tcp_sack_on_rescue(struct tcp_sack *s, uint32_t recovery_point);

static inline struct tcp_span *tcp_sack_at(struct tcp_sack *s, uint32_t i);

/* Inline bodies. */

static inline struct tcp_span *tcp_sack_at(struct tcp_sack *s, uint32_t i)
{
	return &s->span[s->first + i];
}

#endif
