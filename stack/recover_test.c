/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * recover_test.c - proves recover.c: who inherits the lock counts it, and the
 * stack goes on.
 *
 * A thread that ends inside stands for a process that was killed there.
 */

#include <pthread.h>

#include "recover.h"
#include "socktest.h"

TestSuite(recover, .init = kit_open_live, .fini = kit_close_live);

enum { PORT = 4000 };

static void *die_inside(void *arg)
{
	turn_enter();
	return arg;
}

static void lose_one(void)
{
	pthread_t thread;

	cr_assert(eq(int, pthread_create(&thread, NULL, die_inside, NULL), 0));
	cr_assert(eq(int, pthread_join(thread, NULL), 0));
}

static uint64_t inherited(void)
{
	struct stack *st = turn_enter();
	uint64_t n = st->eng.stats.count[STAT_LOCK_INHERITED];

	turn_leave(st);
	return n;
}

Test(recover, whoever_comes_next_inherits_the_lock_and_counts_it)
{
	cr_assert(eq(u64, inherited(), 0));
	lose_one();
	cr_assert(eq(u64, inherited(), 1));
	lose_one();
	cr_assert(eq(u64, inherited(), 2));
	cr_assert(eq(u64, inherited(), 2));
}

Test(recover, sockets_go_on)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_port = htons(PORT),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	sock_id s, t;
	char c;

	cr_assert(eq(int, stack_socket(AF_INET, SOCK_DGRAM, 0, &s), 0));
	cr_assert(eq(int, stack_bind(s, (void *)&at, sizeof(at)), 0));
	lose_one();
	cr_assert(eq(int, stack_socket(AF_INET, SOCK_DGRAM, 0, &t), 0));
	cr_assert(eq(int, stack_connect(t, (void *)&at, sizeof(at)), 0));
	lose_one();
	cr_assert(eq(i64, stack_send(t, "x", 1, 0), 1));
	lose_one();
	cr_assert(eq(i64, stack_recv(s, &c, 1, 0), 1));
}
