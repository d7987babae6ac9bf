/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * acd.c - is an IPv4 address ours alone?
 *
 * What this room is for
 *   The times and counts of RFC 5227, for each address by itself: its stage is
 *   kept with the address, and addr.c's timer of the interface calls.
 *
 * Comes in   who adds addresses; arp.c brings sights of other hosts; addr.c.
 * Goes out   probes and announcements through arp.c; news to dhcp4.c and
 *            ipv4ll.c, whose addresses they are.
 * Lock       the stack lock is held.
 * Follows    RFC 5227 1.1, 2.1, 2.3, 2.4; RFC 3927 2.2 to 2.5.
 *
 * Deviation: RFC 5227 2.1 has an address wait for its last probe, which is four
 * to seven seconds. A program under the shim waits for us with its first line:
 * a configured address is used meanwhile (as Linux does, which never asks), and
 * one by DHCP from half a second after its first probe, which any living host
 * has answered by then; the server has mostly looked, too. The other probes
 * follow at their times, and what they find is believed: acd_test.c,
 * an_address_by_dhcp_is_used_after_half_a_second.
 */
#define LOG_ROOM LOG_ROOM_ARP

#include "acd.h"

#include "addr.h"
#include "arp.h"
#include "dhcp4.h"
#include "ground/log.h"
#include "net.h"

/* RFC 5227 1.1. */
enum { PROBE_NUM = 3, ANNOUNCE_NUM = 2 };
#define PROBE_WAIT_US SEC(1)
#define PROBE_MIN_US SEC(1)
#define PROBE_MAX_US SEC(2)
#define ANNOUNCE_WAIT_US SEC(2)
#define ANNOUNCE_INTERVAL_US SEC(2)
#define DEFEND_INTERVAL_US SEC(10)

/* How long the first probe of an address that somebody waits for has. */
#define HASTE_US MSEC(500)

/* --- out ----------------------------------------------------------------- */

static void probe(struct iface *ifp, struct iface_addr *a)
{
	usecs pause = PROBE_MIN_US +
		      rand_below(&ifp->eng->rand, PROBE_MAX_US - PROBE_MIN_US);

	a->probes++;
	if (a->probes == PROBE_NUM)
		pause = ANNOUNCE_WAIT_US;
	a->next = ifp->eng->now + pause;
	arp_probe(ifp, &a->prefix.addr);
}

static void announce(struct iface *ifp, struct iface_addr *a)
{
	a->announced++;
	a->next = ifp->eng->now + ANNOUNCE_INTERVAL_US;
	if (a->announced >= ANNOUNCE_NUM) {
		a->claim = CLAIM_MADE;
		a->next = USECS_NEVER;
	}
	arp_announce(ifp, &a->prefix.addr);
}

void acd_watch(struct iface *ifp, const struct inet_addr *addr)
{
	struct iface_addr *a = iface_find(ifp, addr);

	if (!a || ifp->is_loopback || !inet_is4(addr))
		return;
	/* Neighbours may know the address of who had it before us. */
	arp_announce(ifp, addr);
	a->claim = CLAIM_ASKING;
	probe(ifp, a);
	addr_schedule(ifp);
}

int acd_add(struct iface *ifp, const struct inet_prefix *p,
	    enum iface_addr_origin origin)
{
	struct iface_addr new = {
		.prefix = *p,
		.phase = ADDR_TENTATIVE,
		.origin = (uint8_t)origin,
		.claim = CLAIM_ASKING,
		.preferred_until = USECS_NEVER,
		.valid_until = USECS_NEVER,
	};
	struct iface_addr *a;
	int ret = iface_add(ifp, &new);

	if (ret < 0)
		return ret;
	a = iface_find(ifp, &p->addr);
	if (origin == ADDR_BY_DHCP) {
		probe(ifp, a);
		a->next = ifp->eng->now + HASTE_US;
	} else {
		/* RFC 5227 2.1.1: hosts that start together do not ask
		 * together. */
		a->next = ifp->eng->now +
			  rand_below(&ifp->eng->rand, PROBE_WAIT_US);
	}
	addr_schedule(ifp);
	return 0;
}

/* --- what came of it ----------------------------------------------------- */

/* Whoever asked for the address may use it. */
static void tell_free(struct iface *ifp, const struct iface_addr *a)
{
	if (a->origin == ADDR_BY_DHCP)
		dhcp4_on_free(ifp);
	else if (a->origin == ADDR_LINK_LOCAL)
		ipv4ll_on_free(ifp);
}

