/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * pkt_test.c - proves pkt.c: pulling and pushing within bounds, that a block
 * is used whole, and that compacting keeps every byte.
 */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <signal.h>
#include <string.h>

#include "pkt.h"

static struct arena *arena;
static size_t used_before;

static void open_arena(void)
{
	cr_assert(eq(int, arena_create_private(1 << 20, &arena), 0));
	used_before = arena_used(arena);
}

static void close_arena(void)
{
	cr_assert(eq(sz, arena_used(arena), used_before));
	cr_assert(eq(sz, arena_count(arena, ARENA_PKT), 0));
	arena_unmap(arena);
}

TestSuite(pkt, .init = open_arena, .fini = close_arena);

static struct pkt *new_filled(size_t room, size_t headroom, size_t len)
{
	struct pkt *p = pkt_new(arena, room, headroom);
	uint8_t *at;

	cr_assert(ne(ptr, p, NULL));
	at = pkt_append(p, len);
	for (size_t i = 0; i < len; i++)
		at[i] = (uint8_t)(i * 7);
	return p;
}

Test(pkt, new_one_is_empty_and_has_the_rooms_asked_for)
{
	struct pkt *p = pkt_new(arena, 1000, 64);

	cr_assert(eq(u32, p->len, 0));
	cr_assert(eq(sz, (size_t)(p->data - p->buf), 64));
	cr_assert(ge(sz, pkt_tailroom(p), 936));
	cr_assert(eq(u16, p->segs, 1));
	cr_assert(eq(sz, pkt_cost(p), arena_block_size(arena, p)));
	cr_assert(not(list_is_linked(&p->link)));
	pkt_free(arena, p);
}

Test(pkt, all_of_the_block_can_be_filled)
{
	struct pkt *p = pkt_new(arena, 1, 0);

	memset(pkt_append(p, pkt_tailroom(p)), 0xaa, pkt_tailroom(p));
	cr_assert(eq(sz, pkt_tailroom(p), 0));
	pkt_free(arena, p);
	pkt_free(arena, NULL);
}

Test(pkt, pull_gives_the_front_and_refuses_more_than_there_is)
{
	struct pkt *p = new_filled(100, 0, 10);
	uint8_t *front = p->data;

	cr_assert(eq(ptr, pkt_pull(p, 11), NULL));
	cr_assert(eq(u32, p->len, 10));
	cr_assert(eq(ptr, pkt_pull(p, 4), front));
	cr_assert(eq(ptr, pkt_pull(p, 6), front + 4));
	cr_assert(eq(u32, p->len, 0));
	cr_assert(eq(ptr, pkt_pull(p, 0), front + 10));
	cr_assert(eq(ptr, pkt_pull(p, 1), NULL));
	pkt_free(arena, p);
}

Test(pkt, push_takes_back_what_was_pulled)
{
	struct pkt *p = new_filled(100, 8, 10);
	uint8_t *front = p->data;

	pkt_pull(p, 10);
	cr_assert(eq(ptr, pkt_push(p, 18), front - 8));
	cr_assert(eq(u32, p->len, 18));
	pkt_trim(p, 3);
	cr_assert(eq(u32, p->len, 3));
	pkt_free(arena, p);
}

Test(pkt, push_beyond_the_headroom_is_a_bug, .signal = SIGABRT)
{
	pkt_push(pkt_new(arena, 100, 8), 9);
}

Test(pkt, append_beyond_the_tailroom_is_a_bug, .signal = SIGABRT)
{
	struct pkt *p = pkt_new(arena, 100, 0);

	pkt_append(p, pkt_tailroom(p) + 1);
}

Test(pkt, compact_moves_few_bytes_out_of_a_big_block)
{
	struct pkt *p = new_filled(PKT_FRAME_MAX, 14, 154);
	struct pkt *small;

	p->seq = 77;
	pkt_pull(p, 54);
	p->l4 = p->data + 20;
	p->l3 = p->data + p->len;
	small = pkt_compact(arena, p);

	cr_assert(ne(ptr, small, p));
	cr_assert(le(sz, pkt_cost(small), 256));
	cr_assert(eq(u32, small->len, 100));
	cr_assert(eq(u32, small->seq, 77));
	for (size_t i = 0; i < 100; i++)
		cr_assert(eq(u8, small->data[i], (uint8_t)((i + 54) * 7)));
	cr_assert(eq(ptr, small->l3, NULL));
	cr_assert(eq(ptr, small->l4, small->data + 20));
	cr_assert(not(list_is_linked(&small->link)));
	pkt_free(arena, small);
}

Test(pkt, compact_forgets_headers_that_were_pulled)
{
	struct pkt *p = new_filled(PKT_FRAME_MAX, 0, 100);

	p->l3 = p->data;
	pkt_pull(p, 20);
	p = pkt_compact(arena, p);
	cr_assert(eq(ptr, p->l3, NULL));
	pkt_free(arena, p);
}

Test(pkt, compact_leaves_a_well_filled_block_alone)
{
	struct pkt *p = new_filled(2000, 0, 1800);

	cr_assert(eq(ptr, pkt_compact(arena, p), p));
	pkt_free(arena, p);
}

Test(pkt, compact_without_memory_keeps_what_there_is)
{
	struct list all;
	struct pkt *p, *filler;

	list_init(&all);
	p = new_filled(PKT_FRAME_MAX, 0, 10);
	while ((filler = pkt_new(arena, 1, 0)))
		list_push(&all, &filler->link);
	cr_assert(eq(ptr, pkt_compact(arena, p), p));
	cr_assert(eq(ptr, pkt_new(arena, 1500, 0), NULL));
	list_push(&all, &p->link);
	pkt_free_list(arena, &all);
	cr_assert(list_is_empty(&all));
}
