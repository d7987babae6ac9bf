/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * limits.h - every limit in the program, each with its reason
 *
 * What this room is for
 *   A peer or an application can ask for anything; what it gets is bounded
 *   here. Counts first, then bytes, then times.
 */
#ifndef STACK_LIMITS_H
#define STACK_LIMITS_H

#include "base.h"

enum limit_count {
	/* Interfaces of one host: loopback, and a few TAPs. */
	LIMIT_IFACES = 8,
	/* Addresses on one interface. */
	LIMIT_IFACE_ADDRS = 40,
	/* Of those: prefixes that routers say addresses may be made of; with
	 * temporary ones, of which three live at a time, 16 addresses. */
	LIMIT_SLAAC_PREFIXES = 4,
	/* Static routes; one per prefix and a default is usual. */
	LIMIT_ROUTES = 64,
	/* Neighbours kept per interface (Linux: gc_thresh3). */
	LIMIT_NEIGHS = 1024,
	/* Identifiers tried for an address (RFC 7217 7, RFC 8981 3.8). */
	LIMIT_IID_RETRIES = 3,
	/* Packets that wait for one unresolved neighbour: the 45 fragments of
	 * the largest datagram must not be lost (Linux: 212992 bytes). */
	LIMIT_NEIGH_QUEUE = 64,
	/* Requests before a neighbour counts as unreachable (RFC 4861). */
	LIMIT_NEIGH_TRIES = 3,
	/* Questions whether somebody has an address (RFC 4862 5.1
	 * DupAddrDetectTransmits, there 1): the first one is often lost in a
	 * TAP that was opened this moment and has no carrier yet. */
	LIMIT_DAD_PROBES = 2,
	/* Datagrams being put together at once. */
	LIMIT_REASM_DATAGRAMS = 256,
	/* Fragments of one datagram: 65535 / 576 and then some. */
	LIMIT_REASM_FRAGMENTS = 192,
	/* Extension headers of one packet: each kind once, and to spare. */
	LIMIT_IP6_EXTENSIONS = 8,
	/* Destinations with a better first hop. */
	LIMIT_REDIRECTS = 64,
	/* Routers, and prefixes that they say are on the link or behind them:
	 * RFC 4861 6.3.4 asks for two at least. */
	LIMIT_ND_ROUTERS = 8,
	LIMIT_ND_ROUTES = 32,
	/* Name servers, and search domains, that routers and DHCPv6 tell of. */
	LIMIT_NAMESERVERS = 8,
	/* Options of one message that are looked at: more are noise. */
	LIMIT_ND_OPTIONS = 64,
	/* A router that says less would cut the host off (CVE-2015-2922). */
	LIMIT_HOPS_MIN = 32,
	/* Router solicitations before the pauses grow (RFC 4861 10). */
	LIMIT_RTR_SOLICITS = 3,
	/* Multicast groups on all interfaces together, and how they are found;
	 * sources that listeners name for one of them. */
	LIMIT_MCAST_GROUPS = 4096,
	LIMIT_MCAST_BUCKETS = 256,
	LIMIT_MCAST_SOURCES = 1024,
	/* Sources of one group that routers may ask about at once; the answer
	 * to more is about the group. */
	LIMIT_MCAST_ASKED = 64,
	/* Records of a report that are looked at: a whole packet of them. */
	LIMIT_MCAST_RECORDS = 8192,
	/* Groups of one socket (Linux: igmp_max_memberships; for IPv6 what
	 * optmem_max has room for), sources of one filter (Linux:
	 * igmp_max_msf, mld_max_msf). */
	LIMIT_MEMBERSHIPS4 = 20,
	LIMIT_MEMBERSHIPS6 = 1024,
	LIMIT_MSF4 = 10,
	LIMIT_MSF6 = 64,
	/* Options of a DHCPv6 message, and in one of them, that are looked at.
	 */
	LIMIT_DHCP6_OPTIONS = 64,
	/* Routes that a DHCP server may bring; the rest is not looked at. */
	LIMIT_DHCP4_ROUTES = 8,
	/* Segments that one forwarded frame is cut into: 64 KiB of 512 bytes,
	 * and to spare. */
	LIMIT_FORWARD_PIECES = 160,
	/* Destinations with a path MTU of their own. */
	LIMIT_PMTU_ENTRIES = 256,
	/* ICMP errors we send, per second and in one burst (RFC 1812). */
	LIMIT_ICMP_PER_SEC = 1000,
	LIMIT_ICMP_BURST = 50,
	/* Sockets of one stack; a descriptor table is usually smaller. */
	LIMIT_SOCKETS = 1 << 20,
	/* Largest listen() backlog (Linux: net.core.somaxconn). */
	LIMIT_BACKLOG = 4096,
	/* Half-open connections of one listener before SYN cookies. */
	LIMIT_SYN_QUEUE = 1024,
	/* Closed by the program, not yet by TCP (Linux: tcp_max_orphans). */
	LIMIT_ORPHANS = 16384,
	/* Connections in TIME-WAIT (Linux: tcp_max_tw_buckets). */
	LIMIT_TIME_WAIT = 32768,
	/* Out-of-order pieces kept per connection: a hole costs nothing. */
	LIMIT_TCP_REASM_PKTS = 4096,
	/* Spans of a scoreboard: two segments each fill a window of 6 MiB. */
	LIMIT_TCP_SPANS = 2048,
	/* Challenge ACKs per second in all (RFC 5961 7). */
	LIMIT_CHALLENGE_ACKS = 1000,
	/* Retransmissions before giving up (Linux: tcp_retries2,
	 * tcp_syn_retries, tcp_synack_retries). */
	LIMIT_TCP_RETRIES = 15,
	LIMIT_TCP_SYN_RETRIES = 6,
	LIMIT_TCP_SYNACK_RETRIES = 5,
	LIMIT_TCP_ORPHAN_RETRIES = 8,
	/* Frames read before other work gets a turn. */
	LIMIT_RX_BATCH = 64,
	/* Looped-back packets handled in one turn. */
	LIMIT_LOOP_BATCH = 256,
	/* Processes that share one stack: a server with a process per client.
	 */
	LIMIT_FAMILY = 512,
	/* Raw sockets that get a copy of one packet. */
	LIMIT_RAW_COPIES = 64,
	/* Lines kept for a crash report. */
	LIMIT_LOG_RING = 64,
	/* Lines a second in the log; the rest is counted. A busy connection
	 * has more packets than anybody reads. */
	LIMIT_LOG_LINES = 20000,
};

