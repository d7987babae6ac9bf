/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * arena.h - the shared memory that all state lives in
 *
 * What this room is for
 *   One memfd, mapped MAP_SHARED at ARENA_ADDRESS in every process that uses
 *   the stack, so that plain pointers inside it mean the same everywhere. It
 *   is cut into 2 MiB spans; a span holds blocks of one size class (four
 *   classes per doubling, 64 bytes and up) and begins with a header that says
 *   for each block whether it is in use and of which kind. So primary objects
 *   can be found again by walking, whatever happened to lists and tables.
 *
 *   Free blocks are reused last-in-first-out, because a hot buffer is worth
 *   twice a cold one; memory goes back to the kernel only in arena_trim().
 *
 * Accounting  arena_used() is the true cost: whole blocks, headers included.
 *             A request beyond the cap returns NULL; every caller must cope.
 * Lock        the stack lock is held for everything but map, attach, unmap.
 */
#ifndef STACK_ARENA_H
#define STACK_ARENA_H

#include "base.h"

#define ARENA_ADDRESS ((void *)0x200000000000ull)
#define ARENA_RESERVE (64ull << 30) /* of address space, at most */

struct arena;
struct list;

/* What a block is. Primary kinds can be walked with arena_next(). */
enum arena_kind {
	ARENA_FREE,   /* not in use */
	ARENA_ROOT,   /* struct stack itself */
	ARENA_SOCK,   /* struct sock */
	ARENA_CONN,   /* struct tcp_conn */
	ARENA_PCB,    /* struct udp_pcb */
	ARENA_PKT,    /* struct pkt with its buffer */
	ARENA_LENT,   /* one that a program fills: family.h */
	ARENA_EPSET,  /* struct epset */
	ARENA_MEMBER, /* struct epset_member */
	ARENA_WAIT,   /* waiters and watches */
	ARENA_TABLE,  /* derived: hash buckets, heaps, index tables */
	ARENA_SLOTS,  /* pages of the socket table */
	ARENA_OTHER,  /* small primary objects; a room claims each: recover.c */
	ARENA_MAKING, /* not finished: arena_made() says what it has become */
	ARENA_NKINDS,
};

/*
 * Creates the memfd and maps it at ARENA_ADDRESS with `cap_bytes` as the limit
 * of arena_used(). The descriptor is close-on-exec and owned by the arena.
 * Where address space is limited both are smaller: -ENOMEM only when there is
 * less than 256 MiB. Returns 0; -EEXIST when something else lies at the
 * address; -errno.
 */
int arena_create(size_t cap_bytes, struct arena **out) MUST_CHECK;

/*
 * Maps an existing memfd and owns it from then on. -EINVAL when it is not one
 * of our arenas (the descriptor then stays the caller's), -EEXIST, -errno.
 */
int arena_attach(int memfd, struct arena **out) MUST_CHECK;

/* A private block at any address, for unit tests: no memfd. */
int arena_create_private(size_t cap_bytes, struct arena **out) MUST_CHECK;

/* Unmaps. The last process to unmap or exit frees the memory. */
void arena_unmap(struct arena *a);

/* The memfd, or -1 for a private arena. */
int arena_fd(const struct arena *a);

/* The memfd now has this number in this process; the old one is closed. */
void arena_set_fd(struct arena *a, int memfd);

/* Random, chosen once; names bells and placeholders of this arena. */
uint64_t arena_id(const struct arena *a);

/* The one block of kind ARENA_ROOT, or NULL before it was allocated. */
void *arena_root(const struct arena *a);

/*
 * A block of at least `size` bytes, 64-byte aligned, contents undefined. NULL
 * when the cap is reached. arena_zalloc() clears it. The last part of a large
 * arena is kept for ARENA_PKT: whatever happens, frames can be read, and ACKs
 * that free memory are among them.
 */
void *arena_alloc(struct arena *a, size_t size,
		  enum arena_kind kind) MUST_CHECK;
void *arena_zalloc(struct arena *a, size_t size,
		   enum arena_kind kind) MUST_CHECK;

