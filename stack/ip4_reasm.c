/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * ip4_reasm.c - fragments in, datagram out; bounded and timed
 *
 * What this room is for
 *   Keeps the fragments of a datagram sorted by offset until there is no hole
 *   left. Whatever is wrong with one fragment costs the whole datagram, and
 *   when datagrams, fragments or bytes become too many the oldest datagram
 *   gives way, because whoever fills the table does it with the newest.
 *
 * Comes in   ip4.c hands over validated fragments; stack.c the due timer.
 * Goes out   the whole datagram to ip4.c; "time exceeded" through icmp4.c.
 * Lock       the stack lock is held.
 * Follows    RFC 791 3.2, RFC 815, RFC 1122 3.3.2, RFC 3168 5.3 (ECN),
 *            RFC 5722 4 (overlaps).
 */
#include "ip4_reasm.h"

#include <string.h>

#include "cksum.h"
#include "icmp4.h"
#include "limits.h"
#include "must.h"
#include "net.h"

enum {
	DATAGRAM_MAX = 65535,
	/* Room for a link header in front of a whole datagram. */
	WHOLE_HEADROOM = 32,
	ECN_MASK = 3,
	ECN_CE = 3,
};

/* Where a fragment's payload lies in the datagram: [from, to). */
struct span {
	uint32_t from, to;
	bool is_last;
};

static const struct ip4_wire *header_of(const struct pkt *p)
{
	return (const void *)p->l3;
}

static struct span span_of(const struct pkt *p)
{
	uint16_t frag = be16_get(header_of(p)->frag);
	uint32_t from = (uint32_t)(frag & IP4_OFFSET) * 8;

	return (struct span){from, from + p->len, !(frag & IP4_MF)};
}

void reasm_init(struct reasm_table *t, struct engine *eng, struct net *net)
{
	memset(t, 0, sizeof(*t));
	t->eng = eng;
	t->net = net;
	list_init(&t->age);
}

static void forget(struct reasm *r)
{
	struct reasm_table *t = r->table;
	struct engine *eng = t->eng;

	HASH_DEL(t->hash, r);
	list_remove(&r->age);
	t->count--;
	t->cost -= r->cost;
	pkt_free_list(eng->arena, &r->frags);
	timer_fini(&eng->timers, &r->timer);
	arena_free(eng->arena, r);
}

/* Gives a datagram up; its fragments count as dropped for this reason. */
static enum verdict give_up(struct reasm *r, enum verdict why)
{
	struct stats *stats = &r->table->eng->stats;

	stats->drops[why] += r->nfrags;
	stats_add(stats, STAT_IP_REASM_FAILS, 1);
	forget(r);
	return why;
}

void reasm_fini(struct reasm_table *t)
{
	while (!list_is_empty(&t->age))
		forget(list_entry(list_first(&t->age), struct reasm, age));
}

static struct reasm *find(struct reasm_table *t, const struct reasm_key *key)
{
	struct engine *eng = t->eng;
	struct reasm *r;

	HASH_FIND(hh, t->hash, key, sizeof(*key), r);
	return r;
}

/* NULL when memory is out. */
static struct reasm *make(struct reasm_table *t, const struct reasm_key *key)
{
	struct engine *eng = t->eng;
	struct reasm *r;

	if (t->count == LIMIT_REASM_DATAGRAMS)
		give_up(list_entry(list_first(&t->age), struct reasm, age),
			DROP_REASM_FULL);
	r = arena_zalloc(eng->arena, sizeof(*r), ARENA_OTHER);
	if (!r)
		return NULL;
	r->key = *key;
	r->table = t;
	list_init(&r->frags);
	if (timer_init(&eng->timers, &r->timer, TIMER_REASM) < 0)
		goto free_it;
	HASH_ADD(hh, t->hash, key, sizeof(r->key), r);
	if (!r->hh.tbl)
		goto fini_timer;
	list_push(&t->age, &r->age);
	t->count++;
	timer_start(&eng->timers, &r->timer, eng->now + LIMIT_REASM_US);
	return r;

fini_timer:
	timer_fini(&eng->timers, &r->timer);
free_it:
	arena_free(eng->arena, r);
	return NULL;
}

/* RFC 791: what no honest sender can have cut. */
static bool is_possible(const struct pkt *p, const struct span *s)
{
	if (p->len == 0 || (!s->is_last && p->len % 8 != 0))
		return false;
	return s->to + ip4_wire_len(header_of(p)) <= DATAGRAM_MAX;
}

/* Does the end fit what is known about the end so far? */
static bool fits_the_end(struct reasm *r, const struct span *s)
{
	struct list *last = list_is_empty(&r->frags) ? NULL : r->frags.prev;

	if (r->total)
		return s->is_last ? s->to == r->total : s->to <= r->total;
	if (!s->is_last || !last)
		return true;
	return span_of(list_entry(last, struct pkt, link)).to <= s->to;
}

enum placed { PLACED, DUPLICATE, OVERLAPS };

/*
 * Finds the link after which it belongs. Backwards, because fragments mostly
 * come in order; at most LIMIT_REASM_FRAGMENTS steps.
 */
static enum placed find_place(struct reasm *r, const struct span *s,
			      struct list **after)
{
	struct list *at = r->frags.prev;

	for (; at != &r->frags; at = at->prev) {
		struct span o = span_of(list_entry(at, struct pkt, link));

		if (o.from == s->from && o.to == s->to &&
		    o.is_last == s->is_last)
			return DUPLICATE;
		if (o.to <= s->from)
			break;
		if (o.from < s->to)
			return OVERLAPS;
	}
	*after = at;
	return PLACED;
}

