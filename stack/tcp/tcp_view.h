/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_view.h - every connection of the host, one after the other
 *
 * What this room is for
 *   What lists of connections (ss, /proc/net/tcp) show: connections and
 *   listeners, half-open peers, TIME-WAIT. A walk may be left and gone on with
 *   in a later turn: it neither repeats nor skips what is there all the time.
 *
 * Never      changes anything.
 * Lock       the stack lock is held.
 */
#ifndef STACK_TCP_VIEW_H
#define STACK_TCP_VIEW_H

#include "tcp.h"

/* What is due next; the numbers are Linux's (inet_diag, /proc/net/tcp). */
enum tcp_view_timer {
	TCP_VIEW_NO_TIMER = 0,
	TCP_VIEW_RETRANSMIT = 1,
	TCP_VIEW_KEEPALIVE = 2,
	TCP_VIEW_TIME_WAIT = 3,
	TCP_VIEW_PROBE = 4,
};

struct tcp_view {
	struct ports_tuple key;
	uint32_t flags; /* enum binding_flags */
	enum tcp_state state;
	enum tcp_view_timer timer;
	usecs timer_in;          /* until it is due */
	uint32_t retries;        /* of what the timer is for */
	uint32_t rqueue, wqueue; /* bytes; a listener: waiting, backlog */
	uint32_t rcvbuf, sndbuf; /* bytes */
	uint8_t tos;
	bool shut_recv, shut_send;
	void *owner;                 /* the socket floor's, or NULL */
	const struct tcp_conn *conn; /* NULL: half-open, or TIME-WAIT */
};

/* All zero: from the start. */
struct tcp_view_cursor {
	uint64_t place; /* a connection's address; or how many TIME-WAITs */
	uint32_t part;  /* of a listener: itself, and then its halves */
	bool in_time_wait;
};

/* The next one, or false: no more. */
bool tcp_view_next(const struct tcp *t, struct tcp_view_cursor *c,
		   struct tcp_view *out) MUST_CHECK;

/* Connections in ESTABLISHED and CLOSE-WAIT: RFC 4022 tcpCurrEstab. */
uint32_t tcp_view_established(const struct tcp *t);

/* Linux's number of a state (net/tcp_states.h), which programs know. */
uint8_t tcp_view_state(enum tcp_state s);

#endif
