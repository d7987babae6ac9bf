/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * uio.c - a cursor over the application's buffers
 *
 * What this room is for
 *   Copies between flat memory and an iovec array, from where it stopped.
 *   Empty iovecs anywhere are allowed, as readv(2) allows them.
 *
 * Never      checks that the application's memory can be touched: libc's own
 *            functions would fault just the same.
 */
#include "uio.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

int uio_init(struct uio *u, const struct iovec *iov, size_t niov)
{
	size_t total = 0;

	if (niov > IOV_MAX)
		return -EINVAL;
	for (size_t i = 0; i < niov; i++) {
		if (iov[i].iov_len > (size_t)SSIZE_MAX - total)
			return -EINVAL;
		total += iov[i].iov_len;
	}
	*u = (struct uio){.iov = iov, .niov = niov, .left = total};
	return 0;
}

void uio_flat(struct uio *u, struct iovec *storage, void *base, size_t len)
{
	*storage = (struct iovec){base, len};
	*u = (struct uio){.iov = storage, .niov = 1, .left = len};
}

/* The longest piece at the cursor, at most n; 0 only at the end. */
static size_t piece(struct uio *u, uint8_t **at, size_t n)
{
	while (u->niov > 0 && u->skip == u->iov->iov_len) {
		u->iov++;
		u->niov--;
		u->skip = 0;
	}
	if (u->niov == 0)
		return 0;
	*at = (uint8_t *)u->iov->iov_base + u->skip;
	return MIN(n, u->iov->iov_len - u->skip);
}

static void advance(struct uio *u, size_t n)
{
	u->skip += n;
	u->left -= n;
}

size_t uio_read(struct uio *u, void *to, size_t n)
{
	size_t done = 0;
	uint8_t *at;
	size_t len;

	while (done < n && (len = piece(u, &at, n - done)) > 0) {
		memcpy((uint8_t *)to + done, at, len);
		advance(u, len);
		done += len;
	}
	return done;
}

size_t uio_write(struct uio *u, const void *from, size_t n)
{
	size_t done = 0;
	uint8_t *at;
	size_t len;

	while (done < n && (len = piece(u, &at, n - done)) > 0) {
		memcpy(at, (const uint8_t *)from + done, len);
		advance(u, len);
		done += len;
	}
	return done;
}

size_t uio_skip(struct uio *u, size_t n)
{
	size_t done = 0;
	uint8_t *at;
	size_t len;

	while (done < n && (len = piece(u, &at, n - done)) > 0) {
		advance(u, len);
		done += len;
	}
	return done;
}
