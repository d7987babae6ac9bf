/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * epset.c - the stack members of an epoll descriptor
 *
 * What this room is for
 *   The bookkeeping of epoll over our own sockets. An edge-triggered member
 *   leaves the ready list when it is reported and comes back with the next
 *   event; a level-triggered one goes to the end of the list and leaves it when
 *   its readiness is found gone; a one-shot one is disarmed.
 *
 * Comes in   stack.c for epoll_ctl and epoll_wait; sock_wait.c for events.
 * Goes out   the set's own readiness, on which threads sleep.
 * Never      sleeps or looks at kernel descriptors.
 * Lock       the stack lock is held.
 * Follows    epoll(7).
 */

#include "epset.h"

#include <errno.h>
#include <string.h>

enum {
	ALWAYS = EPOLLERR | EPOLLHUP,
	/* What epoll_ctl(2) allows beside EPOLLEXCLUSIVE. */
	EXCLUSIVE_OK = EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLET |
		       EPOLLWAKEUP | (int)EPOLLEXCLUSIVE,
	NEST_MAX = 5,
	/* Sets looked at on the way up from one. */
	WALK_MAX = 32,
};

int epset_new(struct stack *st, struct epset **out)
{
	struct epset *set =
		arena_zalloc(st->eng.arena, sizeof(*set), ARENA_MAKING);

	if (!set)
		return -ENOMEM;
	set->slot = sock_slot_new(st, SOCK_KIND_EPSET, set);
	if (!set->slot) {
		arena_free(st->eng.arena, set);
		return -ENOMEM;
	}
	set->stack = st;
	set->levels = 1;
	family_hold(&set->holders);
	set->id = sock_slot_id(set->slot);
	readiness_init(&set->readiness, set->slot);
	list_init(&set->ready);
	arena_made(st->eng.arena, set, ARENA_EPSET);
	*out = set;
	return 0;
}

static void free_member(struct epset_member *m)
{
	struct engine *eng = &m->set->stack->eng;

	list_remove(&m->watch.link);
	list_remove(&m->ready);
	HASH_DEL(m->set->members, m);
	arena_free(eng->arena, m);
}

void epset_free(struct epset *set)
{
	struct epset_member *m, *next;

	HASH_ITER (hh, set->members, m, next)
		free_member(m);
	readiness_fini(&set->readiness);
	sock_slot_free(set->stack, set->slot);
	arena_free(set->stack->eng.arena, set);
}

struct epset *epset_find(struct stack *st, sock_id id)
{
	struct sock_slot *slot = sock_slot_of(st, id);

	if (!slot || slot->kind != SOCK_KIND_EPSET || sock_slot_id(slot) != id)
		return NULL;
	return slot->object;
}

struct readiness *epset_readiness(struct stack *st, sock_id id)
{
	struct sock *s = sock_find(st, id);
	struct epset *set = s ? NULL : epset_find(st, id);

	if (s)
		return &s->readiness;
	return set ? &set->readiness : NULL;
}

static struct readiness *readiness_of(const struct sock_slot *slot)
{
	if (slot->kind == SOCK_KIND_EPSET)
		return &((struct epset *)slot->object)->readiness;
	return &((struct sock *)slot->object)->readiness;
}

static uint32_t asked(const struct epset_member *m)
{
	return (m->events | ALWAYS) & ~(uint32_t)(EPOLLET | EPOLLONESHOT |
						  EPOLLWAKEUP | EPOLLEXCLUSIVE);
}

static uint32_t reported_now(const struct epset_member *m)
{
	return m->disarmed ? 0 : sock_slot_ready(m->target) & asked(m);
}

static void make_ready(struct epset_member *m)
{
	if (!list_is_linked(&m->ready))
		list_push(&m->set->ready, &m->ready);
	readiness_set(&m->set->readiness, EPOLLIN, EPOLLIN);
}

void epset_member_fired(struct epset_member *m, uint32_t events)
{
	if (!m->disarmed && (events & asked(m)))
		make_ready(m);
}

