/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * dns.c - DNS messages: a question in bytes, an answer out of bytes
 *
 * What this room is for
 *   One cursor walks the message and never beyond its end. Names are expanded
 *   to wire form before they are compared, so an alias through a compression
 *   pointer is like any other.
 *
 * Comes in   dns_client.c gives it what a server sent.
 * Goes out   addresses and one name.
 * Never      believes a count: it stops where the bytes stop.
 * Follows    RFC 1035 4.1; RFC 2181 5, 11; RFC 6891 6.1; RFC 5452 9.1.
 */
#include "dns.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
	HEADER_LEN = 12,
	LABEL_MAX = 63,
	CLASS_IN = 1,
	POINTER = 0xc0,
	/* Labels of one byte: more than that cannot be in 255 bytes. */
	POINTERS_MAX = 128,
};

enum rcode {
	RCODE_OK = 0,
	RCODE_FORMAT = 1,
	RCODE_NO_NAME = 3,
	RCODE_NOT_IMPLEMENTED = 4,
};

struct cursor {
	const uint8_t *msg;
	size_t len;
	size_t at;
};

/* One resource record; rdata lies in the message. */
struct record {
	struct dns_name owner;
	uint16_t type;
	uint16_t class;
	uint32_t ttl; /* seconds */
	size_t rdata; /* offset */
	uint16_t rdlen;
};

static bool take_u16(struct cursor *c, uint16_t *out)
{
	if (c->len - c->at < 2)
		return false;
	*out = (uint16_t)(c->msg[c->at] << 8 | c->msg[c->at + 1]);
	c->at += 2;
	return true;
}

static bool take_u32(struct cursor *c, uint32_t *out)
{
	uint16_t high, low;

	if (!take_u16(c, &high) || !take_u16(c, &low))
		return false;
	*out = (uint32_t)high << 16 | low;
	return true;
}

static bool skip(struct cursor *c, size_t n)
{
	if (c->len - c->at < n)
		return false;
	c->at += n;
	return true;
}

/*
 * Expands the name at the cursor. Each pointer must lead to before the place
 * the last one led to, so the walk ends; it is counted as well.
 */
static bool take_name(struct cursor *c, struct dns_name *out)
{
	size_t lowest = c->at;
	size_t at = c->at;
	size_t used = 0;
	unsigned int jumps = 0;

	for (;;) {
		uint8_t n;

		if (at >= c->len)
			return false;
		n = c->msg[at];
		if ((n & POINTER) == POINTER) {
			size_t to;

			if (c->len - at < 2 || ++jumps > POINTERS_MAX)
				return false;
			to = (size_t)(n & ~POINTER) << 8 | c->msg[at + 1];
			if (to >= lowest)
				return false;
			if (jumps == 1)
				c->at = at + 2;
			lowest = at = to;
			continue;
		}
		if (n > LABEL_MAX || c->len - at < n + 1u ||
		    used + n + 1 > DNS_NAME_WIRE_MAX)
			return false;
		memcpy(out->wire + used, c->msg + at, n + 1u);
		used += n + 1u;
		at += n + 1u;
		if (n == 0)
			break;
	}
	if (jumps == 0)
		c->at = at;
	out->len = (uint8_t)used;
	return true;
}

static bool take_record(struct cursor *c, struct record *r)
{
	if (!take_name(c, &r->owner) || !take_u16(c, &r->type) ||
	    !take_u16(c, &r->class) || !take_u32(c, &r->ttl) ||
	    !take_u16(c, &r->rdlen))
		return false;
	/* RFC 2181 8: with the first bit set it is none. */
	if (r->ttl >> 31)
		r->ttl = 0;
	r->rdata = c->at;
	return skip(c, r->rdlen);
}

/* --- names --------------------------------------------------------------- */

int dns_name_parse(const char *text, struct dns_name *out)
{
	size_t used = 0;

	if (text[0] == '.' && text[1] == '\0')
		text++;
	while (*text) {
		size_t n = strcspn(text, ".");

		if (n == 0 || n > LABEL_MAX || used + n + 2 > DNS_NAME_WIRE_MAX)
			return -EINVAL;
		out->wire[used++] = (uint8_t)n;
		memcpy(out->wire + used, text, n);
		used += n;
		text += n;
		if (*text == '.')
			text++;
	}
	out->wire[used++] = 0;
	out->len = (uint8_t)used;
	return 0;
}

static bool is_host_char(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '/';
}

