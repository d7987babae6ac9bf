/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_reasm.h - data that arrived before its turn
 *
 * What this room is for
 *   Keeps out-of-order segments until the gap before them is filled, then
 *   gives the bytes back in order. Also remembers which blocks to report in
 *   SACK options, the latest first.
 *
 * Lock       the stack lock is held.
 * Follows    RFC 9293 3.10.7.4 (seventh), RFC 2018 4, RFC 2883.
 */
#ifndef STACK_TCP_REASM_H
#define STACK_TCP_REASM_H

#include "ground/drop.h"
#include "tcp_opt.h"

struct pkt;
struct tcp_conn;

/*
 * Takes a segment inside the window, behind rcv_nxt: p->seq and its data.
 * TAKEN, or refused: nothing new in it, too many pieces, no memory.
 */
enum verdict tcp_reasm_add(struct tcp_conn *c, struct pkt *p) MUST_CHECK;

/* rcv_nxt moved: appends to the receive queue what has become contiguous and
 * moves rcv_nxt on. */
void tcp_reasm_deliver(struct tcp_conn *c);

/* A FIN was seen at seq, beyond a gap. */
void tcp_reasm_note_fin(struct tcp_conn *c, uint32_t seq);

/* Has the peer's FIN been reached? Its sequence number is rcv_nxt then. */
bool tcp_reasm_is_fin_next(const struct tcp_conn *c);

/* Something arrived twice: the next ACK says so (RFC 2883). */
void tcp_reasm_on_duplicate(struct tcp_conn *c, uint32_t from, uint32_t to);

/* The blocks for the next ACK; a duplicate is reported once. */
void tcp_reasm_report(struct tcp_conn *c, struct tcp_options *o);

/* After a death inside: claims what is kept, or forgets that there is any. */
void tcp_reasm_claim(struct tcp_conn *c);

bool tcp_reasm_has_holes(const struct tcp_conn *c);
size_t tcp_reasm_cost(const struct tcp_conn *c);
void tcp_reasm_clear(struct tcp_conn *c);

#endif
