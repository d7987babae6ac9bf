/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * dns_cache.c - answers of name servers, kept as long as they are true
 *
 * What this room is for
 *   See dns_cache.h. A process has one of its own, and a child goes on with a
 *   copy: an answer that many processes trust would be worth forging more.
 *
 * Bounded    DNS_CACHE_MAX entries, looked through one by one.
 * Proved by  dns_cache_test.c, integration/names.sh
 */
#include "dns_cache.h"

#include <pthread.h>
#include <string.h>

struct entry {
	uint64_t until_us; /* 0: free */
	uint64_t servers;  /* who was asked */
	struct dns_name name;
	struct dns_query query;
};

/* A child that was forked while it was locked has no cache: nobody waits. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct entry entries[DNS_CACHE_MAX];

/* FNV-1a of the servers: with other ones, other answers may be true. */
static uint64_t hash_servers(const struct resolve_conf *conf)
{
	const uint8_t *bytes = (const uint8_t *)conf->servers;
	uint64_t hash = 0xcbf29ce484222325;

	for (size_t i = 0; i < conf->nservers * sizeof(conf->servers[0]); i++)
		hash = (hash ^ bytes[i]) * 0x100000001b3;
	return hash;
}

static bool is_same(const struct entry *e, uint64_t servers, uint16_t type,
		    const struct dns_name *name)
{
	return e->until_us && e->servers == servers && e->query.type == type &&
	       dns_name_is_equal(&e->name, name);
}

bool dns_cache_find(const struct resolve_conf *conf,
		    const struct dns_name *name, struct dns_query *q,
		    uint64_t now_us)
{
	uint64_t servers = hash_servers(conf);
	bool found = false;

	if (pthread_mutex_trylock(&lock) != 0)
		return false;
	for (size_t i = 0; i < DNS_CACHE_MAX && !found; i++) {
		const struct entry *e = &entries[i];

		found = e->until_us > now_us &&
			is_same(e, servers, q->type, name);
		if (found)
			*q = e->query;
	}
	pthread_mutex_unlock(&lock);
	if (found)
		q->answer.ttl = 0;
	return found;
}

/* The same question's entry, a free one, or the one that ends first. */
static struct entry *find_room(uint64_t servers, const struct dns_query *q,
			       const struct dns_name *name)
{
	struct entry *first = &entries[0];

	for (size_t i = 0; i < DNS_CACHE_MAX; i++) {
		if (is_same(&entries[i], servers, q->type, name))
			return &entries[i];
		if (entries[i].until_us < first->until_us)
			first = &entries[i];
	}
	return first;
}

static uint32_t seconds_to_keep(const struct dns_query *q)
{
	uint32_t most = q->verdict == DNS_ANSWERED ? DNS_CACHE_TTL_MAX
						   : DNS_CACHE_NEGATIVE_MAX;

	if (q->verdict != DNS_ANSWERED && q->verdict != DNS_NO_DATA &&
	    q->verdict != DNS_NO_NAME)
		return 0;
	return q->answer.ttl < most ? q->answer.ttl : most;
}

void dns_cache_keep(const struct resolve_conf *conf,
		    const struct dns_name *name, const struct dns_query *q,
		    uint64_t now_us)
{
	uint64_t servers = hash_servers(conf);
	uint32_t seconds = seconds_to_keep(q);
	struct entry *e;

	if (seconds == 0 || pthread_mutex_trylock(&lock) != 0)
		return;
	e = find_room(servers, q, name);
	e->until_us = now_us + seconds * 1000000ull;
	e->servers = servers;
	e->name = *name;
	e->query = *q;
	pthread_mutex_unlock(&lock);
}
