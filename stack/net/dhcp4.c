/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * dhcp4.c - an IPv4 address, routes and name servers from a DHCP server
 *
 * What this room is for
 *   The state machine of RFC 2131 figure 5, one timer for all of it. What a
 *   lease brought is marked as DHCP's where it is kept, so that it can be taken
 *   away without remembering what it was, also after a death in the middle.
 *
 * Comes in   boot.c starts it; udp_in.c brings answers; acd.c says whether the
 *            address is free; the timer; keeper.c and boot.c end it.
 * Goes out   UDP datagrams made here, through ip4.c; acd.c, route.c.
 * Never      waits: who needs the address asks for the state.
 * Lock       the stack lock is held.
 * Follows    RFC 2131 4.1, 4.4; RFC 3442 (what routes mean).
 *
 * Deviation: RFC 2131 4.4.1 has the client wait one to ten seconds at first,
 * and collect offers. A program waits for us here: the first question goes at
 * once, and the first offer is taken: dhcp4_test.c,
 * the_first_question_goes_at_once.
 */
#define LOG_ROOM LOG_ROOM_IP

#include "dhcp4.h"

#include <errno.h>

#include "acd.h"
#include "addr.h"
#include "link/cksum.h"
#include "ip4.h"
#include "ground/log.h"
#include "ground/must.h"
#include "net.h"

enum {
	ROUTE_PROTOCOL_DHCP = 16, /* rtnetlink(7): RTPROT_DHCP */
	BACKOFF_DOUBLINGS = 4,    /* RFC 2131 4.1: 4 s to 64 s */
	REQUESTS = 4,             /* of one offer, then all begins anew */
	MTU_MIN = 576,            /* less would harm: RFC 791 3.1 */
};

#define BACKOFF_US SEC(4)
#define JITTER_US SEC(1)
#define RENEW_PAUSE_US SEC(60)   /* RFC 2131 4.4.5 */
#define DECLINE_PAUSE_US SEC(10) /* RFC 2131 3.1 (5) */

static struct dhcp4 *client_of(const struct iface *ifp)
{
	return &ifp->net->dhcp4[ifp->index - 1];
}

static struct engine *engine_of(const struct dhcp4 *d)
{
	return d->ifp->eng;
}

static void set_due(struct dhcp4 *d, usecs when)
{
	d->due = when;
	if (when == USECS_NEVER)
		timer_stop(&engine_of(d)->timers, &d->timer);
	else
		timer_start(&engine_of(d)->timers, &d->timer, when);
}

static void move(struct dhcp4 *d, enum dhcp4_state to)
{
	static const char *const names[] = {
		[DHCP4_OFF] = "OFF",
		[DHCP4_INIT] = "INIT",
		[DHCP4_SELECTING] = "SELECTING",
		[DHCP4_REQUESTING] = "REQUESTING",
		[DHCP4_PROBING] = "PROBING",
		[DHCP4_BOUND] = "BOUND",
		[DHCP4_RENEWING] = "RENEWING",
		[DHCP4_REBINDING] = "REBINDING",
		[DHCP4_RELEASED] = "RELEASED",
	};

	log_info("%s: DHCP %s -> %s", d->ifp->name, names[d->stage], names[to]);
	d->stage = (uint8_t)to;
	d->tries = 0;
}

/* --- out ----------------------------------------------------------------- */

/* From `src` (perhaps nobody yet) to everybody, or to the server. */
static void send(struct dhcp4 *d, const struct dhcp4_question *q,
		 struct ip4_addr src, bool to_all)
{
	uint16_t len = DHCP4_MSG_SIZE + sizeof(struct udp_wire);
	struct ip4_addr all = ip4_make(255, 255, 255, 255);
	struct ip_how how = {.src = inet_from4(src),
			     .dst = inet_from4(to_all ? all : d->lease.server),
			     .proto = IP_PROTO_UDP,
			     .ifindex = d->ifp->index,
			     .broadcast_ok = true};
	struct path path = {.ifp = d->ifp,
			    .next_hop = how.dst,
			    .source = how.src,
			    .mtu = d->ifp->mtu};
	uint8_t message[DHCP4_MSG_SIZE];
	struct udp_wire *udp;
	struct tx t;
	int ret = -ENOBUFS;

