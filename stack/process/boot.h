/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * boot.h - what making a stack and joining one have in common
 *
 * What this room is for
 *   The arena's descriptor in this process, and giving back what a start took
 *   that failed.
 */
#ifndef STACK_BOOT_H
#define STACK_BOOT_H

#include "ground/arena.h"
#include "ground/explain.h"
#include "stack.h"

/* As the configuration says, which was checked. */
void boot_open_log(const struct stack_config *c);

/* The arena is mapped, and `fd` is its descriptor: ours from now on. */
void boot_adopt_arena(struct arena *arena, int fd);
int boot_arena_fd(void);

/* Where the arena must lie there is something else: -EEXIST. */
int boot_explain_taken(const struct why *why);

/* The gateways and routes that it names; with the stack lock held. */
struct stack;
int boot_add_routes(const struct stack_config *c, struct stack *st,
		    const struct why *why) MUST_CHECK;

/* After a failure another try may follow. */
void boot_take_back(struct arena *arena);

#endif
