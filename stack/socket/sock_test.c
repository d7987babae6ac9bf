/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sock_test.c - proves sock.c: numbers, the table, identities, and that news
 * becomes readiness; and that running out of memory leaves nothing behind.
 */

#include "sock_wait.h"
#include "testkit/socktest.h"

TestSuite(sock, .init = kit_open, .fini = kit_close);

enum { PORT = 4000 };

Test(sock, a_number_finds_its_socket_until_it_is_closed)
{
	struct sock *s = kit_socket(SOCK_DGRAM);
	struct sock_slot *slot = s->slot;
	sock_id id = s->id;

	cr_assert(id != 0);
	cr_assert(sock_find(kit.st, id) == s);
	cr_assert(sock_slot_of(kit.st, id) == slot);
	cr_assert(eq(u32, kit.st->nsocks, 1));

	sock_close(s);
	cr_assert(sock_find(kit.st, id) == NULL);
	cr_assert(sock_slot_of(kit.st, id) == slot,
		  "readiness can be asked with an old number");
	cr_assert(eq(u32, slot->ready, POLLNVAL));
	cr_assert(eq(u32, kit.st->nsocks, 0));
}

Test(sock, a_slot_used_again_has_another_number)
{
	struct sock *first = kit_socket(SOCK_DGRAM), *second;
	sock_id old = first->id;

	sock_close(first);
	second = kit_socket(SOCK_DGRAM);
	cr_assert(second->slot == sock_slot_of(kit.st, old));
	cr_assert(second->id != old);
	cr_assert(sock_find(kit.st, old) == NULL);
	cr_assert(not(second->slot->nonblocking));
}

Test(sock, generations_wrap_around_zero)
{
	struct sock *s = kit_socket(SOCK_DGRAM);
	struct sock_slot *slot = s->slot;

	slot->generation = UINT32_MAX;
	sock_close(s);
	cr_assert(eq(u32, slot->generation, 1));
	cr_assert(sock_slot_id(slot) >> SOCK_INDEX_BITS != 0);
}

Test(sock, numbers_that_never_were_find_nothing)
{
	struct sock *s = kit_socket(SOCK_DGRAM);
	static const sock_id nonsense[] = {
		0, 1, UINT64_MAX, (1ull << SOCK_INDEX_BITS) | LIMIT_SOCKETS,
		(1ull << SOCK_INDEX_BITS) | (LIMIT_SOCKETS - 1)};

	for (size_t i = 0; i < ARRAY_LEN(nonsense); i++)
		cr_expect(sock_find(kit.st, nonsense[i]) == NULL, "%zu", i);
	cr_assert(sock_slot_of(kit.st, nonsense[3]) == NULL);
	cr_assert(sock_slot_of(kit.st, nonsense[4]) == NULL);
	/* Right index, wrong generation. */
	cr_assert(sock_find(kit.st, s->id + (1ull << SOCK_INDEX_BITS)) == NULL);
}

Test(sock, the_table_grows_by_pages)
{
	enum { N = SOCK_PAGE_SLOTS + 1 };
	static struct sock *s[N];

	for (int i = 0; i < N; i++)
		s[i] = kit_socket(SOCK_DGRAM);
	cr_assert(eq(u32, kit.st->npages, 2));
	cr_assert(eq(u32, kit.st->nsocks, N));
	for (int i = 0; i < N; i++)
		cr_expect(sock_find(kit.st, s[i]->id) == s[i], "%d", i);
	cr_assert(s[0]->slot != s[N - 1]->slot);
}

Test(sock, only_tcp_and_udp_over_internet_families)
{
	static const struct {
		int family, type, protocol, result;
	} row[] = {
		{AF_INET, SOCK_STREAM, 0, 0},
		{AF_INET, SOCK_STREAM, IPPROTO_TCP, 0},
		{AF_INET6, SOCK_DGRAM, IPPROTO_UDP, 0},
		{AF_INET, SOCK_STREAM, IPPROTO_UDP, -EPROTONOSUPPORT},
		{AF_INET, SOCK_DGRAM, IPPROTO_TCP, -EPROTONOSUPPORT},
		{AF_INET, SOCK_RAW, 0, -EPROTONOSUPPORT},
		{AF_INET, SOCK_SEQPACKET, 0, -ESOCKTNOSUPPORT},
		{AF_INET, SOCK_RDM, 0, -ESOCKTNOSUPPORT},
		{AF_INET, 0, 0, -ESOCKTNOSUPPORT},
		{AF_INET, 11, 0, -EINVAL},
		{AF_INET, SOCK_STREAM, -1, -EINVAL},
		{AF_INET, SOCK_STREAM, 999, -EINVAL},
		{AF_INET, SOCK_STREAM, 200, -EPROTONOSUPPORT},
		{AF_UNIX, SOCK_STREAM, 0, -EAFNOSUPPORT},
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct sock *s = NULL;
		int ret = sock_new(kit.st, row[i].family, row[i].type,
				   row[i].protocol, &s);

		cr_expect(eq(int, ret, row[i].result), "row %zu", i);
	}
	cr_assert(eq(u32, kit.st->nsocks, 3));
}

Test(sock, an_inode_is_an_identity)
{
	struct sock *a = kit_socket(SOCK_DGRAM), *b = kit_socket(SOCK_STREAM);

	cr_assert(sock_by_inode(kit.st, 77) == NULL);
	cr_assert(eq(int, sock_set_inode(a, 77), 0));
	cr_assert(eq(int, sock_set_inode(b, 78), 0));
	cr_assert(sock_by_inode(kit.st, 77) == a);
	cr_assert(sock_by_inode(kit.st, 78) == b);
	/* The same again, and another one. */
	cr_assert(eq(int, sock_set_inode(a, 77), 0));
	cr_assert(sock_by_inode(kit.st, 77) == a);
	cr_assert(eq(int, sock_set_inode(a, 79), 0));
	cr_assert(sock_by_inode(kit.st, 77) == NULL);
	cr_assert(sock_by_inode(kit.st, 79) == a);
}

