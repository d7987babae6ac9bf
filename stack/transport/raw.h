/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * raw.h - raw sockets and ping sockets, as datagrams without a UDP header
 *
 * What this room is for
 *   Both are struct udp_pcb: the queue, the error queue, the options and the
 *   way out are UDP's. A ping socket (UDP_ECHO) sends the program's own echo
 *   requests, and its port is the identifier in them. A raw socket (UDP_RAW)
 *   gets a copy of every packet of its protocol, and has no port. udp.c calls
 *   here where the kinds differ; ip4.c, ip6.c and icmp.c bring what arrives.
 *
 * Lock       the stack lock is held.
 * Follows    raw(7), icmp(7), RFC 3542 3.
 */
#ifndef STACK_RAW_H
#define STACK_RAW_H

#include "net/ip.h"
#include "udp.h"

struct icmp_error;

/* A pcb of `u`, whose kind says which; 0 or -ENOBUFS. udp_free() ends it. */
int raw_new(struct udp *u, int proto, bool is6,
	    struct udp_pcb **out) MUST_CHECK;

/* For udp.c. Addresses as in udp.h; a port in them means nothing here. */
int raw_bind(struct udp_pcb *pcb, const struct endpoint *local) MUST_CHECK;
int raw_connect(struct udp_pcb *pcb, const struct inet_addr *source,
		const struct endpoint *remote) MUST_CHECK;
void raw_disconnect(struct udp_pcb *pcb);

/*
 * Makes the packet out of the program's bytes, in a block that the caller
 * frees: checksums, the identifier of an echo, the blanks of IP_HDRINCL. 0;
 * -EINVAL (no echo request, no IP header), -ENOBUFS.
 */
int raw_build(struct udp_pcb *pcb, struct tx *t, struct uio *from,
	      const struct ip_how *how, struct pkt **block) MUST_CHECK;

/* A copy for each raw socket that wants the packet; did one want it? p->l3 and
 * p->l4 are set, p->data is at l4. */
bool raw_input(struct net *n, struct iface *ifp, struct pkt *p, uint8_t proto,
	       const struct inet_addr *src, const struct inet_addr *dst);

/* An echo reply whose checksum is right. DONE when nobody asked. */
enum verdict raw_echo_reply(struct iface *ifp, struct pkt *p);

/* Tells raw and ping sockets; did one care? */
bool raw_icmp_error(struct net *n, const struct icmp_error *e);

/* udp_in.c, for both of us. */
enum verdict udp_enqueue(struct udp_pcb *pcb, struct pkt *p);
struct pkt *udp_copy_of(struct arena *a, const struct pkt *p) MUST_CHECK;
bool udp_is_open_to(const struct udp_pcb *pcb, uint32_t ifindex);
struct udp_pcb *udp_find(struct udp *u, const struct ports_tuple *key,
			 uint32_t ifindex);

#endif
