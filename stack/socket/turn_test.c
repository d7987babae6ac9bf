/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * turn_test.c - proves turn.c: what one turn does, and that it ends.
 */

#include "ground/critical.h"
#include "testkit/socktest.h"
#include "link/wire.h"

TestSuite(turn, .init = kit_open, .fini = kit_close);

enum { PORT = 4000 };

static struct timer *timer_at(struct timer *t, usecs when)
{
	cr_assert(eq(int, timer_init(&kit.st->eng.timers, t, TIMER_TEST), 0));
	timer_start(&kit.st->eng.timers, t, when);
	return t;
}

static void forget(struct timer *t)
{
	timer_fini(&kit.st->eng.timers, t);
}

/* --- timers -------------------------------------------------------------- */

Test(turn, timers_expire_when_they_are_due_and_not_before)
{
	struct timer soon, later;

	cr_assert(eq(u64, turn_next(kit.st), USECS_NEVER));
	timer_at(&later, SEC(3));
	timer_at(&soon, SEC(2));
	cr_assert(eq(u64, turn_next(kit.st), SEC(2)));
	kit.st->eng.now = SEC(2) - 1;
	kit_settle();
	cr_assert(timer_is_armed(&soon));
	kit.st->eng.now = SEC(2);
	kit_settle();
	cr_assert(not(timer_is_armed(&soon)));
	cr_assert(eq(u64, turn_next(kit.st), SEC(3)));
	kit.st->eng.now = SEC(9);
	kit_settle();
	cr_assert(not(timer_is_armed(&later)));
	cr_assert(eq(u64, turn_next(kit.st), USECS_NEVER));
	forget(&soon);
	forget(&later);
}

/* What is too much for one turn is due at once in the next. */
Test(turn, a_crowd_of_timers_takes_more_than_one_turn)
{
	enum { N = 5000 };
	static struct timer t[N];
	uint32_t left;

	for (int i = 0; i < N; i++)
		timer_at(&t[i], 1);
	kit_settle();
	left = kit.st->eng.timers.count;
	cr_assert(gt(u32, left, 0));
	cr_assert(lt(u32, left, N));
	cr_assert(le(u64, turn_next(kit.st), kit.st->eng.now));
	kit_settle();
	cr_assert(eq(u32, kit.st->eng.timers.count, 0));
	for (int i = 0; i < N; i++)
		forget(&t[i]);
}

/* --- the loopback -------------------------------------------------------- */

static void send_many(int n)
{
	struct sock *s = kit_socket(SOCK_DGRAM);
	struct endpoint to = kit_local(PORT);

	for (int i = 0; i < n; i++) {
		struct iovec iov;
		struct uio u;

		uio_flat(&u, &iov, "x", 1);
		cr_expect(eq(int, udp_send(s->pcb, &to, NULL, &u), 0));
	}
}

Test(turn, what_is_looped_back_arrives_in_the_same_turn)
{
	struct sock *s = kit_receiver(PORT);

	send_many(LIMIT_LOOP_BATCH + 10);
	cr_assert(eq(u32, s->pcb->rcv_count, 0));
	kit_settle();
	cr_assert(eq(u32, s->pcb->rcv_count, LIMIT_LOOP_BATCH + 10));
	cr_assert(not(kit.st->loop_more));
	cr_assert(eq(u64, turn_next(kit.st), USECS_NEVER));
}

/* Rounds are bounded: the rest is due at once, and the lock is free between. */
Test(turn, a_flood_on_the_loopback_takes_more_than_one_turn)
{
	struct sock *s = kit_receiver(PORT);

	s->pcb->rcv_max = 1 << 30;
	send_many(4096);
	kit_settle();
	cr_assert(kit.st->loop_more);
	cr_assert(eq(u64, turn_next(kit.st), kit.st->eng.now));
	kit_settle();
	cr_assert(not(kit.st->loop_more));
	cr_assert(eq(u32, s->pcb->rcv_count, 4096));
}

/* A whole conversation needs no time and no second turn. */
Test(turn, a_handshake_and_a_farewell_are_one_turn_each)
{
	struct sock *a, *b;

	kit_pair(PORT, &a, &b);
	cr_assert(eq(int, tcp_get_state(a->conn), TCPS_ESTABLISHED));
	cr_assert(eq(int, tcp_shutdown_send(a->conn), 0));
	cr_assert(eq(int, tcp_shutdown_send(b->conn), 0));
	kit_settle();
	cr_assert(ne(int, tcp_get_state(a->conn), TCPS_ESTABLISHED));
	cr_assert(ne(int, tcp_get_state(b->conn), TCPS_ESTABLISHED));
}

/* --- links --------------------------------------------------------------- */

/* A link with so many frames of a kind that nobody knows. */
struct fake {
	struct link link;
	int frames;
	usecs due;
};

static int fake_recv(struct link *l, struct pkt *p)
{
	struct fake *f = container_of(l, struct fake, link);
	uint8_t *bytes;

	if (f->frames == 0)
		return -EAGAIN;
	f->frames--;
	bytes = pkt_append(p, 60);
	memset(bytes, 0, 60);
	bytes[12] = 0x88; /* an EtherType for experiments */
	bytes[13] = 0xb5;
	p->segs = 1;
	return (int)p->len;
}

static usecs fake_next(struct link *l)
{
	return container_of(l, struct fake, link)->due;
}

static const struct link_ops fake_ops = {.recv = fake_recv, .next = fake_next};

static struct fake fake;

