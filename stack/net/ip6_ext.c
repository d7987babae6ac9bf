/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * ip6_ext.c - the headers between IPv6's own and the transport's
 *
 * What this room is for
 *   Each step reads one header of a chain that the peer made: its length is
 *   checked against the packet, its options are looked at one by one, and the
 *   number of headers is bounded.
 *
 * Comes in   ip6.c for packets; icmp6.c for quotes; reasm.c for first
 *            fragments.
 * Never      sends, keeps or changes anything but the walk.
 * Follows    RFC 8200 4; RFC 5095 (routing type 0); RFC 6946.
 */
#include "ip6_ext.h"

#include <string.h>

#include "ground/limits.h"

enum {
	/* RFC 8200 4.2: what the two highest bits of an option ask for. */
	ACTION_MASK = 0xc0,
	ACTION_SKIP = 0x00,
	ACTION_DISCARD = 0x40,
	ACTION_TELL = 0x80,
	ACTION_TELL_HOST = 0xc0,
};

void ip6_walk_start(struct ip6_walk *w, const uint8_t *ip6, size_t len)
{
	*w = (struct ip6_walk){
		.ip6 = ip6,
		.len = len,
		.at = sizeof(struct ip6_wire),
		.next_at = offsetof(struct ip6_wire, next),
	};
}

bool ip6_is_extension(uint8_t next)
{
	return next == IP6_NEXT_HOP_BY_HOP || next == IP6_NEXT_ROUTING ||
	       next == IP6_NEXT_FRAGMENT || next == IP6_NEXT_DESTINATION;
}

static enum verdict complain(struct ip6_complaint *c, uint8_t code, size_t at,
			     enum verdict v)
{
	c->due = true;
	c->code = code;
	c->pointer = (uint32_t)at;
	return v;
}

/* RFC 8200 4.2: an option that we do not know says itself what to do. */
static enum verdict on_unknown_option(uint8_t type, size_t at,
				      struct ip6_complaint *c)
{
	switch (type & ACTION_MASK) {
	case ACTION_SKIP:
		return DONE;
	case ACTION_TELL:
		c->also_group = true;
		return complain(c, ICMP6_PARAM_OPTION, at, DROP_IP6_OPTION);
	case ACTION_TELL_HOST:
		return complain(c, ICMP6_PARAM_OPTION, at, DROP_IP6_OPTION);
	default:
		return DROP_IP6_OPTION;
	}
}

/* The options of a header that lies in [from, to). */
static enum verdict check_options(const struct ip6_walk *w, size_t from,
				  size_t to, struct ip6_complaint *c)
{
	size_t at = from + sizeof(struct ip6_ext_wire);

	while (at < to) {
		uint8_t type = w->ip6[at];
		enum verdict v;

		if (type == IP6_OPT_PAD1) {
			at++;
			continue;
		}
		if (to - at < 2 || w->ip6[at + 1] > to - at - 2)
			return complain(c, ICMP6_PARAM_HEADER, at,
					DROP_IP6_OPTION);
		if (type != IP6_OPT_PADN && type != IP6_OPT_ROUTER_ALERT) {
			v = on_unknown_option(type, at, c);
			if (v != DONE)
				return v;
		}
		at += 2u + w->ip6[at + 1];
	}
	return DONE;
}

/*
 * RFC 8200 4.4, RFC 5095: no type of routing header is known here, and type 0
 * least of all. One that has nothing left to visit is ignored.
 */
static enum verdict check_routing(const struct ip6_walk *w,
				  struct ip6_complaint *c)
{
	const struct ip6_route_wire *r = (const void *)(w->ip6 + w->at);

	if (r->segments_left == 0)
		return DONE;
	return complain(c, ICMP6_PARAM_HEADER,
			w->at + offsetof(struct ip6_route_wire, type),
			DROP_IP6_ROUTING);
}

/* Bytes of the header at w->at; 0: it does not fit into the packet. */
static size_t length_of(const struct ip6_walk *w)
{
	const struct ip6_ext_wire *ext = (const void *)(w->ip6 + w->at);
	size_t left = w->len - w->at, len;

	if (left < 8)
		return 0;
	len = ip6_walk_type(w) == IP6_NEXT_FRAGMENT ? 8 : 8 + 8u * ext->len;
	return len <= left ? len : 0;
}

static void step_over(struct ip6_walk *w, size_t len)
{
	/* Each of them begins with the type of the one behind it. */
	w->next_at = w->at;
	w->at += len;
	w->headers++;
}

bool ip6_walk_at_fragment(const struct ip6_walk *w)
{
	const struct ip6_frag_wire *f = (const void *)(w->ip6 + w->at);

	return ip6_walk_type(w) == IP6_NEXT_FRAGMENT &&
	       w->len - w->at >= sizeof(*f) &&
	       be16_get(f->frag) & (IP6_FRAG_OFFSET | IP6_MF);
}

enum verdict ip6_walk_step(struct ip6_walk *w, struct ip6_complaint *c)
{
	uint8_t type = ip6_walk_type(w);
	size_t len = length_of(w);
	enum verdict v = DONE;

	memset(c, 0, sizeof(*c));
	if (len == 0)
		return DROP_IP6_EXTENSION;
	if (w->headers == LIMIT_IP6_EXTENSIONS)
		return DROP_IP6_EXTENSION;
	/* RFC 8200 4.1: hop-by-hop stands first or not at all. */
	if (type == IP6_NEXT_HOP_BY_HOP && w->headers > 0)
		return complain(c, ICMP6_PARAM_NEXT, w->next_at,
				DROP_IP6_EXTENSION);
	if (type == IP6_NEXT_HOP_BY_HOP || type == IP6_NEXT_DESTINATION)
		v = check_options(w, w->at, w->at + len, c);
	else if (type == IP6_NEXT_ROUTING)
		v = check_routing(w, c);
	if (v == DONE)
		step_over(w, len);
	return v;
}

bool ip6_walk_skip(struct ip6_walk *w)
{
	while (ip6_is_extension(ip6_walk_type(w))) {
		size_t len = length_of(w);

		if (len == 0 || w->headers == LIMIT_IP6_EXTENSIONS)
			return false;
		if (ip6_walk_at_fragment(w)) {
			const struct ip6_frag_wire *f =
				(const void *)(w->ip6 + w->at);

			w->is_fragment = true;
			w->frag = be16_get(f->frag);
		}
		step_over(w, len);
		/* Behind a later fragment's header there is only payload. */
		if (w->is_fragment && w->frag & IP6_FRAG_OFFSET)
			return !ip6_is_extension(ip6_walk_type(w));
	}
	return ip6_walk_type(w) != IP6_NEXT_NONE;
}
