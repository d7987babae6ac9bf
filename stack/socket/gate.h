/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * gate.h - of all processes that wait for a frame, the kernel wakes one
 *
 * What this room is for
 *   A descriptor that several processes poll wakes all of them. A gate is an
 *   epoll in which the links are members with EPOLLEXCLUSIVE, and in which a
 *   driver sleeps instead of poll: then a frame wakes the first in the line
 *   who is asleep. Who is busy or stopped is passed over, and the kernel takes
 *   the dead out of the line. So nobody has to be told whose turn it is.
 *
 *   The line is in the order of joining. Who was woken for a frame that was
 *   another's goes to its end, so that those whose frames come stand in front:
 *   after some frames each wakes the one that wants it. Who was woken in vain
 *   many times, one soon after the other, stays out of the line for some
 *   milliseconds: the next frame for who is still busy with the last one would
 *   wake it again.
 *
 *   Whoever is woken must read until nothing is left, and whoever hears a bell
 *   must read, too: the gate of a process tells it only of frames for which it
 *   was woken.
 *
 * Never      is used by a process that is alone: poll is cheaper.
 * Follows    epoll_ctl(2) on EPOLLEXCLUSIVE and EPOLLONESHOT.
 */
#ifndef STACK_GATE_H
#define STACK_GATE_H

#include <poll.h>
#include <signal.h>
#include <time.h>

#include "ground/base.h"

enum { GATE_LINKS = 8, GATE_PROGRAM = 8 };

/* One thread's; belongs to its bell, and is opened when first slept in. */
struct gate {
	int fd;                /* an epoll; 0: not open */
	bool useless;          /* cannot be had here */
	int bell;              /* the members: this descriptor... */
	int links[GATE_LINKS]; /* ...and these */
	size_t nlinks;
	unsigned int in_vain; /* times in a row, see gate_served() */
	unsigned int hurried; /* those of them that came close together */
	usecs served_at;      /* the last one */
	uint32_t others;      /* looks by others, when we went aside */
	usecs aside_us;       /* the last time out of the line */
};

/*
 * ppoll(2) for a driver: `fds` are at most GATE_PROGRAM of the program's
 * (`nkernel`), the bell, and the links. -ENOTSUP: not with these; use poll.
 */
int gate_poll(struct gate *g, struct pollfd *fds, size_t nkernel, size_t n,
	      const struct timespec *timeout, const sigset_t *mask) MUST_CHECK;

/* A frame woke us, and it was ours, or another's: then others stand before us
 * from now on. */
void gate_served(struct gate *g, bool ours, usecs now);

/*
 * 0: sleep in the line; or for how long to stay out of it, because frames come
 * for others who look after the links as fast as they come. `others` counts
 * their looks; once they are few, our place is in the line.
 */
usecs gate_aside(struct gate *g, uint32_t others);

/* No more gates are opened in this process: it has confined itself. */
void gate_no_more(void);

/* In a forked child: the descriptor is the parent's. */
void gate_close(struct gate *g);
void gate_after_fork_in_child(void);

#endif
