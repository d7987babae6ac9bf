/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * engine.c - what every room of the stack stands on
 *
 * What this room is for
 *   Puts the ground floor together, and keeps the list of objects about which
 *   there is news.
 *
 * Lock       the stack lock is held for all but engine_init().
 */
#include "engine.h"

/* What keys are derived for; a number is never used for two purposes. */
enum purpose { PURPOSE_HASH = 1 };

void engine_init(struct engine *e, struct arena *arena,
		 const struct rand_key *seed)
{
	*e = (struct engine){.arena = arena};
	lock_init(&e->lock);
	timer_heap_init(&e->timers, arena);
	rand_init(&e->rand, seed);
	e->hash_key = rand_derive(&e->rand, PURPOSE_HASH);
	list_init(&e->news);
	e->packets = 0;
	e->cause = 0;
}

void engine_fini(struct engine *e)
{
	timer_heap_fini(&e->timers);
}

void engine_rebuild(struct engine *e)
{
	timer_heap_rebuild(&e->timers);
	list_init(&e->news);
	e->listeners = 0;
}

void news_init(struct news *n)
{
	list_init(&n->link);
	n->bits = 0;
	n->owner = NULL;
}

void news_leave(struct engine *e, struct news *n, uint32_t bits)
{
	if (!n->owner || !bits)
		return;
	n->bits |= bits;
	if (!list_is_linked(&n->link))
		list_push(&e->news, &n->link);
}

void news_forget(struct news *n)
{
	list_remove(&n->link);
	n->bits = 0;
	n->owner = NULL;
}
