/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * nd_test.c - proves nd.c: who is asked, who is answered, what is believed.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "nd.h"
#include "testkit/nettest.h"

static struct nettest t;

static const struct inet_addr ALL_NODES = {{0xff, 2, [15] = 1}};
static const struct inet_addr STRANGER = {{0xfd, [15] = 9}};
static const struct inet_addr ANY = {{0}};
static const struct eth_addr OTHER_MAC = {{2, 0, 0, 0, 0, 7}};

static void open_host(void)
{
	nettest_open(&t);
	nettest_connect6(&t);
}

static void close_host(void)
{
	nettest_close(&t);
}

/* A message about `target`, with a link address option if mac is given. */
struct message {
	const struct inet_addr *src, *dst, *target;
	uint8_t type, hops, code;
	uint32_t flags;
	const struct eth_addr *mac;
	const void *more; /* behind the link address */
	size_t more_len;
};

static size_t compose(const struct message *m, uint8_t *bytes)
{
	bool asks = m->type == ICMP6_NEIGHBOR_SOLICIT;
	struct nd_wire *nd = (void *)bytes;
	size_t len = sizeof(*nd);

	*nd = (struct nd_wire){.icmp = {.type = m->type,
					.code = m->code,
					.word = be32_make(m->flags)},
			       .target = *m->target};
	if (m->mac) {
		bytes[len] = asks ? ND_OPT_SOURCE_LL : ND_OPT_TARGET_LL;
		bytes[len + 1] = 1;
		memcpy(bytes + len + 2, m->mac->b, 6);
		len += 8;
	}
	if (m->more_len)
		memcpy(bytes + len, m->more, m->more_len);
	return len + m->more_len;
}

static enum verdict give_cut(const struct message *m, size_t cut)
{
	struct nettest_ip6 h = {.src = m->src,
				.dst = m->dst,
				.next = IP_PROTO_ICMP6,
				.hops = m->hops ? m->hops : 255};
	uint8_t bytes[256];
	size_t len = MIN(compose(m, bytes), cut);

	nettest_sum6(&h, bytes, len);
	return nettest_give6(&t, t.eth, nettest_pkt6(&t, &h, bytes, len));
}

static enum verdict give(const struct message *m)
{
	return give_cut(m, SIZE_MAX);
}

static const struct nd_wire *sent(size_t i)
{
	return (const void *)(nettest_sent_ip6(&t, i) + 1);
}

/* Sends one packet to an address on the link. */
static int send_to(const struct inet_addr *dst)
{
	struct ip_how how = {.dst = *dst, .proto = IP_PROTO_UDP};
	struct tx tx;

	tx_init(&tx);
	memcpy(tx_push(&tx, 8), "datagram", 8);
	return ip_output(&t.net, &tx, &how);
}

static enum neigh_state state_of(const struct inet_addr *a)
{
	struct neigh *n = neigh_find(&t.eth->neigh, a);

	cr_assert(ne(ptr, n, NULL));
	return neigh_state_now(n);
}

static struct message ask_for_us(void)
{
	return (struct message){.target = &NT_US6,
				.type = ICMP6_NEIGHBOR_SOLICIT,
				.src = &STRANGER,
				.mac = &OTHER_MAC};
}

static struct message advert(uint32_t flags)
{
	return (struct message){.target = &STRANGER,
				.type = ICMP6_NEIGHBOR_ADVERT,
				.src = &STRANGER,
				.flags = flags,
				.mac = &OTHER_MAC};
}

