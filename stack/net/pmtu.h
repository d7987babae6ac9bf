/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * pmtu.h - what is known about the MTU of paths
 *
 * What this room is for
 *   Destinations whose path MTU is smaller than the interface's, learned from
 *   "fragmentation needed". Bounded; forgotten after LIMIT_PMTU_US, so that a
 *   path may grow again.
 *
 * Lock       the stack lock is held.
 * Follows    RFC 1191 5, 6.3; RFC 8201.
 */
#ifndef STACK_PMTU_H
#define STACK_PMTU_H

#include "ground/engine.h"
#include "link/inet.h"
#include "ground/limits.h"

struct pmtu_entry {
	struct inet_addr dst; /* any: free */
	uint32_t mtu;
	usecs expires;
};

struct pmtu_table {
	struct engine *eng;
	struct pmtu_entry entries[LIMIT_PMTU_ENTRIES]; /* [S] hashed, 4-way */
	uint32_t live; /* [S] 0: lookups are free */
};

void pmtu_init(struct pmtu_table *t, struct engine *eng);

/* After a death inside: counts the entries. */
void pmtu_rebuild(struct pmtu_table *t);

/* Smaller of `ceiling` and what is known. */
uint32_t pmtu_get(struct pmtu_table *t, const struct inet_addr *dst,
		  uint32_t ceiling);

/*
 * A router said so; `mtu` 0 means an old router that does not say, then the
 * next plateau below `packet_len` counts (RFC 1191 7). Never below
 * LIMIT_PMTU_FLOOR, never raises. True when the path's MTU changed.
 */
bool pmtu_learn(struct pmtu_table *t, const struct inet_addr *dst, uint32_t mtu,
		uint32_t packet_len);

#endif
