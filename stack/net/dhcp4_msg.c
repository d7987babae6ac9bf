/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * dhcp4_msg.c - DHCPv4 messages: bytes to what they say, and back
 *
 * What this room is for
 *   Options may be spread over three places (the end, and the fields for names
 *   when they are not needed for names) and one option over several pieces; so
 *   the values that may be long are first put together.
 *
 * Comes in   dhcp4.c, with bytes that anybody may have sent.
 * Never      keeps anything.
 * Follows    RFC 2131 2, 4.1; RFC 2132; RFC 3442; RFC 3396.
 */
#include "dhcp4_msg.h"

struct bootp_wire {
	uint8_t op;
	uint8_t hw_type;
	uint8_t hw_len;
	uint8_t hops;
	be32 xid;
	be16 secs;
	be16 flags;
	struct ip4_addr ciaddr;
	struct ip4_addr yiaddr;
	struct ip4_addr siaddr;
	struct ip4_addr giaddr;
	struct eth_addr chaddr;
	uint8_t chaddr_rest[10];
	uint8_t sname[64];
	uint8_t file[128];
	be32 cookie;
};
static_assert(sizeof(struct bootp_wire) == 240, "RFC 2131 figure 1");

enum {
	OP_REQUEST = 1,
	OP_REPLY = 2,
	FLAG_BROADCAST = 0x8000,
	COOKIE = 0x63825363,
	MESSAGE_MAX = 1472, /* option 57: a whole frame's */

	OPT_PAD = 0,
	OPT_MASK = 1,
	OPT_ROUTER = 3,
	OPT_DNS = 6,
	OPT_MTU = 26,
	OPT_WANTED = 50,
	OPT_LEASE = 51,
	OPT_OVERLOAD = 52,
	OPT_TYPE = 53,
	OPT_SERVER = 54,
	OPT_LIST = 55,
	OPT_MAX_SIZE = 57,
	OPT_RENEW = 58,
	OPT_REBIND = 59,
	OPT_CLIENT_ID = 61,
	OPT_ROUTES = 121,
	OPT_END = 255,

	OVERLOAD_FILE = 1,
	OVERLOAD_SNAME = 2,
};

/* --- out ----------------------------------------------------------------- */

static const uint8_t asked_for[] = {OPT_MASK,  OPT_ROUTES, OPT_ROUTER,
				    OPT_DNS,   OPT_MTU,    OPT_LEASE,
				    OPT_RENEW, OPT_REBIND};

static uint8_t *put(uint8_t *at, uint8_t code, const void *value, uint8_t len)
{
	*at++ = code;
	*at++ = len;
	memcpy(at, value, len);
	return at + len;
}

static uint8_t *put_addr(uint8_t *at, uint8_t code, struct ip4_addr a)
{
	return ip4_u32(a) ? put(at, code, &a, sizeof(a)) : at;
}

void dhcp4_msg_write(const struct dhcp4_question *q,
		     uint8_t buf[DHCP4_MSG_SIZE])
{
	struct bootp_wire w = {
		.op = OP_REQUEST,
		.hw_type = ARP_HW_ETHERNET,
		.hw_len = sizeof(q->mac),
		.xid = be32_make(q->xid),
		.secs = be16_make(q->secs),
		.flags = be16_make(q->wants_broadcast ? FLAG_BROADCAST : 0),
		.ciaddr = q->client,
		.chaddr = q->mac,
		.cookie = be32_make(COOKIE),
	};
	be16 max = be16_make(MESSAGE_MAX);
	uint8_t id[1 + sizeof(q->mac)] = {ARP_HW_ETHERNET};
	uint8_t *at = buf + sizeof(w);

	memset(buf, 0, DHCP4_MSG_SIZE);
	memcpy(buf, &w, sizeof(w));
	memcpy(id + 1, &q->mac, sizeof(q->mac));
	at = put(at, OPT_TYPE, &q->type, 1);
	at = put(at, OPT_CLIENT_ID, id, sizeof(id));
	at = put_addr(at, OPT_WANTED, q->wanted);
	at = put_addr(at, OPT_SERVER, q->server);
	/* RFC 2131 table 5: who gives an address back asks for nothing. */
	if (q->type == DHCP4_DISCOVER || q->type == DHCP4_REQUEST) {
		at = put(at, OPT_MAX_SIZE, &max, sizeof(max));
		at = put(at, OPT_LIST, asked_for, sizeof(asked_for));
	}
	*at = OPT_END;
}

/* --- in ------------------------------------------------------------------ */

/* The pieces of an option, put together; too much is as if it were not there.
 */
struct value {
	uint8_t b[255];
	size_t len;
	bool is_too_long;
};

struct options {
	struct value mask, router, dns, mtu, lease, type, server, renew, rebind,
		routes, overload;
};

static struct value *value_of(struct options *o, uint8_t code)
{
	switch (code) {
	case OPT_MASK:
		return &o->mask;
	case OPT_ROUTER:
		return &o->router;
	case OPT_DNS:
		return &o->dns;
	case OPT_MTU:
		return &o->mtu;
	case OPT_LEASE:
		return &o->lease;
	case OPT_OVERLOAD:
		return &o->overload;
	case OPT_TYPE:
		return &o->type;
	case OPT_SERVER:
		return &o->server;
	case OPT_RENEW:
		return &o->renew;
	case OPT_REBIND:
		return &o->rebind;
	case OPT_ROUTES:
		return &o->routes;
	default:
		return NULL;
	}
}

