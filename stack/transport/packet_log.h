/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * packet_log.h - a line of the log for every packet
 *
 * What this room is for
 *   Gives each packet a serial number, in and out alike, and has it printed
 *   (packet_print.h). A packet that goes out because of one that came in names
 *   it, and the microseconds between them.
 *
 * Lock       the stack lock is held.
 */
#ifndef STACK_PACKET_LOG_H
#define STACK_PACKET_LOG_H

#include "ground/engine.h"
#include "ground/log.h"
#include "ground/pkt.h"
#include "ground/tx.h"

/* Does any room want packets? Asked for each of them. */
static inline bool packet_log_is_on(void);

/* A frame came in; what is sent until packet_log_done() was caused by it. */
void packet_log_in(struct engine *eng, const char *ifname, const struct pkt *p);
void packet_log_done(struct engine *eng);

/* A frame goes out, with its Ethernet header on. */
void packet_log_out(struct engine *eng, const char *ifname, const struct tx *t);

/* Inline bodies. */

static inline bool packet_log_is_on(void)
{
	return UNLIKELY(log_packets);
}

#endif
