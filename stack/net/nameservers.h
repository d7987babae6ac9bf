/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * nameservers.h - name servers and search domains that the network tells of
 *
 * What this room is for
 *   Two small tables for what routers and DHCPv6 say, each for as long as was
 *   said. They expire when somebody looks, so that they need no timer.
 *
 * Lock       the stack lock is held.
 * Follows    RFC 8106 5, 6; RFC 3646; RFC 1035 3.1 (names).
 */
#ifndef STACK_NAMESERVERS_H
#define STACK_NAMESERVERS_H

#include "ground/limits.h"
#include "link/inet.h"

struct net;

enum {
	NAMESERVERS_DOMAIN_SIZE = 254, /* text, with its 0 */
};

/* In the order of trust (RFC 8106 5.3.1). */
enum nameserver_origin { NAMESERVER_BY_DHCP, NAMESERVER_BY_ROUTER };

/* Who said it, and until when it holds. */
struct nameserver_from {
	uint32_t ifindex;              /* [S] 0: free */
	enum nameserver_origin origin; /* [S] */
	usecs until;                   /* [S] USECS_NEVER: for ever */
};

struct nameserver {
	struct nameserver_from from;
	struct inet_addr addr; /* [S] */
};

struct search_domain {
	struct nameserver_from from;
	char name[NAMESERVERS_DOMAIN_SIZE]; /* [S] "example.net" */
};

struct nameservers {
	struct nameserver servers[LIMIT_NAMESERVERS];    /* [S] */
	struct search_domain domains[LIMIT_NAMESERVERS]; /* [S] */
};

/* Addresses of 16 bytes each. Of those that are known the time is set; no time
 * left: forgotten. When the table is full, what is in it stays. */
void nameservers_learn(struct net *n, const struct nameserver_from *from,
		       const uint8_t *addrs, size_t len);

/* As above, with names of labels, not compressed; zeros behind the last. What
 * is no host's name ends the list. */
void nameservers_learn_domains(struct net *n,
			       const struct nameserver_from *from,
			       const uint8_t *names, size_t len);

/* All that `origin` said on that interface. */
void nameservers_forget(struct net *n, uint32_t ifindex,
			enum nameserver_origin origin);

/* The i-th that holds now, DHCP's first; NULL: there are no more. */
const struct nameserver *nameservers_get(const struct net *n, size_t i);
const struct search_domain *nameservers_get_domain(const struct net *n,
						   size_t i);

#endif
