/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_scarce_test.c - proves tcp_scarce.c: who writes when memory is scarce.
 *
 * Hogs fill the arena to the level a test wants; giving them back is what other
 * connections do when their peers acknowledge.
 */

#include <errno.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "testkit/testkit.h"

static struct kit kit;
static void *hogs;

static void open_kit(void)
{
	hogs = NULL;
	kit_open(&kit);
}

static void release_hogs(void)
{
	void *hog;

	while ((hog = hogs)) {
		hogs = *(void **)hog;
		arena_free(kit.host.arena, hog);
	}
}

static void close_kit(void)
{
	release_hogs();
	kit_close(&kit);
}

TestSuite(tcp_scarce, .init = open_kit, .fini = close_kit);

/* Until the arena is at least that full. Frames have to fit behind them. */
static void fill_to(enum arena_room room)
{
	while (arena_room_left(kit.host.arena) < room) {
		void *hog = arena_alloc(kit.host.arena, 4096, ARENA_PKT);

		cr_assert(hog != NULL);
		*(void **)hog = hogs;
		hogs = hog;
	}
}

static void peer_acknowledges(uint32_t seq)
{
	kit_inject(&kit,
		   (struct seg){.flags = ACK, .seq = PEER_SEQ, .ack = seq});
	kit_forget_frames(&kit);
}

Test(tcp_scarce, tight_with_nothing_queued_may_send_a_little)
{
	struct tcp_conn *c = kit_established(&kit);
	ssize_t n;

	fill_to(ARENA_ROOM_TIGHT);
	n = kit_send(&kit, c, 50000);
	cr_assert(gt(i64, n, 0));
	cr_assert(lt(i64, n, 2048));
	cr_assert(not(tcp_is_writable(c)));
	cr_assert(eq(i64, kit_send(&kit, c, 1), -EAGAIN));
	kit_forget_frames(&kit);
}

Test(tcp_scarce, tight_and_all_acknowledged_is_writable_again)
{
	struct tcp_conn *c = kit_established(&kit);
	ssize_t n;

	fill_to(ARENA_ROOM_TIGHT);
	n = kit_send(&kit, c, 50000);
	c->news.bits = 0;
	peer_acknowledges(OUR_SEQ + (uint32_t)n);

	cr_assert(tcp_is_writable(c));
	cr_assert(gt(i64, kit_send(&kit, c, 50000), 0));
	kit_forget_frames(&kit);
}

/* What was queued in better times must not keep others from writing. */
Test(tcp_scarce, tight_with_data_queued_waits_and_memory_wakes_it)
{
	struct tcp_conn *c = kit_established(&kit);

	cr_assert(eq(i64, kit_send(&kit, c, 3000), 3000));
	fill_to(ARENA_ROOM_TIGHT);
	cr_assert(eq(i64, kit_send(&kit, c, 1), -EAGAIN));
	cr_assert(not(tcp_is_writable(c)));

	release_hogs();
	kit_host_settle(&kit.host);
	cr_assert(tcp_is_writable(c));
	cr_assert(eq(i64, kit_send(&kit, c, 1000), 1000));
	kit_forget_frames(&kit);
}

Test(tcp_scarce, reserve_is_for_nobody_and_waits_for_room)
{
	struct tcp_conn *c = kit_established(&kit);

	fill_to(ARENA_ROOM_RESERVED);
	cr_assert(eq(i64, kit_send(&kit, c, 1), -EAGAIN));
	kit_host_settle(&kit.host);
	cr_assert(not(tcp_is_writable(c)));
	release_hogs();
	kit_host_settle(&kit.host);
	cr_assert(tcp_is_writable(c));
}

/* A connection that ends while it waits is nobody's debt. */
Test(tcp_scarce, reset_while_waiting_is_writable_and_forgotten)
{
	struct tcp_conn *c = kit_established(&kit);

	fill_to(ARENA_ROOM_RESERVED);
	cr_assert(eq(i64, kit_send(&kit, c, 1), -EAGAIN));
	kit_inject(&kit, (struct seg){.flags = RST, .seq = PEER_SEQ});
	cr_assert(tcp_is_writable(c));
	cr_assert(list_is_empty(&kit.host.tcp.hungry));
}

/* The window closes, and data that comes in all the same is not kept. */
Test(tcp_scarce, full_takes_only_what_nothing_is_before)
{
	kit_established(&kit);
	fill_to(ARENA_ROOM_FULL);
	kit_inject(&kit, (struct seg){.flags = ACK,
				      .seq = PEER_SEQ,
				      .ack = OUR_SEQ,
				      .len = 100});
	cr_assert(eq(sz, kit.conn->rcvq.bytes, 100));
	cr_assert(eq(int,
		     kit_inject(&kit, (struct seg){.flags = ACK,
						   .seq = PEER_SEQ + 100,
						   .ack = OUR_SEQ,
						   .len = 100}),
		     DROP_NO_MEMORY));
	cr_assert(eq(int,
		     kit_inject(&kit, (struct seg){.flags = ACK,
						   .seq = PEER_SEQ + 500,
						   .ack = OUR_SEQ,
						   .len = 100}),
		     DROP_NO_MEMORY));
	cr_assert(eq(sz, kit.conn->rcvq.bytes, 100));
	kit_forget_frames(&kit);
}
