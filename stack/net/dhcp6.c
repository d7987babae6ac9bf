/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * dhcp6.c - an IPv6 address and name servers from a DHCPv6 server
 *
 * What this room is for
 *   The state machine of RFC 8415 18.2, one timer for all of it. One address is
 *   asked for; it is marked as DHCP's where it is kept, so that it can be taken
 *   away without remembering, also after a death in the middle.
 *
 * Comes in   auto6.c says what routers said; udp_in.c brings answers; addr.c
 *            conflicts; the timer.
 * Goes out   UDP datagrams made here, through ip6.c; addr.c, nameservers.c.
 * Never      waits: who needs the address asks the interface.
 * Lock       the stack lock is held.
 * Follows    RFC 8415 11, 15, 16, 18.2; RFC 3646.
 *
 * Deviation: RFC 8415 18.2.1 has the client wait up to a second before it
 * asks, and then collect offers. A program waits for us here: the first
 * question goes at once, and the first offer is taken; 18.2.7 has RELEASE sent
 * until it is answered, here it is sent once: dhcp6_test.c,
 * the_first_offer_is_taken_at_once.
 */
#define LOG_ROOM LOG_ROOM_IP

#include "dhcp6.h"

#include <errno.h>

#include "addr.h"
#include "ground/log.h"
#include "ground/must.h"
#include "ip6.h"
#include "link/cksum.h"
#include "net.h"

/* RFC 8415 7.6. */
static const struct manner {
	const char *name;
	uint8_t type;     /* what is sent; 0: nothing */
	uint8_t tries;    /* MRC; 0: no end */
	uint16_t first_s; /* IRT */
	uint16_t most_s;  /* MRT */
} manners[] = {
	[DHCP6_OFF] = {"OFF", 0, 0, 0, 0},
	[DHCP6_SOLICITING] = {"SOLICITING", DHCP6_SOLICIT, 0, 1, 3600},
	[DHCP6_REQUESTING] = {"REQUESTING", DHCP6_REQUEST, 10, 1, 30},
	[DHCP6_BOUND] = {"BOUND", 0, 0, 0, 0},
	[DHCP6_RENEWING] = {"RENEWING", DHCP6_RENEW, 0, 10, 600},
	[DHCP6_REBINDING] = {"REBINDING", DHCP6_REBIND, 0, 10, 600},
	[DHCP6_DECLINING] = {"DECLINING", DHCP6_DECLINE, 4, 1, 0},
	[DHCP6_RELEASED] = {"RELEASED", DHCP6_RELEASE, 1, 1, 0},
	[DHCP6_INFORMING] = {"INFORMING", DHCP6_INFORMATION, 0, 1, 3600},
	[DHCP6_INFORMED] = {"INFORMED", 0, 0, 0, 0},
};
static_assert(ARRAY_LEN(manners) == DHCP6_NSTATES, "one for each state");

/* RFC 8415 21.23: IRT_DEFAULT, IRT_MINIMUM. */
#define REFRESH_US SEC(86400)
#define REFRESH_MIN_US SEC(600)

static const struct inet_addr ALL_SERVERS = {{0xff, 2, [13] = 1, 0, 2}};

static struct dhcp6 *client_of(const struct iface *ifp)
{
	return &ifp->net->dhcp6[ifp->index - 1];
}

static struct engine *engine_of(const struct dhcp6 *d)
{
	return d->ifp->eng;
}

static void set_due(struct dhcp6 *d, usecs when)
{
	d->due = when;
	if (when == USECS_NEVER)
		timer_stop(&engine_of(d)->timers, &d->timer);
	else
		timer_start(&engine_of(d)->timers, &d->timer, when);
}

/* --- out ----------------------------------------------------------------- */

