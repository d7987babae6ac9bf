/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * cksum.c - the Internet checksum
 *
 * What this room is for
 *   One's complement sums over bytes, at any address and of any length.
 *
 *   A running sum counts in big-endian words, so that a caller may add a
 *   header field's value to it. Inside, words are added as the machine loads
 *   them and turned round once at the end (RFC 1071 2.B), sixteen bytes at a
 *   time: each 32-bit half goes into a 64-bit lane, which cannot overflow
 *   before 2^32 additions. Two accumulators keep the adders busy.
 *
 * Never      cares about alignment.
 * Follows    RFC 1071 1, 2; RFC 9293 3.1; RFC 8200 8.1.
 */
#include "cksum.h"

typedef uint64_t lanes __attribute__((vector_size(16)));

static lanes load16(const uint8_t *at)
{
	lanes v;

	memcpy(&v, at, sizeof(v));
	return v;
}

static uint16_t fold64(uint64_t sum)
{
	sum = (sum >> 32) + (sum & 0xffffffff);
	sum = (sum >> 32) + (sum & 0xffffffff);
	sum = (sum >> 16) + (sum & 0xffff);
	sum = (sum >> 16) + (sum & 0xffff);
	sum = (sum >> 16) + (sum & 0xffff);
	return (uint16_t)sum;
}

/* From the machine's order to big-endian words, or back. */
static uint16_t turn(uint16_t sum)
{
	uint8_t b[2];

	memcpy(b, &sum, sizeof(b));
	return (uint16_t)(b[0] << 8 | b[1]);
}

/* Whole blocks of 64 bytes; below 64 GiB, so that no lane overflows. */
static uint64_t sum_blocks(const uint8_t *at, size_t blocks)
{
	const lanes low = {0xffffffff, 0xffffffff};
	lanes a = {0, 0}, b = {0, 0};

	for (; blocks > 0; blocks--, at += 64) {
		lanes v0 = load16(at), v1 = load16(at + 16);
		lanes v2 = load16(at + 32), v3 = load16(at + 48);

		a += (v0 & low) + (v1 & low);
		b += (v0 >> 32) + (v1 >> 32);
		a += (v2 & low) + (v3 & low);
		b += (v2 >> 32) + (v3 >> 32);
	}
	a += b;
	return (uint64_t)fold64(a[0]) + fold64(a[1]);
}

/* Fewer than 64 bytes; a last odd one is padded with zero behind it. */
static uint64_t sum_rest(const uint8_t *at, size_t len)
{
	uint64_t sum = 0;

	for (; len >= 4; len -= 4, at += 4) {
		uint32_t word;

		memcpy(&word, at, sizeof(word));
		sum += word;
	}
	if (len > 0) {
		uint32_t word = 0;

		memcpy(&word, at, len);
		sum += word;
	}
	return sum;
}

/* Adding with the carry brought round keeps the sum modulo 2^16 - 1. */
static uint32_t add(uint32_t a, uint32_t b)
{
	uint32_t sum = a + b;

	return sum + (sum < a);
}

uint32_t cksum_partial(const void *data, size_t len, uint32_t sum)
{
	const uint8_t *at = data;
	size_t blocks = len / 64;
	uint64_t total = blocks > 0 ? sum_blocks(at, blocks) : 0;

	total += sum_rest(at + blocks * 64, len % 64);
	return add(sum, turn(fold64(total)));
}

uint32_t cksum_swap(uint32_t sum)
{
	uint16_t folded = cksum_fold(sum);

	return (uint16_t)(folded << 8 | folded >> 8);
}

uint16_t cksum_fold(uint32_t sum)
{
	sum = (sum >> 16) + (sum & 0xffff);
	sum = (sum >> 16) + (sum & 0xffff);
	return (uint16_t)sum;
}

be16 cksum_finish(uint32_t sum)
{
	return be16_make((uint16_t)~cksum_fold(sum));
}

be16 cksum(const void *data, size_t len)
{
	return cksum_finish(cksum_partial(data, len, 0));
}

uint32_t cksum_pseudo(const struct inet_addr *src, const struct inet_addr *dst,
		      uint8_t proto, uint32_t len)
{
	size_t skip = inet_is4(src) ? 12 : 0;
	uint32_t sum = cksum_partial(src->b + skip, 16 - skip, proto);

	sum = cksum_partial(dst->b + skip, 16 - skip, sum);
	return add(sum, add(len >> 16, len & 0xffff));
}
