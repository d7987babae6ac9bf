/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * udp.h - UDP: datagrams out, datagrams queued for programs
 *
 * What this room is for
 *   One struct udp_pcb per datagram socket. What arrives is queued whole in
 *   the buffer it came in, with its network and UDP headers still in front of
 *   the payload: who sent it, to which address and with which TTL is read from
 *   them when the program asks (struct udp_meta). What is sent is borrowed
 *   from the program's iovecs and never copied here.
 *
 * Errors     an ICMP error about a datagram of ours becomes the pcb's pending
 *            error, as in Linux: always when it is connected and the error is
 *            hard; any error when `recverr` is set. The next send or receive
 *            returns it once.
 * Lock       the stack lock is held.
 * Follows    RFC 768, RFC 1122 4.1, udp(7), ip(7).
 */
#ifndef STACK_UDP_H
#define STACK_UDP_H

#include <sys/types.h>

#include "ground/bpf.h"
#include "ground/drop.h"
#include "ground/engine.h"
#include "link/inet.h"
#include "ground/list.h"
#include "ground/pkt.h"
#include "ports.h"
#include "ground/uio.h"

struct icmp_error;
struct iface;
struct net;
struct udp_member;

enum {
	UDP_PAYLOAD_MAX4 = 65507, /* 65535 less the IPv4 and UDP headers */
	UDP_PAYLOAD_MAX6 = 65527, /* 65535 less the UDP header */
};

/* The numbers are Linux's IP_PMTUDISC_*. */
enum udp_pmtudisc {
	UDP_PMTUDISC_DONT,  /* never DF */
	UDP_PMTUDISC_WANT,  /* DF on what fits, the rest is fragmented */
	UDP_PMTUDISC_DO,    /* always DF; -EMSGSIZE when it does not fit */
	UDP_PMTUDISC_PROBE, /* DF, and only the interface's MTU counts */
};

/* How a pcb's datagrams of one family are sent, and which news of them it
 * wants: options of IPPROTO_IP, or of IPPROTO_IPV6. */
struct udp_manner {
	uint8_t ttl;           /* IP_TTL, IPV6_UNICAST_HOPS; 0: default */
	bool ttl_is_zero;      /* really 0 */
	uint8_t multicast_ttl; /* default 1; 0 is 0 */
	uint8_t tos;           /* IP_TOS, IPV6_TCLASS */
	uint8_t pmtudisc;      /* enum udp_pmtudisc, default WANT */
	bool dont_fragment;    /* IPV6_DONTFRAG: -EMSGSIZE when too long */
	bool recverr;          /* IP_RECVERR, IPV6_RECVERR */
	bool multicast_loop;   /* default on */
	bool multicast_all;    /* default on */
	bool no_flow_label;    /* IPV6_AUTOFLOWLABEL is off */
	bool tell_mtu;         /* IPV6_RECVPATHMTU */
	bool prefer_public;    /* IPV6_PREFER_SRC_PUBLIC */
	uint32_t multicast_if; /* ifindex; 0: by route */
};

/* Extension headers of one datagram; the first says by `first` what it is. */
enum { UDP_HEADERS_MAX = 80 };

struct udp_headers {
	uint8_t len, first;
	uint8_t bytes[UDP_HEADERS_MAX];
};

/* A datagram was too long for the path; mtu 0: none was. */
struct udp_narrow {
	struct endpoint to;
	uint32_t mtu;
};

/* What one datagram is to be like, where it differs from the rest. */
struct udp_wish {
	struct inet_addr src;              /* any: as bound, or chosen */
	uint32_t ifindex;                  /* the way out; 0: by the routes */
	int16_t ttl, tos;                  /* -1: as ever */
	int16_t dont_fragment;             /* -1: as ever */
	uint32_t flow_label;               /* 0: as ever */
	const struct udp_headers *headers; /* or NULL */
};

extern const struct udp_wish udp_no_wish;

/* What stands in front of the payload; raw.c has the last two. */
enum udp_kind {
	UDP_PLAIN, /* a UDP header */
	UDP_ECHO,  /* the program's own ICMP echo header; its id is our port */
	UDP_RAW,   /* nothing: whole packets of one protocol, no ports */
};

struct udp {
	struct engine *eng; /* [I] */
	struct net *net;    /* [I] */
	enum udp_kind kind; /* [I] */
	struct list raws;   /* [S] pcbs, for UDP_RAW */
	struct ports ports; /* [S] */
};

/* A block of kind ARENA_PCB. */
struct udp_pcb {
	struct binding bind;   /* [S] names, ports, reuse flags: see ports.h */
	struct news news;      /* [S] NEWS_READABLE, NEWS_ERROR */
	struct udp *udp;       /* [I] */
	struct endpoint bound; /* [S] what bind() gave; port 0: nothing */
	struct list rcvq;      /* [S] struct pkt, data at the network header */
	uint32_t rcv_count;    /* [S] datagrams in rcvq */
	size_t rcv_cost;       /* [S] pkt_cost() of rcvq */
	size_t rcv_max;        /* [S] SO_RCVBUF */
	int error;             /* [S] pending errno (positive), or 0 */
	uint64_t drops;        /* [S] arrived but did not fit (SO_RXQ_OVFL) */
	struct list errq;      /* [S] for MSG_ERRQUEUE; see udp_err.h */
	uint32_t err_count;    /* [S] entries in errq */
	struct bpf *filter;    /* [S] of the program, or NULL */
	bool broadcast;        /* [S] SO_BROADCAST */
	bool shut_read; /* [S] shutdown(SHUT_RD): once empty, at the end */
	struct udp_manner v4, v6; /* [S] by the family of the datagram */
	uint32_t ifindex;         /* [S] SO_BINDTODEVICE, or a scope; 0: any */
	uint32_t scope;           /* [S] of the connected remote */
	uint32_t flow_label;      /* [S] of the connected remote; 0: made */
	struct udp_narrow narrow; /* [S] to be told, with tell_mtu */
	struct udp_member *members; /* [S] groups joined; see udp_group.h */