static int send_bytes(struct dhcp6 *d, const uint8_t *bytes, size_t len,
		      const struct inet_addr *ours)
{
	uint16_t whole = (uint16_t)(len + sizeof(struct udp_wire));
	struct ip_how how = {.src = *ours,
			     .dst = ALL_SERVERS,
			     .proto = IP_PROTO_UDP,
			     .ifindex = d->ifp->index};
	struct path path = {.ifp = d->ifp,
			    .next_hop = how.dst,
			    .source = how.src,
			    .mtu = iface_mtu(d->ifp, &how.dst)};
	struct udp_wire *udp;
	struct tx t;

	how.path = &path;
	tx_init(&t);
	if (!tx_add(&t, bytes, len))
		return -ENOBUFS;
	udp = tx_push(&t, sizeof(*udp));
	*udp = (struct udp_wire){
		.sport = be16_make(DHCP6_CLIENT_PORT),
		.dport = be16_make(DHCP6_SERVER_PORT),
		.len = be16_make(whole),
		.cksum = be16_make(cksum_fold(
			cksum_pseudo(&how.src, &how.dst, IP_PROTO_UDP, whole))),
	};
	tx_set_csum(&t, offsetof(struct udp_wire, cksum));
	tx_finish_csum(&t);
	return ip6_output(d->ifp->net, &t, &how);
}

/* What the state wants to say. Renewing is for the server that gave it. */
static void send(struct dhcp6 *d)
{
	const struct inet_addr *ours = iface_link_local(d->ifp);
	bool is_inform = d->stage == DHCP6_INFORMING;
	usecs since = engine_of(d)->now - d->began;
	struct dhcp6_question q = {
		.type = manners[d->stage].type,
		.xid = d->xid,
		.elapsed_cs = (uint16_t)MIN(since / 10000, UINT16_MAX),
		.mac = d->ifp->mac,
		.iaid = is_inform ? 0 : d->ifp->index,
		.addr = d->addr,
	};
	uint8_t bytes[DHCP6_MSG_MAX];
	int ret = -EADDRNOTAVAIL;

	if (d->stage != DHCP6_SOLICITING && d->stage != DHCP6_REBINDING &&
	    !is_inform)
		q.server = d->server;
	if (ours)
		ret = send_bytes(d, bytes, dhcp6_msg_write(&q, bytes), ours);
	if (ret < 0)
		log_info("%s: DHCPv6: not sent: %d", d->ifp->name, ret);
}

/* RFC 8415 15: a tenth more or less; the first SOLICIT's is never less. */
static usecs vary(struct dhcp6 *d, usecs pause)
{
	uint32_t tenth = (uint32_t)MIN(pause / 10, SEC(360));

	if (d->stage == DHCP6_SOLICITING && d->tries == 1)
		return pause + 1 + rand_below(&engine_of(d)->rand, tenth);
	return pause - tenth + rand_below(&engine_of(d)->rand, 2 * tenth);
}

/* When the state ends whatever happens; USECS_NEVER: not by time. */
static usecs end_of(const struct dhcp6 *d)
{
	if (d->stage == DHCP6_RENEWING)
		return d->rebind;
	return d->stage == DHCP6_REBINDING ? d->end : USECS_NEVER;
}

static void ask(struct dhcp6 *d)
{
	const struct manner *m = &manners[d->stage];
	usecs most = SEC(m->most_s);

	if (d->most_s && m->tries == 0 && end_of(d) == USECS_NEVER)
		most = SEC(d->most_s);
	send(d);
	if (d->tries < UINT8_MAX)
		d->tries++;
	if (d->pause == 0)
		d->pause = vary(d, SEC(m->first_s));
	else
		d->pause += vary(d, d->pause);
	if (most && d->pause > most)
		d->pause = vary(d, most);
	set_due(d, MIN(engine_of(d)->now + d->pause, end_of(d)));
}

/* A new exchange, from its first question, or none. */
static void move(struct dhcp6 *d, enum dhcp6_state to)
{
	log_info("%s: DHCPv6 %s -> %s", d->ifp->name, manners[d->stage].name,
		 manners[to].name);
	d->stage = (uint8_t)to;
	d->tries = 0;
	d->pause = 0;
	d->began = engine_of(d)->now;
	d->xid = rand_u32(&engine_of(d)->rand) & 0xffffff;
	set_due(d, USECS_NEVER);
	if (manners[to].type)
		ask(d);
}

/* --- what an answer brings ----------------------------------------------- */

static void take_away(struct dhcp6 *d)
{
	struct iface *ifp = d->ifp;
	uint32_t i = 0;

	while (i < ifp->naddrs) {
		struct inet_addr a = ifp->addrs[i].prefix.addr;

		if (ifp->addrs[i].origin == ADDR_BY_DHCP && !inet_is4(&a))
			iface_delete(ifp, &a);
		else
			i++;
	}
}

