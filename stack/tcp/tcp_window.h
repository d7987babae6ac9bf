/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_window.h - how much the peer may send us
 *
 * What this room is for
 *   The receive window: what is announced, when an announcement is worth a
 *   segment of its own, and how the buffer behind it grows with the path.
 *   The right edge never moves left.
 *
 * Lock       the stack lock is held.
 * Follows    RFC 9293 3.8.6, RFC 1122 4.2.3.3 (silly windows), RFC 7323 2.
 */
#ifndef STACK_TCP_WINDOW_H
#define STACK_TCP_WINDOW_H

#include "ground/base.h"

struct tcp_conn;

/* What goes into the header of a segment that leaves now. The announcement
 * counts as made. */
uint16_t tcp_window_announce(struct tcp_conn *c, bool syn);

/* Could all of what was last announced be announced again? */
bool tcp_window_is_whole(const struct tcp_conn *c);

/* The program has read: is it time to say so? */
bool tcp_window_is_update_due(const struct tcp_conn *c);

/* n bytes came in order; n bytes were read by the program. */
void tcp_window_on_received(struct tcp_conn *c);
void tcp_window_on_read(struct tcp_conn *c, uint32_t n);

/* The scale that lets the largest buffer be announced. */
uint8_t tcp_window_scale(const struct tcp_conn *c);

/* Would one more pkt of that true cost be too much, window or not? */
bool tcp_window_is_overrun(const struct tcp_conn *c);

#endif
