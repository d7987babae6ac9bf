/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * dhcp6_test.c - proves dhcp6.c: a client and a scripted server, in virtual
 * time.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "testkit/nettest.h"

static struct nettest t;
static struct dhcp6 *d;

static const struct inet_addr FIVE = {{0xfd, [14] = 7, 5}};
static const struct inet_addr SIX = {{0xfd, [14] = 7, 6}};
static const struct inet_addr SERVER = {{0xfe, 0x80, [15] = 0x77}};

static void open_host(void)
{
	nettest_open_udp(&t);
	cr_assert(eq(int, auto6_start(t.eth, false), 0));
	d = &t.net.dhcp6[t.eth->index - 1];
	nettest_advance(&t, SEC(1));
	nettest_advance(&t, SEC(1));
	auto6_on_advert(t.eth, 1800);
	nettest_forget_frames(&t);
}

static void close_host(void)
{
	nettest_close(&t);
}

/* --- what is sent -------------------------------------------------------- */

/* The i-th DHCPv6 message among the frames; NULL: there are not so many. */
static const uint8_t *sent(size_t i, size_t *len)
{
	for (size_t k = 0; k < t.wire.nframes; k++) {
		const struct ip6_wire *ip = nettest_sent_ip6(&t, k);
		const struct udp_wire *udp = (const void *)(ip + 1);

		if (ip->next != IP_PROTO_UDP ||
		    be16_get(udp->dport) != DHCP6_SERVER_PORT || i-- > 0)
			continue;
		*len = be16_get(udp->len) - sizeof(*udp);
		return (const uint8_t *)(udp + 1);
	}
	return NULL;
}

static size_t count(void)
{
	size_t n = 0, len;

	while (sent(n, &len))
		n++;
	return n;
}

/* Is the option in the i-th message? */
static bool has_option(size_t i, uint16_t code)
{
	size_t len;
	const uint8_t *m = sent(i, &len);

	for (size_t at = 4; m && at + 4 <= len;
	     at += 4 + (size_t)(m[at + 2] << 8 | m[at + 3]))
		if ((m[at] << 8 | m[at + 1]) == code)
			return true;
	return false;
}

/* One message of that type was sent since the last look. */
static void expect(uint8_t type)
{
	const uint8_t *m;
	size_t len;

	cr_assert(eq(sz, count(), 1), "%zu messages, not 1 of type %u", count(),
		  type);
	m = sent(0, &len);
	cr_assert(eq(int, m[0], type));
	nettest_forget_frames(&t);
}

/* --- what is answered ---------------------------------------------------- */

struct reply {
	uint8_t type;
	const struct inet_addr *addr; /* NULL: no association */
	uint8_t t1, t2, preferred, valid;
	uint8_t status; /* of the association */
	bool is_rapid, is_strange, is_old, has_dns;
};

static size_t put(uint8_t *m, size_t at, uint16_t code, const void *value,
		  size_t len)
{
	m[at] = (uint8_t)(code >> 8);
	m[at + 1] = (uint8_t)code;
	m[at + 2] = (uint8_t)(len >> 8);
	m[at + 3] = (uint8_t)len;
	if (len > 0)
		memcpy(m + at + 4, value, len);
	return at + 4 + len;
}

static size_t put_ia(uint8_t *m, size_t at, const struct reply *r)
{
	uint8_t ia[12] = {
		[3] = (uint8_t)t.eth->index, [7] = r->t1, [11] = r->t2};
	uint8_t addr[24], status[2] = {0, r->status};
	size_t start = at + 4;

	at = put(m, at, 3, ia, sizeof(ia));
	if (r->status) {
		at = put(m, at, 13, status, sizeof(status));
	} else {
		memset(addr, 0, sizeof(addr));
		memcpy(addr, r->addr, 16);
		addr[19] = r->preferred;
		addr[23] = r->valid;
		at = put(m, at, 5, addr, sizeof(addr));
	}
	m[start - 1] = (uint8_t)(at - start);
	return at;
}

static enum verdict answer(struct reply r)
{
	uint8_t m[512] = {r.type, (uint8_t)(d->xid >> 16),
			  (uint8_t)(d->xid >> 8), (uint8_t)d->xid};
	struct dhcp6_duid us = dhcp6_msg_duid(&t.eth->mac);
	struct udp_wire udp = {be16_make(DHCP6_SERVER_PORT),
			       be16_make(DHCP6_CLIENT_PORT), be16_make(0),
			       be16_make(0)};
	struct nettest_ip6 h = {.src = &SERVER,
				.dst = iface_link_local(t.eth),
				.next = IP_PROTO_UDP};
	uint8_t whole[600];
	size_t at = 4;

