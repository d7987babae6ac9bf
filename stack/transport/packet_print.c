/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * packet_print.c - a frame as one line for a reader
 *
 * What this room is for
 *   See packet_print.h. Each layer takes its header off the front of what is
 *   left and hands the rest on; a layer that finds too little says so.
 *
 * Bounded    extension headers: EXT_MAX. TCP options: tcp_opt.c.
 */
#include "packet_print.h"

#include <stdarg.h>
#include <stdio.h>

#include "tcp/tcp_opt.h"
#include "link/wire.h"

enum { EXT_MAX = 8 };

/* What is left to read, and where to write. */
struct printer {
	const uint8_t *at;
	size_t have;  /* readable bytes from there */
	size_t total; /* bytes of the packet from there, as far as we know */
	char *out;
	size_t size, len;
};

PRINTF_LIKE(2, 3) static void say(struct printer *p, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(p->out + p->len, p->size - p->len, fmt, args);
	va_end(args);
	if (n > 0)
		p->len = MIN(p->len + (size_t)n, p->size - 1);
}

static const void *take(struct printer *p, size_t n)
{
	const uint8_t *front = p->at;

	if (n > p->have)
		return NULL;
	p->at += n;
	p->have -= n;
	p->total -= MIN(n, p->total);
	return front;
}

static void say_mac(struct printer *p, const struct eth_addr *a)
{
	say(p, "%02x:%02x:%02x:%02x:%02x:%02x", a->b[0], a->b[1], a->b[2],
	    a->b[3], a->b[4], a->b[5]);
}

static void say_addr(struct printer *p, const struct inet_addr *a)
{
	char text[INET_TEXT_MAX];

	say(p, "%s", inet_print(a, text));
}

static void say_addr4(struct printer *p, struct ip4_addr a)
{
	struct inet_addr mapped = inet_from4(a);

	say_addr(p, &mapped);
}

static void say_ends(struct printer *p, const struct endpoint end[2])
{
	char from[INET_TEXT_MAX], to[INET_TEXT_MAX];

	say(p, "%s > %s", inet_print_endpoint(&end[0], from),
	    inet_print_endpoint(&end[1], to));
}

/* --- TCP ----------------------------------------------------------------- */

static int compare_ends(const struct endpoint *a, const struct endpoint *b)
{
	int n = memcmp(a->addr.b, b->addr.b, sizeof(a->addr.b));

	return n ? n : (int)a->port - (int)b->port;
}

static uint32_t place_of(const struct endpoint end[2])
{
	uint32_t hash = 2166136261u;

	for (int e = 0; e < 2; e++) {
		for (size_t i = 0; i < sizeof(end[e].addr.b); i++)
			hash = (hash ^ end[e].addr.b[i]) * 16777619u;
		hash = (hash ^ end[e].port) * 16777619u;
	}
	return (hash ^ hash >> 16) % PACKET_FLOWS;
}

/* The flow, and in *side who of its two ends sends `from`. */
static struct packet_flow *find_flow(struct packet_flows *flows,
				     const struct endpoint end[2], int *side)
{
	struct endpoint sorted[2] = {end[0], end[1]};
	struct packet_flow *f;

	*side = compare_ends(&end[0], &end[1]) > 0;
	if (*side) {
		sorted[0] = end[1];
		sorted[1] = end[0];
	}
	f = &flows->at[place_of(sorted)];
	if (compare_ends(&f->end[0], &sorted[0]) ||
	    compare_ends(&f->end[1], &sorted[1])) {
		memset(f, 0, sizeof(*f));
		f->end[0] = sorted[0];
		f->end[1] = sorted[1];
	}
	return f;
}

/* A SYN says where a side begins; without one, what is seen first does. */
static uint32_t relative(struct packet_flow *f, int side, uint32_t n, bool syn)
{
	if (syn || !f->known[side])
		f->base[side] = n;
	f->known[side] = true;
	return n - f->base[side];
}

static void say_flags(struct printer *p, uint8_t flags)
{
	static const struct {
		uint8_t bit;
		char letter;
	} letters[] = {
		{TCP_SYN, 'S'}, {TCP_FIN, 'F'}, {TCP_RST, 'R'}, {TCP_PSH, 'P'},
		{TCP_URG, 'U'}, {TCP_ECE, 'E'}, {TCP_CWR, 'W'}, {TCP_ACK, '.'},
	};
	char text[ARRAY_LEN(letters) + 1];
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(letters); i++)
		if (flags & letters[i].bit)
			text[n++] = letters[i].letter;
	text[n] = '\0';
	say(p, " [%s]", text);
}

