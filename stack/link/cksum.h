/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * cksum.h - the Internet checksum
 *
 * What this room is for
 *   One's complement sums over bytes, pseudo-headers for both families. A
 *   partial sum may be continued; a piece that starts at an odd offset of the
 *   whole has its bytes swapped with cksum_swap().
 *
 * Follows    RFC 1071; RFC 9293 3.1; RFC 8200 8.1.
 */
#ifndef STACK_CKSUM_H
#define STACK_CKSUM_H

#include "inet.h"
#include "wire.h"

/*
 * Continues `sum` over `len` bytes that start at an even offset. A sum counts
 * in big-endian words: the host-order value of a field may be added to it.
 */
uint32_t cksum_partial(const void *data, size_t len, uint32_t sum);

/* What a piece's own sum counts for at an odd offset. */
uint32_t cksum_swap(uint32_t sum);

/* Folded to 16 bits, host order, not yet complemented. */
uint16_t cksum_fold(uint32_t sum);

/* The value that goes into a header: complement of the fold. */
be16 cksum_finish(uint32_t sum);

/* The whole checksum of a block; 0 when the block holds a correct one. */
be16 cksum(const void *data, size_t len);

/* Pseudo-header of the transport `proto` with `len` bytes; v4 or v6 by src. */
uint32_t cksum_pseudo(const struct inet_addr *src, const struct inet_addr *dst,
		      uint8_t proto, uint32_t len);

#endif
