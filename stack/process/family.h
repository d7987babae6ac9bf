/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * family.h - the processes that share the stack, and what each one holds
 *
 * What this room is for
 *   Each process that uses the stack has an entry in the arena; its index is
 *   the owner's mark on what cannot outlive it: sleeping threads' waiters,
 *   epoll sets (several processes may hold one), and sockets of which no other
 *   process ever had a descriptor. When a process is gone, however it went,
 *   another one buries it: see undertaker.h.
 *
 *   The promise is a fact of the family, too: when who sleeps as driver will
 *   look again, and which bell wakes that thread.
 *
 * Lock       S: the stack lock; a: atomic.
 */
#ifndef STACK_FAMILY_H
#define STACK_FAMILY_H

#include "ground/limits.h"
#include "ground/lock.h"
#include "stack.h"

struct pkt;
struct stack;

/* Which processes hold an object; bit number: the member's index. */
struct family_set {
	uint64_t bits[LIMIT_FAMILY / 64];
};

struct family {
	/* The driver's promise. */
	usecs watch_until;   /* [S] */
	uint32_t watch_bell; /* [a] of who sleeps as driver */
	uint32_t looks; /* [a] times that an application looked after links */

	usecs ask_again; /* [S] how long to wait before asking; 0: no doubts */

	uint32_t undertaker_bell;   /* [a] rings it; 0: nobody there yet */
	struct lock burying;        /* who holds it notices deaths */
	int keeper;                 /* [S] its process; 0: none. keeper.h */
	uint32_t keeper_bell;       /* [a] rings it; 0: not yet */
	int highest;                /* [S] no entry above was ever used */
	int pids[LIMIT_FAMILY];     /* [S] 0: free; entry 0 is nobody's */
	bool leaving[LIMIT_FAMILY]; /* [S] it is on its way out */
};

/* This process's index; 0 before family_join(). */
uint32_t family_self(void);

void family_init(struct family *f);

/*
 * Enters this process, once; an executed program takes the place that its
 * process had before. With the stack lock held. 0, or -EUSERS when the family
 * is too large: then nobody will notice its death.
 */
int family_join(struct stack *st);

/* The child enters itself and holds the epoll sets that its parent holds. */
void family_after_fork_in_child(struct stack *st);

/* Does this process live? One that nobody has waited for yet does not. */
bool family_is_alive(int pid);

/* Is there anybody else? */
bool family_is_large(const struct stack *st);

/*
 * This process is about to end: does another one live on, which drives the
 * stack? Of several that end together, the last to ask hears no.
 */
bool family_leave(struct stack *st);

/*
 * This process fills it; when it dies meanwhile, nobody else will. A kind of
 * its own says so: whether a byte inside does could not be told of a packet
 * whose maker died before it was cleared.
 */
void family_lend(struct stack *st, struct pkt *p);
void family_take_back(struct stack *st, struct pkt *p);

/* Recovery: what is lent has no link in the arena but is in use. */
void family_claim(struct stack *st);

void family_hold(struct family_set *set);
/* This process lets go; false when others still hold it. */
bool family_drop(struct family_set *set);

/*
 * Member `index` is gone: takes back what it held and wakes nobody twice.
 * Takes the stack lock several times, for short.
 */
void family_bury(struct stack *st, uint32_t index);

/*
 * Sockets that were closed by everybody we know of while copies travelled in
 * messages: asks the kernel, and closes those that nobody holds. Takes the
 * stack lock several times, for short.
 */
void family_ask(struct stack *st);

#endif
