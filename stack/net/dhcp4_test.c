/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * dhcp4_test.c - proves dhcp4.c: every state, in virtual time.
 *
 * A scripted server reads what was sent from the recorded frames and answers
 * through ip4_input(), as the wire would.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "acd.h"
#include "dhcp4.h"
#include "testkit/nettest.h"

static struct nettest t;
static struct dhcp4 *d;
static usecs asked; /* when the lease began */

static const struct ip4_addr OFFERED = {{192, 168, 7, 9}};
static const struct ip4_addr SERVER = {{192, 168, 7, 1}};
static const struct ip4_addr ALL = {{255, 255, 255, 255}};

static void pass(usecs by)
{
	usecs end = t.eng.now + by;
	struct timer *due;

	while (timer_next(&t.eng.timers) <= end) {
		t.eng.now = MAX(t.eng.now, timer_next(&t.eng.timers));
		due = timer_pop_due(&t.eng.timers, t.eng.now);
		if (due->kind == TIMER_DHCP4)
			dhcp4_on_timer(d);
		else if (due->kind == TIMER_NEIGH)
			neigh_on_timer(container_of(due, struct neigh, timer));
		else if (due->kind == TIMER_IFACE)
			addr_on_timer(container_of(due, struct iface, timer));
	}
	t.eng.now = end;
}

static void open_host(void)
{
	struct inet_prefix ours = {inet_from4(NT_US), 120};

	nettest_open(&t);
	udp_init(&t.udp, &t.eng, &t.net, UDP_PLAIN);
	t.net.udp = &t.udp;
	cr_assert(eq(int, iface_delete_addr(t.eth, &ours), 0));
	d = &t.net.dhcp4[t.eth->index - 1];
	cr_assert(eq(int, dhcp4_start(t.eth, true), 0));
	pass(0);
}

static void close_host(void)
{
	nettest_close(&t);
}

TestSuite(dhcp4, .init = open_host, .fini = close_host);

/* --- what was sent ------------------------------------------------------- */

struct sent {
	uint8_t type;
	struct eth_addr to_mac;
	struct ip4_addr src, dst, ciaddr;
	bool has_broadcast_flag;
};

/* The options that the client writes begin with its type. */
static bool read_frame(size_t i, struct sent *out)
{
	const uint8_t *b = t.wire.frames[i].data;
	const uint8_t *ip = b + 14, *m = ip + 28;

	if (t.wire.frames[i].len < 14 + 28 + DHCP4_MSG_SIZE || b[12] != 8 ||
	    b[13] != 0 || ip[9] != IP_PROTO_UDP || ip[23] != 67)
		return false;
	memcpy(&out->to_mac, b, 6);
	memcpy(&out->src, ip + 12, 4);
	memcpy(&out->dst, ip + 16, 4);
	memcpy(&out->ciaddr, m + 12, 4);
	out->has_broadcast_flag = m[10] & 0x80;
	out->type = m[242];
	return true;
}

/* How many since the last look; the last one in `out`. */
static size_t take_sent(struct sent *out)
{
	size_t n = 0;

	for (size_t i = 0; i < t.wire.nframes; i++)
		n += read_frame(i, out);
	nettest_forget_frames(&t);
	return n;
}

static void expect_one(uint8_t type, struct sent *out)
{
	cr_assert(eq(sz, take_sent(out), 1));
	cr_assert(eq(int, out->type, type));
}

/* --- what is answered ---------------------------------------------------- */

struct reply {
	uint8_t type;
	struct ip4_addr dst; /* 0.0.0.0: everybody */
	uint32_t xid;        /* 0: the right one */
	uint32_t lease_s;    /* 0: 120 */
	uint8_t mac_end;     /* of another station */
	uint8_t host;        /* 0: OFFERED */
	size_t cut;
};

static enum verdict answer(struct reply r)
{
	uint8_t b[8 + 300] = {0, 67, 0, 68, 1, 52, 0, 0, 2, 1, 6};
	uint8_t *m = b + 8;
	uint32_t lease = r.lease_s ? r.lease_s : 120;
	const uint8_t options[] = {0x63,
				   0x82,
				   0x53,
				   0x63,
				   53,
				   1,
				   r.type,
				   54,
				   4,
				   192,
				   168,
				   7,
				   1,
				   1,
				   4,
				   255,
				   255,
				   255,
				   0,
				   3,
				   4,
				   192,
				   168,
				   7,
				   1,
				   6,
				   4,
				   192,
				   168,
				   7,
				   3,
				   26,
				   2,
				   5,
				   120,
				   51,
				   4,
				   (uint8_t)(lease >> 24),
				   (uint8_t)(lease >> 16),
				   (uint8_t)(lease >> 8),
				   (uint8_t)lease,
				   255};
	be32 xid = be32_make(r.xid ? r.xid : d->xid);
	struct nettest_ip h = {.src = SERVER,
			       .dst = ip4_u32(r.dst) ? r.dst : ALL,
			       .proto = IP_PROTO_UDP};