static void add_fake(int frames)
{
	fake = (struct fake){
		.link = {.ops = &fake_ops, .fd = -1, .mtu = 1500, .file = -1},
		.frames = frames,
		.due = USECS_NEVER};
	cr_assert(net_add_iface(&kit.st->net, "tap0",
				link_attach(&fake.link)) != NULL);
}

/* What a flood of packets leaves behind when they are gone. */
static void flood(void)
{
	struct list pkts;

	list_init(&pkts);
	for (int i = 0; i < 400; i++) {
		struct pkt *p = pkt_new(kit.arena, 65536, 0);

		cr_assert(p != NULL);
		list_push(&pkts, &p->link);
	}
	turn_settle(kit.st);
	pkt_free_list(kit.arena, &pkts);
	turn_settle(kit.st);
}

Test(turn, memory_goes_back_a_while_after_a_flood_and_nobody_wakes_later)
{
	turn_settle(kit.st);
	cr_assert(eq(u64, turn_next(kit.st), USECS_NEVER));
	flood();
	cr_assert(gt(sz, arena_slack(kit.arena), LIMIT_SLACK));
	cr_assert(eq(u64, turn_next(kit.st), kit.st->eng.now + LIMIT_TRIM_US));

	kit.st->eng.now = turn_next(kit.st);
	for (int i = 0; i < 100 && turn_next(kit.st) != USECS_NEVER; i++) {
		turn_settle(kit.st);
		kit.st->eng.now += MSEC(10);
	}
	cr_assert(eq(sz, arena_slack(kit.arena), 0));
	cr_assert(eq(u64, turn_next(kit.st), USECS_NEVER));
}

Test(turn, memory_stays_while_there_is_work)
{
	flood();
	for (int i = 0; i < 1000; i++) {
		kit.st->eng.now += MSEC(1);
		turn_settle(kit.st);
	}
	cr_assert(gt(sz, arena_slack(kit.arena), LIMIT_SLACK));
	cr_assert(ne(u64, turn_next(kit.st), USECS_NEVER));
}

Test(turn, links_are_read_in_batches)
{
	add_fake(LIMIT_RX_BATCH + 5);
	cr_assert(turn_read_links(kit.st, NULL), "there may be more");
	cr_assert(eq(int, fake.frames, 5));
	cr_assert(not(turn_read_links(kit.st, NULL)));
	cr_assert(eq(int, fake.frames, 0));
	cr_assert(not(turn_read_links(kit.st, NULL)));
}

Test(turn, reading_stops_at_the_frame_that_wakes)
{
	uint32_t woken = 0;

	add_fake(7);
	cr_assert(not(turn_read_links(kit.st, &woken)));
	cr_assert(eq(int, fake.frames, 0), "nothing woke: all are read");
	fake.frames = 7;
	woken = 1;
	cr_assert(not(turn_read_links(kit.st, &woken)));
	cr_assert(eq(int, fake.frames, 6));
}

Test(turn, a_frame_held_back_sets_the_deadline)
{
	add_fake(0);
	fake.due = SEC(5);
	cr_assert(eq(u64, turn_next(kit.st), SEC(5)));
}

Test(turn, without_memory_nothing_is_read_and_that_is_counted)
{
	uint64_t before = kit.st->eng.stats.drops[DROP_NO_MEMORY];
	struct kit_hoard *all;

	add_fake(1);
	all = kit_take_memory();
	cr_assert(not(turn_read_links(kit.st, NULL)));
	cr_assert(eq(int, fake.frames, 1));
	cr_assert(eq(u64, kit.st->eng.stats.drops[DROP_NO_MEMORY], before + 1));
	kit_give_memory(all);
}

/* --- the bracket --------------------------------------------------------- */

Test(turn, time_never_goes_back)
{
	struct stack *st = kit.st;

	lock_release(&st->eng.lock);
	cr_assert(turn_enter_at(SEC(5)) == st);
	cr_assert(eq(u64, st->eng.now, SEC(5)));
	turn_leave(st);
	cr_assert(turn_enter_at(SEC(4)) == st);
	cr_assert(eq(u64, st->eng.now, SEC(5)));
	turn_leave(st);
	cr_assert(lock_take(&st->eng.lock) == LOCK_CLEAN);
}

Test(turn, inside_the_lock_is_held_and_signals_wait)
{
	struct stack *st = kit.st;

	lock_release(&st->eng.lock);
	cr_assert(eq(int, critical.depth, 0));
	turn_enter_at(SEC(5));
	cr_assert(lock_is_mine(&st->eng.lock));
	cr_assert(eq(int, critical.depth, 1));
	turn_leave(st);
	cr_assert(not(lock_is_mine(&st->eng.lock)));
	cr_assert(eq(int, critical.depth, 0));
	cr_assert(lock_take(&st->eng.lock) == LOCK_CLEAN);
}

Test(turn, leaving_settles_and_wakes)
{
	struct stack *st = kit.st;
	struct sock *s = kit_receiver(PORT);
	struct waiter *w = waiter_new(kit.arena, 1);

	waiter_watch(w, 0, &s->readiness, EPOLLIN);
	w->asleep = WAITER_FUTEX;
	lock_release(&st->eng.lock);
	turn_enter_at(SEC(5));
	send_many(1);
	turn_leave(st);
	cr_assert(eq(u32, w->word, 1));
	cr_assert(eq(u32, w->asleep, WAITER_AWAKE));
	cr_assert(s->slot->ready & EPOLLIN);
	cr_assert(lock_take(&st->eng.lock) == LOCK_CLEAN);
	waiter_free(kit.arena, w);
}
