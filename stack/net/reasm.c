/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * reasm.c - fragments in, datagram out; bounded and timed
 *
 * What this room is for
 *   Keeps the fragments of a datagram sorted by offset until there is no hole
 *   left. Whatever is wrong with one fragment costs the whole datagram, and
 *   when datagrams, fragments or bytes become too many the oldest datagram
 *   gives way, because whoever fills the table does it with the newest.
 *
 * Comes in   ip4.c, ip6.c hand over validated fragments; turn.c the due timer.
 * Goes out   the whole datagram to them; what is wrong through icmp4.c,
 * icmp6.c. Lock       the stack lock is held. Follows    RFC 791 3.2, RFC 815,
 * RFC 1122 3.3.2, RFC 3168 5.3 (ECN), RFC 8200 4.5, RFC 5722 4 (overlaps), RFC
 * 7112 5 (first fragments).
 */
#include "reasm.h"

#include <string.h>

#include "link/cksum.h"
#include "icmp4.h"
#include "icmp6.h"
#include "ip.h"
#include "ip6_ext.h"
#include "ground/limits.h"
#include "ground/must.h"
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

static const struct ip4_wire *ip4_of(const struct pkt *p)
{
	return (const void *)p->l3;
}

/* IPv6: the fragment header ends where the payload begins. */
static const struct ip6_frag_wire *frag6_of(const struct pkt *p)
{
	return (const void *)(p->data - sizeof(struct ip6_frag_wire));
}

/* What stands before the payload and goes along with it. */
static size_t headers_of(const struct pkt *p)
{
	return (size_t)(p->data - p->l3);
}

static struct span span_of(const struct pkt *p)
{
	uint16_t frag;
	uint32_t from;

	if (ip_is6(p)) {
		frag = be16_get(frag6_of(p)->frag);
		from = frag & IP6_FRAG_OFFSET;
		return (struct span){from, from + p->len, !(frag & IP6_MF)};
	}
	frag = be16_get(ip4_of(p)->frag);
	from = (uint32_t)(frag & IP4_OFFSET) * 8;
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
	timer_start(&eng->timers, &r->timer,
		    eng->now + (inet_is4(&key->src) ? LIMIT_REASM_US
						    : LIMIT_REASM6_US));
	return r;

fini_timer:
	timer_fini(&eng->timers, &r->timer);
free_it:
	arena_free(eng->arena, r);
	return NULL;
}

/* The largest that its version can say, counted as the version does. */
static size_t whole_len(const struct pkt *p, size_t payload)
{
	size_t shared = headers_of(p);

	if (ip_is6(p))
		shared -=
			sizeof(struct ip6_wire) + sizeof(struct ip6_frag_wire);
	return shared + payload;
}

static void complain6(struct pkt *p, uint8_t code, size_t pointer)
{
	icmp6_send_error(p->ifp, p, ICMP6_PARAM_PROBLEM, code,
			 (uint32_t)pointer);
}

/* RFC 791: what no honest sender can have cut. RFC 8200 4.5 has it told. */
static bool is_possible(struct pkt *p, const struct span *s)
{
	if (p->len == 0)
		return false;
	if (!s->is_last && p->len % 8 != 0) {
		if (ip_is6(p))
			complain6(p, ICMP6_PARAM_HEADER,
				  offsetof(struct ip6_wire, payload_len));
		return false;
	}
	if (whole_len(p, s->to) > DATAGRAM_MAX) {
		if (ip_is6(p))
			complain6(p, ICMP6_PARAM_HEADER,
				  headers_of(p) - sizeof(struct ip6_frag_wire) +
					  offsetof(struct ip6_frag_wire, frag));
		return false;
	}
	return true;
}

/* RFC 7112 5: a first fragment holds all headers, so that whoever looks at
 * packets on their way can see what they are. */
