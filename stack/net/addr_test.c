/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * addr_test.c - proves addr.c: probed, used, aged, gone, in virtual time.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "iid.h"
#include "testkit/nettest.h"

static struct nettest t;

static const struct inet_addr ADDR = {{0xfd, [15] = 0x55}};
static const struct inet_addr OTHER = {{0xfd, [15] = 9}};
static const struct inet_addr ANY = {{0}};
static const struct inet_addr ALL_NODES = {{0xff, 2, [15] = 1}};

static void open_host(void)
{
	nettest_open(&t);
	nettest_connect6(&t);
}

static void close_host(void)
{
	nettest_close(&t);
}

/* Nobody answers any of the questions. */
static void wait_for_silence(void)
{
	for (int i = 0; i < LIMIT_DAD_PROBES; i++)
		nettest_advance(&t, SEC(1));
}

static void add(enum iface_addr_origin origin, bool is_optimistic)
{
	struct inet_prefix p = {ADDR, 64};

	cr_assert(eq(int, addr_add6(t.eth, &p, origin, is_optimistic), 0));
}

static const struct iface_addr *ours(void)
{
	return iface_find(t.eth, &ADDR);
}

static const struct nd_wire *sent(size_t i)
{
	return (const void *)(nettest_sent_ip6(&t, i) + 1);
}

/* A neighbour message about ADDR; `nonce` is its only option. */
static enum verdict give(uint8_t type, const struct inet_addr *src,
			 const struct inet_addr *dst, const void *nonce)
{
	struct nettest_ip6 h = {
		.src = src, .dst = dst, .next = IP_PROTO_ICMP6, .hops = 255};
	struct {
		struct nd_wire nd;
		uint8_t option[8];
	} m = {.nd = {.icmp = {.type = type}, .target = ADDR}};
	size_t len = sizeof(m.nd);

	if (nonce) {
		m.option[0] = ND_OPT_NONCE;
		m.option[1] = 1;
		memcpy(m.option + 2, nonce, 6);
		len = sizeof(m);
	}
	nettest_sum6(&h, &m, len);
	return nettest_give6(&t, t.eth, nettest_pkt6(&t, &h, &m, len));
}

static enum verdict give_probe(const void *nonce)
{
	struct inet_addr group = inet_solicited_node(&ADDR);

	return give(ICMP6_NEIGHBOR_SOLICIT, &ANY, &group, nonce);
}

/* RFC 4862 5.4.2, RFC 7527 4.1 */
HOST_TEST(addr, tentative_address_is_asked_for_and_then_used)
{
	struct inet_addr group = inet_solicited_node(&ADDR);

	add(ADDR_BY_ROUTER, false);
	cr_assert(eq(sz, t.wire.nframes, 1));
	cr_assert(inet_is_any(&nettest_sent_ip6(&t, 0)->src));
	cr_assert(inet_equal(&nettest_sent_ip6(&t, 0)->dst, &group));
	cr_assert(eq(u8, nettest_sent_ip6(&t, 0)->hop_limit, 255));
	cr_assert(eq(u8, *(const uint8_t *)(sent(0) + 1), ND_OPT_NONCE));
	cr_assert(not(iface_owns(t.eth, &ADDR)));

	for (int i = 1; i < LIMIT_DAD_PROBES; i++)
		nettest_advance(&t, SEC(1));
	nettest_advance(&t, SEC(1) - 1);
	cr_assert(not(iface_owns(t.eth, &ADDR)));
	nettest_advance(&t, 1);
	cr_assert(iface_owns(t.eth, &ADDR));
	cr_assert(eq(int, ours()->phase, ADDR_PREFERRED));
	cr_assert(eq(sz, t.wire.nframes, LIMIT_DAD_PROBES));
	cr_assert(not(timer_is_armed(&t.eth->timer)));
}

HOST_TEST(addr, nothing_is_answered_for_a_tentative_address)
{
	struct inet_addr group = inet_solicited_node(&ADDR);
	struct nettest_ip6 h = {.dst = &ADDR, .next = 200};

	add(ADDR_BY_ROUTER, false);
	nettest_forget_frames(&t);
	cr_assert(eq(int, give(ICMP6_NEIGHBOR_SOLICIT, &OTHER, &group, NULL),
		     DROP_ND_NOT_OURS));
	cr_assert(eq(int,
		     nettest_give6(&t, t.eth, nettest_pkt6(&t, &h, "x", 1)),
		     DROP_IP6_NOT_OURS));
	cr_assert(eq(sz, t.wire.nframes, 0));
	cr_assert(eq(int, ours()->phase, ADDR_TENTATIVE));
}

/* RFC 4862 5.4.4: somebody has it. */
HOST_TEST(addr, address_that_is_advertised_by_another_is_not_used)
{
	add(ADDR_BY_CONFIG, true);
	cr_assert(eq(int, give(ICMP6_NEIGHBOR_ADVERT, &ADDR, &ALL_NODES, NULL),
		     DROP_ND_CONFLICT));
	cr_assert(eq(int, ours()->phase, ADDR_DUPLICATE));
	cr_assert(not(iface_owns(t.eth, &ADDR)));
	nettest_advance(&t, SEC(10));
	cr_assert(not(iface_owns(t.eth, &ADDR)));
}

