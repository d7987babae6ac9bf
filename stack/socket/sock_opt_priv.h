/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sock_opt_priv.h - between the rooms of sock_opt*.c only
 */
#ifndef STACK_SOCK_OPT_PRIV_H
#define STACK_SOCK_OPT_PRIV_H

#include "sock.h"

/* The value is the int in *number; the table's code delivers it. */
enum { SOCK_OPT_IS_INT = 1 };

/* It is none of that room's. */
enum { SOCK_OPT_OTHERS = 2 };

int sock_opt_special_get(struct sock *s, int level, int name, void *value,
			 socklen_t *len, int *number);
int sock_opt_special_set(struct sock *s, int level, int name, const void *value,
			 socklen_t len);

/* Copies at most *len bytes out and says how many: 0. */
int sock_opt_give(void *value, socklen_t *len, const void *from, size_t size);

/* sock_opt6.c: as sock_opt_special_*() and sock_opt_set(). */
int sock_opt6_get(struct sock *s, int name, void *value, socklen_t *len,
		  int *number);
int sock_opt6_set(struct sock *s, int name, const void *value, socklen_t len);

/* sock_opt_raw.c; also SOCK_OPT_OTHERS. */
int sock_opt_raw_get(struct sock *s, int level, int name, void *value,
		     socklen_t *len, int *number);
int sock_opt_raw_set(struct sock *s, int level, int name, const void *value,
		     socklen_t len);

/* sock_opt_filter.c; also SOCK_OPT_OTHERS. */
int sock_opt_filter_get(struct sock *s, int level, int name, void *value,
			socklen_t *len, int *number);
int sock_opt_filter_set(struct sock *s, int level, int name, const void *value,
			socklen_t len);

/* The MTU towards the peer in *number: SOCK_OPT_IS_INT, or -errno. */
int sock_opt_path_mtu(struct sock *s, int *number);

struct ip_mreqn;

/* sock_opt_iface.c */
int sock_opt_set_device(struct sock *s, const void *value, socklen_t len);
int sock_opt_get_device(const struct sock *s, void *value, socklen_t *len);
int sock_opt_multicast_if(struct sock *s, const void *value, socklen_t len);

/* ip_mreq, ip_mreqn and a bare address say which interface in their ways: its
 * index, 0 for any, or -ENODEV. Which of the structs has so many bytes? There
 * is nothing between them. */
int sock_opt_mreq_ifindex(const struct sock *s, const struct ip_mreqn *m);
size_t sock_opt_mreq_size(socklen_t len);

/* sock_opt_mcast.c; also SOCK_OPT_OTHERS. */
int sock_opt_mcast_get(struct sock *s, int level, int name, void *value,
		       socklen_t *len);
int sock_opt_mcast_set(struct sock *s, int level, int name, const void *value,
		       socklen_t len);

#endif