int dns_name_print(const struct dns_name *name, char text[DNS_NAME_TEXT_MAX])
{
	size_t at = 0;
	size_t used = 0;

	if (name->len > 1 && name->wire[1] == '-')
		return -EINVAL;
	while (name->wire[at]) {
		uint8_t n = name->wire[at++];

		if (used > 0)
			text[used++] = '.';
		for (uint8_t i = 0; i < n; i++, at++) {
			if (!is_host_char(name->wire[at]))
				return -EINVAL;
			text[used++] = (char)name->wire[at];
		}
	}
	text[used] = '\0';
	return 0;
}

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

/* Lengths of labels are below 64, so lowering them changes nothing. */
bool dns_name_is_equal(const struct dns_name *a, const struct dns_name *b)
{
	if (a->len != b->len)
		return false;
	for (size_t i = 0; i < a->len; i++)
		if (lower(a->wire[i]) != lower(b->wire[i]))
			return false;
	return true;
}

void dns_name_of_addr(const uint8_t *addr, size_t len, struct dns_name *out)
{
	static const char hex[] = "0123456789abcdef";
	char text[80];
	size_t used = 0;

	if (len == 4) {
		snprintf(text, sizeof(text), "%u.%u.%u.%u.in-addr.arpa",
			 addr[3], addr[2], addr[1], addr[0]);
	} else {
		for (size_t i = 16; i > 0; i--) {
			text[used++] = hex[addr[i - 1] & 15];
			text[used++] = '.';
			text[used++] = hex[addr[i - 1] >> 4];
			text[used++] = '.';
		}
		memcpy(text + used, "ip6.arpa", sizeof("ip6.arpa"));
	}
	/* At most 72 characters in labels of 1 to 7: always a name. */
	(void)!dns_name_parse(text, out);
}

/* --- the question -------------------------------------------------------- */

static uint8_t *put_u16(uint8_t *at, uint16_t n)
{
	*at++ = (uint8_t)(n >> 8);
	*at++ = (uint8_t)n;
	return at;
}

size_t dns_write(const struct dns_question *q, uint8_t buf[DNS_QUESTION_MAX])
{
	uint8_t *at = buf;

	at = put_u16(at, q->id);
	at = put_u16(at, 0x0100); /* a query; recursion desired */
	at = put_u16(at, 1);
	at = put_u16(at, 0);
	at = put_u16(at, 0);
	at = put_u16(at, q->edns ? 1 : 0);
	memcpy(at, q->name.wire, q->name.len);
	at = put_u16(at + q->name.len, q->type);
	at = put_u16(at, CLASS_IN);
	if (!q->edns)
		return (size_t)(at - buf);

	*at++ = 0; /* the root */
	at = put_u16(at, DNS_OPT);
	at = put_u16(at, DNS_UDP_MAX);
	at = put_u16(at, 0); /* extended rcode, version */
	at = put_u16(at, 0); /* flags */
	at = put_u16(at, 0); /* no options */
	return (size_t)(at - buf);
}

/* --- the answer ---------------------------------------------------------- */

/* Of the records in two sections of the message. */
struct counts {
	uint16_t answers, authority;
};

static void live_no_longer(uint32_t *ttl, uint32_t than)
{
	if (than < *ttl)
		*ttl = than;
}

/* The alias of `name` among the `count` records at the cursor, if any. */
static bool find_alias(struct cursor c, uint16_t count, struct dns_name *name,
		       uint32_t *ttl)
{
	struct dns_name target;
	struct record r;

	for (uint16_t i = 0; i < count && take_record(&c, &r); i++) {
		struct cursor rdata = {c.msg, r.rdata + r.rdlen, r.rdata};

		if (r.type != DNS_CNAME || r.class != CLASS_IN ||
		    !dns_name_is_equal(&r.owner, name))
			continue;
		if (!take_name(&rdata, &target))
			return false;
		live_no_longer(ttl, r.ttl);
		*name = target;
		return true;
	}
	return false;
}

/* One record of the wanted type: an address, or the first name. */
static void take_data(struct cursor *c, const struct record *r,
		      struct dns_answer *out)
{
	struct cursor rdata = {c->msg, r->rdata + r->rdlen, r->rdata};
	struct dns_name target;
	uint16_t size = r->type == DNS_A ? 4 : 16;