static void append(struct value *v, const uint8_t *bytes, size_t len)
{
	if (len > sizeof(v->b) - v->len) {
		v->is_too_long = true;
		v->len = 0;
	}
	if (v->is_too_long)
		return;
	memcpy(v->b + v->len, bytes, len);
	v->len += len;
}

/* What is cut off in the middle ends the list. */
static void walk(struct options *o, const uint8_t *at, size_t len)
{
	size_t i = 0;

	while (i < len && at[i] != OPT_END) {
		struct value *v;

		if (at[i] == OPT_PAD) {
			i++;
			continue;
		}
		if (len - i < 2 || len - i - 2 < at[i + 1])
			return;
		v = value_of(o, at[i]);
		if (v)
			append(v, at + i + 2, at[i + 1]);
		i += 2 + (size_t)at[i + 1];
	}
}

static uint32_t get_u32(const struct value *v)
{
	be32 n;

	if (v->len != sizeof(n))
		return 0;
	memcpy(&n, v->b, sizeof(n));
	return be32_get(n);
}

static struct ip4_addr get_addr(const uint8_t *b)
{
	return ip4_make(b[0], b[1], b[2], b[3]);
}

/* Ones, then zeros; the class decides when there is no such mask. */
static uint8_t read_mask(const struct value *v, struct ip4_addr yours)
{
	uint32_t mask = get_u32(v);
	uint8_t bits = 0;

	if (mask == 0 || (~mask & (~mask + 1)) != 0)
		return yours.b[0] < 128 ? 8 : yours.b[0] < 192 ? 16 : 24;
	while (bits < 32 && mask & UINT32_C(1) << (31 - bits))
		bits++;
	return bits;
}

static bool is_host(struct ip4_addr a)
{
	return a.b[0] != 0 && a.b[0] != 127 && a.b[0] < 224;
}

static void add_route(struct dhcp4_answer *out, struct ip4_addr dst,
		      uint8_t bits, struct ip4_addr gateway)
{
	if (out->nroutes == LIMIT_DHCP4_ROUTES)
		return;
	if (ip4_u32(gateway) != 0 && !is_host(gateway))
		return;
	out->routes[out->nroutes++] = (struct dhcp4_route){dst, bits, gateway};
}

/* RFC 3442: a length, the bytes of the network that count, the gateway. */
static void read_routes(struct dhcp4_answer *out, const struct value *v)
{
	size_t i = 0;

	while (i < v->len) {
		uint8_t bits = v->b[i++];
		size_t bytes = ((size_t)bits + 7) / 8;
		struct ip4_addr dst = ip4_make(0, 0, 0, 0);
		uint32_t mask;

		if (bits > 32 || v->len - i < bytes + 4)
			return;
		memcpy(dst.b, v->b + i, bytes);
		mask = bits ? UINT32_MAX << (32 - bits) : 0;
		add_route(out, ip4_from_u32(ip4_u32(dst) & mask), bits,
			  get_addr(v->b + i + bytes));
		i += bytes + 4;
	}
}

/* RFC 3442: who sends classless routes means those, and no router besides. */
static void read_ways(struct dhcp4_answer *out, const struct options *o)
{
	if (o->routes.len > 0)
		read_routes(out, &o->routes);
	else if (o->router.len >= 4 && is_host(get_addr(o->router.b)))
		add_route(out, ip4_make(0, 0, 0, 0), 0, get_addr(o->router.b));
}

static void read_dns(struct dhcp4_answer *out, const struct value *v)
{
	for (size_t i = 0; i + 4 <= v->len && out->ndns < DHCP4_DNS_MAX; i += 4)
		if (is_host(get_addr(v->b + i)))
			out->dns[out->ndns++] = get_addr(v->b + i);
}

static void read_times(struct dhcp4_answer *out, const struct options *o)
{
	uint32_t lease = get_u32(&o->lease);

	out->lease_s = lease == UINT32_MAX ? DHCP4_FOR_EVER : (int64_t)lease;
	out->renew_s = get_u32(&o->renew);
	out->rebind_s = get_u32(&o->rebind);
}

bool dhcp4_msg_read(const uint8_t *msg, size_t len, struct dhcp4_answer *out)
{
	struct options o = {.mask = {.len = 0}};
	struct bootp_wire w;
	uint8_t overload;

	memset(out, 0, sizeof(*out));
	if (len < sizeof(w))
		return false;
	memcpy(&w, msg, sizeof(w));
	if (w.op != OP_REPLY || w.hw_type != ARP_HW_ETHERNET ||
	    w.hw_len != sizeof(w.chaddr) || be32_get(w.cookie) != COOKIE)
		return false;

	walk(&o, msg + sizeof(w), len - sizeof(w));
	overload = o.overload.len == 1 ? o.overload.b[0] : 0;
	if (overload & OVERLOAD_FILE)
		walk(&o, w.file, sizeof(w.file));
	if (overload & OVERLOAD_SNAME)
		walk(&o, w.sname, sizeof(w.sname));
	if (o.type.len != 1)
		return false;

	out->type = o.type.b[0];
	out->xid = be32_get(w.xid);
	out->mac = w.chaddr;
	out->yours = w.yiaddr;
	if (o.server.len == 4)
		out->server = get_addr(o.server.b);
	out->bits = read_mask(&o.mask, w.yiaddr);
	if (o.mtu.len == 2)
		out->mtu = (uint16_t)(o.mtu.b[0] << 8 | o.mtu.b[1]);
	read_times(out, &o);
	read_dns(out, &o.dns);
	read_ways(out, &o);
	return true;
}
