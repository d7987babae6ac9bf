/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_reasm.c - data that arrived before its turn
 *
 * What this room is for
 *   A list of pkts sorted by sequence number, without overlaps. Most segments
 *   go to its end, to its front, or beside the last one; so finding the place
 *   is short in practice and bounded by LIMIT_TCP_REASM_PKTS always. A
 *   connection without holes has no struct tcp_reasm at all.
 *
 * Comes in   tcp_data.c offers segments that lie inside the receive window.
 * Goes out   bytes to c->rcvq; SACK blocks to tcp_out.c.
 * Never      sends anything or reads the clock.
 * Lock       the stack lock is held.
 * Follows    RFC 9293 3.10.7.4 (seventh), RFC 2018 4, RFC 2883.
 * Proved by  tcp_in_test.c
 */
#include "tcp_reasm.h"

#include "tcp_priv.h"

/* Blocks remembered; more than fit an option, because some merge. */
enum { BLOCKS = 6 };

struct tcp_reasm {
	struct list pkts;           /* [S] sorted, disjoint */
	struct list *last;          /* [S] where the last one went, or NULL */
	uint32_t npkts;             /* [S] */
	size_t cost;                /* [S] true cost of all */
	struct range block[BLOCKS]; /* [S] the latest first */
	uint32_t nblocks;           /* [S] */
	struct range dup;           /* [S] to report once, if has_dup */
	tcp_seq fin_seq;            /* [S] of the peer's FIN, if has_fin */
	bool has_dup, has_fin;
};

static struct pkt *pkt_of(struct list *link)
{
	return list_entry(link, struct pkt, link);
}

static tcp_seq end_of(const struct pkt *p)
{
	return p->seq + p->len;
}

static struct tcp_reasm *get(struct tcp_conn *c)
{
	struct tcp_reasm *r = c->reasm;

	if (r)
		return r;
	r = arena_zalloc(c->eng->arena, sizeof(*r), ARENA_OTHER);
	if (r)
		list_init(&r->pkts);
	c->reasm = r;
	return r;
}

/* Nothing left to remember: gives the memory back. */
static void put(struct tcp_conn *c)
{
	struct tcp_reasm *r = c->reasm;

	if (!r || r->npkts > 0 || r->has_dup || r->has_fin)
		return;
	arena_free(c->eng->arena, r);
	c->reasm = NULL;
}

void tcp_reasm_clear(struct tcp_conn *c)
{
	if (!c->reasm)
		return;
	pkt_free_list(c->eng->arena, &c->reasm->pkts);
	arena_free(c->eng->arena, c->reasm);
	c->reasm = NULL;
}

void tcp_reasm_claim(struct tcp_conn *c)
{
	struct tcp_reasm *r = c->reasm;

	if (!r || !arena_claim(c->eng->arena, r, ARENA_OTHER)) {
		c->reasm = NULL;
		return;
	}
	r->npkts = pkt_claim_list(c->eng->arena, &r->pkts);
	r->last = NULL;
	r->cost = 0;
	list_for_each (it, &r->pkts)
		r->cost += pkt_cost(pkt_of(it));
}

bool tcp_reasm_has_holes(const struct tcp_conn *c)
{
	return c->reasm && c->reasm->npkts > 0;
}

size_t tcp_reasm_cost(const struct tcp_conn *c)
{
	return c->reasm ? c->reasm->cost : 0;
}

static void unlink_pkt(struct tcp_reasm *r, struct pkt *p)
{
	if (r->last == &p->link)
		r->last = NULL;
	list_remove(&p->link);
	r->npkts--;
	r->cost -= pkt_cost(p);
}

/* The last link that begins at or before seq; the head if there is none. */
static struct list *place_for(struct tcp_reasm *r, tcp_seq seq)
{
	struct list *head = &r->pkts, *at = head->prev;

	if (at == head || seq_leq(pkt_of(at)->seq, seq))
		return at;
	if (seq_lt(seq, pkt_of(head->next)->seq))
		return head;
	/* Inside: from where the last one went, in either direction. */
	at = r->last ? r->last : head->next;
	while (at->next != head && seq_leq(pkt_of(at->next)->seq, seq))
		at = at->next;
	while (at != head && seq_gt(pkt_of(at)->seq, seq))
		at = at->prev;
	return at;
}

/* What is known already is cut off p's front. False: all of it. */
static bool trim_front(struct list *head, struct list *before, struct pkt *p)
{
	uint32_t known;

	if (before == head || seq_leq(end_of(pkt_of(before)), p->seq))
		return true;
	known = end_of(pkt_of(before)) - p->seq;
	if (known >= p->len)
		return false;
	p->seq += known;
	return pkt_pull(p, known) != NULL;
}

