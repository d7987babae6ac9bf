/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * vnet_fuzz.c - any virtio-net header before any frame
 *
 * What this room is for
 *   Proves that what vnet_to_pkt() accepts, others may rely on: a partial
 *   checksum's field lies in the frame, and a super-segment has a size, a
 *   payload and the right number of segments. The first ten bytes are the
 *   header.
 */
#include <stdlib.h>
#include <string.h>

#include "ground/pkt.h"
#include "vnet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
	if (!ok)
		abort();
}

static void check_marks(const struct vnet_header *h, const struct pkt *p)
{
	if (p->csum == PKT_CSUM_PARTIAL)
		check((size_t)h->csum_start + h->csum_offset + 2 <= p->len);
	check(p->segs >= 1);
	if (p->gso_size > 0) {
		check(p->csum == PKT_CSUM_PARTIAL);
		check((uint64_t)p->segs * p->gso_size < p->len + p->gso_size);
	} else {
		check(p->segs == 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vnet_header h;
	struct pkt *p;

	if (size < sizeof(h))
		return 0;
	memcpy(&h, data, sizeof(h));
	size -= sizeof(h);
	/* Exactly that big, so that the sanitizer sees one byte more. */
	p = malloc(sizeof(*p) + size);
	check(p != NULL);
	memset(p, 0, sizeof(*p));
	p->data = p->buf;
	p->len = (uint32_t)size;
	memcpy(p->buf, data + sizeof(h), size);
	if (vnet_to_pkt(&h, p))
		check_marks(&h, p);
	else
		check(p->csum == PKT_CSUM_BAD);
	free(p);
	return 0;
}