static bool has_all_headers(struct pkt *p, const struct span *s)
{
	struct ip6_walk w;
	size_t least;

	if (!ip_is6(p) || s->from != 0)
		return true;
	ip6_walk_start(&w, p->l3, headers_of(p) + p->len);
	if (ip6_walk_skip(&w)) {
		least = ip6_walk_type(&w) == IP_PROTO_TCP
				? sizeof(struct tcp_wire)
				: sizeof(struct udp_wire);
		if (w.len - w.at >= least)
			return true;
	}
	complain6(p, ICMP6_PARAM_FIRST_FRAGMENT, 0);
	return false;
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
	size_t header = headers_of(p);
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

static void mend4(struct pkt *whole, size_t header)
{
	struct ip4_wire *ip = (void *)whole->l3;

	ip->tos = whole->tos;
	ip->total_len = be16_make((uint16_t)(header + whole->len));
	ip->frag = be16_make(0);
	ip->cksum = be16_make(0);
	ip->cksum = cksum(ip, header);
}

/* What named the fragment header names now what that had named. */
static void mend6(struct pkt *whole, const struct pkt *first, size_t header)
{
	struct ip6_wire *ip = (void *)whole->l3;
	uint32_t word =
		be32_get(ip->ver_tc_flow) & ~(0xffu << IP6_TCLASS_SHIFT);
	struct ip6_complaint ignored;
	struct ip6_walk w;

	ip6_walk_start(&w, first->l3, headers_of(first));
	while (!ip6_walk_at_fragment(&w) && ip6_walk_step(&w, &ignored) == DONE)
		continue;
	whole->l3[w.next_at] = frag6_of(first)->next;
	ip->ver_tc_flow =
		be32_make(word | (uint32_t)whole->tos << IP6_TCLASS_SHIFT);
	ip->payload_len =
		be16_make((uint16_t)(header - sizeof(*ip) + whole->len));
}

/* One block with the first fragment's headers; NULL when memory is out. */
static struct pkt *join(struct reasm *r)
{
	struct arena *arena = r->table->eng->arena;
	struct pkt *first = list_entry(r->frags.next, struct pkt, link);
	size_t header = headers_of(first);
	struct pkt *whole;

	if (ip_is6(first))
		header -= sizeof(struct ip6_frag_wire);
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
	pkt_pull(whole, header);
	if (ip_is6(first))
		mend6(whole, first, header);
	else
		mend4(whole, header);
	return whole;
}

/* No hole is left. TAKEN with *whole NULL when it cannot be put together. */
static enum verdict complete(struct reasm *r, struct pkt **whole)
{
	struct engine *eng = r->table->eng;
	struct pkt *first = list_entry(r->frags.next, struct pkt, link);

	/* The first one's options may be longer than the others'. */
	if (whole_len(first, r->total) > DATAGRAM_MAX) {
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
	struct reasm_key key = {.src = ip_src(p), .dst = ip_dst(p)};

	/* RFC 8200 4.5: the next header may differ from one to the other. */
	if (ip_is6(p)) {
		key.id = be32_get(frag6_of(p)->id);
		return key;
	}
	key.id = be16_get(ip4_of(p)->id);
	key.proto = ip4_of(p)->proto;
	return key;
}

/*
 * RFC 5722 4: with IPv6, fragments of it that are still to come are dropped as
 * well; so an empty entry stays until its time is over. An identification of
 * IPv4 has 16 bits only and is used again too soon for that.
 */
static enum verdict on_overlap(struct reasm *r, struct pkt *p)
{
	struct reasm_table *t = r->table;

	if (!ip_is6(p))
		return give_up(r, DROP_REASM_OVERLAP);
	t->eng->stats.drops[DROP_REASM_OVERLAP] += r->nfrags;
	stats_add(&t->eng->stats, STAT_IP_REASM_FAILS, 1);
	pkt_free_list(t->eng->arena, &r->frags);
	t->cost -= r->cost;
	r->cost = 0;
	r->nfrags = 0;
	r->is_spoilt = true;
	return DROP_REASM_OVERLAP;
}

/* The datagram p belongs to, which may be new. NULL: *why. */
static struct reasm *entry_for(struct reasm_table *t, struct pkt *p,
			       const struct span *s, enum verdict *why)
{
	struct reasm_key key = key_of(p);
	struct reasm *r = find(t, &key);

	*why = DROP_REASM_BOUNDS;
	if (!is_possible(p, s))
		goto give_up;
	if (!has_all_headers(p, s))
		goto give_up;
	*why = DROP_NO_MEMORY;
	if (arena_room_left(t->eng->arena) != ARENA_ROOM_PLENTY)
		goto give_up;
	return r ? r : make(t, &key);

give_up:
	if (r)
		give_up(r, *why);
	return NULL;
}

enum verdict reasm_input(struct reasm_table *t, struct pkt *p,
			 struct pkt **whole)
{
	struct span s = span_of(p);
	struct list *after = NULL;
	struct reasm *r;
	enum verdict why;

	*whole = NULL;
	r = entry_for(t, p, &s, &why);
	if (!r)
		return why;
	if (r->is_spoilt)
		return DROP_REASM_OVERLAP;

	switch (find_place(r, &s, &after)) {
	case DUPLICATE:
		pkt_free(t->eng->arena, p);
		return TAKEN;
	case OVERLAPS:
		return on_overlap(r, p);
	case PLACED:
		break;
	}
	if (!fits_the_end(r, &s))
		return on_overlap(r, p);
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
	if (first && span_of(first).from == 0 && ip_is6(first))
		icmp6_send_error(first->ifp, first, ICMP6_TIME_EXCEEDED,
				 ICMP6_EXCEEDED_REASM, 0);
	else if (first && span_of(first).from == 0)
		icmp4_send_error(first->ifp, first, ICMP4_TIME_EXCEEDED,
				 ICMP4_EXCEEDED_REASM, 0);
	give_up(r, DROP_REASM_TIMEOUT);
}
