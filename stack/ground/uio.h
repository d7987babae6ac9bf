/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * uio.h - a cursor over the application's buffers
 *
 * What this room is for
 *   sendmsg() and recvmsg() name scattered memory; rooms below want "the next
 *   n bytes". A uio walks an iovec array and knows how many bytes are left.
 *   The name is BSD's.
 *
 * Never      owns memory. The iovecs and what they name belong to the caller.
 */
#ifndef STACK_UIO_H
#define STACK_UIO_H

#include <sys/types.h>
#include <sys/uio.h>

#include "base.h"

struct uio {
	const struct iovec *iov; /* where the cursor stands */
	size_t niov;             /* iovecs from there on */
	size_t skip;             /* bytes of iov[0] already passed */
	size_t left;             /* bytes from the cursor to the end */
};

/*
 * -EINVAL when an iov_len or the sum does not fit ssize_t (readv(2)), or niov
 * is more than IOV_MAX; -EMSGSIZE is left to the caller.
 */
int uio_init(struct uio *u, const struct iovec *iov, size_t niov) MUST_CHECK;

/* One flat buffer; `storage` must live as long as the uio. */
void uio_flat(struct uio *u, struct iovec *storage, void *base, size_t len);

/* Copy up to n bytes and move on; return what was copied. */
size_t uio_read(struct uio *u, void *to, size_t n);          /* uio -> memory */
size_t uio_write(struct uio *u, const void *from, size_t n); /* memory -> uio */
size_t uio_skip(struct uio *u, size_t n);

#endif