/* RFC 4862 5.4.3: somebody is about to have it. */
HOST_TEST(addr, address_that_another_probes_is_not_used)
{
	add(ADDR_BY_CONFIG, false);
	cr_assert(eq(int, give_probe("ABCDEF"), DONE));
	cr_assert(eq(int, ours()->phase, ADDR_DUPLICATE));
}

/* RFC 7527 4.2: on a link that loops back, we are our own neighbour. */
HOST_TEST(addr, own_question_that_came_back_is_no_conflict)
{
	add(ADDR_BY_ROUTER, false);
	cr_assert(eq(int, give_probe((const uint8_t *)(sent(0) + 1) + 2),
		     DROP_ND_LOOPED));
	wait_for_silence();
	cr_assert(iface_owns(t.eth, &ADDR));
}

/* Beside the question for OTHER, asked again. */
static bool was_told_to_all(void)
{
	for (size_t i = 0; i < t.wire.nframes; i++) {
		if (inet_equal(&nettest_sent_ip6(&t, i)->dst, &ALL_NODES))
			return sent(i)->icmp.type == ICMP6_NEIGHBOR_ADVERT;
	}
	return false;
}

/* A datagram to one that nobody has been asked for yet. */
static void output_asks_for_the_neighbour(const struct ip_how *how)
{
	struct tx tx;

	nettest_forget_frames(&t);
	tx_init(&tx);
	memcpy(tx_push(&tx, 8), "datagram", 8);
	cr_assert(eq(int, ip_output(&t.net, &tx, how), 0));
	cr_assert(eq(sz, t.wire.nframes, 1));
	cr_assert(eq(u8, sent(0)->icmp.type, ICMP6_NEIGHBOR_SOLICIT));
}

/* Its questions name our link address, or nobody would answer; its answers
 * override nobody (RFC 4429 3.3). */
HOST_TEST(addr, optimistic_address_is_used_at_once)
{
	struct ip_how how = {.src = ADDR, .dst = OTHER, .proto = 99};
	struct inet_addr group = inet_solicited_node(&ADDR);

	iface_delete(t.eth, &NT_US6);
	add(ADDR_BY_CONFIG, true);
	cr_assert(iface_owns(t.eth, &ADDR));

	output_asks_for_the_neighbour(&how);
	cr_assert(eq(u16, be16_get(nettest_sent_ip6(&t, 0)->payload_len),
		     sizeof(struct nd_wire) + 8));
	cr_assert(eq(int, give(ICMP6_NEIGHBOR_SOLICIT, &NT_PEER6, &group, NULL),
		     DONE));
	cr_assert(
		eq(u32, be32_get(sent(1)->icmp.word), (uint32_t)ND_SOLICITED));

	/* When it is sure, everybody is told. */
	nettest_forget_frames(&t);
	wait_for_silence();
	cr_assert(eq(int, ours()->phase, ADDR_PREFERRED));
	cr_assert(was_told_to_all());
}

/* It is a neighbour's then, with whom we talk as with any other: RFC 4861
 * 7.2.5. */
HOST_TEST(addr, neighbour_that_has_our_duplicate_is_found)
{
	struct nettest_ip6 h = {.src = &ADDR,
				.dst = &NT_US6,
				.next = IP_PROTO_ICMP6,
				.hops = 255};
	struct {
		struct nd_wire nd;
		uint8_t option[8];
	} m = {.nd = {.icmp = {.type = ICMP6_NEIGHBOR_ADVERT}, .target = ADDR},
	       .option = {ND_OPT_TARGET_LL, 1, 2, [7] = 0x55}};
	struct ip_how how = {.dst = ADDR, .proto = 99};

	add(ADDR_BY_CONFIG, false);
	cr_assert(eq(int, give_probe("ABCDEF"), DONE));
	cr_assert(eq(int, ours()->phase, ADDR_DUPLICATE));
	output_asks_for_the_neighbour(&how);

	m.nd.icmp.word = be32_make(ND_SOLICITED | ND_OVERRIDE);
	nettest_sum6(&h, &m, sizeof(m));
	cr_assert(eq(
		int,
		nettest_give6(&t, t.eth, nettest_pkt6(&t, &h, &m, sizeof(m))),
		DONE));
	cr_assert(eq(sz, t.wire.nframes, 2));
	cr_assert(eq(u8, nettest_sent_ip6(&t, 1)->next, 99));
	cr_assert(eq(int, ours()->phase, ADDR_DUPLICATE));
}

