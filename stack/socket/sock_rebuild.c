/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sock_rebuild.c - sockets, epoll sets and sleepers after a death inside
 *
 * What this room is for
 *   See sock_rebuild.h. A socket is whole when it and its slot point to each
 *   other under the same number and it has a transport. One that is not was
 *   being made, and nobody knows its number, or was being closed, and nobody
 *   has a descriptor: either way it is gone.
 *
 *   Whoever watches may hear of an event twice, and never of none: as with
 *   epoll, a wake-up is a reason to look.
 *
 * Goes out   udp.c claims pcbs; tcp_rebuild.c has claimed the connections.
 * Lock       the stack lock is held, inherited.
 * Proved by  recover_test.c recover_steps_test.c
 */
#include "sock_rebuild.h"

#include "epset.h"
#include "netlink/sock_netlink.h"
#include "sock_packet.h"
#include "tcp/tcp_rebuild.h"

/* Every bit that can be ready; what is not ready is no edge. */
#define ALL_EDGES 0xffffu

/* --- before the sweep ---------------------------------------------------- */

static void claim_slots(struct stack *st)
{
	uint32_t n = 0;

	while (n < SOCK_PAGES &&
	       arena_claim(st->eng.arena, st->pages[n], ARENA_SLOTS))
		n++;
	st->npages = n;
}

/* The slot is that object's, and the number is still good. */
static bool has_slot(struct stack *st, enum sock_kind kind, const void *object,
		     const struct sock_slot *slot, sock_id id)
{
	return slot && slot == sock_slot_of(st, id) && slot->kind == kind &&
	       slot->object == object && sock_slot_id(slot) == id;
}

static void claim_sock(struct stack *st, struct sock *s)
{
	struct arena *a = st->eng.arena;
	bool whole = has_slot(st, SOCK_KIND_SOCKET, s, s->slot, s->id);

	if (whole && s->conn)
		whole = tcp_is_kept(&st->tcp, s->conn);
	else if (whole && s->nl)
		whole = sock_netlink_claim(s);
	else if (whole && s->packet)
		whole = packet_claim(a, s->packet);
	else if (whole)
		whole = s->pcb && udp_claim(&st->udp, s->pcb);
	if (whole)
		(void)!arena_claim(a, s, ARENA_SOCK);
}

static bool is_target(struct stack *st, const struct epset_member *m)
{
	const struct sock_slot *slot = m->target;
	struct arena *a = st->eng.arena;

	if (slot != sock_slot_of(st, m->key.sock) ||
	    sock_slot_id(slot) != m->key.sock)
		return false;
	return arena_is_claimed(a, slot->object, ARENA_SOCK) ||
	       arena_is_claimed(a, slot->object, ARENA_EPSET);
}

static void claim_sets(struct stack *st)
{
	struct arena *a = st->eng.arena;
	struct epset_member *m = NULL;
	struct epset *set = NULL;

	while ((set = arena_next(a, ARENA_EPSET, set))) {
		if (has_slot(st, SOCK_KIND_EPSET, set, set->slot, set->id))
			(void)!arena_claim(a, set, ARENA_EPSET);
	}
	while ((m = arena_next(a, ARENA_MEMBER, m))) {
		if (arena_is_claimed(a, m->set, ARENA_EPSET) &&
		    is_target(st, m))
			(void)!arena_claim(a, m, ARENA_MEMBER);
	}
}

void sock_claim(struct stack *st)
{
	struct arena *a = st->eng.arena;
	struct waiter *w = NULL;
	struct sock *s = NULL;

	claim_slots(st);
	while ((s = arena_next(a, ARENA_SOCK, s)))
		claim_sock(st, s);
	claim_sets(st);
	/* Their threads sleep in it, in whatever process. */
	while ((w = arena_next(a, ARENA_WAIT, w)))
		(void)!arena_claim(a, w, ARENA_WAIT);
	family_claim(st);
}

