/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * wire.h - byte-exact headers, as they stand on the wire
 *
 * What this room is for
 *   Ethernet, ARP, IPv4, IPv6, ICMP, UDP and TCP. Every field is made of bytes,
 *   so a header may be read at any address, and a big-endian
 *   number cannot be added to by mistake. Sizes are asserted.
 *
 * Follows    RFC 894, 826, 791, 792, 768, 9293 3.1, 8200 3 and 4, 4443,
 *            4861 4.
 */
#ifndef STACK_WIRE_H
#define STACK_WIRE_H

#include "ground/base.h"
#include "inet.h"

typedef struct {
	uint8_t b[2];
} be16;

typedef struct {
	uint8_t b[4];
} be32;

static inline uint16_t be16_get(be16 n)
{
	return (uint16_t)(n.b[0] << 8 | n.b[1]);
}

static inline be16 be16_make(uint16_t v)
{
	return (be16){{(uint8_t)(v >> 8), (uint8_t)v}};
}

static inline uint32_t be32_get(be32 n)
{
	return (uint32_t)n.b[0] << 24 | (uint32_t)n.b[1] << 16 |
	       (uint32_t)n.b[2] << 8 | n.b[3];
}

static inline be32 be32_make(uint32_t v)
{
	return (be32){{(uint8_t)(v >> 24), (uint8_t)(v >> 16),
		       (uint8_t)(v >> 8), (uint8_t)v}};
}

/* Ethernet II */

struct eth_addr {
	uint8_t b[6];
};

struct eth_wire {
	struct eth_addr dst;
	struct eth_addr src;
	be16 type;
};
static_assert(sizeof(struct eth_wire) == 14, "Ethernet II");

enum {
	ETHERTYPE_IP4 = 0x0800,
	ETHERTYPE_ARP_FRAME = 0x0806,
	ETHERTYPE_IP6 = 0x86dd,
	ETHERTYPE_MIN = 0x0600, /* below: an IEEE 802.3 length */
};

/* ARP */

enum { ARP_OP_REQUEST = 1, ARP_OP_REPLY = 2, ARP_HW_ETHERNET = 1 };

struct arp_wire {
	be16 hw_type;      /* 1: Ethernet */
	be16 proto;        /* an EtherType */
	uint8_t hw_len;    /* 6 */
	uint8_t proto_len; /* 4 */
	be16 op;           /* ARP_OP_* */
	struct eth_addr sender_mac;
	struct ip4_addr sender_ip;
	struct eth_addr target_mac;
	struct ip4_addr target_ip;
};
static_assert(sizeof(struct arp_wire) == 28, "ARP for IPv4 over Ethernet");
static_assert(_Alignof(struct arp_wire) == 1, "wire structs are bytes");

/* IPv4 */

struct ip4_wire {
	uint8_t ver_ihl;
	uint8_t tos;
	be16 total_len;
	be16 id;
	be16 frag; /* IP4_DF | IP4_MF | offset in 8-byte units */
	uint8_t ttl;
	uint8_t proto;
	be16 cksum;
	struct ip4_addr src;
	struct ip4_addr dst;
};
static_assert(sizeof(struct ip4_wire) == 20, "IPv4 without options");

enum {
	IP4_DF = 0x4000,
	IP4_MF = 0x2000,
	IP4_OFFSET = 0x1fff,
	IP_TTL_DEFAULT = 64, /* and the default hop limit */
	IP4_OPT_END = 0,
	IP4_OPT_NOP = 1,
	IP4_OPT_LSRR = 131,
	IP4_OPT_SSRR = 137,
	IP4_OPT_ROUTER_ALERT = 148, /* RFC 2113 */
};

enum ip_proto {
	IP_PROTO_ICMP = 1,
	IP_PROTO_IGMP = 2,
	IP_PROTO_TCP = 6,
	IP_PROTO_UDP = 17,
	IP_PROTO_ICMP6 = 58,
	IP_PROTO_RAW = 255, /* of sockets only: never on a wire */
};

