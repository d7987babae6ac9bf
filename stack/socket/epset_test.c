/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * epset_test.c - proves epset.c: level, edge, one-shot, exclusive, and keys.
 *
 * Members are datagram sockets on the loopback; an event is a datagram.
 */

#include <errno.h>

#include "epset.h"
#include "testkit/socktest.h"

TestSuite(epset, .init = kit_open, .fini = kit_close);

enum { PORT = 4000 };

static struct epset *new_set(void)
{
	struct epset *set = NULL;

	cr_assert(eq(int, epset_new(kit.st, &set), 0));
	return set;
}

static int ctl(struct epset *set, int op, int fd, struct sock *s,
	       uint32_t events)
{
	struct epoll_event ev = {.events = events, .data.u64 = 0xabcdef01};

	return epset_ctl(set, op, fd, s->id, &ev);
}

static uint32_t one(struct epset *set)
{
	struct epoll_event ev[4];
	int n = epset_harvest(set, ev, 4);

	cr_assert(le(int, n, 1));
	if (n == 1)
		cr_assert(eq(u64, ev[0].data.u64, 0xabcdef01));
	return n == 1 ? ev[0].events : 0;
}

Test(epset, level_member_is_reported_until_it_is_read)
{
	struct epset *set = new_set();
	struct sock *s = kit_receiver(PORT);

	cr_assert(eq(int, ctl(set, EPOLL_CTL_ADD, 5, s, EPOLLIN), 0));
	cr_assert(eq(u32, one(set), 0));
	kit_send_to(PORT);
	cr_assert(eq(u32, set->slot->ready, EPOLLIN));
	cr_assert(eq(u32, one(set), EPOLLIN));
	cr_assert(eq(u32, one(set), EPOLLIN));
	kit_read_one(s);
	cr_assert(eq(u32, one(set), 0));
	cr_assert(eq(u32, set->slot->ready, 0));
	epset_free(set);
}

Test(epset, edge_member_is_reported_once_an_event)
{
	struct epset *set = new_set();
	struct sock *s = kit_receiver(PORT);

	cr_assert(eq(int, ctl(set, EPOLL_CTL_ADD, 5, s, EPOLLIN | EPOLLET), 0));
	kit_send_to(PORT);
	cr_assert(eq(u32, one(set), EPOLLIN));
	cr_assert(eq(u32, one(set), 0));
	/* A second datagram is a new edge though the level did not change. */
	kit_send_to(PORT);
	cr_assert(eq(u32, one(set), EPOLLIN));
	cr_assert(eq(u32, one(set), 0));
	epset_free(set);
}

Test(epset, modify_reports_an_edge_member_that_is_still_ready)
{
	struct epset *set = new_set();
	struct sock *s = kit_receiver(PORT);

	cr_assert(eq(int, ctl(set, EPOLL_CTL_ADD, 5, s, EPOLLIN | EPOLLET), 0));
	kit_send_to(PORT);
	cr_assert(eq(u32, one(set), EPOLLIN));
	cr_assert(eq(int, ctl(set, EPOLL_CTL_MOD, 5, s, EPOLLIN | EPOLLET), 0));
	cr_assert(eq(u32, one(set), EPOLLIN));
	epset_free(set);
}

Test(epset, oneshot_is_silent_until_modified)
{
	struct epset *set = new_set();
	struct sock *s = kit_receiver(PORT);

	cr_assert(eq(int, ctl(set, EPOLL_CTL_ADD, 5, s, EPOLLIN | EPOLLONESHOT),
		     0));
	kit_send_to(PORT);
	cr_assert(eq(u32, one(set), EPOLLIN));
	kit_send_to(PORT);
	cr_assert(eq(u32, one(set), 0));
	cr_assert(eq(int, ctl(set, EPOLL_CTL_MOD, 5, s, EPOLLIN | EPOLLONESHOT),
		     0));
	cr_assert(eq(u32, one(set), EPOLLIN));
	epset_free(set);
}

