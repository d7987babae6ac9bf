/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * byteq.h - bytes in order, in the buffers they came in
 *
 * What this room is for
 *   The send buffer and the receive buffer of a stream: a chain of pkts seen
 *   as one run of bytes. The application's bytes are copied in once (send) or
 *   out once (receive); in between they are only pointed at. Freed pkts are
 *   reused hot. Empty queues hold no memory.
 *
 * Lock       the stack lock is held.
 */
#ifndef STACK_BYTEQ_H
#define STACK_BYTEQ_H

#include <sys/uio.h>

#include "list.h"
#include "pkt.h"
#include "uio.h"

/* What a block of the largest size carries. */
#define BYTEQ_BLOCK_MAX (65536 - sizeof(struct pkt))

struct byteq {
	struct arena *arena; /* [I] */
	struct list pkts;    /* [S] in order; none is empty */
	size_t bytes;        /* [S] */
	size_t cost;         /* [S] pkt_cost() of all of them */
	struct pkt *hint;    /* [S] last pkt a peek ended in, or NULL */
	size_t hint_at;      /* [S] offset in the queue of its first byte */
};

void byteq_init(struct byteq *q, struct arena *arena);
void byteq_clear(struct byteq *q);

/*
 * After a death inside: claims what can be reached. False when that is not
 * what the queue held: then it can only be cleared.
 */
bool byteq_claim(struct byteq *q);

/* Copies up to `max` bytes from the uio; returns how many (0: no memory). */
size_t byteq_write(struct byteq *q, struct uio *from, size_t max);

/*
 * Appends a pkt's data and takes the pkt over. Small payloads are copied into
 * the tail's room and big buffers with little data are replaced.
 */
void byteq_give(struct byteq *q, struct pkt *p);

/* Copies out up to `max` bytes from the front, without and with removal. */
size_t byteq_peek(struct byteq *q, size_t offset, struct uio *to, size_t max);
size_t byteq_read(struct byteq *q, struct uio *to, size_t max);

/*
 * Names bytes [offset, offset + len) as at most `max` iovecs, borrowed until
 * the next change of the queue. Returns the number of bytes named, which is
 * less than len only when the iovecs or the bytes run out.
 */
size_t byteq_iov(struct byteq *q, size_t offset, size_t len, struct iovec *iov,
		 uint32_t max, uint32_t *niov);

/* Removes n bytes from the front; n must not exceed q->bytes. */
void byteq_drop(struct byteq *q, size_t n);

#endif
