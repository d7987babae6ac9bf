/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * family.c - the processes that share the stack, and what each one holds
 *
 * What this room is for
 *   See family.h. Whether anybody still has a descriptor of a socket that was
 *   ever shared is the kernel's knowledge; the shim asks it (shim/fd/holder.c),
 *   through a hook, and never with the stack lock held.
 *
 * Bounded    A burial looks at every slot once, a few under one lock.
 * Lock       as each function says.
 * Proved by  integration/family.sh, test-apps/passed_socket.c
 */

#include "family.h"

#include <errno.h>

#include "driver.h"
#include "socket/epset.h"
#include "socket/ownfd.h"
#include "ground/log.h"
#include "ground/pkt.h"
#include "ground/sys.h"
#include "socket/turn.h"
#include "undertaker.h"

enum { SLOTS_A_TURN = 64 };

/* A message that nobody will receive is found after at most this. */
#define ASK_MIN_US MSEC(20)
#define ASK_MAX_US SEC(60)

static uint32_t self; /* [S] of this process */
static bool (*is_held)(sock_id);

void stack_set_held_hook(bool (*ask)(sock_id))
{
	is_held = ask;
}

uint32_t family_self(void)
{
	return self;
}

void family_init(struct family *f)
{
	lock_init(&f->burying);
}

void family_hold(struct family_set *set)
{
	set->bits[self / 64] |= 1ull << self % 64;
}

static bool drop(struct family_set *set, uint32_t index)
{
	uint64_t left = 0;

	set->bits[index / 64] &= ~(1ull << index % 64);
	for (size_t i = 0; i < ARRAY_LEN(set->bits); i++)
		left |= set->bits[i];
	return left == 0;
}

bool family_drop(struct family_set *set)
{
	return drop(set, self);
}

static bool holds(const struct family_set *set, uint32_t index)
{
	return set->bits[index / 64] >> index % 64 & 1;
}

/* --- entries ------------------------------------------------------------- */

static uint32_t find_entry(const struct family *f, int pid)
{
	for (uint32_t i = 1; i < LIMIT_FAMILY; i++)
		if (f->pids[i] == pid)
			return i;
	return 0;
}

/* Sleeping threads of a process that is gone, or became another program; those
 * of others may still wait for the wake-up that it noted. */
static void free_waiters(struct stack *st, uint32_t index)
{
	struct waiter *w = arena_next(st->eng.arena, ARENA_WAIT, NULL);

	while (w) {
		struct waiter *next = arena_next(st->eng.arena, ARENA_WAIT, w);

		if (w->owner == index)
			waiter_free(st->eng.arena, w);
		else
			waiter_wake_again(w);
		w = next;
	}
}

void family_lend(struct stack *st, struct pkt *p)
{
	p->seq = self;
	arena_turn(st->eng.arena, p, ARENA_PKT, ARENA_LENT);
}

void family_take_back(struct stack *st, struct pkt *p)
{
	arena_turn(st->eng.arena, p, ARENA_LENT, ARENA_PKT);
}

void family_claim(struct stack *st)
{
	struct arena *a = st->eng.arena;
	struct pkt *p = NULL;

	while ((p = arena_next(a, ARENA_LENT, p)))
		(void)!arena_claim(a, p, ARENA_LENT);
}

/* What a process was filling when it died. */
static void free_lent(struct stack *st, uint32_t index)
{
	struct pkt *p = arena_next(st->eng.arena, ARENA_LENT, NULL);

	while (p) {
		struct pkt *next = arena_next(st->eng.arena, ARENA_LENT, p);

		if (p->seq == index)
			pkt_free(st->eng.arena, p);
		p = next;
	}
}

int family_join(struct stack *st)
{
	struct family *f = &st->family;
	int pid = sys_getpid();

	if (self)
		return 0;
	/* Whatever a keeper thought that was killed meanwhile. */
	st->net.is_leaving = false;
	self = find_entry(f, pid);
	if (self) {
		f->leaving[self] = false;
		free_waiters(st, self);
		free_lent(st, self);
		return 0;
	}
	self = find_entry(f, 0);
	if (!self) {
		log_warn("more than %d processes share the stack",
			 LIMIT_FAMILY);
		return -EUSERS;
	}
	f->pids[self] = pid;
	f->leaving[self] = false;
	f->highest = MAX(f->highest, (int)self);
	return 0;
}

bool family_is_large(const struct stack *st)
{
	int n = 0;

	for (int i = 1; i <= st->family.highest && n < 2; i++)
		n += st->family.pids[i] != 0;
	return n > 1;
}

bool family_is_alive(int pid)
{
	struct timespec zero = {0, 0};
	struct pollfd fd = {-1, POLLIN, 0};
	struct ownfd_opening o;
	int ended = 0;

	ownfd_open_begin(&o);
	fd.fd = (int)sys_call3(SYS_pidfd_open, pid, 0, 0);
	if (fd.fd >= 0) {
		ended = sys_ppoll(&fd, 1, &zero, NULL);
		sys_close(fd.fd);
	}
	ownfd_open_end(&o);
	return fd.fd != -ESRCH && ended <= 0;
}

bool family_leave(struct stack *st)
{
	struct family *f = &st->family;
	int others[LIMIT_FAMILY];
	int n = 0;

	turn_enter();
	f->leaving[self] = true;
	for (int i = 1; i <= f->highest; i++)
		if (f->pids[i] && !f->leaving[i])
			others[n++] = f->pids[i];
	turn_leave(st);
	while (n > 0)
		if (family_is_alive(others[--n]))
			return true;
	return false;
}

