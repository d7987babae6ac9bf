/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * packet_ring.h - frames in memory that the program has mapped
 *
 * What this room is for
 *   PACKET_RX_RING in its three versions: frames of one size (TPACKET_V1, _V2),
 *   or blocks filled with frames of any (TPACKET_V3). A word says of each whose
 *   it is: 0 is ours, and the program gives one back by writing that.
 *
 *   The ring is memory of the arena, which the program maps once more, and may
 *   write whatever it likes to: of it only those words are ever read.
 *
 * Note       Memory of a closed socket is the stack's again, as far as the
 *            stack can know: a program must not look at a ring any more after
 *            it has closed the socket. Nor does the stack hear of munmap(2):
 *            a ring that was mapped once stays until then.
 * Lock       the stack lock is held.
 * Follows    packet_mmap (Linux), packet(7).
 */
#ifndef STACK_PACKET_RING_H
#define STACK_PACKET_RING_H

#include "ground/engine.h"

struct packet_note;
struct packet_pcb;

/* The numbers are Linux's. */
enum packet_ring_version { PACKET_RING_V1, PACKET_RING_V2, PACKET_RING_V3 };

/* What is asked for. */
struct packet_ring_shape {
	uint32_t block_size, blocks, frame_size, frames;
	uint32_t retire_ms, priv_size; /* V3 */
};

struct packet_ring {
	struct packet_pcb *owner; /* [I] */
	uint8_t version;          /* [S] enum packet_ring_version */
	bool is_mapped;           /* [S] ever */
	bool is_open;             /* [S] V3: the block at `head` is ours */
	uint32_t reserve;         /* [S] PACKET_RESERVE */
	struct packet_ring_shape shape; /* [S] */
	void *block;                    /* [S] of the arena; NULL: no ring */
	uint8_t *base;                  /* [S] its first whole page */
	uint32_t head;                  /* [S] frame or block that is next */
	uint32_t at;                    /* [S] V3: where the next one goes */
	uint32_t last;                  /* [S] V3: where the last one is */
	uint32_t count;                 /* [S] V3: frames in the open block */
	uint32_t freezes;               /* [S] V3: since statistics were read */
	uint64_t serial;                /* [S] V3: of the open block */
	struct timer timer;             /* [S] TIMER_RING: it waits too long */
};

/* 0 or -ENOBUFS. */
int packet_ring_init(struct packet_ring *r, struct packet_pcb *owner,
		     struct engine *eng) MUST_CHECK;
void packet_ring_free(struct packet_ring *r, struct engine *eng);
void packet_ring_claim(struct packet_ring *r, struct arena *a);
void packet_ring_rebuild(struct packet_ring *r, struct engine *eng);

static inline bool packet_ring_is_set(const struct packet_ring *r);

/* Bytes of the header that goes before each frame; 0: no such version. */
uint32_t packet_ring_header(uint32_t version);

/*
 * Makes a ring of that shape, or with 0 blocks takes it away. -EINVAL: Linux
 * would not either; -EBUSY: there is one, or it is mapped; -ENOMEM.
 */
int packet_ring_set(struct packet_ring *r, struct engine *eng,
		    const struct packet_ring_shape *shape) MUST_CHECK;

/* `keep` bytes of a frame. False: there is no room. */
bool packet_ring_put(struct packet_ring *r, const struct packet_note *note,
		     const uint8_t *data, size_t keep);

/* The word that is not 0 when there is something to read. */
const uint32_t *packet_ring_word(const struct packet_ring *r);

/* TIMER_RING fired: what has waited long enough is the program's. */
void packet_ring_on_timer(struct packet_ring *r);

/* Inline bodies. */

static inline bool packet_ring_is_set(const struct packet_ring *r)
{
	return r->block != NULL;
}

#endif
