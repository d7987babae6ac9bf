/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * mcast_send.h - what is said about groups, in the words of IGMP and MLD
 *
 * What this room is for
 *   Reports of IGMPv3 and MLDv2, to which records are added until the packet
 *   is full, and the older messages, which speak of one group each. Which of
 *   both protocols, the family of the group decides.
 *
 * Lock       the stack lock is held.
 * Follows    RFC 3376 4, 4.2; RFC 2236 2, 3; RFC 2113 (router alert).
 *            RFC 3810 5, 5.2; RFC 2710 3; RFC 2711; RFC 3590 4 (source).
 */
#ifndef STACK_MCAST_SEND_H
#define STACK_MCAST_SEND_H

#include "link/inet.h"
#include "link/wire.h"

struct iface;

enum { MCAST_REPORT_MAX = 1400 };

struct mcast_report {
	struct iface *ifp;
	bool is4;
	size_t room; /* bytes that a message may have here */
	size_t len;  /* so far; 0: nothing to say */
	uint32_t nrecords;
	enum mcast_record_type type; /* of the last record */
	struct inet_addr group;
	size_t record_at; /* where it begins */
	uint8_t bytes[MCAST_REPORT_MAX];
};

void mcast_report_init(struct mcast_report *r, struct iface *ifp, bool is4);

/* A record, for which `nsources` sources will follow one by one. What is full
 * is sent. */
void mcast_report_add(struct mcast_report *r, enum mcast_record_type type,
		      const struct inet_addr *group, uint32_t nsources);
void mcast_report_source(struct mcast_report *r,
			 const struct inet_addr *source);

/* Sends what there is, perhaps nothing. */
void mcast_report_flush(struct mcast_report *r);

enum mcast_old {
	MCAST_OLD_V1_REPORT, /* of IGMPv1 */
	MCAST_OLD_REPORT,    /* of IGMPv2, MLDv1 */
	MCAST_OLD_LEAVE,     /* the same: Leave, Done */
};
void mcast_send_old(struct iface *ifp, enum mcast_old what,
		    const struct inet_addr *group);

#endif
