/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * igmp_send.h - IGMP messages on their way out
 *
 * What this room is for
 *   Version 3 reports, to which records are added until the packet is full,
 *   and the messages of versions 1 and 2, which speak of one group each.
 *
 * Lock       the stack lock is held.
 * Follows    RFC 3376 4, 4.2; RFC 2236 2, 3; RFC 2113 (router alert).
 */
#ifndef STACK_IGMP_SEND_H
#define STACK_IGMP_SEND_H

#include "link/inet.h"
#include "link/wire.h"

struct iface;

enum { IGMP_REPORT_MAX = 1024 };

struct igmp_report {
	struct iface *ifp;
	size_t room; /* bytes that a message may have here */
	size_t len;  /* so far; 0: nothing to say */
	uint32_t nrecords;
	uint8_t bytes[IGMP_REPORT_MAX];
};

void igmp_report_init(struct igmp_report *r, struct iface *ifp);

/* Sends what is full. A long list of sources becomes several records. */
void igmp_report_add(struct igmp_report *r, enum igmp_record_type type,
		     struct ip4_addr group, const struct ip4_addr *sources,
		     uint32_t nsources);

/* Sends what there is, perhaps nothing. */
void igmp_report_flush(struct igmp_report *r);

/* IGMPv1 and IGMPv2: IGMP_V1_REPORT, IGMP_V2_REPORT or IGMP_V2_LEAVE. */
void igmp_send_one(struct iface *ifp, enum igmp_type type,
		   struct ip4_addr group);

#endif
