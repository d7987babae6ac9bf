/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * ip6_ext_test.c - proves ip6_ext.c: chains, options, and what is refused.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "ip6_ext.h"
#include "ground/limits.h"

static uint8_t packet[2048];
static size_t used;
static size_t last_next;

/* An IPv6 header, and behind it nothing yet. */
static void begin(void)
{
	memset(packet, 0, sizeof(packet));
	used = sizeof(struct ip6_wire);
	last_next = offsetof(struct ip6_wire, next);
	packet[last_next] = IP6_NEXT_NONE;
}

/* One more header of 8 bytes, with these behind its first two. */
static uint8_t *add(uint8_t type, const char *six)
{
	uint8_t *at = packet + used;

	packet[last_next] = type;
	at[0] = IP6_NEXT_NONE;
	at[1] = 0;
	memcpy(at + 2, six, 6);
	last_next = used;
	used += 8;
	return at;
}

static void end(uint8_t type)
{
	packet[last_next] = type;
	used += 8;
}

/* Steps as ip6.c does, up to the transport. */
static enum verdict walk(struct ip6_walk *w, struct ip6_complaint *c)
{
	enum verdict v = DONE;

	memset(c, 0, sizeof(*c));
	ip6_walk_start(w, packet, used);
	while (v == DONE && ip6_is_extension(ip6_walk_type(w)))
		v = ip6_walk_step(w, c);
	return v;
}

Test(ip6_ext, a_chain_ends_at_its_transport)
{
	struct ip6_complaint c;
	struct ip6_walk w;

	begin();
	add(IP6_NEXT_HOP_BY_HOP, "\5\2\0\0\1\0");
	add(IP6_NEXT_DESTINATION, "\1\4\0\0\0\0");
	add(IP6_NEXT_ROUTING, "\0\0\0\0\0\0");
	add(IP6_NEXT_DESTINATION, "\0\0\0\0\0\0");
	end(IP_PROTO_UDP);
	cr_assert(eq(int, walk(&w, &c), DONE));
	cr_assert(eq(u8, ip6_walk_type(&w), IP_PROTO_UDP));
	cr_assert(eq(sz, w.at, 40 + 4 * 8));
	cr_assert(eq(sz, w.next_at, 40 + 3 * 8));
	cr_assert(not(c.due));

	ip6_walk_start(&w, packet, used);
	cr_assert(ip6_walk_skip(&w));
	cr_assert(eq(sz, w.at, 40 + 4 * 8));
}

/* RFC 8200 4.2: the two highest bits. */
Test(ip6_ext, unknown_options_say_what_to_do)
{
	static const struct {
		const char *six;
		enum verdict v;
		bool due, also_group;
	} cases[] = {
		{"\x1e\4\0\0\0\0", DONE, false, false},
		{"\x5e\4\0\0\0\0", DROP_IP6_OPTION, false, false},
		{"\x9e\4\0\0\0\0", DROP_IP6_OPTION, true, true},
		{"\xde\4\0\0\0\0", DROP_IP6_OPTION, true, false},
	};
	struct ip6_complaint c;
	struct ip6_walk w;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		begin();
		add(IP6_NEXT_DESTINATION, cases[i].six);
		end(IP_PROTO_UDP);
		cr_assert(eq(int, walk(&w, &c), cases[i].v));
		cr_assert(eq(int, c.due, cases[i].due));
		cr_assert(eq(int, c.also_group, cases[i].also_group));
		if (c.due) {
			cr_assert(eq(u8, c.code, ICMP6_PARAM_OPTION));
			cr_assert(eq(u32, c.pointer, 42));
		}
	}
}

