/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * rand.c - unpredictable numbers from a key that was given once
 *
 * What this room is for
 *   SipHash-2-4, and a generator that hashes a counter with it. Numbers, and
 *   keys derived for other purposes, never collide: the generator hashes 8
 *   bytes, the derivation 16.
 *
 * Never      reads entropy; the driver gives the seed.
 * Follows    Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012.
 */
#include "rand.h"

#include <endian.h>
#include <string.h>

#include "must.h"

struct sip {
	uint64_t v0, v1, v2, v3;
};

static inline uint64_t rotate(uint64_t x, unsigned int bits)
{
	return (x << bits) | (x >> (64 - bits));
}

static inline void sip_round(struct sip *s)
{
	s->v0 += s->v1;
	s->v2 += s->v3;
	s->v1 = rotate(s->v1, 13) ^ s->v0;
	s->v3 = rotate(s->v3, 16) ^ s->v2;
	s->v0 = rotate(s->v0, 32);

	s->v2 += s->v1;
	s->v0 += s->v3;
	s->v1 = rotate(s->v1, 17) ^ s->v2;
	s->v3 = rotate(s->v3, 21) ^ s->v0;
	s->v2 = rotate(s->v2, 32);
}

static inline void sip_word(struct sip *s, uint64_t word)
{
	s->v3 ^= word;
	sip_round(s);
	sip_round(s);
	s->v0 ^= word;
}

uint64_t rand_siphash(const struct rand_key *key, const void *data, size_t len)
{
	const uint8_t *at = data;
	uint64_t word;
	struct sip s = {
		.v0 = key->k0 ^ 0x736f6d6570736575ull,
		.v1 = key->k1 ^ 0x646f72616e646f6dull,
		.v2 = key->k0 ^ 0x6c7967656e657261ull,
		.v3 = key->k1 ^ 0x7465646279746573ull,
	};

	for (size_t left = len; left >= 8; left -= 8, at += 8) {
		memcpy(&word, at, 8);
		sip_word(&s, le64toh(word));
	}

	/* The last word carries the remaining bytes, and the length on top. */
	word = 0;
	if (len % 8)
		memcpy(&word, at, len % 8);
	sip_word(&s, le64toh(word) | (uint64_t)len << 56);

	s.v2 ^= 0xff;
	for (int i = 0; i < 4; i++)
		sip_round(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

void rand_init(struct rand *r, const struct rand_key *seed)
{
	r->key = *seed;
	r->counter = 0;
}

uint64_t rand_u64(struct rand *r)
{
	uint64_t count = htole64(r->counter++);

	return rand_siphash(&r->key, &count, sizeof(count));
}

uint32_t rand_u32(struct rand *r)
{
	return (uint32_t)rand_u64(r);
}

/*
 * Scales a 32-bit number to the bound, and throws away the few numbers that
 * would make some results likelier than others.
 */
uint32_t rand_below(struct rand *r, uint32_t bound)
{
	uint32_t unfair;
	uint64_t scaled;

	MUST(bound > 0);
	unfair = (uint32_t)-bound % bound;
	do {
		scaled = (uint64_t)rand_u32(r) * bound;
	} while ((uint32_t)scaled < unfair);
	return (uint32_t)(scaled >> 32);
}

struct rand_key rand_derive(const struct rand *r, uint64_t purpose)
{
	uint64_t first[2] = {htole64(purpose), htole64(0)};
	uint64_t second[2] = {htole64(purpose), htole64(1)};

	return (struct rand_key){
		.k0 = rand_siphash(&r->key, first, sizeof(first)),
		.k1 = rand_siphash(&r->key, second, sizeof(second)),
	};
}
