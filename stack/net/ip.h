/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * ip.h - what both versions of IP have in common
 *
 * What this room is for
 *   A transport says with struct ip_how what it wants and need not know which
 *   version carries it: the destination's family decides. Of a packet that
 *   came in, the header at p->l3 tells the version; the accessors here read
 *   what transports want to know of it.
 *
 * Lock       the stack lock is held.
 */
#ifndef STACK_IP_H
#define STACK_IP_H

#include "ground/drop.h"
#include "net.h"
#include "ground/pkt.h"
#include "ground/tx.h"

/* How to send; zero is the ordinary way. */
struct ip_how {
	struct inet_addr src; /* ours; any: choose */
	struct inet_addr dst; /* its family is that of the packet */
	uint8_t proto;        /* enum ip_proto */
	uint8_t ttl;          /* or hop limit; 0: IP_TTL_DEFAULT */
	bool ttl_is_zero;     /* really 0: never leaves this host */
	uint8_t tos;          /* or traffic class */
	uint32_t flow_label;  /* IPv6; 0: made from the ports (RFC 6437) */
	bool from_nobody;     /* IPv6: the source is :: (`path` is set) */
	bool no_flow_label;   /* IPv6: 0 means 0 */
	uint32_t ifindex;     /* the way out (a scope id); 0: by the routes */
	bool router_alert;    /* IPv4: RFC 2113, for a short packet */
	bool dont_fragment;   /* DF; -EMSGSIZE when too long */
	bool has_header;      /* IPv4: the packet has its header already */
	bool broadcast_ok;    /* SO_BROADCAST; else -EACCES to broadcast */
	bool ignore_pmtu;     /* IP_PMTUDISC_PROBE: the interface's MTU only */
	const struct path *path; /* a lookup made before, or NULL */

	/* IPv6: extension headers that go in front, whole, at most
	 * IP_EXT_MAX bytes; `ext_first` is the type of the first. What is
	 * behind the last is filled in. */
	const void *ext;
	uint8_t ext_len;
	uint8_t ext_first;
};

/* As many as fit before a transport header (TX_HEADER_MAX). */
enum { IP_EXT_MAX = 80 };

/*
 * Adds the IP header to a transport packet and sends it. The transport
 * checksum must be partial over how->src; so a transport chooses its source
 * first (route_lookup). 0; -EMSGSIZE, -ENETUNREACH, -EHOSTUNREACH, -EACCES,
 * -EINVAL (the families of both addresses differ), -ENOBUFS.
 */
int ip_output(struct net *n, struct tx *t, const struct ip_how *how) MUST_CHECK;

/* 20 or 40: what a packet to `dst` has in front of its transport header. */
static inline uint32_t ip_header_len(const struct inet_addr *dst);

/* Of a packet whose p->l3 is set. */
static inline bool ip_is6(const struct pkt *p);
struct inet_addr ip_src(const struct pkt *p);
struct inet_addr ip_dst(const struct pkt *p);
uint8_t ip_ttl(const struct pkt *p);         /* or hop limit */
uint32_t ip_flow_label(const struct pkt *p); /* 0 for IPv4 */

/* A cursor over a transport packet: its headers, then its payload. */
struct ip_slicer {
	const struct tx *t;
	size_t head_at; /* in t->head */
	uint32_t piece;
	size_t skip; /* bytes of that piece already used */
};

/* From the first byte that t holds now. */
void ip_slice_init(struct ip_slicer *s, const struct tx *t);

/* The next `len` bytes as the payload of a new tx, which leaves `spare` bytes
 * of its header buffer for headers; false: too scattered. */
bool ip_slice(struct ip_slicer *s, size_t len, size_t spare,
	      struct tx *out) MUST_CHECK;

/* Inline bodies. */

static inline uint32_t ip_header_len(const struct inet_addr *dst)
{
	return inet_is4(dst) ? (uint32_t)sizeof(struct ip4_wire)
			     : (uint32_t)sizeof(struct ip6_wire);
}

static inline bool ip_is6(const struct pkt *p)
{
	return p->l3[0] >> 4 == 6;
}

#endif