enum limit_bytes {
	/* RFC 8200 5: what every link must carry. */
	LIMIT_IP6_MTU_MIN = 1280,
	/* RFC 791: what every host must accept. */
	LIMIT_IP4_MTU_MIN = 68,
	/* Path MTU is never believed below this (Linux: min_pmtu). */
	LIMIT_PMTU_FLOOR = 552,
	LIMIT_DEFAULT_MTU = 1500,
	LIMIT_LOOP_MTU = 65536, /* as Linux; IPv4 fills 65535 of it */
	/* Fragments of all datagrams together (Linux: ipfrag_high_thresh). */
	LIMIT_REASM_BYTES = 4 << 20,
	/* Stream buffers: what a connection starts with and may grow to. */
	LIMIT_TCP_SNDBUF_START = 87040,
	LIMIT_TCP_SNDBUF_MAX = 4 << 20,
	LIMIT_TCP_RCVBUF_START = 131072,
	LIMIT_TCP_RCVBUF_MAX = 6 << 20,
	LIMIT_SOCKBUF_MIN = 4608,
	/* Datagram buffers (Linux: net.core.rmem_default). */
	LIMIT_UDP_BUF = 212992,

	/* Errors that wait for MSG_ERRQUEUE, and what is kept of the datagram:
	 * RFC 1812 4.3.2.3 lets a router quote up to 576 bytes in all. */
	LIMIT_UDP_ERRORS = 16,
	LIMIT_UDP_QUOTE = 576,
	/* A ring that a packet socket's program maps; tcpdump asks for 2 MiB,
	 * and for as much as -B says. */
	LIMIT_PACKET_RING = 64 << 20,
	/* What SO_SNDBUF and SO_RCVBUF may ask for (Linux doubles it). */
	LIMIT_SOCKBUF_ASK = 8 << 20,
	/* Free memory that is worth being given back to the kernel. */
	LIMIT_SLACK = 4 << 20,
	/* What one turn reads from a link before others may have the lock. */
	LIMIT_RX_BYTES = 512 << 10,
};

