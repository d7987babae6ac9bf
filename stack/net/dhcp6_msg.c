/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * dhcp6_msg.c - DHCPv6 messages: bytes to what they say, and back
 *
 * What this room is for
 *   Options lie in options, three deep: the addresses of an association, and
 *   what each of them says of itself.
 *
 * Comes in   dhcp6.c, with bytes that anybody may have sent.
 * Never      keeps anything.
 * Follows    RFC 8415 8, 11.4, 16, 21; RFC 3646.
 */
#include "dhcp6_msg.h"

#include <string.h>

enum {
	OPT_CLIENT = 1,
	OPT_SERVER = 2,
	OPT_IA_NA = 3,
	OPT_ADDR = 5,
	OPT_LIST = 6,
	OPT_ELAPSED = 8,
	OPT_STATUS = 13,
	OPT_RAPID = 14,
	OPT_DNS = 23,
	OPT_DOMAINS = 24,
	OPT_REFRESH = 32,
	OPT_SOL_MAX = 82,
	OPT_INF_MAX = 83,

	DUID_LL = 3,
	HW_ETHERNET = 1,
	/* RFC 8415 21.24: what such a time may be. */
	MOST_MIN_S = 60,
	MOST_MAX_S = 86400,
};

struct message_wire {
	be32 type_xid; /* 8 and 24 bits */
};

struct option_wire {
	be16 code;
	be16 len;
};
static_assert(sizeof(struct option_wire) == 4, "RFC 8415 21.1");

struct ia_wire {
	be32 iaid;
	be32 renew_s;
	be32 rebind_s;
};
static_assert(sizeof(struct ia_wire) == 12, "RFC 8415 21.4");

struct addr_wire {
	struct inet_addr addr;
	be32 preferred_s;
	be32 valid_s;
};
static_assert(sizeof(struct addr_wire) == 24, "RFC 8415 21.6");

/* --- out ----------------------------------------------------------------- */

struct dhcp6_duid dhcp6_msg_duid(const struct eth_addr *mac)
{
	struct dhcp6_duid d = {4 + sizeof(*mac), {0, DUID_LL, 0, HW_ETHERNET}};

	memcpy(d.b + 4, mac, sizeof(*mac));
	return d;
}

static uint8_t *put(uint8_t *at, uint16_t code, const void *value, size_t len)
{
	struct option_wire o = {be16_make(code), be16_make((uint16_t)len)};

	memcpy(at, &o, sizeof(o));
	if (len > 0)
		memcpy(at + sizeof(o), value, len);
	return at + sizeof(o) + len;
}

static uint8_t *put_addresses(uint8_t *at, const struct dhcp6_question *q)
{
	uint8_t ia[sizeof(struct ia_wire) + sizeof(struct option_wire) +
		   sizeof(struct addr_wire)];
	struct ia_wire w = {.iaid = be32_make(q->iaid)};
	struct addr_wire a = {.addr = q->addr};
	uint8_t *end = ia + sizeof(w);

	memcpy(ia, &w, sizeof(w));
	if (!inet_is_any(&q->addr))
		end = put(end, OPT_ADDR, &a, sizeof(a));
	return put(at, OPT_IA_NA, ia, (size_t)(end - ia));
}

/* RFC 8415 21.7, 21.24: what we would like to hear. */
static uint8_t *put_wishes(uint8_t *at, uint8_t type)
{
	be16 wishes[] = {be16_make(OPT_DNS), be16_make(OPT_DOMAINS),
			 be16_make(OPT_SOL_MAX), be16_make(OPT_REFRESH)};
	size_t len = sizeof(wishes);

	if (type == DHCP6_RELEASE || type == DHCP6_DECLINE)
		return at;
	if (type == DHCP6_INFORMATION)
		wishes[2] = be16_make(OPT_INF_MAX);
	else
		len -= sizeof(wishes[0]);
	return put(at, OPT_LIST, wishes, len);
}

size_t dhcp6_msg_write(const struct dhcp6_question *q,
		       uint8_t buf[DHCP6_MSG_MAX])
{
	struct message_wire w = {
		be32_make((uint32_t)q->type << 24 | (q->xid & 0xffffff))};
	struct dhcp6_duid client = dhcp6_msg_duid(&q->mac);
	be16 elapsed = be16_make(q->elapsed_cs);
	uint8_t *at = buf + sizeof(w);

	memcpy(buf, &w, sizeof(w));
	at = put(at, OPT_CLIENT, client.b, client.len);
	if (q->server.len)
		at = put(at, OPT_SERVER, q->server.b, q->server.len);
	at = put(at, OPT_ELAPSED, &elapsed, sizeof(elapsed));
	if (q->type == DHCP6_SOLICIT)
		at = put(at, OPT_RAPID, NULL, 0);
	if (q->iaid)
		at = put_addresses(at, q);
	at = put_wishes(at, q->type);
	return (size_t)(at - buf);
}

/* --- in ------------------------------------------------------------------ */

/* A cursor over options. */
struct options {
	const uint8_t *at;
	size_t len;
	int left; /* that will be looked at: more are noise */
};

struct option {
	uint16_t code;
	size_t len;
	const uint8_t *value;
};

/* False: there are no more, or the next one is cut off. */
static bool next(struct options *o, struct option *out)
{
	struct option_wire w;
	size_t len;

	if (o->left-- <= 0 || o->len < sizeof(w))
		return false;
	memcpy(&w, o->at, sizeof(w));
	len = be16_get(w.len);
	if (len > o->len - sizeof(w))
		return false;
	*out = (struct option){be16_get(w.code), len, o->at + sizeof(w)};
	o->at += sizeof(w) + len;
	o->len -= sizeof(w) + len;
	return true;
}