/* IGMP */

enum igmp_type {
	IGMP_QUERY = 0x11,
	IGMP_V1_REPORT = 0x12,
	IGMP_V2_REPORT = 0x16,
	IGMP_V2_LEAVE = 0x17,
	IGMP_V3_REPORT = 0x22,
};

/* Records of IGMPv3 and of MLDv2. */
enum mcast_record_type {
	MCAST_IS_INCLUDE = 1,
	MCAST_IS_EXCLUDE = 2,
	MCAST_TO_INCLUDE = 3,
	MCAST_TO_EXCLUDE = 4,
	MCAST_ALLOW = 5,
	MCAST_BLOCK = 6,
};

/* Versions 1 and 2, and how a query of version 3 begins. */
struct igmp_wire {
	uint8_t type;
	uint8_t code; /* of a query: response time in tenths of a second */
	be16 cksum;
	struct ip4_addr group;
};
static_assert(sizeof(struct igmp_wire) == 8, "IGMPv2");

struct igmp_query_wire {
	struct igmp_wire base;
	uint8_t s_qrv; /* routers only; robustness in the low three bits */
	uint8_t qqic;  /* interval in seconds, as the code */
	be16 nsources;
	struct ip4_addr sources[];
};
static_assert(sizeof(struct igmp_query_wire) == 12, "IGMPv3 query");

/* A report of IGMPv3 or MLDv2. */
struct mcast_report_wire {
	uint8_t type;
	uint8_t zero;
	be16 cksum;
	be16 zero2;
	be16 nrecords;
};
static_assert(sizeof(struct mcast_report_wire) == 8, "before its records");

/* The group and the sources follow, in addresses of their family. */
struct mcast_record_wire {
	uint8_t type; /* enum mcast_record_type */
	uint8_t aux_words;
	be16 nsources;
};
static_assert(sizeof(struct mcast_record_wire) == 4, "before its group");

/* IPv6 */

struct ip6_wire {
	be32 ver_tc_flow;
	be16 payload_len;
	uint8_t next;
	uint8_t hop_limit;
	struct inet_addr src;
	struct inet_addr dst;
};
static_assert(sizeof(struct ip6_wire) == 40, "IPv6 fixed header");

enum {
	IP6_FLOW_MASK = 0xfffff,
	IP6_TCLASS_SHIFT = 20,
};

/* The first two bytes of every extension header but the fragment's. */
struct ip6_ext_wire {
	uint8_t next;
	uint8_t len; /* in 8 bytes, the first 8 not counted */
};

struct ip6_route_wire {
	uint8_t next;
	uint8_t len;
	uint8_t type;
	uint8_t segments_left;
	uint8_t data[4];
};
static_assert(sizeof(struct ip6_route_wire) == 8, "IPv6 routing header");

struct ip6_frag_wire {
	uint8_t next;
	uint8_t reserved;
	be16 frag; /* offset in the upper 13 bits, IP6_MF */
	be32 id;
};
static_assert(sizeof(struct ip6_frag_wire) == 8, "IPv6 fragment header");

enum {
	IP6_MF = 0x0001,
	IP6_FRAG_OFFSET = 0xfff8, /* in bytes */
};

enum ip6_next {
	IP6_NEXT_HOP_BY_HOP = 0,
	IP6_NEXT_ROUTING = 43,
	IP6_NEXT_FRAGMENT = 44,
	IP6_NEXT_NONE = 59,
	IP6_NEXT_DESTINATION = 60,
};

enum {
	IP6_OPT_PAD1 = 0,
	IP6_OPT_PADN = 1,
	IP6_OPT_ROUTER_ALERT = 5,
};

/* ICMP */

struct icmp_wire {
	uint8_t type;
	uint8_t code;
	be16 cksum;
	be16 id;  /* echo; unused in unreachable */
	be16 seq; /* echo; next-hop MTU in fragmentation needed */
};
static_assert(sizeof(struct icmp_wire) == 8, "ICMP");

