/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sock_packet.h - socket calls on AF_PACKET
 *
 * What this room is for
 *   Between struct sockaddr_ll and packet.h: names, messages with what is known
 *   of a frame, and the options of SOL_PACKET.
 *
 * Lock       the stack lock is held.
 * Follows    packet(7).
 */
#ifndef STACK_SOCK_PACKET_H
#define STACK_SOCK_PACKET_H

#include "sock.h"

/* The protocol that socket(2) means (as it is given), or -errno. */
int sock_packet_check(int type, int protocol) MUST_CHECK;

/* 0 or -ENOBUFS; `s->packet` is set. */
int sock_packet_new(struct sock *s) MUST_CHECK;
void sock_packet_free(struct sock *s);

/* After a death inside, after the sweep; packet_claim() comes before. */
void sock_packet_rebuild(struct sock *s);

int sock_packet_bind(struct sock *s, const struct sockaddr *addr,
		     socklen_t len) MUST_CHECK;
int sock_packet_name(const struct sock *s, struct sockaddr *addr,
		     socklen_t *len) MUST_CHECK;
ssize_t sock_packet_send(struct sock *s, struct uio *from,
			 const struct msghdr *msg, int flags) MUST_CHECK;
ssize_t sock_packet_recv(struct sock *s, struct uio *to, struct msghdr *msg,
			 int flags) MUST_CHECK;
uint32_t sock_packet_ready(const struct sock *s);
int sock_packet_queue(const struct sock *s); /* FIONREAD */

/* The ring for mmap(2): `len` bytes of the arena, whose place in the memfd is
 * *at. -EINVAL: not its size, or there is none. */
int sock_packet_map(struct sock *s, size_t len, uint64_t *at) MUST_CHECK;

/* SOL_PACKET, and of SOL_SOCKET what a packet socket has of its own;
 * SOCK_OPT_OTHERS: the common table knows. */
int sock_packet_opt_get(struct sock *s, int level, int name, void *value,
			socklen_t *len) MUST_CHECK;
int sock_packet_opt_set(struct sock *s, int level, int name, const void *value,
			socklen_t len) MUST_CHECK;

#endif