HOST_TEST(addr, conflict_later_changes_nothing)
{
	add(ADDR_BY_CONFIG, true);
	wait_for_silence();
	cr_assert(eq(int, give(ICMP6_NEIGHBOR_ADVERT, &ADDR, &ALL_NODES, NULL),
		     DROP_ND_CONFLICT));
	cr_assert(iface_owns(t.eth, &ADDR));
}

/* RFC 4862 5.5.4 */
HOST_TEST(addr, lifetimes_deprecate_and_then_remove)
{
	usecs now = t.eng.now;

	add(ADDR_BY_ROUTER, false);
	addr_set_lifetimes(t.eth, iface_find(t.eth, &ADDR), now + SEC(10),
			   now + SEC(20));
	wait_for_silence();
	cr_assert(eq(int, ours()->phase, ADDR_PREFERRED));
	nettest_advance(&t, SEC(9));
	cr_assert(eq(int, ours()->phase, ADDR_DEPRECATED));
	cr_assert(iface_owns(t.eth, &ADDR));
	cr_assert(ne(ptr, (void *)(uintptr_t)iface_source_for(t.eth, &OTHER),
		     (void *)(uintptr_t)&ours()->prefix.addr));
	nettest_advance(&t, SEC(10));
	cr_assert(eq(ptr, (void *)(uintptr_t)ours(), NULL));
}

HOST_TEST(addr, new_lifetimes_make_a_deprecated_address_good_again)
{
	usecs now = t.eng.now;

	add(ADDR_BY_ROUTER, false);
	addr_set_lifetimes(t.eth, iface_find(t.eth, &ADDR), now + SEC(5),
			   USECS_NEVER);
	wait_for_silence();
	nettest_advance(&t, SEC(5));
	cr_assert(eq(int, ours()->phase, ADDR_DEPRECATED));
	addr_set_lifetimes(t.eth, iface_find(t.eth, &ADDR), USECS_NEVER,
			   USECS_NEVER);
	cr_assert(eq(int, ours()->phase, ADDR_PREFERRED));
}

/* RFC 7217 6: made anew when it is taken, but not for ever. */
HOST_TEST(addr, link_local_address_is_made_anew_after_a_conflict)
{
	struct inet_addr first, second;

	cr_assert(eq(int, addr_add_link_local(t.eth), 0));
	first = *iface_link_local(t.eth);
	cr_assert(eq(int, memcmp(first.b, "\xfe\x80\0\0\0\0\0\0", 8), 0));
	addr_on_conflict(t.eth, iface_find(t.eth, &first), NULL);
	second = *iface_link_local(t.eth);
	cr_assert(not(inet_equal(&first, &second)));
	addr_on_conflict(t.eth, iface_find(t.eth, &second), NULL);
	second = *iface_link_local(t.eth);
	addr_on_conflict(t.eth, iface_find(t.eth, &second), NULL);
	cr_assert(eq(ptr, (void *)(uintptr_t)iface_link_local(t.eth), NULL));
}

/* RFC 7217 6, RFC 8981 3.3: so are those of a router's prefix, with the same
 * lifetimes. */
HOST_TEST(addr, made_address_is_made_anew_after_a_conflict)
{
	struct iface_addr like = {.prefix = {NT_US6, 64},
				  .origin = ADDR_TEMPORARY,
				  .preferred_until = t.eng.now + SEC(50),
				  .valid_until = t.eng.now + SEC(100)};
	struct inet_addr first;
	struct iface_addr *a;

	cr_assert(eq(int, addr_make6(t.eth, &like), 0));
	a = &t.eth->addrs[t.eth->naddrs - 1];
	first = a->prefix.addr;
	addr_on_conflict(t.eth, a, NULL);
	a = &t.eth->addrs[t.eth->naddrs - 1];
	cr_assert(not(inet_equal(&first, &a->prefix.addr)));
	cr_assert(eq(u8, a->origin, ADDR_TEMPORARY));
	cr_assert(eq(u8, a->conflicts, 1));
	cr_assert(eq(u64, a->valid_until, like.valid_until));
	cr_assert(eq(ptr, iface_find(t.eth, &first), NULL));
}

/* The hardware address, and after a conflict another identifier. */
HOST_TEST(addr, eui64_where_asked_for)
{
	struct inet_addr prefix = {{0xfe, 0x80}}, expected, again;

	t.eth->uses_eui64 = true;
	cr_assert(eq(int, addr_add_link_local(t.eth), 0));
	expected = iid_eui64(&prefix, &t.eth->mac);
	cr_assert(inet_equal(iface_link_local(t.eth), &expected));
	addr_on_conflict(t.eth, iface_find(t.eth, &expected), NULL);
	again = *iface_link_local(t.eth);
	cr_assert(not(inet_equal(&again, &expected)));
}

HOST_TEST(addr, loopback_has_no_link_local_address)
{
	cr_assert(eq(int, addr_add_link_local(t.lo), 0));
	cr_assert(eq(sz, t.wire.nframes, 0));
	cr_assert(eq(ptr, (void *)(uintptr_t)iface_link_local(t.lo), NULL));
}
