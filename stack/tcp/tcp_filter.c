/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_filter.c - filters of connections
 *
 * What this room is for
 *   See tcp_filter.h. The list is what is sure after a death; the table, by the
 *   place of the connection, and the bits in connections are made from it.
 *
 * Lock       the stack lock is held.
 */
#include "tcp_filter.h"

#include <errno.h>

#include "transport/filter.h"

#include <uthash.h>

/* A block of kind ARENA_OTHER. */
struct tcp_filtered {
	struct list link; /* in tcp->filters */
	struct tcp_conn *conn;
	struct bpf *f;
	UT_hash_handle hh; /* by conn */
};

void tcp_filter_init(struct tcp *t)
{
	list_init(&t->filters);
	t->filter_of = NULL;
}

static struct tcp_filtered *find(const struct tcp_conn *c)
{
	struct engine *eng = c->eng;
	struct tcp_filtered *e = NULL;

	if (c->is_filtered)
		HASH_FIND_PTR(c->tcp->filter_of, &c, e);
	return e;
}

struct bpf *tcp_filter(const struct tcp_conn *c)
{
	struct tcp_filtered *e = find(c);

	return e ? e->f : NULL;
}

static bool enter(struct tcp *t, struct tcp_filtered *e)
{
	struct engine *eng = t->eng;
	struct tcp_filtered *found = NULL;

	HASH_ADD_PTR(t->filter_of, conn, e);
	HASH_FIND_PTR(t->filter_of, &e->conn, found);
	e->conn->is_filtered = found == e;
	return found == e;
}

static void end(struct tcp *t, struct tcp_filtered *e)
{
	struct bpf *f = e->f;

	e->f = NULL;
	list_remove(&e->link);
	bpf_put(t->eng->arena, f);
	arena_free(t->eng->arena, e);
}

void tcp_filter_drop(struct tcp_conn *c)
{
	struct engine *eng = c->eng;
	struct tcp_filtered *e = find(c);

	c->is_filtered = false;
	if (!e)
		return;
	HASH_DELETE(hh, c->tcp->filter_of, e);
	end(c->tcp, e);
}

int tcp_set_filter(struct tcp_conn *c, struct bpf *f)
{
	struct tcp *t = c->tcp;
	struct tcp_filtered *e;

	MUST_HOLD(&c->eng->lock);
	tcp_filter_drop(c);
	if (!f)
		return 0;
	e = arena_zalloc(t->eng->arena, sizeof(*e), ARENA_OTHER);
	if (!e)
		return -ENOBUFS;
	e->conn = c;
	e->f = f;
	list_init(&e->link);
	list_push(&t->filters, &e->link);
	if (enter(t, e))
		return 0;
	e->f = NULL; /* stays the caller's */
	end(t, e);
	return -ENOBUFS;
}

int tcp_filter_inherit(struct tcp_conn *c, const struct tcp_conn *listener)
{
	struct bpf *f = bpf_get(tcp_filter(listener));
	int err = tcp_set_filter(c, f);

	if (err)
		bpf_put(c->eng->arena, f);
	return err;
}

bool tcp_filter_takes(const struct tcp_conn *c, struct tcp_seg *s)
{
	const struct bpf *f = tcp_filter(c);
	struct pkt *p = s->p;
	size_t header = (size_t)(p->data - p->l4);
	bool wanted;

	if (!f)
		return true;
	pkt_push(p, header);
	wanted = filter_takes(f, s->ifp, p, header);
	if (!pkt_pull(p, header))
		return false;
	s->len = p->len;
	return wanted;
}

void tcp_filter_claim(struct tcp *t)
{
	struct arena *a = t->eng->arena;

	arena_claim_list(a, &t->filters, ARENA_OTHER,
			 offsetof(struct tcp_filtered, link));
	list_for_each (it, &t->filters) {
		struct tcp_filtered *e =
			list_entry(it, struct tcp_filtered, link);

		if (!e->f || !bpf_claim(a, e->f))
			e->f = NULL;
		if (!arena_is_claimed(a, e->conn, ARENA_CONN))
			e->conn = NULL;
	}
}

void tcp_filter_rebuild(struct tcp *t)
{
	struct arena *a = t->eng->arena;
	struct tcp_conn *c = NULL;

	t->filter_of = NULL;
	while ((c = arena_next(a, ARENA_CONN, c)))
		c->is_filtered = false;
	list_for_each_safe (it, tmp, &t->filters) {
		struct tcp_filtered *e =
			list_entry(it, struct tcp_filtered, link);

		if (!e->f || !e->conn || e->conn->is_filtered || !enter(t, e))
			end(t, e);
	}
}
