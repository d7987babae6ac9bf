/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_ecn.h - congestion is told by a mark, not by a loss
 *
 * What this room is for
 *   Both ends agree in the handshake. Then data leave as ECN-capable; a router
 *   that is congested marks them, the receiver echoes the mark in every ACK
 *   until the sender says that its window was reduced.
 *
 *   Asked for only if wished (NSSHIM_ECN=on), answered whenever a peer asks,
 *   as Linux does.
 *
 * Lock       the stack lock is held.
 * Follows    RFC 3168 6.1, 8311 (what is experimental is not done).
 */
#ifndef STACK_TCP_ECN_H
#define STACK_TCP_ECN_H

#include "ground/base.h"

struct tcp_conn;
struct tcp_seg;
struct tcp_shape;

/* The flags of our SYN, or of one that goes again. */
uint8_t tcp_ecn_syn_flags(struct tcp_conn *c);

/* The peer's SYN asks, and may be answered with ECE. */
bool tcp_ecn_is_asked(const struct tcp_seg *syn);

/* The answer to our SYN. */
void tcp_ecn_on_syn_ack(struct tcp_conn *c, const struct tcp_seg *s);

/* Below: only while c->ecn_ok. */

/* A segment with data or an ACK, acceptable and trimmed. */
void tcp_ecn_on_segment(struct tcp_conn *c, const struct tcp_seg *s);

/* It does not come the short way of header prediction. */
bool tcp_ecn_is_marked(const struct tcp_seg *s);

/* The ACK of it was worked on: is congestion told of? in_flight: before it. */
void tcp_ecn_on_ack(struct tcp_conn *c, const struct tcp_seg *s,
		    uint32_t in_flight);

/* The window was cut for a loss: the peer is told as well. */
void tcp_ecn_on_cut(struct tcp_conn *c);

/* What a segment to be sent carries: flags, and the two bits of its TOS. */
uint8_t tcp_ecn_flags(const struct tcp_conn *c, const struct tcp_shape *s,
		      uint8_t *tos);

/* It left, with these flags. */
void tcp_ecn_on_left(struct tcp_conn *c, uint8_t flags);

#endif
