/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * links.h - the links of this process
 *
 * What this room is for
 *   Opens each link that the stack's list names, or adopts its descriptor, and
 *   stacks on it what the configuration wants: a capture, a bad wire. Link
 *   number n is that of interface n + 1, in every process.
 *
 * Lock       the stack lock is held.
 */
#ifndef STACK_LINKS_H
#define STACK_LINKS_H

#include "ground/explain.h"
#include "socket/sock.h"

/*
 * Opens link `n` of st->links with all its layers; `fd` is adopted when it is
 * not -1. 0, or -errno and a sentence.
 */
int links_open(const struct stack_config *c, struct stack *st, size_t n, int fd,
	       struct link **out, const struct why *why) MUST_CHECK;

/* The descriptors of the links that are open, in their order; how many. At most
 * LINKS_MAX. */
size_t links_fds(int *fds);

/* The boot failed, and another try may follow. */
void links_forget(void);

#endif
