/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * udp_priv.h - what udp.c and udp_out.c share; for them only
 *
 * What this room is for
 *   udp.c has the life of a pcb, its ends and its queue; udp_out.c sends.
 *
 * Lock       the stack lock is held.
 */
#ifndef STACK_UDP_PRIV_H
#define STACK_UDP_PRIV_H

#include "net/net.h"
#include "link/wire.h"
#include "udp.h"

/* To 0.0.0.0 or :: means to ourselves, as in Linux. */
struct endpoint udp_destination_of(const struct endpoint *to);

/* The way out; an interface that is named, `asked` by one call or by the
 * socket, overrules the routes. `src` may be NULL. 0 or -errno. */
int udp_find_way(struct udp_pcb *pcb, const struct endpoint *to,
		 const struct inet_addr *src, uint32_t asked,
		 struct path *path) MUST_CHECK;

/* A port for what is to be sent, if there is none. After a disconnect an
 * address may be left that bind() gave. */
int udp_bind_any(struct udp_pcb *pcb) MUST_CHECK;

/* Bytes that we put in front of the program's. */
static inline size_t udp_header_len(const struct udp_pcb *pcb)
{
	return pcb->udp->kind == UDP_PLAIN ? sizeof(struct udp_wire) : 0;
}

#endif
