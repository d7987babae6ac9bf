/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * addr.c - the life of an interface's address: probed, used, aged, gone
 *
 * What this room is for
 *   Asks once whether anybody has the address and waits a second for an
 *   answer. An address of our own making that is taken is made anew, a few
 *   times; any other one is given up, and said so.
 *
 * Comes in   boot.c and who configures; nd.c brings conflicts; the timer.
 *            IPv4 addresses are probed by acd.c and age here.
 * Goes out   questions and announcements through nd.c.
 * Lock       the stack lock is held.
 * Follows    RFC 4862 5.4, 5.5.4; RFC 7527 4; RFC 7217 6; RFC 8981 3.3;
 *            RFC 4429 3.
 *
 * Deviation: RFC 4429 1.2 keeps optimism from addresses that were configured
 * by hand, and RFC 4862 5.4.2 waits a random time before the first question.
 * A program under the shim begins to talk with the first line of its main(),
 * and must not find itself without an address for two seconds: addr_test.c,
 * optimistic_address_is_used_at_once.
 */
#include "addr.h"

#include <errno.h>
#include <stdio.h>

#include "acd.h"
#include "iid.h"
#include "ground/limits.h"
#include "ground/log.h"
#include "nd.h"
#include "net.h"

/* When something is to be done about `a`. */
static usecs due_of(const struct iface_addr *a)
{
	usecs when = a->next;

	if (a->phase == ADDR_PREFERRED)
		when = MIN(when, a->preferred_until);
	return MIN(when, a->valid_until);
}

void addr_schedule(struct iface *ifp)
{
	struct timer_heap *heap = &ifp->eng->timers;
	usecs when = USECS_NEVER;

	for (uint32_t i = 0; i < ifp->naddrs; i++)
		when = MIN(when, due_of(&ifp->addrs[i]));
	if (when == USECS_NEVER)
		timer_stop(heap, &ifp->timer);
	else
		timer_start(heap, &ifp->timer, when);
}

/* RFC 4862 5.4.2, with RFC 7527's nonce, by which we know our own question. */
static void probe(struct iface *ifp, struct iface_addr *a)
{
	a->nonce = rand_u64(&ifp->eng->rand);
	a->probes++;
	a->next = ifp->eng->now + ifp->neigh.retrans6_us;
	nd_probe(ifp, a);
}

static int add_and_probe(struct iface *ifp, const struct iface_addr *a)
{
	int ret = iface_add(ifp, a);

	if (ret < 0)
		return ret;
	probe(ifp, iface_find(ifp, &a->prefix.addr));
	addr_schedule(ifp);
	return 0;
}

int addr_add6(struct iface *ifp, const struct inet_prefix *p,
	      enum iface_addr_origin origin, bool is_optimistic)
{
	struct iface_addr a = {
		.prefix = *p,
		.phase = is_optimistic ? ADDR_OPTIMISTIC : ADDR_TENTATIVE,
		.origin = (uint8_t)origin,
		.preferred_until = USECS_NEVER,
		.valid_until = USECS_NEVER,
	};

	return add_and_probe(ifp, &a);
}

void addr_set_lifetimes(struct iface *ifp, struct iface_addr *a,
			usecs preferred_until, usecs valid_until)
{
	a->preferred_until = preferred_until;
	a->valid_until = valid_until;
	if (a->phase == ADDR_DEPRECATED && preferred_until > ifp->eng->now)
		a->phase = ADDR_PREFERRED;
	else if (a->phase == ADDR_PREFERRED && preferred_until <= ifp->eng->now)
		a->phase = ADDR_DEPRECATED;
	addr_schedule(ifp);
}

/* Is its identifier ours to make anew? */
static bool is_made(const struct iface_addr *a)
{
	return a->origin == ADDR_LINK_LOCAL || a->origin == ADDR_BY_ROUTER ||
	       a->origin == ADDR_TEMPORARY;
}

static int make(struct iface *ifp, const struct iface_addr *like,
		uint8_t conflicts)
{
	struct iface_addr a = *like;
	struct inet_addr *addr = &a.prefix.addr;

	if (a.origin == ADDR_TEMPORARY)
		*addr = iid_random(&ifp->eng->rand, addr);
	else if (ifp->uses_eui64 && conflicts == 0)
		*addr = iid_eui64(addr, &ifp->mac);
	else
		*addr = iid_stable(&ifp->net->iid_key, addr, &ifp->mac,
				   conflicts);
	a.prefix.bits = 64;
	a.phase = a.preferred_until > ifp->eng->now ? ADDR_OPTIMISTIC
						    : ADDR_TENTATIVE;
	a.conflicts = conflicts;
	a.probes = 0;
	return add_and_probe(ifp, &a);
}

