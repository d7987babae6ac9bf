/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * critical_test.c - proves critical.c: signals that were put aside are
 * delivered once, outside, and by the thread that put them aside.
 */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <pthread.h>

#include "critical.h"

static int delivered;
static int depth_then;

static void deliver(void)
{
	delivered++;
	depth_then = critical.depth;
	critical.pending = 0;
}

static void hook(void)
{
	critical_deliver = deliver;
}

TestSuite(critical, .init = hook);

Test(critical, nothing_pending_nothing_delivered)
{
	critical_enter();
	critical_leave();
	cr_assert(eq(int, delivered, 0));
	cr_assert(eq(int, critical.depth, 0));
}

Test(critical, pending_is_delivered_at_the_outermost_end)
{
	critical_enter();
	critical_enter();
	critical.pending = 1;
	critical_leave();
	cr_assert(eq(int, delivered, 0), "still inside");
	critical_leave();
	cr_assert(eq(int, delivered, 1));
	cr_assert(eq(int, depth_then, 0), "the handler may use the stack");
	critical_enter();
	critical_leave();
	cr_assert(eq(int, delivered, 1));
}

/* The hook may use the stack itself, and more may be put aside meanwhile. */
static void deliver_again(void)
{
	critical.pending = 0;
	critical_enter();
	if (++delivered < 3)
		critical.pending = 1;
	critical_leave();
}

Test(critical, what_comes_during_delivery_is_delivered_too)
{
	critical_deliver = deliver_again;
	critical_enter();
	critical.pending = 1;
	critical_leave();
	cr_assert(eq(int, delivered, 3));
	cr_assert(eq(int, critical.depth, 0));
}

static void *other_thread(void *arg)
{
	*(int *)arg = critical.depth + critical.pending;
	critical_enter();
	critical_leave();
	return NULL;
}

Test(critical, each_thread_counts_for_itself)
{
	pthread_t thread;
	int seen = -1;

	critical_enter();
	critical.pending = 1;
	cr_assert(
		eq(int, pthread_create(&thread, NULL, other_thread, &seen), 0));
	cr_assert(eq(int, pthread_join(thread, NULL), 0));
	cr_assert(eq(int, seen, 0));
	cr_assert(eq(int, delivered, 0));
	critical_leave();
	cr_assert(eq(int, delivered, 1));
}
