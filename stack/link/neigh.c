/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * neigh.c - the neighbour cache: next hop to link address
 *
 * What this room is for
 *   The states of RFC 4861 7.3.2 and the packets that wait for an answer. Only
 *   questions need a timer; REACHABLE grows old, FAILED is forgiven and unused
 *   entries are forgotten when somebody looks, so that an idle stack sleeps.
 *
 *   The table is bounded. To make room, the entry that was used least lately
 *   goes, those with waiting packets last.
 *
 * Comes in   eth.c resolves; arp.c, nd.c bring facts; turn.c brings timers.
 * Goes out   eth_ask(), eth_output_pkt(), eth_unreachable().
 * Lock       the stack lock is held.
 * Follows    RFC 4861 7.3; RFC 1122 2.3.2.
 *
 * Deviation: a PROBE that is not answered does not delete the entry, but the
 * next packet asks everybody all the same, and a gateway is known to be dead:
 * neigh_test.c, probe_without_answer_is_forgotten.
 */
#include <errno.h>

#include "neigh.h"

#include "eth.h"
#include "iface.h"
#include "ground/limits.h"
#include "ground/log.h"
#include "ground/must.h"

/* How long FAILED answers for the neighbour before it is asked anew. */
#define NEIGH_FAILED_US SEC(1)

void neigh_table_init(struct neigh_table *t, struct engine *eng,
		      struct iface *ifp)
{
	*t = (struct neigh_table){.eng = eng,
				  .ifp = ifp,
				  .reachable6_us = LIMIT_NEIGH_REACHABLE_US,
				  .retrans6_us = LIMIT_NEIGH_RETRANS_US};
	list_init(&t->lru);
}

/* Whoever still waits in it is dropped as `why`. */
static void forget(struct neigh *n, enum verdict why)
{
	struct neigh_table *t = n->table;
	struct engine *eng = t->eng;

	eng->stats.drops[why] += n->nwaiting;
	pkt_free_list(eng->arena, &n->waiting);
	timer_fini(&eng->timers, &n->timer);
	list_remove(&n->lru);
	HASH_DEL(t->hash, n);
	t->count--;
	arena_free(eng->arena, n);
}

void neigh_table_fini(struct neigh_table *t)
{
	struct list *link;

	while ((link = list_first(&t->lru)))
		forget(list_entry(link, struct neigh, lru),
		       DROP_NEIGH_UNREACHABLE);
}

struct neigh *neigh_find(struct neigh_table *t, const struct inet_addr *a)
{
	const struct engine *eng = t->eng;
	struct neigh *n;

	/* Most hosts speak with one neighbour, their router, and the one used
	 * last is at the end: no hash for each packet. */
	if (!list_is_empty(&t->lru)) {
		n = list_entry(t->lru.prev, struct neigh, lru);
		if (inet_equal(&n->addr, a))
			return n;
	}
	HASH_FIND(hh, t->hash, a, sizeof(*a), n);
	return n;
}

/* The table is full: the least recent goes, waiting packets are spared, and
 * what a program said is for ever. */
static void evict(struct neigh_table *t)
{
	struct neigh *victim = NULL;

	list_for_each (it, &t->lru) {
		victim = list_entry(it, struct neigh, lru);
		if (victim->nwaiting == 0 && !victim->is_permanent)
			break;
	}
	if (victim && victim->nwaiting > 0)
		victim = list_entry(list_first(&t->lru), struct neigh, lru);
	if (victim)
		forget(victim, DROP_NEIGH_FULL);
}

void neigh_claim(struct neigh_table *t)
{
	t->count = arena_claim_list(t->eng->arena, &t->lru, ARENA_OTHER,
				    offsetof(struct neigh, lru));
	list_for_each (it, &t->lru) {
		struct neigh *n = list_entry(it, struct neigh, lru);

		n->nwaiting = pkt_claim_list(t->eng->arena, &n->waiting);
	}
}

/* A question that is open has a timer; if it was just being set: now. */
static void restart_timer(struct neigh *n)
{
	struct engine *eng = n->table->eng;
	usecs when = n->timer.slot ? n->timer.when : eng->now;
	bool asks = n->state == NEIGH_INCOMPLETE || n->state == NEIGH_DELAY ||
		    n->state == NEIGH_PROBE;

	timer_rebuild(&eng->timers, &n->timer);
	if (asks)
		timer_start(&eng->timers, &n->timer, when);
}

