/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * dup.h - a second descriptor for one of ours
 *
 * What this room is for
 *   What dup(), fcntl(F_DUPFD) and syscall() have in common.
 */
#ifndef SHIM_DUP_H
#define SHIM_DUP_H

#include "ground/shim.h"

/* fcntl(fd, command, lowest) with F_DUPFD or F_DUPFD_CLOEXEC, for any
 * descriptor. The new number or -errno. */
int dup_above(int fd, int command, long lowest);

/* dup3(2), for any two numbers; -errno. */
int dup_onto(int from, int to, int flags);

#endif
