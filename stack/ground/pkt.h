/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * pkt.h - a packet that arrived, and payload that is kept
 *
 * What this room is for
 *   A struct pkt and its buffer are one block of the arena. A frame is read
 *   into a pkt, parsed by pulling headers off its front, and its payload may
 *   stay queued in the very same buffer. Send buffers are chains of pkts too
 *   (byteq.h). Small, medium and 64 KiB sizes come from the arena's classes;
 *   the arena's last-in-first-out lists keep the buffer hot.
 *
 * Ownership  exactly one owner at a time; enum verdict says who it is next.
 * Lock       the stack lock is held.
 */
#ifndef STACK_PKT_H
#define STACK_PKT_H

#include "arena.h"
#include "list.h"

struct iface;

/* What the link knows about the checksums of a received frame. */
enum pkt_csum {
	PKT_CSUM_UNKNOWN, /* verify it */
	PKT_CSUM_VALID,   /* the link has verified it */
	PKT_CSUM_PARTIAL, /* never was on a wire: nothing to verify */
	PKT_CSUM_BAD, /* the link contradicts the frame: eth_input refuses */
};

struct pkt {
	struct list link;  /* [S] the owner's queue */
	struct iface *ifp; /* [S] where it came in */
	usecs stamp;       /* [S] when its batch was read */
	uint8_t *data;     /* [S] first byte not yet pulled */
	uint32_t len;      /* [S] bytes from data on */
	uint32_t room;     /* [I] size of the buffer */
	uint8_t *l3;       /* [S] network header, once found */
	uint8_t *l4;       /* [S] transport header, once found */
	uint32_t seq;      /* [S] TCP: sequence number of data[0] */
	uint16_t gso_size; /* [S] wire segment payload; 0: one segment */
	uint16_t segs;     /* [S] wire segments in it, at least 1 */
	uint8_t csum;      /* [S] enum pkt_csum */
	uint8_t tos;       /* [S] IPv4 TOS / IPv6 traffic class */
	bool to_broadcast; /* [S] link broadcast or multicast */
	uint8_t buf[] __attribute__((aligned(16)));
};

/* The largest frame a link may deliver: 64 KiB of IP plus link headers. */
#define PKT_FRAME_MAX (65535 + 64)

/* Empty, data at `headroom`. NULL when memory is out. */
struct pkt *pkt_new(struct arena *a, size_t room, size_t headroom) MUST_CHECK;
void pkt_free(struct arena *a, struct pkt *p);
void pkt_free_list(struct arena *a, struct list *pkts);

/* After a death inside: arena_claim_list() for a queue of pkts. */
uint32_t pkt_claim_list(struct arena *a, struct list *pkts);

/* Removes n bytes at the front and returns them; NULL if there are fewer. */
static inline void *pkt_pull(struct pkt *p, size_t n);

/* Gives n bytes of headroom back; a bug of ours if there are fewer. */
void *pkt_push(struct pkt *p, size_t n);

/* Shortens to len bytes; len must not exceed p->len. */
void pkt_trim(struct pkt *p, size_t len);

/* Bytes that fit behind the data; append returns where to put n of them. */
static inline size_t pkt_tailroom(const struct pkt *p);
void *pkt_append(struct pkt *p, size_t n);

/* What the block truly costs. */
size_t pkt_cost(const struct pkt *p);

/*
 * If the data is much smaller than the block, moves it to a smaller one and
 * frees the old; otherwise returns p. So one byte never pins 64 KiB. Returns
 * p itself when memory is out.
 */
struct pkt *pkt_compact(struct arena *a, struct pkt *p);

/* Inline bodies. */

static inline void *pkt_pull(struct pkt *p, size_t n)
{
	uint8_t *front = p->data;

	if (n > p->len)
		return NULL;
	p->data += n;
	p->len -= (uint32_t)n;
	return front;
}

static inline size_t pkt_tailroom(const struct pkt *p)
{
	return (size_t)(p->buf + p->room - (p->data + p->len));
}

#endif
