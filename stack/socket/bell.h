/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * bell.h - waking a thread that sleeps in poll, from any process
 *
 * What this room is for
 *   A bell is an AF_UNIX datagram socket with an abstract name made of the
 *   arena's id and a number, so that any process of the family can ring it
 *   without having its descriptor. A thread that must sleep on descriptors
 *   polls its bell with them. Bells are kept in a small pool per process.
 *
 * Never      is used where a futex does: a ring costs about 1 us.
 * Lock       the pool has one of its own, a spin of a few instructions.
 */
#ifndef STACK_BELL_H
#define STACK_BELL_H

#include <poll.h>
#include <signal.h>
#include <time.h>

#include "gate.h"
#include "ground/base.h"

struct bell {
	int fd;            /* poll it for POLLIN; -1: not open */
	uint32_t number;   /* names it in the arena */
	int fence;         /* an epoll for bell_poll(); 0: none */
	struct gate gate;  /* for who drives and sleeps on it */
	struct bell *next; /* in the pool */
};

/* What names are made of, once per process (and again in a forked child). */
void bell_setup(uint64_t arena_id);

/*
 * A bell from the pool, or a new one that gets `number`. NULL: no descriptor
 * or memory left. put: silences it and gives it back.
 */
struct bell *bell_get(uint32_t (*new_number)(void)) MUST_CHECK;
void bell_put(struct bell *b);

/*
 * Opens what may not be opened any more when the program has confined itself:
 * some bells, and what bell_poll() needs.
 */
void bell_stock(uint32_t (*new_number)(void));

/*
 * ppoll(2) for the owner of a bell. Where RLIMIT_NOFILE is below `n`, which
 * ppoll(2) refuses with -EINVAL, the entries are put into the bell's epoll for
 * the time of the call; without one -EINVAL, not at once.
 */
int bell_poll(struct bell *b, struct pollfd *fds, size_t n,
	      struct timespec *timeout, const sigset_t *mask);

/* Takes all rings. */
void bell_silence(struct bell *b);

/* Whoever has that number hears it; nobody: nothing. */
void bell_ring(uint32_t number);

/* In a forked child: these descriptors are the parent's. */
void bell_after_fork_in_child(void);

#endif
