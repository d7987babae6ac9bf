/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * forward.h - packets of others: a router between our links
 *
 * What this room is for
 *   Decides whether a packet for another host is sent on, and tells its sender
 *   when it is not, or when there is a shorter way.
 *
 * Lock       the stack lock is held.
 * Follows    RFC 1812 5; RFC 8200, RFC 4443, RFC 4861 8.2; RFC 3704 2.3.
 */
#ifndef STACK_FORWARD_H
#define STACK_FORWARD_H

#include "ground/drop.h"

struct iface;
struct pkt;

/*
 * A packet that is not for us, while net->forwards: p->l3 == p->data is its
 * checked IP header, with a source that a packet may have. DONE: it was sent
 * on; the caller frees it in any case.
 */
enum verdict forward4(struct iface *in, struct pkt *p);
enum verdict forward6(struct iface *in, struct pkt *p);

#endif
