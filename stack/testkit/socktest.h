/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * socktest.h - for tests: a stack with a loopback, and sockets on it
 *
 * What this room is for
 *   A private arena, the whole stack, only the loopback interface, and an
 *   invented clock. Closing it fails the test if a block is still in use.
 *
 * Never      is included outside *_test.c.
 */
#ifndef STACK_SOCKTEST_H
#define STACK_SOCKTEST_H

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "socket/bell.h"
#include "process/driver.h"
#include "process/family.h"
#include "link/link.h"
#include "socket/sock.h"
#include "socket/turn.h"

struct socktest {
	struct arena *arena;
	struct stack *st;
	struct link *loop;
	size_t used_before;
};

static struct socktest kit;

/* In an arena that was just made. */
static void kit_open_in(struct arena *arena)
{
	static const struct rand_key seed = {1, 2};
	struct inet_prefix p = {inet_from4(ip4_make(127, 0, 0, 1)), 104};
	struct iface *lo;
	int handle;

	kit.arena = arena;
	kit.used_before = arena_used(kit.arena);
	kit.st = arena_alloc(kit.arena, sizeof(*kit.st), ARENA_ROOT);
	cr_assert(eq(int, sock_stack_init(kit.st, kit.arena, &seed), 0));
	kit.st->eng.now = SEC(1);
	cr_assert(eq(int, link_loop_open(kit.arena, &kit.st->loop, &kit.loop),
		     0));
	handle = link_attach(kit.loop);
	cr_assert(ge(int, handle, 0));
	lo = net_add_iface(&kit.st->net, "lo", handle);
	lo->is_loopback = true;
	lo->mtu = LIMIT_LOOP_MTU;
	lo->caps = kit.loop->caps;
	cr_assert(eq(int, iface_add_addr(lo, &p), 0));
	turn_stack = kit.st;
	/* Tests drive it from one thread, as a turn would. */
	cr_assert(lock_take(&kit.st->eng.lock) == LOCK_CLEAN);
}

__attribute__((unused)) static void kit_open(void)
{
	struct arena *arena = NULL;

	cr_assert(eq(int, arena_create_private(256 << 20, &arena), 0));
	kit_open_in(arena);
}

__attribute__((unused)) static void kit_close(void)
{
	sock_stack_fini(kit.st);
	link_close(kit.loop);
	link_loop_free_queue(kit.arena, kit.st->loop);
	lock_release(&kit.st->eng.lock);
	arena_free(kit.arena, kit.st);
	cr_assert(eq(sz, arena_used(kit.arena), kit.used_before),
		  "the arena still holds something");
	turn_stack = NULL;
	arena_unmap(kit.arena);
}

/*
 * The same stack with the real clock, its thread and its bells, for tests that
 * go through stack.h. The thread does not end, so nothing is taken down: the
 * process of the test goes.
 */
__attribute__((unused)) static void kit_open_live(void)
{
	kit_open();
	bell_setup(arena_id(kit.arena));
	cr_assert(eq(int, family_join(kit.st), 0));
	lock_release(&kit.st->eng.lock);
	cr_assert(eq(int, driver_start(), 0));
}

__attribute__((unused)) static size_t kit_count(enum arena_kind kind)
{
	size_t n;

	cr_assert(lock_take(&kit.st->eng.lock) == LOCK_CLEAN);
	n = arena_count(kit.arena, kind);
	lock_release(&kit.st->eng.lock);
	return n;
}

__attribute__((unused)) static void kit_close_live(void)
{
	cr_assert(eq(sz, kit_count(ARENA_WAIT), 0), "a waiter is left");
	cr_assert(not(stack_is_inside()));
}

__attribute__((unused)) static struct sock *kit_socket(int type)
{
	struct sock *s = NULL;

	cr_assert(eq(int, sock_new(kit.st, AF_INET, type, 0, &s), 0));
	return s;
}

__attribute__((unused)) static struct endpoint kit_local(uint16_t port)
{
	return (struct endpoint){inet_from4(ip4_make(127, 0, 0, 1)), port, 0};
}

__attribute__((unused)) static struct sock *kit_socket6(int type)
{
	struct sock *s = NULL;

	cr_assert(eq(int, sock_new(kit.st, AF_INET6, type, 0, &s), 0));
	return s;
}

/* What a turn does at its end: frames, timers, news. */
__attribute__((unused)) static void kit_settle(void)
{
	turn_settle(kit.st);
}

__attribute__((unused)) static struct sock *kit_listener(uint16_t port)
{
	struct sock *s = kit_socket(SOCK_STREAM);
	struct endpoint at = kit_local(port);

	cr_assert(eq(int, tcp_bind(s->conn, &at), 0));
	cr_assert(eq(int, sock_stream_listen(s, 8), 0));
	return s;
}

/* A connection, both ends of it; the listener is closed again. */
__attribute__((unused)) static void
kit_pair(uint16_t port, struct sock **client, struct sock **server)
{
	struct sock *l = kit_listener(port);
	struct endpoint to = kit_local(port);

	*client = kit_socket(SOCK_STREAM);
	cr_assert(eq(int, sock_stream_connect(*client, &to), -EINPROGRESS));
	kit_settle();
	cr_assert(eq(int, sock_stream_connect(*client, &to), 0));
	cr_assert(eq(int, sock_stream_accept(l, server), 0));
	sock_close(l);
	kit_settle();
}

/* A bound datagram socket, and one byte sent to it by another. */
__attribute__((unused)) static struct sock *kit_receiver(uint16_t port)
{
	struct sock *s = kit_socket(SOCK_DGRAM);
	struct endpoint at = kit_local(port);

	cr_assert(eq(int, udp_bind(s->pcb, &at), 0));
	return s;
}

__attribute__((unused)) static void kit_send_to(uint16_t port)
{
	struct sock *s = kit_socket(SOCK_DGRAM);
	struct endpoint to = kit_local(port);
	char byte = 'x';
	struct iovec iov;
	struct uio u;

	uio_flat(&u, &iov, &byte, 1);
	cr_assert(eq(int, udp_send(s->pcb, &to, NULL, &u), 0));
	turn_settle(kit.st);
	sock_close(s);
}

__attribute__((unused)) static void kit_read_one(struct sock *s)
{
	char byte;
	struct iovec iov;
	struct uio u;

	uio_flat(&u, &iov, &byte, 1);
	cr_assert(eq(int, (int)sock_dgram_recv(s, &u, NULL, 0), 1));
}

/* All memory that is left, the reserve for frames included, in a list. */
struct kit_hoard {
	struct kit_hoard *next;
};

__attribute__((unused)) static struct kit_hoard *kit_take_memory(void)
{
	struct kit_hoard *all = NULL, *h;

	/* There are four classes of blocks per doubling. */
	for (size_t size = 1 << 20; size >= 64; size /= 2) {
		for (size_t part = 8; part > 4; part--) {
			while ((h = arena_alloc(kit.arena, size / 8 * part,
						ARENA_PKT))) {
				h->next = all;
				all = h;
			}
		}
	}
	return all;
}

__attribute__((unused)) static void kit_give_memory(struct kit_hoard *h)
{
	while (h) {
		struct kit_hoard *next = h->next;

		arena_free(kit.arena, h);
		h = next;
	}
}

#endif