static uint32_t get_u32(const struct option *o)
{
	be32 n;

	if (o->len != sizeof(n))
		return 0;
	memcpy(&n, o->value, sizeof(n));
	return be32_get(n);
}

/* RFC 8415 21.13; whatever is cut off is a failure, too. */
static uint16_t get_status(const struct option *o)
{
	if (o->len < 2)
		return DHCP6_UNSPEC_FAIL;
	return (uint16_t)(o->value[0] << 8 | o->value[1]);
}

static void get_duid(const struct option *o, struct dhcp6_duid *out)
{
	if (o->len < 3 || o->len > DHCP6_DUID_MAX)
		return;
	out->len = (uint8_t)o->len;
	memcpy(out->b, o->value, o->len);
}

/* Can it be one host's address beyond the link? */
static bool is_host(const struct inet_addr *a)
{
	return !inet_is_any(a) && !inet_is_multicast(a) &&
	       !inet_is_loopback(a) && !inet_is4(a) && !inet_is_link_local(a);
}

static void read_addr(const struct option *o, struct dhcp6_answer *out)
{
	struct addr_wire w;
	struct options inside;
	struct option status;
	struct dhcp6_addr a;

	if (o->len < sizeof(w) || out->naddrs == DHCP6_ADDRS_MAX)
		return;
	memcpy(&w, o->value, sizeof(w));
	a = (struct dhcp6_addr){w.addr, be32_get(w.preferred_s),
				be32_get(w.valid_s)};
	inside = (struct options){o->value + sizeof(w), o->len - sizeof(w),
				  LIMIT_DHCP6_OPTIONS};
	/* RFC 8415 21.6 */
	if (!is_host(&a.addr) || a.preferred_s > a.valid_s)
		return;
	while (next(&inside, &status)) {
		if (status.code == OPT_STATUS && get_status(&status) != 0)
			return;
	}
	out->addrs[out->naddrs++] = a;
}

/* RFC 8415 21.4: T1 beyond T2 makes the whole of it worth nothing. */
static void read_ia(const struct option *o, uint32_t iaid,
		    struct dhcp6_answer *out)
{
	struct options inside;
	struct option in;
	struct ia_wire w;

	if (o->len < sizeof(w) || iaid == 0 || out->iaid)
		return;
	memcpy(&w, o->value, sizeof(w));
	if (be32_get(w.iaid) != iaid)
		return;
	if (be32_get(w.rebind_s) != 0 &&
	    be32_get(w.renew_s) > be32_get(w.rebind_s))
		return;
	out->iaid = iaid;
	out->renew_s = be32_get(w.renew_s);
	out->rebind_s = be32_get(w.rebind_s);
	inside = (struct options){o->value + sizeof(w), o->len - sizeof(w),
				  LIMIT_DHCP6_OPTIONS};
	while (next(&inside, &in)) {
		if (in.code == OPT_ADDR)
			read_addr(&in, out);
		else if (in.code == OPT_STATUS && out->status == 0)
			out->status = get_status(&in);
	}
}

/* As much as there is room for. */
static uint16_t get_bytes(const struct option *o, uint8_t *to, size_t room)
{
	size_t len = MIN(o->len, room);

	memcpy(to, o->value, len);
	return (uint16_t)len;
}

static uint32_t get_most(const struct option *o)
{
	uint32_t s = get_u32(o);

	return s >= MOST_MIN_S && s <= MOST_MAX_S ? s : 0;
}

static void read_option(const struct option *o, uint32_t iaid,
			struct dhcp6_answer *out)
{
	switch (o->code) {
	case OPT_CLIENT:
		get_duid(o, &out->client);
		break;
	case OPT_SERVER:
		get_duid(o, &out->server);
		break;
	case OPT_IA_NA:
		read_ia(o, iaid, out);
		break;
	case OPT_STATUS:
		if (get_status(o) != 0)
			out->status = get_status(o);
		break;
	case OPT_RAPID:
		out->is_rapid = true;
		break;
	case OPT_DNS:
		out->dns_len = get_bytes(o, out->dns, sizeof(out->dns));
		break;
	case OPT_DOMAINS:
		out->domains_len =
			get_bytes(o, out->domains, sizeof(out->domains));
		break;
	case OPT_REFRESH:
		out->refresh_s = get_u32(o);
		break;
	case OPT_SOL_MAX:
	case OPT_INF_MAX:
		out->most_s = get_most(o);
		break;
	default:
		break;
	}
}

bool dhcp6_msg_read(const uint8_t *msg, size_t len, uint32_t iaid,
		    struct dhcp6_answer *out)
{
	struct options all;
	struct message_wire w;
	struct option o;
	uint32_t word;

	memset(out, 0, sizeof(*out));
	if (len < sizeof(w))
		return false;
	memcpy(&w, msg, sizeof(w));
	word = be32_get(w.type_xid);
	out->type = (uint8_t)(word >> 24);
	out->xid = word & 0xffffff;
	if (out->type != DHCP6_ADVERTISE && out->type != DHCP6_REPLY)
		return false;
	all = (struct options){msg + sizeof(w), len - sizeof(w),
			       LIMIT_DHCP6_OPTIONS};
	while (next(&all, &o))
		read_option(&o, iaid, out);
	/* RFC 8415 16: who it is must be said. */
	return out->server.len > 0;
}
