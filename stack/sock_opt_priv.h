/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * sock_opt_priv.h - between sock_opt.c and sock_opt_special.c only
 */
#ifndef STACK_SOCK_OPT_PRIV_H
#define STACK_SOCK_OPT_PRIV_H

#include "sock.h"

/* The value is the int in *number; the table's code delivers it. */
enum { SOCK_OPT_IS_INT = 1 };

int sock_opt_special_get(struct sock *s, int level, int name, void *value,
			 socklen_t *len, int *number);
int sock_opt_special_set(struct sock *s, int level, int name, const void *value,
			 socklen_t len);

#endif