	memcpy(m + 4, &xid, 4);
	memcpy(m + 16, &OFFERED, 4);
	if (r.host)
		m[19] = r.host;
	memcpy(m + 28, &t.eth->mac, 6);
	m[33] = (uint8_t)(m[33] + r.mac_end);
	memcpy(m + 236, options, sizeof(options));
	b[4] = (uint8_t)((sizeof(b) - r.cut) >> 8);
	b[5] = (uint8_t)(sizeof(b) - r.cut);
	return nettest_give(&t, t.eth,
			    nettest_pkt(&t, &h, b, sizeof(b) - r.cut));
}

/* Until then, counted from the request. */
static void reach(usecs when)
{
	pass(asked + when - t.eng.now);
}

static void bind_it(void)
{
	struct sent s;

	take_sent(&s);
	asked = t.eng.now;
	cr_assert(eq(int, answer((struct reply){.type = DHCP4_OFFER}), DONE));
	expect_one(DHCP4_REQUEST, &s);
	cr_assert(eq(int, answer((struct reply){.type = DHCP4_ACK}), DONE));
	cr_assert(eq(int, d->stage, DHCP4_PROBING));
	pass(MSEC(500));
	cr_assert(eq(int, d->stage, DHCP4_BOUND));
	nettest_forget_frames(&t);
}

static bool has_address(void)
{
	struct inet_addr a = inet_from4(OFFERED);

	return iface_owns(t.eth, &a);
}

/* --- tests --------------------------------------------------------------- */

Test(dhcp4, the_first_question_goes_at_once)
{
	struct sent s;

	expect_one(DHCP4_DISCOVER, &s);
	cr_expect(eq(u32, ip4_u32(s.src), 0));
	cr_expect(ip4_equal(s.dst, ALL));
	cr_expect(eth_equal(&s.to_mac, &ETH_BROADCAST));
	cr_expect(s.has_broadcast_flag);
	cr_expect(eq(int, d->stage, DHCP4_SELECTING));
}

/* RFC 2131 4.1: after 4, 8, 16, 32, 64, 64 seconds, each one more or less. */
Test(dhcp4, questions_are_repeated_with_back_off)
{
	static const usecs pauses[] = {4, 8, 16, 32, 64, 64};
	struct sent s;

	take_sent(&s);
	for (size_t i = 0; i < ARRAY_LEN(pauses); i++) {
		usecs wait = d->due - t.eng.now;

		cr_expect(wait >= SEC(pauses[i] - 1) &&
				  wait <= SEC(pauses[i] + 1),
			  "%zu", i);
		pass(wait);
		expect_one(DHCP4_DISCOVER, &s);
	}
}

Test(dhcp4, an_acknowledged_offer_brings_everything)
{
	struct inet_addr far = inet_from4(ip4_make(8, 8, 8, 8));
	struct inet_addr server = inet_from4(SERVER);
	struct path path;

	bind_it();
	cr_expect(has_address());
	cr_assert(zero(int, route_lookup(&t.net, &far, NULL, &path)));
	cr_expect(inet_equal(&path.next_hop, &server));
	cr_expect(eq(u32, t.eth->mtu, 1400));
	cr_expect(eq(int, d->lease.ndns, 1));
}

/* Servers that ignore the flag send to the address that they give. */
Test(dhcp4, an_answer_to_the_address_to_be_is_taken)
{
	struct sent s;

	take_sent(&s);
	cr_assert(
		eq(int,
		   answer((struct reply){.type = DHCP4_OFFER, .dst = OFFERED}),
		   DONE));
	expect_one(DHCP4_REQUEST, &s);
	cr_assert(eq(int,
		     answer((struct reply){.type = DHCP4_ACK, .dst = OFFERED}),
		     DONE));
	pass(MSEC(500));
	cr_expect(has_address());
}