/* Keeps p, in a block of its own size, with the header still before it. */
static void keep(struct reasm *r, struct pkt *p, struct list *after)
{
	struct reasm_table *t = r->table;
	size_t header = ip4_wire_len(header_of(p));
	size_t cost;

	r->have += p->len;
	pkt_push(p, header);
	p->l3 = p->data;
	p = pkt_compact(t->eng->arena, p);
	p->l3 = p->data;
	pkt_pull(p, header);

	list_insert_after(after, &p->link);
	cost = pkt_cost(p);
	r->nfrags++;
	r->cost += cost;
	t->cost += cost;
}

/* RFC 3168 5.3: one fragment that met congestion marks the datagram. */
static uint8_t tos_of(struct reasm *r, uint8_t first)
{
	list_for_each (it, &r->frags) {
		uint8_t tos = list_entry(it, struct pkt, link)->tos;

		if ((tos & ECN_MASK) == ECN_CE && (first & ECN_MASK) != 0)
			return first | ECN_CE;
	}
	return first;
}

/* One block with the first fragment's header; NULL when memory is out. */
static struct pkt *join(struct reasm *r)
{
	struct arena *arena = r->table->eng->arena;
	struct pkt *first = list_entry(r->frags.next, struct pkt, link);
	size_t header = ip4_wire_len(header_of(first));
	struct ip4_wire *ip;
	struct pkt *whole;

	whole = pkt_new(arena, WHOLE_HEADROOM + header + r->total,
			WHOLE_HEADROOM);
	if (!whole)
		return NULL;
	whole->ifp = first->ifp;
	whole->stamp = first->stamp;
	whole->to_broadcast = first->to_broadcast;
	whole->tos = tos_of(r, first->tos);
	whole->l3 = pkt_append(whole, header);
	memcpy(whole->l3, first->l3, header);
	list_for_each (it, &r->frags) {
		struct pkt *p = list_entry(it, struct pkt, link);

		memcpy(pkt_append(whole, p->len), p->data, p->len);
	}

	ip = (void *)whole->l3;
	ip->tos = whole->tos;
	ip->total_len = be16_make((uint16_t)(header + r->total));
	ip->frag = be16_make(0);
	ip->cksum = be16_make(0);
	ip->cksum = cksum(ip, header);
	pkt_pull(whole, header);
	return whole;
}

/* No hole is left. TAKEN with *whole NULL when it cannot be put together. */
static enum verdict complete(struct reasm *r, struct pkt **whole)
{
	struct engine *eng = r->table->eng;
	struct pkt *first = list_entry(r->frags.next, struct pkt, link);

	/* The first one's options may be longer than the others'. */
	if (ip4_wire_len(header_of(first)) + r->total > DATAGRAM_MAX) {
		give_up(r, DROP_REASM_BOUNDS);
		return TAKEN;
	}
	*whole = join(r);
	if (!*whole) {
		give_up(r, DROP_NO_MEMORY);
		return TAKEN;
	}
	stats_add(&eng->stats, STAT_IP_REASM_OKS, 1);
	forget(r);
	return DONE;
}

/* Makes room for one more; false when r itself is what is too large. */
static bool make_room(struct reasm *r, size_t cost)
{
	struct reasm_table *t = r->table;

	while (t->cost + cost > LIMIT_REASM_BYTES) {
		struct reasm *oldest =
			list_entry(list_first(&t->age), struct reasm, age);

		if (oldest == r)
			return false;
		give_up(oldest, DROP_REASM_FULL);
	}
	return true;
}

static struct reasm_key key_of(const struct pkt *p)
{
	const struct ip4_wire *ip = header_of(p);

	return (struct reasm_key){ip->src, ip->dst, be16_get(ip->id), ip->proto,
				  0};
}

enum verdict reasm_input(struct reasm_table *t, struct pkt *p,
			 struct pkt **whole)
{
	struct span s = span_of(p);
	struct reasm_key key = key_of(p);
	struct list *after = NULL;
	struct reasm *r;

	*whole = NULL;
	r = find(t, &key);
	if (!is_possible(p, &s))
		return r ? give_up(r, DROP_REASM_BOUNDS) : DROP_REASM_BOUNDS;
	if (arena_room_left(t->eng->arena) != ARENA_ROOM_PLENTY)
		return r ? give_up(r, DROP_NO_MEMORY) : DROP_NO_MEMORY;
	if (!r)
		r = make(t, &key);
	if (!r)
		return DROP_NO_MEMORY;

	switch (find_place(r, &s, &after)) {
	case DUPLICATE:
		pkt_free(t->eng->arena, p);
		return TAKEN;
	case OVERLAPS:
		return give_up(r, DROP_REASM_OVERLAP);
	case PLACED:
		break;
	}
	if (!fits_the_end(r, &s))
		return give_up(r, DROP_REASM_OVERLAP);
	if (r->nfrags == LIMIT_REASM_FRAGMENTS || !make_room(r, pkt_cost(p)))
		return give_up(r, DROP_REASM_FULL);

	if (s.is_last)
		r->total = s.to;
	keep(r, p, after);
	if (r->total && r->have == r->total)
		return complete(r, whole);
	return TAKEN;
}

void reasm_on_timer(struct reasm *r)
{
	struct pkt *first = NULL;

	if (!list_is_empty(&r->frags))
		first = list_entry(r->frags.next, struct pkt, link);

	/* RFC 1122 3.3.2: only who sees the first can tell whose it was. */
	if (first && span_of(first).from == 0)
		icmp4_send_error(first->ifp, first, ICMP4_TIME_EXCEEDED,
				 ICMP4_EXCEEDED_REASM, 0);
	give_up(r, DROP_REASM_TIMEOUT);
}
