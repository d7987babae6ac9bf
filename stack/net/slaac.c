/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * slaac.c - addresses made of the prefixes that routers announce
 *
 * What this room is for
 *   Remembers nothing beside the addresses: the stable one of a prefix, even
 *   when another host has it, is the record of the prefix and its lifetimes;
 *   temporary ones live within it and within their caps.
 *
 * Comes in   nd_router.c with prefixes, auto6.c with the time.
 * Goes out   addr.c, which probes and ages.
 * Lock       the stack lock is held.
 * Follows    RFC 4862 5.5.3, 5.5.4; RFC 7217; RFC 8981 3.3 to 3.5, 3.8.
 *
 * Deviation: RFC 4429 is for every address made here; RFC 8981 3.3.3 has no
 * more temporary addresses made on an interface after three conflicts in a row,
 * here none for a day: slaac_test.c, a_temporary_address_is_tried_three_times.
 */
#define LOG_ROOM LOG_ROOM_ND

#include "slaac.h"

#include "addr.h"
#include "ground/log.h"
#include "net.h"

static bool is_of(const struct iface_addr *a, enum iface_addr_origin origin,
		  const struct inet_addr *prefix)
{
	struct inet_prefix p = {*prefix, 64};

	return a->origin == origin && inet_in_prefix(&a->prefix.addr, &p);
}

static struct iface_addr *find_stable(struct iface *ifp,
				      const struct inet_addr *prefix)
{
	for (uint32_t i = 0; i < ifp->naddrs; i++) {
		if (is_of(&ifp->addrs[i], ADDR_BY_ROUTER, prefix))
			return &ifp->addrs[i];
	}
	return NULL;
}

static uint32_t count_prefixes(const struct iface *ifp)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < ifp->naddrs; i++)
		n += ifp->addrs[i].origin == ADDR_BY_ROUTER;
	return n;
}

/* RFC 4862 5.5.3 (d). */
static void add_stable(struct iface *ifp, const struct inet_addr *prefix,
		       usecs preferred, usecs valid)
{
	struct iface_addr like = {
		.prefix = {*prefix, 64},
		.origin = ADDR_BY_ROUTER,
		.not_onlink = true, /* the L flag's prefixes are */
		.preferred_until = preferred,
		.valid_until = valid,
	};
	char text[INET_TEXT_MAX];

	if (valid <= ifp->eng->now ||
	    count_prefixes(ifp) >= LIMIT_SLAAC_PREFIXES)
		return;
	if (addr_make6(ifp, &like) < 0)
		log_info("%s: no room for an address of %s", ifp->name,
			 inet_print(prefix, text));
}

/*
 * RFC 4862 5.5.3 (e): nobody shortens what is left to less than two hours, for
 * whoever can forge an advertisement could take every address away.
 */
static usecs new_end(const struct iface *ifp, const struct iface_addr *a,
		     usecs valid)
{
	usecs two_hours = ifp->eng->now + LIMIT_SLAAC_VALID_US;

	if (valid > two_hours || valid > a->valid_until)
		return valid;
	return MIN(a->valid_until, two_hours);
}

/* RFC 8981 3.4: they live no longer than their prefix, nor than their caps. */
static void update_temporary(struct iface *ifp, const struct iface_addr *stable)
{
	for (uint32_t i = 0; i < ifp->naddrs; i++) {
		struct iface_addr *a = &ifp->addrs[i];

		if (is_of(a, ADDR_TEMPORARY, &stable->prefix.addr))
			addr_set_lifetimes(
				ifp, a,
				MIN(stable->preferred_until, a->preferred_cap),
				MIN(stable->valid_until, a->valid_cap));
	}
}

void slaac_on_prefix(struct iface *ifp, const struct inet_addr *prefix,
		     usecs preferred_until, usecs valid_until)
{
	struct iface_addr *a = find_stable(ifp, prefix);
	usecs valid;

	if (preferred_until > valid_until)
		return;
	if (!a) {
		add_stable(ifp, prefix, preferred_until, valid_until);
		return;
	}
	valid = new_end(ifp, a, valid_until);
	addr_set_lifetimes(ifp, a, preferred_until, valid);
	update_temporary(ifp, a);
}

/* --- temporary addresses ------------------------------------------------- */

/* When the youngest of the prefix becomes deprecated by its own age; 0: there
 * is none. */
static usecs age_limit(const struct iface *ifp, const struct inet_addr *prefix)
{
	usecs latest = 0;

	for (uint32_t i = 0; i < ifp->naddrs; i++) {
		const struct iface_addr *a = &ifp->addrs[i];

		if (is_of(a, ADDR_TEMPORARY, prefix))
			latest = MAX(latest, a->preferred_cap);
	}
	return latest;
}

/* RFC 8981 3.4: each one ends at another time. */
static void add_temporary(struct iface *ifp, const struct iface_addr *stable)
{
	usecs now = ifp->eng->now;
	usecs desync = SEC(rand_below(&ifp->eng->rand, LIMIT_TEMP_DESYNC_S));
	usecs preferred = now + LIMIT_TEMP_PREFERRED_US - desync;
	usecs valid = now + LIMIT_TEMP_VALID_US;
	struct iface_addr like = {
		.prefix = stable->prefix,
		.origin = ADDR_TEMPORARY,
		.not_onlink = true,
		.preferred_until = MIN(preferred, stable->preferred_until),
		.valid_until = MIN(valid, stable->valid_until),
		.preferred_cap = preferred,
		.valid_cap = valid,
	};
	char text[INET_TEXT_MAX];

	if (addr_make6(ifp, &like) < 0)
		log_info("%s: no room for a temporary address of %s", ifp->name,
			 inet_print(&stable->prefix.addr, text));
}

usecs slaac_regenerate(struct iface *ifp)
{
	usecs soon = ifp->eng->now + LIMIT_TEMP_ADVANCE_US;
	usecs next = USECS_NEVER, limit;
	uint32_t n = ifp->naddrs;

	/* What is added goes to the end, and is no stable address. */
	for (uint32_t i = 0; i < n; i++) {
		const struct iface_addr *a = &ifp->addrs[i];

		if (a->origin != ADDR_BY_ROUTER || a->preferred_until <= soon)
			continue;
		if (age_limit(ifp, &a->prefix.addr) <= soon)
			add_temporary(ifp, a);
		/* Without room there is none: not before something changes. */
		limit = age_limit(ifp, &a->prefix.addr);
		if (limit > soon)
			next = MIN(next, limit - LIMIT_TEMP_ADVANCE_US);
	}
	return next;
}
