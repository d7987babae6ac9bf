/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * prctl.h - a program gives up rights
 *
 * What this room is for
 *   What syscall.c and rlimit.c need of prctl.c.
 */
#ifndef SHIM_PRCTL_H
#define SHIM_PRCTL_H

#include <linux/capability.h>

/* capset(2), which no header of libc declares. */
int capset(cap_user_header_t head, const cap_user_data_t data);

/* seccomp(2), for syscall(SYS_seccomp). */
long prctl_seccomp(long operation, long flags, const void *args);

/* The program is about to lose the right to make descriptors or threads. */
void prctl_confine(void);

#endif