Test(epset, keys_are_descriptor_and_socket)
{
	struct epset *set = new_set();
	struct sock *s = kit_receiver(PORT);

	cr_assert(eq(int, ctl(set, EPOLL_CTL_ADD, 5, s, EPOLLIN), 0));
	cr_assert(eq(int, ctl(set, EPOLL_CTL_ADD, 5, s, EPOLLIN), -EEXIST));
	cr_assert(eq(int, ctl(set, EPOLL_CTL_ADD, 6, s, EPOLLIN), 0));
	cr_assert(eq(int, ctl(set, EPOLL_CTL_MOD, 7, s, EPOLLIN), -ENOENT));
	cr_assert(eq(int, ctl(set, EPOLL_CTL_DEL, 7, s, 0), -ENOENT));
	cr_assert(eq(int, ctl(set, EPOLL_CTL_DEL, 6, s, 0), 0));
	cr_assert(eq(int, ctl(set, 99, 5, s, 0), -EINVAL));
	epset_free(set);
}

Test(epset, closing_a_socket_removes_its_members)
{
	struct epset *set = new_set();
	struct sock *s = kit_receiver(PORT);
	sock_id old = s->id;
	struct epoll_event ev = {.events = EPOLLIN};

	cr_assert(eq(int, ctl(set, EPOLL_CTL_ADD, 5, s, EPOLLIN), 0));
	kit_send_to(PORT);
	sock_close(s);
	cr_assert(eq(u32, one(set), 0));
	cr_assert(set->members == NULL);
	cr_assert(eq(int, epset_ctl(set, EPOLL_CTL_ADD, 5, old, &ev), -EBADF));
	epset_free(set);
}

Test(epset, maxevents_of_one_serves_all_members_in_turn)
{
	struct epset *set = new_set();
	struct sock *a = kit_receiver(PORT), *b = kit_receiver(PORT + 1);
	struct epoll_event ev = {.events = EPOLLIN};
	uint64_t seen = 0;

	ev.data.u64 = 1;
	cr_assert(eq(int, epset_ctl(set, EPOLL_CTL_ADD, 5, a->id, &ev), 0));
	ev.data.u64 = 2;
	cr_assert(eq(int, epset_ctl(set, EPOLL_CTL_ADD, 6, b->id, &ev), 0));
	kit_send_to(PORT);
	kit_send_to(PORT + 1);
	for (int i = 0; i < 2; i++) {
		cr_assert(eq(int, epset_harvest(set, &ev, 1), 1));
		seen |= ev.data.u64;
	}
	cr_assert(eq(u64, seen, 3));
	epset_free(set);
}

/* Somebody sleeps in epoll_wait() on it. */
static struct waiter *sleeper_in(struct epset *set)
{
	struct waiter *w = waiter_new(kit.arena, 1);

	cr_assert(w != NULL);
	waiter_watch(w, 0, &set->readiness, EPOLLIN);
	return w;
}

Test(epset, exclusive_wakes_one_set_an_event_and_takes_turns)
{
	struct epset *x = new_set(), *y = new_set();
	struct sock *s = kit_receiver(PORT);
	struct waiter *wx = sleeper_in(x), *wy = sleeper_in(y);

	cr_assert(eq(
		int,
		ctl(x, EPOLL_CTL_ADD, 5, s, EPOLLIN | EPOLLEXCLUSIVE | EPOLLET),
		0));
	cr_assert(eq(
		int,
		ctl(y, EPOLL_CTL_ADD, 5, s, EPOLLIN | EPOLLEXCLUSIVE | EPOLLET),
		0));
	kit_send_to(PORT);
	cr_assert(eq(u32, wx->word, 1));
	cr_assert(eq(u32, one(x) | one(y) << 16, EPOLLIN));
	wx->word = 0;
	kit_send_to(PORT);
	cr_assert(eq(u32, one(x) | one(y) << 16, EPOLLIN << 16));
	cr_assert(eq(u32, wx->word, 0));
	cr_assert(eq(u32, wy->word, 1));
	/* Who is awake may take it, but only a sleeper is counted on. */
	kit_send_to(PORT);
	cr_assert(eq(u32, wx->word, 1));
	kit_send_to(PORT);
	one(x);
	cr_assert(eq(u32, one(y), EPOLLIN));
	waiter_free(kit.arena, wx);
	waiter_free(kit.arena, wy);
	cr_assert(eq(int, ctl(x, EPOLL_CTL_MOD, 5, s, EPOLLIN), -EINVAL));
	epset_free(x);
	epset_free(y);
}

