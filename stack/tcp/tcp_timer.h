/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_timer.h - what happened, told to the timers
 *
 * What this room is for
 *   The other rooms say what happened; which deadline follows is decided here.
 *   A conn has one timer in the heap and a small array of deadlines. Moving a
 *   deadline to later leaves the heap alone; the timer then fires too early
 *   once, and is set again, unless somebody is about to sleep until then
 *   (tcp_timer_catch_up()): a sleep ended for nothing costs more.
 *
 * Lock       the stack lock is held.
 * Follows    RFC 6298 5, RFC 1122 4.2.2.17 and 4.2.3.6, RFC 5482.
 */
#ifndef STACK_TCP_TIMER_H
#define STACK_TCP_TIMER_H

#include "ground/base.h"

struct tcp_conn;

/* 0 or -ENOBUFS: a place in the heap, nothing armed. */
int tcp_timer_init(struct tcp_conn *c) MUST_CHECK;
void tcp_timer_fini(struct tcp_conn *c);

/* After a death inside: a place for the timer, and its earliest deadline. */
void tcp_timer_rebuild(struct tcp_conn *c);

/* The protocol is over, nothing is waited for any more. */
void tcp_timer_on_finish(struct tcp_conn *c);

/* Something left that must be acknowledged. */
void tcp_timer_on_sent(struct tcp_conn *c);

/* A tail probe is due then; USECS_NEVER: none. And it left. */
void tcp_timer_on_tail(struct tcp_conn *c, usecs when);
void tcp_timer_on_tail_probe(struct tcp_conn *c);

/* What was overtaken is lost in so many microseconds; 0: nothing was. */
void tcp_timer_on_late(struct tcp_conn *c, uint32_t us);

/* New data were acknowledged; perhaps all of them. */
void tcp_timer_on_progress(struct tcp_conn *c);

/* Nothing is in flight, data wait, and the window does not let them go. */
void tcp_timer_on_blocked(struct tcp_conn *c);
void tcp_timer_on_unblocked(struct tcp_conn *c);

/* An ACK may wait for company, but not for ever; it left. */
void tcp_timer_on_ack_owed(struct tcp_conn *c);
void tcp_timer_on_ack_held(struct tcp_conn *c); /* due, but for a reader */
void tcp_timer_on_ack_sent(struct tcp_conn *c);

/* A valid segment came in. */
void tcp_timer_on_heard(struct tcp_conn *c);

/* The handshake is over, or the application changed its mind. */
void tcp_timer_on_keepalive(struct tcp_conn *c);

/* A partial segment is held back by TCP_CORK, or no longer. */
void tcp_timer_on_corked(struct tcp_conn *c);
void tcp_timer_on_uncorked(struct tcp_conn *c);

/* The link refused a frame. */
void tcp_timer_on_device_full(struct tcp_conn *c);

/* The program closed it; and the orphan reached FIN-WAIT-2. */
void tcp_timer_on_orphan(struct tcp_conn *c);
void tcp_timer_on_fin_wait_2(struct tcp_conn *c);

/* A listener's next SYN-ACK is due then; USECS_NEVER: no more. */
void tcp_timer_on_half_open(struct tcp_conn *c, usecs when);

#endif
