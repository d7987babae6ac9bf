/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sock_ioctl_set.h - ioctl on a socket: interfaces, routes and ARP are changed
 *
 * What this room is for
 *   The calls of ifconfig(8), route(8) and arp(8), from before netlink.
 *
 * Lock       the stack lock is held.
 * Follows    netdevice(7), arp(7).
 */
#ifndef STACK_SOCK_IOCTL_SET_H
#define STACK_SOCK_IOCTL_SET_H

#include "sock.h"

/* 0, -errno; -ENOTTY: none of these. */
int sock_ioctl_set(struct sock *s, unsigned long request, void *arg) MUST_CHECK;

/* The address that an interface has in the eyes of these calls; NULL: none. */
const struct inet_prefix *sock_ioctl_first4(const struct iface *ifp);

#endif
