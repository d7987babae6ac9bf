/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * address_wait.c - what programs need of the network: addresses, name servers
 *
 * What this room is for
 *   Drives the stack in the calling thread, because at start-up there is no
 *   other, until an address is there or the patience is over. The wait counts
 *   from when asking began, so that of many programs that start without a
 *   server only the first ones wait, and one says so; and with one family
 *   there, only the first waits a moment for the other. And tells the resolver
 *   whom to ask.
 *
 * Comes in   shim/start.c, shim/names/lookup.c.
 * Proved by  integration/dhcp.sh integration/slaac.sh
 * Follows    RFC 2132 3.8, RFC 8106 5.3.1 (name servers).
 */
#include "stack.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "driver.h"
#include "link/link.h"
#include "ground/sys.h"
#include "socket/turn.h"

/* Another process may read the link, and nobody tells us then. */
#define LOOK_AGAIN_US MSEC(50)

/* What the second family gets when the first is there. */
#define GRACE_US SEC(1)

enum { DNS_PORT = 53 };

/* Has the interface an address that reaches beyond the link? */
static bool has_address(const struct iface *ifp, bool is4)
{
	for (uint32_t i = 0; i < ifp->naddrs; i++) {
		const struct iface_addr *a = &ifp->addrs[i];

		if (inet_is4(&a->prefix.addr) == is4 && iface_addr_is_ours(a) &&
		    !inet_is_link_local(&a->prefix.addr))
			return true;
	}
	return false;
}

/* `auto`: either family will do. */
static usecs wait_for_either(struct stack *st, uint32_t i, uint64_t us)
{
	struct auto6 *a = &st->net.auto6[i];
	bool has4 = has_address(&st->net.ifs[i], true);
	bool has6 = has_address(&st->net.ifs[i], false);
	usecs until = a->began + us;

	if (has4 && has6)
		return 0;
	/* Nobody answers, and the link is all there is. */
	if (!has4 && !has6 && ipv4ll_address(&st->net.ifs[i]))
		return MIN(until, st->eng.now);
	if (!has4 && !has6)
		return until;
	if (a->usable_at == 0)
		a->usable_at = st->eng.now;
	until = MIN(until, a->usable_at + GRACE_US);
	return until > st->eng.now ? until : 0;
}

/* The end of the wait; 0: there is nothing to wait for. */
static usecs wait_until(struct stack *st, uint64_t us)
{
	usecs until = 0;

	for (uint32_t i = 0; i < st->net.nifs; i++) {
		const struct dhcp4 *d = &st->net.dhcp4[i];

		if (st->net.auto6[i].ifp)
			until = MAX(until, wait_for_either(st, i, us));
		else if (d->stage != DHCP4_OFF && !d->has_lease)
			until = MAX(until, d->began + us);
	}
	return until;
}

/* What was asked, and what came of it. */
static void tell(struct stack *st, char *why, size_t size)
{
	const struct inet_addr *made = NULL;
	char text[INET_TEXT_MAX], with[INET_TEXT_MAX + 1] = "out an address";
	usecs began = st->eng.now;
	const char *v4 = "no DHCP server has answered", *v6 = "";

	for (uint32_t i = 0; i < st->net.nifs; i++) {
		const struct auto6 *a = &st->net.auto6[i];
		const struct dhcp4 *d = &st->net.dhcp4[i];

		if (d->ifp && !d->has_lease)
			began = MIN(began, d->began);
		if (d->has_declined)
			v4 = "DHCP has brought only addresses that other hosts "
			     "have";
		if (!a->ifp)
			continue;
		made = made ? made : ipv4ll_address(&st->net.ifs[i]);
		v6 = !a->has_advert ? ", and no IPv6 router"
		     : st->net.dhcp6[i].ifp
			     ? ", nor any DHCPv6 server that an IPv6 router "
			       "told of"
			     : ", and the IPv6 router that did gives no "
			       "addresses";
	}
	if (made)
		snprintf(with, sizeof(with), " %s", inet_print(made, text));
	snprintf(why, size,
		 "%s for %u seconds%s: going on with%s, and asking on", v4,
		 (unsigned int)((st->eng.now - began) / USECS_PER_SEC), v6,
		 with);
}

