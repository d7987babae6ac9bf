/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * rand.h - unpredictable numbers from a key that was given once
 *
 * What this room is for
 *   SipHash-2-4 for keyed hashing (tables, initial sequence numbers, ports)
 *   and a generator that runs SipHash over a counter. The same seed gives the
 *   same numbers: that is what makes replay and simulation possible.
 *
 * Never      reads entropy; the driver gives the seed.
 * Follows    Aumasson and Bernstein, "SipHash"; RFC 6528 3; RFC 6056 3.3.
 */
#ifndef STACK_RAND_H
#define STACK_RAND_H

#include "base.h"

struct rand_key {
	uint64_t k0;
	uint64_t k1;
};

struct rand {
	struct rand_key key; /* [I] */
	uint64_t counter;    /* [S] */
};

uint64_t rand_siphash(const struct rand_key *key, const void *data, size_t len);

void rand_init(struct rand *r, const struct rand_key *seed);
uint64_t rand_u64(struct rand *r);
uint32_t rand_u32(struct rand *r);

/* Uniform in [0, bound); bound > 0. */
uint32_t rand_below(struct rand *r, uint32_t bound);

/* An independent key derived from the seed and a purpose number. */
struct rand_key rand_derive(const struct rand *r, uint64_t purpose);

#endif
