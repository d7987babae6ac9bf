/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * packet.h - packet sockets: whole frames, as they come and go
 *
 * What this room is for
 *   A packet socket gets a copy of every frame of an interface (or of all) and
 *   of a protocol (or of all); with the latter also of what this host sends.
 *   What it sends itself goes out as it is. Frames wait in a queue, or in a
 *   ring that the program has mapped (packet_ring.h).
 *
 *   eth.c asks one number per frame whether anybody listens.
 *
 * Who may    everybody of the family: who may run code in the stack's memory
 *            sees the frames anyway.
 * Bounded    by rcv_max and the ring for each; a frame that does not fit is
 *            counted (PACKET_STATISTICS) and gone.
 * Lock       the stack lock is held.
 * Follows    packet(7).
 */
#ifndef STACK_PACKET_H
#define STACK_PACKET_H

#include <sys/types.h>

#include "ground/bpf.h"
#include "ground/engine.h"
#include "ground/pkt.h"
#include "ground/uio.h"
#include "link/wire.h"
#include "packet_ring.h"

struct iface;
struct net;
struct tx;

/* The numbers are Linux's ETH_P_*, where they are no EtherTypes. */
enum { PACKET_PROTO_8023 = 1, PACKET_PROTO_ALL = 3, PACKET_PROTO_8022 = 4 };

/* How a frame went: the numbers are Linux's PACKET_HOST and so on. */
enum packet_way {
	PACKET_TO_US,
	PACKET_TO_ALL,
	PACKET_TO_GROUP,
	PACKET_TO_OTHERS,
	PACKET_FROM_US,
};

struct packets {
	struct engine *eng;          /* [I] */
	struct net *net;             /* [I] */
	const uint64_t *wall_offset; /* [I] wall clock less monotonic */
	struct list pcbs;            /* [S] */
};

/* A block of kind ARENA_OTHER. */
struct packet_pcb {
	struct news news;        /* [S] NEWS_READABLE, NEWS_ERROR */
	struct packets *packets; /* [I] */
	struct list link;        /* [S] in packets->pcbs */
	uint16_t proto;          /* [S] EtherType; 0: hears nothing */
	uint32_t ifindex;        /* [S] 0: all */
	bool is_cooked;          /* [I] without link headers (SOCK_DGRAM) */
	bool auxdata;            /* [S] PACKET_AUXDATA */
	bool origdev;            /* [S] PACKET_ORIGDEV, only kept */
	bool ignore_outgoing;    /* [S] PACKET_IGNORE_OUTGOING */
	struct bpf *filter;      /* [S] or NULL */
	struct list rcvq;        /* [S] struct pkt, a packet_note in front */
	uint32_t rcv_count;      /* [S] */
	size_t rcv_cost;         /* [S] pkt_cost() of rcvq */
	size_t rcv_max;          /* [S] SO_RCVBUF */
	int error;               /* [S] pending errno, or 0 */
	uint32_t seen;           /* [S] since statistics were read */
	uint32_t drops;          /* [S] of them did not fit */
	uint64_t all_drops;      /* [S] ever */
	struct packet_ring ring; /* [S] where the program has one */
};

/* What is known of a frame besides its bytes. */
struct packet_note {
	usecs stamp;
	uint32_t ifindex;
	uint32_t len;         /* of the whole frame, as this socket sees it */
	uint16_t proto;       /* EtherType, or PACKET_PROTO_8022, _8023 */
	uint16_t hardware;    /* ARPHRD_* */
	uint16_t net_at;      /* where the network header is */
	uint8_t way;          /* enum packet_way */
	uint8_t csum;         /* enum pkt_csum */
	struct eth_addr from; /* its source address */
};

void packets_init(struct packets *ps, struct engine *eng, struct net *net,
		  const uint64_t *wall_offset);

/* After a death inside: a pcb that a socket has, with all it holds. False: it
 * is none. */
bool packet_claim(struct arena *a, struct packet_pcb *pcb);
void packet_rebuild(struct packet_pcb *pcb);

/* 0 or -ENOBUFS. It hears nothing yet. */
int packet_new(struct packets *ps, bool is_cooked,
	       struct packet_pcb **out) MUST_CHECK;
void packet_free(struct packet_pcb *pcb);

/* From now on it hears this: protocol 0 for nothing, interface 0 for all. */
void packet_listen(struct packet_pcb *pcb, uint16_t proto, uint32_t ifindex);

/* For eth.c: a frame that came, a frame that goes; `sender` does not hear what
 * it sends. */
void packet_tap_in(struct iface *ifp, const struct pkt *p);
void packet_tap_out(struct iface *ifp, const struct tx *t);

/*
 * Sends the rest of `from`: a whole frame, or for a cooked socket what goes
 * behind a header to `dst` of type `proto`. 0; -EINVAL: shorter than a header;
 * -EMSGSIZE, -ENETDOWN, -ENOBUFS.
 */
int packet_send(struct packet_pcb *pcb, struct iface *ifp, uint16_t proto,
		const struct eth_addr *dst, struct uio *from) MUST_CHECK;

/* The oldest frame of the queue, NULL: none. drop: it was read. */
struct pkt *packet_first(struct packet_pcb *pcb);
void packet_drop_first(struct packet_pcb *pcb);
const struct packet_note *packet_note_of(const struct pkt *p);

/* May it be read? Where only the ring says so, *word is where the program may
 * say that it is not any more, by a zero; otherwise NULL. */
bool packet_is_readable(const struct packet_pcb *pcb, const uint32_t **word);

/* The EtherType of a frame, or Linux's number for those without. */
uint16_t packet_proto_of(const struct eth_wire *wire);

#endif