	m[3] = (uint8_t)(m[3] + r.is_old);
	us.b[us.len - 1] = (uint8_t)(us.b[us.len - 1] + r.is_strange);
	at = put(m, at, 1, us.b, us.len);
	at = put(m, at, 2, "\0\3\0\1server", 10);
	if (r.is_rapid)
		at = put(m, at, 14, NULL, 0);
	if (r.addr || r.status)
		at = put_ia(m, at, &r);
	if (r.has_dns)
		at = put(m, at, 23, &FIVE, 16);
	udp.len = be16_make((uint16_t)(at + sizeof(udp)));
	udp.cksum = be16_make(0);
	memcpy(whole, &udp, sizeof(udp));
	memcpy(whole + sizeof(udp), m, at);
	udp.cksum = cksum_finish(
		cksum_partial(whole, at + sizeof(udp),
			      cksum_pseudo(h.src, h.dst, IP_PROTO_UDP,
					   (uint32_t)(at + sizeof(udp)))));
	memcpy(whole, &udp, sizeof(udp));
	return nettest_give6(&t, t.eth,
			     nettest_pkt6(&t, &h, whole, at + sizeof(udp)));
}

static const struct reply good = {.type = DHCP6_REPLY,
				  .addr = &FIVE,
				  .t1 = 50,
				  .t2 = 80,
				  .preferred = 100,
				  .valid = 200};

static struct reply offer(void)
{
	struct reply r = good;

	r.type = DHCP6_ADVERTISE;
	return r;
}

static void bind_it(void)
{
	dhcp6_on_flags(t.eth, ND_MANAGED);
	expect(DHCP6_SOLICIT);
	cr_assert(eq(int, answer(offer()), DONE));
	expect(DHCP6_REQUEST);
	cr_assert(eq(int, answer(good), DONE));
	cr_assert(eq(int, d->stage, DHCP6_BOUND));
	nettest_advance(&t, SEC(1));
	nettest_advance(&t, SEC(1));
	nettest_forget_frames(&t);
}

static void pass(usecs seconds)
{
	for (usecs i = 0; i < seconds * 4; i++)
		nettest_advance(&t, MSEC(250));
}

/* --- tests --------------------------------------------------------------- */

HOST_TEST(dhcp6, the_first_offer_is_taken_at_once)
{
	size_t len;

	dhcp6_on_flags(t.eth, ND_MANAGED | ND_OTHER);
	cr_assert(has_option(0, 14));
	cr_assert(has_option(0, 3));
	cr_assert(not(has_option(0, 2)));
	cr_assert(eq(u8, nettest_sent_ip6(&t, 0)->dst.b[13], 1));
	expect(DHCP6_SOLICIT);
	cr_assert(eq(int, answer(offer()), DONE));
	cr_assert(has_option(0, 2));
	cr_assert(ge(sz, (sent(0, &len), len), 4 + 14 + 14 + 6 + 4 + 40));
	expect(DHCP6_REQUEST);
	cr_assert(not(iface_owns(t.eth, &FIVE)));
	cr_assert(eq(int, answer(good), DONE));
	cr_assert(iface_owns(t.eth, &FIVE));
	cr_assert(iface_find(t.eth, &FIVE)->not_onlink);
	cr_assert(eq(int, iface_find(t.eth, &FIVE)->prefix.bits, 128));
}

HOST_TEST(dhcp6, no_flag_no_question)
{
	dhcp6_on_flags(t.eth, 0);
	cr_assert(eq(sz, count(), 0));
	cr_assert(not(dhcp6_has_port(t.eth, DHCP6_CLIENT_PORT)));
}

/* RFC 8415 15: 1, 2, 4 ... seconds, a tenth more or less; 18.2.1: the first
 * pause is never less. */
HOST_TEST(dhcp6, solicits_are_repeated_with_back_off)
{
	dhcp6_on_flags(t.eth, ND_MANAGED);
	expect(DHCP6_SOLICIT);
	nettest_advance(&t, SEC(1));
	cr_assert(eq(sz, count(), 0));
	nettest_advance(&t, MSEC(110));
	expect(DHCP6_SOLICIT);
	nettest_advance(&t, MSEC(1700));
	cr_assert(eq(sz, count(), 0));
	nettest_advance(&t, MSEC(700));
	expect(DHCP6_SOLICIT);
	for (int i = 0; i < 20; i++)
		nettest_advance(&t, SEC(4000));
	nettest_forget_frames(&t);
	/* 3600 seconds at most, for ever. */
	for (int i = 0; i < 100; i++)
		nettest_advance(&t, SEC(360));
	cr_assert(ge(sz, count(), 8));
	cr_assert(le(sz, count(), 12));
}

