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
 * Follows    signal(7), socket(7).
 */
#ifndef SHIM_BLOCK_H
#define SHIM_BLOCK_H

#include "shim.h"

enum block_way { BLOCK_RECEIVING, BLOCK_SENDING };

/* One blocking call; the deadline is for the whole of it. */
struct block {
	sock_id sock;
	enum block_way way;
	bool is_armed;        /* deadline_us is set */
	uint64_t deadline_us; /* stack_now() based; UINT64_MAX: none */
};

#define BLOCK_INIT(sock, way) ((struct block){(sock), (way), false, UINT64_MAX})

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

#endif
