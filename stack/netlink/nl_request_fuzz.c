/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * nl_request_fuzz.c - any datagram at all, sent to the stack over netlink
 *
 * What this room is for
 *   Proves that no bytes of a program reach a MUST, read beyond a request or
 *   write beyond the answers, that a dump ends, and that what is written can be
 *   read by nl.c. Changes are made for real: the tables fill and empty.
 */
#include <stdlib.h>

#include "ground/must.h"
#include "nl_request.h"
#include "testkit/nettest.h"
#include "socket/sock.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROUNDS = 2000, ROOM = 4096 };

static uint8_t asked[65536] __attribute__((aligned(8)));
static uint8_t answers[ROOM + 65536] __attribute__((aligned(8)));

/* All of it must be whole messages. */
static void check_answers(const struct nl_buf *b)
{
	const uint8_t *at = b->data;
	size_t left = b->len;

	while (nl_next(&at, &left))
		continue;
	MUST(left == 0);
}

static void open_stack(struct arena **arena, struct stack **st)
{
	static const struct rand_key seed = {1, 2};
	struct inet_prefix p = {inet_from4(ip4_make(10, 0, 0, 2)), 120};
	struct iface *ifp;

	MUST(arena_create_private(64 << 20, arena) == 0);
	*st = arena_alloc(*arena, sizeof(**st), ARENA_ROOT);
	MUST(*st && sock_stack_init(*st, *arena, &seed) == 0);
	(*st)->eng.now = SEC(1000);
	MUST(lock_take(&(*st)->eng.lock) == LOCK_CLEAN);
	ifp = net_add_iface(&(*st)->net, "lo", -1);
	ifp->is_loopback = true;
	ifp = net_add_iface(&(*st)->net, "tap0", -1);
	MUST(iface_add_addr(ifp, &p) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct nl_dump dump;
	struct nl_manner m = {.protocol = NETLINK_ROUTE, .pid = 1};
	struct arena *arena;
	struct stack *st;
	struct nl_buf out;

	if (size < 1 || size > sizeof(asked))
		return 0;
	m.strict = data[0] & 1;
	m.ext_ack = data[0] & 2;
	m.cap_ack = data[0] & 4;
	m.protocol = data[0] & 8 ? NETLINK_SOCK_DIAG : NETLINK_ROUTE;
	size--;
	memcpy(asked, data + 1, size);
	memset(&dump, 0, sizeof(dump));
	open_stack(&arena, &st);

	nl_buf_init(&out, answers, ROOM + size);
	(void)!nl_request(st, &m, asked, size, &dump, &out);
	check_answers(&out);
	for (int n = 0; dump.is_active; n++) {
		MUST(n < ROUNDS);
		nl_buf_init(&out, answers, ROOM);
		nl_request_go_on(st, &m, &dump, &out);
		check_answers(&out);
	}
	sock_stack_fini(st);
	lock_release(&st->eng.lock);
	arena_free(arena, st);
	arena_unmap(arena);
	return 0;
}