Test(dhcp4, what_was_not_asked_for_changes_nothing)
{
	cr_expect(eq(int, answer((struct reply){.type = DHCP4_ACK}),
		     DROP_DHCP_UNASKED));
	cr_expect(eq(int, answer((struct reply){.type = DHCP4_NAK}),
		     DROP_DHCP_UNASKED));
	cr_expect(eq(
		int,
		answer((struct reply){.type = DHCP4_OFFER, .xid = d->xid + 1}),
		DROP_DHCP_UNASKED));
	cr_expect(eq(int,
		     answer((struct reply){.type = DHCP4_OFFER, .mac_end = 1}),
		     DROP_DHCP_UNASKED));
	cr_expect(eq(int,
		     answer((struct reply){.type = DHCP4_OFFER, .cut = 299}),
		     DROP_DHCP_FORMAT));
	cr_expect(eq(int, d->stage, DHCP4_SELECTING));
}

Test(dhcp4, a_refused_request_begins_anew)
{
	struct sent s;
	uint32_t xid = d->xid;

	take_sent(&s);
	answer((struct reply){.type = DHCP4_OFFER});
	expect_one(DHCP4_REQUEST, &s);
	cr_assert(eq(int, answer((struct reply){.type = DHCP4_NAK}), DONE));
	cr_expect(zero(sz, take_sent(&s)), "a server that says no all the time "
					   "must not keep us busy");
	pass(SEC(2));
	expect_one(DHCP4_DISCOVER, &s);
	cr_expect(ne(u32, d->xid, xid));
}

Test(dhcp4, a_request_without_answer_is_repeated_and_given_up)
{
	struct sent s;

	take_sent(&s);
	answer((struct reply){.type = DHCP4_OFFER});
	for (int i = 0; i < 4; i++) {
		expect_one(DHCP4_REQUEST, &s);
		pass(d->due - t.eng.now);
	}
	expect_one(DHCP4_DISCOVER, &s);
}

/* RFC 2131 4.4.5. T1 is 60 s, T2 105 s of 120 s. */
Test(dhcp4, a_lease_is_renewed_with_its_server)
{
	struct inet_addr server = inet_from4(SERVER);
	struct sent s;

	bind_it();
	neigh_learn(&t.eth->neigh, &server, &NT_PEER_MAC);
	reach(SEC(60) - 1);
	cr_expect(zero(sz, take_sent(&s)));
	pass(1);
	expect_one(DHCP4_REQUEST, &s);
	cr_expect(ip4_equal(s.dst, SERVER));
	cr_expect(ip4_equal(s.src, OFFERED));
	cr_expect(ip4_equal(s.ciaddr, OFFERED));
	cr_assert(eq(int,
		     answer((struct reply){.type = DHCP4_ACK, .dst = OFFERED}),
		     DONE));
	cr_expect(eq(int, d->stage, DHCP4_BOUND));
	cr_expect(d->expires == t.eng.now + SEC(120));
	/* Well beyond the first lease. */
	pass(SEC(59));
	cr_expect(has_address());
}

Test(dhcp4, a_silent_server_is_replaced_and_then_the_lease_ends)
{
	struct inet_addr far = inet_from4(ip4_make(8, 8, 8, 8));
	struct path path;
	struct sent s;

	bind_it();
	reach(SEC(104));
	cr_expect(eq(int, d->stage, DHCP4_RENEWING));
	take_sent(&s);
	pass(SEC(1));
	cr_expect(eq(int, d->stage, DHCP4_REBINDING));
	expect_one(DHCP4_REQUEST, &s);
	cr_expect(ip4_equal(s.dst, ALL));
	cr_expect(ip4_equal(s.src, OFFERED));
	pass(SEC(15) - 1);
	cr_expect(has_address());
	pass(1);
	cr_expect(not(has_address()));
	cr_expect(
		eq(int, route_lookup(&t.net, &far, NULL, &path), -ENETUNREACH));
	cr_expect(eq(u32, t.eth->mtu, NETTEST_MTU));
	expect_one(DHCP4_DISCOVER, &s);
}

Test(dhcp4, a_refused_renewal_takes_the_address_away)
{
	struct sent s;

	bind_it();
	reach(SEC(60));
	cr_assert(eq(int, answer((struct reply){.type = DHCP4_NAK}), DONE));
	cr_expect(not(has_address()));
	take_sent(&s);
	pass(SEC(2));
	expect_one(DHCP4_DISCOVER, &s);
}

