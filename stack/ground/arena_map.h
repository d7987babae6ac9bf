/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * arena_map.h - the memory under the arena
 *
 * What this room is for
 *   The memfd of the arena and its mapping at the one address that all
 *   processes use, or a private mapping for unit tests. Only arena.c may
 *   include this header.
 *
 * Never      knows what lies in the memory, except its own header in front.
 */
#ifndef STACK_ARENA_MAP_H
#define STACK_ARENA_MAP_H

#include "base.h"

/* Mappings begin at a multiple of this. */
#define ARENA_MAP_ALIGN (2ul << 20)

struct arena_map {
	uint64_t magic; /* [I] */
	uint64_t id;    /* [I] random */
	size_t bytes;   /* [I] of address space */
	bool is_shared; /* [I] memfd at ARENA_ADDRESS, or private */
};

/* The same results as arena_create() and its sisters; memory is zero. */
int arena_map_shared(size_t bytes, struct arena_map **out) MUST_CHECK;
int arena_map_attach(int memfd, struct arena_map **out) MUST_CHECK;
int arena_map_private(size_t bytes, struct arena_map **out) MUST_CHECK;
void arena_map_unmap(struct arena_map *m);

/* This process's descriptor of the shared map, or -1. */
int arena_map_fd(const struct arena_map *m);
void arena_map_set_fd(const struct arena_map *m, int memfd);

/* Whole pages whose contents nobody needs. They read as zero afterwards. */
void arena_map_release(const struct arena_map *m, void *start, size_t bytes);

#endif