Test(sock, an_inode_that_the_kernel_gave_out_again_changes_hands)
{
	struct sock *old = kit_socket(SOCK_DGRAM);
	struct sock *new = kit_socket(SOCK_DGRAM);

	cr_assert(eq(int, sock_set_inode(old, 77), 0));
	cr_assert(eq(int, sock_set_inode(new, 77), 0));
	cr_assert(sock_by_inode(kit.st, 77) == new);
	cr_assert(eq(u64, old->inode, 0));
	sock_close(old);
	cr_assert(sock_by_inode(kit.st, 77) == new);
	sock_close(new);
	cr_assert(sock_by_inode(kit.st, 77) == NULL);
}

Test(sock, what_arrives_becomes_readiness_at_the_end_of_the_turn)
{
	struct sock *s = kit_receiver(PORT);

	cr_assert(eq(u32, s->slot->ready, EPOLLOUT | EPOLLWRNORM));
	kit_send_to(PORT);
	cr_assert(eq(u32, s->slot->ready,
		     EPOLLOUT | EPOLLWRNORM | EPOLLIN | EPOLLRDNORM));
	kit_read_one(s);
	cr_assert(eq(u32, s->slot->ready, EPOLLOUT | EPOLLWRNORM));
}

Test(sock, a_second_datagram_is_an_event_though_the_level_stays)
{
	struct sock *s = kit_receiver(PORT);
	struct waiter *w = waiter_new(kit.arena, 1);

	kit_send_to(PORT);
	waiter_watch(w, 0, &s->readiness, EPOLLIN);
	kit_send_to(PORT);
	cr_assert(eq(u32, w->word, 1));
	waiter_free(kit.arena, w);
}

Test(sock, news_of_a_socket_that_was_closed_is_forgotten)
{
	struct sock *s = kit_receiver(PORT), *t = kit_socket(SOCK_DGRAM);
	struct endpoint to = kit_local(PORT);
	struct iovec iov;
	struct uio u;

	uio_flat(&u, &iov, "x", 1);
	cr_assert(eq(int, udp_send(t->pcb, &to, NULL, &u), 0));
	news_leave(&kit.st->eng, &s->pcb->news, NEWS_READABLE);
	sock_close(s);
	kit_settle();
	cr_assert(list_is_empty(&kit.st->eng.news));
}

Test(sock, closing_wakes_who_watches)
{
	struct sock *s = kit_socket(SOCK_DGRAM);
	struct waiter *w = waiter_new(kit.arena, 1);

	waiter_watch(w, 0, &s->readiness, EPOLLIN);
	sock_close(s);
	cr_assert(eq(u32, w->word, 1));
	waiter_free(kit.arena, w);
}

Test(sock, without_memory_there_are_no_sockets_and_no_leaks)
{
	struct kit_hoard *all = kit_take_memory();
	struct sock *s = NULL;

	cr_assert(eq(int, sock_new(kit.st, AF_INET, SOCK_STREAM, 0, &s),
		     -ENOBUFS));
	cr_assert(eq(int, sock_new(kit.st, AF_INET, SOCK_DGRAM, 0, &s),
		     -ENOBUFS));
	cr_assert(eq(u32, kit.st->nsocks, 0));
	kit_give_memory(all);
	cr_assert(eq(int, sock_new(kit.st, AF_INET, SOCK_STREAM, 0, &s), 0));
}

/* Memory for the socket, but not for its transport. */
Test(sock, a_transport_that_cannot_be_made_takes_the_socket_along)
{
	void *room = arena_alloc(kit.arena, sizeof(struct sock), ARENA_OTHER);
	struct sock *s = NULL, *first = kit_socket(SOCK_DGRAM);
	struct kit_hoard *all = kit_take_memory();
	size_t before;

	arena_free(kit.arena, room);
	before = arena_used(kit.arena);
	for (int type = SOCK_STREAM; type <= SOCK_DGRAM; type++)
		cr_expect(eq(int, sock_new(kit.st, AF_INET, type, 0, &s),
			     -ENOBUFS));
	cr_assert(eq(sz, arena_used(kit.arena), before));
	cr_assert(eq(u32, kit.st->nsocks, 1));
	kit_give_memory(all);
	sock_close(first);
}

Test(sock, an_inode_without_memory_is_refused_and_not_half_known)
{
	struct sock *s = kit_socket(SOCK_DGRAM);
	struct kit_hoard *all = kit_take_memory();

	cr_assert(eq(int, sock_set_inode(s, 77), -ENOBUFS));
	cr_assert(eq(u64, s->inode, 0));
	cr_assert(sock_by_inode(kit.st, 77) == NULL);
	kit_give_memory(all);
	cr_assert(eq(int, sock_set_inode(s, 77), 0));
}

/* Ended with everything alive: kit_close() sees whether anything stays. */
Test(sock, the_end_of_the_stack_ends_all_sockets)
{
	struct sock *a, *b;

	kit_pair(PORT, &a, &b);
	kit_listener(PORT + 1);
	kit_receiver(PORT + 2);
	kit_send_to(PORT + 2);
	cr_assert(eq(int, sock_set_inode(a, 5), 0));
}
