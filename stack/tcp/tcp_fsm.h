/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_fsm.h - the eleven states
 *
 * What this room is for
 *   The only writer of a connection's state. The other rooms say what happened;
 *   which state follows is decided, asserted and logged here.
 *
 * Never      sends, frees or arms timers.
 * Lock       the stack lock is held.
 * Follows    RFC 9293 3.3.2.
 */
#ifndef STACK_TCP_FSM_H
#define STACK_TCP_FSM_H

#include "ground/base.h"
#include "tcp.h"

struct tcp_conn;

void tcp_fsm_on_listen(struct tcp_conn *c);
void tcp_fsm_on_connect(struct tcp_conn *c);     /* our SYN leaves */
void tcp_fsm_on_peer_syn(struct tcp_conn *c);    /* without an ACK of ours */
void tcp_fsm_on_established(struct tcp_conn *c); /* our SYN is acknowledged */
void tcp_fsm_on_close(struct tcp_conn *c);     /* nothing more to be written */
void tcp_fsm_on_peer_fin(struct tcp_conn *c);  /* in order, in rcv_nxt */
void tcp_fsm_on_fin_acked(struct tcp_conn *c); /* all we sent arrived */
void tcp_fsm_on_finish(struct tcp_conn *c);    /* reset, timeout, or done */

/* Sets of states; each answers for one conn. */
bool tcp_fsm_is_synchronized(const struct tcp_conn *c);
bool tcp_fsm_can_send(const struct tcp_conn *c);    /* new data from program */
bool tcp_fsm_can_output(const struct tcp_conn *c);  /* data, FIN, resends */
bool tcp_fsm_can_receive(const struct tcp_conn *c); /* data from the peer */
bool tcp_fsm_wants_fin(const struct tcp_conn *c);   /* FIN behind the data */

#endif
