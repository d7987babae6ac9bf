/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sock_cmsg.h - control messages of datagrams, both ways
 *
 * What this room is for
 *   What a program says with a datagram becomes a struct udp_wish; what is
 *   known of a received one becomes the messages that the program asked for.
 *
 * Lock       the stack lock is held.
 */
#ifndef STACK_SOCK_CMSG_H
#define STACK_SOCK_CMSG_H

#include "sock.h"
#include "transport/udp_err.h"

/* Adds what msg asks for a datagram to `to` to *w; extension headers are copied
 * to *space. 0, -EINVAL, -ENODEV, -ENETUNREACH (not an address of ours),
 * -ENOBUFS (too many headers). */
int sock_cmsg_take(const struct sock *s, const struct msghdr *msg,
		   const struct inet_addr *to, struct udp_wish *w,
		   struct udp_headers *space) MUST_CHECK;

/* Fills msg_control and sets msg_controllen; MSG_CTRUNC where it is short. */
void sock_cmsg_put(const struct sock *s, const struct udp_meta *meta,
		   struct msghdr *msg);

/*
 * One message behind `*used` bytes of others. What does not fit is cut off, as
 * Linux does it, down to a bare header; MSG_CTRUNC tells.
 */
void sock_cmsg_append(struct msghdr *msg, size_t *used, int level, int type,
		      const void *data, size_t len);
void sock_cmsg_append_stamp(const struct sock *s, usecs stamp,
			    struct msghdr *msg, size_t *used);

/* The same for an entry of the error queue. */
void sock_cmsg_put_error(const struct sock *s, const struct udp_refusal *r,
			 struct msghdr *msg);

#endif