static struct sock_slot *slot_at(struct stack *st, uint32_t index)
{
	return &st->pages[index / SOCK_PAGE_SLOTS][index % SOCK_PAGE_SLOTS];
}

static uint32_t count_slots(const struct stack *st)
{
	return st->npages * SOCK_PAGE_SLOTS;
}

void family_after_fork_in_child(struct stack *st)
{
	uint32_t parent = self;

	self = 0;
	if (!parent || family_join(st) < 0)
		return;
	for (uint32_t i = 0; i < count_slots(st); i++) {
		struct sock_slot *slot = slot_at(st, i);
		struct epset *set = slot->object;

		if (slot->kind == SOCK_KIND_EPSET &&
		    holds(&set->holders, parent))
			family_hold(&set->holders);
	}
}

/* --- burials ------------------------------------------------------------- */

/* What to ask the kernel about, after the lock is released. */
struct doubts {
	sock_id ids[SLOTS_A_TURN];
	size_t n;
};

/* A wake-up may have gone to the dead one alone: tell the others. */
static void tell_again(struct sock *s)
{
	if (s->conn && tcp_get_state(s->conn) == TCPS_LISTEN &&
	    (s->slot->ready & EPOLLIN))
		sock_update(s, EPOLLIN | EPOLLRDNORM);
}

static void bury_slot(struct sock_slot *slot, uint32_t index, struct doubts *d)
{
	struct epset *set;
	struct sock *s;

	switch ((enum sock_kind)slot->kind) {
	case SOCK_KIND_FREE:
		break;
	case SOCK_KIND_EPSET:
		set = slot->object;
		if (holds(&set->holders, index) && drop(&set->holders, index))
			epset_free(set);
		break;
	case SOCK_KIND_SOCKET:
		s = slot->object;
		if (slot->shared)
			d->ids[d->n++] = s->id;
		else if (s->owner == index)
			sock_close(s);
		break;
	}
}

/* Asking takes a descriptor for a moment. */
static bool ask_kernel(sock_id id)
{
	struct ownfd_opening o;
	bool held;

	if (!is_held)
		return true;
	ownfd_open_begin(&o);
	held = is_held(id);
	ownfd_open_end(&o);
	return held;
}

static void close_unheld(struct stack *st, const struct doubts *d)
{
	for (size_t i = 0; i < d->n; i++) {
		bool held = ask_kernel(d->ids[i]);
		struct sock *s;

		turn_enter();
		s = sock_find(st, d->ids[i]);
		if (s && !held)
			sock_close(s);
		else if (s)
			tell_again(s);
		turn_leave(st);
	}
}

/* Calls `look` for every slot, a few under one lock; the sockets that it is in
 * doubt about and that nobody holds are closed. */
static void look_at_slots(struct stack *st, uint32_t index,
			  void (*look)(struct sock_slot *slot, uint32_t index,
				       struct doubts *d))
{
	uint32_t n, at = 0;

	turn_enter();
	n = count_slots(st);
	turn_leave(st);

	while (at < n) {
		struct doubts d = {.n = 0};

		turn_enter();
		for (size_t i = 0; i < SLOTS_A_TURN && at < n; i++)
			look(slot_at(st, at++), index, &d);
		turn_leave(st);
		close_unheld(st, &d);
	}
}

void family_bury(struct stack *st, uint32_t index)
{
	turn_enter();
	free_waiters(st, index);
	free_lent(st, index);
	turn_leave(st);

	look_at_slots(st, index, bury_slot);
	turn_enter();
	st->family.pids[index] = 0;
	turn_leave(st);
}

/* --- in flight ----------------------------------------------------------- */

static bool is_in_doubt(const struct sock_slot *slot)
{
	return slot->kind == SOCK_KIND_SOCKET && slot->left && slot->in_flight;
}

static void ask_slot(struct sock_slot *slot, uint32_t index, struct doubts *d)
{
	(void)index;
	if (!is_in_doubt(slot))
		return;
	d->ids[d->n++] = sock_slot_id(slot);
}

void family_ask(struct stack *st)
{
	usecs wait;
	bool any = false;

	turn_enter();
	wait = st->family.ask_again;
	turn_leave(st);
	if (!wait)
		return;

	look_at_slots(st, 0, ask_slot);
	turn_enter();
	for (uint32_t i = 0; i < count_slots(st) && !any; i++)
		any = is_in_doubt(slot_at(st, i));
	st->family.ask_again = any ? MIN(wait * 2, ASK_MAX_US) : 0;
	turn_leave(st);
}

void stack_note_in_flight(sock_id id, int count)
{
	struct stack *st = turn_enter();
	struct sock *s = sock_find(st, id);

	if (s && (count > 0 || s->slot->in_flight >= (uint32_t)-count))
		s->slot->in_flight += (uint32_t)count;
	/* Whoever has it now will say when it leaves. */
	if (s && count < 0)
		s->slot->left = false;
	turn_leave(st);
	if (s)
		undertaker_start();
}

void stack_note_left(sock_id id)
{
	struct stack *st = turn_enter();
	struct sock *s = sock_find(st, id);
	bool in_doubt = false;

	if (s) {
		s->slot->left = true;
		in_doubt = is_in_doubt(s->slot);
	}
	if (in_doubt)
		st->family.ask_again = ASK_MIN_US;
	turn_leave(st);
	if (in_doubt)
		undertaker_tell();
}