void epset_member_gone(struct epset_member *m)
{
	free_member(m);
}

static struct epset_member *find(struct epset *set, int fd, sock_id target)
{
	struct engine *eng = &set->stack->eng;
	struct epset_key key = {target, (uint64_t)fd};
	struct epset_member *m;

	HASH_FIND(hh, set->members, &key, sizeof(key), m);
	return m;
}

/* `set` is at least so high; so are then the sets it is in. The way up has at
 * most NEST_MAX steps, and each is taken once a level. */
static void raise_levels(struct epset *set, int levels)
{
	struct epset *work[WALK_MAX] = {set};
	size_t n = 1;

	set->levels = MAX(set->levels, levels);
	for (size_t i = 0; i < n; i++) {
		list_for_each (it, &work[i]->readiness.watches) {
			struct watch *w = list_entry(it, struct watch, link);
			struct epset *above;

			if (w->kind != WATCH_MEMBER || n == WALK_MAX)
				continue;
			above = w->member->set;
			above->levels = MAX(above->levels, work[i]->levels + 1);
			work[n++] = above;
		}
	}
}

/*
 * Walks up from `outer`, breadth first, through the sets it is a member of.
 * -ELOOP: `inner` is among them, or `levels` more are too many. A set that is
 * in very many others counts as too deep.
 */
static int check_above(struct epset *outer, const struct epset *inner,
		       int levels)
{
	struct {
		struct epset *set;
		int levels;
	} work[WALK_MAX] = {{outer, levels + 1}};
	size_t n = 1;

	for (size_t i = 0; i < n; i++) {
		struct epset *set = work[i].set;

		if (set == inner || work[i].levels > NEST_MAX)
			return -ELOOP;
		list_for_each (it, &set->readiness.watches) {
			struct watch *w = list_entry(it, struct watch, link);

			if (w->kind != WATCH_MEMBER)
				continue;
			if (n == WALK_MAX)
				return -ELOOP;
			work[n].set = w->member->set;
			work[n++].levels = work[i].levels + 1;
		}
	}
	return 0;
}

static int check_nesting(struct epset *outer, const struct sock_slot *target)
{
	struct epset *inner = target->object;
	int ret;

	if (target->kind != SOCK_KIND_EPSET)
		return 0;
	if (inner == outer)
		return -EINVAL;
	ret = check_above(outer, inner, inner->levels);
	if (ret == 0)
		raise_levels(outer, inner->levels + 1);
	return ret;
}

static int add(struct epset *set, int fd, struct sock_slot *target,
	       const struct epoll_event *event)
{
	struct engine *eng = &set->stack->eng;
	struct epset_member *m;
	int ret = check_nesting(set, target);

	if (ret < 0)
		return ret;
	if ((event->events & EPOLLEXCLUSIVE) &&
	    ((event->events & ~(uint32_t)EXCLUSIVE_OK) ||
	     target->kind == SOCK_KIND_EPSET))
		return -EINVAL;

	m = arena_alloc_vital(eng->arena, sizeof(*m), ARENA_MAKING);
	if (!m)
		return -ENOMEM;
	memset(m, 0, sizeof(*m));
	m->key = (struct epset_key){sock_slot_id(target), (uint64_t)fd};
	m->set = set;
	m->target = target;
	m->events = event->events;
	m->data = event->data;
	list_init(&m->ready);
	list_init(&m->watch.link);
	HASH_ADD(hh, set->members, key, sizeof(m->key), m);
	if (!find(set, fd, m->key.sock)) {
		arena_free(eng->arena, m);
		return -ENOMEM;
	}

	m->watch.kind = WATCH_MEMBER;
	m->watch.member = m;
	m->watch.events = asked(m);
	m->watch.exclusive = (event->events & EPOLLEXCLUSIVE) != 0;
	list_push(&readiness_of(target)->watches, &m->watch.link);
	arena_made(eng->arena, m, ARENA_MEMBER);
	if (reported_now(m))
		make_ready(m);
	return 0;
}

