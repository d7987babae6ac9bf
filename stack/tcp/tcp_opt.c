/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_opt.c - TCP options: bytes to struct and back
 *
 * What this room is for
 *   The bytes of a segment's options in one struct. Pure: the same bytes give
 *   the same struct, whatever the connection's state.
 *
 * Comes in   tcp_in.c gives the bytes; tcp_out.c gives the struct.
 * Never      judges: a SACK block may be absurd, a timestamp old.
 * Follows    RFC 9293 3.2, 7323 2 and 3, 2018; Linux for the order, and for
 *            reading on where the RFC leaves it open.
 */
#include "tcp_opt.h"

#include <errno.h>
#include <string.h>

/* Lengths as they stand in the length byte. */
enum {
	LEN_MSS = 4,
	LEN_WSCALE = 3,
	LEN_SACK_PERMITTED = 2,
	LEN_TIMESTAMP = 10,
	LEN_SACK_HEAD = 2,
	LEN_SACK_BLOCK = 8,
};

static uint32_t get32(const uint8_t *b)
{
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 |
	       (uint32_t)b[2] << 8 | b[3];
}

static uint8_t *put32(uint8_t *to, uint32_t v)
{
	be32 wire = be32_make(v);

	memcpy(to, wire.b, sizeof(wire.b));
	return to + sizeof(wire.b);
}

static uint8_t *put4(uint8_t *to, uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	to[0] = a;
	to[1] = b;
	to[2] = c;
	to[3] = d;
	return to + 4;
}

static void read_timestamp(const uint8_t *opt, struct tcp_options *out)
{
	out->has_ts = true;
	out->tsval = get32(opt + 2);
	out->tsecr = get32(opt + 6);
}

static void read_sack(const uint8_t *opt, size_t size, struct tcp_options *out)
{
	size_t n = (size - LEN_SACK_HEAD) / LEN_SACK_BLOCK;

	if (size < LEN_SACK_HEAD + LEN_SACK_BLOCK ||
	    (size - LEN_SACK_HEAD) % LEN_SACK_BLOCK != 0 ||
	    n > TCP_OPT_SACK_MAX)
		return;
	/* The last option counts, whole: no block of one before it stays. */
	memset(out->sack, 0, sizeof(out->sack));
	opt += LEN_SACK_HEAD;
	for (size_t i = 0; i < n; i++, opt += LEN_SACK_BLOCK)
		out->sack[i] = (struct range){get32(opt), get32(opt + 4)};
	out->nsack = (uint8_t)n;
}

/* What counts in a SYN only. */
static void read_syn_option(const uint8_t *opt, size_t size,
			    struct tcp_options *out)
{
	uint16_t mss;

	switch (opt[0]) {
	case TCP_OPT_MSS:
		if (size != LEN_MSS)
			return;
		mss = (uint16_t)(opt[2] << 8 | opt[3]);
		if (mss == 0)
			return;
		out->has_mss = true;
		out->mss = mss;
		return;
	case TCP_OPT_WSCALE:
		if (size != LEN_WSCALE)
			return;
		out->has_wscale = true;
		out->wscale = (uint8_t)MIN(opt[2], TCP_OPT_WSCALE_MAX);
		return;
	case TCP_OPT_SACK_PERMITTED:
		if (size == LEN_SACK_PERMITTED)
			out->sack_permitted = true;
		return;
	default:
		return;
	}
}

/* One whole option of `size` bytes, kind and length included. */
static void read_option(const uint8_t *opt, size_t size, bool syn,
			struct tcp_options *out)
{
	if (opt[0] == TCP_OPT_TIMESTAMP) {
		if (size == LEN_TIMESTAMP)
			read_timestamp(opt, out);
	} else if (syn) {
		read_syn_option(opt, size, out);
	} else if (opt[0] == TCP_OPT_SACK) {
		read_sack(opt, size, out);
	}
}

/* NOP NOP TS and nothing else: nearly every segment of a modern peer. */
static bool is_just_timestamp(const uint8_t *opts, size_t len)
{
	static const uint8_t head[4] = {TCP_OPT_NOP, TCP_OPT_NOP,
					TCP_OPT_TIMESTAMP, LEN_TIMESTAMP};

	return len == TCP_OPT_TS_LEN && memcmp(opts, head, sizeof(head)) == 0;
}

