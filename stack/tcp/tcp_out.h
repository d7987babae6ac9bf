/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_out.h - decide what may be sent, and send it
 *
 * What this room is for
 *   tcp_output() sends everything that windows, timers and manners allow: what
 *   is lost, then what is new, then an ACK if one is owed and nothing carried
 *   it. The rest are segments of special occasions.
 *
 * Lock       the stack lock is held.
 * Follows    RFC 9293 3.8, RFC 5681, RFC 896, RFC 1122 4.2.3.4.
 */
#ifndef STACK_TCP_OUT_H
#define STACK_TCP_OUT_H

#include "ground/base.h"
#include "tcp_seq.h"

struct range;
struct tcp_conn;

void tcp_output(struct tcp_conn *c);

/* Our SYN, or SYN-ACK when the peer's SYN is known. */
void tcp_out_syn(struct tcp_conn *c);

/* A bare ACK, now. */
void tcp_out_ack(struct tcp_conn *c);

/* A reset that the peer will believe. */
void tcp_out_reset(struct tcp_conn *c);

/* RFC 1122 4.2.2.17: a byte into a closed window. */
void tcp_out_window_probe(struct tcp_conn *c);

/* RFC 8985 7.3: a segment of new data, or the last one again; sets tail_resent,
 * and *sent to what it was. False: the link is full. */
bool tcp_out_tail_probe(struct tcp_conn *c, struct range *sent) MUST_CHECK;

/* RFC 1122 4.2.3.6: an old sequence number, which must be answered. */
void tcp_out_keepalive(struct tcp_conn *c);

#endif
