/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * nameservers.c - name servers and search domains that the network tells of
 *
 * What this room is for
 *   Tables that are walked. A name is taken as text only when it has nothing
 *   in it but letters, digits, '-' and '_': it will be put behind names that
 *   programs look up.
 *
 * Comes in   nd_router.c and dhcp6.c learn; address_wait.c asks.
 * Lock       the stack lock is held.
 * Follows    RFC 8106 5, 6.2; RFC 3646; RFC 1035 3.1.
 */
#include "nameservers.h"

#include <string.h>

#include "net.h"

enum { LABEL_MAX = 63 };

static bool is_valid(const struct net *n, const struct nameserver_from *f)
{
	return f->ifindex != 0 && f->until > n->eng->now;
}

/* --- servers ------------------------------------------------------------- */

/* Can it be a host that answers? */
static bool is_host(const struct inet_addr *a)
{
	return !inet_is_any(a) && !inet_is_multicast(a) &&
	       !inet_is_loopback(a) && !inet_is4(a);
}

static struct nameserver *place_for(struct net *n,
				    const struct nameserver_from *from,
				    const struct inet_addr *a)
{
	struct nameserver *free_one = NULL;

	for (size_t i = 0; i < LIMIT_NAMESERVERS; i++) {
		struct nameserver *s = &n->nameservers.servers[i];

		if (s->from.ifindex == from->ifindex &&
		    s->from.origin == from->origin && inet_equal(&s->addr, a))
			return s;
		if (!free_one && !is_valid(n, &s->from))
			free_one = s;
	}
	return free_one;
}

static void learn(struct net *n, const struct nameserver_from *from,
		  const struct inet_addr *a)
{
	struct nameserver *s = place_for(n, from, a);

	if (!s || !is_host(a))
		return;
	/* Whoever is killed in the middle leaves a free place. */
	s->from.ifindex = 0;
	if (from->until <= n->eng->now)
		return;
	list_fence();
	s->addr = *a;
	s->from.origin = from->origin;
	s->from.until = from->until;
	list_fence();
	s->from.ifindex = from->ifindex;
}

void nameservers_learn(struct net *n, const struct nameserver_from *from,
		       const uint8_t *addrs, size_t len)
{
	struct inet_addr a;

	len = MIN(len, LIMIT_NAMESERVERS * sizeof(a));
	for (; len >= sizeof(a); len -= sizeof(a), addrs += sizeof(a)) {
		memcpy(&a, addrs, sizeof(a));
		learn(n, from, &a);
	}
}

/* --- search domains ------------------------------------------------------ */

static bool is_name_byte(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* One name as text; how many bytes it took, 0: there is none. */
static size_t read_name(const uint8_t *at, size_t len,
			char out[NAMESERVERS_DOMAIN_SIZE])
{
	size_t used = 0, n = 0;

	while (used < len && at[used] != 0) {
		size_t label = at[used++];

		if (label > LABEL_MAX || label > len - used ||
		    n + label + 1 >= NAMESERVERS_DOMAIN_SIZE)
			return 0;
		if (n > 0)
			out[n++] = '.';
		for (size_t i = 0; i < label; i++) {
			if (!is_name_byte(at[used]))
				return 0;
			out[n++] = (char)at[used++];
		}
	}
	out[n] = '\0';
	return used < len && n > 0 ? used + 1 : 0;
}

static struct search_domain *
place_for_domain(struct net *n, const struct nameserver_from *from,
		 const char *name)
{
	struct search_domain *free_one = NULL;

	for (size_t i = 0; i < LIMIT_NAMESERVERS; i++) {
		struct search_domain *d = &n->nameservers.domains[i];

		if (d->from.ifindex == from->ifindex &&
		    d->from.origin == from->origin && !strcmp(d->name, name))
			return d;
		if (!free_one && !is_valid(n, &d->from))
			free_one = d;
	}
	return free_one;
}

static void learn_domain(struct net *n, const struct nameserver_from *from,
			 const char *name)
{
	struct search_domain *d = place_for_domain(n, from, name);

	if (!d)
		return;
	d->from.ifindex = 0;
	if (from->until <= n->eng->now)
		return;
	list_fence();
	memcpy(d->name, name, strlen(name) + 1);
	d->from.origin = from->origin;
	d->from.until = from->until;
	list_fence();
	d->from.ifindex = from->ifindex;
}

void nameservers_learn_domains(struct net *n,
			       const struct nameserver_from *from,
			       const uint8_t *names, size_t len)
{
	char name[NAMESERVERS_DOMAIN_SIZE];

	for (int i = 0; i < LIMIT_NAMESERVERS && len > 0; i++) {
		size_t used = read_name(names, len, name);

		if (used == 0)
			return;
		learn_domain(n, from, name);
		names += used;
		len -= used;
	}
}

/* --- both ---------------------------------------------------------------- */

void nameservers_forget(struct net *n, uint32_t ifindex,
			enum nameserver_origin origin)
{
	for (size_t i = 0; i < LIMIT_NAMESERVERS; i++) {
		struct nameserver_from *s = &n->nameservers.servers[i].from;
		struct nameserver_from *d = &n->nameservers.domains[i].from;

		if (s->ifindex == ifindex && s->origin == origin)
			s->ifindex = 0;
		if (d->ifindex == ifindex && d->origin == origin)
			d->ifindex = 0;
	}
}

/* Is it the next one, of those that `origin` said? */
static bool counts(const struct net *n, const struct nameserver_from *f,
		   enum nameserver_origin origin, size_t *left)
{
	return is_valid(n, f) && f->origin == origin && (*left)-- == 0;
}

const struct nameserver *nameservers_get(const struct net *n, size_t i)
{
	for (int o = NAMESERVER_BY_DHCP; o <= NAMESERVER_BY_ROUTER; o++)
		for (size_t k = 0; k < LIMIT_NAMESERVERS; k++)
			if (counts(n, &n->nameservers.servers[k].from,
				   (enum nameserver_origin)o, &i))
				return &n->nameservers.servers[k];
	return NULL;
}

const struct search_domain *nameservers_get_domain(const struct net *n,
						   size_t i)
{
	for (int o = NAMESERVER_BY_DHCP; o <= NAMESERVER_BY_ROUTER; o++)
		for (size_t k = 0; k < LIMIT_NAMESERVERS; k++)
			if (counts(n, &n->nameservers.domains[k].from,
				   (enum nameserver_origin)o, &i))
				return &n->nameservers.domains[k];
	return NULL;
}
