/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * filter.h - a program's filter, on a packet that is about to be its
 *
 * What this room is for
 *   UDP, raw and ping sockets and TCP ask here, where the packet is whole and
 *   the socket known. Packet sockets have frames, and ask for themselves.
 *
 * Lock       the stack lock is held.
 * Follows    socket(7) SO_ATTACH_FILTER.
 */
#ifndef STACK_FILTER_H
#define STACK_FILTER_H

#include "ground/bpf.h"
#include "ground/pkt.h"
#include "link/iface.h"

/*
 * The program's offset 0 is p->data; p->l3 is set. False: it is refused.
 * Otherwise what the filter does not keep is cut off, but for the first
 * `at_least` bytes.
 */
bool filter_takes(const struct bpf *f, struct iface *ifp, struct pkt *p,
		  size_t at_least);

#endif
