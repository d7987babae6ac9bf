/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tx_test.c - proves tx.c: headers from the inside out, borrowed payload, the
 * checksum over pieces of any length, and the flat copy.
 */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <string.h>

#include "link/cksum.h"
#include "pkt.h"
#include "tx.h"

static struct arena *arena;
static struct tx t;

static void open_tx(void)
{
	cr_assert(eq(int, arena_create_private(1 << 20, &arena), 0));
	memset(&t, 0xaa, sizeof(t));
	tx_init(&t);
}

static void close_tx(void)
{
	cr_assert(eq(sz, arena_count(arena, ARENA_PKT), 0));
	arena_unmap(arena);
}

TestSuite(tx, .init = open_tx, .fini = close_tx);

Test(tx, new_one_is_empty)
{
	cr_assert(eq(sz, tx_len(&t), 0));
	cr_assert(eq(u32, t.npayload, 0));
	cr_assert(not(t.csum_partial));
	cr_assert(eq(u8, t.gso, TX_GSO_NONE));
}

Test(tx, later_headers_lie_in_front)
{
	memcpy(tx_push(&t, 3), "tcp", 3);
	memcpy(tx_push(&t, 2), "ip", 2);
	cr_assert(eq(sz, tx_head_len(&t), 5));
	cr_assert(zero(int, memcmp(tx_head(&t), "iptcp", 5)));
	cr_assert(tx_add(&t, "data", 4));
	cr_assert(eq(sz, tx_len(&t), 9));
}

Test(tx, payload_beyond_the_last_iovec_is_refused)
{
	for (int i = 0; i < TX_IOV_MAX; i++)
		cr_assert(tx_add(&t, "xy", 2));
	cr_assert(not(tx_add(&t, "z", 1)));
	cr_assert(tx_add(&t, "", 0));
	cr_assert(eq(u32, t.payload_bytes, 2 * TX_IOV_MAX));
}

/* A header of 8 bytes with the checksum at 6, and payload cut at `cut`. */
static void build(const uint8_t *payload, size_t len, size_t cut, uint16_t sum)
{
	static const uint8_t header[8] = {0x12, 0x34, 0, 53, 0, 19, 0, 0};
	uint8_t *at;

	tx_init(&t);
	at = tx_push(&t, sizeof(header));
	memcpy(at, header, sizeof(header));
	at[6] = (uint8_t)(sum >> 8);
	at[7] = (uint8_t)sum;
	tx_set_csum(&t, 6);
	memset(tx_push(&t, 20), 0x45, 20);
	cr_assert(tx_add(&t, payload, cut));
	cr_assert(tx_add(&t, payload + cut, len - cut));
}

/* By RFC 1071: the bytes with the checksum in place sum up to all ones. */
Test(tx, finished_checksum_verifies_wherever_the_payload_is_cut)
{
	static const uint8_t payload[11] = "hello world";
	const uint16_t pseudo = 0xfedc;

	for (size_t cut = 0; cut <= sizeof(payload); cut++) {
		uint8_t flat[8 + sizeof(payload)];
		uint32_t sum;

		build(payload, sizeof(payload), cut, pseudo);
		tx_finish_csum(&t);
		cr_assert(not(t.csum_partial));
		memcpy(flat, tx_head(&t) + 20, 8);
		memcpy(flat + 8, payload, sizeof(payload));
		sum = cksum_partial(flat, sizeof(flat), 0);
		sum = (uint32_t)cksum_fold(sum) + pseudo;
		cr_expect(eq(u16, cksum_fold(sum), 0xffff), "cut %zu", cut);
	}
}

Test(tx, many_odd_pieces_sum_up_right)
{
	uint8_t payload[TX_IOV_MAX * 3], flat[8 + sizeof(payload)];

	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t)(i * 13 + 5);
	build(payload, 3, 3, 0);
	for (size_t i = 1; i < TX_IOV_MAX; i++)
		cr_assert(tx_add(&t, payload + i * 3, 3));
	tx_finish_csum(&t);
	memcpy(flat, tx_head(&t) + 20, 8);
	memcpy(flat + 8, payload, sizeof(payload));
	cr_assert(eq(u16, cksum_fold(cksum_partial(flat, sizeof(flat), 0)),
		     0xffff));
}

/* RFC 768: a sum of zero goes out as all ones. */
Test(tx, zero_checksum_is_sent_as_all_ones)
{
	static const uint8_t none[2];
	uint16_t rest;
	const uint8_t *field;

	build(none, 2, 1, 0);
	rest = cksum_fold(cksum_partial(tx_head(&t) + 20, 8, 0));
	build(none, 2, 1, (uint16_t)~rest);
	tx_finish_csum(&t);
	field = tx_head(&t) + 20 + 6;
	cr_assert(eq(u8, field[0], 0xff));
	cr_assert(eq(u8, field[1], 0xff));
}

Test(tx, without_partial_checksum_nothing_is_written)
{
	memcpy(tx_push(&t, 8), "untouch!", 8);
	tx_finish_csum(&t);
	cr_assert(zero(int, memcmp(tx_head(&t), "untouch!", 8)));
}

Test(tx, flat_copy_has_bytes_marks_and_headroom)
{
	static const uint8_t payload[3000] = {1, 2, 3};
	struct pkt *p;

	build(payload, sizeof(payload), 1001, 0);
	t.gso = TX_GSO_TCP4;
	t.gso_size = 1400;
	p = tx_flatten(arena, &t);

	cr_assert(eq(u32, p->len, 3028));
	cr_assert(zero(int, memcmp(p->data, tx_head(&t), 28)));
	cr_assert(zero(int, memcmp(p->data + 28, payload, sizeof(payload))));
	cr_assert(eq(u8, p->csum, PKT_CSUM_PARTIAL));
	cr_assert(eq(ptr, p->l4, p->data + 20));
	cr_assert(eq(u16, p->gso_size, 1400));
	cr_assert(eq(u16, p->segs, 3));
	pkt_push(p, 14);
	pkt_free(arena, p);
}

Test(tx, flat_copy_without_marks_is_one_unverified_segment)
{
	struct pkt *p;

	memcpy(tx_push(&t, 4), "head", 4);
	p = tx_flatten(arena, &t);
	cr_assert(eq(u8, p->csum, PKT_CSUM_UNKNOWN));
	cr_assert(eq(ptr, p->l4, NULL));
	cr_assert(eq(u16, p->gso_size, 0));
	cr_assert(eq(u16, p->segs, 1));
	pkt_free(arena, p);
}

Test(tx, flat_copy_without_memory_is_null)
{
	struct arena *small;

	cr_assert(eq(int, arena_create_private(4096, &small), 0));
	tx_push(&t, 20);
	cr_assert(eq(ptr, tx_flatten(small, &t), NULL));
	arena_unmap(small);
}