enum {
	ICMP4_ECHO_REPLY = 0,
	ICMP4_UNREACHABLE = 3,
	ICMP4_SOURCE_QUENCH = 4,
	ICMP4_REDIRECT = 5,
	ICMP4_ECHO_REQUEST = 8,
	ICMP4_TIME_EXCEEDED = 11,
	ICMP4_PARAM_PROBLEM = 12,
};

enum {
	ICMP4_UNREACH_NET = 0,
	ICMP4_UNREACH_HOST = 1,
	ICMP4_UNREACH_PROTO = 2,
	ICMP4_UNREACH_PORT = 3,
	ICMP4_UNREACH_FRAG = 4,
	ICMP4_UNREACH_SRCROUTE = 5,
	ICMP4_UNREACH_ADMIN_NET = 9,
	ICMP4_UNREACH_ADMIN_HOST = 10,
	ICMP4_UNREACH_ADMIN = 13,
	ICMP4_EXCEEDED_REASM = 1,
	ICMP4_REDIRECT_TOS_HOST = 3,
};

/* ICMPv6 */

enum {
	ICMP6_UNREACHABLE = 1,
	ICMP6_TOO_BIG = 2,
	ICMP6_TIME_EXCEEDED = 3,
	ICMP6_PARAM_PROBLEM = 4,
	ICMP6_INFORMATIONAL = 128, /* from here on: no errors */
	ICMP6_ECHO_REQUEST = 128,
	ICMP6_ECHO_REPLY = 129,
	ICMP6_MLD_QUERY = 130,
	ICMP6_MLD_REPORT = 131,
	ICMP6_MLD_DONE = 132,
	ICMP6_ROUTER_SOLICIT = 133,
	ICMP6_ROUTER_ADVERT = 134,
	ICMP6_NEIGHBOR_SOLICIT = 135,
	ICMP6_NEIGHBOR_ADVERT = 136,
	ICMP6_REDIRECT = 137,
	ICMP6_MLD2_REPORT = 143,
};

enum {
	ICMP6_UNREACH_ROUTE = 0,
	ICMP6_UNREACH_ADMIN = 1,
	ICMP6_UNREACH_SCOPE = 2,
	ICMP6_UNREACH_ADDR = 3,
	ICMP6_UNREACH_PORT = 4,
	ICMP6_UNREACH_POLICY = 5,
	ICMP6_UNREACH_REJECT = 6,
	ICMP6_EXCEEDED_REASM = 1,
	ICMP6_PARAM_HEADER = 0,
	ICMP6_PARAM_NEXT = 1,
	ICMP6_PARAM_OPTION = 2,
	ICMP6_PARAM_FIRST_FRAGMENT = 3, /* RFC 7112 */
};

/* Type, code, checksum, and 32 bits that mean something in each type. */
struct icmp6_wire {
	uint8_t type;
	uint8_t code;
	be16 cksum;
	be32 word; /* MTU, pointer; id and seq of an echo; flags */
};
static_assert(sizeof(struct icmp6_wire) == 8, "ICMPv6");

/* Multicast listener discovery: version 1, and how a query of version 2
 * begins. The first half of the word: response time in milliseconds. */
struct mld_wire {
	struct icmp6_wire icmp;
	struct inet_addr group;
};
static_assert(sizeof(struct mld_wire) == 24, "MLDv1");

struct mld_query_wire {
	struct mld_wire base;
	uint8_t s_qrv; /* as of IGMPv3 */
	uint8_t qqic;
	be16 nsources;
	struct inet_addr sources[];
};
static_assert(sizeof(struct mld_query_wire) == 28, "MLDv2 query");

/* Neighbor solicitation and advertisement; options follow. */
struct nd_wire {
	struct icmp6_wire icmp; /* word: enum nd_flags in an advertisement */
	struct inet_addr target;
};
static_assert(sizeof(struct nd_wire) == 24, "neighbor discovery");

struct nd_redirect_wire {
	struct icmp6_wire icmp;
	struct inet_addr target;
	struct inet_addr dst;
};
static_assert(sizeof(struct nd_redirect_wire) == 40, "redirect");

