/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * redirect.h - destinations that have a better first hop than the routes say
 *
 * What this room is for
 *   What routers told us by ICMP and ICMPv6 redirects. Bounded, and forgotten
 *   after LIMIT_REDIRECT_US, so that a lie or a change does not last.
 *
 * Lock       the stack lock is held.
 * Follows    RFC 1122 3.2.2.2, 3.3.1.2; RFC 4861 8.
 */
#ifndef STACK_REDIRECT_H
#define STACK_REDIRECT_H

#include "link/inet.h"
#include "ground/limits.h"

struct iface;
struct net;

struct redirect {
	struct inet_addr dst; /* [S] any: free */
	struct inet_addr hop; /* [S] the better first hop */
	uint32_t ifindex;     /* [S] of the link it is on */
	usecs expires;        /* [S] */
};

struct redirect_table {
	struct redirect entries[LIMIT_REDIRECTS]; /* [S] hashed, 4-way */
	uint32_t live;                            /* [S] 0: lookups are free */
};

/*
 * `from` says that `hop` is better for `dst`. Believed when `from` is the
 * first hop that we use now, and hop is on the same link and not ours. True
 * when it was.
 */
bool redirect_learn(struct iface *ifp, const struct inet_addr *from,
		    const struct inet_addr *dst, const struct inet_addr *hop);

/* The better first hop out of `ifp`, or NULL. One whose link address cannot be
 * found out is forgotten. */
const struct inet_addr *redirect_find(struct iface *ifp,
				      const struct inet_addr *dst);

#endif
