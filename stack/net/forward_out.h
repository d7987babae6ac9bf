/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * forward_out.h - a packet that came in, on its way out of another link
 *
 * What this room is for
 *   Fits a packet that may be sent on to the link it leaves by: completes what
 *   checksums that link will not, cuts super-segments where it takes none, and
 *   IPv4 packets that are too long for it.
 *
 * Never      decides whether it may be sent on: that is forward.c.
 * Lock       the stack lock is held.
 * Follows    RFC 791 3.2, RFC 1812 4.2.2.7 (fragments), RFC 9293.
 */
#ifndef STACK_FORWARD_OUT_H
#define STACK_FORWARD_OUT_H

#include "ground/drop.h"
#include "route.h"

struct pkt;

/* A packet whole from its IP header, p->l3 == p->data, and what is in it. */
struct forward {
	struct pkt *p;
	struct path path;
	uint32_t net_len; /* the IP header, with options or extensions */
	uint32_t l4_len;  /* TCP's or UDP's; 0: another, or a fragment */
	uint16_t gso;     /* wire segment payload; 0: one segment */
	uint8_t proto;
	bool is_fragment;
};

/*
 * Reads the headers. False: what the link said of the packet (offload) does
 * not fit what it is.
 */
bool forward_read(struct forward *f, const struct iface *in,
		  struct pkt *p) MUST_CHECK;

/* The longest packet that it will be on the wire. */
uint32_t forward_wire_len(const struct forward *f);

/*
 * Sends it, cut where it is too long: only IPv4 may be. DONE; or
 * DROP_FORWARD_UNREACHABLE (the next hop does not answer), _SIZE, _LOST.
 */
enum verdict forward_send(const struct forward *f);

#endif
