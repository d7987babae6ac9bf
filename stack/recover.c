/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * recover.c - the last holder of the stack lock died inside
 *
 * What this room is for
 *   Counts and reports the event. Rebuilding what is derived from the primary
 *   objects (arena_next() finds them) is not done yet: a family whose member
 *   was killed inside the lock goes on with the state as it was left.
 *
 * Lock       the stack lock is held, inherited.
 */

#include "recover.h"

#include "log.h"

void recover_after_death(struct stack *st)
{
	stats_add(&st->eng.stats, STAT_LOCK_INHERITED, 1);
	log_warn("a process died inside the stack; its last operation may be "
		 "half done");
}