/* From the beginning; what was there goes. */
static void begin(struct dhcp6 *d)
{
	take_away(d);
	memset(&d->addr, 0, sizeof(d->addr));
	move(d, DHCP6_SOLICITING);
}

/* As above, but not at once: whoever says no is not pestered. */
static void start_over(struct dhcp6 *d)
{
	take_away(d);
	memset(&d->addr, 0, sizeof(d->addr));
	d->stage = DHCP6_SOLICITING;
	d->tries = 0;
	d->pause = 0;
	set_due(d, engine_of(d)->now + SEC(1));
}

/* What a reply says is all that holds. */
static void learn_names(struct dhcp6 *d, const struct dhcp6_answer *a)
{
	struct net *n = d->ifp->net;
	struct nameserver_from from = {d->ifp->index, NAMESERVER_BY_DHCP,
				       USECS_NEVER};

	nameservers_forget(n, d->ifp->index, NAMESERVER_BY_DHCP);
	nameservers_learn(n, &from, a->dns, a->dns_len);
	nameservers_learn_domains(n, &from, a->domains, a->domains_len);
}

static usecs after(const struct dhcp6 *d, uint32_t seconds)
{
	return seconds == UINT32_MAX ? USECS_NEVER
				     : engine_of(d)->now + SEC(seconds);
}

/* RFC 8415 21.4: half and eight tenths of the preferred time unless told. */
static void set_times(struct dhcp6 *d, const struct dhcp6_answer *a,
		      const struct dhcp6_addr *got)
{
	uint32_t base = MAX(MIN(got->preferred_s, got->valid_s), 1u);

	d->end = after(d, got->valid_s);
	d->renew = d->rebind = USECS_NEVER;
	if (a->renew_s || base != UINT32_MAX)
		d->renew = after(d, a->renew_s ? a->renew_s : base / 2);
	if (a->rebind_s || base != UINT32_MAX)
		d->rebind = after(
			d, a->rebind_s ? a->rebind_s
				       : (uint32_t)(base * UINT64_C(4) / 5));
	/* Not more often than the server can be asked for. */
	d->renew = MAX(d->renew, engine_of(d)->now + SEC(1));
	d->rebind = MIN(MAX(d->rebind, d->renew), d->end);
	d->renew = MIN(d->renew, d->rebind);
}

static bool put_in_place(struct dhcp6 *d, const struct dhcp6_addr *got)
{
	struct iface *ifp = d->ifp;
	struct iface_addr *have = iface_find(ifp, &got->addr);
	struct inet_prefix p = {got->addr, 128};
	char text[INET_TEXT_MAX];

	if (!have || have->origin != ADDR_BY_DHCP) {
		take_away(d);
		if (have || addr_add6(ifp, &p, ADDR_BY_DHCP, true) < 0) {
			log_info("%s: DHCPv6: an address that is there already",
				 ifp->name);
			return false;
		}
		have = iface_find(ifp, &got->addr);
		have->not_onlink = true;
		log_info("%s: %s by DHCPv6 for %u s", ifp->name,
			 inet_print(&got->addr, text), got->valid_s);
	}
	addr_set_lifetimes(ifp, have, after(d, got->preferred_s), d->end);
	return true;
}

/* The address that it is about; of an offer, the first; NULL: none. */
static const struct dhcp6_addr *find_addr(const struct dhcp6 *d,
					  const struct dhcp6_answer *a)
{
	for (uint8_t i = 0; i < a->naddrs; i++) {
		if (d->stage == DHCP6_SOLICITING ||
		    inet_equal(&a->addrs[i].addr, &d->addr))
			return &a->addrs[i];
	}
	/* Servers may give another one than they had offered. */
	return d->stage == DHCP6_REQUESTING && a->naddrs ? &a->addrs[0] : NULL;
}

/* RFC 8415 18.2.10.1. */
static void on_addresses(struct dhcp6 *d, const struct dhcp6_answer *a)
{
	const struct dhcp6_addr *got = find_addr(d, a);

	if (!got)
		return; /* as if nobody had answered */
	if (got->valid_s == 0) {
		start_over(d);
		return;
	}
	d->addr = got->addr;
	d->server = a->server;
	set_times(d, a, got);
	learn_names(d, a);
	if (!put_in_place(d, got))
		return;
	move(d, DHCP6_BOUND);
	set_due(d, d->renew);
}

