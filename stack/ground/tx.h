/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tx.h - a packet on its way down
 *
 * What this room is for
 *   Headers are pushed onto a small buffer from the inside out, the payload is
 *   borrowed from wherever it lies, and the link gathers both with one writev.
 *   A struct tx lives on the C stack for the time of one output call; who must
 *   keep it (neighbour resolution, loopback) flattens it into a pkt.
 *
 *   Transports always leave their checksum partial: the pseudo-header sum is
 *   in the checksum field and csum_start/csum_field say where. The link, or
 *   tx_finish_csum() for a link that cannot, completes it.
 *
 * Never      allocates, except tx_flatten().
 */
#ifndef STACK_TX_H
#define STACK_TX_H

#include <sys/uio.h>

#include "arena.h"
#include "base.h"

struct pkt;

enum {
	TX_HEADER_MAX =
		160, /* Ethernet + IPv6 + TCP with options, and to spare */
	TX_IOV_MAX = 40,
};

enum tx_gso { TX_GSO_NONE, TX_GSO_TCP4, TX_GSO_TCP6, TX_GSO_UDP };

struct tx {
	uint8_t head[TX_HEADER_MAX];
	uint32_t head_at; /* headers are head[head_at..MAX) */
	struct iovec payload[TX_IOV_MAX];
	uint32_t npayload;
	uint32_t payload_bytes;
	bool csum_partial;     /* link must complete the checksum */
	uint16_t csum_start;   /* from the transport header's start */
	uint16_t csum_field;   /* offset of the field behind csum_start */
	uint8_t gso;           /* enum tx_gso */
	uint16_t gso_size;     /* payload bytes of a wire segment */
	uint16_t transport_at; /* where in head[] the transport starts */
	uint32_t cause; /* the packet it answers, if a turn lies between; 0 */
};

void tx_init(struct tx *t);

/* Room for n header bytes in front; never fails (the sizes are ours). */
void *tx_push(struct tx *t, size_t n);

/* Borrows payload. False when TX_IOV_MAX pieces are used up. */
bool tx_add(struct tx *t, const void *base, size_t len) MUST_CHECK;

static inline const uint8_t *tx_head(const struct tx *t);
static inline size_t tx_head_len(const struct tx *t);
static inline size_t tx_len(const struct tx *t);

/* Marks where the transport header (head_at now) and its checksum lie. */
void tx_set_csum(struct tx *t, uint16_t field_offset);

/* Completes a partial checksum in software; gso must be NONE. */
void tx_finish_csum(struct tx *t);

/* Into how many packets of the wire the link will cut it; at least 1. */
uint16_t tx_segments(const struct tx *t);

/* All its bytes as iovecs: at most TX_IOV_MAX + 1, borrowed. How many. */
size_t tx_gather(const struct tx *t, struct iovec *iov);

/* A pkt with the same bytes and marks, or NULL. */
struct pkt *tx_flatten(struct arena *a, const struct tx *t) MUST_CHECK;

/* Inline bodies. */

static inline const uint8_t *tx_head(const struct tx *t)
{
	return t->head + t->head_at;
}

static inline size_t tx_head_len(const struct tx *t)
{
	return TX_HEADER_MAX - t->head_at;
}

static inline size_t tx_len(const struct tx *t)
{
	return tx_head_len(t) + t->payload_bytes;
}

#endif
