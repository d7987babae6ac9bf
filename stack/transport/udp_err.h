/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * udp_err.h - the error queue of a datagram socket
 *
 * What this room is for
 *   With IP_RECVERR a program hears of every ICMP error about its datagrams,
 *   with their destination and the beginning of what it had sent. At most
 *   LIMIT_UDP_ERRORS wait; more are forgotten, but for the pending error.
 *
 * Lock       the stack lock is held.
 * Follows    ip(7) IP_RECVERR, recv(2) MSG_ERRQUEUE.
 */
#ifndef STACK_UDP_ERR_H
#define STACK_UDP_ERR_H

#include "udp.h"

/* What is told about one error. */
struct udp_refusal {
	int error;                /* errno */
	bool is_local;            /* we refused it ourselves */
	uint8_t type, code;       /* of the ICMP message */
	uint32_t info;            /* the path MTU, for EMSGSIZE */
	struct endpoint to;       /* where the datagram went */
	struct endpoint offender; /* who refused it; no port */
};

void udp_err_note(struct udp_pcb *pcb, const struct icmp_error *e);

/* A datagram to `to` was refused here; `info` as in struct udp_refusal. */
void udp_err_note_local(struct udp_pcb *pcb, int error,
			const struct endpoint *to, uint32_t info);

/*
 * Takes the oldest: copies what fits of the datagram and returns how much;
 * *full_len is how much was quoted. -EAGAIN when there is none. The pending
 * error is then the next one's, or none.
 */
ssize_t udp_err_take(struct udp_pcb *pcb, struct uio *to,
		     struct udp_refusal *out, size_t *full_len) MUST_CHECK;

/* Forgets them all. */
void udp_err_clear(struct udp_pcb *pcb);

#endif
