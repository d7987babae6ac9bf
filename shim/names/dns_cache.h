/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * dns_cache.h - answers of name servers, kept as long as they are true
 *
 * What this room is for
 *   A verdict about one name and type is kept for the time that came with it,
 *   also that there is no such name or no such data. It is found again only
 *   under the same name servers.
 *
 * Never      keeps what failed, or what came with no time.
 * Threads    any; who finds it busy goes on without it.
 * Follows    RFC 1035 7.4; RFC 2308 5 (what is not there); RFC 8767 4 (a cap).
 */
#ifndef SHIM_DNS_CACHE_H
#define SHIM_DNS_CACHE_H

#include "dns_client.h"

enum {
	DNS_CACHE_MAX = 64,            /* answers; about 1.4 KiB each */
	DNS_CACHE_TTL_MAX = 24 * 3600, /* seconds */
	DNS_CACHE_NEGATIVE_MAX = 3 * 3600,
};

/* Fills verdict and answer of `q`, whose type is asked for, and returns true;
 * the answer's ttl is 0 then. */
bool dns_cache_find(const struct resolve_conf *conf,
		    const struct dns_name *name, struct dns_query *q,
		    uint64_t now_us);

/* Keeps it for its ttl; in place of what would have ended first when full. */
void dns_cache_keep(const struct resolve_conf *conf,
		    const struct dns_name *name, const struct dns_query *q,
		    uint64_t now_us);

#endif
