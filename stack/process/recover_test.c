/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * recover_test.c - proves recover.c: who inherits the lock counts it, and the
 * stack goes on.
 *
 * A thread that ends inside stands for a process that was killed there.
 */

#include <pthread.h>
#include <sched.h>

#include "recover.h"
#include "testkit/socktest.h"
#include "testkit/testkit_sound.h"

TestSuite(recover, .init = kit_open_live, .fini = kit_close_live);

enum { PORT = 4000 };

/* In the middle of an operation on that socket; 0: none. */
static void *die_inside(void *busy)
{
	struct sock *s = sock_find(turn_enter(), *(sock_id *)busy);

	if (s && s->conn)
		tcp_begin(s->conn);
	return NULL;
}

static void lose_one_at(sock_id busy)
{
	pthread_t thread;

	cr_assert(eq(int, pthread_create(&thread, NULL, die_inside, &busy), 0));
	cr_assert(eq(int, pthread_join(thread, NULL), 0));
}

static void lose_one(void)
{
	lose_one_at(0);
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

static void new_pair(uint16_t port, sock_id *a, sock_id *b)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_port = htons(port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	sock_id l;

	cr_assert(eq(int, stack_socket(AF_INET, SOCK_STREAM, 0, &l), 0));
	cr_assert(eq(int, stack_bind(l, (void *)&at, sizeof(at)), 0));
	cr_assert(eq(int, stack_listen(l, 1), 0));
	cr_assert(eq(int, stack_socket(AF_INET, SOCK_STREAM, 0, a), 0));
	cr_assert(eq(int, stack_connect(*a, (void *)&at, sizeof(at)),
		     -EINPROGRESS));
	cr_assert(eq(int, stack_connect(*a, (void *)&at, sizeof(at)), 0));
	cr_assert(eq(int, stack_accept(l, b, NULL, NULL), 0));
}

Test(recover, the_connection_that_was_busy_ends_the_others_do_not)
{
	sock_id a, b, c, d;
	char byte;

	new_pair(PORT, &a, &b);
	new_pair(PORT + 1, &c, &d);
	lose_one_at(a);
	cr_assert(eq(i64, stack_send(c, "x", 1, 0), 1));
	cr_assert(eq(i64, stack_recv(d, &byte, 1, 0), 1));

	cr_assert(eq(i64, stack_recv(a, &byte, 1, 0), -ECONNRESET));
	cr_assert(eq(i64, stack_recv(a, &byte, 1, 0), 0));
	cr_assert(eq(i64, stack_send(a, "x", 1, 0), -EPIPE));
	cr_assert(eq(u32, stack_ready(a) & (EPOLLIN | EPOLLHUP | EPOLLRDHUP),
		     EPOLLIN | EPOLLHUP | EPOLLRDHUP));
	cr_assert(eq(i64, stack_recv(b, &byte, 1, 0), -ECONNRESET));
}

Test(recover, a_listener_that_was_busy_listens_on)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_port = htons(PORT),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	sock_id l, c, s;

	cr_assert(eq(int, stack_socket(AF_INET, SOCK_STREAM, 0, &l), 0));
	cr_assert(eq(int, stack_bind(l, (void *)&at, sizeof(at)), 0));
	cr_assert(eq(int, stack_listen(l, 1), 0));
	lose_one_at(l);
	cr_assert(eq(int, stack_socket(AF_INET, SOCK_STREAM, 0, &c), 0));
	cr_assert(eq(int, stack_connect(c, (void *)&at, sizeof(at)),
		     -EINPROGRESS));
	cr_assert(eq(int, stack_accept(l, &s, NULL, NULL), 0));
}

/* Tables are made anew, and grow on the way, where there is no room left. */
Test(recover_full, works_in_an_arena_that_is_full)
{
	struct arena *arena = NULL;
	const char *why;
	size_t n = 0;

	cr_assert(eq(int, arena_create_private(8 << 20, &arena), 0));
	kit_open_in(arena);
	for (struct sock *s; sock_new(kit.st, AF_INET, SOCK_DGRAM, 0, &s) == 0;
	     n++) {
		struct endpoint at = kit_local(0);

		if (sock_set_inode(s, 1000 + n) < 0 ||
		    udp_bind(s->pcb, &at) < 0)
			break;
	}
	cr_assert(gt(sz, n, 1000));
	kit_settle();
	recover_after_death(kit.st);
	why = sound_check(kit.st);
	cr_assert(why == NULL, "%s", why);
	cr_assert(eq(sz, kit.st->nsocks, arena_count(arena, ARENA_SOCK)));
	cr_assert(ge(sz, kit.st->nsocks, n));
	for (size_t i = 0; i < n; i++)
		cr_assert(sock_by_inode(kit.st, 1000 + i) != NULL);
	cr_assert(ge(sz, arena_cap(arena), arena_used(arena)));
	kit_close();
}

static void *sleep_there(void *arg)
{
	return (void *)(intptr_t)stack_wait(*(sock_id *)arg, EPOLLIN,
					    driver_now() + SEC(30));
}

static size_t asleep(void)
{
	struct waiter *w = NULL;
	size_t n = 0;

	cr_assert(lock_take(&kit.st->eng.lock) == LOCK_CLEAN);
	while ((w = arena_next(kit.arena, ARENA_WAIT, w)))
		n += __atomic_load_n(&w->asleep, __ATOMIC_SEQ_CST) !=
		     WAITER_AWAKE;
	lock_release(&kit.st->eng.lock);
	return n;
}

static void send_to(uint16_t port)
{
	struct endpoint to = kit_local(port);
	struct sock *s = kit_socket(SOCK_DGRAM);
	struct iovec iov;
	struct uio u;

	uio_flat(&u, &iov, "x", 1);
	cr_assert(eq(int, udp_send(s->pcb, &to, NULL, &u), 0));
	sock_close(s);
}

/* The event is written down, and nobody is woken any more. */
static void *die_before_waking(void *arg)
{
	struct wakes lost;

	turn_enter();
	for (uint16_t i = 0; i < 2; i++)
		send_to((uint16_t)(PORT + i));
	turn_settle(kit.st);
	wakes_take(&lost);
	return arg;
}

/* One of them drives and sleeps in poll, the other one on a futex. */
Test(recover, who_was_to_be_woken_is, .timeout = 60)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	pthread_t sleepers[2], dead;
	sock_id socks[2];
	void *result;

	for (int i = 0; i < 2; i++) {
		cr_assert(eq(int,
			     stack_socket(AF_INET, SOCK_DGRAM, 0, &socks[i]),
			     0));
		at.sin_port = htons((uint16_t)(PORT + i));
		cr_assert(eq(int, stack_bind(socks[i], (void *)&at, sizeof(at)),
			     0));
		cr_assert(eq(int,
			     pthread_create(&sleepers[i], NULL, sleep_there,
					    &socks[i]),
			     0));
		while (asleep() != (size_t)i + 1)
			sched_yield();
	}
	cr_assert(eq(int, pthread_create(&dead, NULL, die_before_waking, NULL),
		     0));
	cr_assert(eq(int, pthread_join(dead, NULL), 0));
	cr_assert(eq(u64, inherited(), 1));
	for (int i = 0; i < 2; i++) {
		cr_assert(eq(int, pthread_join(sleepers[i], &result), 0));
		cr_assert(eq(int, (int)(intptr_t)result, 0));
	}
}
