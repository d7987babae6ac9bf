/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_opt.h - TCP options: bytes to struct and back
 *
 * What this room is for
 *   Reads the option bytes of a segment into one struct, and writes that struct
 *   in the order Linux uses, so that we look like Linux on the wire. What an
 *   option means is decided by tcp_in.c and tcp_out.c.
 *
 * Never      fails on strange bytes for longer than it must: an unknown or
 *            ill-sized option is skipped, and a broken length ends the reading,
 *            keeping what was read before it (as Linux does).
 * Follows    RFC 9293 3.1 and 3.2, 7323 2 and 3, 2018 2 and 3.
 */
#ifndef STACK_TCP_OPT_H
#define STACK_TCP_OPT_H

#include "ground/base.h"
#include "tcp_seq.h"
#include "link/wire.h"

enum tcp_opt_kind {
	TCP_OPT_END = 0,
	TCP_OPT_NOP = 1,
	TCP_OPT_MSS = 2,
	TCP_OPT_WSCALE = 3,
	TCP_OPT_SACK_PERMITTED = 4,
	TCP_OPT_SACK = 5,
	TCP_OPT_TIMESTAMP = 8,
};

enum {
	TCP_OPT_SACK_MAX = 4,    /* blocks that fit without timestamps */
	TCP_OPT_SACK_TS_MAX = 3, /* blocks that fit beside them */
	TCP_OPT_WSCALE_MAX = 14, /* RFC 7323 2.3 */
	TCP_OPT_TS_LEN = 12,     /* NOP NOP TS: what every segment carries */
};

struct tcp_options {
	uint16_t mss;        /* bytes; meaningful with has_mss */
	uint8_t wscale;      /* 0..14; meaningful with has_wscale */
	bool has_mss;        /* SYN only */
	bool has_wscale;     /* SYN only */
	bool sack_permitted; /* SYN only */
	bool has_ts;         /* tsval and tsecr are there */
	uint8_t nsack;       /* 0..TCP_OPT_SACK_MAX blocks in sack[] */
	uint32_t tsval;      /* the sender's clock */
	uint32_t tsecr;      /* our clock, echoed */
	struct range sack[TCP_OPT_SACK_MAX]; /* in the order of the wire */
};

/*
 * Reads opts[0..len) into *out, which is always filled. `syn`: the segment has
 * SYN; MSS, window scale and SACK-permitted count only then, SACK only without.
 * A repeated option: the last one counts, as in Linux. A window scale above 14
 * becomes 14; an MSS of 0 is as if it were absent. SACK blocks are not judged.
 *
 * Returns 0, or -EINVAL when a length below 2 or beyond the end stopped the
 * reading; what came before it is in *out and may be used. Nobody needs to drop
 * the segment for it.
 */
int tcp_opt_parse(const uint8_t *opts, size_t len, bool syn,
		  struct tcp_options *out);

/*
 * Writes the options of *o and returns their length, a multiple of 4 and at
 * most 40. SYN: MSS, SACK-permitted, timestamp, NOP window scale, as Linux
 * packs them. Otherwise: NOP NOP timestamp, NOP NOP SACK, with as many
 * blocks from the front as fit.
 */
size_t tcp_opt_build(const struct tcp_options *o, bool syn,
		     uint8_t to[TCP_OPTIONS_MAX]);

/* The length tcp_opt_build() would return, without building. */
size_t tcp_opt_len(const struct tcp_options *o, bool syn);

#endif
