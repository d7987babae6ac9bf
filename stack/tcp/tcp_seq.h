/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_seq.h - sequence arithmetic, nothing else
 *
 * What this room is for
 *   Sequence numbers and time stamps live on a circle of 2^32. Comparing them
 *   with < is the oldest bug in TCP; these are the only comparisons we use.
 *
 * Follows    RFC 9293 3.4; RFC 7323 5.2 for time stamps.
 */
#ifndef STACK_TCP_SEQ_H
#define STACK_TCP_SEQ_H

#include "ground/base.h"

typedef uint32_t tcp_seq;

struct range {
	tcp_seq from; /* first sequence number in it */
	tcp_seq to;   /* first one behind it */
};

static inline bool seq_lt(tcp_seq a, tcp_seq b)
{
	return (int32_t)(a - b) < 0;
}

static inline bool seq_leq(tcp_seq a, tcp_seq b)
{
	return (int32_t)(a - b) <= 0;
}

static inline bool seq_gt(tcp_seq a, tcp_seq b)
{
	return (int32_t)(a - b) > 0;
}

static inline bool seq_geq(tcp_seq a, tcp_seq b)
{
	return (int32_t)(a - b) >= 0;
}

static inline tcp_seq seq_max(tcp_seq a, tcp_seq b)
{
	return seq_gt(a, b) ? a : b;
}

static inline tcp_seq seq_min(tcp_seq a, tcp_seq b)
{
	return seq_lt(a, b) ? a : b;
}

/* Is seq in [from, from + len)? Nothing is in an empty range. */
static inline bool seq_in(tcp_seq seq, tcp_seq from, uint32_t len)
{
	return seq - from < len;
}

#endif