	if (to_all)
		how.path = &path;
	dhcp4_msg_write(q, message);
	tx_init(&t);
	if (tx_add(&t, message, sizeof(message))) {
		udp = tx_push(&t, sizeof(*udp));
		*udp = (struct udp_wire){
			.sport = be16_make(DHCP4_CLIENT_PORT),
			.dport = be16_make(DHCP4_SERVER_PORT),
			.len = be16_make(len),
			.cksum = be16_make(cksum_fold(cksum_pseudo(
				&how.src, &how.dst, IP_PROTO_UDP, len))),
		};
		tx_set_csum(&t, offsetof(struct udp_wire, cksum));
		/* Servers read below their kernel, where it stays partial. */
		tx_finish_csum(&t);
		ret = ip4_output(d->ifp->net, &t, &how);
	}
	if (ret < 0)
		log_info("%s: DHCP: not sent: %d", d->ifp->name, ret);
}

static struct dhcp4_question question(const struct dhcp4 *d, uint8_t type)
{
	usecs since = engine_of(d)->now - d->began;

	return (struct dhcp4_question){
		.type = type,
		.xid = d->xid,
		.secs = (uint16_t)MIN(since / USECS_PER_SEC, UINT16_MAX),
		.mac = d->ifp->mac,
	};
}

/* RFC 2131 4.1: 4, 8, ... 64 seconds, each a second more or less. */
static usecs backoff(struct dhcp4 *d)
{
	usecs pause = BACKOFF_US << MIN(d->tries, BACKOFF_DOUBLINGS);
	usecs jitter = rand_below(&engine_of(d)->rand, 2 * JITTER_US);

	if (d->tries < UINT8_MAX)
		d->tries++;
	return engine_of(d)->now + pause - JITTER_US + jitter;
}

static void discover(struct dhcp4 *d)
{
	struct dhcp4_question q = question(d, DHCP4_DISCOVER);

	q.wants_broadcast = true;
	send(d, &q, ip4_make(0, 0, 0, 0), true);
	set_due(d, backoff(d));
}

/* Asks for what was offered; everybody hears whose offer was taken. */
static void request(struct dhcp4 *d)
{
	struct dhcp4_question q = question(d, DHCP4_REQUEST);

	q.wants_broadcast = true;
	q.wanted = d->lease.yours;
	q.server = d->lease.server;
	send(d, &q, ip4_make(0, 0, 0, 0), true);
	set_due(d, backoff(d));
}

/* Asks for more time. RFC 2131 4.4.5: again after half of what is left, and
 * not more often than once a minute. */
static void ask_for_more(struct dhcp4 *d, usecs until)
{
	struct dhcp4_question q = question(d, DHCP4_REQUEST);
	usecs now = engine_of(d)->now, pause = RENEW_PAUSE_US;

	q.client = d->lease.yours;
	send(d, &q, d->lease.yours, d->stage == DHCP4_REBINDING);
	if (until - now > 2 * pause)
		pause = (until - now) / 2;
	set_due(d, MIN(now + pause, until));
}

/* Another host has what the server gave us. */
static void decline(struct dhcp4 *d)
{
	struct dhcp4_question q = question(d, DHCP4_DECLINE);

	q.xid = rand_u32(&engine_of(d)->rand);
	q.secs = 0;
	q.wanted = d->lease.yours;
	q.server = d->lease.server;
	send(d, &q, ip4_make(0, 0, 0, 0), true);
}

bool dhcp4_release(struct dhcp4 *d)
{
	struct dhcp4_question q;

	if (!d->ifp || !d->has_lease || d->stage == DHCP4_RELEASED)
		return false;
	q = question(d, DHCP4_RELEASE);
	q.xid = rand_u32(&engine_of(d)->rand);
	q.secs = 0;
	q.client = d->lease.yours;
	q.server = d->lease.server;
	send(d, &q, d->lease.yours, false);
	move(d, DHCP4_RELEASED);
	set_due(d, USECS_NEVER);
	return true;
}

/* --- what a lease brings ------------------------------------------------- */

