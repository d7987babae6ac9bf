/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * ipv4ll.c - an address of 169.254/16 where nobody gives one
 *
 * What this room is for
 *   Chooses the next address of its sequence and when to try it; whether it is
 *   free, and its defence, is acd.c's.
 *
 * Comes in   boot.c starts it; dhcp4.c says whether it is wanted; acd.c what
 *            came of a try; the timer.
 * Goes out   addresses through acd.c.
 * Lock       the stack lock is held.
 * Follows    RFC 3927 1.9, 2.1, 2.2, 2.5, 9 (times and counts). That such an
 *            address is no source beyond the link (2.7) is iface.c's and
 *            route.c's, that it is not forwarded (7) is forward.c's.
 */
#define LOG_ROOM LOG_ROOM_IP

#include "ipv4ll.h"

#include <errno.h>

#include "acd.h"
#include "addr.h"
#include "ground/log.h"
#include "net.h"

/* RFC 3927 9. */
enum {
	MAX_CONFLICTS = 10,
	FIRST = 169u << 24 | 254u << 16 | 1u << 8, /* 169.254.1.0 */
	CHOICES = 254 * 256,                       /* up to 169.254.254.255 */
	PREFIX_BITS = 96 + 16,
};
#define RATE_LIMIT_US SEC(60)

/* DHCP has answered by then, where it does; asking whether an address is free
 * takes five seconds more. */
#define PATIENCE_US SEC(2)

/* How long what uses the address may go on when there is a better one. */
#define SPARE_US SEC(600)

static struct ipv4ll *ipv4ll_of(const struct iface *ifp)
{
	return &ifp->net->ipv4ll[ifp->index - 1];
}

static void set_next(struct ipv4ll *l, usecs when)
{
	struct timer_heap *heap = &l->ifp->eng->timers;

	l->next = when;
	if (when == USECS_NEVER)
		timer_stop(heap, &l->timer);
	else
		timer_start(heap, &l->timer, when);
}

/* The entry, in whatever phase. */
static struct iface_addr *entry(struct iface *ifp)
{
	for (uint32_t i = 0; i < ifp->naddrs; i++) {
		struct iface_addr *a = &ifp->addrs[i];

		if (a->origin == ADDR_LINK_LOCAL && inet_is4(&a->prefix.addr))
			return a;
	}
	return NULL;
}

const struct inet_addr *ipv4ll_address(const struct iface *ifp)
{
	for (uint32_t i = 0; i < ifp->naddrs; i++) {
		const struct iface_addr *a = &ifp->addrs[i];

		if (a->origin == ADDR_LINK_LOCAL && inet_is4(&a->prefix.addr) &&
		    iface_addr_is_ours(a))
			return &a->prefix.addr;
	}
	return NULL;
}

/* RFC 3927 2.1: evenly spread, the same for the same hardware address, and
 * another one each time. */
static struct inet_addr candidate(const struct ipv4ll *l)
{
	static const struct rand_key no_secret;
	uint8_t seed[sizeof(l->ifp->mac) + sizeof(l->candidates)];
	uint64_t hash;

	memcpy(seed, &l->ifp->mac, sizeof(l->ifp->mac));
	memcpy(seed + sizeof(l->ifp->mac), &l->candidates,
	       sizeof(l->candidates));
	hash = rand_siphash(&no_secret, seed, sizeof(seed));
	return inet_from4(ip4_from_u32(FIRST + (uint32_t)(hash % CHOICES)));
}

static void try_one(struct ipv4ll *l)
{
	struct inet_prefix p = {candidate(l), PREFIX_BITS};

	set_next(l, USECS_NEVER);
	/* A death may have come between adding and noting. */
	if (entry(l->ifp))
		return;
	if (acd_add(l->ifp, &p, ADDR_LINK_LOCAL) < 0)
		log_info("%s: no room for a link-local address", l->ifp->name);
}

void ipv4ll_on_lease(struct iface *ifp)
{
	struct ipv4ll *l = ipv4ll_of(ifp);
	struct iface_addr *a;
	usecs now = ifp->eng->now;

	if (!l->ifp)
		return;
	l->is_wanted = false;
	set_next(l, USECS_NEVER);
	a = entry(ifp);
	if (!a)
		return;
	if (iface_addr_is_ours(a)) {
		/* RFC 3927 1.9: not for new connections, but for old ones. */
		addr_set_lifetimes(ifp, a, now, now + SPARE_US);
	} else {
		struct inet_addr gone = a->prefix.addr;

		iface_delete(ifp, &gone);
	}
}

void ipv4ll_on_no_lease(struct iface *ifp)
{
	struct ipv4ll *l = ipv4ll_of(ifp);
	struct iface_addr *a;

	if (!l->ifp || l->is_wanted)
		return;
	l->is_wanted = true;
	a = entry(ifp);
	if (a)
		addr_set_lifetimes(ifp, a, USECS_NEVER, USECS_NEVER);
	else
		set_next(l, ifp->eng->now + PATIENCE_US);
}

void ipv4ll_on_free(struct iface *ifp)
{
	const struct inet_addr *ours = ipv4ll_address(ifp);
	char text[INET_TEXT_MAX];

	ipv4ll_of(ifp)->conflicts = 0;
	if (ours)
		log_info("%s: %s, for DHCP brings nothing", ifp->name,
			 inet_print(ours, text));
}

/* RFC 3927 2.2.1: after ten of them no faster than one a minute. */
void ipv4ll_on_taken(struct iface *ifp)
{
	struct ipv4ll *l = ipv4ll_of(ifp);
	struct iface_addr *a = entry(ifp);
	usecs pause = 0;

	if (a) {
		struct inet_addr gone = a->prefix.addr;

		iface_delete(ifp, &gone);
	}
	if (!l->ifp)
		return;
	l->candidates++;
	if (l->conflicts < MAX_CONFLICTS)
		l->conflicts++;
	if (l->conflicts == MAX_CONFLICTS)
		pause = RATE_LIMIT_US;
	if (l->is_wanted)
		set_next(l, ifp->eng->now + pause);
}

int ipv4ll_start(struct iface *ifp)
{
	struct ipv4ll *l = ipv4ll_of(ifp);

	if (l->ifp)
		return 0;
	if (timer_init(&ifp->eng->timers, &l->timer, TIMER_IPV4LL) < 0)
		return -ENOBUFS;
	l->ifp = ifp;
	ipv4ll_on_no_lease(ifp);
	return 0;
}

void ipv4ll_fini(struct ipv4ll *l)
{
	if (l->ifp)
		timer_fini(&l->ifp->eng->timers, &l->timer);
	l->ifp = NULL;
}

void ipv4ll_rebuild(struct ipv4ll *l)
{
	if (!l->ifp)
		return;
	timer_rebuild(&l->ifp->eng->timers, &l->timer);
	/* Between taking one away and noting the next. */
	if (l->is_wanted && !entry(l->ifp) && l->next == USECS_NEVER)
		l->next = l->ifp->eng->now;
	set_next(l, l->next);
}

void ipv4ll_on_timer(struct ipv4ll *l)
{
	if (l->is_wanted && l->next <= l->ifp->eng->now)
		try_one(l);
}
