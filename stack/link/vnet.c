/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * vnet.c - the virtio-net header: offload marks to bytes and back
 *
 * What this room is for
 *   A header that comes in is believed only where the frame bears it out:
 *   offsets must lie inside, a super-segment must have a partial checksum, a
 *   whole transport header and a segment size. hdr_len is a hint that the
 *   kernel may set to anything up to the frame's length, so it is not read.
 *
 * Never      sends, receives or keeps anything.
 * Follows    VIRTIO 1.2, 5.1.6.2, 5.1.6.4.
 */
#include "vnet.h"
#include "ground/pkt.h"
#include "ground/tx.h"
#include "wire.h"

static uint8_t gso_type_of(const struct tx *t)
{
	switch ((enum tx_gso)t->gso) {
	case TX_GSO_TCP4:
		return VNET_GSO_TCP4;
	case TX_GSO_TCP6:
		return VNET_GSO_TCP6;
	case TX_GSO_UDP:
		return VNET_GSO_UDP_L4;
	case TX_GSO_NONE:
		break;
	}
	return VNET_GSO_NONE;
}

void vnet_from_tx(const struct tx *t, struct vnet_header *out)
{
	*out = (struct vnet_header){.gso_type = gso_type_of(t)};
	if (out->gso_type != VNET_GSO_NONE) {
		out->hdr_len = (uint16_t)tx_head_len(t);
		out->gso_size = t->gso_size;
	}
	if (t->csum_partial) {
		out->flags = VNET_NEEDS_CSUM;
		out->csum_start = (uint16_t)(t->transport_at - t->head_at +
					     t->csum_start);
		out->csum_offset = t->csum_field;
	}
}

/* Bytes up to the payload of a super-segment; 0 when that is impossible. */
static uint32_t headers_of(const struct vnet_header *h, const struct pkt *p)
{
	uint32_t start = h->csum_start;
	const struct tcp_wire *tcp;

	switch (h->gso_type & ~VNET_GSO_ECN) {
	case VNET_GSO_TCP4:
	case VNET_GSO_TCP6:
		if (start + sizeof(*tcp) > p->len)
			return 0;
		tcp = (const struct tcp_wire *)(p->data + start);
		if (tcp_wire_len(tcp) < sizeof(*tcp))
			return 0;
		return start + (uint32_t)tcp_wire_len(tcp);
	case VNET_GSO_UDP_L4:
		return start + (uint32_t)sizeof(struct udp_wire);
	default:
		return 0;
	}
}

static bool take_gso(const struct vnet_header *h, struct pkt *p)
{
	uint32_t headers, segs;

	if (!(h->flags & VNET_NEEDS_CSUM) || h->gso_size == 0)
		return false;
	headers = headers_of(h, p);
	if (headers == 0 || headers >= p->len)
		return false;
	segs = (p->len - headers + h->gso_size - 1) / h->gso_size;
	p->gso_size = h->gso_size;
	p->segs = (uint16_t)MIN(segs, UINT16_MAX);
	return true;
}

static bool take_csum(const struct vnet_header *h, struct pkt *p)
{
	uint32_t end = (uint32_t)h->csum_start + h->csum_offset + 2;

	if (h->flags & VNET_NEEDS_CSUM) {
		p->csum = PKT_CSUM_PARTIAL;
		return h->csum_start >= sizeof(struct eth_wire) &&
		       end <= p->len;
	}
	if (h->flags & VNET_DATA_VALID)
		p->csum = PKT_CSUM_VALID;
	return true;
}

bool vnet_to_pkt(const struct vnet_header *h, struct pkt *p)
{
	p->csum = PKT_CSUM_UNKNOWN;
	p->gso_size = 0;
	p->segs = 1;
	if (!take_csum(h, p) ||
	    (h->gso_type != VNET_GSO_NONE && !take_gso(h, p))) {
		p->csum = PKT_CSUM_BAD;
		return false;
	}
	return true;
}
