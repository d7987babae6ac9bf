/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * bell_test.c - proves bell.c: a ring reaches the bell of that number, also
 * from another process, and is gone once silenced.
 */

#include "bell.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

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
