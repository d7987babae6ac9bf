/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * epset.h - the stack members of an epoll descriptor
 *
 * What this room is for
 *   Level, edge, one-shot and exclusive members, with the kernel's results.
 *   Members are found by (descriptor number, socket). A member whose event
 *   fired stands on the ready list; harvesting asks its readiness once more,
 *   so what was handled meanwhile is not reported.
 *
 * Lock       the stack lock is held.
 * Follows    epoll(7), epoll_ctl(2).
 */
#ifndef STACK_EPSET_H
#define STACK_EPSET_H

#include "sock.h"
#include "sock_wait.h"

struct epset {
	sock_id id;                   /* [I] */
	struct stack *stack;          /* [I] */
	struct sock_slot *slot;       /* [I] its ready bit is EPOLLIN */
	struct readiness readiness;   /* [S] sleepers, and outer epoll sets */
	struct epset_member *members; /* [S] uthash by key */
	struct list ready;            /* [S] members to look at */
	struct family_set holders;    /* [S] processes that have it */
	int levels; /* [S] sets from this one down; never grows less */
};

struct epset_key {
	sock_id sock;
	uint64_t fd; /* widened: keys are hashed as bytes */
};

struct epset_member {
	struct epset_key key;     /* [I] */
	struct epset *set;        /* [I] */
	struct sock_slot *target; /* [I] whose readiness it reports */
	struct watch watch;       /* [S] on the target's readiness */
	struct list ready;        /* [S] set->ready */
	uint32_t events;          /* [S] as asked, with EPOLLET and friends */
	bool disarmed;            /* [S] EPOLLONESHOT has fired */
	epoll_data_t data;        /* [S] the program's */
	UT_hash_handle hh;        /* [S] */
};

int epset_new(struct stack *st, struct epset **out) MUST_CHECK;
void epset_free(struct epset *set);
struct epset *epset_find(struct stack *st, sock_id id);

/* The readiness of a socket or an epoll set; NULL for a stale number. */
struct readiness *epset_readiness(struct stack *st, sock_id id);

/* See stack_epoll_ctl(). The target may be a socket or another set. */
int epset_ctl(struct epset *set, int op, int fd, sock_id target,
	      const struct epoll_event *event) MUST_CHECK;

/*
 * A set says it is ready from the first event until a look finds nothing. This
 * is the look, through sets in the set as well: true when there is something to
 * report; its readiness is right afterwards.
 */
bool epset_settle(struct epset *set);

/* Up to `max` events of ready members; level-triggered ones stay. */
int epset_harvest(struct epset *set, struct epoll_event *events, int max);

/* After a death inside: a member whose set and target are there still is made
 * known to both again. */
void epset_rebuild_member(struct epset_member *m);

/* From sock_wait.c: an event fired; the target goes away. */
void epset_member_fired(struct epset_member *m, uint32_t events);
void epset_member_gone(struct epset_member *m);

/* Members of any set that report socket `s`: see stack.h. */
size_t epset_memberships(struct sock *s, struct stack_membership *out,
			 size_t max);

#endif