/* Router advertisement; options follow. */
struct nd_router_wire {
	struct icmp6_wire icmp; /* word: hop limit, flags, router lifetime */
	be32 reachable_ms;
	be32 retrans_ms;
};
static_assert(sizeof(struct nd_router_wire) == 16, "router advertisement");

struct nd_prefix_wire {
	uint8_t type;
	uint8_t len; /* 4 */
	uint8_t bits;
	uint8_t flags; /* enum nd_prefix_flags */
	be32 valid_s;
	be32 preferred_s;
	be32 reserved;
	struct inet_addr prefix;
};
static_assert(sizeof(struct nd_prefix_wire) == 32, "prefix information");

/* RFC 4191 2.3; the prefix follows, as much of it as `len` says. */
struct nd_route_wire {
	uint8_t type;
	uint8_t len; /* 1 to 3 */
	uint8_t bits;
	uint8_t flags; /* preference, as in the router's message */
	be32 lifetime_s;
};
static_assert(sizeof(struct nd_route_wire) == 8, "route information");

/* RFC 8106 5.1, 5.2; addresses or names follow. */
struct nd_dns_wire {
	uint8_t type;
	uint8_t len;
	be16 reserved;
	be32 lifetime_s;
};
static_assert(sizeof(struct nd_dns_wire) == 8, "name servers");

struct nd_mtu_wire {
	uint8_t type;
	uint8_t len; /* 1 */
	be16 reserved;
	be32 mtu;
};
static_assert(sizeof(struct nd_mtu_wire) == 8, "MTU");

enum nd_flags {
	ND_ROUTER = 1 << 31,
	ND_SOLICITED = 1 << 30,
	ND_OVERRIDE = 1 << 29,
};

/* Of a router advertisement: addresses, or other things, by DHCPv6. */
enum nd_router_flags {
	ND_MANAGED = 1 << 23,
	ND_OTHER = 1 << 22,
	ND_LIFETIME = 0xffff, /* of a default router, in seconds */
};

enum nd_prefix_flags { ND_PREFIX_ONLINK = 0x80, ND_PREFIX_AUTO = 0x40 };

enum nd_option {
	ND_OPT_SOURCE_LL = 1,
	ND_OPT_TARGET_LL = 2,
	ND_OPT_PREFIX = 3,
	ND_OPT_REDIRECTED = 4,
	ND_OPT_MTU = 5,
	ND_OPT_NONCE = 14, /* RFC 3971 5.3.2, used by RFC 7527 */
	ND_OPT_ROUTE = 24, /* RFC 4191 */
	ND_OPT_RDNSS = 25, /* RFC 8106 */
	ND_OPT_DNSSL = 31,
};

/* UDP */

struct udp_wire {
	be16 sport;
	be16 dport;
	be16 len;
	be16 cksum;
};
static_assert(sizeof(struct udp_wire) == 8, "UDP");

/* TCP */

struct tcp_wire {
	be16 sport;
	be16 dport;
	be32 seq;
	be32 ack;
	uint8_t offset; /* header length in words, high nibble */
	uint8_t flags;
	be16 window;
	be16 cksum;
	be16 urgent;
};
static_assert(sizeof(struct tcp_wire) == 20, "TCP without options");

enum tcp_flags {
	TCP_FIN = 0x01,
	TCP_SYN = 0x02,
	TCP_RST = 0x04,
	TCP_PSH = 0x08,
	TCP_ACK = 0x10,
	TCP_URG = 0x20,
	TCP_ECE = 0x40,
	TCP_CWR = 0x80,
};

enum { TCP_HEADER_MAX = 60, TCP_OPTIONS_MAX = 40 };

static inline size_t tcp_wire_len(const struct tcp_wire *t)
{
	return (size_t)(t->offset >> 4) * 4;
}

static inline size_t ip4_wire_len(const struct ip4_wire *ip)
{
	return (size_t)(ip->ver_ihl & 0xf) * 4;
}

#endif
