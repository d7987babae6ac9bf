/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * link_loop_test.c - proves link_loop.c: what is sent comes back, once, in
 * order, with its marks, and only so much of it
 */
#include <errno.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "link.h"
#include "ground/pkt.h"
#include "ground/tx.h"

static struct arena *arena;
static struct loop_queue *queue;
static struct link *lo;

static void open_loop(void)
{
	cr_assert(eq(int, arena_create_private(64 << 20, &arena), 0));
	cr_assert(eq(int, link_loop_open(arena, &queue, &lo), 0));
}

static void close_loop(void)
{
	link_close(lo);
	link_loop_free_queue(arena, queue);
	cr_assert(eq(sz, arena_count(arena, ARENA_PKT), 0));
	cr_assert(eq(sz, arena_count(arena, ARENA_OTHER), 0));
	arena_unmap(arena);
}

TestSuite(link_loop, .init = open_loop, .fini = close_loop);

/* The checksum of a payload that begins with a c is partial. */
static int send_bytes(struct link *l, const char *head, const char *payload)
{
	struct tx t;

	tx_init(&t);
	memcpy(tx_push(&t, strlen(head)), head, strlen(head));
	cr_assert(tx_add(&t, payload, strlen(payload)));
	t.csum_partial = payload[0] == 'c';
	return link_send(l, &t, 5);
}

Test(link_loop, frames_come_back_in_order)
{
	struct pkt *p;

	cr_assert(eq(u64, link_next(lo), USECS_NEVER));
	cr_assert(eq(int, send_bytes(lo, "ab", "cd"), 0));
	cr_assert(eq(int, send_bytes(lo, "ef", ""), 0));
	cr_assert(eq(u64, link_next(lo), 0));

	p = link_take(lo);
	cr_assert(eq(u32, p->len, 4));
	cr_assert(eq(int, memcmp(p->data, "abcd", 4), 0));
	cr_assert(eq(int, p->csum, PKT_CSUM_PARTIAL));
	pkt_free(arena, p);
	p = link_take(lo);
	cr_assert(eq(int, memcmp(p->data, "ef", 2), 0));
	cr_assert(eq(int, p->csum, PKT_CSUM_UNKNOWN));
	pkt_free(arena, p);
	cr_assert(eq(ptr, link_take(lo), NULL));
	cr_assert(eq(u64, link_next(lo), USECS_NEVER));
}

Test(link_loop, a_second_process_shares_the_queue)
{
	struct loop_queue *same = queue;
	struct link *other;
	struct pkt *p;

	cr_assert(eq(int, link_loop_open(arena, &queue, &other), 0));
	cr_assert(eq(ptr, queue, same));
	cr_assert(eq(int, send_bytes(lo, "x", "y"), 0));
	p = link_take(other);
	cr_assert(ne(ptr, p, NULL));
	pkt_free(arena, p);
	link_close(other);
}

Test(link_loop, a_super_segment_keeps_its_size)
{
	static char payload[40000];
	struct pkt *p;
	struct tx t;

	tx_init(&t);
	memset(tx_push(&t, 54), 0, 54);
	cr_assert(tx_add(&t, payload, sizeof(payload)));
	t.gso = TX_GSO_TCP4;
	t.gso_size = 1000;
	cr_assert(eq(int, link_send(lo, &t, 0), 0));
	p = link_take(lo);
	cr_assert(eq(int, p->gso_size, 1000));
	cr_assert(eq(int, p->segs, 40));
	pkt_free(arena, p);
}

Test(link_loop, recv_copies_into_the_callers_packet)
{
	struct pkt *p = pkt_new(arena, PKT_FRAME_MAX, 32);

	cr_assert(eq(int, link_recv(lo, p), -EAGAIN));
	cr_assert(eq(int, send_bytes(lo, "ab", "cd"), 0));
	cr_assert(eq(int, link_recv(lo, p), 4));
	cr_assert(eq(int, memcmp(p->data, "abcd", 4), 0));
	cr_assert(eq(int, p->csum, PKT_CSUM_PARTIAL));
	pkt_free(arena, p);
}

Test(link_loop, a_full_queue_refuses)
{
	uint32_t n = 0;

	while (n < 100000 && send_bytes(lo, "a", "b") == 0)
		n++;
	cr_assert(gt(u32, n, 1000));
	cr_assert(le(u32, n, 4096));
	pkt_free(arena, link_take(lo));
	cr_assert(eq(int, send_bytes(lo, "a", "b"), 0));
	cr_assert(eq(int, send_bytes(lo, "a", "b"), -EAGAIN));
}
