/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * dhcp6_fuzz.c - a DHCPv6 server that says anything at all
 *
 * What this room is for
 *   The input is a list of records (nettest_record): the options of an answer;
 *   who we are and to what it answers is put right. `how` says of which type
 *   it is, whether another host speaks up for our address, and how much time
 *   passes. Proves that nothing crashes or leaks, that addresses are sound, and
 *   that no answer is worth more than a few questions.
 */
#include "testkit/nettest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MESSAGE_MAX = 1024, IS_OFFER = 1, CONFLICT = 2, RELEASE = 4 };

static void check(bool ok)
{
	if (!ok)
		abort();
}

static size_t put(uint8_t *m, size_t at, uint8_t code, const void *value,
		  size_t len)
{
	m[at + 1] = code;
	m[at + 3] = (uint8_t)len;
	memcpy(m + at + 4, value, len);
	return at + 4 + len;
}

static void look_at(const struct iface *ifp)
{
	uint32_t leases = 0;

	for (uint32_t i = 0; i < ifp->naddrs; i++) {
		const struct iface_addr *a = &ifp->addrs[i];

		if (a->origin != ADDR_BY_DHCP)
			continue;
		leases++;
		check(a->preferred_until <= a->valid_until);
		check(!inet_is_link_local(&a->prefix.addr));
	}
	check(leases <= 1);
}

static void pass(struct nettest *t, usecs seconds)
{
	nettest_advance(t, SEC(seconds));
	look_at(t->eth);
	check(t->wire.nframes < 64);
	nettest_forget_frames(t);
}

static void answer(struct nettest *t, const uint8_t *options, size_t len,
		   uint8_t how)
{
	static const struct inet_addr server = {{0xfe, 0x80, [15] = 7}};
	const struct dhcp6 *d = &t->net.dhcp6[t->eth->index - 1];
	struct dhcp6_duid us = dhcp6_msg_duid(&t->eth->mac);
	uint8_t m[MESSAGE_MAX + 64] = {0};
	struct udp_wire udp = {be16_make(DHCP6_SERVER_PORT),
			       be16_make(DHCP6_CLIENT_PORT), be16_make(0),
			       be16_make(0)};
	struct nettest_ip6 h = {.src = &server,
				.dst = iface_link_local(t->eth),
				.next = IP_PROTO_UDP};
	uint8_t *msg = m + sizeof(udp);
	size_t at = 4;

	msg[0] = how & IS_OFFER ? DHCP6_ADVERTISE : DHCP6_REPLY;
	msg[1] = (uint8_t)(d->xid >> 16);
	msg[2] = (uint8_t)(d->xid >> 8);
	msg[3] = (uint8_t)d->xid;
	at = put(msg, at, 1, us.b, us.len);
	at = put(msg, at, 2, "\0\3\0\1srv", 7);
	memcpy(msg + at, options, len);
	at += len + sizeof(udp);
	udp.len = be16_make((uint16_t)at);
	memcpy(m, &udp, sizeof(udp));
	udp.cksum = cksum_finish(cksum_partial(
		m, at, cksum_pseudo(h.src, h.dst, IP_PROTO_UDP, (uint32_t)at)));
	memcpy(m, &udp, sizeof(udp));
	nettest_give6(t, t->eth, nettest_pkt6(t, &h, m, at));
}

static void give(struct nettest *t, const uint8_t *options, size_t len,
		 uint8_t how)
{
	struct dhcp6 *d = &t->net.dhcp6[t->eth->index - 1];
	struct iface_addr *a = iface_find(t->eth, &d->addr);

	if (len > MESSAGE_MAX)
		return;
	if (how & CONFLICT && a)
		addr_on_conflict(t->eth, a, NULL);
	if (how & RELEASE && dhcp6_release(d))
		dhcp6_resume(d);
	pass(t, 1);
	answer(t, options, len, how);
	look_at(t->eth);
	pass(t, (usecs)1 << (how >> 3));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct nettest t;
	const uint8_t *record;
	uint8_t how;
	size_t len;

	nettest_open_udp(&t);
	check(auto6_start(t.eth, false) == 0);
	pass(&t, 1);
	pass(&t, 1);
	auto6_on_advert(t.eth, 1800 | ND_MANAGED);
	nettest_forget_frames(&t);
	while ((record = nettest_record(&data, &size, &how, &len)))
		give(&t, record, len, how);
	nettest_close(&t);
	return 0;
}
