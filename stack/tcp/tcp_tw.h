/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_tw.h - connections that are over, but remembered
 *
 * What this room is for
 *   TIME-WAIT as a small object: the 4-tuple and the few numbers needed to
 *   acknowledge a repeated FIN, and to tell a new SYN from an old one. At most
 *   LIMIT_TIME_WAIT; all wait equally long, so one list and one timer do.
 *
 * Lock       the stack lock is held.
 * Follows    RFC 9293 3.10.7.4, RFC 1337, RFC 6191.
 */
#ifndef STACK_TCP_TW_H
#define STACK_TCP_TW_H

#include "tcp_priv.h"

struct tcp_tw {
	struct list link; /* [S] tcp->time_wait, oldest first */
	struct binding b; /* [S] with BINDING_TIME_WAIT */
	usecs until;      /* [S] */
	tcp_seq snd_nxt, rcv_nxt;
	uint32_t rcv_wnd; /* [S] as last announced */
	uint32_t ts_recent, ts_offset;
	usecs oow_ack_at; /* [S] limits answers to strange segments */
	uint8_t rcv_wscale;
	struct tcp_manner manner;
	bool ts_ok;
};

void tcp_tw_init(struct tcp *t);
void tcp_tw_fini(struct tcp *t);

/* After a death inside, before and after the sweep. */
void tcp_tw_claim(struct tcp *t);
void tcp_tw_rebuild(struct tcp *t);

/*
 * Takes the tuple over from a conn in TIME-WAIT. When memory or places are
 * out, the tuple is simply free again, as with Linux.
 */
void tcp_tw_take(struct tcp_conn *c);

/*
 * For connect(): who is between two ends of this stack and in TIME-WAIT for a
 * second already gives way. Nothing of it can be on any wire, and its port may
 * be the last one. `iss` is what the new connection has to begin with, if
 * `has_iss`. Linux does so on the loopback (tcp_tw_reuse 2).
 */
struct tcp_tw_yield {
	struct ports_yield ports;
	struct tcp *tcp;
	bool has_iss;
	tcp_seq iss;
};
void tcp_tw_yield_init(struct tcp_tw_yield *y, struct tcp *t);

/* A segment for it. *reopen: a SYN that may begin a new connection; the object
 * is gone, and the segment should be looked up again. */
enum verdict tcp_tw_input(struct tcp *t, struct binding *b,
			  const struct tcp_seg *s, bool *reopen,
			  tcp_seq *reopen_iss);

void tcp_tw_on_timer(struct tcp *t);

#endif
