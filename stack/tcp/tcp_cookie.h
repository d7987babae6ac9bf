/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_cookie.h - a listener's memory, kept by the peer
 *
 * What this room is for
 *   When the queue of half-open peers is full, what must be remembered is put
 *   into our sequence number (the MSS, and proof that we sent it) and into the
 *   low bits of our time stamp (window scale, SACK). The final ACK brings it
 *   back.
 *
 * Never      stores anything.
 * Follows    RFC 4987 3.6; the idea is Bernstein's.
 */
#ifndef STACK_TCP_COOKIE_H
#define STACK_TCP_COOKIE_H

#include "tcp_priv.h"

/* The sequence number for a SYN-ACK to this SYN. */
tcp_seq tcp_cookie_make(struct tcp *t, const struct ports_tuple *key,
			tcp_seq irs, uint16_t mss);

/* Was it ours, of late? Gives the MSS back, rounded down; 0: no. */
uint16_t tcp_cookie_check(struct tcp *t, const struct ports_tuple *key,
			  tcp_seq irs, tcp_seq cookie);

/* Our time stamp with the peer's options in it, and the way back. */
uint32_t tcp_cookie_ts(uint32_t ts_now, const struct tcp_options *syn);
void tcp_cookie_read_ts(uint32_t tsecr, struct tcp_options *syn);

#endif
