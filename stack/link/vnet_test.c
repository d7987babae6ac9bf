/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * vnet_test.c - proves vnet.c: marks to bytes, and only credible bytes to
 * marks
 */
#include <stdlib.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "ground/pkt.h"
#include "ground/tx.h"
#include "vnet.h"
#include "wire.h"

/* Ethernet, IPv4, TCP with 12 bytes of options, and payload. */
enum { TCP_AT = 14 + 20, TCP_HEADERS = TCP_AT + 32 };

static struct pkt *frame_of(uint32_t len)
{
	struct pkt *p = calloc(1, sizeof(*p) + len + 1);
	struct tcp_wire *tcp;

	p->data = p->buf;
	p->len = len;
	p->room = len;
	if (len >= TCP_HEADERS) {
		tcp = (struct tcp_wire *)(p->data + TCP_AT);
		tcp->offset = 8 << 4;
	}
	return p;
}

static struct vnet_header tso(uint16_t size)
{
	return (struct vnet_header){
		.flags = VNET_NEEDS_CSUM,
		.gso_type = VNET_GSO_TCP4,
		.hdr_len = 9999, /* only a hint: the kernel may say anything */
		.gso_size = size,
		.csum_start = TCP_AT,
		.csum_offset = 16,
	};
}

static bool is_taken(struct vnet_header h, uint32_t len)
{
	struct pkt *p = frame_of(len);
	bool ok = vnet_to_pkt(&h, p);

	cr_assert(eq(int, p->csum == PKT_CSUM_BAD, !ok));
	free(p);
	return ok;
}

Test(vnet, an_empty_header_means_verify)
{
	struct vnet_header h = {0};
	struct pkt *p = frame_of(60);

	cr_assert(vnet_to_pkt(&h, p));
	cr_assert(eq(int, p->csum, PKT_CSUM_UNKNOWN));
	cr_assert(eq(int, p->segs, 1));
	cr_assert(eq(int, p->gso_size, 0));
	h.flags = VNET_DATA_VALID;
	cr_assert(vnet_to_pkt(&h, p));
	cr_assert(eq(int, p->csum, PKT_CSUM_VALID));
	free(p);
}

Test(vnet, a_super_segment_is_counted_in_wire_segments)
{
	struct vnet_header h = tso(1000);
	struct pkt *p = frame_of(TCP_HEADERS + 2500);

	cr_assert(vnet_to_pkt(&h, p));
	cr_assert(eq(int, p->csum, PKT_CSUM_PARTIAL));
	cr_assert(eq(int, p->gso_size, 1000));
	cr_assert(eq(int, p->segs, 3));
	h.gso_type |= VNET_GSO_ECN;
	cr_assert(vnet_to_pkt(&h, p));
	free(p);
}

Test(vnet, every_truncation_of_a_super_segment_is_refused)
{
	for (uint32_t len = 0; len <= TCP_HEADERS; len++)
		cr_assert(not(is_taken(tso(1000), len)), "%u bytes", len);
	cr_assert(is_taken(tso(1000), TCP_HEADERS + 1));
}

Test(vnet, a_header_that_contradicts_the_frame_is_refused)
{
	struct vnet_header h;

	h = tso(0);
	cr_assert(not(is_taken(h, 2000)), "no segment size");
	h = tso(1000);
	h.flags = 0;
	cr_assert(not(is_taken(h, 2000)), "segments without checksums");
	h = tso(1000);
	h.gso_type = 3;
	cr_assert(not(is_taken(h, 2000)), "UDP fragmentation, never asked for");
	h = tso(1000);
	h.csum_start = 1999;
	cr_assert(not(is_taken(h, 2000)), "start behind the frame");
	h = tso(1000);
	h.csum_start = 0xffff;
	h.csum_offset = 0xffff;
	cr_assert(not(is_taken(h, 2000)), "sums must not wrap");
	h = tso(1000);
	h.csum_start = 4;
	cr_assert(not(is_taken(h, 2000)), "a checksum in the Ethernet header");
	h = (struct vnet_header){VNET_NEEDS_CSUM, 0, 0, 0, 34, 16};
	cr_assert(is_taken(h, 52));
	cr_assert(not(is_taken(h, 51)), "field cut off");
}

Test(vnet, an_impossible_tcp_header_length_is_refused)
{
	struct vnet_header h = tso(1000);
	struct pkt *p = frame_of(2000);

	((struct tcp_wire *)(p->data + TCP_AT))->offset = 4 << 4;
	cr_assert(not(vnet_to_pkt(&h, p)));
	free(p);
}

Test(vnet, a_plain_packet_goes_out_with_zeroes)
{
	static const struct vnet_header zero;
	struct vnet_header h;
	struct tx t;

	tx_init(&t);
	tx_push(&t, 42);
	vnet_from_tx(&t, &h);
	cr_assert(eq(int, memcmp(&h, &zero, sizeof(h)), 0));
}

Test(vnet, marks_on_the_way_out_count_from_the_frame)
{
	static const uint8_t payload[3000];
	struct vnet_header h;
	struct tx t;

	tx_init(&t);
	cr_assert(tx_add(&t, payload, sizeof(payload)));
	tx_push(&t, 32);
	tx_set_csum(&t, 16);
	tx_push(&t, 20);
	tx_push(&t, 14);
	vnet_from_tx(&t, &h);
	cr_assert(eq(int, h.flags, VNET_NEEDS_CSUM));
	cr_assert(eq(int, h.csum_start, TCP_AT));
	cr_assert(eq(int, h.csum_offset, 16));
	cr_assert(eq(int, h.gso_type, VNET_GSO_NONE));

	t.gso = TX_GSO_TCP4;
	t.gso_size = 1448;
	vnet_from_tx(&t, &h);
	cr_assert(eq(int, h.gso_type, VNET_GSO_TCP4));
	cr_assert(eq(int, h.gso_size, 1448));
	cr_assert(eq(int, h.hdr_len, TCP_HEADERS));
	t.gso = TX_GSO_UDP;
	vnet_from_tx(&t, &h);
	cr_assert(eq(int, h.gso_type, VNET_GSO_UDP_L4));
}
