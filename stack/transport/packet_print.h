/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * packet_print.h - a frame as one line for a reader
 *
 * What this room is for
 *   Who sends what to whom: addresses and ports, flags, sequence numbers
 *   relative to the start of the connection, window, options. The bytes may be
 *   anything: what cannot be read is said to be cut short.
 *
 * Never      judges a packet, and never verifies a checksum.
 */
#ifndef STACK_PACKET_PRINT_H
#define STACK_PACKET_PRINT_H

#include "link/inet.h"
#include "ground/log.h"

enum { PACKET_FLOWS = 512 };

/* Where the sequence numbers of both sides of a connection began. */
struct packet_flow {
	struct endpoint end[2]; /* the smaller one first */
	uint32_t base[2];       /* of who is at end[0], at end[1] */
	bool known[2];
};

/* The connections seen lately; two in one place push each other out. All zero
 * is empty. */
struct packet_flows {
	struct packet_flow at[PACKET_FLOWS];
};

/* A frame from its Ethernet header on. */
struct packet_view {
	const uint8_t *bytes;
	size_t have;   /* readable there: all headers, at least */
	size_t total;  /* the frame's length */
	uint32_t segs; /* wire segments in it; 1: an ordinary frame */
};

/* Which room's business it is: LOG_ROOM_ARP, _ND, _TCP... */
enum log_room packet_room(const struct packet_view *v);

/* Writes a line without newline, cut to fit, and remembers in `flows` where
 * connections begin. Returns its length. */
size_t packet_print(const struct packet_view *v, struct packet_flows *flows,
		    char *out, size_t size);

#endif