	/* Raw and ping sockets. */
	struct list raw_link;     /* [S] in udp->raws */
	uint8_t proto;            /* [I] enum ip_proto */
	bool hdrincl;             /* [S] IP_HDRINCL */
	int16_t cksum_at;         /* [S] IPV6_CHECKSUM; -1: none */
	uint32_t icmp_refused[8]; /* [S] ICMP_FILTER: a bit for each type */
};

/* What is known about a received datagram besides its payload. */
struct udp_meta {
	struct endpoint from; /* the sender */
	struct inet_addr to;  /* the destination address in its header */
	uint16_t to_port;     /* ours */
	uint32_t ifindex;     /* where it came in */
	uint8_t tos;
	uint8_t ttl;         /* or hop limit */
	uint32_t flow_label; /* IPv6 */
	usecs stamp;         /* when its batch was read */
	const uint8_t *net;  /* its headers up to the transport's; they are */
	size_t net_len;      /* there as long as the datagram is */
};

void udp_init(struct udp *u, struct engine *eng, struct net *net,
	      enum udp_kind kind);
void udp_fini(struct udp *u);

/*
 * After a death inside. claim: a pcb that a socket has, with its queues; false
 * when it is none. rebuild: ports and groups, of all that were claimed.
 */
bool udp_claim(struct udp *u, struct udp_pcb *pcb);
void udp_rebuild(struct udp *u);

/* 0 or -ENOBUFS. free clears the queue and gives up ports and groups. */
int udp_new(struct udp *u, struct udp_pcb **out) MUST_CHECK;
void udp_free(struct udp_pcb *pcb);

static inline bool udp_is_connected(const struct udp_pcb *pcb);

/* SO_BINDTODEVICE, or a scope; 0: any. */
void udp_set_ifindex(struct udp_pcb *pcb, uint32_t ifindex);

/*
 * 0, -EADDRINUSE, -EADDRNOTAVAIL (not an address of ours), -EINVAL (already
 * bound), -ENOBUFS. Port 0 picks one. Broadcast and multicast addresses may be
 * bound.
 */
int udp_bind(struct udp_pcb *pcb, const struct endpoint *local) MUST_CHECK;

/*
 * Fixes the remote; chooses the local address and port where they are not
 * bound yet. May be repeated. Errors of route_lookup and ports_connect, and
 * -EACCES for broadcast without permission.
 */
int udp_connect(struct udp_pcb *pcb, const struct endpoint *remote) MUST_CHECK;

/* AF_UNSPEC: forgets the remote; what bind() gave stays. */
void udp_disconnect(struct udp_pcb *pcb);

/*
 * Sends everything left in `from` as one datagram. `to` NULL: the connected
 * remote. `wish` may be NULL. Binds an ephemeral port if none is bound. 0, or
 * the pending error, -EMSGSIZE, -EDESTADDRREQ, -EINVAL (port 0), -EACCES,
 * -ENETUNREACH, -EADDRNOTAVAIL, -ENOBUFS. A frame that the link had no room
 * for counts as sent, unless recverr is set.
 */
int udp_send(struct udp_pcb *pcb, const struct endpoint *to,
	     const struct udp_wish *wish, struct uio *from) MUST_CHECK;

/* The settings for datagrams to or from `a`. */
static inline struct udp_manner *udp_manner_of(struct udp_pcb *pcb,
					       const struct inet_addr *a);

/*
 * Copies the first datagram out, as much of it as fits, and removes it unless
 * `peek`. Returns the bytes copied; *full_len is its true length (MSG_TRUNC).
 * -EAGAIN when there is none; the pending error first. `meta` and `full_len`
 * may be NULL.
 */
ssize_t udp_recv(struct udp_pcb *pcb, struct uio *to, struct udp_meta *meta,
		 bool peek, size_t *full_len) MUST_CHECK;

/* Removes the first datagram, which was looked at. */
void udp_drop_first(struct udp_pcb *pcb);

/* The pending error as -errno, once; 0 when there is none. SO_ERROR. */
int udp_take_error(struct udp_pcb *pcb);

static inline bool udp_is_readable(const struct udp_pcb *pcb);

/* Payload bytes of the first datagram (FIONREAD); 0 when there is none. */
size_t udp_next_len(const struct udp_pcb *pcb);

/* p->data at the UDP header, p->l3 at the IP header, trimmed to IP's length. */
enum verdict udp_input(struct udp *u, struct iface *ifp, struct pkt *p,
		       const struct inet_addr *src,
		       const struct inet_addr *dst);

/* Can the quoted datagram be ours: is there a socket that sends so? */
bool udp_icmp_is_ours(struct udp *u, const struct icmp_error *e);

/* An ICMP error quotes a datagram of ours. */
void udp_icmp_error(struct udp *u, const struct icmp_error *e);

/* Inline bodies. */

static inline struct udp_manner *udp_manner_of(struct udp_pcb *pcb,
					       const struct inet_addr *a)
{
	return inet_is4(a) ? &pcb->v4 : &pcb->v6;
}

static inline bool udp_is_connected(const struct udp_pcb *pcb)
{
	return pcb->bind.is_connected;
}

static inline bool udp_is_readable(const struct udp_pcb *pcb)
{
	return !list_is_empty(&pcb->rcvq) || pcb->error != 0;
}

#endif