Test(dhcp4, another_address_takes_the_place_of_the_first)
{
	struct inet_addr other = inet_from4(ip4_make(192, 168, 7, 77));

	bind_it();
	reach(SEC(60));
	cr_assert(eq(int, answer((struct reply){.type = DHCP4_ACK, .host = 77}),
		     DONE));
	cr_expect(not(has_address()));
	cr_expect(not(iface_owns(t.eth, &other)), "it was not probed yet");
	pass(MSEC(500));
	cr_expect(iface_owns(t.eth, &other));
	cr_expect(eq(u32, t.net.routes.count, 1));
}

Test(dhcp4, a_lease_for_ever_has_no_deadline)
{
	struct sent s;

	take_sent(&s);
	answer((struct reply){.type = DHCP4_OFFER});
	answer((struct reply){.type = DHCP4_ACK, .lease_s = UINT32_MAX});
	pass(MSEC(500));
	cr_expect(eq(int, d->stage, DHCP4_BOUND));
	cr_expect(not(timer_is_armed(&d->timer)));
	cr_expect(has_address());
}

/* Whoever takes over after a death finds it in any state. */
Test(dhcp4, recovery_goes_on_or_begins_anew)
{
	usecs due;

	bind_it();
	due = d->due;
	timer_heap_rebuild(&t.eng.timers);
	net_rebuild(&t.net);
	cr_expect(timer_is_armed(&d->timer) && d->timer.when == due);
	/* Died in the middle of taking the lease. */
	d->stage = DHCP4_INIT;
	timer_heap_rebuild(&t.eng.timers);
	net_rebuild(&t.net);
	cr_expect(not(has_address()));
	cr_expect(zero(u32, t.net.routes.count));
	pass(0);
	cr_expect(eq(int, d->stage, DHCP4_SELECTING));
}

/* --- whose is it? -------------------------------------------------------- */

/* ARP from another station, about the address that was offered. */
static void other_host_says(uint16_t op, struct ip4_addr sender)
{
	struct eth_wire eth = {ETH_BROADCAST, NT_PEER_MAC,
			       be16_make(ETHERTYPE_ARP_FRAME)};
	struct arp_wire arp = {.hw_type = be16_make(ARP_HW_ETHERNET),
			       .proto = be16_make(ETHERTYPE_IP4),
			       .hw_len = 6,
			       .proto_len = 4,
			       .op = be16_make(op),
			       .sender_mac = NT_PEER_MAC,
			       .sender_ip = sender,
			       .target_ip = OFFERED};
	struct pkt *p = pkt_new(t.arena, 128, 64);

	memcpy(pkt_append(p, sizeof(eth)), &eth, sizeof(eth));
	memcpy(pkt_append(p, sizeof(arp)), &arp, sizeof(arp));
	eth_input(t.eth, p);
}

/* Probes: no sender address. */
static size_t count_probes(void)
{
	size_t n = 0;

	for (size_t i = 0; i < t.wire.nframes; i++) {
		const uint8_t *b = t.wire.frames[i].data;
		const struct arp_wire *arp = (const void *)(b + 14);

		n += b[12] == 8 && b[13] == 6 && !ip4_u32(arp->sender_ip) &&
		     ip4_equal(arp->target_ip, OFFERED);
	}
	return n;
}

Test(dhcp4, an_address_is_probed_before_it_is_used)
{
	struct inet_addr far = inet_from4(ip4_make(8, 8, 8, 8));
	struct path path;

	answer((struct reply){.type = DHCP4_OFFER});
	answer((struct reply){.type = DHCP4_ACK});
	pass(MSEC(499));
	cr_expect(eq(sz, count_probes(), 1));
	cr_expect(not(has_address()));
	cr_expect(
		eq(int, route_lookup(&t.net, &far, NULL, &path), -ENETUNREACH));
	pass(MSEC(1));
	cr_expect(has_address());
	cr_expect(zero(int, route_lookup(&t.net, &far, NULL, &path)));
	pass(SEC(10));
	cr_expect(eq(sz, count_probes(), 3));
}

/* RFC 2131 3.1 (5): DECLINE, and ten seconds of silence. */
Test(dhcp4, an_address_that_another_has_is_declined)
{
	uint32_t xid;
	struct sent s;

	answer((struct reply){.type = DHCP4_OFFER});
	answer((struct reply){.type = DHCP4_ACK});
	pass(MSEC(100));
	take_sent(&s);
	xid = d->xid;
	other_host_says(ARP_OP_REPLY, OFFERED);
	expect_one(DHCP4_DECLINE, &s);
	cr_expect(ip4_equal(s.dst, ALL));
	cr_expect(zero(u32, ip4_u32(s.src)));
	cr_expect(zero(u32, ip4_u32(s.ciaddr)));
	cr_expect(eq(u32, t.eth->naddrs, 0));
	pass(SEC(10) - 1);
	cr_expect(zero(sz, take_sent(&s)));
	pass(1);
	expect_one(DHCP4_DISCOVER, &s);
	cr_expect(ne(u32, d->xid, xid));
}