/* RFC 8415 18.2.10: two messages instead of four. */
HOST_TEST(dhcp6, rapid_commit_is_accepted)
{
	struct reply r = good;

	dhcp6_on_flags(t.eth, ND_MANAGED);
	cr_assert(eq(int, answer(r), DROP_DHCP_UNASKED));
	r.is_rapid = true;
	cr_assert(eq(int, answer(r), DONE));
	cr_assert(eq(int, d->stage, DHCP6_BOUND));
	cr_assert(iface_owns(t.eth, &FIVE));
}

HOST_TEST(dhcp6, what_was_not_asked_for_changes_nothing)
{
	struct reply r = offer();

	dhcp6_on_flags(t.eth, ND_MANAGED);
	r.is_old = true;
	cr_assert(eq(int, answer(r), DROP_DHCP_UNASKED));
	r = offer();
	r.is_strange = true;
	cr_assert(eq(int, answer(r), DROP_DHCP_UNASKED));
	bind_it();
	cr_assert(eq(int, answer(good), DROP_DHCP_UNASKED));
}

HOST_TEST(dhcp6, an_offer_of_nothing_is_none)
{
	struct reply r = offer();

	dhcp6_on_flags(t.eth, ND_MANAGED);
	r.status = DHCP6_NO_ADDRS;
	cr_assert(eq(int, answer(r), DONE));
	cr_assert(eq(int, d->stage, DHCP6_SOLICITING));
}

/* RFC 8415 18.2.4, 18.2.5, 18.2.10.1 */
HOST_TEST(dhcp6, an_address_is_renewed_with_its_server)
{
	struct reply r = good;

	bind_it();
	pass(47);
	cr_assert(eq(sz, count(), 0));
	pass(2);
	cr_assert(has_option(0, 2));
	expect(DHCP6_RENEW);
	r.preferred = 150;
	r.valid = 250;
	cr_assert(eq(int, answer(r), DONE));
	cr_assert(eq(int, d->stage, DHCP6_BOUND));
	cr_assert(eq(u64, iface_find(t.eth, &FIVE)->valid_until,
		     t.eng.now + SEC(250)));
	cr_assert(eq(int, iface_find(t.eth, &FIVE)->phase, ADDR_PREFERRED));
}

HOST_TEST(dhcp6, a_silent_server_is_replaced_and_then_the_address_goes)
{
	bind_it();
	pass(49);
	expect(DHCP6_RENEW);
	pass(28);
	nettest_forget_frames(&t);
	pass(2);
	cr_assert(not(has_option(0, 2)));
	expect(DHCP6_REBIND);
	pass(40);
	cr_assert(eq(int, iface_find(t.eth, &FIVE)->phase, ADDR_DEPRECATED));
	pass(80);
	cr_assert(not(iface_owns(t.eth, &FIVE)));
	cr_assert(eq(int, d->stage, DHCP6_SOLICITING));
}

/* RFC 8415 18.2.10.1: who forgot us is asked anew. */
HOST_TEST(dhcp6, no_binding_is_requested_again)
{
	struct reply r = {.type = DHCP6_REPLY, .status = DHCP6_NO_BINDING};

	bind_it();
	pass(49);
	expect(DHCP6_RENEW);
	cr_assert(eq(int, answer(r), DONE));
	expect(DHCP6_REQUEST);
	cr_assert(iface_owns(t.eth, &FIVE));
	cr_assert(eq(int, answer(good), DONE));
	cr_assert(eq(int, d->stage, DHCP6_BOUND));
}

/* A server that says no, or takes back, is not pestered. */
HOST_TEST(dhcp6, a_refusal_starts_over_after_a_pause)
{
	struct reply r = {.type = DHCP6_REPLY, .status = DHCP6_NOT_ON_LINK};

	dhcp6_on_flags(t.eth, ND_MANAGED);
	answer(offer());
	nettest_forget_frames(&t);
	cr_assert(eq(int, answer(r), DONE));
	cr_assert(eq(sz, count(), 0));
	nettest_advance(&t, SEC(1));
	expect(DHCP6_SOLICIT);
}

