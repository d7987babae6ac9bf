/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * ip6_ext.h - the headers between IPv6's own and the transport's
 *
 * What this room is for
 *   Walks the chain of extension headers, step by step for a packet that is
 *   processed, or at once for a packet that is only quoted. It says what is
 *   wrong and whether the sender must be told; telling is icmp6.c's.
 *
 * Follows    RFC 8200 4, RFC 5095, RFC 7045.
 */
#ifndef STACK_IP6_EXT_H
#define STACK_IP6_EXT_H

#include "ground/drop.h"
#include "link/wire.h"

/* What to tell the sender, if anything: an ICMPv6 parameter problem. */
struct ip6_complaint {
	bool due;
	bool also_group; /* even when the destination is a group */
	uint8_t code;    /* ICMP6_PARAM_* */
	uint32_t pointer;
};

/* Where a walk stands; offsets count from the IPv6 header. */
struct ip6_walk {
	const uint8_t *ip6; /* the packet from its IPv6 header on */
	size_t len;         /* of it, all headers and the payload */
	size_t at;          /* the header that is next */
	size_t next_at;     /* the byte that says what it is */
	uint32_t headers;   /* seen so far */
	bool is_fragment;   /* a fragment header was passed, not atomic */
	uint16_t frag;      /* its offset and IP6_MF */
};

/* At the first header behind IPv6's own; len is at least 40. */
void ip6_walk_start(struct ip6_walk *w, const uint8_t *ip6, size_t len);

/* What the header at w->at is. */
static inline uint8_t ip6_walk_type(const struct ip6_walk *w);

/*
 * Processes the extension header at w->at and steps behind it. DONE: go on.
 * DROP_IP6_*: refused. A fragment header is stepped over when it is atomic;
 * any other, as any header that is no extension, must not be given.
 */
enum verdict ip6_walk_step(struct ip6_walk *w, struct ip6_complaint *c);

/* Is the header at w->at a fragment header of a real fragment? */
bool ip6_walk_at_fragment(const struct ip6_walk *w);

bool ip6_is_extension(uint8_t next);

/*
 * Skips to the transport header without judging what is skipped. False: the
 * chain ends before it (too short, too long), or there is no next header.
 */
bool ip6_walk_skip(struct ip6_walk *w) MUST_CHECK;

/* Inline bodies. */

static inline uint8_t ip6_walk_type(const struct ip6_walk *w)
{
	return w->ip6[w->next_at];
}

#endif
