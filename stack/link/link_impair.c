/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * link_impair.c - a bad wire, on purpose
 *
 * What this room is for
 *   Wraps a link and loses, delays, reorders, duplicates, corrupts and slows
 *   frames, in both directions alike. Each direction has its own random
 *   stream from the seed, so a run can be repeated: what the other direction
 *   does, does not change the fate of this one.
 *
 *   A frame that may pass gets a copy in the pool and a time when it is due:
 *   behind the frame before it at the given rate, plus delay and jitter. One
 *   that is reordered is held some milliseconds longer while those behind it
 *   go on.
 *
 * Bounded    IMPAIR_FRAMES in the pool for both directions; a full pool loses
 *            frames as a full queue does.
 * Never      allocates after opening.
 * Lock       the stack lock is held.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ground/limits.h"
#include "link.h"
#include "ground/pkt.h"
#include "ground/rand.h"
#include "ground/tx.h"

enum { IMPAIR_FRAMES = 4096 };

/* How much longer a reordered frame is held: at least, and at most more. */
enum { REORDER_US = 1000, REORDER_MORE_US = 4000 };

/* A frame held back. */
struct held {
	usecs due;      /* when it may go on */
	uint64_t order; /* ties are first in, first out */
	uint32_t slot;  /* its bytes in the pool */
	uint32_t len;
};

/* One direction. */
struct lane {
	struct held *heap; /* [P] earliest first */
	uint32_t count;    /* [S] */
	uint64_t order;    /* [S] frames taken so far */
	usecs busy_until;  /* [S] the wire is sending until then */
	usecs last_due;    /* [S] of the frame before, reordered ones aside */
	struct rand rand;  /* [S] */
};

struct impair {
	struct link link;
	struct impairment how; /* [I] */
	struct lane out, in;   /* [S] */
	uint8_t *pool;         /* [P] IMPAIR_FRAMES frames of slot_bytes */
	size_t slot_bytes;     /* [I] */
	uint32_t *free_slots;  /* [P] a stack */
	uint32_t nfree;        /* [S] */
};

static struct impair *impair_of(struct link *l)
{
	return container_of(l, struct impair, link);
}

/* The heap of a lane. */

static bool is_before(const struct held *a, const struct held *b)
{
	return a->due != b->due ? a->due < b->due : a->order < b->order;
}