int tcp_opt_parse(const uint8_t *opts, size_t len, bool syn,
		  struct tcp_options *out)
{
	size_t at = 0;

	memset(out, 0, sizeof(*out));
	if (LIKELY(is_just_timestamp(opts, len))) {
		read_timestamp(opts + 2, out);
		return 0;
	}

	/* The header has no room for more; the caller's len need not know. */
	len = MIN(len, (size_t)TCP_OPTIONS_MAX);
	while (at < len && opts[at] != TCP_OPT_END) {
		size_t size;

		if (opts[at] == TCP_OPT_NOP) {
			at++;
			continue;
		}
		if (len - at < 2)
			return -EINVAL;
		size = opts[at + 1];
		if (size < 2 || size > len - at)
			return -EINVAL;
		read_option(opts + at, size, syn, out);
		at += size;
	}
	return 0;
}

static uint8_t *put_timestamp(uint8_t *to, const struct tcp_options *o)
{
	return put32(put32(to, o->tsval), o->tsecr);
}

static uint8_t *build_syn(uint8_t *to, const struct tcp_options *o)
{
	if (o->has_mss)
		to = put4(to, TCP_OPT_MSS, LEN_MSS, (uint8_t)(o->mss >> 8),
			  (uint8_t)o->mss);

	/* SACK-permitted takes the place of the timestamp's padding. */
	if (o->has_ts && o->sack_permitted)
		to = put4(to, TCP_OPT_SACK_PERMITTED, LEN_SACK_PERMITTED,
			  TCP_OPT_TIMESTAMP, LEN_TIMESTAMP);
	else if (o->has_ts)
		to = put4(to, TCP_OPT_NOP, TCP_OPT_NOP, TCP_OPT_TIMESTAMP,
			  LEN_TIMESTAMP);
	else if (o->sack_permitted)
		to = put4(to, TCP_OPT_NOP, TCP_OPT_NOP, TCP_OPT_SACK_PERMITTED,
			  LEN_SACK_PERMITTED);
	if (o->has_ts)
		to = put_timestamp(to, o);

	if (o->has_wscale)
		to = put4(to, TCP_OPT_NOP, TCP_OPT_WSCALE, LEN_WSCALE,
			  (uint8_t)MIN(o->wscale, TCP_OPT_WSCALE_MAX));
	return to;
}

/* How many of the blocks fit. */
static uint8_t sack_blocks(const struct tcp_options *o)
{
	uint8_t max = o->has_ts ? TCP_OPT_SACK_TS_MAX : TCP_OPT_SACK_MAX;

	return MIN(o->nsack, max);
}

size_t tcp_opt_build(const struct tcp_options *o, bool syn,
		     uint8_t to[TCP_OPTIONS_MAX])
{
	uint8_t *at = to;
	uint8_t n = sack_blocks(o);

	if (syn)
		return (size_t)(build_syn(to, o) - to);

	if (o->has_ts) {
		at = put4(at, TCP_OPT_NOP, TCP_OPT_NOP, TCP_OPT_TIMESTAMP,
			  LEN_TIMESTAMP);
		at = put_timestamp(at, o);
	}
	if (n > 0)
		at = put4(at, TCP_OPT_NOP, TCP_OPT_NOP, TCP_OPT_SACK,
			  (uint8_t)(LEN_SACK_HEAD + n * LEN_SACK_BLOCK));
	for (uint8_t i = 0; i < n; i++)
		at = put32(put32(at, o->sack[i].from), o->sack[i].to);
	return (size_t)(at - to);
}

size_t tcp_opt_len(const struct tcp_options *o, bool syn)
{
	size_t len = o->has_ts ? TCP_OPT_TS_LEN : 0;
	uint8_t n = sack_blocks(o);

	if (!syn)
		return len + (n ? 4u + (size_t)n * LEN_SACK_BLOCK : 0);
	len += o->has_mss ? 4 : 0;
	len += o->has_wscale ? 4 : 0;
	len += o->sack_permitted && !o->has_ts ? 4 : 0;
	return len;
}
