/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * block.h - blocking calls on our sockets
 *
 * What this room is for
 *   The stack never sleeps in a data call: it says -EAGAIN. This room decides
 *   whether the call sleeps then, for how long (SO_RCVTIMEO, SO_SNDTIMEO), and
 *   what a signal does to it: untimed calls go on after handlers that were
 *   installed with SA_RESTART, timed ones never do.
 *
 *   As with the kernel, a call that sleeps keeps its socket: when another
 *   thread closes the last descriptor, the socket lives until the call returns,
 *   and then ends.
 *
 * Follows    signal(7), socket(7).
 */
#ifndef SHIM_BLOCK_H
#define SHIM_BLOCK_H

#include "ground/shim.h"
#include "signal.h"

enum block_way { BLOCK_RECEIVING, BLOCK_SENDING };

/* One blocking call; the deadline is for the whole of it. */
struct block {
	sock_id sock;
	enum block_way way;
	int seat;                    /* among the sleepers; 0: never slept */
	bool is_armed;               /* deadline_us is set */
	uint64_t deadline_us;        /* stack_now() based; UINT64_MAX: none */
	struct signal_counts before; /* when the call began */
};

/* A variable for one call, which ends with the scope. */
#define BLOCK(b, sock, way)                                                    \
	struct block b __attribute__((cleanup(block_done))) = {                \
		(sock), (way), 0, false, UINT64_MAX, signal_counts}

/* Must a call with these MSG_ flags return -EAGAIN instead of sleeping? */
static inline bool block_is_refused(sock_id s, int flags)
{
	return (flags & MSG_DONTWAIT) || stack_is_nonblocking(s);
}

/*
 * Sleeps until one of `events` (EPOLL bits) may hold. 0: try again; -EAGAIN:
 * the socket's timeout passed; -EINTR; -EBADF: closed meanwhile. A
 * cancellation point.
 */
int block_wait(struct block *b, uint32_t events);

/* The last descriptor of a socket is gone: closes it, SO_LINGER observed, now
 * or when the last call that sleeps in it returns. */
void block_close(sock_id s);

/* The process ends: closes what was left to calls that will not return. */
void block_end(void);

/* In the child of a fork nobody sleeps. */
void block_after_fork_in_child(void);

/* The call is over. */
static inline void block_done(struct block *b);
void block_leave_seat(struct block *b);

/* Inline bodies. */

static inline void block_done(struct block *b)
{
	if (UNLIKELY(b->seat))
		block_leave_seat(b);
}

#endif