static void push(struct lane *lane, struct held h)
{
	uint32_t at = lane->count++;

	while (at > 0 && is_before(&h, &lane->heap[(at - 1) / 2])) {
		lane->heap[at] = lane->heap[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	lane->heap[at] = h;
}

static struct held pop(struct lane *lane)
{
	struct held first = lane->heap[0];
	struct held last = lane->heap[--lane->count];
	uint32_t at = 0;

	for (uint32_t kid = 1; kid < lane->count; kid = 2 * at + 1) {
		if (kid + 1 < lane->count &&
		    is_before(&lane->heap[kid + 1], &lane->heap[kid]))
			kid++;
		if (!is_before(&lane->heap[kid], &last))
			break;
		lane->heap[at] = lane->heap[kid];
		at = kid;
	}
	lane->heap[at] = last;
	return first;
}

static usecs first_due(const struct lane *lane)
{
	return lane->count > 0 ? lane->heap[0].due : USECS_NEVER;
}

/* Fate. */

/* Draws always, so that one setting does not shift another's stream. */
static bool chance(struct lane *lane, double probability)
{
	return (double)rand_u32(&lane->rand) < probability * 4294967296.0;
}

/* Uniform in [-jitter, jitter] around the delay, never below zero. */
static usecs draw_delay(const struct impair *imp, struct lane *lane)
{
	usecs jitter = MIN(imp->how.jitter, imp->how.delay);
	uint32_t span =
		(uint32_t)MIN(imp->how.jitter + jitter, (usecs)UINT32_MAX - 1) +
		1;

	return imp->how.delay - jitter + rand_below(&lane->rand, span);
}

/* When the last bit has left at the given rate. */
static usecs pass_wire(const struct impair *imp, struct lane *lane, size_t len,
		       usecs now)
{
	usecs start = MAX(now, lane->busy_until);

	if (imp->how.rate_bps == 0)
		return now;
	lane->busy_until =
		start + (len * 8 * USECS_PER_SEC) / imp->how.rate_bps;
	return lane->busy_until;
}

static usecs choose_due(const struct impair *imp, struct lane *lane, size_t len,
			usecs now)
{
	usecs due = pass_wire(imp, lane, len, now) + draw_delay(imp, lane);
	usecs extra = REORDER_US + rand_below(&lane->rand, REORDER_MORE_US);

	due = MAX(due, lane->last_due);
	if (chance(lane, imp->how.reorder))
		return due + extra;
	lane->last_due = due;
	return due;
}

static uint8_t *slot_at(const struct impair *imp, uint32_t slot)
{
	return imp->pool + slot * imp->slot_bytes;
}

/* Bits fall over on the way, so each copy has its own luck. */
static void corrupt(struct impair *imp, struct lane *lane, uint8_t *frame,
		    uint32_t len)
{
	bool is_hit = chance(lane, imp->how.corrupt);
	uint32_t bit;

	if (!is_hit || len == 0)
		return;
	bit = rand_below(&lane->rand, len * 8);
	frame[bit / 8] ^= (uint8_t)(1u << bit % 8);
}

/* Keeps a copy of the frame until it is due; lost when the pool is full. */
static void hold(struct impair *imp, struct lane *lane, const struct tx *t,
		 usecs due)
{
	uint32_t slot;
	uint8_t *to;

	if (imp->nfree == 0 || tx_len(t) > imp->slot_bytes)
		return;
	slot = imp->free_slots[--imp->nfree];
	to = slot_at(imp, slot);
	memcpy(to, tx_head(t), tx_head_len(t));
	to += tx_head_len(t);
	for (uint32_t i = 0; i < t->npayload; i++) {
		memcpy(to, t->payload[i].iov_base, t->payload[i].iov_len);
		to += t->payload[i].iov_len;
	}
	corrupt(imp, lane, slot_at(imp, slot), (uint32_t)tx_len(t));
	push(lane,
	     (struct held){due, lane->order++, slot, (uint32_t)tx_len(t)});
}

/* Everything that may happen to one frame. */
static void accept_frame(struct impair *imp, struct lane *lane,
			 const struct tx *t, usecs now)
{
	bool is_lost = chance(lane, imp->how.loss);
	bool is_twice = chance(lane, imp->how.dup);
	usecs due;

	if (is_lost)
		return;
	due = choose_due(imp, lane, tx_len(t), now);
	hold(imp, lane, t, due);
	if (is_twice)
		hold(imp, lane, t, due);
}

/* Out. */

static void send_due(struct impair *imp, usecs now)
{
	while (first_due(&imp->out) <= now) {
		struct held h = pop(&imp->out);
		uint8_t *frame = slot_at(imp, h.slot);
		struct tx t;
		int err = 0;

		tx_init(&t);
		if (tx_add(&t, frame, h.len))
			err = link_send(imp->link.below, &t, now);
		/* A device that is full has lost it: this is a bad wire. */
		(void)err;
		imp->free_slots[imp->nfree++] = h.slot;
	}
}

static int impair_send(struct link *l, const struct tx *t)
{
	struct impair *imp = impair_of(l);

	accept_frame(imp, &imp->out, t, l->now);
	send_due(imp, l->now);
	return 0;
}

static void impair_turn(struct link *l, usecs now)
{
	send_due(impair_of(l), now);
}

/* In. */

static bool give_due(struct impair *imp, struct pkt *p, usecs now)
{
	struct held h;

	if (first_due(&imp->in) > now || imp->in.heap[0].len > pkt_tailroom(p))
		return false;
	h = pop(&imp->in);
	memcpy(pkt_append(p, h.len), slot_at(imp, h.slot), h.len);
	imp->free_slots[imp->nfree++] = h.slot;
	return true;
}

/* One frame from below into the lane; its length or -errno. */
static int fetch(struct impair *imp, struct pkt *p, usecs now)
{
	uint8_t *data = p->data;
	int len = link_recv(imp->link.below, p);
	struct tx t;

	if (len >= 0) {
		tx_init(&t);
		if (tx_add(&t, p->data, p->len))
			accept_frame(imp, &imp->in, &t, now);
	}
	p->data = data;
	p->len = 0;
	p->csum = PKT_CSUM_UNKNOWN;
	p->gso_size = 0;
	p->segs = 1;
	return len;
}

static int impair_recv(struct link *l, struct pkt *p)
{
	struct impair *imp = impair_of(l);
	usecs now = MAX(l->now, p->stamp);
	int err = -EAGAIN;

	for (int i = 0; i < LIMIT_RX_BATCH; i++) {
		if (give_due(imp, p, now))
			return (int)p->len;
		err = fetch(imp, p, now);
		if (err < 0)
			break;
	}
	if (give_due(imp, p, now))
		return (int)p->len;
	return err < 0 ? err : -EAGAIN;
}

static usecs impair_next(struct link *l)
{
	struct impair *imp = impair_of(l);

	return MIN(first_due(&imp->out), first_due(&imp->in));
}

static void impair_free(struct impair *imp)
{
	free(imp->out.heap);
	free(imp->in.heap);
	free(imp->pool);
	free(imp->free_slots);
	free(imp);
}

static void impair_close(struct link *l)
{
	impair_free(impair_of(l));
}

static const struct link_ops impair_ops = {
	.send = impair_send,
	.recv = impair_recv,
	.next = impair_next,
	.turn = impair_turn,
	.close = impair_close,
};

/* The pool's pages are touched only when frames lie in them. */
static int allocate(struct impair *imp)
{
	imp->pool = calloc(IMPAIR_FRAMES, imp->slot_bytes);
	imp->free_slots = calloc(IMPAIR_FRAMES, sizeof(*imp->free_slots));
	imp->out.heap = calloc(IMPAIR_FRAMES, sizeof(*imp->out.heap));
	imp->in.heap = calloc(IMPAIR_FRAMES, sizeof(*imp->in.heap));
	if (!imp->pool || !imp->free_slots || !imp->out.heap || !imp->in.heap)
		return -ENOMEM;
	for (uint32_t i = 0; i < IMPAIR_FRAMES; i++)
		imp->free_slots[i] = IMPAIR_FRAMES - 1 - i;
	imp->nfree = IMPAIR_FRAMES;
	return 0;
}

int link_impair_open(struct link *below, const struct impairment *how,
		     struct link **out)
{
	struct impair *imp;

	if (below->caps & LINK_NO_NEIGH)
		return -EINVAL;
	imp = calloc(1, sizeof(*imp));
	if (!imp)
		return -ENOMEM;
	/* Ethernet header, IP packet, and two VLAN tags to spare. */
	imp->slot_bytes = sizeof(struct eth_wire) + below->mtu + 8;
	if (allocate(imp) < 0) {
		impair_free(imp);
		return -ENOMEM;
	}
	imp->how = *how;
	rand_init(&imp->out.rand, &(struct rand_key){how->seed, 1});
	rand_init(&imp->in.rand, &(struct rand_key){how->seed, 2});
	imp->link = *below;
	imp->link.ops = &impair_ops;
	imp->link.caps = 0;
	imp->link.below = below;
	imp->link.file = -1;
	*out = &imp->link;
	return 0;
}
