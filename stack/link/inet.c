/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * inet.c - an address that is v4 or v6
 *
 * What this room is for
 *   Classifies, parses and prints addresses. The parser takes what a person
 *   may write in a configuration and refuses everything else: no octal, no
 *   hexadecimal IPv4, no missing parts, no trailing bytes.
 *
 * Never      asks libc: its inet_pton() may be somebody else's by then.
 * Follows    RFC 4291 2.2 (text), RFC 5952 4 (how to print).
 */
#include <errno.h>
#include <stdio.h>

#include "inet.h"

static const struct inet_addr any6;

bool inet_is_any(const struct inet_addr *a)
{
	return inet_equal(a, &any6) ||
	       (inet_is4(a) && ip4_u32(inet_to4(a)) == 0);
}

bool inet_is_loopback(const struct inet_addr *a)
{
	static const struct inet_addr one = {{[15] = 1}};

	return inet_is4(a) ? a->b[12] == 127 : inet_equal(a, &one);
}

bool inet_is_multicast(const struct inet_addr *a)
{
	return inet_is4(a) ? (a->b[12] & 0xf0) == 0xe0 : a->b[0] == 0xff;
}

bool inet_is_broadcast4(const struct inet_addr *a)
{
	return inet_is4(a) && ip4_u32(inet_to4(a)) == 0xffffffff;
}

bool inet_is_link_local(const struct inet_addr *a)
{
	if (inet_is4(a))
		return a->b[12] == 169 && a->b[13] == 254;
	return a->b[0] == 0xfe && (a->b[1] & 0xc0) == 0x80;
}

bool inet_needs_scope(const struct inet_addr *a)
{
	if (inet_is4(a))
		return false;
	if (a->b[0] == 0xff) /* RFC 4291 2.7: interface-local, link-local */
		return (a->b[1] & 15) == 1 || (a->b[1] & 15) == 2;
	return inet_is_link_local(a);
}

struct inet_addr inet_loopback_of(const struct inet_addr *a)
{
	struct inet_addr one = {{[15] = 1}};

	return inet_is4(a) ? inet_from4(ip4_make(127, 0, 0, 1)) : one;
}

struct inet_addr inet_solicited_node(const struct inet_addr *a)
{
	return (struct inet_addr){{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff,
				   a->b[13], a->b[14], a->b[15]}};
}

bool inet_in_prefix(const struct inet_addr *a, const struct inet_prefix *p)
{
	uint32_t whole = p->bits / 8, rest = p->bits % 8;

	if (p->bits == 0)
		return true;
	if (p->bits > 128 || inet_is4(a) != inet_is4(&p->addr))
		return false;
	if (memcmp(a->b, p->addr.b, whole) != 0)
		return false;
	return rest == 0 || (a->b[whole] ^ p->addr.b[whole]) >> (8 - rest) == 0;
}

bool inet_is_directed_broadcast(const struct inet_addr *a,
				const struct inet_prefix *p)
{
	uint32_t hosts;

	if (p->bits < 96 || p->bits > 126 || !inet_is4(&p->addr) ||
	    !inet_in_prefix(a, p))
		return false;
	hosts = (uint32_t)((1ull << (128 - p->bits)) - 1);
	return (ip4_u32(inet_to4(a)) & hosts) == hosts;
}

/*
 * Reads a decimal of at most `max` without leading zeroes and moves *at
 * behind it. -EINVAL when there is none.
 */
static int read_decimal(const char **at, uint32_t max)
{
	const char *s = *at;
	uint32_t n = 0;

	if (*s < '0' || *s > '9' || (*s == '0' && s[1] >= '0' && s[1] <= '9'))
		return -EINVAL;
	for (; *s >= '0' && *s <= '9'; s++) {
		n = n * 10 + (uint32_t)(*s - '0');
		if (n > max)
			return -EINVAL;
	}
	*at = s;
	return (int)n;
}

