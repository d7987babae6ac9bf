/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * mld_fuzz.c - any MLD messages at all, between joins, leaves and pauses
 *
 * What this room is for
 *   igmp_fuzz.c's twin: no message reaches a MUST or reads too far, none is
 *   answered at once, what is sent stays bounded, and in the end nothing waits.
 *   Records as nettest_record(): the low two bits of `how` say what happens.
 */
#include "mld.h"
#include "testkit/nettest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { RECORDS = 64, GIVE = 0, JOIN = 1, LEAVE = 2, PAUSE = 3 };

static const struct inet_addr ROUTER = {{0xfe, 0x80, [15] = 1}};
static const struct inet_addr ALL_NODES = {{0xff, 2, [15] = 1}};
static const struct mcast_filter ALL = {.exclude = true};
static uint32_t joined[4];

static void check(bool ok)
{
	if (!ok)
		abort();
}

/* The checksum is put right: anybody can do that. */
static void give(struct nettest *t, const uint8_t *at, size_t len)
{
	static const uint8_t alert[8] = {
		IP_PROTO_ICMP6, 0, IP6_OPT_ROUTER_ALERT, 2, 0, 0,
		IP6_OPT_PADN,   0};
	struct nettest_ip6 h = {.src = &ROUTER,
				.dst = &ALL_NODES,
				.next = IP6_NEXT_HOP_BY_HOP,
				.hops = 1,
				.headers = alert,
				.headers_len = sizeof(alert)};
	static const uint8_t types[4] = {ICMP6_MLD_QUERY, ICMP6_MLD_REPORT,
					 ICMP6_MLD_DONE, ICMP6_MLD2_REPORT};
	size_t before = t->wire.nframes;
	uint8_t copy[1024];
	enum verdict v;

	memcpy(copy, at, len);
	if (len >= sizeof(struct icmp6_wire)) {
		copy[0] = types[copy[0] & 3];
		nettest_sum6(&h, copy, len);
	}
	v = nettest_give6(t, t->eth, nettest_pkt6(t, &h, copy, len));
	check(v == DONE || v == DROP_ICMP_SHORT || v == DROP_MLD_FORMAT ||
	      v == DROP_MLD_FORGED);
	check(t->wire.nframes == before);
}

static void step(struct nettest *t, uint8_t how, const uint8_t *at, size_t len)
{
	uint8_t which = how >> 2 & 3;
	struct inet_addr group = {{0xff, 2, [15] = (uint8_t)(which + 4)}};

	switch (how & 3) {
	case GIVE:
		give(t, at, MIN(len, 1024));
		break;
	case JOIN:
		check(mcast_change(&t->net, &group, t->eth->index, NULL,
				   &ALL) == 0);
		joined[which]++;
		break;
	case LEAVE:
		if (joined[which] == 0)
			break;
		check(mcast_change(&t->net, &group, t->eth->index, &ALL,
				   NULL) == 0);
		joined[which]--;
		break;
	case PAUSE:
		nettest_advance(t, SEC(how >> 2));
		check(t->wire.nframes <= 64);
		nettest_forget_frames(t);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct nettest t;
	struct inet_prefix local = {{{0xfe, 0x80, [15] = 2}}, 64};
	const uint8_t *at;
	uint8_t how;
	size_t len;

	memset(joined, 0, sizeof(joined));
	nettest_open_udp(&t);
	check(iface_add_addr(t.eth, &local) == 0);
	net_settle(&t.net);
	for (int i = 0; i < RECORDS; i++) {
		at = nettest_record(&data, &size, &how, &len);
		if (!at)
			break;
		step(&t, how, at, len);
	}
	for (int i = 0; i < 16; i++)
		nettest_advance(&t, SEC(40000));
	check(!timer_is_armed(&t.net.mcast.timer));
	nettest_close(&t);
	return 0;
}