/* What p covers wholly goes; what it covers in part shortens p. */
static void trim_behind(struct tcp_conn *c, struct list *before, struct pkt *p)
{
	struct tcp_reasm *r = c->reasm;

	while (before->next != &r->pkts) {
		struct pkt *q = pkt_of(before->next);

		if (seq_leq(end_of(p), q->seq))
			return;
		if (seq_lt(end_of(p), end_of(q))) {
			pkt_trim(p, q->seq - p->seq);
			return;
		}
		unlink_pkt(r, q);
		pkt_free(c->eng->arena, q);
	}
}

/* RFC 2018 4: the block with the latest segment comes first. */
static void note_block(struct tcp_reasm *r, tcp_seq from, tcp_seq to)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < r->nblocks; i++) {
		struct range b = r->block[i];

		if (seq_lt(b.to, from) || seq_gt(b.from, to)) {
			r->block[kept++] = b;
			continue;
		}
		from = seq_min(from, b.from);
		to = seq_max(to, b.to);
	}
	kept = MIN(kept, (uint32_t)BLOCKS - 1);
	for (uint32_t i = kept; i > 0; i--)
		r->block[i] = r->block[i - 1];
	r->block[0] = (struct range){from, to};
	r->nblocks = kept + 1;
}

enum verdict tcp_reasm_add(struct tcp_conn *c, struct pkt *p)
{
	struct tcp_reasm *r = get(c);
	tcp_seq from = p->seq, to = end_of(p);
	struct list *before;

	if (!r)
		return DROP_NO_MEMORY;
	before = place_for(r, p->seq);
	if (!trim_front(&r->pkts, before, p)) {
		tcp_reasm_on_duplicate(c, from, to);
		note_block(r, from, to);
		return DROP_TCP_WINDOW;
	}
	if (r->npkts >= LIMIT_TCP_REASM_PKTS) {
		put(c);
		return DROP_TCP_REASM_FULL;
	}
	trim_behind(c, before, p);
	p = pkt_compact(c->eng->arena, p);
	list_insert_after(before, &p->link);
	r->last = &p->link;
	r->npkts++;
	r->cost += pkt_cost(p);
	note_block(r, from, to);
	return TAKEN;
}

static void forget_blocks_before(struct tcp_reasm *r, tcp_seq seq)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < r->nblocks; i++) {
		if (seq_gt(r->block[i].to, seq))
			r->block[kept++] = r->block[i];
	}
	r->nblocks = kept;
}

void tcp_reasm_deliver(struct tcp_conn *c)
{
	struct tcp_reasm *r = c->reasm;

	if (!r)
		return;
	while (!list_is_empty(&r->pkts)) {
		struct pkt *p = pkt_of(r->pkts.next);
		uint32_t known;

		if (seq_gt(p->seq, c->rcv_nxt))
			break;
		unlink_pkt(r, p);
		known = c->rcv_nxt - p->seq;
		if (known >= p->len) {
			pkt_free(c->eng->arena, p);
			continue;
		}
		pkt_pull(p, known);
		c->rcv_nxt += p->len;
		byteq_give(&c->rcvq, p);
	}
	forget_blocks_before(r, c->rcv_nxt);
	put(c);
}

void tcp_reasm_note_fin(struct tcp_conn *c, uint32_t seq)
{
	struct tcp_reasm *r = get(c);

	/* Without memory the peer will send its FIN again. */
	if (!r || r->has_fin)
		return;
	r->has_fin = true;
	r->fin_seq = seq;
}

bool tcp_reasm_is_fin_next(const struct tcp_conn *c)
{
	return c->reasm && c->reasm->has_fin && c->reasm->fin_seq == c->rcv_nxt;
}

void tcp_reasm_on_duplicate(struct tcp_conn *c, uint32_t from, uint32_t to)
{
	struct tcp_reasm *r = c->sack_ok ? get(c) : NULL;

	if (!r || r->has_dup)
		return;
	r->dup = (struct range){from, to};
	r->has_dup = true;
}

void tcp_reasm_report(struct tcp_conn *c, struct tcp_options *o)
{
	uint32_t most = o->has_ts ? TCP_OPT_SACK_TS_MAX : TCP_OPT_SACK_MAX;
	struct tcp_reasm *r = c->reasm;
	uint8_t n = 0;

	o->nsack = 0;
	if (!r || !c->sack_ok)
		return;
	if (r->has_dup)
		o->sack[n++] = r->dup;
	r->has_dup = false;
	for (uint32_t i = 0; i < r->nblocks && n < most; i++)
		o->sack[n++] = r->block[i];
	o->nsack = n;
	put(c);
}
