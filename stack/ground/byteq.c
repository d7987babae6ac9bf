/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * byteq.c - bytes in order, in the buffers they came in
 *
 * What this room is for
 *   The chain of pkts. Whoever walks it by offset begins at the nearest of
 *   three known places: the front, the end, and where the last walk ended. So
 *   sending in order, resending from the front and sending at the end are all
 *   short walks, however long the queue is.
 *
 * Never      keeps an empty pkt, or a big one for few bytes.
 * Lock       the stack lock is held.
 */
#include "byteq.h"

#include <string.h>

#include "must.h"

enum {
	/* A writer of single bytes fills this before it costs another. */
	BLOCK_MIN = 2048,
	/* Copying so little is cheaper than keeping a pkt for it. */
	COPY_MAX = 256,
};

static struct pkt *pkt_of(struct list *link)
{
	return list_entry(link, struct pkt, link);
}

static struct pkt *tail(const struct byteq *q)
{
	return list_is_empty(&q->pkts) ? NULL : pkt_of(q->pkts.prev);
}

void byteq_init(struct byteq *q, struct arena *arena)
{
	*q = (struct byteq){.arena = arena};
	list_init(&q->pkts);
}

void byteq_clear(struct byteq *q)
{
	pkt_free_list(q->arena, &q->pkts);
	byteq_init(q, q->arena);
}

/* Has data, and they lie in its buffer. */
static bool is_sound(const struct pkt *p)
{
	return p->len > 0 && p->data >= p->buf && p->data <= p->buf + p->room &&
	       p->len <= (size_t)(p->buf + p->room - p->data);
}

bool byteq_claim(struct byteq *q)
{
	size_t bytes = 0, cost = 0;
	bool sound = true;

	pkt_claim_list(q->arena, &q->pkts);
	list_for_each (it, &q->pkts) {
		const struct pkt *p = pkt_of(it);

		sound &= is_sound(p);
		bytes += p->len;
		cost += pkt_cost(p);
	}
	q->cost = cost;
	q->hint = NULL;
	q->hint_at = 0;
	return sound && q->bytes == bytes;
}

static void link_tail(struct byteq *q, struct pkt *p)
{
	list_push(&q->pkts, &p->link);
	q->cost += pkt_cost(p);
}

/* A block for n bytes if there is one, or else a small one, or else none. */
static struct pkt *new_tail(struct byteq *q, size_t n)
{
	const size_t least = BLOCK_MIN - sizeof(struct pkt);
	/* A block for 64 KiB of payload would be of the 80 KiB class. */
	const size_t most = BYTEQ_BLOCK_MAX;
	struct pkt *p = pkt_new(q->arena, MIN(MAX(n, least), most), 0);

	if (!p && n > least)
		p = pkt_new(q->arena, least, 0);
	if (p)
		link_tail(q, p);
	return p;
}

size_t byteq_write(struct byteq *q, struct uio *from, size_t max)
{
	size_t total = MIN(max, from->left);
	size_t left = total;
	struct pkt *p = tail(q);

	while (left > 0) {
		size_t room = p ? pkt_tailroom(p) : 0;
		size_t n = MIN(left, room);

		if (n > 0)
			uio_read(from, pkt_append(p, n), n);
		left -= n;
		if (left > 0) {
			p = new_tail(q, left);
			if (!p)
				break;
		}
	}
	q->bytes += total - left;
	return total - left;
}

/* Is the payload so small that the pkt is not worth keeping? */
static bool is_small(const struct pkt *p)
{
	return p->len <= COPY_MAX || p->len <= p->room / 4;
}

void byteq_give(struct byteq *q, struct pkt *p)
{
	struct pkt *last = tail(q);
	size_t len = p->len;

	MUST(!list_is_linked(&p->link));

	q->bytes += len;
	if (len == 0) {
		pkt_free(q->arena, p);
		return;
	}
	if (last && is_small(p) && pkt_tailroom(last) >= len) {
		memcpy(pkt_append(last, len), p->data, len);
		pkt_free(q->arena, p);
		return;
	}
	link_tail(q, pkt_compact(q->arena, p));
}

/* The pkt that holds byte `offset` < q->bytes, remembered as the hint. */
static struct pkt *find(struct byteq *q, size_t offset)
{
	struct pkt *p = pkt_of(q->pkts.next);
	size_t at = 0;

	if (q->bytes - offset < offset) {
		p = tail(q);
		at = q->bytes - p->len;
	}
	if (q->hint) {
		size_t from_hint = offset > q->hint_at ? offset - q->hint_at
						       : q->hint_at - offset;

		if (from_hint < MIN(offset, q->bytes - offset)) {
			p = q->hint;
			at = q->hint_at;
		}
	}

	while (offset >= at + p->len) {
		at += p->len;
		p = pkt_of(p->link.next);
	}
	while (offset < at) {
		p = pkt_of(p->link.prev);
		at -= p->len;
	}
	q->hint = p;
	q->hint_at = at;
	return p;
}

size_t byteq_iov(struct byteq *q, size_t offset, size_t len, struct iovec *iov,
		 uint32_t max, uint32_t *niov)
{
	size_t left, skip;
	struct pkt *p;

	*niov = 0;
	if (offset >= q->bytes || len == 0 || max == 0)
		return 0;
	len = left = MIN(len, q->bytes - offset);
	p = find(q, offset);
	skip = offset - q->hint_at;

	for (;;) {
		size_t n = MIN(left, p->len - skip);

		iov[(*niov)++] = (struct iovec){p->data + skip, n};
		left -= n;
		if (left == 0 || *niov == max)
			return len - left;
		q->hint_at += p->len;
		p = q->hint = pkt_of(p->link.next);
		skip = 0;
	}
}

size_t byteq_peek(struct byteq *q, size_t offset, struct uio *to, size_t max)
{
	size_t done = 0;

	max = MIN(max, to->left);
	while (done < max) {
		struct iovec iov[16];
		uint32_t niov;

		if (!byteq_iov(q, offset + done, max - done, iov,
			       ARRAY_LEN(iov), &niov))
			break;
		for (uint32_t i = 0; i < niov; i++)
			done += uio_write(to, iov[i].iov_base, iov[i].iov_len);
	}
	return done;
}

size_t byteq_read(struct byteq *q, struct uio *to, size_t max)
{
	size_t n = byteq_peek(q, 0, to, max);

	byteq_drop(q, n);
	return n;
}

void byteq_drop(struct byteq *q, size_t n)
{
	size_t left = n;

	MUST(n <= q->bytes);
	q->bytes -= n;
	q->hint_at -= MIN(n, q->hint_at);

	while (left > 0) {
		struct pkt *p = pkt_of(q->pkts.next);

		if (left < p->len) {
			(void)pkt_pull(p, left);
			return;
		}
		left -= p->len;
		if (p == q->hint)
			q->hint = NULL;
		q->cost -= pkt_cost(p);
		pkt_free(q->arena, p);
	}
}
