/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_cookie.c - a listener's memory, kept by the peer
 *
 * What this room is for
 *   A cookie is 5 bits of time, 3 bits of MSS, and 24 bits of keyed hash over
 *   both and the tuple; all of it is added to another keyed hash, so that the
 *   fields do not show.
 *
 * Never      stores anything.
 * Follows    RFC 4987 3.6.
 * Proved by  tcp_listen_test.c
 */
#include "tcp_cookie.h"

#include <string.h>

#define COOKIE_TICK_US SEC(64)

enum {
	TIME_SHIFT = 27,
	TIME_MASK = 31,
	MSS_SHIFT = 24,
	MSS_MASK = 7,
	HASH_MASK = 0xffffff,
	TICKS_VALID = 2, /* this one and the one before */
	/* In the low bits of the time stamp. */
	TS_BITS = 6,
	TS_WSCALE = 15, /* this value: no window scale */
	TS_SACK = 1 << 4,
};

/* What peers commonly say; a value is rounded down to one of them. */
static const uint16_t mss_table[] = {216,  536,  1220, 1360,
				     1440, 1460, 4312, 8960};
static_assert(ARRAY_LEN(mss_table) == MSS_MASK + 1, "three bits");

static uint32_t hash(struct tcp *t, const struct ports_tuple *key, tcp_seq irs,
		     uint32_t what)
{
	struct {
		struct ports_tuple key;
		uint32_t irs, what;
	} in;

	memset(&in, 0, sizeof(in));
	in.key = *key;
	in.irs = irs;
	in.what = what;
	return (uint32_t)rand_siphash(&t->cookie_key, &in, sizeof(in));
}

static uint32_t tick_now(const struct tcp *t)
{
	return (uint32_t)(t->eng->now / COOKIE_TICK_US);
}

static uint32_t fields(struct tcp *t, const struct ports_tuple *key,
		       tcp_seq irs, uint32_t tick, uint32_t mss_index)
{
	uint32_t sum = hash(t, key, irs, tick << 4 | mss_index << 1 | 1);

	return (tick & TIME_MASK) << TIME_SHIFT | mss_index << MSS_SHIFT |
	       (sum & HASH_MASK);
}

tcp_seq tcp_cookie_make(struct tcp *t, const struct ports_tuple *key,
			tcp_seq irs, uint16_t mss)
{
	uint32_t i = ARRAY_LEN(mss_table) - 1;

	while (i > 0 && mss_table[i] > mss)
		i--;
	return fields(t, key, irs, tick_now(t), i) + hash(t, key, irs, 0);
}

uint16_t tcp_cookie_check(struct tcp *t, const struct ports_tuple *key,
			  tcp_seq irs, tcp_seq cookie)
{
	uint32_t plain = cookie - hash(t, key, irs, 0);
	uint32_t i = plain >> MSS_SHIFT & MSS_MASK;
	uint32_t tick = tick_now(t);

	for (uint32_t age = 0; age < TICKS_VALID; age++) {
		if (plain == fields(t, key, irs, tick - age, i))
			return mss_table[i];
	}
	return 0;
}

uint32_t tcp_cookie_ts(uint32_t ts_now, const struct tcp_options *syn)
{
	uint32_t bits = syn->has_wscale ? syn->wscale : TS_WSCALE;
	uint32_t ts;

	if (syn->sack_permitted)
		bits |= TS_SACK;
	/* Never ahead of our clock: what we send later must be newer. */
	ts = (ts_now & ~((1u << TS_BITS) - 1)) | bits;
	return seq_gt(ts, ts_now) ? ts - (1u << TS_BITS) : ts;
}

void tcp_cookie_read_ts(uint32_t tsecr, struct tcp_options *syn)
{
	uint32_t wscale = tsecr & TS_WSCALE;

	syn->has_wscale = wscale != TS_WSCALE;
	syn->wscale = syn->has_wscale ? (uint8_t)wscale : 0;
	syn->sack_permitted = tsecr & TS_SACK;
}