/* RFC 4861 7.2.4 */
HOST_TEST(nd, a_question_about_us_is_answered_and_the_asker_learned)
{
	struct inet_addr group = inet_solicited_node(&NT_US6);
	struct message m = ask_for_us();

	m.dst = &group;
	cr_assert(eq(int, give(&m), DONE));
	cr_assert(eq(sz, t.wire.nframes, 1));
	cr_assert(eq(u8, sent(0)->icmp.type, ICMP6_NEIGHBOR_ADVERT));
	cr_assert(eq(u32, be32_get(sent(0)->icmp.word),
		     (uint32_t)ND_SOLICITED | (uint32_t)ND_OVERRIDE));
	cr_assert(inet_equal(&sent(0)->target, &NT_US6));
	cr_assert(inet_equal(&nettest_sent_ip6(&t, 0)->dst, &STRANGER));
	cr_assert(eq(u8, nettest_sent_ip6(&t, 0)->hop_limit, 255));
	cr_assert(eq(int, memcmp(t.wire.frames[0].data, OTHER_MAC.b, 6), 0));
	cr_assert(eq(int, state_of(&STRANGER), NEIGH_DELAY));
}

/* acd_test.c, who_is_leaving_defends_nothing. */
HOST_TEST(nd, who_is_leaving_answers_no_probe)
{
	struct inet_addr group = inet_solicited_node(&NT_US6);
	struct message m = ask_for_us();

	t.net.is_leaving = true;
	m.dst = &group;
	cr_assert(eq(int, give(&m), DONE));
	cr_assert(eq(sz, t.wire.nframes, 1));
	m.src = &ANY;
	m.mac = NULL;
	cr_assert(eq(int, give(&m), DROP_ND_NOT_OURS));
	cr_assert(eq(sz, t.wire.nframes, 1));
}

HOST_TEST(nd, a_probe_is_answered_to_all_and_teaches_nothing)
{
	struct inet_addr group = inet_solicited_node(&NT_US6);
	struct message m = ask_for_us();

	m.src = &ANY;
	m.dst = &group;
	cr_assert(eq(int, give(&m), DROP_ND_FORMAT)); /* has a link address */
	m.mac = NULL;
	cr_assert(eq(int, give(&m), DONE));
	cr_assert(eq(sz, t.wire.nframes, 1));
	cr_assert(inet_equal(&nettest_sent_ip6(&t, 0)->dst, &ALL_NODES));
	cr_assert(eq(u32, be32_get(sent(0)->icmp.word), (uint32_t)ND_OVERRIDE));
	cr_assert(eq(u32, t.eth->neigh.count, 1)); /* the gateway */
	m.dst = &NT_US6;
	cr_assert(eq(int, give(&m), DROP_ND_FORMAT));
}

/* RFC 4861 7.1: each of the checks. */
HOST_TEST(nd, malformed_messages_are_dropped)
{
	static const uint8_t empty[8] = {ND_OPT_NONCE, 0};
	static const uint8_t beyond[8] = {ND_OPT_NONCE, 2};
	struct message m = ask_for_us();

	m.hops = 254;
	cr_assert(eq(int, give(&m), DROP_ND_HOPS));
	m = ask_for_us();
	m.code = 1;
	cr_assert(eq(int, give(&m), DROP_ND_FORMAT));
	m = ask_for_us();
	m.target = &ALL_NODES;
	cr_assert(eq(int, give(&m), DROP_ND_FORMAT));
	m = ask_for_us();
	m.more = empty;
	m.more_len = sizeof(empty);
	cr_assert(eq(int, give(&m), DROP_ND_FORMAT));
	m.more = beyond;
	cr_assert(eq(int, give(&m), DROP_ND_FORMAT));
	m = advert(ND_SOLICITED);
	m.dst = &ALL_NODES;
	cr_assert(eq(int, give(&m), DROP_ND_FORMAT));
	cr_assert(eq(sz, t.wire.nframes, 0));
}

HOST_TEST(nd, every_truncation_is_dropped)
{
	struct message m = ask_for_us();

	for (size_t len = 8; len < 32; len++) {
		if (len == 24)
			continue; /* whole, without an option */
		cr_assert(eq(int, give_cut(&m, len), DROP_ND_FORMAT));
	}
	cr_assert(eq(sz, t.wire.nframes, 0));
	cr_assert(eq(int, give(&m), DONE));
}

