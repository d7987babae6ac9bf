/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * nd_router_fuzz.c - advertisements with any bytes behind their head
 *
 * What this room is for
 *   The input is a list of records (nettest_record): the second word of an
 *   advertisement, its timers and its options, in units of eight bytes whose
 *   lengths are put right. `how` says who sends it and how much time passes.
 *   Proves that nothing crashes or leaks, that every table stays bounded and
 *   every address has sound lifetimes, and that routes are found.
 */
#include "testkit/nettest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MESSAGE_MAX = 1024, HEAD = 12 /* of a record */ };

static void check(bool ok)
{
	if (!ok)
		abort();
}

/* Options end where the message ends. */
static size_t fix_options(uint8_t *at, size_t len)
{
	size_t used = 0;

	while (len - used >= 8) {
		size_t units = at[used + 1] % 8;

		if (units == 0 || units * 8 > len - used)
			units = 1;
		at[used + 1] = (uint8_t)units;
		used += units * 8;
	}
	return used;
}

static void look_at(struct nettest *t)
{
	static const struct inet_addr far = {{0x20, 1, 0xd, 0xb8, [15] = 1}};
	const struct iface *ifp = t->eth;
	uint32_t slaac = 0;
	struct path path;

	check(ifp->naddrs <= LIMIT_IFACE_ADDRS);
	check(ifp->hops6 == 0 || ifp->hops6 >= LIMIT_HOPS_MIN);
	check(ifp->mtu6 == 0 || ifp->mtu6 >= LIMIT_IP6_MTU_MIN);
	check(ifp->neigh.retrans6_us >= LIMIT_NEIGH_RETRANS_MIN_US);
	check(ifp->neigh.retrans6_us <= LIMIT_NEIGH_RETRANS_MAX_US);
	for (uint32_t i = 0; i < ifp->naddrs; i++) {
		const struct iface_addr *a = &ifp->addrs[i];

		slaac += a->origin == ADDR_BY_ROUTER;
		check(a->prefix.bits <= 128);
		check(a->preferred_until <= a->valid_until);
	}
	check(slaac <= LIMIT_SLAAC_PREFIXES);
	if (route_lookup(&t->net, &far, NULL, &path) == 0)
		check(path.mtu >= LIMIT_IP6_MTU_MIN);
	for (size_t i = 0; nameservers_get(&t->net, i); i++)
		check(i < LIMIT_NAMESERVERS);
}

static void give(struct nettest *t, const uint8_t *bytes, size_t len,
		 uint8_t how)
{
	static const struct inet_addr all_nodes = {{0xff, 2, [15] = 1}};
	struct inet_addr router = {{0xfe, 0x80, [15] = how & 15}};
	struct nettest_ip6 h = {.src = &router,
				.dst = &all_nodes,
				.next = IP_PROTO_ICMP6,
				.hops = 255};
	uint8_t m[MESSAGE_MAX] = {ICMP6_ROUTER_ADVERT};

	if (len < HEAD || len > MESSAGE_MAX - 4)
		return;
	memcpy(m + 4, bytes, len);
	len = 4 + HEAD + fix_options(m + 4 + HEAD, len - HEAD);
	nettest_sum6(&h, m, len);
	nettest_give6(t, t->eth, nettest_pkt6(t, &h, m, len));
	look_at(t);
	nettest_advance(t, SEC(1) << (how >> 4));
	look_at(t);
	nettest_forget_frames(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct nettest t;
	const uint8_t *record;
	uint8_t how;
	size_t len;

	nettest_open_udp(&t);
	check(auto6_start(t.eth, true) == 0);
	while ((record = nettest_record(&data, &size, &how, &len)))
		give(&t, record, len, how);
	nettest_close(&t);
	return 0;
}