int addr_make6(struct iface *ifp, const struct iface_addr *like)
{
	return make(ifp, like, 0);
}

int addr_add_link_local(struct iface *ifp)
{
	struct iface_addr like = {.prefix = {{{0xfe, 0x80}}, 64},
				  .origin = ADDR_LINK_LOCAL,
				  .preferred_until = USECS_NEVER,
				  .valid_until = USECS_NEVER};

	if (ifp->is_loopback || iface_link_local(ifp))
		return 0;
	return make(ifp, &like, 0);
}

static void give_up(struct iface *ifp, struct iface_addr *a)
{
	uint8_t conflicts = (uint8_t)(a->conflicts + 1);
	struct iface_addr old = *a;

	if (!is_made(a) || conflicts >= LIMIT_IID_RETRIES) {
		a->phase = ADDR_DUPLICATE;
		ifp->is_stirred = true;
		a->next = USECS_NEVER;
		addr_schedule(ifp);
		if (a->origin == ADDR_BY_DHCP)
			dhcp6_on_conflict(ifp, &old.prefix.addr);
		return;
	}
	iface_delete(ifp, &old.prefix.addr);
	if (make(ifp, &old, conflicts) < 0)
		log_warn("%s: no other address in its place", ifp->name);
}

void addr_on_conflict(struct iface *ifp, struct iface_addr *a,
		      const struct eth_addr *mac)
{
	char text[INET_TEXT_MAX], whose[32] = "";

	inet_print(&a->prefix.addr, text);
	if (mac)
		snprintf(whose, sizeof(whose),
			 " (%02x:%02x:%02x:%02x:%02x:%02x)", mac->b[0],
			 mac->b[1], mac->b[2], mac->b[3], mac->b[4], mac->b[5]);
	switch ((enum iface_addr_phase)a->phase) {
	case ADDR_TENTATIVE:
	case ADDR_OPTIMISTIC:
		log_warn("%s: another host%s has the address %s: not used",
			 ifp->name, whose, text);
		give_up(ifp, a);
		break;
	case ADDR_PREFERRED:
	case ADDR_DEPRECATED:
		/* RFC 4862 5.4.4: what happens then is not said. Ours goes on,
		 * or any liar on the link could take it from us. */
		log_info("%s: another host%s uses our address %s", ifp->name,
			 whose, text);
		break;
	case ADDR_DUPLICATE:
		break;
	}
}

/* Nobody answered: it is ours now. */
static void accept_addr(struct iface *ifp, struct iface_addr *a)
{
	bool was_in_use = a->phase == ADDR_OPTIMISTIC;

	a->phase = ADDR_PREFERRED;
	ifp->is_stirred = true;
	a->next = USECS_NEVER;
	/* RFC 4429 3.3: now everybody may know the link address for it. */
	if (was_in_use)
		nd_announce(ifp, &a->prefix.addr);
}

/* What is due for the address; false: it is gone. */
static bool step(struct iface *ifp, struct iface_addr *a)
{
	usecs now = ifp->eng->now;
	struct inet_addr addr = a->prefix.addr;
	char text[INET_TEXT_MAX];

	if (a->valid_until <= now) {
		log_info("%s: the lifetime of %s is over", ifp->name,
			 inet_print(&addr, text));
		iface_delete(ifp, &addr);
		return false;
	}
	if (a->next <= now && inet_is4(&addr))
		acd_on_timer(ifp, a);
	else if (a->next <= now && a->probes < LIMIT_DAD_PROBES)
		probe(ifp, a);
	else if (a->next <= now)
		accept_addr(ifp, a);
	if (a->phase == ADDR_PREFERRED && a->preferred_until <= now)
		a->phase = ADDR_DEPRECATED;
	return true;
}

void addr_rebuild(struct iface *ifp)
{
	timer_rebuild(&ifp->eng->timers, &ifp->timer);
	addr_schedule(ifp);
}

void addr_on_timer(struct iface *ifp)
{
	uint32_t i = 0;

	while (i < ifp->naddrs) {
		if (step(ifp, &ifp->addrs[i]))
			i++;
	}
	addr_schedule(ifp);
}
