/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tcp_filter.h - filters of connections
 *
 * What this room is for
 *   Hardly any connection has a filter, so it has no place in struct tcp_conn,
 *   which every idle one pays for: a bit there says to look here. Connections
 *   of a listener have its filter.
 *
 * Lock       the stack lock is held.
 * Follows    socket(7) SO_ATTACH_FILTER; Linux's tcp_filter().
 */
#ifndef STACK_TCP_FILTER_H
#define STACK_TCP_FILTER_H

#include "tcp_priv.h"

void tcp_filter_init(struct tcp *t);

/* For a connection that is new: 0 or -ENOBUFS. */
int tcp_filter_inherit(struct tcp_conn *c,
		       const struct tcp_conn *listener) MUST_CHECK;

/* The connection goes, and its filter with it. */
void tcp_filter_drop(struct tcp_conn *c);

/* Does its filter take the segment, for one that has a filter? It may shorten
 * what is behind the header. */
bool tcp_filter_takes(const struct tcp_conn *c, struct tcp_seg *s);

/* After a death inside, when connections are claimed; when they are rebuilt. */
void tcp_filter_claim(struct tcp *t);
void tcp_filter_rebuild(struct tcp *t);

#endif