Test(epset, a_set_in_a_set_is_ready_when_it_has_events)
{
	struct epset *inner = new_set(), *outer = new_set();
	struct sock *s = kit_receiver(PORT);
	struct epoll_event ev = {.events = EPOLLIN};

	cr_assert(eq(int, ctl(inner, EPOLL_CTL_ADD, 5, s, EPOLLIN), 0));
	cr_assert(
		eq(int, epset_ctl(outer, EPOLL_CTL_ADD, 6, inner->id, &ev), 0));
	cr_assert(eq(int, epset_ctl(outer, EPOLL_CTL_ADD, 7, outer->id, &ev),
		     -EINVAL));
	cr_assert(eq(int, epset_harvest(outer, &ev, 1), 0));
	kit_send_to(PORT);
	cr_assert(eq(int, epset_harvest(outer, &ev, 1), 1));
	kit_read_one(s);
	one(inner);
	cr_assert(eq(int, epset_harvest(outer, &ev, 1), 0));
	epset_free(inner);
	epset_free(outer);
}

static int put_in(struct epset *outer, struct epset *inner)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.u64 = 0xabcdef01};

	return epset_ctl(outer, EPOLL_CTL_ADD, 6, inner->id, &ev);
}

Test(epset, three_levels_are_ready_no_longer_than_their_socket)
{
	struct epset *in = new_set(), *mid = new_set(), *out = new_set();
	struct sock *s = kit_receiver(PORT);

	cr_assert(eq(int, ctl(in, EPOLL_CTL_ADD, 5, s, EPOLLIN), 0));
	cr_assert(eq(int, put_in(mid, in), 0));
	cr_assert(eq(int, put_in(out, mid), 0));
	cr_assert(not(epset_settle(out)));
	kit_send_to(PORT);
	cr_assert(epset_settle(out));
	cr_assert(eq(u32, one(out), EPOLLIN));
	kit_read_one(s);
	cr_assert(not(epset_settle(out)));
	cr_assert(eq(u32, in->slot->ready, 0));
	kit_send_to(PORT);
	cr_assert(eq(u32, one(out), EPOLLIN));
	epset_free(in);
	cr_assert(not(epset_settle(out)));
	epset_free(mid);
	epset_free(out);
}

Test(epset, loops_and_towers_are_refused)
{
	enum { HEIGHT = 6 };
	struct epset *set[HEIGHT];

	for (int i = 0; i < HEIGHT; i++)
		set[i] = new_set();
	for (int i = 0; i < HEIGHT - 2; i++)
		cr_assert(eq(int, put_in(set[i + 1], set[i]), 0));
	cr_assert(eq(int, put_in(set[5], set[4]), -ELOOP));
	cr_assert(eq(int, put_in(set[0], set[5]), -ELOOP));
	cr_assert(eq(int, put_in(set[0], set[4]), -ELOOP));
	cr_assert(eq(int, put_in(set[1], set[2]), -ELOOP));
	for (int i = 0; i < HEIGHT; i++)
		epset_free(set[i]);
}

Test(epset, memberships_tell_what_a_conversion_needs)
{
	struct epset *set = new_set();
	struct sock *s = kit_receiver(PORT);
	struct stack_membership m[2];

	cr_assert(eq(int, ctl(set, EPOLL_CTL_ADD, 5, s, EPOLLIN), 0));
	cr_assert(eq(int, ctl(set, EPOLL_CTL_ADD, 6, s, EPOLLOUT), 0));
	cr_assert(eq(sz, epset_memberships(s, m, 1), 2));
	cr_assert(eq(int, m[0].fd, 5));
	cr_assert(m[0].ep == set->id);
	cr_assert(eq(int, ctl(set, EPOLL_CTL_DEL, 5, s, 0), 0));
	cr_assert(eq(sz, epset_memberships(s, m, 2), 1));
	cr_assert(eq(int, m[0].fd, 6));
	epset_free(set);
}
