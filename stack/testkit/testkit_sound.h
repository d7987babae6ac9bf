/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * testkit_sound.h - for tests: does everything in a stack lead where it should?
 *
 * What this room is for
 *   What recovery promises, asked of the whole stack: lists are lists, tables
 *   find what is there, counts count. sound_check() answers with the first
 *   thing that is wrong, or NULL.
 *
 * Never      is included outside *_test.c. Changes nothing.
 * Lock       the stack lock is held.
 */
#ifndef STACK_TESTKIT_SOUND_H
#define STACK_TESTKIT_SOUND_H

#include "socket/epset.h"
#include "socket/sock.h"
#include "netlink/sock_netlink.h"
#include "socket/sock_packet.h"
#include "tcp/tcp_listen.h"
#include "tcp/tcp_priv.h"
#include "transport/udp_group.h"

#define SOUND(cond)                                                            \
	do {                                                                   \
		if (!(cond))                                                   \
			return #cond;                                          \
	} while (0)

/* The number of members, or -1 for what is no list. */
static long sound_length(const struct list *head)
{
	long n = 0;

	for (const struct list *it = head; it->next != head || n == 0;
	     it = it->next) {
		if (!it->next || it->next->prev != it || n > 1 << 22)
			return -1;
		if (it->next == head)
			break;
		n++;
	}
	return n;
}

static const char *sound_queue(const struct byteq *q)
{
	size_t bytes = 0, cost = 0;

	SOUND(sound_length(&q->pkts) >= 0);
	list_for_each (it, &q->pkts) {
		const struct pkt *p = list_entry(it, struct pkt, link);

		SOUND(arena_is(q->arena, p, ARENA_PKT));
		bytes += p->len;
		cost += pkt_cost(p);
	}
	SOUND(bytes == q->bytes);
	SOUND(cost == q->cost);
	return NULL;
}

static const char *sound_timers(struct stack *st)
{
	const struct timer_heap *h = &st->eng.timers;
	size_t n = arena_count(st->eng.arena, ARENA_CONN) + 3;

	for (uint32_t i = 0; i < st->net.nifs; i++)
		n += 1 + st->net.ifs[i].neigh.count +
		     (st->net.auto6[i].ifp != NULL) +
		     (st->net.dhcp6[i].ifp != NULL);
	SOUND(sound_length(&st->packets.pcbs) >= 0);
	n += (size_t)sound_length(&st->packets.pcbs);
	SOUND(h->reserved == n + st->net.reasm.count);
	SOUND(h->count <= h->reserved && h->reserved <= h->capacity);
	for (uint32_t i = 0; i < h->count; i++) {
		SOUND(h->slots[i]->slot == i + 1);
		SOUND(i == 0 ||
		      h->slots[(i - 1) / 4]->when <= h->slots[i]->when);
	}
	return NULL;
}

static const char *sound_listener(const struct tcp_conn *c)
{
	const struct tcp_listener *l = c->listener;
	long n = 0;

	SOUND(l);
	SOUND(sound_length(&l->accept) == l->naccept);
	SOUND(sound_length(&l->acked) >= 0);
	for (uint32_t i = 0; i <= LIMIT_TCP_SYNACK_RETRIES; i++) {
		SOUND(sound_length(&l->waiting[i]) >= 0);
		n += sound_length(&l->waiting[i]);
	}
	SOUND(n == l->nhalves);
	SOUND(HASH_COUNT(l->halves) == l->nhalves);
	return NULL;
}

static const char *sound_conn(struct stack *st, struct tcp_conn *c)
{
	const char *why = sound_queue(&c->sndq);

	why = why ? why : sound_queue(&c->rcvq);
	if (why)
		return why;
	SOUND(c->tcp == &st->tcp && c->eng == &st->eng);
	SOUND(!c->is_broken);
	SOUND(c->b.is_bound == (c->b.bucket != NULL));
	SOUND(!c->b.is_connected ||
	      ports_find_tuple(&st->tcp.ports, &c->b.key) == &c->b);
	SOUND(c->state != TCPS_LISTEN ||
	      ports_find_bound(&st->tcp.ports, &c->b.key, 0, true));
	SOUND(!c->news.owner || ((struct sock *)c->news.owner)->conn == c);
	SOUND(c->news.owner || c->is_orphan || tcp_is_queued(c));
	if (c->state != TCPS_LISTEN)
		return NULL;
	return sound_listener(c);
}

static const char *sound_tcp(struct stack *st)
{
	struct tcp *t = &st->tcp;
	struct tcp_conn *c = NULL;
	uint32_t n = 0, orphans = 0;
	const char *why = NULL;

	SOUND(!t->busy);
	SOUND(sound_length(&t->dirty) >= 0);
	SOUND(sound_length(&t->hungry) >= 0);
	SOUND(sound_length(&t->time_wait) == t->ntime_wait);
	while (!why && (c = arena_next(st->eng.arena, ARENA_CONN, c))) {
		why = sound_conn(st, c);
		orphans += c->is_orphan && c->state != TCPS_CLOSED;
		n++;
	}
	if (why)
		return why;
	SOUND(n == t->nconns);
	SOUND(orphans == t->norphans);
	return NULL;
}