void neigh_rebuild(struct neigh_table *t)
{
	struct engine *eng = t->eng;

	t->hash = NULL;
	list_for_each (it, &t->lru) {
		struct neigh *n = list_entry(it, struct neigh, lru);

		restart_timer(n);
		HASH_ADD(hh, t->hash, addr, sizeof(n->addr), n);
	}
}

/* Whoever is killed in the middle of this leaves one that is asked anew. */
static void set_mac(struct neigh *n, const struct eth_addr *mac,
		    enum neigh_state state)
{
	n->state = NEIGH_INCOMPLETE;
	list_fence();
	n->mac = *mac;
	list_fence();
	n->state = (uint8_t)state;
}

/* NULL when memory is out. */
static struct neigh *create(struct neigh_table *t, const struct inet_addr *a)
{
	struct engine *eng = t->eng;
	struct neigh *n;

	if (t->count >= LIMIT_NEIGHS)
		evict(t);
	n = arena_zalloc(eng->arena, sizeof(*n), ARENA_OTHER);
	if (!n)
		return NULL;
	if (timer_init(&eng->timers, &n->timer, TIMER_NEIGH) < 0)
		goto free_neigh;
	n->addr = *a;
	n->table = t;
	n->state = NEIGH_INCOMPLETE;
	n->used = eng->now;
	list_init(&n->waiting);
	HASH_ADD(hh, t->hash, addr, sizeof(n->addr), n);
	if (!n->hh.tbl)
		goto fini_timer;
	list_push(&t->lru, &n->lru);
	t->count++;
	return n;

fini_timer:
	timer_fini(&eng->timers, &n->timer);
free_neigh:
	arena_free(eng->arena, n);
	return NULL;
}

static void start_timer(struct neigh *n, usecs in)
{
	struct engine *eng = n->table->eng;

	timer_start(&eng->timers, &n->timer, eng->now + in);
}

static void stop_timer(struct neigh *n)
{
	timer_stop(&n->table->eng->timers, &n->timer);
}

/* Asks once more; by unicast when probing. */
static void ask(struct neigh *n)
{
	n->tries++;
	start_timer(n, inet_is4(&n->addr) ? LIMIT_NEIGH_RETRANS_US
					  : n->table->retrans6_us);
	eth_ask(n->table->ifp, &n->addr,
		n->state == NEIGH_PROBE ? &n->mac : NULL);
}

static void start_asking(struct neigh *n, enum neigh_state state)
{
	n->state = (uint8_t)state;
	n->tries = 0;
	ask(n);
}

/* A packet went to it: keep it in the cache, and verify it when old. */
static void touch(struct neigh *n)
{
	struct neigh_table *t = n->table;

	n->used = t->eng->now;
	if (t->lru.prev != &n->lru) {
		list_remove(&n->lru);
		list_push(&t->lru, &n->lru);
	}
	if (n->state == NEIGH_STALE) {
		n->state = NEIGH_DELAY;
		start_timer(n, LIMIT_NEIGH_DELAY_US);
	}
}

enum neigh_state neigh_state_now(const struct neigh *n)
{
	usecs lasts = inet_is4(&n->addr) ? LIMIT_NEIGH_REACHABLE_US
					 : n->table->reachable6_us;

	if (n->state == NEIGH_REACHABLE && !n->is_permanent &&
	    n->table->eng->now - n->since >= lasts)
		return NEIGH_STALE;
	return (enum neigh_state)n->state;
}

/* What time has made of the entry since somebody looked. */
static void grow_old(struct neigh *n)
{
	usecs now = n->table->eng->now;

	n->state = (uint8_t)neigh_state_now(n);
	if (n->state == NEIGH_STALE && now - n->used >= LIMIT_NEIGH_STALE_US)
		start_asking(n, NEIGH_INCOMPLETE);
	else if (n->state == NEIGH_FAILED && now - n->since >= NEIGH_FAILED_US)
		start_asking(n, NEIGH_INCOMPLETE);
}

/*
 * The packet must outlive its tx, so it is copied with a finished checksum. A
 * super-segment cannot be: it is lost, and its sender will send it again.
 */
