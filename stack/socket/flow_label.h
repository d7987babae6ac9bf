/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * flow_label.h - flow labels that programs lease
 *
 * What this room is for
 *   IPV6_FLOWLABEL_MGR: a program asks for a label, of its own or any, and says
 *   with whom it will share it. What a lease is good for is only that others
 *   who ask hear of it: whoever sends chooses his label freely, as in Linux.
 *
 * Bounded    LEASES in all. Those of a socket that is gone are free; a label
 *            that is given back does not linger.
 * Lock       the stack lock is held.
 * Follows    RFC 6437; Linux's ip6_flowlabel.c, which is all there is to read.
 */
#ifndef STACK_FLOW_LABEL_H
#define STACK_FLOW_LABEL_H

#include "ground/base.h"

struct sock;

enum { FLOW_LABEL_LEASES = 64 };

/* In struct stack: one for each time that somebody got it. */
struct flow_lease {
	uint64_t owner; /* [S] sock_id; 0: free */
	uint32_t label; /* [S] */
	uint32_t user;  /* [S] of the owner's process, or its user */
	uint8_t share;  /* [S] IPV6_FL_S_* */
};

/* setsockopt() with that option, on IPv6 sockets. */
int flow_label_manage(struct sock *s, void *value, uint32_t len) MUST_CHECK;

#endif
