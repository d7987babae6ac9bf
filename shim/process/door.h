/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * door.h - into a stack that runs already
 *
 * What this room is for
 *   The keeper of a stack has doors: datagram sockets with abstract names, one
 *   for its device and one for its name, which exist in the network namespace
 *   where the device is and nowhere else. Whoever knocks as the same user is
 *   given the descriptors that make a process one of the stack.
 *
 *   The kernel says who knocks and who answers (SCM_CREDENTIALS). Nobody else
 *   is let in, root neither: who maps the arena trusts every byte in it, so
 *   root in another user's stack would be in that user's hands. What others
 *   can do is bind a name first or send rubbish; then there is no door, and
 *   nothing is let out.
 *
 * Never      calls libc's socket functions; waits longer than it says.
 */
#ifndef SHIM_DOOR_H
#define SHIM_DOOR_H

#include "ground/shim.h"

enum door_wish {
	DOOR_JOIN,   /* let me in */
	DOOR_REJOIN, /* I am of the stack `key`, and lost my descriptors */
	DOOR_TAKE,   /* I am configured as `key`, and go on when all ended */
	DOOR_NWISHES,
};

/* Of the arena, a lifeline and the links, in this order. */
enum { DOOR_FDS = 2 + STACK_LINKS_MAX, DOOR_FDS_MIN = 3 };

/* Opens a door: `kind` is "link" or "name". The descriptor, or -errno. */
int door_open(const char *kind, const char *name);

/* Who knocked, what for, and where the answer goes. */
struct door_guest {
	enum door_wish wish;
	uint64_t key;
	char address[110];
	size_t address_len;
};

/* Takes the next knock. 0; -EAGAIN: there is none; -EPERM: it was another
 * user's, and has been told so; -EINVAL: it was nonsense. */
int door_next(int door, struct door_guest *guest);

/* Answers with an error, or gives what makes the guest one of the stack; the
 * descriptors stay ours. */
void door_answer(int door, const struct door_guest *guest, int error,
		 const struct stack_family *gift);

/*
 * Knocks, and waits for the answer at most `wait_ms`. 0 and the gift; -ENOENT:
 * nobody is there; -EPERM: another user's; -ETIMEDOUT: no answer; or what the
 * keeper says: -EBUSY, -EAGAIN.
 */
int door_knock(const char *kind, const char *name, enum door_wish wish,
	       uint64_t key, int wait_ms, struct stack_family *gift);

#endif
