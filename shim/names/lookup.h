/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * lookup.h - from a name to a host, from an address to a host
 *
 * What this room is for
 *   Reads the files that say how names are looked up here, and asks /etc/hosts
 *   and the name servers in that order. Both families of resolver calls
 *   (resolve.c, gethost.c) are thin layers over it.
 *
 * Follows    nsswitch.conf(5), resolv.conf(5) on search and ndots; RFC 6761
 *            6.3: localhost is always the loopback.
 */
#ifndef SHIM_LOOKUP_H
#define SHIM_LOOKUP_H

#include <stdbool.h>

#include "hosts.h"
#include "resolve_conf.h"

enum lookup_verdict {
	LOOKUP_FOUND,
	LOOKUP_NO_NAME,   /* there is no such name */
	LOOKUP_NO_DATA,   /* it has no address of these families */
	LOOKUP_TRY_AGAIN, /* no name server answered */
	LOOKUP_NO_MEMORY,
};

/* `name` is not a numeric address; `families` are HOST_V4 and HOST_V6. */
enum lookup_verdict lookup_name(const char *name, unsigned int families,
				struct host *out);

enum lookup_verdict lookup_addr(const struct host_addr *addr, struct host *out);

/* The first search domain, or "". For getnameinfo()'s NI_NOFQDN. */
void lookup_own_domain(char *domain, size_t size);

/* How names are looked up now: both files, the environment, and NSSHIM_DNS or
 * what the network said. False: no memory. */
bool lookup_conf(struct resolve_conf *conf);

/* The same in two steps, for who wants to know what the host's own
 * /etc/resolv.conf says by itself, and then the rest on top of it. */
bool lookup_host_conf(struct resolve_conf *conf);
bool lookup_add_to_host_conf(struct resolve_conf *conf);

/* Are the servers other ones than those of the host's /etc/resolv.conf? */
bool lookup_has_own_servers(void);

#endif
