/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * wire.h - byte-exact headers, as they stand on the wire
 *
 * What this room is for
 *   Ethernet, ARP, IPv4, ICMP, UDP, TCP and IPv6's fixed header. Every field is
 *   made of bytes, so a header may be read at any address, and a big-endian
 *   number cannot be added to by mistake. Sizes are asserted.
 *
 * Follows    RFC 894, 826, 791, 792, 768, 9293 3.1, 8200 3.
 */
#ifndef STACK_WIRE_H
#define STACK_WIRE_H

#include "base.h"
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
	IP4_TTL_DEFAULT = 64,
	IP4_OPT_END = 0,
	IP4_OPT_NOP = 1,
	IP4_OPT_LSRR = 131,
	IP4_OPT_SSRR = 137,
};

enum ip_proto {
	IP_PROTO_ICMP = 1,
	IP_PROTO_TCP = 6,
	IP_PROTO_UDP = 17,
	IP_PROTO_ICMP6 = 58,
};

/* IPv6, fixed header */

struct ip6_wire {
	be32 ver_tc_flow;
	be16 payload_len;
	uint8_t next;
	uint8_t hop_limit;
	struct inet_addr src;
	struct inet_addr dst;
};
static_assert(sizeof(struct ip6_wire) == 40, "IPv6 fixed header");

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