/* It is not used any more. `a` may be gone afterwards. */
static void give_up(struct iface *ifp, struct iface_addr *a)
{
	a->phase = ADDR_DUPLICATE;
	a->claim = CLAIM_NONE;
	a->next = USECS_NEVER;
	if (a->origin == ADDR_BY_DHCP)
		dhcp4_on_taken(ifp);
	else if (a->origin == ADDR_LINK_LOCAL)
		ipv4ll_on_taken(ifp);
	addr_schedule(ifp);
}

static void say(struct iface *ifp, const struct iface_addr *a,
		const struct eth_addr *mac, const char *what)
{
	char text[INET_TEXT_MAX];

	log_warn("%s: another host (%02x:%02x:%02x:%02x:%02x:%02x) has the "
		 "address %s: %s",
		 ifp->name, mac->b[0], mac->b[1], mac->b[2], mac->b[3],
		 mac->b[4], mac->b[5], inet_print(&a->prefix.addr, text), what);
}

/*
 * RFC 5227 2.4: the first time in ten seconds everybody is told that it is
 * ours. The second time (b) gives it up, which suits an address that can be
 * replaced; (c) stays, and says no more than that: a configured one is where
 * others look for us, and any liar on the link could take it away.
 */
static void defend(struct iface *ifp, struct iface_addr *a,
		   const struct eth_addr *mac)
{
	usecs now = ifp->eng->now;
	bool again = a->defended && now - a->defended < DEFEND_INTERVAL_US;

	if (!again) {
		a->defended = now;
		say(ifp, a, mac, "defended");
		arp_announce(ifp, &a->prefix.addr);
	} else if (a->origin != ADDR_BY_CONFIG) {
		say(ifp, a, mac, "given up");
		give_up(ifp, a);
	}
}

static void on_conflict(struct iface *ifp, struct iface_addr *a,
			const struct eth_addr *mac)
{
	stats_add(&ifp->eng->stats, STAT_ARP_CONFLICTS, 1);
	if (a->claim == CLAIM_ASKING) {
		say(ifp, a, mac, "not used");
		give_up(ifp, a);
	} else {
		defend(ifp, a, mac);
	}
}

bool acd_on_sender(struct iface *ifp, const struct inet_addr *addr,
		   const struct eth_addr *mac)
{
	struct iface_addr *a = iface_find(ifp, addr);

	if (!a || a->phase == ADDR_DUPLICATE)
		return false;
	/* Whoever wants it is our successor, most likely. */
	if (!ifp->net->is_leaving)
		on_conflict(ifp, a, mac);
	return true;
}

bool acd_on_probe(struct iface *ifp, const struct inet_addr *addr,
		  const struct eth_addr *mac)
{
	struct iface_addr *a = iface_find(ifp, addr);

	/* Who uses it already says so, and keeps it (RFC 5227 2.5). */
	if (!a || (a->phase != ADDR_TENTATIVE && a->phase != ADDR_OPTIMISTIC))
		return false;
	on_conflict(ifp, a, mac);
	return true;
}

/* --- time ---------------------------------------------------------------- */

/* Somebody waits, and the first probe has no answer. */
static bool is_hasty(const struct iface_addr *a)
{
	return a->origin == ADDR_BY_DHCP && a->phase == ADDR_TENTATIVE;
}

static void use_early(struct iface *ifp, struct iface_addr *a)
{
	a->phase = ADDR_OPTIMISTIC;
	a->next = ifp->eng->now + PROBE_MIN_US - HASTE_US +
		  rand_below(&ifp->eng->rand, PROBE_MAX_US - PROBE_MIN_US);
	tell_free(ifp, a);
}

/* Nobody has it. */
static void claim(struct iface *ifp, struct iface_addr *a)
{
	bool is_new = a->phase == ADDR_TENTATIVE;
	char text[INET_TEXT_MAX];

	log_info("%s: nobody else has %s", ifp->name,
		 inet_print(&a->prefix.addr, text));
	if (a->phase == ADDR_OPTIMISTIC || is_new)
		a->phase = ADDR_PREFERRED;
	a->claim = CLAIM_TELLING;
	announce(ifp, a);
	if (is_new)
		tell_free(ifp, a);
}

void acd_on_timer(struct iface *ifp, struct iface_addr *a)
{
	switch ((enum iface_addr_claim)a->claim) {
	case CLAIM_ASKING:
		if (is_hasty(a))
			use_early(ifp, a);
		else if (a->probes < PROBE_NUM)
			probe(ifp, a);
		else
			claim(ifp, a);
		break;
	case CLAIM_TELLING:
		announce(ifp, a);
		break;
	case CLAIM_NONE:
	case CLAIM_MADE:
		a->next = USECS_NEVER;
		break;
	}
}