static void take_away(struct dhcp4 *d)
{
	struct iface *ifp = d->ifp;
	struct route_table *t = &ifp->net->routes;
	uint32_t i = 0;

	while (i < t->count) {
		struct route r = *route_at(t, i);

		if (r.protocol != ROUTE_PROTOCOL_DHCP ||
		    r.ifindex != ifp->index || route_delete(ifp->net, &r) < 0)
			i++;
	}
	i = 0;
	while (i < ifp->naddrs) {
		struct inet_addr a = ifp->addrs[i].prefix.addr;

		if (ifp->addrs[i].origin == ADDR_BY_DHCP && inet_is4(&a))
			iface_delete(ifp, &a);
		else
			i++;
	}
	if (d->link_mtu && d->has_lease)
		iface_set_mtu(ifp, d->link_mtu);
	d->has_lease = false;
}

static void put_routes(struct dhcp4 *d)
{
	for (uint8_t i = 0; i < d->lease.nroutes; i++) {
		const struct dhcp4_route *from = &d->lease.routes[i];
		struct route r = {
			.dst = {inet_from4(from->dst),
				(uint8_t)(96 + from->bits)},
			.ifindex = d->ifp->index,
			/* The first link's router comes before others'. */
			.metric = d->ifp->index - 2,
			.protocol = ROUTE_PROTOCOL_DHCP,
		};
		int ret;

		if (ip4_u32(from->gateway) != 0)
			r.gateway = inet_from4(from->gateway);
		ret = route_add(d->ifp->net, &r);
		if (ret < 0 && ret != -EEXIST)
			log_info("%s: DHCP: a route too many", d->ifp->name);
	}
}

static struct inet_prefix prefix_of(const struct dhcp4 *d)
{
	return (struct inet_prefix){inet_from4(d->lease.yours),
				    (uint8_t)(96 + d->lease.bits)};
}

/* How long the address is good is for programs to see, too. */
static void put_lifetimes(struct dhcp4 *d)
{
	struct inet_prefix p = prefix_of(d);
	struct iface_addr *a = iface_find(d->ifp, &p.addr);

	if (a && a->origin == ADDR_BY_DHCP)
		addr_set_lifetimes(d->ifp, a, d->expires, d->expires);
}

static void put_in_place(struct dhcp4 *d)
{
	d->has_lease = true;
	d->has_declined = false;
	if (d->link_mtu && d->lease.mtu >= MTU_MIN)
		iface_set_mtu(d->ifp, MIN(d->link_mtu, d->lease.mtu));
	put_routes(d);
	ipv4ll_on_lease(d->ifp);
}

/* --- events -------------------------------------------------------------- */

/* From the beginning, `pause` from now. What was there goes. */
static void begin(struct dhcp4 *d, usecs pause)
{
	usecs then = engine_of(d)->now + pause;

	move(d, DHCP4_INIT);
	if (d->has_lease || !d->began)
		d->began = then;
	take_away(d);
	ipv4ll_on_no_lease(d->ifp);
	set_due(d, then);
}

/* RFC 2131 4.4.5: T1 and T2 are a half and seven eighths unless told. */
static void set_times(struct dhcp4 *d, const struct dhcp4_answer *a)
{
	usecs lease;

	d->renew = d->rebind = d->expires = USECS_NEVER;
	if (a->lease_s == DHCP4_FOR_EVER)
		return;
	lease = SEC(a->lease_s);
	d->expires = d->asked + lease;
	d->renew = d->asked + (a->renew_s ? SEC(a->renew_s) : lease / 2);
	d->rebind = d->asked + (a->rebind_s ? SEC(a->rebind_s) : lease / 8 * 7);
	if (d->renew < d->rebind && d->rebind < d->expires)
		return;
	d->renew = d->asked + lease / 2;
	d->rebind = d->asked + lease / 8 * 7;
}

/* Would the other lease bring the same? Times and the server aside. */
static bool brings_the_same(const struct dhcp4_answer *a,
			    const struct dhcp4_answer *b)
{
	return ip4_equal(a->yours, b->yours) && a->bits == b->bits &&
	       a->mtu == b->mtu && a->nroutes == b->nroutes &&
	       memcmp(a->routes, b->routes,
		      a->nroutes * sizeof(a->routes[0])) == 0;
}

