/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * vnet.h - the virtio-net header: offload marks to bytes and back
 *
 * What this room is for
 *   What a TAP puts before each frame: which checksum is still partial, and
 *   into what segments a super-segment is to be cut. Pure.
 *
 * Follows    Virtual I/O Device (VIRTIO) 1.2, 5.1.6.
 */
#ifndef STACK_VNET_H
#define STACK_VNET_H

#include "ground/base.h"

struct pkt;
struct tx;

/* In the machine's byte order, as a TAP wants it by default. */
struct vnet_header {
	uint8_t flags;
	uint8_t gso_type;
	uint16_t hdr_len;
	uint16_t gso_size;
	uint16_t csum_start;
	uint16_t csum_offset;
};
static_assert(sizeof(struct vnet_header) == 10, "without num_buffers");

enum { VNET_NEEDS_CSUM = 1, VNET_DATA_VALID = 2 };

enum {
	VNET_GSO_NONE = 0,
	VNET_GSO_TCP4 = 1,
	VNET_GSO_TCP6 = 4,
	VNET_GSO_UDP_L4 = 5,
	VNET_GSO_ECN = 0x80, /* a flag beside the TCP types */
};

/* For a frame on its way out, from its Ethernet header on. */
void vnet_from_tx(const struct tx *t, struct vnet_header *out);

/*
 * Sets p's csum, gso_size and segs from the header that came before p's frame.
 * False, and PKT_CSUM_BAD, when the header contradicts the frame.
 */
bool vnet_to_pkt(const struct vnet_header *h, struct pkt *p);

#endif