static void say_options(struct printer *p, const uint8_t *bytes, size_t len,
			bool syn, uint32_t sack_base)
{
	struct tcp_options o;
	const char *between = " <";

	if (len == 0)
		return;
	if (tcp_opt_parse(bytes, len, syn, &o) < 0)
		say(p, " <malformed>");
	if (o.has_mss) {
		say(p, "%smss %u", between, o.mss);
		between = ",";
	}
	if (o.has_wscale) {
		say(p, "%sws %u", between, o.wscale);
		between = ",";
	}
	if (o.sack_permitted) {
		say(p, "%ssackOK", between);
		between = ",";
	}
	for (uint32_t i = 0; i < o.nsack; i++) {
		say(p, "%ssack %u-%u", between, o.sack[i].from - sack_base,
		    o.sack[i].to - sack_base);
		between = ",";
	}
	if (o.has_ts) {
		say(p, "%sts %u %u", between, o.tsval, o.tsecr);
		between = ",";
	}
	if (*between == ',')
		say(p, ">");
}

static void print_tcp(struct printer *p, struct endpoint end[2],
		      struct packet_flows *flows)
{
	const struct tcp_wire *t = take(p, sizeof(*t));
	const uint8_t *options;
	struct packet_flow *f;
	uint32_t seq, ack;
	size_t more;
	bool syn;
	int side;

	say(p, "tcp ");
	if (!t || tcp_wire_len(t) < sizeof(*t)) {
		say(p, "cut short");
		return;
	}
	more = tcp_wire_len(t) - sizeof(*t);
	options = take(p, more);
	end[0].port = be16_get(t->sport);
	end[1].port = be16_get(t->dport);
	syn = t->flags & TCP_SYN;
	f = find_flow(flows, end, &side);
	seq = relative(f, side, be32_get(t->seq), syn);
	say_ends(p, end);
	say_flags(p, t->flags);
	say(p, " seq %u", seq);
	if (t->flags & TCP_ACK) {
		ack = relative(f, !side, be32_get(t->ack), false);
		say(p, " ack %u", ack);
	}
	say(p, " win %u", be16_get(t->window));
	if (options)
		say_options(p, options, more, syn, f->base[!side]);
	say(p, " len %zu", p->total);
}

/* --- UDP, ICMP, ARP ------------------------------------------------------ */

static void print_udp(struct printer *p, struct endpoint end[2])
{
	const struct udp_wire *u = take(p, sizeof(*u));

	say(p, "udp ");
	if (!u) {
		say(p, "cut short");
		return;
	}
	end[0].port = be16_get(u->sport);
	end[1].port = be16_get(u->dport);
	say_ends(p, end);
	say(p, " len %zu", p->total);
}

struct icmp_name {
	uint8_t type;
	const char *name;
};

static const struct icmp_name icmp4_names[] = {
	{ICMP4_ECHO_REPLY, "echo reply"},
	{ICMP4_UNREACHABLE, "unreachable"},
	{ICMP4_SOURCE_QUENCH, "source quench"},
	{ICMP4_REDIRECT, "redirect"},
	{ICMP4_ECHO_REQUEST, "echo request"},
	{ICMP4_TIME_EXCEEDED, "time exceeded"},
	{ICMP4_PARAM_PROBLEM, "parameter problem"},
	{0, NULL},
};

static const struct icmp_name icmp6_names[] = {
	{ICMP6_UNREACHABLE, "unreachable"},
	{ICMP6_TOO_BIG, "packet too big"},
	{ICMP6_TIME_EXCEEDED, "time exceeded"},
	{ICMP6_PARAM_PROBLEM, "parameter problem"},
	{ICMP6_ECHO_REQUEST, "echo request"},
	{ICMP6_ECHO_REPLY, "echo reply"},
	{ICMP6_ROUTER_SOLICIT, "router solicitation"},
	{ICMP6_ROUTER_ADVERT, "router advertisement"},
	{ICMP6_NEIGHBOR_SOLICIT, "neighbor solicitation"},
	{ICMP6_NEIGHBOR_ADVERT, "neighbor advertisement"},
	{ICMP6_REDIRECT, "redirect"},
	{0, NULL},
};

