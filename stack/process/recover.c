/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * recover.c - the last holder of the stack lock died inside
 *
 * What this room is for
 *   The list of what is done then, in order. Primary objects were complete when
 *   the arena got to know their kind, and each says by itself what it is; all
 *   that leads to them, and every count, is made anew from them:
 *
 *     claim    each room claims the blocks that it has a link to;
 *     sweep    what nobody claimed is given back, so that nothing leaks;
 *     rebuild  tables, timers and lists from what is there;
 *     end      the connection that was being changed is reset, and everybody
 *              who sleeps looks once more.
 *
 *   A list that carries data or order (packets, TIME-WAIT, the accept queue)
 *   is followed forward, which list.h makes sure is possible. Nothing else of
 *   what was there is followed, not even to take it down: it may lead to the
 *   dead one's stack.
 *
 * Bounded    by what is in the arena: some microseconds for each object.
 * Never      cares where the dead one was. Whoever is killed in here is the
 *            next one's dead: all of it is done again.
 * Lock       the stack lock is held, inherited.
 * Proved by  recover_test.c recover_steps_test.c integration/kill_campaign.sh
 */

#include "recover.h"

#include "link/link.h"
#include "ground/log.h"
#include "socket/sock_rebuild.h"
#include "tcp/tcp_rebuild.h"

static void claim(struct stack *st)
{
	link_loop_claim(st->eng.arena, st->loop);
	for (size_t i = 0; i < LINKS_MAX; i++) {
		if (st->stream[i])
			(void)!arena_claim(st->eng.arena, st->stream[i],
					   ARENA_OTHER);
	}
	net_claim(&st->net);
	tcp_claim(&st->tcp);
	sock_claim(st);
}

static void rebuild(struct stack *st)
{
	engine_rebuild(&st->eng);
	timer_rebuild(&st->eng.timers, &st->trim);
	net_rebuild(&st->net);
	udp_rebuild(&st->udp);
	udp_rebuild(&st->echo);
	udp_rebuild(&st->raw);
	tcp_rebuild(&st->tcp);
	sock_rebuild(st);
}

void recover_after_death(struct stack *st)
{
	stats_add(&st->eng.stats, STAT_LOCK_INHERITED, 1);
	log_warn("a process died inside the stack; its operation is undone");
	arena_claim_begin(st->eng.arena);
	claim(st);
	arena_sweep(st->eng.arena);
	rebuild(st);
	arena_claim_end(st->eng.arena);
	tcp_rebuild_end(&st->tcp);
	sock_rebuild_end(st);
	st->loop_more = true;
}