/* --- after the sweep ----------------------------------------------------- */

static bool is_in_use(struct stack *st, const struct sock_slot *slot)
{
	struct arena *a = st->eng.arena;
	const struct epset *set = slot->object;
	const struct sock *s = slot->object;

	switch ((enum sock_kind)slot->kind) {
	case SOCK_KIND_FREE:
		break;
	case SOCK_KIND_SOCKET:
		return arena_is(a, s, ARENA_SOCK) && s->slot == slot;
	case SOCK_KIND_EPSET:
		return arena_is(a, set, ARENA_EPSET) && set->slot == slot;
	}
	return false;
}

static void rebuild_slots(struct stack *st)
{
	uint32_t n = st->npages * SOCK_PAGE_SLOTS;

	st->nsocks = n;
	st->free_slots = NULL;
	while (n-- > 0) {
		struct sock_slot *page = st->pages[n / SOCK_PAGE_SLOTS];
		struct sock_slot *slot = &page[n % SOCK_PAGE_SLOTS];

		if (!is_in_use(st, slot))
			sock_slot_free(st, slot);
	}
}

static void rebuild_sock(struct stack *st, struct sock *s)
{
	struct engine *eng = &st->eng;

	readiness_init(&s->readiness, s->slot);
	if (s->inode)
		HASH_ADD(by_inode, st->inodes, inode, sizeof(s->inode), s);
	if (s->conn)
		tcp_set_owner(s->conn, s);
	else if (s->nl)
		sock_netlink_rebuild(s);
	else if (s->packet)
		sock_packet_rebuild(s);
	else
		s->pcb->news.owner = s;
}

static void rebuild_set(struct epset *set)
{
	readiness_init(&set->readiness, set->slot);
	set->members = NULL;
	list_init(&set->ready);
}

static void rebuild_waiter(struct stack *st, struct waiter *w)
{
	for (uint32_t i = 0; i < w->nwatches; i++) {
		struct watch *watch = &w->watches[i];
		struct readiness *r = epset_readiness(st, watch->on);

		list_init(&watch->link);
		if (r)
			list_push(&r->watches, &watch->link);
	}
}

void sock_rebuild(struct stack *st)
{
	struct arena *a = st->eng.arena;
	struct epset_member *m = NULL;
	struct epset *set = NULL;
	struct waiter *w = NULL;
	struct sock *s = NULL;

	st->inodes = NULL;
	list_init(&st->netlinks);
	st->watch = NULL;
	list_init(&st->packets.pcbs);
	rebuild_slots(st);
	while ((s = arena_next(a, ARENA_SOCK, s)))
		rebuild_sock(st, s);
	while ((set = arena_next(a, ARENA_EPSET, set)))
		rebuild_set(set);
	while ((m = arena_next(a, ARENA_MEMBER, m)))
		epset_rebuild_member(m);
	while ((w = arena_next(a, ARENA_WAIT, w)))
		rebuild_waiter(st, w);
}

/* --- the end ------------------------------------------------------------- */

/* The name that bind() gave, which connect() or listen() was changing. */
static void bind_again(struct sock *s)
{
	int ret = 0;

	if (s->conn && s->phase == SOCK_UNCONNECTED && s->asked.port)
		ret = tcp_bind(s->conn, &s->asked);
	(void)ret; /* mostly it is bound already */
}

void sock_rebuild_end(struct stack *st)
{
	struct arena *a = st->eng.arena;
	struct epset *set = NULL;
	struct waiter *w = NULL;
	struct sock *s = NULL;

	while ((s = arena_next(a, ARENA_SOCK, s))) {
		bind_again(s);
		sock_update(s, ALL_EDGES);
	}
	/* Those that a level still speaks for are ready by now. */
	while ((set = arena_next(a, ARENA_EPSET, set)))
		epset_settle(set);
	while ((w = arena_next(a, ARENA_WAIT, w))) {
		waiter_wake(w);
		waiter_wake_again(w);
	}
}
