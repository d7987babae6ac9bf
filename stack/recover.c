/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * recover.c - the last holder of the stack lock died inside
 *
 * What this room is for
 *   Derives the arena's free lists and accounts anew, resets the connection
 *   whose operation was open (the only one whose own state may be half made),
 *   and wakes everybody whose wake-up the dead one had noted.
 *
 *   Hash tables, the timer heap and the lists of other rooms are not rebuilt
 *   from the slabs yet: a death in the few instructions that change one of
 *   them goes on with it as it was left.
 *
 * Lock       the stack lock is held, inherited.
 * Proved by  recover_test.c integration/kill_campaign.sh
 */

#include "recover.h"

#include "log.h"

static void reset_busy(struct stack *st)
{
	struct sock *s = sock_find(st, st->busy);
	uint8_t phase;

	/* A listener is not a connection: what it lists belongs to others. */
	if (!s || !s->conn || tcp_get_state(s->conn) == TCPS_LISTEN)
		return;
	phase = s->phase;
	sock_stream_disconnect(s);
	/* To its program it is a connection that ended, not a new socket. */
	s->phase = phase;
	sock_update(s, EPOLLIN | EPOLLOUT | EPOLLHUP);
}

static void wake_all_again(struct stack *st)
{
	struct waiter *w = NULL;

	while ((w = arena_next(st->eng.arena, ARENA_WAIT, w)))
		waiter_wake_again(w);
}

void recover_after_death(struct stack *st)
{
	stats_add(&st->eng.stats, STAT_LOCK_INHERITED, 1);
	log_warn("a process died inside the stack; its operation is undone");
	arena_repair(st->eng.arena);
	reset_busy(st);
	wake_all_again(st);
}