/* "a.b.c.d"; moves *at behind it. */
static int read_ip4(const char **at, uint8_t out[4])
{
	const char *s = *at;

	for (int i = 0; i < 4; i++) {
		int n;

		if (i > 0 && *s++ != '.')
			return -EINVAL;
		n = read_decimal(&s, 255);
		if (n < 0)
			return n;
		out[i] = (uint8_t)n;
	}
	*at = s;
	return 0;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* One to four hexadecimal digits; returns how many were there. */
static int read_group(const char *s, uint16_t *out)
{
	int digits = 0;

	*out = 0;
	for (; digits < 4 && hex_value(s[digits]) >= 0; digits++)
		*out = (uint16_t)(*out << 4 | hex_value(s[digits]));
	return digits;
}

/* What was read of an IPv6 address so far. */
struct groups {
	uint8_t b[16];
	int at;  /* bytes filled */
	int gap; /* where "::" stood, or -1 */
};

/* Puts the zeroes where the "::" was. */
static int expand(const struct groups *g, struct inet_addr *out)
{
	int tail = g->at - g->gap;

	if (g->gap < 0 && g->at != 16)
		return -EINVAL;
	if (g->gap >= 0 && g->at > 14)
		return -EINVAL;
	memset(out, 0, sizeof(*out));
	if (g->gap < 0) {
		memcpy(out->b, g->b, 16);
		return 0;
	}
	memcpy(out->b, g->b, (size_t)g->gap);
	memcpy(out->b + 16 - tail, g->b + g->gap, (size_t)tail);
	return 0;
}

/* One group: 0; or the dotted quad, which ends an address: 1. */
static int read_piece(const char **at, struct groups *g)
{
	uint16_t value;
	int digits = read_group(*at, &value);

	if (digits > 0 && (*at)[digits] == '.') {
		if (g->at > 12 || read_ip4(at, g->b + g->at) < 0)
			return -EINVAL;
		g->at += 4;
		return 1;
	}
	if (digits == 0 || g->at > 14)
		return -EINVAL;
	g->b[g->at++] = (uint8_t)(value >> 8);
	g->b[g->at++] = (uint8_t)value;
	*at += digits;
	return 0;
}

static int read_ip6(const char **at, struct inet_addr *out)
{
	struct groups g = {.gap = -1};
	const char *s = *at;
	int ended = 0;

	if (s[0] == ':' && s[1] != ':')
		return -EINVAL;
	for (int pieces = 0; pieces <= 9 && !ended; pieces++) {
		if (s[0] == ':' && s[1] == ':') {
			if (g.gap >= 0)
				return -EINVAL;
			g.gap = g.at;
			s += 2;
			if (hex_value(*s) < 0)
				break;
		} else if (pieces > 0) {
			if (*s != ':')
				break;
			s++;
		}
		ended = read_piece(&s, &g);
		if (ended < 0)
			return -EINVAL;
	}
	*at = s;
	return expand(&g, out);
}

static int read_addr(const char **at, struct inet_addr *out)
{
	struct ip4_addr v4;

	if (read_ip4(at, v4.b) == 0) {
		*out = inet_from4(v4);
		return 0;
	}
	return read_ip6(at, out);
}

int inet_parse(const char *text, struct inet_addr *out)
{
	struct inet_addr a;

	if (read_addr(&text, &a) < 0 || *text != '\0')
		return -EINVAL;
	*out = a;
	return 0;
}

int inet_parse_prefix(const char *text, struct inet_prefix *out)
{
	struct inet_addr a;
	int bits = 128;

	if (read_addr(&text, &a) < 0)
		return -EINVAL;
	if (*text == '/') {
		uint32_t skip = inet_is4(&a) ? 96 : 0;

		text++;
		bits = read_decimal(&text, 128 - skip);
		if (bits < 0)
			return -EINVAL;
		bits += (int)skip;
	}
	if (*text != '\0')
		return -EINVAL;
	out->addr = a;
	out->bits = (uint8_t)bits;
	return 0;
}

static uint16_t group(const struct inet_addr *a, int i)
{
	return (uint16_t)(a->b[2 * i] << 8 | a->b[2 * i + 1]);
}

/* RFC 5952 4.2: the first longest run of two or more zero groups. */
static int longest_zeroes(const struct inet_addr *a, int *len)
{
	int best = -1;

	*len = 1;
	for (int i = 0; i < 8; i++) {
		int n = 0;

		while (i + n < 8 && group(a, i + n) == 0)
			n++;
		if (n > *len) {
			best = i;
			*len = n;
		}
	}
	return best;
}

static void print_ip6(const struct inet_addr *a, char *buf)
{
	int len, gap = longest_zeroes(a, &len);
	size_t at = 0;

	for (int i = 0; i < 8; i++) {
		if (i == gap) {
			buf[at++] = ':';
			buf[at++] = ':';
			i += len - 1;
			continue;
		}
		if (i > 0 && buf[at - 1] != ':')
			buf[at++] = ':';
		at += (size_t)snprintf(buf + at, INET_TEXT_MAX - at, "%x",
				       group(a, i));
	}
	buf[at] = '\0';
}

const char *inet_print(const struct inet_addr *a, char *buf)
{
	if (inet_is4(a))
		snprintf(buf, INET_TEXT_MAX, "%u.%u.%u.%u", a->b[12], a->b[13],
			 a->b[14], a->b[15]);
	else
		print_ip6(a, buf);
	return buf;
}

const char *inet_print_endpoint(const struct endpoint *e, char *buf)
{
	char addr[INET_TEXT_MAX];
	bool is4 = inet_is4(&e->addr);

	inet_print(&e->addr, addr);
	snprintf(buf, INET_TEXT_MAX, is4 ? "%.39s:%u" : "[%.39s]:%u", addr,
		 e->port);
	return buf;
}
