/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_data.h - what a segment brings: urgent pointer, text, FIN
 *
 * What this room is for
 *   The sixth to eighth step of RFC 9293 3.10.7.4, and when to acknowledge.
 *
 * Lock       the stack lock is held.
 * Follows    RFC 9293 3.10.7.4, RFC 1122 4.2.3.2, RFC 5681 4.2, RFC 6093.
 */
#ifndef STACK_TCP_DATA_H
#define STACK_TCP_DATA_H

#include "tcp_priv.h"

/* Sixth: the urgent pointer. */
void tcp_data_urgent(struct tcp_conn *c, const struct tcp_seg *s);

/* Seventh and eighth. s->seq, s->len and the pkt are trimmed to the window.
 * TAKEN when the pkt was kept. The conn may be CLOSED afterwards. */
enum verdict tcp_data_text(struct tcp_conn *c, struct tcp_seg *s);

/* In-order text with nothing else to look at (header prediction). */
void tcp_data_in_order(struct tcp_conn *c, const struct tcp_seg *s);

#endif
