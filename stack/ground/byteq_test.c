/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * byteq_test.c - proves byteq.c: a queue of pkts behaves as one flat run of
 * bytes, whatever is written, given, read, peeked and dropped; and it costs
 * about what it holds.
 */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <signal.h>
#include <string.h>

#include "byteq.h"
#include "rand.h"

static struct arena *arena;
static struct byteq q;
static size_t used_before;

/* The model: all bytes ever queued are a function of their position. */
static uint64_t first, behind;

static uint8_t byte_at(uint64_t position)
{
	return (uint8_t)(position * 31 + (position >> 8) * 17);
}

static void open_queue(void)
{
	cr_assert(eq(int, arena_create_private(64 << 20, &arena), 0));
	used_before = arena_used(arena);
	byteq_init(&q, arena);
	first = behind = 0;
}

static void close_queue(void)
{
	byteq_clear(&q);
	cr_assert(eq(sz, q.bytes + q.cost, 0));
	cr_assert(eq(sz, arena_used(arena), used_before));
	arena_unmap(arena);
}

TestSuite(byteq, .init = open_queue, .fini = close_queue);

static uint8_t scratch[256 << 10];

static void fill(uint8_t *at, size_t n)
{
	for (size_t i = 0; i < n; i++)
		at[i] = byte_at(behind + i);
}

static size_t write_bytes(size_t n)
{
	struct iovec storage[2] = {{scratch, n / 3},
				   {scratch + n / 3, n - n / 3}};
	struct uio u;
	size_t done;

	fill(scratch, n);
	(void)!uio_init(&u, storage, 2);
	done = byteq_write(&q, &u, n);
	cr_assert(eq(sz, u.left, n - done));
	behind += done;
	return done;
}

static bool give_bytes(size_t room, size_t n)
{
	struct pkt *p = pkt_new(arena, room, 54);

	if (!p)
		return false;
	fill(pkt_append(p, n), n);
	byteq_give(&q, p);
	behind += n;
	return true;
}

static void expect_run(const uint8_t *at, size_t n, uint64_t position)
{
	for (size_t i = 0; i < n; i++) {
		if (at[i] != byte_at(position + i))
			cr_assert(eq(u8, at[i], byte_at(position + i)));
	}
}

static void expect_iov(size_t offset, size_t len, uint32_t max)
{
	struct iovec iov[64];
	size_t named, seen = 0;
	uint32_t niov;

	named = byteq_iov(&q, offset, len, iov, max, &niov);
	cr_assert(le(u32, niov, max));
	for (uint32_t i = 0; i < niov; i++) {
		cr_assert(gt(sz, iov[i].iov_len, 0));
		expect_run(iov[i].iov_base, iov[i].iov_len,
			   first + offset + seen);
		seen += iov[i].iov_len;
	}
	cr_assert(eq(sz, named, seen));
	if (niov < max)
		cr_assert(
			eq(sz, named,
			   offset < q.bytes ? MIN(len, q.bytes - offset) : 0));
}

static void expect_peek(size_t offset, size_t n)
{
	struct iovec storage;
	struct uio u;
	size_t got;

	uio_flat(&u, &storage, scratch, n);
	got = byteq_peek(&q, offset, &u, n);
	cr_assert(eq(sz, got, offset < q.bytes ? MIN(n, q.bytes - offset) : 0));
	expect_run(scratch, got, first + offset);
}

static void read_bytes(size_t n)
{
	size_t had = q.bytes;
	struct iovec storage;
	struct uio u;
	size_t got;

	uio_flat(&u, &storage, scratch, n);
	got = byteq_read(&q, &u, n);
	cr_assert(eq(sz, got, MIN(n, had)));
	expect_run(scratch, got, first);
	first += got;
}

/* What must hold after every call. */
static void expect_sane(void)
{
	size_t bytes = 0, cost = 0;

	list_for_each (it, &q.pkts) {
		struct pkt *p = list_entry(it, struct pkt, link);

		cr_assert(gt(u32, p->len, 0));
		bytes += p->len;
		cost += pkt_cost(p);
	}
	cr_assert(eq(sz, bytes, q.bytes));
	cr_assert(eq(sz, bytes, behind - first));
	cr_assert(eq(sz, cost, q.cost));
}

Test(byteq, empty_one_holds_no_memory)
{
	cr_assert(eq(sz, arena_used(arena), used_before));
	write_bytes(100000);
	read_bytes(100000);
	expect_sane();
	cr_assert(eq(sz, q.bytes, 0));
	cr_assert(eq(sz, arena_used(arena), used_before));
}

Test(byteq, single_bytes_share_a_pkt)
{
	for (int i = 0; i < 1500; i++)
		cr_assert(eq(sz, write_bytes(1), 1));
	expect_sane();
	cr_assert(eq(sz, arena_count(arena, ARENA_PKT), 1));
	expect_peek(0, 1500);
}

