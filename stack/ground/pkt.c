/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * pkt.c - a packet that arrived, and payload that is kept
 *
 * What this room is for
 *   Takes a pkt and its buffer as one block, and uses all of the block: what
 *   the class leaves over is tailroom.
 *
 * Never      shares a buffer between two pkts.
 * Lock       the stack lock is held.
 */
#include "pkt.h"

#include <string.h>

#include "must.h"

struct pkt *pkt_new(struct arena *a, size_t room, size_t headroom)
{
	size_t bytes;
	struct pkt *p;

	MUST(headroom <= room && room < UINT32_MAX / 2);

	bytes = arena_round(sizeof(*p) + room);
	p = arena_alloc(a, bytes, ARENA_PKT);
	if (!p)
		return NULL;
	*p = (struct pkt){.room = (uint32_t)(bytes - sizeof(*p)), .segs = 1};
	p->data = p->buf + headroom;
	list_init(&p->link);
	return p;
}

/* NULL is allowed. */
void pkt_free(struct arena *a, struct pkt *p)
{
	if (!p)
		return;
	list_remove(&p->link);
	arena_free(a, p);
}

void pkt_free_list(struct arena *a, struct list *pkts)
{
	struct list *link;

	while ((link = list_pop(pkts)))
		arena_free(a, list_entry(link, struct pkt, link));
}

uint32_t pkt_claim_list(struct arena *a, struct list *pkts)
{
	/* Nobody lived to make it a list. */
	if (!pkts->next)
		list_init(pkts);
	return arena_claim_list(a, pkts, ARENA_PKT, offsetof(struct pkt, link));
}

void *pkt_push(struct pkt *p, size_t n)
{
	MUST((size_t)(p->data - p->buf) >= n);
	p->data -= n;
	p->len += (uint32_t)n;
	return p->data;
}

void pkt_trim(struct pkt *p, size_t len)
{
	MUST(len <= p->len);
	p->len = (uint32_t)len;
}

void *pkt_append(struct pkt *p, size_t n)
{
	uint8_t *end = p->data + p->len;

	MUST(n <= pkt_tailroom(p));
	p->len += (uint32_t)n;
	return end;
}

size_t pkt_cost(const struct pkt *p)
{
	return sizeof(*p) + p->room;
}

/* Where `at` lies in the copy, or NULL when it was not copied. */
static uint8_t *moved(const struct pkt *from, const struct pkt *to,
		      const uint8_t *at)
{
	if (!at || at < from->data || at >= from->data + from->len)
		return NULL;
	return to->data + (at - from->data);
}

struct pkt *pkt_compact(struct arena *a, struct pkt *p)
{
	struct pkt *small;
	uint32_t room;
	uint8_t *data;

	MUST(!list_is_linked(&p->link));

	/* Worth a copy only if at least half of the cost goes away. */
	if (arena_round(sizeof(*p) + p->len) > pkt_cost(p) / 2)
		return p;
	small = pkt_new(a, p->len, 0);
	if (!small)
		return p;

	room = small->room;
	data = small->data;
	*small = *p;
	small->room = room;
	small->data = data;
	list_init(&small->link);
	memcpy(data, p->data, p->len);
	small->l3 = moved(p, small, p->l3);
	small->l4 = moved(p, small, p->l4);
	arena_free(a, p);
	return small;
}
