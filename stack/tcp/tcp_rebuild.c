/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_rebuild.c - connections after a process was killed inside
 *
 * What this room is for
 *   See tcp_rebuild.h. A conn is found by walking the arena, because it was
 *   complete when it got its kind (tcp_new). Its own numbers can be relied on
 *   unless it is tcp->busy; its queues are counted again, and a conn whose
 *   queue does not hold what it should ends, too.
 *
 * Goes out   resets to the peers of what ends.
 * Lock       the stack lock is held, inherited.
 * Proved by  recover_test.c recover_steps_test.c
 */
#include "tcp_rebuild.h"

#include "tcp_filter.h"

#include <errno.h>

#include "tcp_listen.h"
#include "tcp_priv.h"
#include "tcp_reasm.h"
#include "tcp_timer.h"
#include "tcp_tw.h"

static bool is_busy(const struct tcp_conn *c)
{
	return c->tcp->busy == c;
}

static struct tcp_conn *child_at(struct list *link)
{
	return list_entry(link, struct tcp_conn, in_queue);
}

/* --- before the sweep ---------------------------------------------------- */

static void claim_parts(struct tcp_conn *c)
{
	bool sound = byteq_claim(&c->sndq);

	sound = byteq_claim(&c->rcvq) && sound;
	c->is_broken = c->is_broken || !sound;
	tcp_reasm_claim(c);
	if (!arena_claim(c->eng->arena, c->sack, ARENA_OTHER))
		c->sack = NULL;
	c->news.owner = NULL;
}

/* All listeners first: their lists say who waits to be accepted. */
static void claim_listeners(struct tcp *t)
{
	struct arena *a = t->eng->arena;
	struct tcp_conn *c = NULL;

	while ((c = arena_next(a, ARENA_CONN, c))) {
		if (c->state != TCPS_LISTEN)
			continue;
		if (!tcp_listen_claim(c)) {
			c->listener = NULL;
			continue;
		}
		list_for_each (it, &c->listener->accept)
			claim_parts(child_at(it));
	}
}

void tcp_claim(struct tcp *t)
{
	struct arena *a = t->eng->arena;
	struct tcp_conn *c = NULL;

	tcp_tw_claim(t);
	claim_listeners(t);
	while ((c = arena_next(a, ARENA_CONN, c))) {
		(void)!arena_claim(a, c, ARENA_CONN);
		claim_parts(c);
		list_init(&c->in_queue);
		if (c->state != TCPS_LISTEN)
			c->listener = NULL;
	}
	tcp_filter_claim(t);
}

bool tcp_is_kept(const struct tcp *t, const struct tcp_conn *c)
{
	return arena_is_claimed(t->eng->arena, c, ARENA_CONN) && !c->is_orphan;
}

/* --- after the sweep ----------------------------------------------------- */

/* A name that is being given or taken is none. */
static void restore_binding(struct tcp_conn *c)
{
	if (is_busy(c) && c->state == TCPS_CLOSED)
		c->b.is_bound = false;
	if (c->state != TCPS_LISTEN)
		c->b.flags &= ~(uint32_t)BINDING_LISTENING;
	ports_restore(&c->tcp->ports, &c->b);
}

static void rebuild_conn(struct tcp_conn *c)
{
	struct tcp *t = c->tcp;

	t->nconns++;
	t->norphans += c->is_orphan && c->state != TCPS_CLOSED;
	news_init(&c->news);
	list_init(&c->dirty);
	list_init(&c->hungry);
	c->starved = false;
	restore_binding(c);
	tcp_timer_rebuild(c);
	/* Whoever had something to do does it once more. */
	tcp_mark_dirty(c);
}

void tcp_rebuild(struct tcp *t)
{
	struct arena *a = t->eng->arena;
	struct tcp_conn *c = NULL;

	ports_rebuild(&t->ports);
	list_init(&t->dirty);
	list_init(&t->hungry);
	t->hungry_at = ARENA_ROOM_PLENTY;
	t->nconns = t->norphans = 0;
	t->silent = NULL; /* its deadline will do */
	while ((c = arena_next(a, ARENA_CONN, c)))
		rebuild_conn(c);
	tcp_filter_rebuild(t);
	tcp_tw_rebuild(t);
	/* Who is known already is not half-open any more. */
	while ((c = arena_next(a, ARENA_CONN, c))) {
		if (c->state == TCPS_LISTEN && c->listener)
			tcp_listen_rebuild(c);
	}
}

/* --- the end ------------------------------------------------------------- */

/* Made, but not yet given to anybody; or given up, but not yet closed. */
static bool is_nobodys(const struct tcp_conn *c)
{
	return !c->news.owner && !c->is_orphan && !tcp_is_queued(c);
}

/* It listens on, unless it was just being closed. */
static void end_listener(struct tcp_conn *c)
{
	if (c->listener && !c->is_orphan && !is_nobodys(c))
		return;
	if (c->listener)
		tcp_listen_close(c);
	tcp_finish(c, 0);
}

/* To its program it is a connection that was reset. */
static void end(struct tcp_conn *c)
{
	if (c->is_broken) {
		byteq_clear(&c->sndq);
		byteq_clear(&c->rcvq);
	}
	c->is_broken = false;
	if (c->state == TCPS_LISTEN) {
		end_listener(c);
		return;
	}
	c->path_at = 0;
	if (c->state == TCPS_TIME_WAIT)
		tcp_finish(c, 0);
	else
		tcp_reset(c, ECONNRESET);
}

void tcp_rebuild_end(struct tcp *t)
{
	struct tcp_conn *busy = t->busy;
	struct tcp_conn *c = NULL;

	while ((c = arena_next(t->eng->arena, ARENA_CONN, c))) {
		bool unknown = is_nobodys(c);

		if (c == busy || c->is_broken || unknown)
			end(c);
		else if (c->state == TCPS_LISTEN)
			end_listener(c);
		if (unknown)
			c->is_orphan = true;
	}
	tcp_work_on(t, NULL);
}