Test(byteq, big_writes_cost_little_more_than_their_bytes)
{
	for (int i = 0; i < 16; i++)
		cr_assert(
			eq(sz, write_bytes(sizeof(scratch)), sizeof(scratch)));
	expect_sane();
	cr_assert(lt(sz, q.cost, q.bytes + q.bytes / 100));
}

Test(byteq, write_copies_no_more_than_max)
{
	struct iovec storage;
	struct uio u;

	uio_flat(&u, &storage, scratch, 5000);
	cr_assert(eq(sz, byteq_write(&q, &u, 3000), 3000));
	cr_assert(eq(sz, u.left, 2000));
	cr_assert(eq(sz, q.bytes, 3000));
}

Test(byteq, small_payloads_in_big_buffers_do_not_pin_them)
{
	for (int i = 0; i < 100; i++)
		cr_assert(give_bytes(PKT_FRAME_MAX, 100));
	expect_sane();
	expect_peek(0, 10000);
	cr_assert(lt(sz, q.cost, 40000));
}

Test(byteq, full_frames_are_kept_without_a_copy)
{
	struct pkt *p = pkt_new(arena, PKT_FRAME_MAX, 54);

	fill(pkt_append(p, 60000), 60000);
	byteq_give(&q, p);
	behind += 60000;
	cr_assert(eq(ptr, list_first(&q.pkts), &p->link));
	expect_sane();
}

Test(byteq, well_filled_pkt_is_not_copied_even_if_it_would_fit)
{
	give_bytes(PKT_FRAME_MAX, 60000);
	give_bytes(10000, 9000);
	cr_assert(eq(sz, arena_count(arena, ARENA_PKT), 2));
	give_bytes(10000, 100);
	cr_assert(eq(sz, arena_count(arena, ARENA_PKT), 2));
	expect_sane();
	expect_peek(0, 70000);
}

Test(byteq, empty_pkt_given_is_only_freed)
{
	cr_assert(give_bytes(2000, 0));
	cr_assert(list_is_empty(&q.pkts));
	cr_assert(eq(sz, arena_count(arena, ARENA_PKT), 0));
}

Test(byteq, iov_stops_at_max_pieces_and_at_the_end)
{
	struct iovec iov[2];
	uint32_t niov;

	for (int i = 0; i < 5; i++)
		give_bytes(1600, 1400);
	cr_assert(eq(sz, byteq_iov(&q, 700, 7000, iov, 2, &niov), 2100));
	cr_assert(eq(u32, niov, 2));
	cr_assert(eq(sz, byteq_iov(&q, 6999, 100, iov, 2, &niov), 1));
	cr_assert(eq(sz, byteq_iov(&q, 7000, 100, iov, 2, &niov), 0));
	cr_assert(eq(u32, niov, 0));
	cr_assert(eq(sz, byteq_iov(&q, 0, 0, iov, 2, &niov), 0));
	cr_assert(eq(sz, byteq_iov(&q, 0, 1, iov, 0, &niov), 0));
}

Test(byteq, out_of_memory_writes_what_fits_and_recovers)
{
	struct arena *whole = arena;
	size_t total = 0, n;

	cr_assert(eq(int, arena_create_private(600000, &arena), 0));
	byteq_init(&q, arena);
	while ((n = write_bytes(100000)) > 0)
		total += n;
	expect_sane();
	cr_assert(gt(sz, total, 500000));
	read_bytes(200000);
	cr_assert(eq(sz, write_bytes(50000), 50000));
	expect_sane();
	byteq_clear(&q);
	cr_assert(eq(sz, arena_count(arena, ARENA_PKT), 0));
	arena_unmap(arena);
	arena = whole;
	byteq_init(&q, arena);
}

Test(byteq, dropping_more_than_there_is_is_a_bug, .signal = SIGABRT)
{
	write_bytes(10);
	byteq_drop(&q, 11);
}

/* Mostly small sizes, sometimes big ones. */
static size_t some_size(struct rand *r)
{
	return rand_below(r, 1u << rand_below(r, 17)) + 1;
}

static void random_step(struct rand *r)
{
	uint32_t action = rand_below(r, 100);
	size_t n = some_size(r);

	if (action < 20 && q.bytes < 2 << 20) {
		write_bytes(n);
	} else if (action < 45 && q.bytes < 2 << 20) {
		n = MIN(n, 60000u);
		give_bytes(n + 54 + some_size(r), n);
	} else if (action < 60) {
		read_bytes(n);
	} else if (action < 70) {
		n = MIN(n, q.bytes);
		byteq_drop(&q, n);
		first += n;
	} else if (action < 80) {
		expect_peek(rand_below(r, (uint32_t)q.bytes + 2), n);
	} else {
		expect_iov(rand_below(r, (uint32_t)q.bytes + 2), n,
			   rand_below(r, 64) + 1);
	}
}

Test(byteq, random_calls_agree_with_one_flat_run)
{
	const struct rand_key seed = {5, 6};
	struct rand r;

	rand_init(&r, &seed);
	for (int round = 0; round < 6000; round++) {
		random_step(&r);
		expect_sane();
	}
}
