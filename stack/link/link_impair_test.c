/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * link_impair_test.c - proves link_impair.c: each harm alone, repeatable, and
 * nothing without harm
 */
#include <errno.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "link.h"
#include "ground/pkt.h"
#include "ground/tx.h"

enum { FRAME = 1000, MANY = 2000, ROOM = 5000 };

/* A wire that keeps the number in each frame, and gives back what it is told.
 */
struct wire {
	struct link link;
	uint32_t sent[ROOM]; /* the number each frame carried */
	usecs at[ROOM];      /* when it was sent */
	uint32_t flipped;    /* frames with a wrong byte */
	uint32_t nsent;
	uint32_t to_give; /* frames that recv still has */
	uint32_t given;
};

static struct wire wire;
static struct link *bad;
static struct arena *arena;

static uint32_t number_of(const uint8_t *frame)
{
	uint32_t n;

	memcpy(&n, frame, sizeof(n));
	return n;
}

static int wire_send(struct link *l, const struct tx *t)
{
	const uint8_t *frame = t->payload[0].iov_base;
	uint32_t sum = 0;

	cr_assert(eq(sz, tx_len(t), FRAME));
	cr_assert(lt(u32, wire.nsent, ROOM));
	for (size_t i = 4; i < FRAME; i++)
		sum += frame[i] != (uint8_t)i;
	wire.flipped += sum > 0;
	wire.sent[wire.nsent] = number_of(frame);
	wire.at[wire.nsent++] = l->now;
	return 0;
}

static void make_frame(uint8_t *to, uint32_t number)
{
	memcpy(to, &number, sizeof(number));
	for (size_t i = 4; i < FRAME; i++)
		to[i] = (uint8_t)i;
}

static int wire_recv(struct link *l, struct pkt *p)
{
	(void)l;
	if (wire.given == wire.to_give)
		return -EAGAIN;
	make_frame(pkt_append(p, FRAME), wire.given++);
	return FRAME;
}

static void wire_close(struct link *l)
{
	(void)l;
}

static const struct link_ops wire_ops = {
	.send = wire_send,
	.recv = wire_recv,
	.close = wire_close,
};

static void open_bad(const char *spec)
{
	struct impairment how;
	char why[200] = "";

	memset(&wire, 0, sizeof(wire));
	wire.link.ops = &wire_ops;
	wire.link.fd = 3;
	wire.link.mtu = 1500;
	cr_assert(eq(int, link_impair_parse(spec, &how, why, sizeof(why)), 0),
		  "%s", why);
	cr_assert(eq(int, link_impair_open(&wire.link, &how, &bad), 0));
	cr_assert(eq(int, arena_create_private(16 << 20, &arena), 0));
}

static void close_bad(void)
{
	link_close(bad);
	arena_unmap(arena);
}

static void send_one(uint32_t number, usecs now)
{
	uint8_t frame[FRAME];
	struct tx t;

	make_frame(frame, number);
	tx_init(&t);
	memcpy(tx_push(&t, 14), frame, 14);
	cr_assert(tx_add(&t, frame + 14, FRAME - 14));
	cr_assert(eq(int, link_send(bad, &t, now), 0));
}

/* One frame each 10 ms, each given 9 ms to arrive; the rest at the end. */
static void send_many(uint32_t n)
{
	usecs now = SEC(1);

	for (uint32_t i = 0; i < n; i++, now += MSEC(10)) {
		send_one(i, now);
		link_turn(bad, now + MSEC(9));
	}
	link_turn(bad, now + SEC(10));
}

/* Number of the frame received at `now`, or -errno. */
static int recv_one(usecs now)
{
	struct pkt *p = pkt_new(arena, PKT_FRAME_MAX, 32);
	int got;

	p->stamp = now;
	got = link_recv(bad, p);
	if (got >= 0) {
		cr_assert(eq(int, got, FRAME));
		cr_assert(eq(int, p->csum, PKT_CSUM_UNKNOWN));
		got = (int)number_of(p->data);
	}
	pkt_free(arena, p);
	return got;
}

TestSuite(link_impair, .fini = close_bad);

Test(link_impair, without_harm_frames_pass_at_once)
{
	open_bad("");
	send_one(7, 100);
	cr_assert(eq(u32, wire.nsent, 1));
	cr_assert(eq(u32, wire.sent[0], 7));
	wire.to_give = 2;
	cr_assert(eq(int, recv_one(100), 0));
	cr_assert(eq(int, recv_one(100), 1));
	cr_assert(eq(int, recv_one(100), -EAGAIN));
	cr_assert(eq(u64, link_next(bad), USECS_NEVER));
	cr_assert(eq(u32, bad->caps, 0));
	cr_assert(eq(int, bad->fd, 3));
}

Test(link_impair, loss_takes_its_share_in_both_directions)
{
	uint32_t got = 0;

	open_bad("loss=10%,seed=1");
	send_many(MANY);
	cr_assert(gt(u32, wire.nsent, MANY * 85 / 100));
	cr_assert(lt(u32, wire.nsent, MANY * 95 / 100));

	wire.to_give = MANY;
	while (recv_one(SEC(2000)) >= 0)
		got++;
	cr_assert(gt(u32, got, MANY * 85 / 100));
	cr_assert(lt(u32, got, MANY * 95 / 100));
}

