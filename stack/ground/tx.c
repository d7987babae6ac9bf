/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tx.c - a packet on its way down
 *
 * What this room is for
 *   Builds headers from the inside out in a small buffer and names the payload
 *   by iovecs; completes the checksum or makes one flat pkt for those who
 *   cannot use it as it is.
 *
 * Never      copies payload, except in tx_flatten().
 * Follows    RFC 1071; RFC 768 (a checksum of zero is sent as all ones).
 */
#include "tx.h"

#include <string.h>

#include "link/cksum.h"
#include "must.h"
#include "pkt.h"

/* Room that a flattened packet gets for a link header. */
enum { FLAT_HEADROOM = 32 };

void tx_init(struct tx *t)
{
	t->head_at = TX_HEADER_MAX;
	t->npayload = 0;
	t->payload_bytes = 0;
	t->csum_partial = false;
	t->csum_start = 0;
	t->csum_field = 0;
	t->gso = TX_GSO_NONE;
	t->gso_size = 0;
	t->transport_at = TX_HEADER_MAX;
	t->cause = 0;
}

void *tx_push(struct tx *t, size_t n)
{
	MUST(n <= t->head_at);
	t->head_at -= (uint32_t)n;
	return t->head + t->head_at;
}

bool tx_add(struct tx *t, const void *base, size_t len)
{
	if (len == 0)
		return true;
	if (t->npayload == TX_IOV_MAX)
		return false;
	t->payload[t->npayload++] =
		(struct iovec){(void *)(uintptr_t)base, len};
	t->payload_bytes += (uint32_t)len;
	return true;
}

void tx_set_csum(struct tx *t, uint16_t field_offset)
{
	MUST(t->head_at + field_offset + sizeof(uint16_t) <= TX_HEADER_MAX);
	t->transport_at = (uint16_t)t->head_at;
	t->csum_start = 0;
	t->csum_field = field_offset;
	t->csum_partial = true;
}

/* The sum from the transport header to the end of the payload. */
static uint32_t sum_transport(const struct tx *t)
{
	size_t start = (size_t)t->transport_at + t->csum_start;
	uint32_t sum = cksum_partial(t->head + start, TX_HEADER_MAX - start, 0);
	bool is_odd = (TX_HEADER_MAX - start) % 2;

	for (uint32_t i = 0; i < t->npayload; i++) {
		const struct iovec *v = &t->payload[i];
		uint32_t piece = cksum_partial(v->iov_base, v->iov_len, 0);

		if (is_odd)
			piece = cksum_swap(piece);
		sum = (uint32_t)cksum_fold(sum) + cksum_fold(piece);
		is_odd ^= v->iov_len % 2;
	}
	return sum;
}

void tx_finish_csum(struct tx *t)
{
	uint16_t csum;
	uint8_t *field;

	if (!t->csum_partial)
		return;
	MUST(t->gso == TX_GSO_NONE);

	/* RFC 768: zero would say that there is no checksum. */
	csum = (uint16_t)~cksum_fold(sum_transport(t));
	if (csum == 0)
		csum = 0xffff;
	field = t->head + t->transport_at + t->csum_start + t->csum_field;
	field[0] = (uint8_t)(csum >> 8);
	field[1] = (uint8_t)csum;
	t->csum_partial = false;
}

/* Wire segments that the link would make of it. */
uint16_t tx_segments(const struct tx *t)
{
	if (t->gso == TX_GSO_NONE || t->gso_size == 0)
		return 1;
	return (uint16_t)MAX((t->payload_bytes + t->gso_size - 1) / t->gso_size,
			     1u);
}

size_t tx_gather(const struct tx *t, struct iovec *iov)
{
	size_t n = 0;

	iov[n++] =
		(struct iovec){(void *)(uintptr_t)tx_head(t), tx_head_len(t)};
	for (uint32_t i = 0; i < t->npayload; i++)
		iov[n++] = t->payload[i];
	return n;
}

struct pkt *tx_flatten(struct arena *a, const struct tx *t)
{
	size_t len = tx_len(t);
	struct pkt *p = pkt_new(a, FLAT_HEADROOM + len, FLAT_HEADROOM);

	if (!p)
		return NULL;
	memcpy(pkt_append(p, tx_head_len(t)), tx_head(t), tx_head_len(t));
	for (uint32_t i = 0; i < t->npayload; i++) {
		const struct iovec *v = &t->payload[i];

		memcpy(pkt_append(p, v->iov_len), v->iov_base, v->iov_len);
	}
	if (t->transport_at < TX_HEADER_MAX)
		p->l4 = p->data + (t->transport_at - t->head_at);
	if (t->csum_partial)
		p->csum = PKT_CSUM_PARTIAL;
	if (t->gso != TX_GSO_NONE)
		p->gso_size = t->gso_size;
	p->segs = tx_segments(t);
	return p;
}
