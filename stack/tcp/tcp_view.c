/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_view.c - every connection of the host, one after the other
 *
 * What this room is for
 *   See tcp_view.h. Connections are walked in the order of their addresses in
 *   the arena, so that the place of one that has gone meanwhile is still a
 *   place to go on from.
 *
 * Never      changes anything.
 * Lock       the stack lock is held.
 * Proved by  nl_diag_test.c
 */
#include <string.h>

#include "tcp_listen.h"
#include "tcp_priv.h"
#include "tcp_tw.h"
#include "tcp_view.h"

static const uint8_t linux_state[] = {
	[TCPS_ESTABLISHED] = 1, [TCPS_SYN_SENT] = 2,   [TCPS_SYN_RCVD] = 3,
	[TCPS_FIN_WAIT_1] = 4,  [TCPS_FIN_WAIT_2] = 5, [TCPS_TIME_WAIT] = 6,
	[TCPS_CLOSED] = 7,      [TCPS_CLOSE_WAIT] = 8, [TCPS_LAST_ACK] = 9,
	[TCPS_LISTEN] = 10,     [TCPS_CLOSING] = 11,
};
static_assert(ARRAY_LEN(linux_state) == TCPS_NSTATES, "a number for each");

uint8_t tcp_view_state(enum tcp_state s)
{
	return linux_state[s];
}

static usecs until(const struct engine *eng, usecs when)
{
	return when > eng->now ? when - eng->now : 0;
}

/* Of several that run, the one that Linux would name. */
static void view_timer(const struct tcp_conn *c, struct tcp_view *v)
{
	enum tcp_deadline which = TCP_NTIMERS;

	if (c->deadline[TCP_T_REXMIT] != USECS_NEVER) {
		v->timer = TCP_VIEW_RETRANSMIT;
		which = TCP_T_REXMIT;
		v->retries = c->retries;
	} else if (c->deadline[TCP_T_PERSIST] != USECS_NEVER) {
		v->timer = TCP_VIEW_PROBE;
		which = TCP_T_PERSIST;
		v->retries = c->rtt.backoffs;
	} else if (c->deadline[TCP_T_LINGER] != USECS_NEVER) {
		v->timer = TCP_VIEW_TIME_WAIT;
		which = TCP_T_LINGER;
	} else if (c->deadline[TCP_T_KEEPALIVE] != USECS_NEVER) {
		v->timer = TCP_VIEW_KEEPALIVE;
		which = TCP_T_KEEPALIVE;
		v->retries = c->keep_sent;
	}
	if (which != TCP_NTIMERS)
		v->timer_in = until(c->eng, c->deadline[which]);
}

static void view_conn(const struct tcp_conn *c, struct tcp_view *v)
{
	*v = (struct tcp_view){
		.key = c->b.key,
		.flags = c->b.flags,
		.state = (enum tcp_state)c->state,
		.rqueue = (uint32_t)c->rcvq.bytes,
		.wqueue = (uint32_t)c->sndq.bytes,
		.rcvbuf = c->rcvbuf,
		.sndbuf = c->sndbuf,
		.tos = tcp_manner_of(c, &c->b.key.remote)->tos,
		.shut_recv = c->recv_shut || c->peer_fin,
		.shut_send = c->send_shut,
		.owner = c->news.owner,
		.conn = c,
	};
	if (c->listener) {
		v->rqueue = c->listener->naccept;
		v->wqueue = c->listener->backlog;
	}
	view_timer(c, v);
}

/* Half-open peer number `n` of a listener; false: there are fewer. */
static bool view_half(const struct tcp_conn *c, uint32_t n, struct tcp_view *v)
{
	const struct tcp_half *h = c->listener ? c->listener->halves : NULL;
	usecs wait = LIMIT_RTO_INIT_US;

	while (h && n-- > 0)
		h = h->hh.next;
	if (!h)
		return false;
	wait <<= h->tries;
	*v = (struct tcp_view){
		.key = h->key,
		.flags = c->b.flags,
		.state = TCPS_SYN_RCVD,
		.timer = TCP_VIEW_RETRANSMIT,
		.timer_in = until(c->eng, h->sent_at + wait),
		.retries = h->tries,
		.tos = tcp_manner_of(c, &h->key.remote)->tos,
	};
	return true;
}

static bool view_time_wait(const struct tcp *t, uint64_t n, struct tcp_view *v)
{
	list_for_each (it, &t->time_wait) {
		const struct tcp_tw *w = list_entry(it, struct tcp_tw, link);

		if (n-- > 0)
			continue;
		*v = (struct tcp_view){
			.key = w->b.key,
			.flags = w->b.flags,
			.state = TCPS_TIME_WAIT,
			.timer = TCP_VIEW_TIME_WAIT,
			.timer_in = until(t->eng, w->until),
			.tos = w->manner.tos,
		};
		return true;
	}
	return false;
}

/* The halves of the listener that the walk stands at, if it is still there. */
static bool next_half(const struct tcp *t, struct tcp_view_cursor *c,
		      struct tcp_view *out)
{
	struct tcp_conn *conn = (void *)(uintptr_t)c->place;

	if (c->part == 0 || !arena_is(t->eng->arena, conn, ARENA_CONN))
		return false;
	return view_half(conn, c->part++ - 1, out);
}

bool tcp_view_next(const struct tcp *t, struct tcp_view_cursor *c,
		   struct tcp_view *out)
{
	struct tcp_conn *conn = (void *)(uintptr_t)c->place;

	if (c->in_time_wait)
		return view_time_wait(t, c->place++, out);
	if (next_half(t, c, out))
		return true;
	conn = arena_next(t->eng->arena, ARENA_CONN, conn);
	if (conn) {
		c->place = (uintptr_t)conn;
		c->part = 1;
		view_conn(conn, out);
		return true;
	}
	c->in_time_wait = true;
	c->place = 0;
	return view_time_wait(t, c->place++, out);
}

uint32_t tcp_view_established(const struct tcp *t)
{
	struct tcp_conn *c = NULL;
	uint32_t n = 0;

	while ((c = arena_next(t->eng->arena, ARENA_CONN, c)))
		n += c->state == TCPS_ESTABLISHED ||
		     c->state == TCPS_CLOSE_WAIT;
	return n;
}