HOST_TEST(dhcp6, a_lifetime_of_zero_takes_the_address)
{
	struct reply r = good;

	bind_it();
	pass(49);
	expect(DHCP6_RENEW);
	r.preferred = r.valid = 0;
	cr_assert(eq(int, answer(r), DONE));
	cr_assert(not(iface_owns(t.eth, &FIVE)));
	cr_assert(eq(sz, count(), 0));
	nettest_advance(&t, SEC(1));
	expect(DHCP6_SOLICIT);
}

HOST_TEST(dhcp6, requests_end_and_all_begins_anew)
{
	dhcp6_on_flags(t.eth, ND_MANAGED);
	nettest_forget_frames(&t);
	answer(offer());
	expect(DHCP6_REQUEST);
	pass(300);
	cr_assert(ge(sz, count(), 10));
	cr_assert(eq(int, d->stage, DHCP6_SOLICITING));
}

/* RFC 8415 18.2.8 */
HOST_TEST(dhcp6, an_address_that_another_has_is_declined)
{
	struct reply r = {.type = DHCP6_REPLY};

	dhcp6_on_flags(t.eth, ND_MANAGED);
	answer(offer());
	answer(good);
	nettest_forget_frames(&t);
	addr_on_conflict(t.eth, iface_find(t.eth, &FIVE), NULL);
	nettest_advance(&t, 1);
	cr_assert(has_option(0, 2));
	cr_assert(has_option(0, 3));
	expect(DHCP6_DECLINE);
	cr_assert(eq(ptr, iface_find(t.eth, &FIVE), NULL));
	nettest_advance(&t, MSEC(1200));
	expect(DHCP6_DECLINE);
	cr_assert(eq(int, answer(r), DONE));
	nettest_advance(&t, SEC(1));
	expect(DHCP6_SOLICIT);
}

/* RFC 8415 18.2.7 */
HOST_TEST(dhcp6, an_address_is_given_back_and_asked_for_again)
{
	cr_assert(not(dhcp6_release(d)));
	bind_it();
	cr_assert(dhcp6_release(d));
	expect(DHCP6_RELEASE);
	cr_assert(not(dhcp6_release(d)));
	dhcp6_resume(d);
	expect(DHCP6_SOLICIT);
	cr_assert(not(iface_owns(t.eth, &FIVE)));
}

HOST_TEST(dhcp6, another_address_than_offered_is_taken)
{
	struct reply r = good;

	dhcp6_on_flags(t.eth, ND_MANAGED);
	answer(offer());
	r.addr = &SIX;
	cr_assert(eq(int, answer(r), DONE));
	cr_assert(iface_owns(t.eth, &SIX));
	cr_assert(not(iface_owns(t.eth, &FIVE)));
}

/* RFC 8415 18.2.6, 21.23 */
HOST_TEST(dhcp6, name_servers_only)
{
	struct reply r = {.type = DHCP6_REPLY, .has_dns = true};

	dhcp6_on_flags(t.eth, ND_OTHER);
	cr_assert(not(has_option(0, 3)));
	expect(DHCP6_INFORMATION);
	cr_assert(eq(int, answer(r), DONE));
	cr_assert(inet_equal(&nameservers_get(&t.net, 0)->addr, &FIVE));
	dhcp6_on_flags(t.eth, ND_OTHER);
	cr_assert(eq(sz, count(), 0));
	/* A day later it is asked again; what is gone then is forgotten. */
	for (int i = 0; i < 24; i++)
		nettest_advance(&t, SEC(3600));
	expect(DHCP6_INFORMATION);
	r.has_dns = false;
	cr_assert(eq(int, answer(r), DONE));
	cr_assert(eq(int, nameservers_get(&t.net, 0) != NULL, 0));
	/* The M flag later is heeded. */
	dhcp6_on_flags(t.eth, ND_MANAGED);
	expect(DHCP6_SOLICIT);
}

/* After a death in the middle of anything: from the beginning, or going on. */
HOST_TEST(dhcp6, rebuilt_it_goes_on)
{
	bind_it();
	timer_heap_rebuild(&t.eng.timers);
	net_rebuild(&t.net);
	cr_assert(iface_owns(t.eth, &FIVE));
	pass(49);
	cr_assert(eq(int, d->stage, DHCP6_RENEWING));
	d->stage = DHCP6_REQUESTING;
	timer_heap_rebuild(&t.eng.timers);
	net_rebuild(&t.net);
	cr_assert(not(iface_owns(t.eth, &FIVE)));
	nettest_forget_frames(&t);
	nettest_advance(&t, SEC(1));
	expect(DHCP6_SOLICIT);
}
