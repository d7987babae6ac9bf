/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * nl_request.h - what programs ask of the stack over netlink, and the answers
 *
 * What this room is for
 *   Takes a datagram of requests apart, finds who answers each (nl_link.c,
 *   nl_addr.c, nl_route.c, nl_neigh.c, nl_diag.c), and writes errors and
 *   acknowledgements. A dump is answered in pieces: what was asked is kept with
 *   a cursor, and each piece goes on from there, so that no answer is larger
 *   than one datagram and no turn longer than one piece.
 *
 *   Whoever is in the family of the stack may change it; see the
 *   console in ../README.md.
 *
 * Lock       the stack lock is held.
 * Follows    netlink(7), rtnetlink(7), sock_diag(7).
 */
#ifndef STACK_NL_REQUEST_H
#define STACK_NL_REQUEST_H

#include "nl.h"
#include "socket/sock.h"

enum {
	/* What is kept of a request for a dump: the filters of ss fit. */
	NL_REQUEST_MAX = 1024,
};

/* Where a dump stands; what the numbers mean is the dumping room's. */
struct nl_cursor {
	uint64_t at[4];
};

/* One request, while it is answered. */
struct nl_ask {
	struct stack *st;
	const struct nlmsghdr *h; /* the request, whole and aligned */
	uint32_t pid;             /* of the socket that asked */
	bool strict;              /* NETLINK_GET_STRICT_CHK */
	uint16_t flags;           /* for the answers: NLM_F_MULTI and others */
	const char *why;          /* an error in words, or NULL */
};

/* A dump under way; lies in the arena. */
struct nl_dump {
	bool is_active;
	bool strict;
	uint32_t pid;
	struct nl_cursor cursor;
	uint8_t request[NL_REQUEST_MAX] __attribute__((aligned(8)));
};

/* How the socket wants its answers. */
struct nl_manner {
	int protocol; /* NETLINK_ROUTE or NETLINK_SOCK_DIAG */
	uint32_t pid;
	bool strict;  /* NETLINK_GET_STRICT_CHK */
	bool cap_ack; /* NETLINK_CAP_ACK: an error quotes the header only */
	bool ext_ack; /* NETLINK_EXT_ACK: an error comes with words */
};

/*
 * Handles every request in `data` (aligned to four) and writes the answers to
 * `out`; what does not fit is lost, as with a full socket. A dump is only
 * begun: nl_request_go_on() writes it. Returns 0 or -ENOBUFS.
 */
int nl_request(struct stack *st, const struct nl_manner *m, const void *data,
	       size_t len, struct nl_dump *dump, struct nl_buf *out) MUST_CHECK;

/* The next piece of a dump, with its end when it is the last. */
void nl_request_go_on(struct stack *st, const struct nl_manner *m,
		      struct nl_dump *dump, struct nl_buf *out);

#endif