static void bind(struct dhcp4 *d)
{
	struct inet_prefix p = prefix_of(d);
	char text[INET_TEXT_MAX], from[INET_TEXT_MAX];

	move(d, DHCP4_BOUND);
	set_due(d, d->renew);
	put_lifetimes(d);
	inet_print(&p.addr, text);
	p.addr = inet_from4(d->lease.server);
	log_info("%s: %s/%u by DHCP from %s for %lld s", d->ifp->name, text,
		 d->lease.bits, inet_print(&p.addr, from),
		 (long long)d->lease.lease_s);
}

/* The address is there, but not to be used before acd.c says so. */
static void look_whose(struct dhcp4 *d)
{
	struct inet_prefix p = prefix_of(d);

	move(d, DHCP4_PROBING);
	set_due(d, USECS_NEVER);
	if (acd_add(d->ifp, &p, ADDR_BY_DHCP) == 0)
		return;
	log_info("%s: DHCP: an address that is there already", d->ifp->name);
	dhcp4_on_free(d->ifp);
}

static void on_ack(struct dhcp4 *d, const struct dhcp4_answer *a)
{
	struct ip4_addr server = d->lease.server;
	bool is_new = !d->has_lease || !brings_the_same(a, &d->lease);

	/* INIT is the mark for recovery: what is there is not in order. */
	if (is_new) {
		move(d, DHCP4_INIT);
		take_away(d);
	}
	d->lease = *a;
	if (ip4_u32(a->server) == 0)
		d->lease.server = server;
	set_times(d, a);
	if (is_new)
		look_whose(d);
	else
		bind(d);
}

void dhcp4_on_free(struct iface *ifp)
{
	struct dhcp4 *d = client_of(ifp);

	if (d->stage != DHCP4_PROBING)
		return;
	put_in_place(d);
	bind(d);
}

void dhcp4_on_taken(struct iface *ifp)
{
	struct dhcp4 *d = client_of(ifp);

	if (d->stage == DHCP4_OFF)
		return;
	if (d->stage != DHCP4_RELEASED)
		decline(d);
	d->has_declined = true;
	begin(d, DECLINE_PAUSE_US);
}

/* Somebody who says no is asked again, but not at once. */
static void on_nak(struct dhcp4 *d)
{
	log_info("%s: the DHCP server refuses the address", d->ifp->name);
	begin(d, JITTER_US);
}

static void on_offer(struct dhcp4 *d, const struct dhcp4_answer *a)
{
	d->lease = *a;
	d->asked = engine_of(d)->now;
	move(d, DHCP4_REQUESTING);
	request(d);
}

/* Can it be one host's address? */
static bool is_host(struct ip4_addr a)
{
	return a.b[0] != 0 && a.b[0] != 127 && a.b[0] < 224;
}

static enum verdict on_answer(struct dhcp4 *d, const struct dhcp4_answer *a)
{
	bool is_asking = d->stage == DHCP4_REQUESTING ||
			 d->stage == DHCP4_RENEWING ||
			 d->stage == DHCP4_REBINDING;

	if (a->type == DHCP4_OFFER && d->stage == DHCP4_SELECTING &&
	    is_host(a->yours) && is_host(a->server))
		on_offer(d, a);
	else if (a->type == DHCP4_ACK && is_asking && is_host(a->yours) &&
		 a->lease_s != 0)
		on_ack(d, a);
	else if (a->type == DHCP4_NAK && is_asking)
		on_nak(d);
	else
		return DROP_DHCP_UNASKED;
	return DONE;
}

enum verdict dhcp4_input(struct iface *ifp, struct pkt *p)
{
	struct dhcp4 *d = client_of(ifp);
	struct dhcp4_answer a;

	MUST_HOLD(&ifp->eng->lock);
	if (!dhcp4_msg_read(p->data + sizeof(struct udp_wire),
			    p->len - sizeof(struct udp_wire), &a))
		return DROP_DHCP_FORMAT;
	if (a.xid != d->xid || memcmp(&a.mac, &ifp->mac, sizeof(a.mac)) != 0)
		return DROP_DHCP_UNASKED;
	return on_answer(d, &a);
}