/* RFC 8415 18.2.10. True: it was dealt with. */
static bool on_failure(struct dhcp6 *d, const struct dhcp6_answer *a)
{
	if (a->status == DHCP6_SUCCESS)
		return false;
	log_info("%s: the DHCPv6 server refuses: status %u", d->ifp->name,
		 a->status);
	if (a->status == DHCP6_NO_BINDING &&
	    (d->stage == DHCP6_RENEWING || d->stage == DHCP6_REBINDING)) {
		d->server = a->server;
		move(d, DHCP6_REQUESTING);
	} else if (a->status == DHCP6_NOT_ON_LINK ||
		   (a->status == DHCP6_NO_ADDRS &&
		    d->stage == DHCP6_REQUESTING)) {
		start_over(d);
	}
	return true;
}

static void on_reply(struct dhcp6 *d, const struct dhcp6_answer *a)
{
	usecs refresh = REFRESH_US;

	switch ((enum dhcp6_state)d->stage) {
	case DHCP6_INFORMING:
		if (a->refresh_s)
			refresh = MAX(SEC(a->refresh_s), REFRESH_MIN_US);
		learn_names(d, a);
		move(d, DHCP6_INFORMED);
		if (a->refresh_s != UINT32_MAX)
			set_due(d, engine_of(d)->now + refresh);
		break;
	case DHCP6_DECLINING:
		start_over(d);
		break;
	case DHCP6_SOLICITING:
	case DHCP6_REQUESTING:
	case DHCP6_RENEWING:
	case DHCP6_REBINDING:
		if (!on_failure(d, a))
			on_addresses(d, a);
		break;
	case DHCP6_OFF:
	case DHCP6_BOUND:
	case DHCP6_RELEASED:
	case DHCP6_INFORMED:
	case DHCP6_NSTATES:
		break;
	}
}

static void on_offer(struct dhcp6 *d, const struct dhcp6_answer *a)
{
	/* RFC 8415 18.2.9: what offers nothing is as good as nothing. */
	if (a->status != DHCP6_SUCCESS || a->naddrs == 0 ||
	    a->addrs[0].valid_s == 0)
		return;
	d->addr = a->addrs[0].addr;
	d->server = a->server;
	move(d, DHCP6_REQUESTING);
}

/* RFC 8415 16: is it an answer to what we asked? */
static bool is_ours(const struct dhcp6 *d, const struct dhcp6_answer *a)
{
	struct dhcp6_duid us = dhcp6_msg_duid(&d->ifp->mac);
	bool named =
		a->client.len == us.len && !memcmp(a->client.b, us.b, us.len);

	if (a->xid != d->xid || !manners[d->stage].type)
		return false;
	/* 16.10: to a question about others' things we need not be named. */
	if (!named && (a->client.len || d->stage != DHCP6_INFORMING))
		return false;
	if (d->stage == DHCP6_SOLICITING)
		return a->type == DHCP6_ADVERTISE || a->is_rapid;
	return a->type == DHCP6_REPLY;
}

enum verdict dhcp6_input(struct iface *ifp, struct pkt *p)
{
	struct dhcp6 *d = client_of(ifp);
	struct dhcp6_answer a;

	MUST_HOLD(&ifp->eng->lock);
	if (!dhcp6_msg_read(p->data + sizeof(struct udp_wire),
			    p->len - sizeof(struct udp_wire), ifp->index, &a))
		return DROP_DHCP_FORMAT;
	if (!is_ours(d, &a))
		return DROP_DHCP_UNASKED;
	if (a.most_s &&
	    (d->stage == DHCP6_SOLICITING || d->stage == DHCP6_INFORMING))
		d->most_s = a.most_s;
	if (a.type == DHCP6_ADVERTISE)
		on_offer(d, &a);
	else
		on_reply(d, &a);
	return DONE;
}

bool dhcp6_has_port(const struct iface *ifp, uint16_t port)
{
	return port == DHCP6_CLIENT_PORT && client_of(ifp)->stage != DHCP6_OFF;
}

/* --- events -------------------------------------------------------------- */