HOST_TEST(nd, a_question_about_others_is_no_reason_to_learn)
{
	struct inet_addr other = {{0xfd, [15] = 77}};
	struct message m = ask_for_us();

	m.target = &other;
	cr_assert(eq(int, give(&m), DROP_ND_NOT_OURS));
	cr_assert(eq(u32, t.eth->neigh.count, 1));
}

/* RFC 4861 7.2.2: the packet waits; the answer sends it. */
HOST_TEST(nd, who_is_not_known_is_asked_for)
{
	struct inet_addr group = inet_solicited_node(&STRANGER);
	struct message m = advert(ND_SOLICITED | ND_OVERRIDE);
	const uint8_t *frame;

	cr_assert(eq(int, send_to(&STRANGER), 0));
	cr_assert(eq(sz, t.wire.nframes, 1));
	frame = t.wire.frames[0].data;
	cr_assert(eq(int, memcmp(frame, "\x33\x33\xff\0\0\x9", 6), 0));
	cr_assert(inet_equal(&nettest_sent_ip6(&t, 0)->dst, &group));
	cr_assert(inet_equal(&nettest_sent_ip6(&t, 0)->src, &NT_US6));
	cr_assert(eq(u8, sent(0)->icmp.type, ICMP6_NEIGHBOR_SOLICIT));
	cr_assert(
		eq(int, memcmp((const uint8_t *)(sent(0) + 1), "\1\1", 2), 0));
	cr_assert(eq(int,
		     memcmp((const uint8_t *)(sent(0) + 1) + 2, NT_MAC.b, 6),
		     0));

	cr_assert(eq(int, give(&m), DONE));
	cr_assert(eq(sz, t.wire.nframes, 2));
	cr_assert(eq(u8, nettest_sent_ip6(&t, 1)->next, IP_PROTO_UDP));
	cr_assert(eq(int, memcmp(t.wire.frames[1].data, OTHER_MAC.b, 6), 0));
	cr_assert(eq(int, state_of(&STRANGER), NEIGH_REACHABLE));
}

HOST_TEST(nd, who_does_not_answer_is_unreachable)
{
	cr_assert(eq(int, send_to(&STRANGER), 0));
	nettest_advance(&t, SEC(1));
	nettest_advance(&t, SEC(1));
	nettest_advance(&t, SEC(1));
	cr_assert(eq(sz, t.wire.nframes, 3));
	cr_assert(eq(int, send_to(&STRANGER), -EHOSTUNREACH));
}

/* RFC 4861 7.2.5, the override flag. */
HOST_TEST(nd, without_override_another_address_only_raises_doubt)
{
	struct message m = advert(ND_SOLICITED | ND_OVERRIDE);

	cr_assert(eq(int, send_to(&STRANGER), 0));
	give(&m);
	m.mac = &NT_PEER_MAC;
	m.flags = ND_SOLICITED;
	cr_assert(eq(int, give(&m), DONE));
	cr_assert(eq(int, state_of(&STRANGER), NEIGH_STALE));
	cr_assert(eq(u8, neigh_find(&t.eth->neigh, &STRANGER)->mac.b[5], 7));

	/* Unasked and with override: the new address, to be verified. */
	m.flags = ND_OVERRIDE;
	cr_assert(eq(int, give(&m), DONE));
	cr_assert(eq(int, state_of(&STRANGER), NEIGH_STALE));
	cr_assert(eq(u8, neigh_find(&t.eth->neigh, &STRANGER)->mac.b[5], 1));
	m.flags = ND_SOLICITED;
	cr_assert(eq(int, give(&m), DONE));
	cr_assert(eq(int, state_of(&STRANGER), NEIGH_REACHABLE));
}

HOST_TEST(nd, an_advertisement_nobody_waits_for_creates_nothing)
{
	struct message m = advert(ND_SOLICITED | ND_OVERRIDE);

	cr_assert(eq(int, give(&m), DONE));
	cr_assert(eq(u32, t.eth->neigh.count, 1));
}