bool dhcp4_has_port(const struct iface *ifp, uint16_t port)
{
	return port == DHCP4_CLIENT_PORT && client_of(ifp)->stage != DHCP4_OFF;
}

bool dhcp4_expects(const struct iface *ifp, const struct pkt *p)
{
	const struct ip4_wire *ip = (const void *)p->data;
	const struct udp_wire *udp;

	if (client_of(ifp)->stage == DHCP4_OFF || client_of(ifp)->has_lease ||
	    ip->proto != IP_PROTO_UDP ||
	    (be16_get(ip->frag) & (IP4_MF | IP4_OFFSET)) ||
	    p->len < ip4_wire_len(ip) + sizeof(*udp))
		return false;
	udp = (const void *)(p->data + ip4_wire_len(ip));
	return be16_get(udp->dport) == DHCP4_CLIENT_PORT;
}

static void begin_renewing(struct dhcp4 *d)
{
	d->xid = rand_u32(&engine_of(d)->rand);
	d->asked = engine_of(d)->now;
	move(d, DHCP4_RENEWING);
	ask_for_more(d, d->rebind);
}

/* Of a lease: what its times say. False: they say nothing. */
static bool keep_lease(struct dhcp4 *d)
{
	usecs now = engine_of(d)->now;

	if (!d->has_lease)
		return false;
	if (now >= d->expires) {
		log_warn("%s: the DHCP lease is over", d->ifp->name);
		begin(d, 0);
	} else if (now >= d->rebind) {
		if (d->stage != DHCP4_REBINDING)
			move(d, DHCP4_REBINDING);
		d->asked = now;
		ask_for_more(d, d->expires);
	} else if (d->stage == DHCP4_RENEWING) {
		d->asked = now;
		ask_for_more(d, d->rebind);
	} else {
		begin_renewing(d);
	}
	return true;
}

void dhcp4_on_timer(struct dhcp4 *d)
{
	if (keep_lease(d))
		return;
	switch ((enum dhcp4_state)d->stage) {
	case DHCP4_INIT:
		d->xid = rand_u32(&engine_of(d)->rand);
		move(d, DHCP4_SELECTING);
		discover(d);
		break;
	case DHCP4_SELECTING:
		discover(d);
		break;
	case DHCP4_REQUESTING:
		if (d->tries < REQUESTS)
			request(d);
		else
			begin(d, 0);
		break;
	case DHCP4_OFF:
	case DHCP4_PROBING:
	case DHCP4_BOUND:
	case DHCP4_RENEWING:
	case DHCP4_REBINDING:
	case DHCP4_RELEASED:
		break;
	}
}

/* --- life ---------------------------------------------------------------- */

int dhcp4_start(struct iface *ifp, bool may_set_mtu)
{
	struct dhcp4 *d = client_of(ifp);

	if (d->ifp)
		return 0;
	if (timer_init(&ifp->eng->timers, &d->timer, TIMER_DHCP4) < 0)
		return -ENOBUFS;
	d->ifp = ifp;
	d->link_mtu = may_set_mtu ? ifp->mtu : 0;
	begin(d, 0);
	return 0;
}

void dhcp4_resume(struct dhcp4 *d)
{
	if (d->stage == DHCP4_RELEASED)
		begin(d, 0);
}

void dhcp4_fini(struct dhcp4 *d)
{
	if (d->ifp)
		timer_fini(&engine_of(d)->timers, &d->timer);
	d->ifp = NULL;
	d->stage = DHCP4_OFF;
}

void dhcp4_rebuild(struct dhcp4 *d)
{
	if (!d->ifp)
		return;
	timer_rebuild(&engine_of(d)->timers, &d->timer);
	/* In the middle of taking or giving back: from the beginning. */
	if (d->stage == DHCP4_OFF || d->stage == DHCP4_INIT ||
	    d->stage == DHCP4_PROBING) {
		begin(d, 0);
	} else {
		set_due(d, d->due);
	}
}
