/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_listen.h - half-open and accept queues, their limits
 *
 * What this room is for
 *   A listener keeps small objects for peers that have not yet acknowledged
 *   our SYN-ACK, and a queue of connections the program has not yet accepted.
 *   When the first is full, SYN cookies; when the second is full, silence: the
 *   peer tries again.
 *
 * Lock       the stack lock is held.
 * Follows    RFC 9293 3.10.7.2 and 3.10.7.4 (SYN-RECEIVED), RFC 4987.
 */
#ifndef STACK_TCP_LISTEN_H
#define STACK_TCP_LISTEN_H

#include "tcp_priv.h"

/* A peer whose SYN we answered. */
struct tcp_half {
	struct list link;       /* [S] waiting[tries], oldest first */
	struct list in_acked;   /* [S] complete, waits for a place */
	struct ports_tuple key; /* [I] */
	usecs sent_at;          /* [S] the last SYN-ACK */
	usecs made_at;          /* [I] */
	tcp_seq iss, irs;       /* [I] */
	uint32_t ts_recent;     /* [S] */
	uint32_t ts_offset;     /* [I] */
	uint16_t wnd;           /* [I] the SYN's, unscaled */
	uint16_t adv_mss;       /* [I] */
	uint8_t rcv_wscale;     /* [I] */
	uint8_t tries;          /* [S] SYN-ACKs sent again by the timer */
	bool has_ecn;  /* [S] the SYN asked for ECN, the SYN-ACK agrees */
	bool is_acked; /* [S] complete, but waits for data or a place */
	struct tcp_options opt; /* [I] of the SYN */
	UT_hash_handle hh;      /* [S] listener->halves */
};

struct tcp_listener {
	struct tcp_half *halves;                           /* [S] by tuple */
	uint32_t nhalves;                                  /* [S] */
	struct list waiting[LIMIT_TCP_SYNACK_RETRIES + 1]; /* [S] by tries */
	struct list accept;  /* [S] conns, oldest first */
	struct list acked;   /* [S] halves that only lack a place */
	uint32_t naccept;    /* [S] */
	uint32_t backlog;    /* [S] */
	usecs cookies_until; /* [S] cookies are believed until then */
};

/* A segment for the listener c. `iss`: use this one if not 0 (RFC 6191). */
enum verdict tcp_listen_input(struct tcp_conn *c, struct tcp_seg *s,
			      tcp_seq iss);

/* TCP_T_LISTEN: SYN-ACKs are due. */
void tcp_listen_on_timer(struct tcp_conn *c);

/* An ICMP error quotes a SYN-ACK of ours. */
void tcp_listen_on_icmp(struct tcp_conn *c, const struct ports_tuple *key,
			tcp_seq seq);

/* accept() made room: the next that was complete comes in. */
void tcp_listen_on_room(struct tcp_conn *c);

/* Forgets the half-open, resets the unaccepted. */
void tcp_listen_close(struct tcp_conn *c);

/*
 * After a death inside. claim: the queues of a listener, and the conns that
 * wait to be accepted; false when it has none. rebuild: what leads to them.
 */
bool tcp_listen_claim(struct tcp_conn *c);
void tcp_listen_rebuild(struct tcp_conn *c);

/* A conn that waited to be accepted is over, or accepted. */
void tcp_listen_remove(struct tcp_conn *child);

#endif