static int wait_in(struct neigh *n, const struct tx *t)
{
	struct engine *eng = n->table->eng;
	struct tx copy = *t;
	struct pkt *p;

	if (copy.gso != TX_GSO_NONE ||
	    arena_room_left(eng->arena) >= ARENA_ROOM_FULL)
		return -ENOBUFS;
	tx_finish_csum(&copy);
	p = tx_flatten(eng->arena, &copy);
	if (!p)
		return -ENOBUFS;

	/* RFC 1122 2.3.2.2: the latest packets are worth most. */
	if (n->nwaiting >= LIMIT_NEIGH_QUEUE) {
		struct list *oldest = list_pop(&n->waiting);

		pkt_free(eng->arena, list_entry(oldest, struct pkt, link));
		eng->stats.drops[DROP_NEIGH_FULL]++;
		n->nwaiting--;
	}
	list_push(&n->waiting, &p->link);
	n->nwaiting++;
	return 0;
}

bool neigh_resolve(struct neigh_table *table, const struct inet_addr *a,
		   const struct tx *t, struct eth_addr *mac, int *err)
{
	struct neigh *n = neigh_find(table, a);

	*err = 0;
	if (n) {
		grow_old(n);
	} else {
		n = create(table, a);
		if (!n) {
			*err = -ENOBUFS;
			return false;
		}
		start_asking(n, NEIGH_INCOMPLETE);
	}
	touch(n);

	switch ((enum neigh_state)n->state) {
	case NEIGH_INCOMPLETE:
		*err = wait_in(n, t);
		return false;
	case NEIGH_FAILED:
		*err = -EHOSTUNREACH;
		return false;
	case NEIGH_REACHABLE:
	case NEIGH_STALE:
	case NEIGH_DELAY:
	case NEIGH_PROBE:
		break;
	}
	*mac = n->mac;
	return true;
}

/* The address is known now: those who waited leave in their order. */
static void send_waiting(struct neigh *n)
{
	struct iface *ifp = n->table->ifp;
	struct eth_addr mac = n->mac;
	struct list leaving;
	struct list *link;

	if (n->nwaiting == 0)
		return;
	list_init(&leaving);
	list_splice(&leaving, &n->waiting);
	n->nwaiting = 0;
	touch(n);
	while ((link = list_pop(&leaving)))
		eth_output_pkt(ifp, list_entry(link, struct pkt, link), &mac);
}

/*
 * RFC 4861 7.2.5, 7.3.3: a fact that nobody asked for makes an entry usable
 * but not confirmed; an address that did not change changes nothing.
 */
static void on_fact(struct neigh *n, const struct eth_addr *mac)
{
	bool was_known =
		n->state != NEIGH_INCOMPLETE && n->state != NEIGH_FAILED;

	if (n->is_permanent || (was_known && eth_equal(&n->mac, mac)))
		return;
	set_mac(n, mac, NEIGH_STALE);
	n->is_dead = false;
	n->tries = 0;
	n->used = n->table->eng->now;
	stop_timer(n);
	send_waiting(n);
}

static void on_confirmed(struct neigh *n)
{
	n->state = NEIGH_REACHABLE;
	n->is_dead = false;
	n->since = n->table->eng->now;
	n->tries = 0;
	stop_timer(n);
}

void neigh_learn(struct neigh_table *t, const struct inet_addr *a,
		 const struct eth_addr *mac)
{
	struct neigh *n = neigh_find(t, a);

	if (!n)
		n = create(t, a);
	if (n)
		on_fact(n, mac);
}

void neigh_refresh(struct neigh_table *t, const struct inet_addr *a,
		   const struct eth_addr *mac)
{
	struct neigh *n = neigh_find(t, a);

	if (n)
		on_fact(n, mac);
}

void neigh_confirm(struct neigh_table *t, const struct inet_addr *a,
		   const struct eth_addr *mac)
{
	struct neigh *n = neigh_find(t, a);

	if (!n || n->is_permanent)
		return;
	/* tries is the number of questions that are open. */
	if (n->tries == 0) {
		on_fact(n, mac);
		return;
	}
	set_mac(n, mac, NEIGH_REACHABLE);
	on_confirmed(n);
	send_waiting(n);
}

