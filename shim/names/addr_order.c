/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * addr_order.c - which of a host's addresses to try first
 *
 * What this room is for
 *   One comparison per rule, in the order of the rules; insertion sort, because
 *   lists are short and equal ones must keep their order.
 *
 * Follows    RFC 6724 2.1, 3.1, 6.
 */
#include "addr_order.h"

#include <string.h>
#include <sys/socket.h>

enum scope { SCOPE_LINK = 2, SCOPE_SITE = 5, SCOPE_GLOBAL = 14 };

typedef struct in6_addr_bytes ip6;

struct policy {
	uint8_t prefix[16];
	unsigned int bits;
	int precedence;
	int label;
};

/* glibc's getaddrinfo() without a gai.conf; longest prefix first. */
static const struct policy policies[] = {
	{{[15] = 1}, 128, 50, 0},  {{[10] = 0xff, [11] = 0xff}, 96, 10, 4},
	{{0}, 96, 20, 3},          {{0x20, 0x01}, 32, 40, 7},
	{{0x20, 0x02}, 16, 30, 2}, {{0xfe, 0xc0}, 10, 40, 5},
	{{0xfc, 0x00}, 7, 40, 6},  {{0}, 0, 40, 1},
};

static unsigned int common_bits(const uint8_t *a, const uint8_t *b)
{
	for (unsigned int i = 0; i < 128; i++)
		if ((a[i / 8] ^ b[i / 8]) & 0x80 >> i % 8)
			return i;
	return 128;
}

static const struct policy *policy_of(const ip6 *ip)
{
	const struct policy *p = policies;

	while (common_bits(ip->b, p->prefix) < p->bits)
		p++;
	return p;
}

static bool is_mapped(const ip6 *ip)
{
	static const uint8_t prefix[12] = {[10] = 0xff, [11] = 0xff};

	return !memcmp(ip->b, prefix, sizeof(prefix));
}

/* RFC 6724 3.1, 3.2: loopback and 169.254/16 count as link-local. */
static int scope_of(const ip6 *ip)
{
	static const uint8_t loopback[16] = {[15] = 1};

	if (is_mapped(ip))
		return ip->b[12] == 127 ||
				       (ip->b[12] == 169 && ip->b[13] == 254)
			       ? SCOPE_LINK
			       : SCOPE_GLOBAL;
	if (ip->b[0] == 0xff)
		return ip->b[1] & 15;
	if (!memcmp(ip->b, loopback, sizeof(loopback)))
		return SCOPE_LINK;
	if (ip->b[0] == 0xfe && (ip->b[1] & 0xc0) == 0x80)
		return SCOPE_LINK;
	if (ip->b[0] == 0xfe && (ip->b[1] & 0xc0) == 0xc0)
		return SCOPE_SITE;
	return SCOPE_GLOBAL;
}

static ip6 as_ip6(const struct host_addr *addr)
{
	ip6 ip = {{0}};

	if (addr->family == AF_INET) {
		memset(&ip.b[10], 0xff, 2);
		memcpy(&ip.b[12], addr->bytes, 4);
	} else {
		memcpy(ip.b, addr->bytes, 16);
	}
	return ip;
}

/* > 0: a is better; 0: as good. */
static int compare(const struct addr_order *a, const struct addr_order *b)
{
	ip6 to_a = as_ip6(&a->to);
	ip6 to_b = as_ip6(&b->to);
	const struct policy *policy_a = policy_of(&to_a);
	const struct policy *policy_b = policy_of(&to_b);
	int d;

	/* Rule 1: avoid the unusable. */
	d = a->is_usable - b->is_usable;
	if (d != 0)
		return d;
	if (a->is_usable) {
		/* Rule 2: prefer a matching scope. */
		d = (scope_of(&to_a) == scope_of(&a->source)) -
		    (scope_of(&to_b) == scope_of(&b->source));
		if (d != 0)
			return d;
		/* Rule 5: prefer a matching label. */
		d = (policy_a->label == policy_of(&a->source)->label) -
		    (policy_b->label == policy_of(&b->source)->label);
		if (d != 0)
			return d;
	}
	/* Rule 6: the higher precedence; rule 8: the smaller scope. */
	d = policy_a->precedence - policy_b->precedence;
	if (d != 0)
		return d;
	d = scope_of(&to_b) - scope_of(&to_a);
	if (d != 0)
		return d;
	/* Rule 9: the longer common prefix with the source. */
	if (!a->is_usable || is_mapped(&to_a) || is_mapped(&to_b))
		return 0;
	return (int)common_bits(to_a.b, a->source.b) -
	       (int)common_bits(to_b.b, b->source.b);
}

void addr_order_sort(struct addr_order *list, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct addr_order one = list[i];
		size_t at = i;

		while (at > 0 && compare(&one, &list[at - 1]) > 0) {
			list[at] = list[at - 1];
			at--;
		}
		list[at] = one;
	}
}
