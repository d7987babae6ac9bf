/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sock_list.h - every socket of the host, as lists of sockets show them
 *
 * What this room is for
 *   One form for what ss(8) asks over netlink and what netstat(8) reads in
 *   /proc/net: TCP in all its states, and UDP. A walk may be left and gone on
 *   with in a later turn.
 *
 * Lock       the stack lock is held.
 */
#ifndef STACK_SOCK_LIST_H
#define STACK_SOCK_LIST_H

#include "sock.h"
#include "tcp/tcp_view.h"

struct sock_row {
	int family;              /* AF_INET or AF_INET6: the socket's */
	uint8_t number;          /* Linux's, of its state */
	struct tcp_view v;       /* of UDP: addresses and queues only */
	const struct sock *sock; /* NULL: no program has it (any more) */
	uint32_t uid;            /* of who made it */
	uint64_t inode;          /* 0: none */
	uint32_t ifindex;        /* it is bound to, or 0 */
	uint64_t cookie;         /* tells it from others */
	uint64_t drops;          /* datagrams that did not fit */
};

struct sock_cursor {
	struct tcp_view_cursor tcp;
	uint64_t place; /* of the last UDP pcb */
};

/* The next of IPPROTO_TCP or IPPROTO_UDP; false: no more. */
bool sock_list_next(struct stack *st, int protocol, struct sock_cursor *c,
		    struct sock_row *out) MUST_CHECK;

#endif