static const char *sound_pcb(struct stack *st, struct udp_pcb *pcb)
{
	size_t cost = 0;

	SOUND(sound_length(&pcb->rcvq) == pcb->rcv_count);
	SOUND(sound_length(&pcb->errq) == pcb->err_count);
	list_for_each (it, &pcb->rcvq)
		cost += pkt_cost(list_entry(it, struct pkt, link));
	SOUND(cost == pcb->rcv_cost);
	SOUND(!pcb->bind.is_connected ||
	      ports_find_tuple(&st->udp.ports, &pcb->bind.key));
	SOUND(!pcb->bind.is_bound || pcb->bind.is_connected ||
	      ports_find_bound(&st->udp.ports, &pcb->bind.key, 0, false));
	return NULL;
}

static const char *sound_sock(struct stack *st, struct sock *s)
{
	SOUND(sock_find(st, s->id) == s);
	SOUND(!s->inode || sock_by_inode(st, s->inode) == s);
	SOUND(sound_length(&s->readiness.watches) >= 0);
	if (s->conn) {
		SOUND(s->conn->news.owner == s);
		SOUND(s->slot->ready == sock_stream_ready(s));
		return NULL;
	}
	if (s->nl) {
		SOUND(s->slot->ready == sock_netlink_ready(s));
		return NULL;
	}
	if (s->packet) {
		SOUND(s->packet->news.owner == s);
		SOUND(s->slot->ready == sock_packet_ready(s));
		return NULL;
	}
	SOUND(s->pcb && s->pcb->news.owner == s);
	SOUND(s->slot->ready == sock_dgram_ready(s));
	return sound_pcb(st, s->pcb);
}

static const char *sound_set(struct epset *set)
{
	SOUND(epset_find(set->stack, set->id) == set);
	SOUND(sound_length(&set->ready) >= 0);
	SOUND(sound_length(&set->readiness.watches) >= 0);
	for (struct epset_member *m = set->members; m; m = m->hh.next) {
		SOUND(m->set == set);
		SOUND(m->target->object);
		SOUND(list_is_linked(&m->watch.link));
		/* What is ready now is on the list, or was reported. */
		SOUND(m->events & (EPOLLET | EPOLLONESHOT) ||
		      !(m->target->ready & m->events) ||
		      list_is_linked(&m->ready));
	}
	return NULL;
}

static const char *sound_socks(struct stack *st)
{
	size_t all = (size_t)st->npages * SOCK_PAGE_SLOTS, nfree = 0;
	const char *why = NULL;
	struct epset *set = NULL;
	struct sock *s = NULL;
	size_t n = 0;

	for (struct sock_slot *slot = st->free_slots; slot && nfree <= all;
	     slot = slot->next_free)
		nfree++;
	SOUND(nfree + st->nsocks == all);
	while (!why && (s = arena_next(st->eng.arena, ARENA_SOCK, s))) {
		why = sound_sock(st, s);
		n++;
	}
	while (!why && (set = arena_next(st->eng.arena, ARENA_EPSET, set))) {
		why = sound_set(set);
		n++;
	}
	if (why)
		return why;
	SOUND(n == st->nsocks);
	return NULL;
}

/* How many listeners the group has, by their memberships. */
static uint32_t sound_listeners(struct stack *st, const struct mcast_group *g)
{
	struct udp_pcb *pcb = NULL;
	uint32_t n = g->is_own;

	while ((pcb = arena_next(st->eng.arena, ARENA_PCB, pcb)))
		n += udp_group_find(pcb, &g->group, g->ifindex) != NULL;
	return n;
}

static const char *sound_groups(struct stack *st)
{
	struct mcast_groups *t = &st->net.mcast.groups;

	SOUND(sound_length(&t->all) == t->count);
	list_for_each (it, &t->all) {
		struct mcast_group *g =
			list_entry(it, struct mcast_group, link);

		SOUND(mcast_group_find(t, &g->group, g->ifindex) == g);
		SOUND(g->include + g->exclude == sound_listeners(st, g));
		SOUND(g->nsources <= g->room);
	}
	return NULL;
}

static const char *sound_net(struct stack *st)
{
	const char *why = sound_groups(st);

	if (why)
		return why;
	SOUND(sound_length(&st->eng.news) >= 0);
	SOUND(sound_length(&st->net.reasm.age) == st->net.reasm.count);
	for (uint32_t i = 0; i < st->net.nifs; i++) {
		struct neigh_table *t = &st->net.ifs[i].neigh;

		SOUND(sound_length(&t->lru) == t->count);
		SOUND(HASH_COUNT(t->hash) == t->count);
		list_for_each (it, &t->lru) {
			struct neigh *n = list_entry(it, struct neigh, lru);

			SOUND(neigh_find(t, &n->addr) == n);
			SOUND(sound_length(&n->waiting) == n->nwaiting);
		}
	}
	return NULL;
}

/* Also derives the accounts once more: they must be what they were. */
static const char *sound_check(struct stack *st)
{
	size_t used = arena_used(st->eng.arena);
	const char *why;

	SOUND(arena_count(st->eng.arena, ARENA_MAKING) == 0);
	arena_repair(st->eng.arena);
	SOUND(arena_used(st->eng.arena) == used);
	why = sound_timers(st);
	why = why ? why : sound_net(st);
	why = why ? why : sound_tcp(st);
	return why ? why : sound_socks(st);
}

#endif