static void print_icmp(struct printer *p, const struct endpoint end[2],
		       const struct icmp_name *names)
{
	const uint8_t *at = p->at;
	const struct icmp_wire *i = take(p, sizeof(*i));
	bool is6 = names == icmp6_names;

	say(p, "icmp%s ", is6 ? "6" : "");
	if (!i) {
		say(p, "cut short");
		return;
	}
	say_addr(p, &end[0].addr);
	say(p, " > ");
	say_addr(p, &end[1].addr);
	while (names->name && names->type != i->type)
		names++;
	if (names->name)
		say(p, " %s", names->name);
	else
		say(p, " type %u", i->type);
	if (i->code)
		say(p, " code %u", i->code);
	if (i->type == (is6 ? ICMP6_ECHO_REQUEST : ICMP4_ECHO_REQUEST) ||
	    i->type == (is6 ? ICMP6_ECHO_REPLY : ICMP4_ECHO_REPLY))
		say(p, " id %u seq %u", be16_get(i->id), be16_get(i->seq));
	if (is6 && i->type >= ICMP6_NEIGHBOR_SOLICIT &&
	    i->type <= ICMP6_REDIRECT &&
	    p->have + sizeof(*i) >= sizeof(struct nd_wire)) {
		say(p, " target ");
		say_addr(p, &((const struct nd_wire *)at)->target);
	}
	say(p, " len %zu", p->total);
}

static void print_arp(struct printer *p)
{
	const struct arp_wire *a = take(p, sizeof(*a));

	say(p, "arp ");
	if (!a) {
		say(p, "cut short");
		return;
	}
	switch (be16_get(a->op)) {
	case ARP_OP_REQUEST:
		say(p, "who has ");
		say_addr4(p, a->target_ip);
		say(p, "? tell ");
		say_addr4(p, a->sender_ip);
		say(p, " at ");
		break;
	case ARP_OP_REPLY:
		say_addr4(p, a->sender_ip);
		say(p, " is at ");
		break;
	default:
		say(p, "operation %u from ", be16_get(a->op));
		break;
	}
	say_mac(p, &a->sender_mac);
}

/* --- IP ------------------------------------------------------------------ */

static void print_transport(struct printer *p, uint8_t proto,
			    struct endpoint end[2], struct packet_flows *flows)
{
	switch (proto) {
	case IP_PROTO_TCP:
		print_tcp(p, end, flows);
		return;
	case IP_PROTO_UDP:
		print_udp(p, end);
		return;
	case IP_PROTO_ICMP:
		print_icmp(p, end, icmp4_names);
		return;
	case IP_PROTO_ICMP6:
		print_icmp(p, end, icmp6_names);
		return;
	default:
		say(p, "ip protocol %u ", proto);
		say_addr(p, &end[0].addr);
		say(p, " > ");
		say_addr(p, &end[1].addr);
		say(p, " len %zu", p->total);
	}
}

static void say_fragment(struct printer *p, const struct endpoint end[2],
			 uint32_t id, uint32_t offset, bool more)
{
	say(p, "ip fragment ");
	say_addr(p, &end[0].addr);
	say(p, " > ");
	say_addr(p, &end[1].addr);
	say(p, " id %u bytes %u-%zu%s", id, offset, offset + p->total,
	    more ? " and more" : "");
}

/* What the header says is there, unless the frame is shorter. */
static void trim(struct printer *p, size_t total)
{
	p->total = MIN(p->total, total);
	p->have = MIN(p->have, total);
}

static void print_ip4(struct printer *p, struct packet_flows *flows)
{
	const struct ip4_wire *ip = take(p, sizeof(*ip));
	struct endpoint end[2] = {{.port = 0}};
	size_t header, total;
	uint16_t frag;

	header = ip ? (size_t)(ip->ver_ihl & 15) * 4 : 0;
	if (header < sizeof(*ip) || !take(p, header - sizeof(*ip))) {
		say(p, "ip cut short");
		return;
	}
	total = be16_get(ip->total_len);
	if (total >= header)
		trim(p, total - header);
	end[0].addr = inet_from4(ip->src);
	end[1].addr = inet_from4(ip->dst);
	frag = be16_get(ip->frag);
	if (frag & (IP4_MF | IP4_OFFSET))
		say_fragment(p, end, be16_get(ip->id), (frag & IP4_OFFSET) * 8u,
			     frag & IP4_MF);
	else
		print_transport(p, ip->proto, end, flows);
}

