/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sock_netlink.h - socket calls on netlink: a program talks with the stack
 *
 * What this room is for
 *   A netlink socket has a queue of datagrams that the stack wrote: answers,
 *   pieces of a dump, and what happened, for those who joined a group. A
 *   request is answered before send() returns; a long dump goes on when its
 *   reader has taken what is there.
 *
 *   Families are NETLINK_ROUTE and NETLINK_SOCK_DIAG; the others are about
 *   other things than TCP/IP and stay with the kernel.
 *
 * Lock       the stack lock is held.
 * Follows    netlink(7).
 */
#ifndef STACK_SOCK_NETLINK_H
#define STACK_SOCK_NETLINK_H

#include "nl_request.h"

struct nl_sock {
	struct sock *owner;  /* [I] */
	struct list link;    /* [S] in stack.netlinks */
	uint32_t pid;        /* [S] its address; 0: not bound yet */
	uint64_t groups;     /* [S] bit n - 1: group n */
	struct list queue;   /* [S] struct nl_datagram, oldest first */
	size_t queued;       /* [S] bytes of memory they take */
	size_t rcv_max;      /* [S] SO_RCVBUF */
	size_t widest;       /* [S] the most a read had room for */
	int error;           /* [S] to be told once, or 0 */
	bool strict;         /* [S] NETLINK_GET_STRICT_CHK */
	bool cap_ack;        /* [S] NETLINK_CAP_ACK */
	bool ext_ack;        /* [S] NETLINK_EXT_ACK */
	bool pktinfo;        /* [S] NETLINK_PKTINFO */
	bool no_enobufs;     /* [S] NETLINK_NO_ENOBUFS */
	struct nl_dump dump; /* [S] the one that goes on */
};

/* Is it a protocol of ours? */
bool sock_netlink_knows(int protocol);

/* 0 or -ENOBUFS; `s->nl` is set. */
int sock_netlink_new(struct sock *s) MUST_CHECK;
void sock_netlink_free(struct sock *s);

/* After a death inside, before and after the sweep. False: there is none. */
bool sock_netlink_claim(struct sock *s);
void sock_netlink_rebuild(struct sock *s);

int sock_netlink_bind(struct sock *s, const struct sockaddr *addr,
		      socklen_t len) MUST_CHECK;
int sock_netlink_connect(struct sock *s, const struct sockaddr *addr,
			 socklen_t len) MUST_CHECK;
int sock_netlink_name(const struct sock *s, bool of_peer, struct sockaddr *addr,
		      socklen_t *len) MUST_CHECK;
ssize_t sock_netlink_send(struct sock *s, struct uio *from,
			  const struct msghdr *msg, int flags) MUST_CHECK;
ssize_t sock_netlink_recv(struct sock *s, struct uio *to, struct msghdr *msg,
			  int flags) MUST_CHECK;
uint32_t sock_netlink_ready(const struct sock *s);

/* SOL_NETLINK, and of SOL_SOCKET what a netlink socket has of its own;
 * SOCK_NETLINK_OTHERS: the common table knows. */
enum { SOCK_NETLINK_OTHERS = 1 };
int sock_netlink_opt_get(struct sock *s, int level, int name, void *value,
			 socklen_t *len) MUST_CHECK;
int sock_netlink_opt_set(struct sock *s, int level, int name, const void *value,
			 socklen_t len) MUST_CHECK;

/* What happened, to all who joined `group`. */
void sock_netlink_tell(struct stack *st, uint32_t group, const void *data,
		       size_t len);

/* Has anybody joined? */
bool sock_netlink_is_heard(const struct stack *st, uint32_t group);

/* Has anybody joined any group? */
bool sock_netlink_has_listeners(const struct stack *st);

#endif
