/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * nl_watch.h - what has changed since the last turn, for those who listen
 *
 * What this room is for
 *   `ip monitor` wants to hear of everything: what programs change, and what
 *   the stack itself does (an address that nobody else has, a neighbour that
 *   answered, a router that announced itself). So the state is compared, at
 *   the end of each turn, with what was told; no other room has to know. It
 *   costs something only while somebody listens.
 *
 * Derived    all of it: recovery forgets it, and tells the rest from there on.
 * Bounded    WATCH_NEIGHS neighbours; the others are not told of.
 * Lock       the stack lock is held.
 * Follows    rtnetlink(7), ip-monitor(8).
 */
#ifndef STACK_NL_WATCH_H
#define STACK_NL_WATCH_H

struct stack;

/* At the end of a turn. Who begins to listen hears of changes from then on. */
void nl_watch_settle(struct stack *st);

/* Nobody listens any more: gives the memory back. */
void nl_watch_end(struct stack *st);

#endif