Test(link_impair, the_same_seed_does_the_same_harm)
{
	static uint32_t before[ROOM];
	uint32_t n;

	open_bad("loss=5%,dup=5%,reorder=5%,corrupt=5%,seed=42");
	send_many(MANY);
	n = wire.nsent;
	memcpy(before, wire.sent, sizeof(before));
	close_bad();

	open_bad("loss=5%,dup=5%,reorder=5%,corrupt=5%,seed=42");
	send_many(MANY);
	cr_assert(eq(u32, wire.nsent, n));
	cr_assert(eq(int, memcmp(before, wire.sent, sizeof(before)), 0));
	close_bad();

	open_bad("loss=5%,dup=5%,reorder=5%,corrupt=5%,seed=43");
	send_many(MANY);
	cr_assert(ne(int, memcmp(before, wire.sent, sizeof(before)), 0));
}

Test(link_impair, delay_holds_a_frame_that_long_and_no_longer)
{
	open_bad("delay=10ms");
	send_one(1, 1000);
	cr_assert(eq(u32, wire.nsent, 0));
	cr_assert(eq(u64, link_next(bad), 11000));
	link_turn(bad, 10999);
	cr_assert(eq(u32, wire.nsent, 0));
	link_turn(bad, 11000);
	cr_assert(eq(u32, wire.nsent, 1));
	cr_assert(eq(u64, link_next(bad), USECS_NEVER));

	wire.to_give = 1;
	cr_assert(eq(int, recv_one(20000), -EAGAIN));
	cr_assert(eq(u64, link_next(bad), 30000));
	cr_assert(eq(int, recv_one(29999), -EAGAIN));
	cr_assert(eq(int, recv_one(30000), 0));
}

Test(link_impair, jitter_varies_the_delay_but_keeps_the_order)
{
	bool varied = false;

	open_bad("delay=5ms,jitter=5ms,seed=3");
	for (uint32_t i = 0; i < 500; i++) {
		send_one(i, SEC(1) + i * 100);
		link_turn(bad, SEC(1) + i * 100);
	}
	for (usecs t = SEC(1); t < SEC(2); t += 100)
		link_turn(bad, t);
	cr_assert(eq(u32, wire.nsent, 500));
	for (uint32_t i = 0; i < 500; i++) {
		usecs sent = SEC(1) + i * 100;

		cr_assert(eq(u32, wire.sent[i], i));
		cr_assert(le(u64, wire.at[i], sent + MSEC(10) + 100));
		varied |= wire.at[i] > wire.at[0] + i * 100;
	}
	cr_assert(varied);
}

Test(link_impair, reordering_lets_later_frames_pass)
{
	uint32_t late = 0;

	open_bad("reorder=10%,seed=5");
	for (uint32_t i = 0; i < MANY; i++) {
		send_one(i, SEC(1) + i * 500);
		link_turn(bad, SEC(1) + i * 500);
	}
	link_turn(bad, SEC(100));
	cr_assert(eq(u32, wire.nsent, MANY));
	for (uint32_t i = 1; i < MANY; i++)
		late += wire.sent[i] < wire.sent[i - 1];
	cr_assert(gt(u32, late, MANY * 4 / 100));
	cr_assert(lt(u32, late, MANY * 15 / 100));
}

Test(link_impair, duplicates_are_sent_twice)
{
	open_bad("dup=100%");
	send_one(4, 50);
	cr_assert(eq(u32, wire.nsent, 2));
	cr_assert(eq(u32, wire.sent[0], 4));
	cr_assert(eq(u32, wire.sent[1], 4));
}

Test(link_impair, corruption_flips_a_bit)
{
	open_bad("corrupt=50%,seed=9");
	send_many(MANY);
	cr_assert(eq(u32, wire.nsent, MANY));
	cr_assert(gt(u32, wire.flipped, MANY * 40 / 100));
	cr_assert(lt(u32, wire.flipped, MANY * 60 / 100));
}

/* 8 Mbit/s is 1,000 bytes a millisecond. */
Test(link_impair, rate_spaces_frames_on_the_wire)
{
	open_bad("rate=8mbit");
	for (uint32_t i = 0; i < 10; i++)
		send_one(i, SEC(1));
	for (usecs t = SEC(1); t < SEC(2); t += 100)
		link_turn(bad, t);
	cr_assert(eq(u32, wire.nsent, 10));
	for (uint32_t i = 0; i < 10; i++)
		cr_assert(eq(u64, wire.at[i], SEC(1) + MSEC(i + 1)));
}

Test(link_impair, a_full_pool_loses_the_newest)
{
	open_bad("delay=1s");
	for (uint32_t i = 0; i < 10000; i++)
		send_one(i, SEC(1));
	wire.to_give = 1;
	cr_assert(eq(int, recv_one(SEC(1)), -EAGAIN));
	link_turn(bad, SEC(2));
	cr_assert(eq(u32, wire.nsent, 4096));
	cr_assert(eq(u32, wire.sent[4095], 4095));
	cr_assert(eq(int, recv_one(SEC(3)), -EAGAIN));
	cr_assert(eq(u64, link_next(bad), USECS_NEVER));

	/* What was taken out is free again. */
	send_one(1, SEC(3));
	cr_assert(eq(u64, link_next(bad), SEC(4)));
}

Test(link_impair, loopback_is_no_wire)
{
	struct link lo = {.caps = LINK_NO_NEIGH};
	struct impairment none = {0};
	struct link *l;

	open_bad("");
	cr_assert(eq(int, link_impair_open(&lo, &none, &l), -EINVAL));
}
