/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sock_wait_test.c - proves sock_wait.c: which events wake which waiter, and
 * that a waiter is rung once, however many events there are.
 */

#include "sock_wait.h"
#include "testkit/socktest.h"

TestSuite(sock_wait, .init = kit_open, .fini = kit_close);

static struct sock_slot slot;
static struct readiness ready;

static struct waiter *watch_for(uint32_t events)
{
	struct waiter *w = waiter_new(kit.arena, 1);

	readiness_init(&ready, &slot);
	slot.ready = 0;
	waiter_watch(w, 0, &ready, events);
	return w;
}

Test(sock_wait, level_that_rises_wakes)
{
	struct waiter *w = watch_for(EPOLLIN);

	readiness_set(&ready, EPOLLOUT, 0);
	cr_assert(eq(u32, w->word, 0));
	readiness_set(&ready, EPOLLOUT | EPOLLIN, 0);
	cr_assert(eq(u32, w->word, 1));
	/* Still there: no news. An edge is. */
	readiness_set(&ready, EPOLLOUT | EPOLLIN, 0);
	cr_assert(eq(u32, w->word, 1));
	readiness_set(&ready, EPOLLOUT | EPOLLIN, EPOLLIN);
	cr_assert(eq(u32, w->word, 2));
	waiter_free(kit.arena, w);
}

Test(sock_wait, an_edge_that_is_not_in_the_level_is_no_event)
{
	struct waiter *w = watch_for(EPOLLIN);

	readiness_set(&ready, EPOLLOUT, EPOLLIN);
	cr_assert(eq(u32, w->word, 0));
	waiter_free(kit.arena, w);
}

Test(sock_wait, a_sleeper_is_noted_once)
{
	struct waiter *w = watch_for(EPOLLIN);
	struct wakes wakes;

	w->asleep = WAITER_FUTEX;
	readiness_set(&ready, EPOLLIN, EPOLLIN);
	readiness_set(&ready, EPOLLIN, EPOLLIN);
	wakes_take(&wakes);
	cr_assert(eq(u32, wakes.n, 1));
	cr_assert(wakes.w[0].word == &w->word);
	cr_assert(eq(u32, w->asleep, WAITER_AWAKE));
	wakes_take(&wakes);
	cr_assert(eq(u32, wakes.n, 0));
	waiter_free(kit.arena, w);
}

Test(sock_wait, one_who_is_awake_is_not_rung)
{
	struct waiter *w = watch_for(EPOLLIN);
	struct wakes wakes;

	readiness_set(&ready, EPOLLIN, 0);
	wakes_take(&wakes);
	cr_assert(eq(u32, wakes.n, 0));
	waiter_free(kit.arena, w);
}

/* accept(2): a connection wakes one, and the next one another. */
Test(sock_wait, exclusive_sleepers_are_woken_one_by_one)
{
	struct waiter *a = watch_for(EPOLLIN), *b, *other;

	b = waiter_new(kit.arena, 1);
	other = waiter_new(kit.arena, 1);
	waiter_watch(b, 0, &ready, EPOLLIN);
	waiter_watch(other, 0, &ready, EPOLLIN);
	a->watches[0].exclusive = b->watches[0].exclusive = true;

	readiness_set(&ready, EPOLLIN, EPOLLIN);
	cr_assert(eq(u32, a->word + b->word, 1));
	cr_assert(eq(u32, other->word, 1));
	readiness_set(&ready, EPOLLIN, EPOLLIN);
	cr_assert(eq(u32, a->word, 1));
	cr_assert(eq(u32, b->word, 1));
	readiness_set(&ready, EPOLLIN, EPOLLIN);
	cr_assert(eq(u32, a->word, 1), "it comes already");
	waiter_free(kit.arena, a);
	waiter_free(kit.arena, b);
	waiter_free(kit.arena, other);
}

/* Whoever took one of two connections wakes the next for the other. */
Test(sock_wait, what_is_left_is_passed_on)
{
	struct waiter *a = watch_for(EPOLLIN), *b;

	b = waiter_new(kit.arena, 1);
	waiter_watch(b, 0, &ready, EPOLLIN);
	a->watches[0].exclusive = b->watches[0].exclusive = true;
	readiness_pass_on(&ready, EPOLLIN);
	cr_assert(eq(u32, a->word + b->word, 0), "nothing is left");
	readiness_set(&ready, EPOLLIN, EPOLLIN);
	readiness_pass_on(&ready, EPOLLIN);
	cr_assert(eq(u32, a->word, 1));
	cr_assert(eq(u32, b->word, 1));
	waiter_free(kit.arena, a);
	waiter_free(kit.arena, b);
}

Test(sock_wait, the_object_that_goes_wakes_its_waiters)
{
	struct waiter *w = watch_for(EPOLLIN);
	struct wakes wakes;

	w->asleep = WAITER_BELL + 9;
	readiness_fini(&ready);
	wakes_take(&wakes);
	cr_assert(eq(u32, wakes.n, 1));
	cr_assert(wakes.w[0].word == NULL);
	cr_assert(eq(u32, wakes.w[0].bell, 9));
	waiter_free(kit.arena, w);
}