Test(ip6_ext, options_longer_than_their_header_are_refused)
{
	struct ip6_complaint c;
	struct ip6_walk w;

	begin();
	add(IP6_NEXT_DESTINATION, "\1\5\0\0\0\0");
	end(IP_PROTO_UDP);
	cr_assert(eq(int, walk(&w, &c), DROP_IP6_OPTION));
	begin();
	add(IP6_NEXT_DESTINATION, "\0\0\0\0\0\1");
	end(IP_PROTO_UDP);
	cr_assert(eq(int, walk(&w, &c), DROP_IP6_OPTION));
}

/* RFC 5095: type 0 is a type that nobody knows. */
Test(ip6_ext, routing_headers_are_refused_unless_used_up)
{
	struct ip6_complaint c;
	struct ip6_walk w;

	begin();
	add(IP6_NEXT_ROUTING, "\0\1\0\0\0\0");
	end(IP_PROTO_UDP);
	cr_assert(eq(int, walk(&w, &c), DROP_IP6_ROUTING));
	cr_assert(c.due);
	cr_assert(eq(u8, c.code, ICMP6_PARAM_HEADER));
	cr_assert(eq(u32, c.pointer, 42));
}

Test(ip6_ext, hop_by_hop_stands_first)
{
	struct ip6_complaint c;
	struct ip6_walk w;

	begin();
	add(IP6_NEXT_DESTINATION, "\1\4\0\0\0\0");
	add(IP6_NEXT_HOP_BY_HOP, "\1\4\0\0\0\0");
	end(IP_PROTO_UDP);
	cr_assert(eq(int, walk(&w, &c), DROP_IP6_EXTENSION));
	cr_assert(c.due);
	cr_assert(eq(u8, c.code, ICMP6_PARAM_NEXT));
	cr_assert(eq(u32, c.pointer, 40));
}

Test(ip6_ext, a_chain_is_bounded)
{
	struct ip6_complaint c;
	struct ip6_walk w;

	begin();
	for (int i = 0; i <= LIMIT_IP6_EXTENSIONS; i++)
		add(IP6_NEXT_DESTINATION, "\1\4\0\0\0\0");
	end(IP_PROTO_UDP);
	cr_assert(eq(int, walk(&w, &c), DROP_IP6_EXTENSION));
	ip6_walk_start(&w, packet, used);
	cr_assert(not(ip6_walk_skip(&w)));
}

/* RFC 6946: one that is alone is no fragment. */
Test(ip6_ext, atomic_fragments_are_stepped_over_and_others_not)
{
	struct ip6_walk w;
	uint8_t *frag;

	begin();
	frag = add(IP6_NEXT_FRAGMENT, "\0\0\0\0\0\7");
	end(IP_PROTO_UDP);
	ip6_walk_start(&w, packet, used);
	cr_assert(not(ip6_walk_at_fragment(&w)));
	cr_assert(ip6_walk_skip(&w));
	cr_assert(not(w.is_fragment));

	frag[3] = IP6_MF;
	ip6_walk_start(&w, packet, used);
	cr_assert(ip6_walk_at_fragment(&w));
	cr_assert(ip6_walk_skip(&w));
	cr_assert(w.is_fragment);
	cr_assert(eq(u16, w.frag, IP6_MF));

	frag[2] = 1;
	ip6_walk_start(&w, packet, used);
	cr_assert(ip6_walk_skip(&w));
	cr_assert(eq(u16, w.frag, 0x100 | IP6_MF));
}

Test(ip6_ext, every_truncation_is_refused)
{
	struct ip6_complaint c;
	struct ip6_walk w;

	begin();
	add(IP6_NEXT_HOP_BY_HOP, "\1\4\0\0\0\0");
	add(IP6_NEXT_DESTINATION, "\1\4\0\0\0\0");
	packet[last_next] = IP_PROTO_UDP;
	for (used = 40; used < 56; used++) {
		cr_assert(eq(int, walk(&w, &c), DROP_IP6_EXTENSION));
		ip6_walk_start(&w, packet, used);
		cr_assert(not(ip6_walk_skip(&w)));
	}
	cr_assert(eq(int, walk(&w, &c), DONE));
}