void epset_rebuild_member(struct epset_member *m)
{
	struct engine *eng = &m->set->stack->eng;

	list_init(&m->ready);
	HASH_ADD(hh, m->set->members, key, sizeof(m->key), m);
	m->watch.kind = WATCH_MEMBER;
	m->watch.member = m;
	list_push(&readiness_of(m->target)->watches, &m->watch.link);
}

/* epoll_ctl(2): re-arms a one-shot, and reports again what still holds. */
static int modify(struct epset_member *m, const struct epoll_event *event)
{
	if ((m->events | event->events) & EPOLLEXCLUSIVE)
		return -EINVAL;
	m->events = event->events;
	m->data = event->data;
	m->disarmed = false;
	m->watch.events = asked(m);
	list_remove(&m->ready);
	if (reported_now(m))
		make_ready(m);
	return 0;
}

int epset_ctl(struct epset *set, int op, int fd, sock_id target,
	      const struct epoll_event *event)
{
	struct sock_slot *slot = sock_slot_of(set->stack, target);
	struct epset_member *m = find(set, fd, target);

	if (!slot || sock_slot_id(slot) != target)
		return -EBADF;
	switch (op) {
	case EPOLL_CTL_ADD:
		return m ? -EEXIST : add(set, fd, slot, event);
	case EPOLL_CTL_MOD:
		return m ? modify(m, event) : -ENOENT;
	case EPOLL_CTL_DEL:
		if (!m)
			return -ENOENT;
		free_member(m);
		return 0;
	default:
		return -EINVAL;
	}
}

static bool is_in_set(const struct epset_member *m)
{
	return m->target->kind == SOCK_KIND_EPSET;
}

/*
 * Down to the first set whose first ready member is a socket that holds or an
 * inner set known to hold, then up again; members that do not hold fall out on
 * the way. Each step removes a member, or goes down, or goes up for good.
 */
bool epset_settle(struct epset *set)
{
	struct epset *chain[NEST_MAX] = {set};
	const struct epset *sure = NULL;
	int depth = 1;

	while (depth > 0) {
		struct epset *at = chain[depth - 1];
		struct list *first = list_first(&at->ready);
		struct epset_member *m;

		if (!first) {
			readiness_set(&at->readiness, 0, 0);
			depth--;
			continue;
		}
		m = list_entry(first, struct epset_member, ready);
		if (!reported_now(m)) {
			list_remove(&m->ready);
		} else if (is_in_set(m) && m->target->object != sure &&
			   depth < NEST_MAX) {
			chain[depth++] = m->target->object;
		} else {
			sure = at;
			depth--;
		}
	}
	return set->slot->ready & EPOLLIN;
}

int epset_harvest(struct epset *set, struct epoll_event *events, int max)
{
	struct list again;
	struct list *link;
	int n = 0;

	list_init(&again);
	while (n < max && (link = list_pop(&set->ready))) {
		struct epset_member *m =
			list_entry(link, struct epset_member, ready);
		uint32_t now = reported_now(m);

		if (now && is_in_set(m) && !epset_settle(m->target->object))
			now = 0;
		if (!now)
			continue;
		events[n].events = now;
		events[n].data = m->data;
		n++;
		if (m->events & EPOLLONESHOT)
			m->disarmed = true;
		else if (!(m->events & EPOLLET))
			list_push(&again, &m->ready);
	}
	list_splice(&set->ready, &again);
	if (list_is_empty(&set->ready))
		readiness_set(&set->readiness, 0, 0);
	return n;
}

size_t epset_memberships(struct sock *s, struct stack_membership *out,
			 size_t max)
{
	size_t n = 0;

	list_for_each (it, &s->readiness.watches) {
		struct watch *w = list_entry(it, struct watch, link);
		struct epset_member *m = w->member;

		if (w->kind != WATCH_MEMBER)
			continue;
		if (n < max) {
			out[n].ep = m->set->id;
			out[n].fd = (int)m->key.fd;
			out[n].event.events = m->events;
			out[n].event.data = m->data;
		}
		n++;
	}
	return n;
}
