/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * link_loop.c - frames sent come back
 *
 * What this room is for
 *   The link under the loopback interface, and so the way by which programs
 *   that share a stack talk to each other. Its queue lies in the arena: what
 *   one process sends, whoever drives takes out. A frame is copied once, when
 *   it is sent, because its payload is only borrowed then.
 *
 * Bounded    LOOP_FRAMES and LOOP_BYTES; beyond them -EAGAIN, a lost frame.
 * Lock       the stack lock is held.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "ground/limits.h"
#include "link.h"
#include "ground/list.h"
#include "ground/pkt.h"
#include "ground/tx.h"

enum { LOOP_FRAMES = 4096, LOOP_BYTES = 8 << 20 };

struct loop_queue {
	struct list pkts; /* [S] whole frames */
	uint32_t count;   /* [S] */
	size_t cost;      /* [S] pkt_cost() of all of them */
};

struct loop {
	struct link link;
	struct arena *arena;      /* [I] */
	struct loop_queue *queue; /* [I] in the arena */
};

static struct loop *loop_of(struct link *l)
{
	return container_of(l, struct loop, link);
}

static int loop_send(struct link *l, const struct tx *t)
{
	struct loop *loop = loop_of(l);
	struct loop_queue *q = loop->queue;
	struct pkt *p;

	if (q->count >= LOOP_FRAMES || q->cost >= LOOP_BYTES)
		return -EAGAIN;
	p = tx_flatten(loop->arena, t);
	if (!p)
		return -ENOBUFS;

	/* What is partial never was on a wire, and is not verified. */
	p->stamp = l->now;

	list_push(&q->pkts, &p->link);
	q->count++;
	q->cost += pkt_cost(p);
	return 0;
}

static struct pkt *loop_take(struct link *l)
{
	struct loop_queue *q = loop_of(l)->queue;
	struct list *first = list_pop(&q->pkts);
	struct pkt *p;

	if (!first)
		return NULL;
	p = list_entry(first, struct pkt, link);
	q->count--;
	q->cost -= pkt_cost(p);
	return p;
}

/* For callers that bring their own pkt; link_take() saves the copy. */
static int loop_recv(struct link *l, struct pkt *p)
{
	struct pkt *frame = loop_take(l);
	int len;

	if (!frame)
		return -EAGAIN;
	len = -EMSGSIZE;
	if (frame->len <= pkt_tailroom(p)) {
		memcpy(pkt_append(p, frame->len), frame->data, frame->len);
		p->csum = frame->csum;
		p->gso_size = frame->gso_size;
		p->segs = frame->segs;
		len = (int)p->len;
	}
	pkt_free(loop_of(l)->arena, frame);
	return len;
}

/* What is queued is due at once: a caller may leave some for its next turn. */
static usecs loop_next(struct link *l)
{
	return loop_of(l)->queue->count > 0 ? 0 : USECS_NEVER;
}

static void loop_close(struct link *l)
{
	free(loop_of(l));
}

static const struct link_ops loop_ops = {
	.send = loop_send,
	.recv = loop_recv,
	.take = loop_take,
	.next = loop_next,
	.close = loop_close,
};

static struct loop_queue *queue_new(struct arena *arena)
{
	struct loop_queue *q = arena_zalloc(arena, sizeof(*q), ARENA_OTHER);

	if (q)
		list_init(&q->pkts);
	return q;
}

int link_loop_open(struct arena *arena, struct loop_queue **queue,
		   struct link **out)
{
	struct loop *loop = calloc(1, sizeof(*loop));

	if (!loop)
		return -ENOMEM;
	if (!*queue)
		*queue = queue_new(arena);
	if (!*queue) {
		free(loop);
		return -ENOBUFS;
	}
	loop->arena = arena;
	loop->queue = *queue;
	loop->link.ops = &loop_ops;
	loop->link.fd = -1;
	loop->link.file = -1;
	loop->link.caps =
		LINK_CSUM | LINK_TSO4 | LINK_TSO6 | LINK_USO | LINK_NO_NEIGH;
	loop->link.mtu = LIMIT_LOOP_MTU;
	snprintf(loop->link.name, sizeof(loop->link.name), "lo");
	*out = &loop->link;
	return 0;
}

void link_loop_claim(struct arena *arena, struct loop_queue *queue)
{
	if (!queue || !arena_claim(arena, queue, ARENA_OTHER))
		return;
	queue->count = pkt_claim_list(arena, &queue->pkts);
	queue->cost = 0;
	list_for_each (it, &queue->pkts)
		queue->cost += pkt_cost(list_entry(it, struct pkt, link));
}

void link_loop_free_queue(struct arena *arena, struct loop_queue *queue)
{
	if (!queue)
		return;
	pkt_free_list(arena, &queue->pkts);
	arena_free(arena, queue);
}