	if (r->type == DNS_PTR) {
		if (out->naddrs == 0 && take_name(&rdata, &target) &&
		    dns_name_print(&target, out->canon) == 0)
			out->naddrs = 1;
		live_no_longer(&out->ttl, r->ttl);
		return;
	}
	if (r->rdlen != size || out->naddrs == DNS_ADDRS_MAX)
		return;
	memcpy(out->addrs[out->naddrs++], c->msg + r->rdata, size);
	live_no_longer(&out->ttl, r->ttl);
}

/* Leaves the cursor behind the `count` records; true when all were whole. */
static bool collect(struct cursor *c, uint16_t count, uint16_t type,
		    const struct dns_name *name, struct dns_answer *out)
{
	struct record r;

	for (uint16_t i = 0; i < count; i++) {
		if (!take_record(c, &r))
			return false;
		if (r.type == type && r.class == CLASS_IN &&
		    dns_name_is_equal(&r.owner, name))
			take_data(c, &r, out);
	}
	return true;
}

/* RFC 2308 5: how long it is known that there is nothing. */
static uint32_t negative_ttl(struct cursor c, uint16_t count)
{
	struct dns_name name;
	struct record r;
	uint32_t ttl;

	for (uint16_t i = 0; i < count && take_record(&c, &r); i++) {
		struct cursor soa = {c.msg, r.rdata + r.rdlen, r.rdata};

		if (r.type != DNS_SOA || r.class != CLASS_IN)
			continue;
		/* MNAME, RNAME; SERIAL, REFRESH, RETRY, EXPIRE; MINIMUM */
		if (!take_name(&soa, &name) || !take_name(&soa, &name) ||
		    !skip(&soa, 16) || !take_u32(&soa, &ttl))
			return 0;
		live_no_longer(&ttl, r.ttl);
		return ttl;
	}
	return 0;
}

static enum dns_verdict read_answers(const struct dns_question *q,
				     struct cursor *c, struct counts counts,
				     struct dns_answer *out)
{
	struct dns_name name = q->name;

	memset(out, 0, sizeof(*out));
	out->ttl = UINT32_MAX;
	for (int i = 0; i < DNS_CHAIN_MAX; i++)
		if (!find_alias(*c, counts.answers, &name, &out->ttl))
			break;
	if (!collect(c, counts.answers, q->type, &name, out))
		return DNS_FAILED;
	if (out->naddrs == 0) {
		live_no_longer(&out->ttl, negative_ttl(*c, counts.authority));
		return DNS_NO_DATA;
	}
	if (q->type != DNS_PTR && dns_name_print(&name, out->canon) < 0)
		return DNS_FAILED;
	return DNS_ANSWERED;
}

/* Skips the question when it is the one we asked. */
static bool take_question(struct cursor *c, const struct dns_question *q)
{
	struct dns_name name;
	uint16_t class;
	uint16_t type;

	return take_name(c, &name) && take_u16(c, &type) &&
	       take_u16(c, &class) && type == q->type && class == CLASS_IN &&
	       dns_name_is_equal(&name, &q->name);
}

enum dns_verdict dns_read(const struct dns_question *q, const uint8_t *msg,
			  size_t len, struct dns_answer *out)
{
	struct cursor c = {msg, len, 0};
	struct counts counts;
	enum dns_verdict v;
	uint16_t questions;
	uint16_t flags;
	uint16_t id;

	if (!take_u16(&c, &id) || !take_u16(&c, &flags) ||
	    !take_u16(&c, &questions) || !take_u16(&c, &counts.answers) ||
	    !take_u16(&c, &counts.authority) || !skip(&c, 2))
		return DNS_NOT_OURS;
	/* An answer (0x8000) to a standard query (0x7800 clear). */
	if (id != q->id || (flags & 0xf800) != 0x8000)
		return DNS_NOT_OURS;

	/* Old servers answer EDNS with an error and nothing else. */
	if (q->edns && ((flags & 15) == RCODE_FORMAT ||
			(flags & 15) == RCODE_NOT_IMPLEMENTED))
		return DNS_NO_EDNS;
	if (questions != 1 || !take_question(&c, q))
		return DNS_NOT_OURS;
	if (flags & 0x0200)
		return DNS_TRUNCATED;
	if ((flags & 15) != RCODE_OK && (flags & 15) != RCODE_NO_NAME)
		return DNS_FAILED;
	v = read_answers(q, &c, counts, out);
	if ((flags & 15) == RCODE_OK)
		return v;
	if (v != DNS_NO_DATA)
		out->ttl = 0;
	return DNS_NO_NAME;
}
