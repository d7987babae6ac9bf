/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * inet.h - an address that is v4 or v6, and an address with a port
 *
 * What this room is for
 *   One 16-byte form for both families: IPv4 is kept v4-mapped
 *   (::ffff:a.b.c.d, RFC 4291 2.5.5.2), so that comparing, hashing and storing
 *   need no switch. `::` is the wildcard of both; 0.0.0.0 is mapped too.
 *
 * Byte order  addresses are bytes as on the wire; ports are host order.
 */
#ifndef STACK_INET_H
#define STACK_INET_H

#include <string.h>

#include "ground/base.h"

struct ip4_addr {
	uint8_t b[4];
};

struct inet_addr {
	uint8_t b[16];
};

struct endpoint {
	struct inet_addr addr;
	uint16_t port;  /* host order; 0: none */
	uint32_t scope; /* the interface, where addr needs one; else 0 */
};

/* A prefix such as 10.0.0.2/24; `bits` counts in the 128-bit form. */
struct inet_prefix {
	struct inet_addr addr;
	uint8_t bits; /* 0..128; an IPv4 /24 is 120 */
};

/* What a bare "a.b.c.d" or its text form is: at most this with the 0. */
enum { INET_TEXT_MAX = 64 };

static inline struct inet_addr inet_from4(struct ip4_addr a);
static inline struct ip4_addr inet_to4(const struct inet_addr *a);
static inline struct ip4_addr ip4_make(uint8_t a, uint8_t b, uint8_t c,
				       uint8_t d);
static inline uint32_t ip4_u32(struct ip4_addr a); /* host order */
static inline struct ip4_addr ip4_from_u32(uint32_t n);
static inline bool ip4_equal(struct ip4_addr a, struct ip4_addr b);
static inline bool inet_is4(const struct inet_addr *a);
static inline bool inet_equal(const struct inet_addr *a,
			      const struct inet_addr *b);

/* 0.0.0.0 or :: */
bool inet_is_any(const struct inet_addr *a);
bool inet_is_loopback(const struct inet_addr *a); /* 127/8, ::1 */
bool inet_is_multicast(const struct inet_addr *a);
bool inet_is_broadcast4(const struct inet_addr *a); /* 255.255.255.255 */
bool inet_is_link_local(const struct inet_addr *a);

/* Does it mean nothing without an interface (RFC 4007 4, 5)? */
bool inet_needs_scope(const struct inet_addr *a);

/* 127.0.0.1 or ::1, of the family of `a`. */
struct inet_addr inet_loopback_of(const struct inet_addr *a);
/* ff02::1:ffXX:XXXX, where the neighbours of `a` are asked for it. */
struct inet_addr inet_solicited_node(const struct inet_addr *a);

/* Is a inside the prefix? Families never match each other, except ::/0. */
bool inet_in_prefix(const struct inet_addr *a, const struct inet_prefix *p);

/* The directed broadcast of an IPv4 prefix of /30 or shorter. */
bool inet_is_directed_broadcast(const struct inet_addr *a,
				const struct inet_prefix *p);

/* "10.0.0.2", "fe80::1". 0 or -EINVAL. */
int inet_parse(const char *text, struct inet_addr *out) MUST_CHECK;

/* "10.0.0.2/24"; without a length the whole address. 0 or -EINVAL. */
int inet_parse_prefix(const char *text, struct inet_prefix *out) MUST_CHECK;

/* Both return buf, which must hold INET_TEXT_MAX bytes. */
const char *inet_print(const struct inet_addr *a, char *buf);
const char *inet_print_endpoint(const struct endpoint *e, char *buf);

/* Inline bodies. */

static inline struct inet_addr inet_from4(struct ip4_addr a)
{
	struct inet_addr r = {{0}};

	r.b[10] = 0xff;
	r.b[11] = 0xff;
	memcpy(r.b + 12, a.b, 4);
	return r;
}

static inline struct ip4_addr inet_to4(const struct inet_addr *a)
{
	struct ip4_addr r;

	memcpy(r.b, a->b + 12, 4);
	return r;
}

static inline struct ip4_addr ip4_make(uint8_t a, uint8_t b, uint8_t c,
				       uint8_t d)
{
	return (struct ip4_addr){{a, b, c, d}};
}

static inline uint32_t ip4_u32(struct ip4_addr a)
{
	return (uint32_t)a.b[0] << 24 | (uint32_t)a.b[1] << 16 |
	       (uint32_t)a.b[2] << 8 | a.b[3];
}

static inline struct ip4_addr ip4_from_u32(uint32_t n)
{
	return ip4_make((uint8_t)(n >> 24), (uint8_t)(n >> 16),
			(uint8_t)(n >> 8), (uint8_t)n);
}

static inline bool ip4_equal(struct ip4_addr a, struct ip4_addr b)
{
	return memcmp(a.b, b.b, 4) == 0;
}

static inline bool inet_is4(const struct inet_addr *a)
{
	static const uint8_t mapped[12] = {0, 0, 0, 0, 0,    0,
					   0, 0, 0, 0, 0xff, 0xff};

	return memcmp(a->b, mapped, sizeof(mapped)) == 0;
}

static inline bool inet_equal(const struct inet_addr *a,
			      const struct inet_addr *b)
{
	return memcmp(a->b, b->b, 16) == 0;
}

#endif
