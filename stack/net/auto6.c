/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * auto6.c - IPv6 by what the network says: who is asked, and when
 *
 * What this room is for
 *   Sends router solicitations, ever more seldom while nobody answers, and
 *   none once a router has; and looks when the next temporary address is due.
 *
 * Comes in   boot.c starts it; nd_router.c tells of routers; the timer.
 * Goes out   questions through nd.c; link-local addresses by addr.c, temporary
 *            ones by slaac.c; flags to dhcp6.c.
 * Never      waits: who needs an address asks for it.
 * Lock       the stack lock is held.
 * Follows    RFC 4861 6.3.7; RFC 7559 2.
 *
 * Deviation: RFC 4861 6.3.7 has a host wait up to a second before it asks. A
 * program waits for us here: one question goes at once, and the RFC's first
 * one, after a random time, is the second: auto6_test.c,
 * the_first_question_goes_at_once.
 */
#define LOG_ROOM LOG_ROOM_ND

#include "auto6.h"

#include <errno.h>

#include "addr.h"
#include "ground/limits.h"
#include "ground/log.h"
#include "nd.h"
#include "net.h"
#include "slaac.h"

static struct auto6 *auto6_of(const struct iface *ifp)
{
	return &ifp->net->auto6[ifp->index - 1];
}

static void arm(struct auto6 *a)
{
	struct timer_heap *heap = &a->ifp->eng->timers;
	usecs when = MIN(a->solicit_at, a->renew_at);

	if (when == USECS_NEVER)
		timer_stop(heap, &a->timer);
	else
		timer_start(heap, &a->timer, when);
}

/* RFC 7559 2: twice as long as the last time, a tenth more or less, up to an
 * hour. */
static usecs longer(struct auto6 *a)
{
	struct rand *r = &a->ifp->eng->rand;
	usecs base, tenth;

	if (a->solicits <= 1)
		return rand_below(r, LIMIT_RTR_SOLICIT_DELAY_US);
	base = a->solicits <= LIMIT_RTR_SOLICITS
		       ? LIMIT_RTR_SOLICIT_US
		       : MIN(2 * a->pause, LIMIT_RTR_SOLICIT_MAX_US);
	tenth = base / 10;
	return base - tenth + rand_below(r, (uint32_t)(2 * tenth));
}

static void solicit(struct auto6 *a)
{
	nd_solicit_routers(a->ifp);
	if (a->solicits < UINT8_MAX)
		a->solicits++;
	a->pause = longer(a);
	a->solicit_at = a->ifp->eng->now + a->pause;
	/* Somebody is there, but serves as no router. */
	if (a->has_advert && a->solicits > LIMIT_RTR_SOLICITS)
		a->solicit_at = USECS_NEVER;
}

bool auto6_is_on(const struct iface *ifp)
{
	return auto6_of(ifp)->ifp != NULL;
}

static void regenerate(struct auto6 *a)
{
	if (a->is_temporary)
		a->renew_at = slaac_regenerate(a->ifp);
}

void auto6_on_advert(struct iface *ifp, uint32_t word)
{
	struct auto6 *a = auto6_of(ifp);

	if (!a->ifp)
		return;
	a->has_advert = true;
	if (word & ND_LIFETIME)
		a->solicit_at = USECS_NEVER;
	regenerate(a);
	arm(a);
	dhcp6_on_flags(ifp, word & (ND_MANAGED | ND_OTHER));
}

int auto6_start(struct iface *ifp, bool wants_temporary)
{
	struct auto6 *a = auto6_of(ifp);
	int ret;

	if (a->ifp)
		return 0;
	ret = addr_add_link_local(ifp);
	if (ret < 0)
		return ret;
	if (timer_init(&ifp->eng->timers, &a->timer, TIMER_AUTO6) < 0)
		return -ENOBUFS;
	a->ifp = ifp;
	a->is_temporary = wants_temporary;
	a->began = ifp->eng->now;
	a->renew_at = USECS_NEVER;
	solicit(a);
	arm(a);
	return 0;
}

void auto6_fini(struct auto6 *a)
{
	if (a->ifp)
		timer_fini(&a->ifp->eng->timers, &a->timer);
	a->ifp = NULL;
}

void auto6_rebuild(struct auto6 *a)
{
	if (!a->ifp)
		return;
	timer_rebuild(&a->ifp->eng->timers, &a->timer);
	arm(a);
}

/* RFC 4861 6.3.7: who comes back may be on another link. */
void auto6_on_state(struct iface *ifp)
{
	struct auto6 *a = auto6_of(ifp);

	if (!a->ifp || a->was_down == ifp->is_down)
		return;
	a->was_down = ifp->is_down;
	if (ifp->is_down)
		return;
	a->solicits = 0;
	a->has_advert = false;
	solicit(a);
	arm(a);
}

void auto6_on_timer(struct auto6 *a)
{
	if (a->solicit_at <= a->ifp->eng->now)
		solicit(a);
	if (a->renew_at <= a->ifp->eng->now)
		regenerate(a);
	arm(a);
}