/* The second and third probe count, though the address is in use. */
Test(dhcp4, a_late_answer_to_a_probe_takes_the_address_away)
{
	struct inet_addr far = inet_from4(ip4_make(8, 8, 8, 8));
	struct path path;
	struct sent s;

	bind_it();
	pass(SEC(1));
	other_host_says(ARP_OP_REPLY, OFFERED);
	expect_one(DHCP4_DECLINE, &s);
	cr_expect(not(has_address()));
	cr_expect(
		eq(int, route_lookup(&t.net, &far, NULL, &path), -ENETUNREACH));
	cr_expect(eq(u32, t.eth->mtu, NETTEST_MTU));
}

Test(dhcp4, an_address_in_use_is_defended_once_and_then_declined)
{
	struct sent s;

	bind_it();
	reach(SEC(20));
	take_sent(&s);
	other_host_says(ARP_OP_REQUEST, OFFERED);
	cr_expect(zero(sz, take_sent(&s)));
	cr_expect(has_address());
	pass(SEC(9));
	other_host_says(ARP_OP_REQUEST, OFFERED);
	expect_one(DHCP4_DECLINE, &s);
	cr_expect(not(has_address()));
}

/* --- the end ------------------------------------------------------------- */

Test(dhcp4, a_lease_is_given_back_to_its_server)
{
	struct inet_addr server = inet_from4(SERVER);
	struct sent s;

	bind_it();
	neigh_learn(&t.eth->neigh, &server, &NT_PEER_MAC);
	cr_expect(dhcp4_release(d));
	expect_one(DHCP4_RELEASE, &s);
	cr_expect(ip4_equal(s.dst, SERVER));
	cr_expect(ip4_equal(s.src, OFFERED));
	cr_expect(ip4_equal(s.ciaddr, OFFERED));
	cr_expect(not(dhcp4_release(d)), "once is enough");
	pass(SEC(600));
	cr_expect(zero(sz, take_sent(&s)), "and it is not renewed");
}

Test(dhcp4, without_a_lease_there_is_nothing_to_give_back)
{
	struct sent s;

	take_sent(&s);
	cr_expect(not(dhcp4_release(d)));
	answer((struct reply){.type = DHCP4_OFFER});
	answer((struct reply){.type = DHCP4_ACK});
	take_sent(&s);
	cr_expect(not(dhcp4_release(d)), "it is not ours yet");
	cr_expect(zero(sz, take_sent(&s)));
}

Test(dhcp4, who_comes_after_the_end_asks_again)
{
	struct inet_addr server = inet_from4(SERVER);
	struct sent s;

	bind_it();
	neigh_learn(&t.eth->neigh, &server, &NT_PEER_MAC);
	cr_assert(dhcp4_release(d));
	take_sent(&s);
	dhcp4_resume(d);
	cr_expect(not(has_address()));
	pass(0);
	expect_one(DHCP4_DISCOVER, &s);
	bind_it();
	dhcp4_resume(d);
	cr_expect(eq(int, d->stage, DHCP4_BOUND));
}

/* RFC 3203: without authentication (RFC 3118) anybody could send it. */
Test(dhcp4, a_forced_renewal_is_ignored)
{
	struct sent s;

	bind_it();
	cr_expect(eq(int, answer((struct reply){.type = 9, .dst = OFFERED}),
		     DROP_DHCP_UNASKED));
	cr_expect(eq(int, answer((struct reply){.type = DHCP4_NAK}),
		     DROP_DHCP_UNASKED));
	cr_expect(eq(int, d->stage, DHCP4_BOUND));
	cr_expect(has_address());
	cr_expect(zero(sz, take_sent(&s)));
}

Test(dhcp4, a_death_while_it_is_probed_begins_anew)
{
	answer((struct reply){.type = DHCP4_OFFER});
	answer((struct reply){.type = DHCP4_ACK});
	timer_heap_rebuild(&t.eng.timers);
	net_rebuild(&t.net);
	cr_expect(zero(u32, t.eth->naddrs));
	pass(0);
	cr_expect(eq(int, d->stage, DHCP4_SELECTING));
}