static void sleep_for(usecs us)
{
	struct pollfd fds[DRIVER_SCRATCH];
	size_t n = driver_links(fds);
	struct timespec pause = {(time_t)(us / USECS_PER_SEC),
				 (long)(us % USECS_PER_SEC * 1000)};

	sys_ppoll(fds, n, &pause, NULL);
}

/* Those who were here before may have given their addresses back. */
static void ask_again(void)
{
	if (!turn_stack)
		return;
	net_resume(&turn_enter()->net);
	turn_leave(turn_stack);
}

int stack_wait_for_address(uint64_t us, char *why, size_t why_size)
{
	ask_again();
	while (turn_stack) {
		struct stack *st;
		usecs until, next, now;
		bool is_over, is_news;

		driver_poke();
		st = turn_enter();
		/* What was due while nobody drove is done before we ask. */
		turn_settle(st);
		until = wait_until(st, us);
		next = turn_next(st);
		now = st->eng.now;
		is_over = until == 0 || now >= until;
		is_news = is_over && until != 0 && !st->has_told;
		if (is_news)
			tell(st, why, why_size);
		if (is_over)
			st->has_told = until != 0;
		turn_leave(st);
		if (is_over)
			return is_news ? -ETIMEDOUT : 0;
		next = MIN(MAX(next, now + 1), MIN(until, now + LOOK_AGAIN_US));
		sleep_for(next - now);
	}
	return 0;
}

/* --- whom to ask for names ----------------------------------------------- */

static void put4(struct sockaddr_storage *out, struct ip4_addr a)
{
	struct sockaddr_in *sin = (struct sockaddr_in *)out;

	memset(out, 0, sizeof(*out));
	sin->sin_family = AF_INET;
	sin->sin_port = htons(DNS_PORT);
	memcpy(&sin->sin_addr, &a, sizeof(a));
}

static void put6(struct sockaddr_storage *out, const struct nameserver *s)
{
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)out;

	memset(out, 0, sizeof(*out));
	sin6->sin6_family = AF_INET6;
	sin6->sin6_port = htons(DNS_PORT);
	memcpy(&sin6->sin6_addr, &s->addr, sizeof(s->addr));
	if (inet_needs_scope(&s->addr))
		sin6->sin6_scope_id = s->from.ifindex;
}

/* The i-th that a DHCPv4 lease brought. */
static bool get4(const struct net *n, size_t i, struct sockaddr_storage *out)
{
	for (uint32_t k = 0; k < n->nifs; k++) {
		const struct dhcp4 *d = &n->dhcp4[k];
		size_t has = d->has_lease ? d->lease.ndns : 0;

		if (i < has) {
			put4(out, d->lease.dns[i]);
			return true;
		}
		i -= has;
	}
	return false;
}

/* The i-th that routers and DHCPv6 told of, of those with a way to them. */
static bool get6(struct net *n, size_t i, struct sockaddr_storage *out)
{
	const struct nameserver *s;
	struct path path;

	for (size_t k = 0; (s = nameservers_get(n, k)); k++) {
		if (route_lookup_on(n, &s->addr, NULL,
				    inet_needs_scope(&s->addr) ? s->from.ifindex
							       : 0,
				    &path) < 0 ||
		    i-- > 0)
			continue;
		put6(out, s);
		return true;
	}
	return false;
}

/* In turn from both families: should one not work, the other one's is next. */
size_t stack_dns(struct sockaddr_storage *out, size_t max)
{
	struct stack *st;
	size_t n = 0;
	bool has4 = true, has6 = true;

	if (!turn_stack)
		return 0;
	st = turn_enter();
	for (size_t i = 0; n < max && (has4 || has6); i++) {
		has4 = has4 && get4(&st->net, i, &out[n]);
		n += has4;
		has6 = has6 && n < max && get6(&st->net, i, &out[n]);
		n += has6;
	}
	turn_leave(st);
	return n;
}

bool stack_search_domain(size_t i, char *out, size_t size)
{
	const struct search_domain *d;
	struct stack *st;
	bool fits = false;

	if (!turn_stack)
		return false;
	st = turn_enter();
	d = nameservers_get_domain(&st->net, i);
	if (d)
		fits = (size_t)snprintf(out, size, "%s", d->name) < size;
	turn_leave(st);
	return fits;
}
