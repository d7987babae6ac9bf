/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * igmp_fuzz.c - any IGMP messages at all, between joins, leaves and pauses
 *
 * What this room is for
 *   Proves that no message reaches a MUST or reads too far, that none is
 *   answered at once, that what is sent stays bounded, and that in the end
 *   nothing waits. Records as nettest_record(): the low two bits of `how` say
 *   what happens, the rest is a group or a time.
 */
#include "igmp.h"
#include "net/mcast.h"
#include "testkit/nettest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { RECORDS = 64, GIVE = 0, JOIN = 1, LEAVE = 2, PAUSE = 3 };

static const struct ip4_addr ALL_HOSTS = {{224, 0, 0, 1}};

/* What the listener of each group has. */
static struct mcast_filter filters[4];
static struct inet_addr sources[4][3];
static bool has[4];

static void check(bool ok)
{
	if (!ok)
		abort();
}

/* The checksum is put right: anybody can do that. */
static void give(struct nettest *t, const uint8_t *at, size_t len)
{
	static const uint8_t alert[4] = {IP4_OPT_ROUTER_ALERT, 4};
	struct nettest_ip h = {.src = NT_PEER,
			       .dst = ALL_HOSTS,
			       .proto = IP_PROTO_IGMP,
			       .ttl = 1,
			       .options = alert,
			       .options_len = sizeof(alert)};
	struct pkt *p = nettest_pkt(t, &h, at, len);
	uint8_t *m = p->data + sizeof(struct ip4_wire) + sizeof(alert);
	size_t before = t->wire.nframes;
	enum verdict v;

	if (len >= sizeof(struct igmp_wire)) {
		be16 sum;

		m[2] = m[3] = 0;
		sum = cksum(m, len);
		memcpy(m + 2, &sum, sizeof(sum));
	}
	v = nettest_give(t, t->eth, p);
	check(v == DONE || (v >= DROP_IGMP_SHORT && v <= DROP_IGMP_TYPE));
	check((v == DROP_IGMP_SHORT) == (len < sizeof(struct igmp_wire)));
	check(t->wire.nframes == before);
}

/* Each group has one listener, whose filters follow each other. */
static void change(struct nettest *t, const struct inet_addr *group,
		   uint8_t how, bool join)
{
	static const uint32_t bits[] = {0, 1, 5, 6};
	struct inet_addr list[3];
	struct mcast_filter *now = &filters[how >> 2 & 3];
	struct mcast_filter to = {.exclude = how & 0x80};
	uint32_t mask = bits[how >> 5 & 3];

	for (uint8_t i = 0; i < 3; i++)
		if (mask >> i & 1)
			list[to.nsources++] = inet_from4(ip4_make(10, 0, 1, i));
	to.sources = list;
	check(mcast_change(&t->net, group, t->eth->index,
			   has[how >> 2 & 3] ? now : NULL,
			   join ? &to : NULL) == 0);
	memcpy(sources[how >> 2 & 3], list, sizeof(list));
	to.sources = sources[how >> 2 & 3];
	*now = to;
	has[how >> 2 & 3] = join;
}

static void step(struct nettest *t, uint8_t how, const uint8_t *at, size_t len)
{
	struct inet_addr group =
		inet_from4(ip4_make(239, 0, 0, (uint8_t)(how >> 2 & 3)));

	switch (how & 3) {
	case GIVE:
		give(t, at, MIN(len, 512));
		break;
	case JOIN:
		change(t, &group, how, true);
		break;
	case LEAVE:
		change(t, &group, how, false);
		break;
	case PAUSE:
		nettest_advance(t, SEC(how >> 2));
		/* Four groups, each with a change and an answer. */
		check(t->wire.nframes <= 64);
		nettest_forget_frames(t);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct nettest t;
	const uint8_t *at;
	uint8_t how;
	size_t len;

	memset(has, 0, sizeof(has));
	nettest_open_udp(&t);
	for (int i = 0; i < RECORDS; i++) {
		at = nettest_record(&data, &size, &how, &len);
		if (!at)
			break;
		step(&t, how, at, len);
	}
	for (int i = 0; i < 16; i++)
		nettest_advance(&t, SEC(4000));
	check(!timer_is_armed(&t.net.mcast.timer));
	check(t.net.mcast.groups.count <= 4);
	nettest_close(&t);
	return 0;
}