static bool is_known(const struct neigh *n)
{
	return n->state != NEIGH_INCOMPLETE && n->state != NEIGH_FAILED;
}

void neigh_on_advert(struct neigh_table *t, const struct inet_addr *a,
		     const struct eth_addr *mac, bool solicited, bool override)
{
	struct neigh *n = neigh_find(t, a);
	bool differs;

	if (!n || n->is_permanent)
		return;
	if (!is_known(n)) {
		if (!mac)
			return;
		on_fact(n, mac);
		if (solicited)
			on_confirmed(n);
		return;
	}
	differs = mac && !eth_equal(&n->mac, mac);
	if (differs && !override) {
		/* Somebody else speaks for it: go on, but make sure. */
		if (n->state == NEIGH_REACHABLE) {
			n->state = NEIGH_STALE;
			n->used = t->eng->now;
		}
		return;
	}
	if (differs)
		on_fact(n, mac);
	if (solicited)
		on_confirmed(n);
}

void neigh_reachable_hint(struct neigh_table *t, const struct inet_addr *a)
{
	struct neigh *n = neigh_find(t, a);

	if (n && n->state != NEIGH_INCOMPLETE && n->state != NEIGH_FAILED)
		on_confirmed(n);
}

int neigh_set(struct neigh_table *t, const struct inet_addr *a,
	      const struct eth_addr *mac, bool is_permanent, bool is_confirmed)
{
	struct neigh *n = neigh_find(t, a);

	if (!n)
		n = create(t, a);
	if (!n)
		return -ENOBUFS;
	n->is_permanent = false;
	on_fact(n, mac);
	n->is_permanent = is_permanent;
	on_confirmed(n);
	if (!is_permanent && !is_confirmed)
		n->state = NEIGH_STALE;
	return 0;
}

int neigh_delete(struct neigh_table *t, const struct inet_addr *a)
{
	struct neigh *n = neigh_find(t, a);

	if (!n)
		return -ENOENT;
	forget(n, DROP_NEIGH_UNREACHABLE);
	return 0;
}

void neigh_flush(struct neigh_table *t)
{
	list_for_each_safe (it, next, &t->lru) {
		struct neigh *n = list_entry(it, struct neigh, lru);

		if (!n->is_permanent)
			forget(n, DROP_NEIGH_UNREACHABLE);
	}
}

bool neigh_is_dead(struct neigh_table *t, const struct inet_addr *a)
{
	struct neigh *n = neigh_find(t, a);

	if (LIKELY(!n || !n->is_dead))
		return false;
	if (n->state == NEIGH_FAILED &&
	    t->eng->now - n->since >= LIMIT_ROUTER_PROBE_US)
		start_asking(n, NEIGH_INCOMPLETE);
	return true;
}

/* Nobody answered: what waits will never leave. */
static void give_up(struct neigh *n)
{
	struct engine *eng = n->table->eng;
	struct iface *ifp = n->table->ifp;
	struct list lost;
	struct list *link;

	list_init(&lost);
	list_splice(&lost, &n->waiting);
	eng->stats.drops[DROP_NEIGH_UNREACHABLE] += n->nwaiting;
	n->nwaiting = 0;
	n->tries = 0;
	n->state = NEIGH_FAILED;
	n->is_dead = true;
	n->since = eng->now;
	while ((link = list_pop(&lost)))
		eth_unreachable(ifp, list_entry(link, struct pkt, link));
}

void neigh_on_timer(struct neigh *n)
{
	switch ((enum neigh_state)n->state) {
	case NEIGH_INCOMPLETE:
		if (n->tries < LIMIT_NEIGH_TRIES)
			ask(n);
		else
			give_up(n);
		break;
	case NEIGH_DELAY:
		start_asking(n, NEIGH_PROBE);
		break;
	case NEIGH_PROBE:
		/* RFC 4861 7.3.3: the next packet looks for another first hop,
		 * and asks everybody when there is none. */
		if (n->tries < LIMIT_NEIGH_TRIES) {
			ask(n);
			break;
		}
		give_up(n);
		n->since = 0;
		break;
	case NEIGH_REACHABLE:
	case NEIGH_STALE:
	case NEIGH_FAILED:
		break; /* A timer that was late by a turn. */
	}
}