/* The same for what a program needs to go on with the sockets it has, members
 * of epoll sets and sleepers: half of that last part is theirs, and
 * ARENA_TABLE's. What peers make, and new sockets, leave it alone. */
void *arena_alloc_vital(struct arena *a, size_t size,
			enum arena_kind kind) MUST_CHECK;

/*
 * The block of kind ARENA_MAKING is complete, and `kind` from now on. Objects
 * that recovery finds by walking are made so: one that its maker did not live
 * to finish is never found.
 */
void arena_made(struct arena *a, void *block, enum arena_kind kind);

/* The block, which is `from`, is `to` from now on. */
void arena_turn(struct arena *a, void *block, enum arena_kind from,
		enum arena_kind to);

/* NULL is allowed. A block that is not in use is a bug of ours: MUST. */
void arena_free(struct arena *a, void *block);

/* Usable bytes of the class that serves `size`, and of a given block. */
size_t arena_round(size_t size);
size_t arena_block_size(const struct arena *a, const void *block);

/* Walks the blocks of a kind in address order; NULL starts, NULL ends. */
void *arena_next(const struct arena *a, enum arena_kind kind, void *prev);

/*
 * Is a block in use there, of that kind? For places that were remembered: any
 * number may be asked for. arena_next() goes on from such a place, too.
 */
bool arena_is(const struct arena *a, const void *place, enum arena_kind kind);

size_t arena_used(const struct arena *a);
size_t arena_cap(const struct arena *a);

/* Bytes of address space: that one with this cap will reserve; of this one. */
size_t arena_reserve(size_t cap_bytes);
size_t arena_reserved(const struct arena *a);

size_t arena_count(const struct arena *a, enum arena_kind kind);

/* What counters call the blocks of a kind; NULL: nobody counts those. */
const char *arena_kind_name(enum arena_kind kind);

/*
 * How much of the cap is in use. Whoever keeps packets asks first:
 *   PLENTY    keep what you like;
 *   TIGHT     only what is next in order, for those who have nothing yet or
 *             were promised it: windows close, the rest is refused;
 *   FULL      only for those who have nothing at all;
 *   RESERVED  nothing: what is left is for frames that pass through.
 */
enum arena_room {
	ARENA_ROOM_PLENTY,
	ARENA_ROOM_TIGHT,    /* from 7/8 on */
	ARENA_ROOM_FULL,     /* from 15/16 on */
	ARENA_ROOM_RESERVED, /* from 31/32 on */
};
enum arena_room arena_room_left(const struct arena *a);

/*
 * Gives the pages of free blocks back to the kernel. For idle moments; some
 * spans at a time, because somebody may wait for the lock: false when there is
 * more to do.
 */
bool arena_trim(struct arena *a);

/*
 * Bytes that were in use since memory was given back last, and are not any
 * more. Told at the end of each turn what is in use.
 */
size_t arena_slack(struct arena *a);

/*
 * Derives free lists and accounts anew from the kind bytes. For whoever
 * inherits the lock of a process that was killed: it may have been in here. A
 * block that was being made may be in use afterwards without anyone's link.
 */
void arena_repair(struct arena *a);

/*
 * Recovery as a whole, in this order; nothing is allocated or freed until
 * arena_sweep(). begin: arena_repair(), and tables and what was being made are
 * free again; the cap is lifted, because tables need room to grow once more.
 * claim: somebody has a link to this block; false when it is not in use as
 * that kind, or claimed already. claim_list: makes the list at `head` sound:
 * what can be reached forward, is claimed, and has its link at `offset`; the
 * number of members. sweep: what nobody claimed is free. end: the cap holds
 * again. A ROOT is always claimed.
 */
void arena_claim_begin(struct arena *a);
bool arena_claim(struct arena *a, const void *block, enum arena_kind kind);
uint32_t arena_claim_list(struct arena *a, struct list *head,
			  enum arena_kind kind, size_t offset);
void arena_sweep(struct arena *a);
void arena_claim_end(struct arena *a);

/* Before the sweep: is it a block of that kind that has been claimed? */
bool arena_is_claimed(const struct arena *a, const void *block,
		      enum arena_kind kind);

#endif