#define LIMIT_NEIGH_RETRANS_US SEC(1)    /* RFC 4861 RETRANS_TIMER */
#define LIMIT_NEIGH_REACHABLE_US SEC(30) /* RFC 4861 REACHABLE_TIME */
/* What routers may say of these two (an hour: RFC 4861 6.2.1). */
#define LIMIT_NEIGH_RETRANS_MIN_US MSEC(100)
#define LIMIT_NEIGH_RETRANS_MAX_US SEC(10)
#define LIMIT_NEIGH_REACHABLE_MIN_US SEC(1)
#define LIMIT_NEIGH_REACHABLE_MAX_US SEC(3600)
#define LIMIT_NEIGH_DELAY_US SEC(5)        /* RFC 4861 DELAY_FIRST_PROBE_TIME */
#define LIMIT_SLAAC_VALID_US SEC(7200)     /* RFC 4862 5.5.3 (e): two hours */
#define LIMIT_TEMP_PREFERRED_US SEC(86400) /* RFC 8981 3.8 */
#define LIMIT_TEMP_VALID_US SEC(172800)    /* RFC 8981 3.8 */
#define LIMIT_TEMP_DESYNC_S (86400 * 2 / 5) /* RFC 8981 3.8 */
#define LIMIT_TEMP_ADVANCE_US SEC(8)        /* RFC 8981 3.8 REGEN_ADVANCE */
#define LIMIT_RTR_SOLICIT_US SEC(4) /* RFC 4861 RTR_SOLICITATION_INTERVAL */
#define LIMIT_RTR_SOLICIT_DELAY_US SEC(1)  /* RFC 4861 10 */
#define LIMIT_RTR_SOLICIT_MAX_US SEC(3600) /* RFC 7559 2 */
#define LIMIT_ROUTER_PROBE_US SEC(10)      /* is a silent gateway back? */
#define LIMIT_NEIGH_STALE_US SEC(600)      /* unused that long: forgotten */
#define LIMIT_REASM_US SEC(30)             /* Linux; RFC 791 says 15 and up */
#define LIMIT_REASM6_US SEC(60)            /* RFC 8200 4.5 */
#define LIMIT_REDIRECT_US SEC(300)         /* Linux: ip_rt_gc_timeout */
#define LIMIT_REDIRECT_GAP_US MSEC(100)    /* between those that we send */
#define LIMIT_PMTU_US SEC(600)             /* RFC 1191 6.3 */
#define LIMIT_TIME_WAIT_US SEC(60)         /* Linux TCP_TIMEWAIT_LEN */
#define LIMIT_FIN_WAIT_2_US SEC(60)        /* Linux tcp_fin_timeout */
#define LIMIT_RTO_MIN_US MSEC(200)         /* Linux; RFC 6298 says 1 s */
#define LIMIT_RTO_MAX_US SEC(120)          /* RFC 6298 2.5: at least 60 s */
#define LIMIT_RTO_INIT_US SEC(1)           /* RFC 6298 2.1 */
#define LIMIT_DELACK_US MSEC(40)           /* RFC 1122: below 500 ms */
#define LIMIT_CORK_US MSEC(200)            /* tcp(7) TCP_CORK */
#define LIMIT_TRIM_US SEC(1)               /* memory is kept that long */
#define LIMIT_KEEPIDLE_US SEC(7200)        /* RFC 1122 4.2.3.6 */
#define LIMIT_KEEPINTVL_US SEC(75)
#define LIMIT_KEEPCNT 9
#define LIMIT_KEEPER_US SEC(120)       /* as long as TCP tries an orphan */
#define LIMIT_KEEPER_CLOSING_US SEC(4) /* ARP asks three times, 1 s apart */
#define LIMIT_KEEPER_ASK_US SEC(1)     /* does a stranger hold a socket? */

#endif