static bool start(struct iface *ifp)
{
	struct dhcp6 *d = client_of(ifp);

	if (d->ifp)
		return true;
	if (timer_init(&ifp->eng->timers, &d->timer, TIMER_DHCP6) < 0)
		return false;
	d->ifp = ifp;
	return true;
}

/* RFC 4861 4.2: M says all that O says. Who has begun goes on. */
void dhcp6_on_flags(struct iface *ifp, uint32_t flags)
{
	struct dhcp6 *d = client_of(ifp);
	bool has_begun = d->stage != DHCP6_OFF && d->stage != DHCP6_INFORMING &&
			 d->stage != DHCP6_INFORMED;

	if (!(flags & (ND_MANAGED | ND_OTHER)) || has_begun || !start(ifp))
		return;
	if (flags & ND_MANAGED)
		begin(d);
	else if (d->stage == DHCP6_OFF)
		move(d, DHCP6_INFORMING);
}

/* From a timer: the address is being looked at by who tells us. */
void dhcp6_on_conflict(struct iface *ifp, const struct inet_addr *a)
{
	struct dhcp6 *d = client_of(ifp);

	if (!d->ifp || !inet_equal(&d->addr, a) || d->stage == DHCP6_RELEASED)
		return;
	d->stage = DHCP6_DECLINING;
	d->tries = 0;
	set_due(d, engine_of(d)->now);
}

/* RFC 8415 18.2.8: it is not used any more when the server is told. */
static void decline(struct dhcp6 *d)
{
	if (d->tries == 0) {
		take_away(d);
		move(d, DHCP6_DECLINING);
	} else if (d->tries < manners[d->stage].tries) {
		ask(d);
	} else {
		begin(d);
	}
}

bool dhcp6_release(struct dhcp6 *d)
{
	if (!d->ifp || (d->stage != DHCP6_BOUND && d->stage != DHCP6_RENEWING &&
			d->stage != DHCP6_REBINDING))
		return false;
	move(d, DHCP6_RELEASED);
	set_due(d, USECS_NEVER);
	return true;
}

void dhcp6_resume(struct dhcp6 *d)
{
	if (d->stage == DHCP6_RELEASED)
		begin(d);
}

void dhcp6_on_timer(struct dhcp6 *d)
{
	usecs now = engine_of(d)->now;

	switch ((enum dhcp6_state)d->stage) {
	case DHCP6_BOUND:
		if (d->renew < d->rebind)
			move(d, DHCP6_RENEWING);
		else
			move(d, DHCP6_REBINDING);
		break;
	case DHCP6_RENEWING:
		if (now >= d->rebind)
			move(d, DHCP6_REBINDING);
		else
			ask(d);
		break;
	case DHCP6_REBINDING:
		if (now >= d->end)
			begin(d);
		else
			ask(d);
		break;
	case DHCP6_REQUESTING:
		if (d->tries < manners[d->stage].tries)
			ask(d);
		else
			begin(d);
		break;
	case DHCP6_DECLINING:
		decline(d);
		break;
	case DHCP6_INFORMED:
		move(d, DHCP6_INFORMING);
		break;
	case DHCP6_SOLICITING:
	case DHCP6_INFORMING:
		ask(d);
		break;
	case DHCP6_OFF:
	case DHCP6_RELEASED:
	case DHCP6_NSTATES:
		break;
	}
}

void dhcp6_fini(struct dhcp6 *d)
{
	if (d->ifp)
		timer_fini(&engine_of(d)->timers, &d->timer);
	d->ifp = NULL;
	d->stage = DHCP6_OFF;
}

void dhcp6_rebuild(struct dhcp6 *d)
{
	if (!d->ifp)
		return;
	timer_rebuild(&engine_of(d)->timers, &d->timer);
	/* In the middle of taking or giving back: from the beginning; in the
	 * middle of a question: at once. */
	if (d->stage == DHCP6_SOLICITING || d->stage == DHCP6_REQUESTING)
		start_over(d);
	else if (d->stage == DHCP6_BOUND)
		set_due(d, d->renew);
	else if (d->due == USECS_NEVER && d->stage != DHCP6_OFF &&
		 d->stage != DHCP6_RELEASED)
		set_due(d, engine_of(d)->now);
	else
		set_due(d, d->due);
}
