/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * passed.h - the descriptors that travel in a message
 *
 * What this room is for
 *   SCM_RIGHTS carries copies of descriptors over AF_UNIX, out with sendmsg()
 *   and in with recvmsg(). Both sides of the shim want to hear of each.
 *
 * Never      reads beyond msg_controllen, whatever a program wrote there.
 */
#ifndef SHIM_PASSED_H
#define SHIM_PASSED_H

#include <sys/socket.h>

/* Calls `visit` for each descriptor in the message's control data. */
void passed_each(const struct msghdr *msg, void (*visit)(int fd));

#endif