/* Past the headers that say nothing of the transport; false at a fragment, of
 * which all is said. */
static bool skip_extensions(struct printer *p, uint8_t *next,
			    const struct endpoint end[2])
{
	const struct ip6_frag_wire *frag;
	const struct ip6_ext_wire *ext;
	uint16_t f;

	for (int n = 0; n < EXT_MAX; n++) {
		switch (*next) {
		case IP6_NEXT_HOP_BY_HOP:
		case IP6_NEXT_ROUTING:
		case IP6_NEXT_DESTINATION:
			ext = take(p, 8);
			if (!ext || !take(p, ext->len * 8u))
				return true;
			*next = ext->next;
			break;
		case IP6_NEXT_FRAGMENT:
			frag = take(p, sizeof(*frag));
			if (!frag)
				return true;
			f = be16_get(frag->frag);
			if (f & (IP6_FRAG_OFFSET | IP6_MF)) {
				say_fragment(p, end, be32_get(frag->id),
					     f & IP6_FRAG_OFFSET, f & IP6_MF);
				return false;
			}
			*next = frag->next;
			break;
		default:
			return true;
		}
	}
	return true;
}

static void print_ip6(struct printer *p, struct packet_flows *flows)
{
	const struct ip6_wire *ip = take(p, sizeof(*ip));
	struct endpoint end[2] = {{.port = 0}};
	uint8_t next;

	if (!ip) {
		say(p, "ip6 cut short");
		return;
	}
	if (be16_get(ip->payload_len) > 0)
		trim(p, be16_get(ip->payload_len));
	end[0].addr = ip->src;
	end[1].addr = ip->dst;
	next = ip->next;
	if (skip_extensions(p, &next, end))
		print_transport(p, next, end, flows);
}

size_t packet_print(const struct packet_view *v, struct packet_flows *flows,
		    char *out, size_t size)
{
	struct printer p = {v->bytes, v->have, v->total, out, size, 0};
	const struct eth_wire *eth = take(&p, sizeof(*eth));

	out[0] = '\0';
	if (!eth) {
		say(&p, "link cut short, %zu bytes", v->total);
		return p.len;
	}
	switch (be16_get(eth->type)) {
	case ETHERTYPE_ARP_FRAME:
		print_arp(&p);
		break;
	case ETHERTYPE_IP4:
		print_ip4(&p, flows);
		break;
	case ETHERTYPE_IP6:
		print_ip6(&p, flows);
		break;
	default:
		say(&p, "link type 0x%04x from ", be16_get(eth->type));
		say_mac(&p, &eth->src);
		say(&p, " len %zu", p.total);
	}
	if (v->segs > 1)
		say(&p, " in %u segments", v->segs);
	return p.len;
}

/* --- whose business ------------------------------------------------------ */

static enum log_room room_of_proto(uint8_t proto, const uint8_t *transport,
				   size_t have)
{
	switch (proto) {
	case IP_PROTO_TCP:
		return LOG_ROOM_TCP;
	case IP_PROTO_UDP:
		return LOG_ROOM_UDP;
	case IP_PROTO_ICMP:
		return LOG_ROOM_ICMP;
	case IP_PROTO_ICMP6:
		if (have > 0 && transport[0] >= ICMP6_ROUTER_SOLICIT &&
		    transport[0] <= ICMP6_REDIRECT)
			return LOG_ROOM_ND;
		return LOG_ROOM_ICMP;
	default:
		return LOG_ROOM_IP;
	}
}

enum log_room packet_room(const struct packet_view *v)
{
	const struct eth_wire *eth = (const struct eth_wire *)v->bytes;
	const uint8_t *ip = v->bytes + sizeof(*eth);
	size_t have;

	if (v->have < sizeof(*eth))
		return LOG_ROOM_LINK;
	have = v->have - sizeof(*eth);
	switch (be16_get(eth->type)) {
	case ETHERTYPE_ARP_FRAME:
		return LOG_ROOM_ARP;
	case ETHERTYPE_IP4:
		if (have < sizeof(struct ip4_wire))
			return LOG_ROOM_IP;
		return room_of_proto(ip[9], ip, 0);
	case ETHERTYPE_IP6:
		if (have < sizeof(struct ip6_wire))
			return LOG_ROOM_IP;
		return room_of_proto(ip[6], ip + sizeof(struct ip6_wire),
				     have - sizeof(struct ip6_wire));
	default:
		return LOG_ROOM_LINK;
	}
}
