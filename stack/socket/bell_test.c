/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * bell_test.c - proves bell.c: a ring reaches the bell of that number, also
 * from another process, and is gone once silenced.
 */

#include "bell.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ground/critical.h"

static uint32_t next_number = 1;

static uint32_t new_number(void)
{
	return next_number++;
}

static bool is_ringing(const struct bell *b)
{
	struct pollfd p = {b->fd, POLLIN, 0};

	return poll(&p, 1, 0) == 1;
}

Test(bell, ring_is_heard_by_its_number_only)
{
	struct bell *a, *b;

	bell_setup((uint64_t)getpid());
	a = bell_get(new_number);
	b = bell_get(new_number);
	cr_assert(a && b);
	bell_ring(b->number);
	bell_ring(b->number);
	cr_assert(not(is_ringing(a)));
	cr_assert(is_ringing(b));
	bell_silence(b);
	cr_assert(not(is_ringing(b)));
	bell_ring(12345);
}

static int delivered;

static void deliver(void)
{
	critical.pending = 0;
	delivered++;
}

/* A handler may sleep in poll, and needs a bell then. */
Test(bell, signals_wait_while_the_pool_is_locked)
{
	struct bell *b;

	bell_setup((uint64_t)getpid());
	critical_deliver = deliver;
	critical.pending = 1;
	b = bell_get(new_number);
	cr_assert(eq(int, delivered, 1));
	critical.pending = 1;
	bell_put(b);
	cr_assert(eq(int, delivered, 2));
	cr_assert(eq(int, critical.depth, 0));
}

Test(bell, another_process_can_ring)
{
	struct bell *b;
	int status;

	bell_setup((uint64_t)getpid());
	b = bell_get(new_number);
	if (fork() == 0) {
		bell_ring(b->number);
		_exit(0);
	}
	wait(&status);
	cr_assert(is_ringing(b));
}

Test(bell, returned_bells_are_used_again)
{
	struct bell *a;
	uint32_t number;

	bell_setup((uint64_t)getpid());
	a = bell_get(new_number);
	number = a->number;
	bell_put(a);
	cr_assert(eq(u32, bell_get(new_number)->number, number));
}

/* A program that has confined itself to one descriptor: its bell and a pipe. */
Test(bell, poll_goes_on_where_no_descriptor_may_be_opened)
{
	const struct rlimit one = {1, 1};
	struct timespec zero = {0, 0};
	struct pollfd p[2];
	struct bell *b;
	int ends[2];

	bell_setup((uint64_t)getpid());
	cr_assert(eq(int, pipe(ends), 0));
	bell_stock(new_number);
	cr_assert(eq(int, setrlimit(RLIMIT_NOFILE, &one), 0));
	b = bell_get(new_number);
	cr_assert(ne(ptr, b, NULL));
	p[0] = (struct pollfd){b->fd, POLLIN, 0};
	p[1] = (struct pollfd){ends[0], POLLIN, 0};
	cr_assert(eq(int, poll(p, 2, 0), -1));

	cr_assert(eq(int, bell_poll(b, p, 2, &zero, NULL), 0));
	bell_ring(b->number);
	cr_assert(eq(int, bell_poll(b, p, 2, &zero, NULL), 1));
	cr_assert(eq(int, p[0].revents, POLLIN));
	cr_assert(eq(int, p[1].revents, 0));
	cr_assert(eq(int, (int)write(ends[1], "x", 1), 1));
	cr_assert(eq(int, bell_poll(b, p, 2, &zero, NULL), 2));
	bell_silence(b);
	cr_assert(eq(int, bell_poll(b, p, 2, &zero, NULL), 1));
	cr_assert(eq(int, p[1].revents, POLLIN));
}

Test(bell, poll_without_provision_says_so)
{
	const struct rlimit one = {1, 1};
	struct timespec zero = {0, 0};
	struct pollfd p[2];
	struct bell *b;

	bell_setup((uint64_t)getpid());
	b = bell_get(new_number);
	cr_assert(ne(ptr, b, NULL));
	p[0] = (struct pollfd){b->fd, POLLIN, 0};
	p[1] = p[0];
	cr_assert(eq(int, setrlimit(RLIMIT_NOFILE, &one), 0));
	cr_assert(eq(int, bell_poll(b, p, 2, &zero, NULL), -EINVAL));
}
