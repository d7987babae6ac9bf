/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * lend_test.c - proves lend.c: what is lent is sent, comes back however its
 * user ends, and is refused where stack_send() has something to say.
 */

#include "process/recover.h"
#include "testkit/socktest.h"

TestSuite(lend, .init = kit_open_live, .fini = kit_close_live);

enum { PORT = 5000, IN = sizeof(struct sockaddr_in) };

static sock_id new_socket(int type)
{
	sock_id s = 0;

	cr_assert(eq(int, stack_socket(AF_INET, type, 0, &s), 0));
	return s;
}

static void new_pair(uint16_t port, sock_id *a, sock_id *b)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_port = htons(port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	sock_id l = new_socket(SOCK_STREAM);

	cr_assert(eq(int, stack_bind(l, (void *)&at, IN), 0));
	cr_assert(eq(int, stack_listen(l, 8), 0));
	*a = new_socket(SOCK_STREAM);
	cr_assert(eq(int, stack_connect(*a, (void *)&at, IN), -EINPROGRESS));
	cr_assert(eq(int, stack_connect(*a, (void *)&at, IN), 0));
	cr_assert(eq(int, stack_accept(l, b, NULL, NULL), 0));
	cr_assert(eq(int, stack_close(l), 0));
}

static struct stack_lent lend(sock_id s, size_t len)
{
	struct stack_lent lent;

	cr_assert(eq(int, stack_lend(s, len, &lent), 0));
	cr_assert(lent.len > 0 && lent.len <= len);
	return lent;
}

Test(lend, what_was_written_to_a_lent_buffer_arrives)
{
	enum { LEN = 40000, SENT = 30000 };
	static char to[LEN];
	struct stack_lent lent;
	size_t got = 0;
	sock_id a, b;

	new_pair(PORT, &a, &b);
	cr_assert(eq(i64, stack_send(a, "head", 4, 0), 4));
	lent = lend(a, LEN);
	cr_assert(eq(sz, lent.len, LEN));
	memset(lent.room, 'x', SENT);
	cr_assert(eq(i64, stack_send_lent(&lent, SENT, 0), SENT));
	while (got < SENT + 4) {
		ssize_t n = stack_recv(b, to + got, LEN - got, 0);

		cr_assert(n > 0 || n == -EAGAIN);
		got += n > 0 ? (size_t)n : 0;
	}
	cr_assert(eq(sz, got, SENT + 4));
	cr_assert(memcmp(to, "headxxxx", 8) == 0 && to[SENT + 3] == 'x');
}

Test(lend, what_is_lent_comes_back_in_every_way)
{
	struct stack_lent back, closed, dead;
	sock_id a, b;
	size_t before;

	new_pair(PORT, &a, &b);
	before = kit_count(ARENA_PKT);
	back = lend(a, 5000);
	cr_assert(eq(sz, kit_count(ARENA_LENT), 1));
	cr_assert(eq(i64, stack_send_lent(&back, 0, 0), 0));
	cr_assert(eq(sz, kit_count(ARENA_PKT), before));

	closed = lend(a, 5000);
	cr_assert(eq(int, stack_close(a), 0));
	cr_assert(eq(i64, stack_send_lent(&closed, 7, 0), -EBADF));

	dead = lend(b, 5000);
	cr_assert(dead.room != NULL);
	family_bury(kit.st, family_self());
	cr_assert(eq(sz, kit_count(ARENA_LENT), 0));
	cr_assert(eq(sz, kit_count(ARENA_PKT), before));
}

/* Its process reads a file into it meanwhile. */
Test(lend, what_is_lent_survives_a_death_in_another_process)
{
	struct stack_lent lent;
	sock_id a, b;

	new_pair(PORT, &a, &b);
	lent = lend(a, 5000);
	recover_after_death(turn_enter());
	cr_assert(arena_is(kit.arena, lent.block, ARENA_LENT));
	turn_leave(kit.st);
	cr_assert(eq(i64, stack_send_lent(&lent, 0, 0), 0));
}

/* Its maker died before it was cleared: whatever lay there says nothing. */
Test(lend, a_packet_that_was_just_taken_is_nobodys)
{
	struct arena *a = turn_enter()->eng.arena;
	void *p = arena_alloc(a, 5000, ARENA_PKT);

	cr_assert(ne(ptr, p, NULL));
	memset(p, 0xff, 5000);
	recover_after_death(kit.st);
	cr_assert(not(arena_is(a, p, ARENA_PKT)));
	cr_assert(not(arena_is(a, p, ARENA_LENT)));
	turn_leave(kit.st);
}

Test(lend, nothing_is_lent_where_send_has_something_to_say)
{
	struct stack_lent lent;
	sock_id a, b;

	cr_assert(eq(int, stack_lend(new_socket(SOCK_DGRAM), 9, &lent),
		     -EOPNOTSUPP));
	cr_assert(eq(int, stack_lend(new_socket(SOCK_STREAM), 9, &lent),
		     -EOPNOTSUPP));
	new_pair(PORT, &a, &b);
	while (stack_send(a, (char[4096]){0}, 4096, 0) > 0)
		continue;
	cr_assert(eq(int, stack_lend(a, 9, &lent), -EAGAIN));
	cr_assert(eq(int, stack_shutdown(a, SHUT_WR), 0));
	cr_assert(eq(int, stack_lend(a, 9, &lent), -EOPNOTSUPP));
	cr_assert(eq(int, stack_close(a), 0));
	cr_assert(eq(int, stack_lend(a, 9, &lent), -EBADF));
}
